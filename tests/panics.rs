//! Panics in the user's code: the connection they belong to closes with 1011, and nobody else notices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::time::Duration;

use support::{Client, Event, FIN, PING, TEXT, masked, witnessed};
use ws_reactor::{Cause, Config};

#[test]
fn a_panic_is_1011_on_the_wire_and_in_on_close_rfc_6455_section_7_4_1() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Message(_) = event {
            context.send("before").unwrap();
            panic!("on purpose");
        }
    });
    let mut other = Client::open(server.address);
    let mut client = Client::open(server.address);
    client.put(&[masked(FIN | TEXT, b"go"), masked(FIN | TEXT, b"never seen")].concat());
    assert_eq!(client.next_text(), "before");
    client.expect_failure(1011);
    let closed = events.closed();
    assert_eq!((u16::from(closed.code), &closed.cause), (1011, &Cause::Panicked));
    assert!(!closed.was_clean());
    other.frame(FIN | PING, b"well?");
    assert_eq!(other.next().payload, b"well?");
}

#[test]
fn a_panic_while_an_assembled_message_is_handled_is_contained_too() {
    let (server, events) = witnessed(Config::default(), |_context, event| {
        assert!(!matches!(event, Event::Message(_)), "on purpose");
    });
    for round in 0..20 {
        let mut client = Client::open(server.address);
        if round % 2 == 0 {
            client.frame(TEXT, b"in ");
            client.frame(FIN, b"pieces");
        } else {
            client.binary(&vec![7; 900_000]);
        }
        client.expect_failure(1011);
        assert_eq!(events.closed().cause, Cause::Panicked);
    }
}

#[test]
fn a_panic_payload_that_panics_when_dropped_is_contained() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("once more");
        }
    }
    let (server, _events) = witnessed(Config::default(), |_context, event| {
        if let Event::Message(_) = event {
            std::panic::panic_any(Grenade);
        }
    });
    let mut client = Client::open(server.address);
    client.text("go");
    client.expect_failure(1011);
    Client::open(server.address);
}

#[test]
fn a_closure_that_waits_when_the_reactor_stops_may_panic_when_dropped() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let (mut server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Close(_) = event {
            let grenade = Grenade;
            context.handle().run(move |_| drop(grenade)).unwrap();
        }
    });
    let clients = [Client::open(server.address), Client::open(server.address)];
    events.all_opened(clients.len());
    server.handle.stop(Duration::ZERO).unwrap();
    server.join();
}
