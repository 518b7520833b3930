//! How connections end, whoever ends them, and that `on_close` tells so exactly once (RFC 6455, section 7).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use support::{
    CLOSE, Client, End, Event, Events, FIN, Server, TEXT, config, echo, masked, silent, witnessed,
};
use ws_reactor::{
    Cause, CloseCode, CloseError, Closed, CommandError, Config, Context, Deadline, InvalidClose, SendError,
};

/// A script: the message is the code to close with, and its reason.
fn closes_when_told(context: &mut Context<'_>, event: &Event) {
    if let Event::Message(ws_reactor::OwnedMessage::Text(text)) = event {
        let (code, reason) = text.split_once(' ').unwrap();
        let code: u16 = code.parse().unwrap();
        context.close(CloseCode::from(code), reason).unwrap();
        assert_eq!(context.send("late"), Err(SendError::Closed("late".into())));
        assert!(context.ping(b"late").is_err());
    }
}

/// Fails unless the first connection was opened, ended as told, and heard nothing in between or after.
fn assert_only_end(server: Server, events: Events, code: u16, cause: &Cause) -> Closed {
    let seen = events.find(|_, event| match event {
        Event::Close(closed) => Some(closed),
        _ => None,
    });
    assert_eq!((u16::from(seen.code), &seen.cause), (code, cause));
    events.expect_no_more(server);
    seen
}

#[test]
fn a_close_of_the_peer_is_answered_and_reported_with_code_and_reason_rfc_6455_section_7_1_5() {
    // It is the answer that ends the connection, and no deadline.
    let unhurried = config(|config| config.close_timeout = support::PATIENCE * 3);
    let (server, events) = witnessed(unhurried, echo);
    let mut client = Client::open(server.address);
    client.close(4321, "auf Wiedersehen");
    assert_eq!(client.next_close(), (Some(4321), String::new()));
    assert_eq!(client.end(), End::Finished);
    let closed = assert_only_end(server, events, 4321, &Cause::Peer);
    assert_eq!(closed.reason, "auf Wiedersehen");
    assert!(closed.was_clean());
}

