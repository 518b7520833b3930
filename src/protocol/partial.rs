//! What is half received: it exists only for as long.

use super::assembly::{Assembly, Payload};
use super::header::{HEADER_LIMIT, Place};
use super::opcode::OpCode;
use super::pieces::{Delivery, Passing};

/// A frame, a message, or both, of which more is to come.
#[derive(Debug, Default)]
pub(super) struct Partial {
    pub(super) frame: Frame,
    /// How the messages are handed on. One that hands them on in pieces is always there.
    pub(super) delivery: Delivery,
    /// The message under way; this or the next is always there while `frame` is data.
    pub(super) message: Option<Assembly>,
    /// The same, where messages are handed on in pieces.
    pub(super) passing: Option<Passing>,
}

impl Partial {
    /// The data frame under way and the message it belongs to.
    pub(super) fn data(&mut self) -> Option<(&mut Payload, &mut Assembly)> {
        match (&mut self.frame, &mut self.message) {
            (Frame::Data(payload), Some(message)) => Some((payload, message)),
            _ => None,
        }
    }

    /// The same, where messages are handed on in pieces.
    pub(super) fn passing(&mut self) -> Option<(&mut Payload, &mut Passing)> {
        match (&mut self.frame, &mut self.passing) {
            (Frame::Data(payload), Some(passing)) => Some((payload, passing)),
            _ => None,
        }
    }

    /// Whether a message is under way.
    pub(super) fn is_inside(&self) -> bool {
        self.message.is_some() || self.passing.is_some()
    }

    /// Where the frame under way stands among messages.
    pub(super) fn place(&self) -> Place {
        if self.is_inside() { Place::InsideMessage } else { Place::BetweenMessages }
    }

    /// How many bytes of the message under way are here.
    pub(super) fn assembled(&self) -> usize {
        self.message.as_ref().map_or(0, Assembly::len)
    }
}

/// How much of the current frame is here.
#[derive(Debug, Default)]
pub(super) enum Frame {
    /// None of it.
    #[default]
    Boundary,
    /// The first bytes of its header.
    Header(SplitHeader),
    /// Its header, and the first bytes of its payload.
    Control(OpCode, Payload, Vec<u8>),
    /// Its header, and the first bytes of its payload, which went to the message.
    Data(Payload),
}

/// The first bytes of a header whose end is still to come.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct SplitHeader {
    bytes: [u8; HEADER_LIMIT],
    len: usize,
}

impl SplitHeader {
    /// Appends `bytes`, as far as a header can go.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        for (place, &byte) in self.bytes.iter_mut().skip(self.len).zip(bytes) {
            *place = byte;
            self.len += 1;
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
