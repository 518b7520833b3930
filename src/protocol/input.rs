//! A cursor over bytes that were just read, which may be unmasked where they lie.

use std::mem;

use super::assembly::Kind;
use super::event::ShortLimit;
use super::header::{FIN, MASKED};

/// The first byte of a message in one frame.
const FINAL_TEXT: u8 = FIN | 1;
const FINAL_BINARY: u8 = FIN | 2;

/// A masked header with a length of seven bits.
const SHORT_HEADER: usize = 6;

/// What is left of the bytes one read brought.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    rest: &'a mut [u8],
    /// Fragments without a byte of payload that were taken and not yet counted.
    empty_fragments: u32,
}

impl<'a> Input<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        Self { rest: bytes, empty_fragments: 0 }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many empty fragments were taken since this was asked last. They lead to no event of their own.
    pub(crate) fn take_empty_fragments(&mut self) -> u32 {
        mem::take(&mut self.empty_fragments)
    }

    pub(super) fn note_empty_fragment(&mut self) {
        self.empty_fragments = self.empty_fragments.saturating_add(1);
    }

    /// What is left, without taking it.
    #[inline]
    pub(super) fn peek(&self) -> &[u8] {
        self.rest
    }

    /// Lends out what is left, for as long as short messages follow each other.
    #[inline]
    pub(super) fn lend(&mut self) -> ShortFrames<'a> {
        ShortFrames { rest: mem::take(&mut self.rest) }
    }

    /// Takes back what was lent.
    #[inline]
    pub(super) fn take_back(&mut self, frames: ShortFrames<'a>) {
        let ShortFrames { rest } = frames;
        self.rest = rest;
    }

    /// Takes the next `count` bytes, or all that are left when they are fewer.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> &'a mut [u8] {
        let count = count.min(self.rest.len());
        let (taken, rest) = mem::take(&mut self.rest).split_at_mut(count);
        self.rest = rest;
        taken
    }

    /// Takes `length` bytes that lie behind the next `skip`, with them; nothing unless all are here.
    #[inline]
    pub(super) fn take_behind(&mut self, skip: usize, length: u64) -> Option<&'a mut [u8]> {
        let here = self.rest.len().checked_sub(skip)?;
        let length = usize::try_from(length).ok().filter(|&length| length <= here)?;
        self.take(skip);
        Some(self.take(length))
    }
}

/// Frames that are whole messages, masked and short: what most messages are to a server. They are taken from
/// here, where the cursor stays in registers.
#[derive(Debug)]
pub(super) struct ShortFrames<'a> {
    rest: &'a mut [u8],
}

impl<'a> ShortFrames<'a> {
    /// Takes the next frame if it is of this kind and has at most `most` bytes; gives its kind, its mask and its
    /// payload, still masked. All that a frame must be is looked at: each byte has one value that is right.
    #[inline]
    pub(super) fn take(&mut self, most: ShortLimit) -> Option<(Kind, [u8; 4], &'a mut [u8])> {
        let &[first, second, a, b, c, d, ..] = &*self.rest else {
            return None;
        };
        let kind = match first {
            FINAL_TEXT => Kind::Text,
            FINAL_BINARY => Kind::Binary,
            _ => return None,
        };
        // A frame that is not masked seems too long here.
        let length = usize::from(second ^ MASKED);
        if length > most.0 || self.rest.len() < SHORT_HEADER + length {
            return None;
        }
        let (frame, rest) = mem::take(&mut self.rest).split_at_mut(SHORT_HEADER + length);
        self.rest = rest;
        Some((kind, [a, b, c, d], frame.get_mut(SHORT_HEADER..)?))
    }
}