#[test]
fn a_close_without_a_code_is_answered_without_one_and_reported_as_1005_rfc_6455_section_7_1_5() {
    let (server, events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    client.frame(FIN | CLOSE, b"");
    assert_eq!(client.next_close(), (None, String::new()));
    assert_eq!(client.end(), End::Finished);
    assert_only_end(server, events, 1005, &Cause::Peer);
}

#[test]
fn a_local_close_waits_for_the_answer_rfc_6455_section_7_1_2() {
    let (server, events) = witnessed(Config::default(), closes_when_told);
    let mut client = Client::open(server.address);
    client.text("4000 enough");
    assert_eq!(client.next_close(), (Some(4000), "enough".to_owned()));
    // Messages that were under way are no fault of the peer, and not delivered.
    client.text("4001 crossing");
    client.close(4002, "answer");
    assert_eq!(client.end(), End::Finished);
    assert!(matches!(events.next().1, Event::Open));
    assert!(matches!(events.next().1, Event::Message(_)));
    let closed = assert_only_end(server, events, 4002, &Cause::Local);
    assert_eq!(closed.reason, "answer");
    assert!(closed.was_clean());
}

#[test]
fn a_close_with_an_empty_reason_has_a_code_and_nothing_else() {
    let (server, _events) = witnessed(Config::default(), closes_when_told);
    let mut client = Client::open(server.address);
    client.text("1000 ");
    assert_eq!(client.next().payload, 1000u16.to_be_bytes());
}

#[test]
fn both_sides_may_close_at_once() {
    let (server, events) = witnessed(Config::default(), closes_when_told);
    let mut client = Client::open(server.address);
    let both = [masked(FIN | TEXT, b"4000 mine"), masked(FIN | CLOSE, b"\x0f\xa1yours")];
    client.put(&both.concat());
    // One Close each, and no answer to an answer.
    assert_eq!(client.next_close(), (Some(4000), "mine".to_owned()));
    assert_eq!(client.end(), End::Finished);
    let closed = assert_only_end(server, events, 4001, &Cause::Local);
    assert_eq!(closed.reason, "yours");
}

#[test]
fn a_close_that_is_never_answered_ends_after_the_timeout() {
    let timeout = Duration::from_millis(200);
    let (server, events) = witnessed(config(|config| config.close_timeout = timeout), closes_when_told);
    let mut client = Client::open(server.address);
    let began = Instant::now();
    client.text("1000 bye");
    assert_eq!(client.next_close().0, Some(1000));
    // Anything but a Close is no answer.
    client.text("1000 still talking");
    client.rest();
    assert!(began.elapsed() >= timeout);
    assert_only_end(server, events, 1006, &Cause::TimedOut(Deadline::Close));
}

#[test]
fn a_peer_that_never_ends_its_tcp_connection_is_dropped_after_the_timeout_rfc_6455_section_7_1_1() {
    let timeout = Duration::from_millis(200);
    let (server, events) = witnessed(config(|config| config.close_timeout = timeout), echo);
    let mut client = Client::open(server.address);
    client.close(1000, "");
    assert_eq!(client.next_close().0, Some(1000));
    assert_eq!(client.end(), End::Finished);
    assert_eq!(events.closed().cause, Cause::Peer);
    // The server has ended its side; in time it does not even take bytes any more.
    let began = Instant::now();
    while client.stream.try_clone().is_ok() && std::io::Write::write_all(&mut client.stream, &[0; 64]).is_ok()
    {
        assert!(began.elapsed() < timeout * 50, "the connection is still there");
        client.is_silent_for(Duration::from_millis(1));
    }
    events.expect_no_more(server);
}

#[test]
fn the_end_of_the_stream_without_a_close_is_1006_rfc_6455_section_7_1_5() {
    let (server, events) = witnessed(Config::default(), echo);
    drop(Client::open(server.address));
    let closed = assert_only_end(server, events, 1006, &Cause::Ended);
    assert!(!closed.was_clean());
}

#[test]
fn the_end_of_the_stream_inside_a_message_delivers_nothing_of_it() {
    let (server, events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    client.frame(TEXT, b"half");
    client.put(&masked(FIN | TEXT, &[b'a'; 100])[..50]);
    drop(client);
    assert_eq!(events.next().1, Event::Open);
    assert!(matches!(events.next().1, Event::Close(_)));
    events.expect_no_more(server);
}

#[test]
fn a_half_closed_peer_has_ended_but_what_it_said_before_is_heard_and_answered() {
    let (server, events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    client.text("last words");
    client.finish();
    assert_eq!(client.next_text(), "last words");
    client.rest();
    assert_eq!(events.message(), "last words".into());
    assert_only_end(server, events, 1006, &Cause::Ended);
}

#[test]
fn a_close_and_the_end_of_the_stream_in_one_go_is_a_clean_end() {
    let (server, events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    client.close(1000, "");
    client.finish();
    assert_eq!(client.next_close().0, Some(1000));
    assert_eq!(client.end(), End::Finished);
    assert_only_end(server, events, 1000, &Cause::Peer);
}

#[test]
fn a_reset_is_1006() {
    let (server, events) = witnessed(Config::default(), echo);
    Client::open(server.address).reset();
    let closed = assert_only_end(server, events, 1006, &Cause::Lost(std::io::ErrorKind::ConnectionReset));
    assert!(!closed.was_clean());
}

#[test]
fn a_reset_inside_a_frame_is_1006() {
    let (server, events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    client.text("known");
    assert_eq!(client.next_text(), "known");
    client.put(&masked(FIN | TEXT, &vec![b'a'; 100_000])[..70_000]);
    client.reset();
    let closed = events.closed();
    assert_eq!(closed.code, CloseCode::Abnormal);
    assert!(matches!(closed.cause, Cause::Lost(_)));
    events.expect_no_more(server);
}

#[test]
fn everything_sent_before_a_close_arrives_however_much_it_is() {
    const LENGTH: usize = 8 << 20;
    let (server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Message(_) = event {
            context.send(&vec![7; LENGTH]).unwrap();
            context.close(CloseCode::Normal, "that was all").unwrap();
        }
    });
    let mut client = Client::open(server.address);
    // What the server leaves unread must not turn its end into a reset, which would destroy the message.
    client.text("go");
    client.put(&masked(FIN | TEXT, b"ignored").repeat(10_000));
    let message = client.next();
    assert_eq!(message.payload.len(), LENGTH);
    assert_eq!(client.next_close(), (Some(1000), "that was all".to_owned()));
    client.put(&masked(FIN | TEXT, b"ignored").repeat(10_000));
    client.close(1000, "");
    assert_eq!(client.end(), End::Finished);
    assert!(events.closed().was_clean());
}

#[test]
fn a_large_answer_arrives_before_the_close_that_follows_a_violation() {
    const LENGTH: usize = 4 << 20;
    let (server, _events) = witnessed(Config::default(), |context, event| {
        if let Event::Message(_) = event {
            context.send(&vec![7; LENGTH]).unwrap();
        }
    });
    let mut client = Client::open(server.address);
    let broken = [masked(FIN | TEXT, b"go"), masked(0x7f, b""), vec![0xff; 600_000]];
    client.put(&broken.concat());
    assert_eq!(client.next().payload.len(), LENGTH);
    client.expect_failure(1002);
}

#[test]
fn the_last_words_reach_a_peer_that_reads_late_and_goes_on_talking_rfc_6455_section_7_1_1() {
    const LENGTH: usize = 200_000;
    let (server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Message(_) = event {
            context.send(&vec![7; LENGTH]).unwrap();
        }
    });
    // It has room for little, so the rest is still with the server's system.
    let mut client = Client::open_narrow(server.address);
    client.put(&[masked(FIN | TEXT, b"go"), masked(FIN | CLOSE, b"")].concat());
    events.closed();
    // The turn in which everything was written is over.
    server.loop_time();
    server.loop_time();
    for _ in 0..10 {
        // Were the socket closed by now, this would be answered with a reset.
        client.put_in_vain(&masked(FIN | TEXT, &[b'a'; 125]));
        server.loop_time();
    }
    assert_eq!(client.next().payload.len(), LENGTH);
    assert_eq!(client.next_close().0, None);
    assert_eq!(client.end(), End::Finished);
}

#[test]
fn an_abort_ends_at_once_without_a_close() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Message(_) = event {
            context.abort();
            assert_eq!(context.send("late"), Err(SendError::Closed("late".into())));
            context.abort();
        }
    });
    let mut client = Client::open(server.address);
    client.text("abort");
    assert_eq!(client.end(), End::Finished);
    assert_only_end(server, events, 1006, &Cause::Aborted);
}

