//! Frames (RFC 6455, section 5): whatever arrives, an endpoint hears the same however it is cut and by
//! whichever way it came in, and holds memory for what arrived only.
//!
//! The first byte of an input chooses the role and the limits, the next seven the sizes of the pieces; the rest
//! is what arrives.

use crate::buffer::Pool;
use crate::protocol::transmit::encode;
use crate::protocol::{
    CloseFrame, Event, Fin, Input, Limits, Message, OpCode, OwnedMessage, Receiver, Role, Violation,
};
use crate::{pieces, retained};

const PLAN: usize = 8;

/// Streams up to this length are also read byte by byte.
const SHORT: usize = 4096;

const LIMITS: [Limits; 4] =
    [limits(1 << 20, 1 << 20), limits(100, 1000), limits(1 << 16, 150), limits(u64::MAX, u64::MAX)];

const fn limits(frame: u64, message: u64) -> Limits {
    Limits { frame, message }
}

pub(crate) fn run(input: &[u8]) {
    let Some((&[choice, sizes @ ..], stream)) = input.split_first_chunk::<PLAN>() else {
        return;
    };
    let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
    let limits = LIMITS[usize::from(choice >> 1) % LIMITS.len()];
    let sizes: Vec<usize> = sizes.into_iter().map(piece).collect();
    let expected = hear(role, limits, stream, &[usize::MAX], Listener::feed);
    check(&expected, limits);
    assert_eq!(hear(role, limits, stream, &sizes, Listener::feed), expected, "in pieces");
    assert_eq!(hear(role, limits, stream, &sizes, Listener::land), expected, "read in place");
    if stream.len() <= SHORT {
        assert_eq!(hear(role, limits, stream, &[1], Listener::feed), expected, "byte by byte");
    }
    retained::check(role, &limits, stream, &sizes);
    if limits == LIMITS[3] {
        pieces::check(role, stream, &sizes, &expected);
    }
}

/// The size of a piece: often of some bytes, now and then of many.
fn piece(byte: u8) -> usize {
    match byte {
        0..=199 => usize::from(byte % 50) + 1,
        _ => (usize::from(byte) - 199) * 1500,
    }
}

/// What an endpoint said, kept to compare.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    Message(OwnedMessage),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<CloseFrame<'static>>),
    Fault(Violation),
}

/// What must be true of anything that was heard.
fn check(all: &[Heard], limits: Limits) {
    for (index, heard) in all.iter().enumerate() {
        match heard {
            Heard::Message(message) => assert!(message.as_message().len() as u64 <= limits.message),
            Heard::Ping(payload) | Heard::Pong(payload) => assert!(payload.len() <= 125),
            Heard::Close(frame) => {
                assert!(frame.as_ref().is_none_or(|frame| frame.code.is_sendable()));
                assert_eq!(index + 1, all.len(), "nothing behind a Close");
            }
            Heard::Fault(violation) => {
                assert!(violation.close_code().is_sendable());
                assert_eq!(index + 1, all.len(), "nothing behind a fault");
            }
        }
    }
}

/// What is heard of `stream`, cut into pieces of these sizes again and again.
fn hear(
    role: Role,
    limits: Limits,
    stream: &[u8],
    sizes: &[usize],
    way: fn(&mut Listener, &[u8]),
) -> Vec<Heard> {
    let mut listener =
        Listener { role, limits, receiver: Receiver::default(), pool: Pool::new(1 << 16), heard: Vec::new() };
    let mut rest = stream;
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        way(&mut listener, piece);
        rest = behind;
    }
    listener.heard
}

struct Listener {
    role: Role,
    limits: Limits,
    receiver: Receiver,
    pool: Pool,
    heard: Vec<Heard>,
}

impl Listener {
    /// What one read brought, through the buffer of the loop.
    fn feed(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut input = Input::new(&mut bytes);
        while !self.is_over() {
            let result = self.receiver.receive(self.role, &mut input, &self.limits, &mut self.pool);
            if note(&mut self.heard, &mut self.pool, result) == Progress::None {
                assert!(input.is_empty(), "all was looked at");
                return;
            }
        }
    }

