//! A cursor over bytes that were just read, which may be unmasked where they lie.

use std::mem;

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
        Self {
            rest: bytes,
            empty_fragments: 0,
        }
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
