//! What waits to be written to one peer: encoded frames, in order, owned or shared with other connections.
//!
//! An outbox in which nothing waits is a null pointer, unless a message is being sent in fragments: who finds the
//! pointer null knows that any frame may be sent. What it owned while it was in use goes to [`Spares`] and serves the
//! next connection that has to wait.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::rc::Rc;

use super::unfinished::Unfinished;

/// Frames are appended to one buffer until it has this size; then a new one begins.
const SEGMENT: usize = 64 * 1024;

/// The most pieces handed to one vectored write.
pub(crate) const PIECES: usize = 16;

/// A run of encoded frames.
#[derive(Debug)]
enum Segment {
    Own(Vec<u8>),
    Shared(Rc<[u8]>),
}

impl Segment {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// What a non-empty outbox holds.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    segments: VecDeque<Segment>,
    /// Bytes of the first segment that are written already.
    sent: usize,
    len: usize,
    /// When the peer last took something, in loop time.
    progress: u64,
    water: Water,
    flow: Flow,
    /// The message that is being sent in fragments.
    unfinished: Option<Box<Unfinished>>,
    /// Memory for the next segment.
    spare: Vec<u8>,
}

/// Whether the handler is owed an `on_drain`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Water {
    #[default]
    Low,
    /// The drain mark was exceeded, or a message was refused.
    High,
}

/// Whether the socket takes more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Flow {
    #[default]
    Free,
    /// It took all it would; readiness will be reported.
    Blocked,
}

/// What a write left behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    /// More than the drain mark, or never above it and not empty.
    Waiting,
    /// It has fallen to the drain mark, and its handler waits for that.
    Drained,
}

/// Encoded frames waiting for one peer.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Option<Box<Waiting>>);

impl Outbox {
    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.len)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nothing waits and no message is being sent in fragments.
    pub(crate) fn is_free(&self) -> bool {
        self.0.is_none()
    }

    /// When the peer last took something; `None` if nothing waits.
    pub(crate) fn progress(&self) -> Option<u64> {
        self.0.as_ref().filter(|waiting| waiting.len > 0).map(|waiting| waiting.progress)
    }

    /// The message that is being sent in fragments.
    pub(crate) fn unfinished(&self) -> Option<&Unfinished> {
        self.0.as_ref()?.unfinished.as_deref()
    }

    /// Lends that message out. It has to come back before anything else is done.
    pub(crate) fn take_unfinished(&mut self) -> Option<Box<Unfinished>> {
        self.0.as_mut()?.unfinished.take()
    }

    /// A message is being sent in fragments from now on, or comes back.
    pub(crate) fn set_unfinished(&mut self, message: Box<Unfinished>, now: u64, spares: &mut Spares) {
        self.0.get_or_insert_with(|| spares.take(now)).unfinished = Some(message);
    }

    /// Lets `encode` append frames of about `size` bytes.
    pub(crate) fn append(
        &mut self,
        size: usize,
        now: u64,
        spares: &mut Spares,
        encode: impl FnOnce(&mut Vec<u8>),
    ) {
        let waiting = self.waiting(now, spares);
        let tail = waiting.tail(size);
        let before = tail.len();
        encode(tail);
        waiting.len += tail.len() - before;
    }

    /// Appends frames that other connections wait for too.
    pub(crate) fn append_shared(&mut self, bytes: &Rc<[u8]>, now: u64, spares: &mut Spares) {
        let waiting = self.waiting(now, spares);
        waiting.segments.push_back(Segment::Shared(bytes.clone()));
        waiting.len += bytes.len();
    }

    /// What waits, for one that is about to.
    fn waiting(&mut self, now: u64, spares: &mut Spares) -> &mut Waiting {
        let waiting = self.0.get_or_insert_with(|| spares.take(now));
        if waiting.len == 0 {
            waiting.progress = now;
        }
        waiting
    }

    /// The front of the queue, for one vectored write.
    pub(crate) fn pieces<'a>(&'a self, pieces: &mut [IoSlice<'a>; PIECES]) -> usize {
        let Some(waiting) = &self.0 else { return 0 };
        let mut sent = waiting.sent;
        let mut count = 0;
        for (piece, segment) in pieces.iter_mut().zip(&waiting.segments) {
            *piece = IoSlice::new(segment.bytes().get(sent..).unwrap_or_default());
            sent = 0;
            count += 1;
        }
        count
    }

    /// Drops what was written, and the memory with it once nothing waits.
    pub(crate) fn advance(
        &mut self,
        written: usize,
        now: u64,
        drain_mark: usize,
        spares: &mut Spares,
    ) -> Level {
        let Some(waiting) = &mut self.0 else {
            return Level::Waiting;
        };
        waiting.advance(written, now);
        let level = waiting.level(drain_mark);
        if waiting.len == 0 && waiting.unfinished.is_some() {
            waiting.flow = Flow::Free;
        } else if waiting.len == 0 {
            self.clear(spares);
        }
        level
    }

    /// Notes that the socket took all it would: from here on the handler may be owed an `on_drain`.
    pub(crate) fn blocked(&mut self, drain_mark: usize) {
        if let Some(waiting) = &mut self.0 {
            waiting.flow = Flow::Blocked;
            if waiting.len > drain_mark {
                waiting.water = Water::High;
            }
        }
    }

    /// A message was refused: its sender waits for an `on_drain`.
    pub(crate) fn owe_drain(&mut self) {
        if let Some(waiting) = &mut self.0 {
            waiting.water = Water::High;
        }
    }

    pub(crate) fn is_blocked(&self) -> bool {
        self.0.as_ref().is_some_and(|waiting| waiting.flow == Flow::Blocked)
    }

    /// The socket says that it takes more.
    pub(crate) fn unblock(&mut self) {
        if let Some(waiting) = &mut self.0 {
            waiting.flow = Flow::Free;
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self, spares: &mut Spares) {
        if let Some(waiting) = self.0.take() {
            spares.give(waiting);
        }
    }
}

