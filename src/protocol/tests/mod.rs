//! Tests of the rooms of the protocol together: bytes in, what was heard out, however the bytes are cut.

mod cuts;
mod first_bytes;
mod foreign;
mod memory;
mod pieces;
mod round_trip;
mod rules;

use super::close::CloseFrame;
use super::message::{Message, OwnedMessage};
use super::opcode::{Fin, OpCode};
use super::receive::{Event, Input, Limits, Receiver};
use super::role::Role;
use super::transmit::encode;
use super::violation::Violation;
use crate::buffer::Pool;

const ROOMY: Limits = Limits { frame: 1 << 30, message: 1 << 30 };

/// What a receiver said, kept to compare; how it held the bytes makes no difference.
#[derive(Debug, Clone, PartialEq)]
enum Heard {
    Message(OwnedMessage),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<CloseFrame<'static>>),
    Fault(Violation),
}

/// How the bytes reach the receiver.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Path {
    /// All through the loop's read buffer.
    Input,
    /// Straight into the message whenever the receiver offers room.
    Landing,
}

/// A receiver with what it needs, and all it has said.
struct Listener {
    role: Role,
    receiver: Receiver,
    pool: Pool,
    limits: Limits,
    heard: Vec<Heard>,
}

impl Listener {
    fn new(role: Role) -> Self {
        Self::with_limits(role, ROOMY)
    }

    fn with_limits(role: Role, limits: Limits) -> Self {
        Self { role, receiver: Receiver::default(), pool: Pool::new(1 << 20), limits, heard: Vec::new() }
    }

    /// Feeds what one read brought; nothing after a close or a fault.
    fn feed(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut input = Input::new(&mut bytes);
        while !self.is_over() {
            let event = self.receiver.receive(self.role, &mut input, &self.limits, &mut self.pool);
            match event {
                Ok(Some(event)) => hear(&mut self.heard, &mut self.pool, event),
                Ok(None) => {
                    assert!(input.is_empty());
                    return;
                }
                Err(violation) => self.heard.push(Heard::Fault(violation)),
            }
        }
    }

    /// Like [`feed`](Self::feed), but into the landing while there is one.
    fn land(&mut self, mut bytes: &[u8]) {
        while !self.is_over() {
            let Some(room) = self.receiver.landing() else {
                return self.feed(bytes);
            };
            assert!(!room.is_empty());
            let count = room.len().min(bytes.len());
            room[..count].copy_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
            match self.receiver.landed(count) {
                Ok(Some(event)) => hear(&mut self.heard, &mut self.pool, event),
                Ok(None) if bytes.is_empty() => return,
                Ok(None) => {}
                Err(violation) => self.heard.push(Heard::Fault(violation)),
            }
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.heard.last(), Some(Heard::Close(_) | Heard::Fault(_)))
    }
}

fn hear(heard: &mut Vec<Heard>, pool: &mut Pool, event: Event<'_>) {
    heard.push(match event {
        Event::Message(message) => Heard::Message(message.into_owned()),
        Event::Assembled(assembled) => {
            let message = assembled.message().expect("validated as it arrived").into_owned();
            pool.give(assembled.into_buffer());
            Heard::Message(message)
        }
        Event::Ping(payload) => Heard::Ping(payload.into_owned()),
        Event::Pong(payload) => Heard::Pong(payload.into_owned()),
        Event::Close(frame) => Heard::Close(frame.map(CloseFrame::into_owned)),
    });
}

/// What a server hears of `bytes` that arrive in one piece.
fn heard_by_server(bytes: &[u8]) -> Vec<Heard> {
    let mut listener = Listener::new(Role::Server);
    listener.feed(bytes);
    listener.heard
}

/// What an endpoint hears of `bytes` when they are cut into pieces of these sizes, again and again.
fn heard_in_pieces(role: Role, path: Path, bytes: &[u8], sizes: &[usize]) -> Vec<Heard> {
    let mut listener = Listener::new(role);
    let mut rest = bytes;
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        match path {
            Path::Input => listener.feed(piece),
            Path::Landing => listener.land(piece),
        }
        rest = behind;
    }
    listener.heard
}

/// The mask an endpoint receives frames with.
fn mask_towards(role: Role) -> Option<[u8; 4]> {
    match role {
        Role::Client => None,
        Role::Server => Some([0x37, 0xFA, 0x21, 0x3D]),
    }
}

/// A stream of frames towards an endpoint.
struct Stream {
    role: Role,
    bytes: Vec<u8>,
}

impl Stream {
    fn towards(role: Role) -> Self {
        Self { role, bytes: Vec::new() }
    }

    fn frame(mut self, opcode: OpCode, fin: Fin, payload: &[u8]) -> Self {
        encode(&mut self.bytes, (opcode, fin), payload, mask_towards(self.role));
        self
    }

    fn message(self, message: Message<'_>) -> Self {
        self.frame(message.opcode(), Fin::Final, message.as_bytes())
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }
}

fn binary(bytes: &[u8]) -> Heard {
    Heard::Message(bytes.into())
}

fn text(text: &str) -> Heard {
    Heard::Message(text.into())
}

/// Bytes that differ from their neighbours, so that a shift or a swap shows.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 + index / 251).to_le_bytes()[0]).collect()
}
