//! What a peer must not do, row by row, and the close code it earns.

use super::{Fin, Heard, Limits, Listener, Message, OpCode, Role, Stream, Violation};
use super::{Path, binary, heard_by_server, heard_in_pieces, text};
use crate::protocol::close::{CloseCode, CloseFrame};

const BYTE_BY_BYTE: &[usize] = &[1];

/// The fault a server finds in `bytes`, the same whole and byte by byte, and its close code.
fn fault(bytes: &[u8]) -> (Violation, CloseCode) {
    let heard = heard_by_server(bytes);
    assert_eq!(heard, heard_in_pieces(Role::Server, Path::Input, bytes, BYTE_BY_BYTE));
    match heard.last() {
        Some(&Heard::Fault(violation)) => (violation, violation.close_code()),
        other => panic!("no fault but {other:?}"),
    }
}

fn server() -> Stream {
    Stream::towards(Role::Server)
}

fn close_fault(payload: &[u8]) -> (Violation, CloseCode) {
    fault(&server().frame(OpCode::Close, Fin::Final, payload).bytes)
}

#[test]
fn unmasked_frame_from_a_client_section_5_1() {
    assert_eq!(fault(&[0x81, 0x00]), (Violation::Unmasked, CloseCode::Protocol));
}

#[test]
fn masked_frame_from_a_server_section_5_1() {
    let mut client = Listener::new(Role::Client);
    client.feed(&[0x81, 0x80]);
    assert_eq!(client.heard, [Heard::Fault(Violation::Masked)]);
}

#[test]
fn reserved_bit_on_data_control_and_continuation_section_5_2() {
    let expected = (Violation::ReservedBits, CloseCode::Protocol);
    for bit in [0x40, 0x20, 0x10] {
        assert_eq!(fault(&[0x81 | bit]), expected);
        assert_eq!(fault(&[0x89 | bit]), expected);
        let inside = server().frame(OpCode::Text, Fin::More, b"a");
        assert_eq!(fault(&inside.raw(&[0x80 | bit]).bytes), expected);
    }
}

#[test]
fn reserved_opcode_section_5_2() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        assert_eq!(fault(&[0x80 | opcode]), (Violation::ReservedOpcode, CloseCode::Protocol));
    }
}

#[test]
fn fragmented_control_section_5_5() {
    for opcode in [0x8, 0x9, 0xA] {
        assert_eq!(fault(&[opcode]), (Violation::FragmentedControl, CloseCode::Protocol));
    }
}

#[test]
fn control_over_125_bytes_section_5_5() {
    for length in [126, 127] {
        assert_eq!(fault(&[0x89, 0x80 | length]), (Violation::ControlTooLong, CloseCode::Protocol));
    }
    let ping = server().frame(OpCode::Ping, Fin::Final, &[7; 125]);
    assert_eq!(heard_by_server(&ping.bytes), [Heard::Ping(vec![7; 125])]);
}

#[test]
fn length_with_the_top_bit_section_5_2() {
    assert_eq!(fault(&[0x82, 0xFF, 0x80]), (Violation::LengthTooLarge, CloseCode::Protocol));
    assert_eq!(fault(&[0x82, 0xFF, 0xFF, 0xFF, 0xFF]), (Violation::LengthTooLarge, CloseCode::Protocol));
}

#[test]
fn length_longer_than_needed_section_5_2() {
    let expected = (Violation::NonMinimalLength, CloseCode::Protocol);
    for length in [0, 1, 125] {
        assert_eq!(fault(&[0x82, 0xFE, 0, length]), expected);
    }
    for length in [0, 125, 126, 65535_u64] {
        assert_eq!(fault(&[&[0x82, 0xFF], length.to_be_bytes().as_slice()].concat()), expected);
    }
    // The last two bytes can no longer mend it.
    assert_eq!(fault(&[0x82, 0xFF, 0, 0, 0, 0, 0, 0]), expected);
}

#[test]
fn shortest_long_lengths_are_accepted_section_5_2() {
    for length in [126, 65535, 65536] {
        let payload = vec![1; length];
        let stream = server().frame(OpCode::Binary, Fin::Final, &payload);
        assert_eq!(heard_by_server(&stream.bytes), [binary(&payload)]);
    }
}

#[test]
fn orphan_continuation_section_5_4() {
    let expected = (Violation::OrphanContinuation, CloseCode::Protocol);
    assert_eq!(fault(&[0x80]), expected);
    assert_eq!(fault(&[0x00]), expected);
    let after = server().frame(OpCode::Text, Fin::More, b"a").frame(OpCode::Continuation, Fin::Final, b"b");
    assert_eq!(fault(&after.raw(&[0x80]).bytes), expected);
}

#[test]
fn new_data_inside_a_fragmented_message_section_5_4() {
    for opcode in [0x01, 0x02, 0x81, 0x82] {
        let inside = server().frame(OpCode::Text, Fin::More, b"a").raw(&[opcode]);
        assert_eq!(fault(&inside.bytes), (Violation::InterruptedMessage, CloseCode::Protocol));
    }
}

#[test]
fn close_payload_of_one_byte_section_5_5_1() {
    assert_eq!(close_fault(&[3]), (Violation::ClosePayload, CloseCode::Protocol));
}

#[test]
fn close_code_that_must_not_be_on_the_wire_section_7_4() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535_u16] {
        assert_eq!(
            close_fault(&code.to_be_bytes()),
            (Violation::InvalidCloseCode(code), CloseCode::Protocol)
        );
    }
}

