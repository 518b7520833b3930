//! Slots are used again, ids are not: what is meant for a connection that is gone never reaches the next
//! tenant of its slot.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::time::Duration;

use support::{Ask, Client, Event, config, silent, witnessed};
use ws_reactor::{CloseCode, Config, SendError};

#[test]
fn the_id_of_a_connection_that_is_gone_never_reaches_the_next_tenant_of_its_slot() {
    let (server, events) = witnessed(Config::default(), silent);
    let first = Client::open(server.address);
    let old = events.opened();
    drop(first);
    events.closed();
    let stale = server.handle.sender(old);
    for _ in 0..50 {
        let mut tenant = Client::open(server.address);
        let new = events.opened();
        assert_ne!(old, new);
        stale.send("for the dead").unwrap();
        stale.close(CloseCode::Policy, "for the dead").unwrap();
        let (report, reports) = std::sync::mpsc::channel();
        server
            .handle
            .run(move |reactor| {
                assert_eq!(reactor.send(old, "dead"), Err(SendError::Closed("dead".into())));
                assert_eq!(reactor.close(old, CloseCode::Policy, ""), Ok(false));
                assert!(!reactor.abort(old));
                assert_eq!(reactor.buffered(old), None);
                assert_eq!(reactor.peer_addr(old), None);
                reactor.send(new, "for the living").unwrap();
                report.send(reactor.connections().collect::<Vec<_>>()).unwrap();
            })
            .unwrap();
        assert_eq!(reports.recv(), Ok(vec![new]));
        assert_eq!(tenant.next_text(), "for the living");
        drop(tenant);
        events.closed();
    }
}

#[test]
fn a_timer_of_a_connection_that_is_gone_never_reaches_the_next_tenant_of_its_slot() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if *event == Event::Open {
            context.set_timer(Duration::from_millis(30));
            if context.path() == "/leave" {
                context.abort();
            }
        }
    });
    for _ in 0..5 {
        let mut leaves = Client::connect(server.address);
        leaves.put(&Ask::upgrade("/leave").bytes());
        leaves.rest();
        let stays = Client::open(server.address);
        let mine = events.find(|id, event| match event {
            Event::Timer(_) => Some(id),
            _ => None,
        });
        drop(stays);
        events.find(|id, event| {
            assert!(!matches!(event, Event::Timer(_)), "a timer of nobody");
            (id == mine && event == Event::Dropped).then_some(())
        });
    }
}

#[test]
fn a_subscription_of_a_connection_that_is_gone_never_reaches_the_next_tenant_of_its_slot() {
    let single = config(|config| config.max_topics = 1);
    let (server, events) = witnessed(single, |context, event| {
        if *event == Event::Open && context.path() != "/deaf" {
            let topic = context.path().to_owned();
            context.subscribe(&topic).unwrap();
        }
    });
    for topic in ["/one", "/two", "/three"] {
        // There is room for its topic only if that of the one before is gone.
        let mut subscriber = Client::open_as(server.address, &Ask::upgrade(topic));
        events.opened();
        server.handle.publish(topic, "news").unwrap();
        assert_eq!(subscriber.next_text(), "news");
        drop(subscriber);
        events.closed();
        let mut tenant = Client::open_as(server.address, &Ask::upgrade("/deaf"));
        let id = events.opened();
        server.handle.publish(topic, "not for you").unwrap();
        server.handle.send(id, "for you").unwrap();
        assert_eq!(tenant.next_text(), "for you");
        drop(tenant);
        events.closed();
    }
}
