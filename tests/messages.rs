//! What a server makes of frames that break no rule: messages, whole or in pieces, pings and pongs, and floods
//! of frames that carry nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use support::{
    BINARY, CLOSE, CONTINUATION, Client, Event, Events, FIN, PING, PONG, Server, TEXT, close_payload, config,
    echo, masked, witnessed,
};
use ws_reactor::{Cause, Config, OwnedMessage, SendError, Violation};

fn served(config: Config) -> (Server, Events, Client) {
    let (server, events) = witnessed(config, echo);
    let client = Client::open(server.address);
    (server, events, client)
}

#[test]
fn a_character_may_be_cut_between_fragments_rfc_6455_section_8_1() {
    let (_server, events, mut client) = served(Config::default());
    let text = "κόσμε 😀";
    let (last, rest) = text.as_bytes().split_last().unwrap();
    for (index, byte) in rest.iter().enumerate() {
        client.frame(if index == 0 { TEXT } else { CONTINUATION }, &[*byte]);
    }
    client.frame(FIN | CONTINUATION, &[*last]);
    assert_eq!(client.next_text(), text);
    assert_eq!(events.message(), OwnedMessage::from(text));
}

#[test]
fn up_to_the_limits_is_delivered() {
    let limits = config(|config| {
        config.max_frame = 1000;
        config.max_message = 1500;
    });
    let (_server, events, mut client) = served(limits);
    client.binary(&[1; 1000]);
    assert_eq!(events.message(), OwnedMessage::from(vec![1; 1000]));
    client.frame(BINARY, &[2; 1000]);
    client.frame(FIN | CONTINUATION, &[2; 500]);
    assert_eq!(events.message(), OwnedMessage::from(vec![2; 1500]));
}

#[test]
fn messages_of_all_lengths_come_back_as_they_were_rfc_6455_section_5_2() {
    let (_server, _events, mut client) = served(Config::default());
    for length in [0, 1, 125, 126, 127, 1000, 65_535, 65_536, 300_000, 1 << 20] {
        let bytes: Vec<u8> = (0..length).map(|index: usize| index.to_le_bytes()[0] ^ 0x5A).collect();
        let mut writer = Client { stream: client.stream.try_clone().unwrap() };
        let sent = bytes.clone();
        let writing = std::thread::spawn(move || writer.binary(&sent));
        let frame = client.next();
        writing.join().unwrap();
        assert_eq!(frame.first, FIN | BINARY);
        assert!(frame.payload == bytes, "{length} bytes came back as others");
    }
}

#[test]
fn a_stream_in_single_bytes_means_the_same() {
    let (_server, events, mut client) = served(Config::default());
    let stream = [
        masked(FIN | TEXT, b"whole"),
        masked(TEXT, b"in "),
        masked(FIN | PING, b"ping"),
        masked(FIN | CONTINUATION, b"pieces"),
        masked(FIN | BINARY, &[7; 130]),
        masked(FIN | CLOSE, &close_payload(1000, "done")),
    ];
    for byte in stream.concat() {
        client.put(&[byte]);
    }
    assert_eq!(client.next_text(), "whole");
    assert_eq!(client.next().first, FIN | PONG);
    assert_eq!(client.next_text(), "in pieces");
    assert_eq!(client.next().payload, [7; 130]);
    assert_eq!(client.next_close().0, Some(1000));
    assert_eq!(events.closed().reason, "done");
}

#[test]
fn a_ping_is_answered_with_its_payload_even_inside_a_message_rfc_6455_section_5_5_2() {
    let (_server, events, mut client) = served(Config::default());
    client.frame(TEXT, b"one ");
    client.frame(FIN | PING, b"are you there?");
    let pong = client.next();
    assert_eq!((pong.first, pong.payload.as_slice()), (FIN | PONG, &b"are you there?"[..]));
    client.frame(FIN | PING, &[9; 125]);
    assert_eq!(client.next().payload, [9; 125]);
    client.frame(FIN | PONG, b"unasked");
    client.frame(FIN | CONTINUATION, b"message");
    assert_eq!(client.next_text(), "one message");
    assert_eq!(events.next().1, Event::Open);
    assert_eq!(events.next().1, Event::Ping(b"are you there?".to_vec()));
    assert_eq!(events.next().1, Event::Ping(vec![9; 125]));
    assert_eq!(events.next().1, Event::Pong(b"unasked".to_vec()));
    assert_eq!(events.next().1, Event::Message("one message".into()));
}

#[test]
fn pongs_may_be_left_to_the_handler() {
    let manual = config(|config| config.automatic_pong = false);
    let (server, _events) = witnessed(manual, |context, event| {
        if let Event::Ping(payload) = event {
            context.pong(&[b"my ", payload.as_slice()].concat()).unwrap();
        }
    });
    let mut client = Client::open(server.address);
    client.frame(FIN | PING, b"ping");
    let pong = client.next();
    assert_eq!((pong.first, pong.payload.as_slice()), (FIN | PONG, &b"my ping"[..]));
}

#[test]
fn control_frames_of_the_handler_carry_125_bytes_at_most_rfc_6455_section_5_5() {
    let (server, _events) = witnessed(Config::default(), |context, event| {
        if *event == Event::Open {
            let long = [1; 126];
            assert_eq!(context.ping(&long), Err(SendError::TooLong(&long[..])));
            assert_eq!(context.pong(&long), Err(SendError::TooLong(&long[..])));
            context.ping(&long[1..]).unwrap();
        }
    });
    let mut client = Client::open(server.address);
    let ping = client.next();
    assert_eq!((ping.first, ping.payload), (FIN | PING, vec![1; 125]));
}

#[test]
fn a_flood_of_control_frames_closes_with_1008_rfc_6455_section_10_4() {
    for opcode in [PING, PONG] {
        let few = config(|config| config.max_control_rate = 100);
        let (_server, events, mut client) = served(few);
        // The frames of a flood fall into one second or two.
        client.put_in_vain(&masked(FIN | opcode, b"").repeat(250));
        let close =
            std::iter::repeat_with(|| client.next()).find(|frame| frame.first == FIN | CLOSE).unwrap();
        assert_eq!(close.close().0, Some(1008));
        assert_eq!(events.closed().cause, Cause::Violation(Violation::TooFrequent));
    }
}

#[test]
fn a_flood_of_empty_fragments_closes_with_1008_rfc_6455_section_10_4() {
    let few = config(|config| config.max_control_rate = 100);
    let (_server, events, mut client) = served(few);
    client.frame(BINARY, b"");
    client.put_in_vain(&masked(CONTINUATION, b"").repeat(250));
    client.expect_failure(1008);
    assert_eq!(events.closed().cause, Cause::Violation(Violation::TooFrequent));
}