#[test]
fn close_reason_that_is_not_utf8_section_5_5_1() {
    assert_eq!(close_fault(b"\x03\xE8\xFF"), (Violation::InvalidUtf8, CloseCode::Invalid));
    assert_eq!(close_fault(b"\x03\xE8\xC3"), (Violation::InvalidUtf8, CloseCode::Invalid));
}

#[test]
fn close_with_nothing_a_code_or_a_reason_section_5_5_1() {
    let closed = |payload: &[u8]| heard_by_server(&server().frame(OpCode::Close, Fin::Final, payload).bytes);
    assert_eq!(closed(b""), [Heard::Close(None)]);
    assert_eq!(closed(&1000_u16.to_be_bytes()), [Heard::Close(Some(CloseFrame::new(CloseCode::Normal, "")))]);
    let away = Some(CloseFrame::new(CloseCode::Away, "bye é"));
    assert_eq!(closed("\x03é".as_bytes()).len(), 1);
    assert_eq!(closed(&[b"\x03\xE9", "bye é".as_bytes()].concat()), [Heard::Close(away)]);
}

#[test]
fn impossible_byte_fails_before_the_frame_ends_section_8_1() {
    let expected = [Heard::Fault(Violation::InvalidUtf8)];
    for bad in [b"ab\xFF".as_slice(), b"\xC0", b"\xED\xA0", b"\xF4\x90", b"\xE2\x82\x20"] {
        let long = [bad, &[b'x'; 100]].concat();
        let stream = server().frame(OpCode::Text, Fin::Final, &long).bytes;
        let header = stream.len() - long.len();
        let mut listener = Listener::new(Role::Server);
        listener.feed(&stream[..header + bad.len() - 1]);
        assert_eq!(listener.heard, []);
        listener.feed(&stream[header + bad.len() - 1..header + bad.len()]);
        assert_eq!(listener.heard, expected, "{bad:x?}");
    }
}

#[test]
fn character_cut_by_fragments_is_whole_section_8_1() {
    let stream = server()
        .frame(OpCode::Text, Fin::More, b"\xF0\x9F")
        .frame(OpCode::Ping, Fin::Final, b"p")
        .frame(OpCode::Continuation, Fin::More, b"")
        .frame(OpCode::Continuation, Fin::Final, b"\x98\x80");
    assert_eq!(heard_by_server(&stream.bytes), [Heard::Ping(b"p".to_vec()), text("😀")]);
}

#[test]
fn character_cut_by_the_end_of_the_message_section_8_1() {
    let expected = (Violation::InvalidUtf8, CloseCode::Invalid);
    assert_eq!(fault(&server().frame(OpCode::Text, Fin::Final, b"a\xE2\x82").bytes), expected);
    let fragmented =
        server().frame(OpCode::Text, Fin::More, b"a\xE2").frame(OpCode::Continuation, Fin::Final, b"\x82");
    assert_eq!(fault(&fragmented.bytes), expected);
}

#[test]
fn frame_over_its_limit_section_10_4() {
    let limits = Limits { frame: 100, message: 1000 };
    let heard = |length: usize| {
        let stream = server().message(Message::Binary(&vec![0; length])).bytes;
        let mut listener = Listener::with_limits(Role::Server, limits);
        // The header alone decides.
        listener.feed(&stream[..stream.len() - length]);
        listener.feed(&stream[stream.len() - length..]);
        listener.heard
    };
    assert_eq!(heard(100), [binary(&[0; 100])]);
    assert_eq!(heard(101), [Heard::Fault(Violation::FrameTooLong)]);
    assert_eq!(Violation::FrameTooLong.close_code(), CloseCode::Size);
}

#[test]
fn message_over_its_limit_section_10_4() {
    let limits = Limits { frame: 100, message: 150 };
    let heard = |second: usize| {
        let start = server().frame(OpCode::Binary, Fin::More, &[1; 100]);
        let stream = start.frame(OpCode::Continuation, Fin::Final, &vec![1; second]).bytes;
        let mut listener = Listener::with_limits(Role::Server, limits);
        listener.feed(&stream[..stream.len() - second]);
        listener.feed(&stream[stream.len() - second..]);
        listener.heard
    };
    assert_eq!(heard(50), [binary(&[1; 150])]);
    assert_eq!(heard(51), [Heard::Fault(Violation::MessageTooLong)]);
    assert_eq!(Violation::MessageTooLong.close_code(), CloseCode::Size);
}

#[test]
fn control_frames_are_exempt_from_the_limits_section_5_5() {
    let mut listener = Listener::with_limits(Role::Server, Limits { frame: 1, message: 1 });
    listener.feed(&server().frame(OpCode::Ping, Fin::Final, &[1; 125]).bytes);
    assert_eq!(listener.heard, [Heard::Ping(vec![1; 125])]);
}

#[test]
fn nothing_is_read_behind_a_close_section_5_5_1() {
    let mut bytes = server().frame(OpCode::Close, Fin::Final, b"").raw(b"\xFF\xFF").bytes;
    let mut input = super::Input::new(&mut bytes);
    let mut listener = Listener::new(Role::Server);
    let event = listener.receiver.receive(listener.role, &mut input, &listener.limits, &mut listener.pool);
    assert!(matches!(event, Ok(Some(super::Event::Close(None)))));
    assert_eq!(input.len(), 2);
}