impl Waiting {
    fn tail(&mut self, size: usize) -> &mut Vec<u8> {
        let fits = matches!(self.segments.back(), Some(Segment::Own(tail)) if tail.len() + size <= SEGMENT);
        if !fits {
            let mut fresh = std::mem::take(&mut self.spare);
            fresh.reserve(size);
            self.segments.push_back(Segment::Own(fresh));
        }
        match self.segments.back_mut() {
            Some(Segment::Own(tail)) => tail,
            // Not reached: the last segment was just seen or made to be an owned one.
            _ => &mut self.spare,
        }
    }

    fn advance(&mut self, written: usize, now: u64) {
        self.len = self.len.saturating_sub(written);
        if written > 0 {
            self.progress = now;
        }
        self.sent += written;
        while let Some(first) = self.segments.front().map(|segment| segment.bytes().len()) {
            if self.sent < first {
                break;
            }
            self.sent -= first;
            if let Some(Segment::Own(bytes)) = self.segments.pop_front() {
                self.keep(bytes);
            }
        }
    }

    fn level(&mut self, drain_mark: usize) -> Level {
        // A message under way always waits for room, even if it was not refused any.
        let awaited = self.water == Water::High || self.unfinished.is_some();
        if awaited && self.len <= drain_mark {
            self.water = Water::Low;
            return Level::Drained;
        }
        Level::Waiting
    }

    fn keep(&mut self, mut bytes: Vec<u8>) {
        if bytes.capacity() <= SEGMENT && bytes.capacity() > self.spare.capacity() {
            bytes.clear();
            self.spare = bytes;
        }
    }

    fn empty(&mut self) {
        while let Some(segment) = self.segments.pop_front() {
            if let Segment::Own(bytes) = segment {
                self.keep(bytes);
            }
        }
        self.segments.shrink_to(PIECES);
        self.sent = 0;
        self.len = 0;
        self.water = Water::Low;
        self.flow = Flow::Free;
        self.unfinished = None;
    }
}

/// Outboxes at rest: bounded in bytes, so that a storm leaves no memory behind.
#[derive(Debug)]
#[allow(clippy::vec_box, reason = "they rest in the boxes in which they work")]
pub(crate) struct Spares {
    free: Vec<Box<Waiting>>,
    held: usize,
    limit: usize,
}

impl Spares {
    pub(crate) fn new(limit: usize) -> Self {
        Self { free: Vec::new(), held: 0, limit }
    }

