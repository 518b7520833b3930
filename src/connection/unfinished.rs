//! A message that is being sent in fragments: what was given of it and has not become a frame yet.

use std::mem;

use crate::protocol::header::HEADER_LIMIT;
use crate::protocol::utf8::Validator;
use crate::protocol::{Kind, OpCode, Violation};

/// A message of which more is to come. Until then only control frames may come between its frames (RFC 6455,
/// section 5.4).
#[derive(Debug)]
pub(crate) struct Unfinished {
    text: Option<Validator>,
    /// Of the next frame.
    opcode: OpCode,
    /// The longest payload of a frame.
    max_frame: usize,
    /// The payload of the next frame. It is kept back even when it is full, since it may be the last.
    pending: Vec<u8>,
}

impl Unfinished {
    pub(crate) fn new(kind: Kind, max_frame: usize) -> Self {
        let (text, opcode) = match kind {
            Kind::Text => (Some(Validator::default()), OpCode::Text),
            Kind::Binary => (None, OpCode::Binary),
        };
        Self { text, opcode, max_frame: max_frame.max(1), pending: Vec::new() }
    }

    /// What waits to become a frame.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// The opcode of the frame that is made now.
    pub(crate) fn next_opcode(&mut self) -> OpCode {
        mem::replace(&mut self.opcode, OpCode::Continuation)
    }

    /// Forgets what has become a frame.
    pub(crate) fn sent(&mut self) {
        self.pending.clear();
    }

    pub(crate) fn is_full(&self) -> bool {
        self.pending.len() >= self.max_frame
    }

    /// How many more bytes can be given without its frames exceeding `free` bytes.
    pub(crate) fn room(&self, free: usize) -> usize {
        let whole = self.max_frame + HEADER_LIMIT;
        let payload = free / whole * self.max_frame + (free % whole).saturating_sub(HEADER_LIMIT);
        payload.saturating_sub(self.pending.len())
    }

    /// The same where nothing else waits: one frame at least.
    pub(crate) fn room_alone(&self, free: usize) -> usize {
        self.room(free).max(self.max_frame.saturating_sub(self.pending.len()))
    }

    /// How many of `bytes` go into the next frame.
    pub(crate) fn fitting(&self, bytes: &[u8]) -> usize {
        bytes.len().min(self.max_frame.saturating_sub(self.pending.len()))
    }

    /// Whether `part`, of which more follows, is a frame as it is.
    pub(crate) fn is_whole_frame(&self, part: &[u8]) -> bool {
        self.pending.is_empty() && part.len() == self.max_frame
    }

    /// Judges the next part. One that cannot belong to the text changes nothing.
    pub(crate) fn check(&mut self, part: &[u8]) -> Result<(), Violation> {
        if let Some(text) = &mut self.text {
            let mut next = text.clone();
            next.push(part)?;
            *text = next;
        }
        Ok(())
    }

    /// Whether the message may end here.
    pub(crate) fn check_end(&self) -> Result<(), Violation> {
        self.text.as_ref().map_or(Ok(()), Validator::finish)
    }

    /// Keeps a part for the next frame.
    pub(crate) fn gather(&mut self, part: &[u8]) {
        self.pending.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::Unfinished;
    use crate::protocol::{Kind, OpCode, Violation};

    #[test]
    fn the_first_frame_names_the_kind_and_the_others_continue_it_section_5_4() {
        let mut message = Unfinished::new(Kind::Text, 10);
        assert_eq!(message.next_opcode(), OpCode::Text);
        assert_eq!(message.next_opcode(), OpCode::Continuation);
        assert_eq!(message.next_opcode(), OpCode::Continuation);
    }

    #[test]
    fn text_that_was_refused_leaves_no_trace() {
        let mut message = Unfinished::new(Kind::Text, 10);
        assert_eq!(message.check(b"\xE2\x82"), Ok(()));
        assert_eq!(message.check_end(), Err(Violation::InvalidUtf8));
        assert_eq!(message.check(b"a"), Err(Violation::InvalidUtf8));
        assert_eq!(message.check(b"\xAC"), Ok(()));
        assert_eq!(message.check_end(), Ok(()));
    }

    #[test]
    fn room_counts_the_headers_of_the_frames_to_come() {
        let message = |pending: &[u8]| {
            let mut message = Unfinished::new(Kind::Binary, 100);
            message.gather(pending);
            message
        };
        assert_eq!([0, 14, 15, 114, 115, 129].map(|free| message(b"").room(free)), [0, 0, 1, 100, 100, 101]);
        assert_eq!([0, 15, 115, 129].map(|free| message(b"ab").room(free)), [0, 0, 98, 99]);
        assert_eq!([0, 114, 129].map(|free| message(b"ab").room_alone(free)), [98, 98, 99]);
    }

    #[test]
    fn a_frame_takes_what_fits_and_never_nothing_at_all() {
        let mut message = Unfinished::new(Kind::Binary, 4);
        assert_eq!((message.fitting(b"abc"), message.fitting(b"abcdef")), (3, 4));
        message.gather(b"abc");
        assert_eq!((message.fitting(b"def"), message.is_full()), (1, false));
        message.gather(b"d");
        assert!(message.is_full());
        assert_eq!(Unfinished::new(Kind::Binary, 0).fitting(b"abc"), 1);
    }
}