    /// What one read brought, straight into the message where there is room.
    fn land(&mut self, mut bytes: &[u8]) {
        while !self.is_over() && !bytes.is_empty() {
            let Some(room) = self.receiver.landing() else {
                return self.feed(bytes);
            };
            assert!(!room.is_empty(), "a landing has room");
            let (piece, behind) = bytes.split_at(room.len().min(bytes.len()));
            room[..piece.len()].copy_from_slice(piece);
            bytes = behind;
            let result = self.receiver.landed(piece.len());
            note(&mut self.heard, &mut self.pool, result);
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.heard.last(), Some(Heard::Close(_) | Heard::Fault(_)))
    }
}

#[derive(PartialEq)]
enum Progress {
    None,
    Some,
}

fn note(all: &mut Vec<Heard>, pool: &mut Pool, result: Result<Option<Event<'_>>, Violation>) -> Progress {
    all.push(match result {
        Ok(None) => return Progress::None,
        Ok(Some(Event::Message(message))) => Heard::Message(message.into_owned()),
        Ok(Some(Event::Assembled(assembled))) => {
            let message = assembled.message().expect("checked as it arrived").into_owned();
            pool.give(assembled.into_buffer());
            Heard::Message(message)
        }
        Ok(Some(Event::Ping(payload))) => Heard::Ping(payload.into_owned()),
        Ok(Some(Event::Pong(payload))) => Heard::Pong(payload.into_owned()),
        Ok(Some(Event::Close(frame))) => Heard::Close(frame.map(CloseFrame::into_owned)),
        Err(violation) => Heard::Fault(violation),
    });
    Progress::Some
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for choice in 0..8 {
        let mask = (choice & 1 == 0).then_some([0x37, 0xFA, 0x21, 0x3D]);
        for (stream, sizes) in
            streams(mask).into_iter().zip([[7; 7], [200; 7], [0, 9, 49, 3, 1, 201, 30]].iter().cycle())
        {
            seeds.push([&[choice], sizes.as_slice(), &stream].concat());
        }
    }
    seeds
}

/// Streams that an endpoint understands, each of something else.
fn streams(mask: Option<[u8; 4]>) -> Vec<Vec<u8>> {
    let stream = |frames: &[((OpCode, Fin), &[u8])]| {
        let mut bytes = Vec::new();
        for (first, payload) in frames {
            encode(&mut bytes, *first, payload, mask);
        }
        bytes
    };
    let text = |text| (OpCode::Text, Fin::Final, Message::Text(text));
    let one =
        |(opcode, fin, message): (OpCode, Fin, Message<'_>)| stream(&[((opcode, fin), message.as_bytes())]);
    let letters = "aé€😀".repeat(20);
    vec![
        one(text("hello")),
        one(text(&letters)),
        stream(&[((OpCode::Binary, Fin::Final), &[7; 300]), ((OpCode::Text, Fin::Final), b"")]),
        stream(&[((OpCode::Binary, Fin::Final), &vec![7; 100_000])]),
        stream(&[((OpCode::Text, Fin::Final), letters.repeat(100).as_bytes())]),
        stream(&[
            ((OpCode::Text, Fin::More), b"one \xE2"),
            ((OpCode::Ping, Fin::Final), b"between"),
            ((OpCode::Continuation, Fin::More), b""),
            ((OpCode::Continuation, Fin::Final), b"\x82\xAC"),
            ((OpCode::Pong, Fin::Final), &[1; 125]),
            ((OpCode::Binary, Fin::More), &[3; 130]),
            ((OpCode::Continuation, Fin::Final), &[4; 70]),
            ((OpCode::Close, Fin::Final), b"\x03\xE8bye"),
        ]),
        stream(&[((OpCode::Close, Fin::Final), b"")]),
        [0x82, 0x7F | if mask.is_some() { 0x80 } else { 0 }, 0, 0, 0, 0, 0x10, 0, 0, 0, 1, 2, 3, 4, 5]
            .to_vec(),
    ]
}