#[test]
fn a_close_that_must_not_be_sent_is_an_error_and_leaves_the_connection_open_rfc_6455_section_7_4() {
    let (report, outcomes) = mpsc::channel();
    let (server, events) = witnessed(Config::default(), move |context, event| {
        if let Event::Message(_) = event {
            for code in [1004, 1005, 1006, 1015, 999, 1016, 2999, 5000] {
                let code = CloseCode::from(code);
                assert_eq!(context.close(code, ""), Err(InvalidClose::Code(code)));
            }
            let long = "a".repeat(124);
            assert_eq!(context.close(CloseCode::Normal, &long), Err(InvalidClose::ReasonTooLong(124)));
            let id = context.id();
            assert!(context.others().close(id, CloseCode::Status, "").is_err());
            report.send(context.close(CloseCode::Normal, &long[1..])).unwrap();
        }
    });
    let mut client = Client::open(server.address);
    let id = events.opened();
    assert_eq!(
        server.handle.close(id, CloseCode::Tls, ""),
        Err(CloseError::Invalid(InvalidClose::Code(CloseCode::Tls)))
    );
    client.text("close");
    assert_eq!(client.next_close(), (Some(1000), "a".repeat(123)));
    assert_eq!(outcomes.recv(), Ok(Ok(())));
    let handle = server.handle.clone();
    server.stop();
    assert_eq!(handle.close(id, CloseCode::Normal, ""), Err(CloseError::Command(CommandError::Stopped)));
}

#[test]
fn closing_twice_sends_one_close() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Message(_) = event {
            context.close(CloseCode::Normal, "first").unwrap();
            context.close(CloseCode::Away, "second").unwrap();
        }
    });
    let mut client = Client::open(server.address);
    client.text("close");
    assert_eq!(client.next_close(), (Some(1000), "first".to_owned()));
    client.close(1000, "");
    assert_eq!(client.end(), End::Finished);
    assert_only_end(server, events, 1000, &Cause::Local);
}

#[test]
fn a_violation_while_closing_ends_without_a_second_close() {
    let (server, events) = witnessed(Config::default(), closes_when_told);
    let mut client = Client::open(server.address);
    client.text("1000 bye");
    assert_eq!(client.next_close().0, Some(1000));
    client.frame(0x7f, b"");
    assert_eq!(client.end(), End::Finished);
    let closed = events.closed();
    assert!(matches!(closed.cause, Cause::Violation(_)));
    events.expect_no_more(server);
}

#[test]
fn the_end_of_the_stream_instead_of_an_answer_is_1006() {
    let (server, events) = witnessed(Config::default(), closes_when_told);
    let mut client = Client::open(server.address);
    client.text("1000 bye");
    assert_eq!(client.next_close().0, Some(1000));
    drop(client);
    assert_only_end(server, events, 1006, &Cause::Ended);
}

#[test]
fn an_idle_connection_costs_a_close_and_nothing_else_when_the_server_stops() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::open(server.address);
    events.opened();
    server.stop();
    assert_eq!(client.next_close().0, Some(1001));
    client.rest();
    let ends = events.rest();
    assert!(matches!(&ends[0].1, Event::Close(closed) if closed.cause == Cause::Stopped));
    assert_eq!(ends[1].1, Event::Dropped);
    assert_eq!(ends.len(), 2);
}
