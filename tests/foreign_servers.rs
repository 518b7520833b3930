//! Our client against servers that are not ours. `tests/interop/run` starts them, one after the other, and says in
//! `FOREIGN_SERVER` where: `ws://host:port`. At these paths, each of them
//!
//! - `/echo` sends back what it gets;
//! - `/fragments` sends "one, two, κόσμε" in pieces, with a ping in between, then 0x00 and 70,000 times 0xFF in two;
//! - `/ping` sends "three pongs" when its pings of 0, 7 and 125 bytes are answered;
//! - `/headers` sends the values of Host, Origin, X-Colour and Authorization, one message each;
//! - `/close?CODE&REASON` closes with them;
//! - `/closing?KEY` waits for a close, and `/big?KEY` sends a mebibyte before;
//! - `/closed?KEY` sends code and reason of the close that came there;
//! - `/refuse` answers with 403, a header `X-Why: no` and the body "Not you.";
//! - and chooses the subprotocol "second" if it is offered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::env;
use std::sync::mpsc::{Sender, channel};

use support::{Event, Events, Witness, config, silent};
use ws_reactor::{
    Cause, CloseCode, Closed, Config, Connect, ConnectError, Context, Handler, Lifetime, Loop, Message,
    OwnedMessage, Reactor,
};

fn connect(target: &str) -> Connect {
    let server = env::var("FOREIGN_SERVER").expect("tests/interop/run sets FOREIGN_SERVER");
    Connect::to(&format!("{server}{target}")).unwrap()
}

fn roomy() -> Config {
    config(|config| {
        config.max_message = 32 << 20;
        config.max_outbox = 64 << 20;
        config.lifetime = Lifetime::WhileConnected;
    })
}

