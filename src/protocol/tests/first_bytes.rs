//! Every pair of first two bytes, against rules written down from the prose of RFC 6455.

use super::{Fin, Heard, OpCode, Violation};
use super::{Listener, Role, Stream};

/// The rules of sections 5.1 to 5.5 in the order in which the bits show a breach, each over the bits as
/// the diagram of section 5.2 numbers them.
fn breach(first: u8, second: u8, role: Role, inside_message: bool) -> Option<Violation> {
    let bit = |number: usize| {
        let byte = if number < 8 { first } else { second };
        (byte >> (7 - number % 8)) & 1 == 1
    };
    let fin = bit(0);
    // "%x3-7 are reserved for further non-control frames", "%xB-F are reserved for further control frames"
    let reserved_opcodes = [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF];
    let opcode = first % 16;
    // "Control frames are identified by opcodes where the most significant bit of the opcode is 1."
    let control = bit(4);
    let length = second % 128;
    let rules = [
        // "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
        (bit(1) || bit(2) || bit(3), Violation::ReservedBits),
        // "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
        (reserved_opcodes.contains(&opcode), Violation::ReservedOpcode),
        // "All control frames [...] MUST NOT be fragmented."
        (control && !fin, Violation::FragmentedControl),
        // Section 5.4: a continuation needs a message, a message must end before the next begins.
        (opcode == 0 && !inside_message, Violation::OrphanContinuation),
        ((opcode == 1 || opcode == 2) && inside_message, Violation::InterruptedMessage),
        // "The server MUST close the connection upon receiving a frame that is not masked."
        (role == Role::Server && !bit(8), Violation::Unmasked),
        // "A client MUST close a connection if it detects a masked frame."
        (role == Role::Client && bit(8), Violation::Masked),
        // "All control frames MUST have a payload length of 125 bytes or less"
        (control && length > 125, Violation::ControlTooLong),
    ];
    rules.into_iter().find_map(|(broken, violation)| broken.then_some(violation))
}

fn fault(listener: &Listener) -> Option<Violation> {
    match listener.heard.last() {
        Some(&Heard::Fault(violation)) => Some(violation),
        _ => None,
    }
}

/// A listener at the start, or with the first fragment of a message behind it.
fn listener(role: Role, inside_message: bool) -> Listener {
    let mut listener = Listener::new(role);
    if inside_message {
        listener.feed(&Stream::towards(role).frame(OpCode::Binary, Fin::More, b"ab").bytes);
    }
    listener
}

#[test]
fn all_pairs_of_first_bytes_are_judged_as_the_prose_says_sections_5_1_to_5_5() {
    for role in [Role::Client, Role::Server] {
        for inside_message in [false, true] {
            for [first, second] in (0..=u16::MAX).map(u16::to_be_bytes) {
                let expected = breach(first, second, role, inside_message);
                let mut whole = listener(role, inside_message);
                whole.feed(&[first, second]);
                assert_eq!(fault(&whole), expected, "{first:02x} {second:02x} {role:?} {inside_message}");
            }
        }
    }
}

#[test]
fn a_breach_in_the_first_byte_shows_before_the_second_arrives() {
    for role in [Role::Client, Role::Server] {
        for inside_message in [false, true] {
            for first in 0..=u8::MAX {
                let seconds = (0..=u8::MAX).map(|second| breach(first, second, role, inside_message));
                let mut verdicts: Vec<_> = seconds.collect();
                verdicts.dedup();
                let expected = if let [verdict] = verdicts[..] { verdict } else { None };
                let mut cut = listener(role, inside_message);
                cut.feed(&[first]);
                assert_eq!(fault(&cut), expected, "{first:02x} {role:?} {inside_message}");
            }
        }
    }
}
