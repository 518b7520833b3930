//! What went wrong in servers of this kind before, each named by what happened.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::time::{Duration, Instant};

use support::{
    Ask, BINARY, CLOSE, CONTINUATION, Client, End, Event, FIN, PATIENCE, PING, PONG, TEXT, config, echo,
    masked, silent, witnessed,
};
use ws_reactor::{Accept, CloseCode, Config, Response, Router, Status};

/// Fails unless `input` ends its connection with this code, and no message is delivered.
fn assert_closes(input: &[u8], code: u16) {
    let (server, events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    client.put_in_vain(input);
    client.expect_failure(code);
    drop(client);
    server.stop();
    assert!(!events.rest().iter().any(|(_, event)| matches!(event, Event::Message(_))));
}

#[test]
fn fragments_repeated_the_opcode_rfc_6455_section_5_4() {
    assert_closes(&[masked(TEXT, b"a"), masked(FIN | TEXT, b"b")].concat(), 1002);
    // What this side sends needs no fragments at all.
    let (server, _events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    for opcode in [BINARY, CONTINUATION, FIN | CONTINUATION] {
        client.frame(opcode, &vec![7; 70_000]);
    }
    let whole = client.next();
    assert_eq!((whole.first, whole.payload.len()), (FIN | BINARY, 210_000));
}

#[test]
fn a_ping_between_fragments_ended_the_message_rfc_6455_section_5_4() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::open(server.address);
    client.frame(TEXT, b"one ");
    client.frame(FIN | PING, b"?");
    client.frame(CONTINUATION, b"two ");
    client.frame(FIN | PONG, b"!");
    client.frame(FIN | CONTINUATION, b"three");
    assert_eq!(client.next().first, FIN | PONG);
    assert_eq!(events.message(), "one two three".into());
}

#[test]
fn data_frames_merged_into_one_message() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::open(server.address);
    client.put(&[masked(FIN | TEXT, b"one"), masked(FIN | BINARY, b"two"), masked(FIN | TEXT, b"")].concat());
    assert_eq!(events.message(), "one".into());
    assert_eq!(events.message(), b"two"[..].into());
    assert_eq!(events.message(), "".into());
}

#[test]
fn text_that_is_no_utf_8_passed() {
    assert_closes(&masked(FIN | TEXT, b"\xff\xfe"), 1007);
}

#[test]
fn reserved_bits_passed() {
    assert_closes(&masked(FIN | 0x10 | TEXT, b"a"), 1002);
}

#[test]
fn a_ping_of_200_bytes_passed() {
    assert_closes(&masked(FIN | PING, &[0; 200]), 1002);
}

#[test]
fn an_unmasked_frame_was_dropped_without_a_word_rfc_6455_section_5_1() {
    assert_closes(b"\x81\x02hi", 1002);
}

#[test]
fn data_after_a_close_was_delivered() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::open(server.address);
    client.put(&[masked(FIN | CLOSE, b""), masked(FIN | TEXT, b"late")].concat());
    assert_eq!(client.next_close().0, None);
    assert_eq!(client.end(), End::Finished);
    server.stop();
    assert!(!events.rest().iter().any(|(_, event)| matches!(event, Event::Message(_))));
}

#[test]
fn a_length_of_2_to_the_62_left_a_dead_connection() {
    let mut header = vec![FIN | BINARY, 0x80 | 127];
    header.extend_from_slice(&(1u64 << 62).to_be_bytes());
    header.extend_from_slice(&[0; 4]);
    assert_closes(&header, 1009);
}

#[test]
fn a_client_that_said_nothing_kept_everybody_out() {
    let (server, _events) =
        witnessed(config(|config| config.open_timeout = Duration::from_millis(200)), echo);
    let mut silent: Vec<Client> = (0..20).map(|_| Client::connect(server.address)).collect();
    let mut client = Client::open(server.address);
    client.text("well?");
    assert_eq!(client.next_text(), "well?");
    for client in &mut silent {
        client.rest();
    }
}

#[test]
fn headers_past_2048_bytes_were_read_as_frames() {
    let (server, _events) = witnessed(Config::default(), echo);
    let long =
        (0..50).fold(Ask::upgrade("/"), |ask, number| ask.with(&format!("X-{number}: {}", "a".repeat(200))));
    assert!(long.bytes().len() > 10_000);
    let mut client = Client::open_as(server.address, &long);
    client.text("well?");
    assert_eq!(client.next_text(), "well?");
}

