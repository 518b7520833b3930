//! What a server does with frames: those that break the protocol, those over a limit, and those that only
//! look as if they did (RFC 6455, sections 5 to 8 and 10.4).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use support::{
    BINARY, CLOSE, CONTINUATION, Client, End, Event, Events, FIN, PING, Server, TEXT, close_payload, config,
    echo, masked, silent, witnessed,
};
use ws_reactor::{Cause, CloseCode, Config, Violation};

/// What a violation must lead to.
type Case = (u16, Violation, Vec<u8>);

/// The header of a masked frame with its length written as given, and no mask nor payload behind it.
fn header(first: u8, length: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first, 0x80 | length[0]];
    bytes.extend_from_slice(&length[1..]);
    bytes
}

/// Fails unless each input ends its connection with its code, on the wire and in `on_close`, and nothing of it
/// is delivered.
fn assert_fatal(config: Config, cases: &[Case]) {
    let (server, events) = witnessed(config, echo);
    for (code, violation, input) in cases {
        let shown = format!("{violation:?} {:02x?}", input.get(..16).unwrap_or(input));
        let mut client = Client::open(server.address);
        // Nothing that comes behind a violation is looked at.
        client.put_in_vain(&[input.as_slice(), &masked(FIN | TEXT, b"behind")].concat());
        assert_eq!(client.next_close().0, Some(*code), "{shown}");
        assert_eq!(client.end(), End::Finished, "{shown}");
        assert_eq!(events.next().1, Event::Open);
        let Event::Close(closed) = events.next().1 else {
            panic!("a callback before on_close: {shown}");
        };
        assert_eq!(closed.code, CloseCode::from(*code), "{shown}");
        assert_eq!(closed.cause, Cause::Violation(*violation), "{shown}");
        assert!(!closed.was_clean());
        assert_eq!(events.next().1, Event::Dropped);
    }
    events.expect_no_more(server);
}

fn served(config: Config) -> (Server, Events, Client) {
    let (server, events) = witnessed(config, echo);
    let client = Client::open(server.address);
    (server, events, client)
}

#[test]
fn malformed_headers_close_with_1002_rfc_6455_section_5_2() {
    let protocol = |violation, input: Vec<u8>| (1002, violation, input);
    let mut cases = vec![
        protocol(Violation::Unmasked, vec![FIN | TEXT, 2, b'h', b'i']),
        protocol(Violation::Unmasked, vec![FIN | CLOSE, 0]),
        protocol(Violation::NonMinimalLength, header(FIN | TEXT, &[126, 0, 125])),
        protocol(Violation::NonMinimalLength, header(FIN | BINARY, &[127, 0, 0, 0, 0, 0, 0, 0xff, 0xff])),
        protocol(Violation::LengthTooLarge, header(FIN | BINARY, &[127, 0x80, 0, 0, 0, 0, 0, 0, 0])),
        protocol(Violation::ControlTooLong, header(FIN | PING, &[126, 0, 126])),
        protocol(Violation::ControlTooLong, masked(FIN | PING, &[0; 200])),
        protocol(Violation::FragmentedControl, masked(PING, b"")),
        protocol(Violation::FragmentedControl, masked(CLOSE, b"")),
    ];
    for bit in [0x40, 0x20, 0x10] {
        cases.push(protocol(Violation::ReservedBits, masked(FIN | bit | TEXT, b"a")));
        cases.push(protocol(Violation::ReservedBits, masked(FIN | bit | PING, b"a")));
    }
    for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        cases.push(protocol(Violation::ReservedOpcode, masked(FIN | opcode, b"a")));
    }
    assert_fatal(Config::default(), &cases);
}

#[test]
fn fragments_out_of_order_close_with_1002_rfc_6455_section_5_4() {
    let after = |first: &[u8], second: &[u8]| [first, second].concat();
    let begin = masked(TEXT, b"begin");
    assert_fatal(
        Config::default(),
        &[
            (1002, Violation::OrphanContinuation, masked(FIN | CONTINUATION, b"a")),
            (1002, Violation::OrphanContinuation, masked(CONTINUATION, b"")),
            (1002, Violation::InterruptedMessage, after(&begin, &masked(FIN | TEXT, b"a"))),
            (1002, Violation::InterruptedMessage, after(&begin, &masked(BINARY, b"a"))),
            (1002, Violation::ReservedBits, after(&begin, &masked(FIN | 0x40 | CONTINUATION, b"a"))),
        ],
    );
}

#[test]
fn a_close_that_must_not_be_sent_closes_with_1002_rfc_6455_section_7_4() {
    let bad = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
    let mut cases: Vec<Case> = bad
        .iter()
        .map(|&code| {
            let frame = masked(FIN | CLOSE, &close_payload(code, "why"));
            (1002, Violation::InvalidCloseCode(code), frame)
        })
        .collect();
    cases.push((1002, Violation::ClosePayload, masked(FIN | CLOSE, &[3])));
    cases.push((1007, Violation::InvalidUtf8, masked(FIN | CLOSE, b"\x03\xe8\xff")));
    assert_fatal(Config::default(), &cases);
}

