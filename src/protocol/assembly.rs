//! Messages whose bytes did not arrive together: put together here, in memory that grows with what
//! arrived and never with what was announced.

use super::mask;
use super::message::Message;
use super::opcode::{Fin, OpCode};
use super::utf8::Validator;
use super::violation::Violation;
use crate::buffer::{Buffer, Pool};

/// Less than this still to come is not worth a read of its own.
const LANDING_REST: u64 = 16 * 1024;

/// Less than this already here, and a buffer does not grow only to be read into.
const LANDING_START: usize = 64 * 1024;

/// The two kinds of message (RFC 6455, section 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Arbitrary bytes.
    Binary,
}

impl Kind {
    /// The kind of message a frame of this opcode begins, if it begins one.
    #[inline]
    pub(super) fn begun_by(opcode: OpCode) -> Option<Self> {
        match opcode {
            OpCode::Text => Some(Self::Text),
            OpCode::Binary => Some(Self::Binary),
            _ => None,
        }
    }

    /// The payload as a message of this kind.
    #[inline]
    pub(super) fn message(self, payload: &[u8]) -> Result<Message<'_>, Violation> {
        match self {
            Self::Text => match simdutf8::basic::from_utf8(payload) {
                Ok(text) => Ok(Message::Text(text)),
                Err(_) => Err(Violation::InvalidUtf8),
            },
            Self::Binary => Ok(Message::Binary(payload)),
        }
    }
}

/// The payload of a frame that is still arriving.
#[derive(Debug)]
pub(super) struct Payload {
    pub(super) fin: Fin,
    mask: Option<[u8; 4]>,
    /// How much of it was seen, as far as the mask cares.
    phase: usize,
    remaining: u64,
}

impl Payload {
    pub(super) fn new(fin: Fin, mask: Option<[u8; 4]>, length: u64) -> Self {
        Self { fin, mask, phase: 0, remaining: length }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.remaining == 0
    }

    /// What is still to come, as far as this machine can address it.
    pub(super) fn remaining(&self) -> usize {
        usize::try_from(self.remaining).unwrap_or(usize::MAX)
    }

    /// Unmasks the next `bytes` of it.
    pub(super) fn advance(&mut self, bytes: &mut [u8]) {
        if let Some(key) = self.mask {
            mask::apply(bytes, key, self.phase);
        }
        self.phase = (self.phase + bytes.len()) % 4;
        self.remaining = self.remaining.saturating_sub(bytes.len() as u64);
    }
}

/// What kind of message is under way, and what is known of it.
#[derive(Debug)]
enum Content {
    Text(Validator),
    Binary,
}

impl Content {
    /// Looks at the next piece, unmasked.
    fn push(&mut self, piece: &[u8]) -> Result<(), Violation> {
        match self {
            Self::Text(text) => text.push(piece),
            Self::Binary => Ok(()),
        }
    }

    /// Whether the message may end here.
    fn finish(&self) -> Result<(), Violation> {
        match self {
            Self::Text(text) => text.finish(),
            Self::Binary => Ok(()),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Binary => Kind::Binary,
        }
    }
}

/// A message under way.
#[derive(Debug)]
pub(super) struct Assembly {
    content: Content,
    buffer: Buffer,
}

impl Assembly {
    pub(super) fn new(kind: Kind) -> Self {
        let content = match kind {
            Kind::Text => Content::Text(Validator::default()),
            Kind::Binary => Content::Binary,
        };
        Self { content, buffer: Buffer::default() }
    }

    /// How many bytes of it are here.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Takes a resting buffer of the pool for a frame of `announced` bytes, unless there is one already.
    pub(super) fn borrow(&mut self, announced: u64, pool: &mut Pool) {
        if announced > 0 && self.buffer.capacity() == 0 {
            self.buffer = pool.take(usize::try_from(announced).unwrap_or(usize::MAX));
        }
    }

    /// Appends the next piece of `payload`, still masked.
    pub(super) fn append(&mut self, payload: &mut Payload, piece: &mut [u8]) -> Result<(), Violation> {
        let expected = payload.remaining();
        payload.advance(piece);
        self.content.push(piece)?;
        if self.buffer.room() < piece.len() {
            let growth = growth(self.buffer.len(), payload.fin, expected);
            self.buffer.spare(growth.max(piece.len()));
        }
        self.buffer.extend(piece);
        Ok(())
    }

    /// Room for what comes next of `payload`, when there is enough to come to read it in place.
    pub(super) fn landing(&mut self, payload: &Payload) -> Option<&mut [u8]> {
        if payload.remaining < LANDING_REST {
            return None;
        }
        let least = LANDING_REST.try_into().unwrap_or(usize::MAX);
        if self.buffer.room() < least {
            if self.buffer.len() < LANDING_START {
                return None;
            }
            self.buffer.spare(self.buffer.len().min(payload.remaining()));
        }
        let room = self.buffer.room().min(payload.remaining());
        self.buffer.spare(0).get_mut(..room)
    }

    /// Takes in the `count` bytes of `payload` that were read into the landing.
    pub(super) fn landed(&mut self, payload: &mut Payload, count: usize) -> Result<(), Violation> {
        debug_assert!(count <= payload.remaining());
        let start = self.buffer.len();
        self.buffer.fill(count.min(payload.remaining()));
        let piece = &mut self.buffer.as_mut_slice()[start..];
        payload.advance(piece);
        self.content.push(piece)
    }

    /// Whether the message may end here.
    pub(super) fn check_end(&self) -> Result<(), Violation> {
        self.content.finish()
    }

    pub(super) fn into_assembled(self) -> Assembled {
        Assembled { kind: self.content.kind(), buffer: self.buffer }
    }

    pub(super) fn into_buffer(self) -> Buffer {
        self.buffer
    }
}

/// By how much a buffer that holds `len` bytes grows: it doubles at most, so that memory follows what
/// arrived, and stops at what is `expected` when the message ends there.
fn growth(len: usize, fin: Fin, expected: usize) -> usize {
    match fin {
        Fin::Final => len.min(expected),
        Fin::More => len,
    }
}

/// A whole message that had to be put together, in its own buffer.
#[derive(Debug)]
pub(crate) struct Assembled {
    kind: Kind,
    buffer: Buffer,
}

impl Assembled {
    /// The message. Text was validated as it arrived, so an error is not to be expected.
    pub(crate) fn message(&self) -> Result<Message<'_>, Violation> {
        self.kind.message(self.buffer.as_slice())
    }

    /// The buffer, to give back to the pool.
    pub(crate) fn into_buffer(self) -> Buffer {
        self.buffer
    }
}
