//! Split invariance: a stream says the same however it is cut.

use super::{Fin, Heard, Message, OpCode, Path, Role, Stream, Violation};
use super::{heard_in_pieces, noise};

const LENGTHS: [usize; 7] = [0, 1, 125, 126, 127, 1000, 1500];
const LONG_LENGTHS: [usize; 4] = [65_535, 65_536, 70_000, 150_000];

/// Streams towards `role` that are short enough for every cut.
pub(super) fn short_streams(role: Role) -> Vec<Stream> {
    let to = || Stream::towards(role);
    let mut streams: Vec<Stream> = LENGTHS
        .iter()
        .map(|&length| to().message(Message::Binary(&noise(length))).message(Message::Text("next")))
        .collect();
    streams.extend([
        to().message(Message::Text("aé€😀")).message(Message::Text("")).message(Message::Text("😀😀")),
        to().message(Message::Text(&"x€".repeat(100))),
        fragmented(to()),
        to().frame(OpCode::Ping, Fin::Final, &noise(125)).frame(OpCode::Pong, Fin::Final, b""),
        to().frame(OpCode::Close, Fin::Final, b"").raw(b"\xFFignored"),
        to().frame(OpCode::Close, Fin::Final, "\u{3}".as_bytes()),
        to().frame(OpCode::Close, Fin::Final, b"\x03\xE8bye \xE2\x82\xAC").message(Message::Text("late")),
        fragmented(to()).frame(OpCode::Close, Fin::Final, b"\x0F\xA0"),
    ]);
    streams
}

/// A text and a binary message in fragments, some empty, with pings between them.
fn fragmented(stream: Stream) -> Stream {
    stream
        .frame(OpCode::Text, Fin::More, b"\xE2")
        .frame(OpCode::Ping, Fin::Final, b"one")
        .frame(OpCode::Continuation, Fin::More, b"")
        .frame(OpCode::Continuation, Fin::More, b"\x82\xAC and")
        .frame(OpCode::Pong, Fin::Final, &noise(30))
        .frame(OpCode::Continuation, Fin::Final, b"")
        .frame(OpCode::Binary, Fin::More, b"")
        .frame(OpCode::Continuation, Fin::More, &noise(130))
        .frame(OpCode::Ping, Fin::Final, b"")
        .frame(OpCode::Continuation, Fin::Final, &noise(3))
}

