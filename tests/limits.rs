//! Limits on connections, descriptors and topics, and settings that cannot work.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use support::{Ask, Client, PATIENCE, config, echo, silent, witnessed};
use ws_reactor::{Config, Error, Reactor, Router, SubscribeError, handler};

/// How long a client must have been left waiting to be sure that it waits.
const A_WHILE: Duration = Duration::from_millis(300);

#[test]
fn beyond_the_most_connections_the_next_waits_until_one_ends() {
    let (server, events) = witnessed(config(|config| config.max_connections = 2), echo);
    let first = Client::open(server.address);
    let mut second = Client::open(server.address);
    let mut waiting: Vec<Client> = (0..3).map(|_| Client::connect(server.address)).collect();
    for client in &mut waiting {
        client.put(&Ask::upgrade("/").bytes());
    }
    assert!(waiting[0].is_silent_for(A_WHILE));
    // Those who are in are served, and the loop does not spin.
    server.assert_rests(A_WHILE);
    second.text("still served");
    assert_eq!(second.next_text(), "still served");
    drop(first);
    let mut third = waiting.remove(0);
    third.answer().assert_opens();
    assert!(waiting[0].is_silent_for(A_WHILE));
    second.close(1000, "");
    second.next_close();
    drop(second);
    waiting.remove(0).answer().assert_opens();
    events.all_opened(4);
}

#[test]
fn a_refused_request_does_not_keep_its_place() {
    let (server, _events) = witnessed(config(|config| config.max_connections = 1), echo);
    for _ in 0..20 {
        let mut client = Client::connect(server.address);
        client.put(b"nonsense\r\n\r\n");
        assert_eq!(client.answer().status, 400);
    }
    Client::open(server.address);
}

#[test]
fn topics_are_limited_in_number_and_name() {
    let few = config(|config| {
        config.max_topics = 3;
        config.max_subscriptions = 2;
        config.max_topic_name = 8;
    });
    let (report, reports) = mpsc::channel();
    let (server, events) = witnessed(few, move |context, event| {
        if let support::Event::Message(message) = event {
            let text = String::from_utf8(message.as_message().as_bytes().to_vec()).unwrap();
            let outcome = match text.strip_prefix('-') {
                Some(topic) => Ok(context.unsubscribe(topic)),
                None => context.subscribe(&text).map(|()| true),
            };
            report.send(outcome).unwrap();
        }
    });
    let mut one = Client::open(server.address);
    let mut other = Client::open(server.address);
    let (id, _) = (events.opened(), events.opened());
    let asks = |client: &mut Client, topic: &str| {
        client.text(topic);
        reports.recv_timeout(PATIENCE).unwrap()
    };
    assert_eq!(asks(&mut one, ""), Err(SubscribeError::Name));
    assert_eq!(asks(&mut one, "123456789"), Err(SubscribeError::Name));
    assert_eq!(asks(&mut one, "12345678"), Ok(true));
    assert_eq!(asks(&mut one, "b"), Ok(true));
    assert_eq!(asks(&mut one, "c"), Err(SubscribeError::TooManySubscriptions));
    // Once more changes nothing, and needs no room.
    assert_eq!(asks(&mut one, "b"), Ok(true));
    assert_eq!(asks(&mut other, "c"), Ok(true));
    assert_eq!(asks(&mut other, "d"), Err(SubscribeError::TooManyTopics));
    assert_eq!(asks(&mut other, "b"), Ok(true));
    server.handle.publish("b", "news").unwrap();
    assert_eq!(one.next_text(), "news");
    assert_eq!(other.next_text(), "news");
    // A topic is gone with its last member.
    assert_eq!(asks(&mut other, "-c"), Ok(true));
    assert_eq!(asks(&mut other, "-c"), Ok(false));
    assert_eq!(asks(&mut other, "d"), Ok(true));
    server.handle.run(move |reactor| assert!(reactor.abort(id))).unwrap();
    assert_eq!(asks(&mut other, "-d"), Ok(true));
    assert_eq!(asks(&mut other, "e"), Ok(true));
    server.handle.publish("b", "for one").unwrap();
    server.handle.publish("12345678", "for nobody").unwrap();
    assert_eq!(other.next_text(), "for one");
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let faults: [fn(&mut Config); 13] = [
        |config| config.max_message = 0,
        |config| config.max_frame = 0,
        |config| config.max_head = 0,
        |config| config.max_headers = 101,
        |config| config.max_connections = 0,
        |config| config.read_buffer = 0,
        |config| config.messages_per_turn = 0,
        |config| config.accepts_per_turn = 0,
        |config| config.mailbox_commands = 0,
        |config| config.open_timeout = Duration::ZERO,
        |config| config.write_timeout = Duration::ZERO,
        |config| config.idle_timeout = Some(Duration::ZERO),
        |config| config.idle_timeout = config.ping_after,
    ];
    for fault in faults {
        assert!(matches!(Reactor::new(config(fault)), Err(Error::Config(_))));
    }
}