/// Makes one connection with a reactor of its own that ends with it; gives what its handler was called with.
fn talk<S>(config: Config, connect: Connect, script: S) -> Vec<Event>
where
    S: FnMut(&mut Context<'_>, &Event) + 'static,
{
    let (report, seen) = channel();
    let mut reactor = Reactor::new(config).unwrap();
    reactor.connect(connect, Witness::new(report, script)).unwrap();
    reactor.run().unwrap();
    drop(reactor);
    Events(seen).rest().into_iter().map(|(_, event)| event).collect()
}

/// A script that closes when so many messages have come.
fn hang_up_after(mut count: usize) -> impl FnMut(&mut Context<'_>, &Event) {
    move |context, event| {
        if matches!(event, Event::Message(_)) {
            count -= 1;
            if count == 0 {
                context.close(CloseCode::Normal, "enough").unwrap();
            }
        }
    }
}

fn messages(events: Vec<Event>) -> Vec<OwnedMessage> {
    let message = |event| if let Event::Message(message) = event { Some(message) } else { None };
    events.into_iter().filter_map(message).collect()
}

fn closed(events: &[Event]) -> &Closed {
    let closed =
        events.iter().find_map(|event| if let Event::Close(closed) = event { Some(closed) } else { None });
    closed.unwrap_or_else(|| panic!("{events:?}"))
}

/// Sends all at once; what comes back must be the same, in the same order.
fn assert_echoed(sent: Vec<OwnedMessage>) {
    let expected = sent.clone();
    let mut hang_up = hang_up_after(sent.len());
    let events = talk(roomy(), connect("/echo"), move |context, event| {
        if *event == Event::Open {
            for message in &sent {
                context.send(message).unwrap();
            }
        }
        hang_up(context, event);
    });
    assert!(closed(&events).was_clean() && closed(&events).code == CloseCode::Normal);
    let came = messages(events);
    // Compared one by one: a failure that prints 16 MiB tells nobody anything.
    assert_eq!(came.len(), expected.len());
    for (number, (came, expected)) in came.iter().zip(&expected).enumerate() {
        assert!(came == expected, "message {number}");
    }
}

fn bytes(length: usize) -> Vec<u8> {
    (0_usize..length).map(|index| (index % 251).to_le_bytes()[0]).collect()
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn text_and_binary_come_back_as_they_were_section_5_6() {
    let texts =
        ["text", "", "a", "é", "€", "𐍈", "\0\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10ffff}"];
    let mut sent: Vec<OwnedMessage> = texts.map(OwnedMessage::from).into();
    sent.push("κόσμε 日本語 🦀".repeat(1000).into());
    sent.extend(
        [0, 1, 124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537].map(|length| bytes(length).into()),
    );
    sent.push("text again".into());
    assert_echoed(sent);
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn sixteen_mebibytes_come_back_as_they_were_section_5_2() {
    assert_echoed(vec![bytes(16 << 20).into(), "é".repeat(8 << 20).into()]);
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn many_messages_underway_stay_in_order() {
    assert_echoed((0..5_000).map(|number| format!("message {number}").into()).collect());
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn two_hundred_clients_in_one_loop() {
    const CLIENTS: usize = 200;
    let (report, seen) = channel();
    let mut reactor = Reactor::new(roomy()).unwrap();
    for _ in 0..CLIENTS {
        let mut hang_up = hang_up_after(1);
        let script = move |context: &mut Context<'_>, event: &Event| {
            if *event == Event::Open {
                let id = context.id();
                context.send(&format!("from {id}")).unwrap();
            }
            hang_up(context, event);
        };
        reactor.connect(connect("/echo"), Witness::new(report.clone(), script)).unwrap();
    }
    reactor.run().unwrap();
    drop((reactor, report));
    let seen = Events(seen).rest();
    let own = |(id, event): &&_| *event == Event::Message(format!("from {id}").into());
    assert_eq!(seen.iter().filter(own).count(), CLIENTS);
    let clean = |(_, event): &&_| matches!(event, Event::Close(closed) if closed.was_clean());
    assert_eq!(seen.iter().filter(clean).count(), CLIENTS);
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn our_pings_are_answered_with_their_payload_section_5_5_3() {
    let mut waiting = vec![bytes(125), b"payload".to_vec(), Vec::new()];
    let events = talk(roomy(), connect("/echo"), move |context, event| {
        if matches!(event, Event::Open | Event::Pong(_)) {
            match waiting.pop() {
                Some(payload) => context.ping(&payload).unwrap(),
                None => context.close(CloseCode::Normal, "").unwrap(),
            }
        }
    });
    let pongs: Vec<_> = events.into_iter().filter(|event| matches!(event, Event::Pong(_))).collect();
    assert_eq!(pongs, [Event::Pong(Vec::new()), Event::Pong(b"payload".to_vec()), Event::Pong(bytes(125))]);
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn their_pings_are_answered_with_their_payload_section_5_5_2() {
    let events = talk(roomy(), connect("/ping"), hang_up_after(1));
    assert_eq!(messages(events), ["three pongs".into()]);
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn fragments_are_joined_and_a_ping_between_them_is_answered_section_5_4() {
    let events = talk(roomy(), connect("/fragments"), hang_up_after(2));
    assert!(events.contains(&Event::Ping(b"in between".to_vec())));
    let mut binary = vec![0xff; 70_001];
    binary[0] = 0;
    assert!(messages(events) == ["one, two, κόσμε".into(), binary.into()]);
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn their_close_arrives_with_code_and_reason_section_7_1_5() {
    let long = "x".repeat(123);
    let endings = [(1000, ""), (1001, "going%20away"), (1011, "oops"), (3000, "%CE%BA"), (4999, &long)];
    for (code, reason) in endings {
        let events = talk(roomy(), connect(&format!("/close?{code}&{reason}")), silent);
        let closed = closed(&events);
        assert_eq!((u16::from(closed.code), &closed.cause), (code, &Cause::Peer), "{closed}");
        assert_eq!(closed.reason, reason.replace("%20", " ").replace("%CE%BA", "κ"));
    }
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn our_close_arrives_with_code_and_reason_section_7_1_1() {
    let long = "x".repeat(123);
    for (code, reason) in [(1000, ""), (1001, "going away"), (3000, "κόσμε"), (4999, &long)] {
        let bye = reason.to_owned();
        let events = talk(roomy(), connect(&format!("/closing?{code}")), move |context, event| {
            if *event == Event::Open {
                context.close(CloseCode::from(code), &bye).unwrap();
            }
        });
        assert!(closed(&events).was_clean(), "{events:?}");
        assert_eq!(u16::from(closed(&events).code), code);
        let told = messages(talk(roomy(), connect(&format!("/closed?{code}")), hang_up_after(1)));
        assert_eq!(told, [format!("{code} {reason}").into()]);
    }
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn a_message_over_our_limit_is_refused_with_1009_section_7_4_1() {
    let mut narrow = roomy();
    narrow.max_message = (1 << 20) - 1;
    let events = talk(narrow, connect("/big?limit"), silent);
    assert!(matches!(closed(&events).cause, Cause::Violation(_)), "{events:?}");
    let told = messages(talk(roomy(), connect("/closed?limit"), hang_up_after(1)));
    assert!(matches!(&told[..], [OwnedMessage::Text(text)] if text.starts_with("1009 ")), "{told:?}");
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn the_request_says_what_it_was_told_to_say_section_4_1() {
    let request = connect("/headers").header("X-Colour", "blue").unwrap();
    let request = request.origin("http://example.com").unwrap().host("chat.example.com:81").unwrap();
    let request = request.header("Authorization", "Bearer key").unwrap();
    let came = messages(talk(roomy(), request, hang_up_after(4)));
    let values = ["chat.example.com:81", "http://example.com", "blue", "Bearer key"];
    assert_eq!(came, values.map(OwnedMessage::from));
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn the_server_chooses_a_subprotocol_or_none_section_1_9() {
    for (offered, chosen) in
        [(vec!["first", "second"], Some("second")), (vec!["first"], None), (vec![], None)]
    {
        let offer = |connect: Connect, name: &&str| connect.subprotocol(name).unwrap();
        let request = offered.iter().fold(connect("/echo"), offer);
        let events = talk(roomy(), request, move |context, event| {
            if *event == Event::Open {
                assert_eq!(context.subprotocol(), chosen);
                context.close(CloseCode::Normal, "").unwrap();
            }
        });
        assert_eq!(closed(&events).code, CloseCode::Normal, "{offered:?}: {events:?}");
    }
}

/// Tells how it was refused.
struct Refused(Sender<ConnectError>);

impl Handler for Refused {
    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        self.0.send(error).unwrap();
    }

    fn on_message(&mut self, _context: &mut Context<'_>, message: Message<'_>) {
        panic!("{message:?} instead of a refusal");
    }
}

#[test]
#[ignore = "needs a server: tests/interop/run"]
fn a_refusal_arrives_with_its_status_headers_and_body_section_4_1() {
    let (tell, told) = channel();
    let mut reactor = Reactor::new(roomy()).unwrap();
    reactor.connect(connect("/refuse"), Refused(tell)).unwrap();
    reactor.run().unwrap();
    let error = told.recv().expect("a failure");
    let rejection = error.rejection().unwrap();
    assert_eq!((rejection.status(), rejection.headers().value("X-Why")), (403, Some("no")));
    assert!(rejection.body().starts_with(b"Not you."), "{rejection:?}");
}