    #[allow(clippy::unnecessary_box_returns, reason = "it goes from box to box")]
    fn take(&mut self, now: u64) -> Box<Waiting> {
        let mut waiting = self.free.pop().unwrap_or_default();
        self.held -= if waiting.spare.capacity() > 0 { waiting.weight() } else { 0 };
        waiting.progress = now;
        waiting
    }

    fn give(&mut self, mut waiting: Box<Waiting>) {
        waiting.empty();
        let weight = waiting.weight();
        if waiting.spare.capacity() > 0 && self.held + weight <= self.limit {
            self.held += weight;
            self.free.push(waiting);
        }
    }
}

impl Waiting {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.spare.capacity() + self.segments.capacity() * size_of::<Segment>()
    }
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;
    use std::rc::Rc;

    use super::{Level, Outbox, PIECES, Spares, Unfinished};
    use crate::protocol::Kind;

    fn front(outbox: &Outbox) -> Vec<u8> {
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let count = outbox.pieces(&mut pieces);
        pieces[..count].iter().flat_map(|piece| piece.to_vec()).collect()
    }

    #[test]
    fn bytes_leave_in_the_order_in_which_they_came_however_they_are_cut() {
        for step in 1..12 {
            let mut spares = Spares::new(1 << 20);
            let mut outbox = Outbox::default();
            outbox.append(3, 0, &mut spares, |out| out.extend_from_slice(b"abc"));
            outbox.append_shared(&Rc::from(&b"defg"[..]), 0, &mut spares);
            outbox.append(2, 0, &mut spares, |out| out.extend_from_slice(b"hi"));
            assert_eq!(outbox.len(), 9);
            let mut seen = Vec::new();
            while !outbox.is_empty() {
                let bytes = front(&outbox);
                let taken = step.min(bytes.len());
                seen.extend_from_slice(&bytes[..taken]);
                outbox.advance(taken, 0, 0, &mut spares);
            }
            assert_eq!(seen, b"abcdefghi");
        }
    }

    #[test]
    fn a_drain_is_reported_once_and_only_after_the_mark_was_exceeded() {
        let mut spares = Spares::new(1 << 20);
        let mut outbox = Outbox::default();
        outbox.append(10, 0, &mut spares, |out| out.extend_from_slice(&[0; 10]));
        outbox.blocked(4);
        assert_eq!(outbox.advance(5, 1, 4, &mut spares), Level::Waiting);
        assert_eq!(outbox.advance(1, 2, 4, &mut spares), Level::Drained);
        assert_eq!(outbox.progress(), Some(2));
        assert_eq!(outbox.advance(4, 3, 4, &mut spares), Level::Waiting);
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_message_under_way_keeps_an_outbox_that_is_empty_and_waits_for_nobody() {
        let mut spares = Spares::new(1 << 20);
        let mut outbox = Outbox::default();
        outbox.set_unfinished(Box::new(Unfinished::new(Kind::Text, 10)), 1, &mut spares);
        assert_eq!((outbox.is_empty(), outbox.is_free(), outbox.progress()), (true, false, None));
        outbox.append(2, 5, &mut spares, |out| out.extend_from_slice(b"ab"));
        assert_eq!((outbox.is_empty(), outbox.progress()), (false, Some(5)));
        assert_eq!(outbox.advance(2, 6, 0, &mut spares), Level::Drained);
        assert!(outbox.is_empty() && !outbox.is_free());
        outbox.append(2, 90, &mut spares, |out| out.extend_from_slice(b"cd"));
        assert_eq!(outbox.progress(), Some(90), "what waits now has waited since now");
        assert!(outbox.take_unfinished().is_some());
        assert_eq!(outbox.advance(2, 91, 0, &mut spares), Level::Waiting);
        assert!(outbox.is_free());
    }

    #[test]
    fn memory_is_used_again_and_bounded() {
        let mut spares = Spares::new(10_000);
        for _ in 0..100 {
            let mut outboxes: Vec<Outbox> = (0..10).map(|_| Outbox::default()).collect();
            for outbox in &mut outboxes {
                outbox.append(4_000, 0, &mut spares, |out| out.extend_from_slice(&[7; 4_000]));
            }
            for outbox in &mut outboxes {
                outbox.clear(&mut spares);
            }
            assert!(spares.held <= 10_000 && spares.free.len() <= 2);
        }
    }
}