#[test]
fn the_smallest_budgets_only_take_longer() {
    let tiny = config(|config| {
        config.read_buffer = 4096;
        config.messages_per_turn = 1;
        config.accepts_per_turn = 1;
        config.pool = 0;
        config.drain_mark = 0;
        config.mailbox_commands = 1;
    });
    let (server, _events) = witnessed(tiny, echo);
    let mut clients: Vec<Client> = (0..10).map(|_| Client::open(server.address)).collect();
    for client in &mut clients {
        let frames: Vec<u8> = (0..200u8).flat_map(|number| support::masked(0x82, &[number; 100])).collect();
        client.put(&frames);
    }
    for client in &mut clients {
        for number in 0..200u8 {
            assert_eq!(client.next().payload, [number; 100]);
        }
        client.binary(&vec![7; 100_000]);
        assert_eq!(client.next().payload, vec![7; 100_000]);
    }
}

#[test]
fn an_address_in_use_is_an_error_and_the_reactor_goes_on() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let refused = reactor.listen(taken.local_addr().unwrap(), Router::new());
    assert!(matches!(refused, Err(Error::Listen(_))));
    assert!(matches!(reactor.listen("127.0.0.1:no", Router::new()), Err(Error::Listen(_))));
    // Of several addresses the first that can be had is taken.
    let addresses = [taken.local_addr().unwrap(), "127.0.0.1:0".parse().unwrap()];
    let listener = reactor.listen(&addresses[..], Router::new()).unwrap();
    let bound = reactor.listener_addr(listener).unwrap();
    assert!(bound != addresses[0] && bound.port() != 0);
}

#[test]
fn listeners_have_routes_of_their_own() {
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let says = |text: &'static str| {
        Router::new().otherwise(move |_request| handler(move |context, _message| context.send(text).unwrap()))
    };
    let addresses = ["one", "other"].map(|text| {
        let listener = reactor.listen("127.0.0.1:0", says(text)).unwrap();
        reactor.listener_addr(listener).unwrap()
    });
    let handle = reactor.handle();
    let asking = std::thread::spawn(move || {
        let answers = addresses.map(|address| {
            let mut client = Client::open(address);
            client.text("who?");
            client.next_text()
        });
        handle.stop(Duration::ZERO).unwrap();
        answers
    });
    reactor.run().unwrap();
    assert_eq!(asking.join().unwrap(), ["one", "other"]);
}

#[test]
fn the_backlog_takes_a_burst_of_connections() {
    let (server, events) = witnessed(config(|config| config.accepts_per_turn = 3), silent);
    let mut burst: Vec<Client> = (0..100).map(|_| Client::connect(server.address)).collect();
    for client in &mut burst {
        client.put(&Ask::upgrade("/").bytes());
    }
    for client in &mut burst {
        client.answer().assert_opens();
        events.opened();
    }
}