#[test]
fn a_reset_during_the_handshake_killed_the_process() {
    let (server, _events) = witnessed(Config::default(), |context, event| {
        if *event == Event::Open {
            (0..100).for_each(|_| drop(context.send("are you there?")));
        }
    });
    for _ in 0..100 {
        let mut client = Client::connect(server.address);
        client.put(&Ask::upgrade("/").bytes());
        client.reset();
    }
    Client::open(server.address);
}

#[test]
fn a_connection_was_given_99_messages_a_second() {
    const MESSAGES: u32 = 1000;
    let (server, _events) = witnessed(Config::default(), echo);
    let mut client = Client::open(server.address);
    let began = Instant::now();
    for _ in 0..MESSAGES {
        client.text("next");
        assert_eq!(client.next_text(), "next");
    }
    assert!(began.elapsed() < Duration::from_secs(1) * MESSAGES / 99);
}

#[test]
fn a_slow_consumer_stalled_a_broadcast() {
    let tight = config(|config| config.max_outbox = 64 * 1024);
    let (server, events) = witnessed(tight, |context, event| {
        if *event == Event::Open {
            context.subscribe("all").unwrap();
        }
    });
    let slow = Client::open_narrow(server.address);
    let mut quick = Client::open(server.address);
    events.all_opened(2);
    for number in 0..1000u32 {
        let mut message = vec![0; 20_000];
        message[..4].copy_from_slice(&number.to_be_bytes());
        server.handle.publish("all", message.clone()).unwrap();
        assert!(quick.next().payload == message);
    }
    drop(slow);
}

#[test]
fn a_stop_waited_for_the_next_connection() {
    let (server, _events) = witnessed(Config::default(), silent);
    let began = Instant::now();
    server.stop_within(PATIENCE * 10);
    assert!(began.elapsed() < PATIENCE);
}

#[test]
fn a_peer_that_left_without_a_close_was_never_noticed() {
    let (server, events) = witnessed(
        config(|config| {
            config.idle_timeout = None;
            config.ping_after = None;
        }),
        silent,
    );
    drop(Client::open(server.address));
    assert_eq!(events.closed().code, CloseCode::Abnormal);
    Client::open(server.address).reset();
    assert_eq!(events.closed().code, CloseCode::Abnormal);
}

#[test]
fn a_query_or_a_port_led_to_404() {
    let server = support::Server::start(Config::default(), || {
        let here = Router::new().route("/chat", |_request| ws_reactor::handler(|_context, _message| {}));
        Router::new().host("here.example", here)
    });
    Client::open_as(server.address, &Ask::upgrade("/chat?name=x").but("Host", "here.example:8080"));
}

#[test]
fn a_refusal_lost_its_headers() {
    let server = support::Server::start(Config::default(), || {
        Router::new().otherwise(|_request| {
            let refusal = Response::text(Status::FORBIDDEN, "no").header("Set-Cookie", "seen=1");
            Accept::Reject(refusal.unwrap())
        })
    });
    let mut client = Client::connect(server.address);
    client.put(&Ask::upgrade("/").bytes());
    let answer = client.answer();
    assert_eq!((answer.status, answer.field("Set-Cookie")), (403, Some("seen=1")));
}

#[test]
fn the_last_of_several_headers_hid_the_others() {
    let server = support::Server::start(Config::default(), || {
        Router::new().page("/", |request| {
            let values: Vec<&str> = request.headers().values("X-Forwarded-For").collect();
            Response::text(Status::OK, values.join(" then "))
        })
    });
    let mut client = Client::connect(server.address);
    let ask = Ask::page("GET", "/").with("X-Forwarded-For: one").with("x-forwarded-for: other");
    client.put(&ask.bytes());
    client.answer();
    assert_eq!(client.rest().0, b"one then other");
}

#[test]
fn the_peers_code_and_reason_were_lost() {
    let (server, events) = witnessed(Config::default(), silent);
    let mut client = Client::open(server.address);
    client.close(4711, "why");
    assert_eq!(client.next_close().0, Some(4711));
    let closed = events.closed();
    assert_eq!((closed.code, closed.reason.as_str()), (CloseCode::Private(4711), "why"));
}
