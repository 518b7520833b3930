//! A client without a will of its own: it does what a test does in its place, and writes down what it sees.

use std::cell::RefCell;
use std::rc::Rc;

use super::line::End;
use super::network::{Client, Deeds};
use super::request::{self, Answer};
use crate::buffer::Pool;
use crate::protocol::handshake::key::Key;
use crate::protocol::transmit::encode;
use crate::protocol::{Event, Fin, Input, Limits, Message, OpCode, Receiver, Role};

/// What a client saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Seen {
    /// The head of an answer that opened nothing: its first line.
    Refused(String),
    Opened,
    Text(String),
    Binary(usize),
    Ping,
    Pong(Vec<u8>),
    Close(u16),
    Ended(End),
}

/// What a client saw, and when, in microseconds.
#[derive(Default, Debug)]
pub(super) struct Diary {
    pub(super) seen: Vec<(u64, Seen)>,
    bytes: Vec<u8>,
    state: Reading,
}

#[derive(Default, Debug)]
enum Reading {
    #[default]
    Head,
    Frames(Receiver),
}

/// A client that does what the test does in its place.
pub(super) struct Puppet(pub(super) Rc<RefCell<Diary>>);

const KEY: [u8; 16] = *b"0123456789abcdef";

impl Diary {
    fn read(&mut self, now: u64) {
        if let Reading::Head = self.state {
            let key = Key::from_nonce(KEY);
            match request::read_answer(&self.bytes, "/", &key) {
                Answer::Incomplete => return,
                Answer::Opened(length) => {
                    self.bytes.drain(..length);
                    self.seen.push((now, Seen::Opened));
                    self.state = Reading::Frames(Receiver::default());
                }
                Answer::Refused | Answer::Wrong => {
                    let text = String::from_utf8_lossy(&self.bytes);
                    let line = text.lines().next().unwrap_or_default().to_owned();
                    self.bytes.clear();
                    return self.seen.push((now, Seen::Refused(line)));
                }
            }
        }
        let Reading::Frames(receiver) = &mut self.state else {
            return;
        };
        let limits = Limits {
            frame: u64::MAX >> 1,
            message: u64::MAX >> 1,
        };
        let mut input = Input::new(&mut self.bytes);
        let mut pool = Pool::new(0);
        while let Some(event) = receiver
            .receive(Role::Client, &mut input, &limits, &mut pool)
            .expect("proper frames")
        {
            self.seen.push((now, seen(&event)));
        }
        self.bytes.clear();
    }
}

fn seen(event: &Event<'_>) -> Seen {
    let message = match event {
        Event::Message(message) => *message,
        Event::Assembled(assembled) => assembled.message().expect("a proper message"),
        Event::Ping(_) => return Seen::Ping,
        Event::Pong(payload) => return Seen::Pong(payload.to_vec()),
        Event::Close(frame) => return Seen::Close(frame.as_ref().map_or(1005, |frame| frame.code.into())),
    };
    match message {
        Message::Text(text) => Seen::Text(text.to_owned()),
        Message::Binary(bytes) => Seen::Binary(bytes.len()),
    }
}

impl Client for Puppet {
    fn tick(&mut self, _: &mut Deeds) {}

    fn received(&mut self, deeds: &mut Deeds, bytes: &[u8]) {
        let mut diary = self.0.borrow_mut();
        diary.bytes.extend_from_slice(bytes);
        diary.read(deeds.now);
    }

    fn ended(&mut self, deeds: &mut Deeds, how: End) {
        self.0.borrow_mut().seen.push((deeds.now, Seen::Ended(how)));
    }
}

/// A proper request.
pub(super) fn head() -> Vec<u8> {
    let mut head = Vec::new();
    request::write(&mut head, "/", &Key::from_nonce(KEY));
    head
}

/// A frame of a client.
pub(super) fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut out, (opcode, Fin::Final), payload, Some([1, 2, 3, 4]));
    out
}

pub(super) fn text(text: &str) -> Vec<u8> {
    frame(OpCode::Text, text.as_bytes())
}

/// A Close with code 1000.
pub(super) fn close() -> Vec<u8> {
    frame(OpCode::Close, &[0x03, 0xE8])
}