/// Streams towards `role` that break a rule behind something that breaks none.
pub(super) fn violating_streams(role: Role) -> Vec<Stream> {
    let masked = if role == Role::Server { 0x80 } else { 0 };
    let to = || Stream::towards(role).message(Message::Text("fine"));
    let inside = || to().frame(OpCode::Text, Fin::More, b"fine");
    vec![
        to().raw(&[0x81, masked ^ 0x80, 0, 0]),
        to().raw(&[0xC1, masked]),
        to().raw(&[0x83, masked]),
        to().raw(&[0x09, masked]),
        to().raw(&[0x89, masked | 0x7E, 0, 126]),
        to().raw(&[0x82, masked | 0x7E, 0, 125, 0, 0, 0, 0]),
        to().raw(&[0x82, masked | 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
        to().raw(&[0x82, masked | 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        to().raw(&[0x82, masked | 0x7F, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]),
        // Two rules broken at once: the first byte decides.
        to().raw(&[0x80, masked ^ 0x80]),
        inside().raw(&[0x81, masked ^ 0x80]),
        inside().raw(&[0xB0, masked]),
        inside().frame(OpCode::Continuation, Fin::Final, b"\xE2\x82").message(Message::Text("late")),
        inside().frame(OpCode::Continuation, Fin::More, b"ok\xE2\x82 no"),
        inside().frame(OpCode::Ping, Fin::Final, b"fine").frame(OpCode::Binary, Fin::Final, b"no"),
        to().frame(OpCode::Text, Fin::Final, b"\xED\xA0\x80").message(Message::Text("late")),
        to().frame(OpCode::Text, Fin::Final, &[&[b'a'; 600], b"\xF8".as_slice(), &[b'a'; 600]].concat()),
        to().frame(OpCode::Close, Fin::Final, b"\x03"),
        to().frame(OpCode::Close, Fin::Final, b"\x03\xED"),
        to().frame(OpCode::Close, Fin::Final, b"\x03\xE8\xFF"),
    ]
}

/// Long streams towards `role`, each in one frame and in fragments.
pub(super) fn long_streams(role: Role) -> Vec<Stream> {
    let mut streams = Vec::new();
    for length in LONG_LENGTHS {
        let bytes = noise(length);
        let letters = "aé€😀".repeat(length / 10);
        let (half, rest) = bytes.split_at(length / 2);
        let to = || Stream::towards(role);
        streams.push(to().message(Message::Binary(&bytes)).message(Message::Text("next")));
        streams.push(to().message(Message::Text(&letters)).message(Message::Text("next")));
        streams.push(
            to().frame(OpCode::Binary, Fin::More, half).frame(OpCode::Ping, Fin::Final, b"between").frame(
                OpCode::Continuation,
                Fin::Final,
                rest,
            ),
        );
        let broken = [letters.as_bytes(), b"\xE2\x82\x20".as_slice(), &vec![b'a'; 20_000]].concat();
        streams.push(to().frame(OpCode::Text, Fin::Final, &broken));
    }
    streams
}

pub(super) fn whole(stream: &Stream) -> Vec<Heard> {
    heard_in_pieces(stream.role, Path::Input, &stream.bytes, &[usize::MAX])
}

/// Sizes of pieces, reproducible, most of them small and some large.
pub(super) fn random_sizes(seed: u64) -> Vec<usize> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut up_to = |limit: u64| 1 + usize::try_from(next() % limit).unwrap_or(0);
    (0..50).map(|index| up_to(2 << (index % 17))).collect()
}

#[test]
fn short_streams_say_the_same_at_every_cut() {
    for role in [Role::Client, Role::Server] {
        for stream in short_streams(role).iter().chain(&violating_streams(role)) {
            let expected = whole(stream);
            assert!(!expected.is_empty());
            for cut in 1..stream.bytes.len() {
                let heard = heard_in_pieces(role, Path::Input, &stream.bytes, &[cut, usize::MAX]);
                assert_eq!(heard, expected, "cut at {cut}");
            }
        }
    }
}

#[test]
fn all_streams_say_the_same_in_random_pieces() {
    for role in [Role::Client, Role::Server] {
        let long = long_streams(role);
        for stream in short_streams(role).iter().chain(&violating_streams(role)).chain(&long) {
            let expected = whole(stream);
            for path in [Path::Input, Path::Landing] {
                for seed in 0..20 {
                    let heard = heard_in_pieces(role, path, &stream.bytes, &random_sizes(seed));
                    assert_eq!(heard, expected, "seed {seed}");
                }
            }
        }
    }
}

#[test]
fn all_streams_say_the_same_byte_by_byte() {
    for role in [Role::Client, Role::Server] {
        for stream in short_streams(role).iter().chain(&violating_streams(role)) {
            let heard = heard_in_pieces(role, Path::Input, &stream.bytes, &[1]);
            assert_eq!(heard, whole(stream));
        }
        for stream in &long_streams(role) {
            let heard = heard_in_pieces(role, Path::Landing, &stream.bytes, &[1]);
            assert_eq!(heard, whole(stream));
        }
    }
}

#[test]
fn violating_streams_fail_behind_what_was_fine() {
    for role in [Role::Client, Role::Server] {
        for stream in violating_streams(role) {
            let heard = whole(&stream);
            assert_eq!(heard.first(), Some(&super::text("fine")));
            assert!(matches!(heard.last(), Some(Heard::Fault(_))), "{heard:?}");
        }
    }
}

#[test]
fn long_text_fails_in_the_landing_at_its_first_impossible_byte() {
    let text = [&vec![b'a'; 90_000], b"\xFF".as_slice(), &vec![b'a'; 90_000]].concat();
    let stream = Stream::towards(Role::Server).frame(OpCode::Text, Fin::Final, &text).bytes;
    let header = stream.len() - text.len();
    let mut listener = super::Listener::new(Role::Server);
    listener.land(&stream[..header + 70_000]);
    listener.land(&stream[header + 70_000..header + 90_000]);
    assert_eq!(listener.heard, []);
    listener.land(&stream[header + 90_000..=header + 90_000]);
    assert_eq!(listener.heard, [Heard::Fault(Violation::InvalidUtf8)]);
}
