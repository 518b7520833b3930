//! What is sent in a simulation: slices of two long texts, so that a message is told by where it begins.

use std::sync::OnceLock;

use super::chance::Chance;
use crate::protocol::{Message, OpCode};

/// The longest message.
pub(super) const LONGEST: usize = 200 * 1024;

/// Where messages may begin.
const STARTS: usize = 256 * 1024;

/// A message, described.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parcel {
    opcode: OpCode,
    start: usize,
    len: usize,
}

/// Numbered words with characters of every length, or bytes without any order.
struct Texts {
    text: String,
    bytes: Vec<u8>,
}

fn texts() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let mut chance = Chance::new(0);
        Texts {
            text: (0..(STARTS + LONGEST) / 10).fold(String::new(), |text, n| text + &format!("{n}é€😀 ")),
            bytes: (0..(STARTS + LONGEST) / 64)
                .flat_map(|_| chance.bytes::<64>())
                .collect(),
        }
    })
}

impl Parcel {
    /// A random message: mostly short, now and then empty, rarely very long.
    pub(super) fn random(chance: &mut Chance) -> Self {
        let longest = match chance.below(200) {
            0 => LONGEST,
            1..=3 => 20_000,
            4..=30 => 2_000,
            31..=40 => 0,
            _ => 100,
        };
        let len = chance.between(0, longest);
        if chance.one_in(2) {
            Self::text(chance.below(STARTS), len)
        } else {
            Self::binary(chance.below(STARTS), len)
        }
    }

    pub(super) fn binary(start: usize, len: usize) -> Self {
        Self {
            opcode: OpCode::Binary,
            start,
            len,
        }
    }

    /// A text of about `len` bytes from about `start`: it begins and ends between characters.
    pub(super) fn text(start: usize, len: usize) -> Self {
        let text = &texts().text;
        let boundary = |at: usize| {
            (at..text.len())
                .find(|&at| text.is_char_boundary(at))
                .unwrap_or(at)
        };
        let (start, end) = (boundary(start), boundary(start + len));
        Self {
            opcode: OpCode::Text,
            start,
            len: end - start,
        }
    }

    pub(super) fn opcode(self) -> OpCode {
        self.opcode
    }

    pub(super) fn bytes(self) -> &'static [u8] {
        let from = match self.opcode {
            OpCode::Text => texts().text.as_bytes(),
            _ => &texts().bytes,
        };
        &from[self.start..self.start + self.len]
    }

    pub(super) fn message(self) -> Message<'static> {
        match self.opcode {
            OpCode::Text => Message::Text(&texts().text[self.start..self.start + self.len]),
            _ => Message::Binary(self.bytes()),
        }
    }
}