#[test]
fn every_valid_close_code_is_answered_with_itself_rfc_6455_section_5_5_1() {
    let (server, events) = witnessed(Config::default(), echo);
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    {
        let mut client = Client::open(server.address);
        client.close(code, "reason é");
        assert_eq!(client.next_close().0, Some(code));
        assert_eq!(client.end(), End::Finished);
        let closed = events.closed();
        assert_eq!((closed.code, closed.reason.as_str()), (CloseCode::from(code), "reason é"));
        assert_eq!(closed.cause, Cause::Peer);
    }
}

#[test]
fn text_that_is_no_utf_8_closes_with_1007_rfc_6455_section_8_1() {
    let fragments = |pieces: &[&[u8]]| {
        let mut bytes = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let opcode = if index == 0 { TEXT } else { CONTINUATION };
            let fin = if index + 1 == pieces.len() { FIN } else { 0 };
            bytes.extend(masked(fin | opcode, piece));
        }
        (1007, Violation::InvalidUtf8, bytes)
    };
    assert_fatal(
        Config::default(),
        &[
            fragments(&[b"\xff"]),
            fragments(&[b"a\xc0\x80"]),
            fragments(&[b"\xed\xa0\x80"]),
            fragments(&[b"\xf4\x90\x80\x80"]),
            fragments(&[b"caf\xc3"]),
            fragments(&[b"caf\xc3", b"(", b""]),
            fragments(&[b"\xf0\x9f", b"\x98", b""]),
        ],
    );
}

#[test]
fn impossible_text_is_refused_before_its_message_ends_rfc_6455_section_8_1() {
    let (_server, events, mut client) = served(Config::default());
    client.frame(TEXT, b"caf\xc3");
    client.frame(CONTINUATION, b"\xa9 \xe2\x82");
    // Half a frame is enough: its second byte cannot follow.
    client.put(&masked(CONTINUATION, b"\xacok\xff and so on")[..10]);
    client.expect_failure(1007);
    assert_eq!(events.closed().cause, Cause::Violation(Violation::InvalidUtf8));
}

#[test]
fn over_the_limits_is_1009_from_the_header_alone_rfc_6455_section_10_4() {
    let limits = config(|config| {
        config.max_frame = 1000;
        config.max_message = 1500;
    });
    let huge = [127, 0x40, 0, 0, 0, 0, 0, 0, 0];
    let pieces = [masked(BINARY, &[1; 1000]), header(FIN | CONTINUATION, &[126, 1, 0xf5])];
    let many = [masked(BINARY, &[1; 750]), masked(CONTINUATION, &[1; 750]), masked(CONTINUATION, &[1])];
    assert_fatal(
        limits,
        &[
            (1009, Violation::FrameTooLong, [header(FIN | BINARY, &[126, 3, 0xe9]), vec![0; 4]].concat()),
            (1009, Violation::FrameTooLong, [header(FIN | TEXT, &huge), vec![0; 4]].concat()),
            (1009, Violation::MessageTooLong, [pieces.concat(), vec![0; 4]].concat()),
            (1009, Violation::MessageTooLong, many.concat()),
        ],
    );
}

#[test]
fn data_after_a_close_is_discarded_rfc_6455_section_5_5_1() {
    let (server, events, mut client) = served(Config::default());
    let behind = [
        masked(FIN | CLOSE, &close_payload(1000, "")),
        masked(FIN | TEXT, b"after"),
        masked(FIN | PING, b"after"),
        vec![0xff; 400_000],
    ];
    client.put_in_vain(&behind.concat());
    assert_eq!(client.next_close().0, Some(1000));
    assert_eq!(client.end(), End::Finished);
    drop(client);
    assert_eq!(events.next().1, Event::Open);
    assert!(matches!(events.next().1, Event::Close(closed) if closed.was_clean()));
    events.expect_no_more(server);
}

#[test]
fn a_header_never_costs_what_it_claims() {
    let vast = config(|config| {
        config.max_frame = 1 << 40;
        config.max_message = 1 << 40;
    });
    let (server, events) = witnessed(vast, silent);
    let before = support::resident_bytes();
    let length = [&[127][..], &(1u64 << 39).to_be_bytes()].concat();
    let clients: Vec<Client> = (0..50)
        .map(|_| {
            let mut client = Client::open(server.address);
            client.put(&[header(FIN | BINARY, &length), vec![0; 4], vec![1; 1000]].concat());
            client
        })
        .collect();
    for _ in &clients {
        events.opened();
    }
    // Everything before this was read.
    let mut last = Client::open(server.address);
    last.close(1000, "");
    assert_eq!(last.next_close().0, Some(1000));
    if let (Some(before), Some(after)) = (before, support::resident_bytes()) {
        assert!(after < before + (64 << 20), "{before} bytes became {after}");
    }
}
