//! What one side writes, the other reads: for both roles, any message, any cut.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{prop_assert_eq, proptest};

use super::{Fin, Heard, OpCode, OwnedMessage, Path, Role};
use super::{encode, heard_in_pieces};

fn message() -> impl Strategy<Value = OwnedMessage> {
    prop_oneof![
        ".{0,200}".prop_map(OwnedMessage::Text),
        vec(any::<u8>(), 0..300).prop_map(OwnedMessage::Binary),
        (65_000_usize..140_000).prop_map(|length| OwnedMessage::Binary(super::noise(length))),
    ]
}

fn said() -> impl Strategy<Value = Heard> {
    prop_oneof![
        4 => message().prop_map(Heard::Message),
        1 => vec(any::<u8>(), 0..=125).prop_map(Heard::Ping),
        1 => vec(any::<u8>(), 0..=125).prop_map(Heard::Pong),
    ]
}

/// Writes `said` towards `role`, messages in fragments of `fragment` bytes with a pong behind each.
fn write(out: &mut Vec<u8>, expected: &mut Vec<Heard>, said: &Heard, role: Role, fragment: usize) {
    let mask = super::mask_towards(role);
    match said {
        Heard::Message(message) => {
            let message = message.as_message();
            let mut first = message.opcode();
            let mut rest = message.as_bytes();
            while rest.len() > fragment {
                let (piece, behind) = rest.split_at(fragment);
                encode(out, (first, Fin::More), piece, mask);
                encode(out, (OpCode::Pong, Fin::Final), b"", mask);
                expected.push(Heard::Pong(Vec::new()));
                first = OpCode::Continuation;
                rest = behind;
            }
            encode(out, (first, Fin::Final), rest, mask);
        }
        Heard::Ping(payload) => encode(out, (OpCode::Ping, Fin::Final), payload, mask),
        Heard::Pong(payload) => encode(out, (OpCode::Pong, Fin::Final), payload, mask),
        Heard::Close(_) | Heard::Fault(_) => {}
    }
    expected.push(said.clone());
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        said in vec(said(), 1..6),
        role in prop_oneof![Just(Role::Client), Just(Role::Server)],
        path in prop_oneof![Just(Path::Input), Just(Path::Landing)],
        fragment in prop_oneof![Just(usize::MAX), Just(40_000), 50_usize..500],
        sizes in vec(1_usize..100_000, 1..8),
        small in vec(1_usize..200, 1..4),
    ) {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for said in &said {
            write(&mut bytes, &mut expected, said, role, fragment);
        }
        prop_assert_eq!(heard_in_pieces(role, path, &bytes, &[usize::MAX]), expected.clone());
        prop_assert_eq!(heard_in_pieces(role, path, &bytes, &sizes), expected.clone());
        prop_assert_eq!(heard_in_pieces(role, path, &bytes, &small), expected);
    }
}
