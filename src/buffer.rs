//! Byte windows that grow with what arrives, and the pool they come from and go back to.
//!
//! A [`Buffer`] remembers which of its bytes are initialised, so a socket can read straight into it
//! without clearing the same memory again for every message.

/// A growable window of bytes: taken from the front, filled at the back.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// All of it is initialised; `start..end` is the content.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// What its pool counts as lent through this buffer.
    lent: usize,
}

impl Buffer {
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Bytes of memory held, used or not.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// Appends a copy of `bytes`.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.spare(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Room behind the content: at least `least` bytes, more when the buffer already owns more.
    pub(crate) fn spare(&mut self, least: usize) -> &mut [u8] {
        if self.bytes.len() - self.end < least {
            self.make_room(least);
        }
        &mut self.bytes[self.end..]
    }

    /// Room behind the content that is there without growing.
    pub(crate) fn room(&self) -> usize {
        self.bytes.len() - self.end
    }

    /// Declares `count` bytes of [`spare`](Self::spare) filled.
    pub(crate) fn fill(&mut self, count: usize) {
        debug_assert!(count <= self.bytes.len() - self.end);
        self.end = (self.end + count).min(self.bytes.len());
    }

    /// Drops `count` bytes from the front.
    pub(crate) fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.len());
        self.start = (self.start + count).min(self.end);
        if self.start == self.end {
            self.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    #[cold]
    fn make_room(&mut self, least: usize) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let wanted = self.end + least;
        if self.bytes.len() < wanted {
            self.bytes.reserve_exact(wanted - self.bytes.len());
            self.bytes.resize(wanted, 0);
        }
    }
}

/// Buffers at rest, so that a busy loop allocates nothing per message.
///
/// What it holds and what it has lent together stay within its limit, so peers that announce much and
/// send little can tie up the pool, never more. It never allocates: it only keeps what grew elsewhere.
#[derive(Debug)]
pub(crate) struct Pool {
    free: Vec<Buffer>,
    held: usize,
    lent: usize,
    limit: usize,
}

/// How many buffers may rest at once: it bounds the search for the best fit.
const RESTING: usize = 64;

/// A buffer up to this size may serve any need, however small.
const SMALL: usize = 4096;

impl Pool {
    /// A pool whose buffers, resting and lent, stay within `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { free: Vec::new(), held: 0, lent: 0, limit }
    }

    /// Bytes that are lent and have to come back.
    #[cfg(test)]
    pub(crate) fn lent(&self) -> usize {
        self.lent
    }

    /// An empty buffer: the smallest resting one that holds `wanted` bytes without being far too large
    /// for them, or one without memory.
    pub(crate) fn take(&mut self, wanted: usize) -> Buffer {
        let most = wanted.max(SMALL).saturating_mul(4);
        let fits = |buffer: &Buffer| (wanted..=most).contains(&buffer.capacity());
        let best = (0..self.free.len())
            .filter(|&index| fits(&self.free[index]))
            .min_by_key(|&index| self.free[index].capacity());
        let Some(index) = best else {
            return Buffer::default();
        };
        let mut buffer = self.free.swap_remove(index);
        buffer.lent = buffer.capacity();
        self.held -= buffer.lent;
        self.lent += buffer.lent;
        buffer
    }

    /// Takes a buffer back, whether it came from here or grew elsewhere.
    pub(crate) fn give(&mut self, mut buffer: Buffer) {
        self.lent -= buffer.lent;
        buffer.lent = 0;
        let capacity = buffer.capacity();
        let fits = self.held + self.lent + capacity <= self.limit;
        if capacity == 0 || !fits || self.free.len() == RESTING {
            return;
        }
        buffer.clear();
        self.held += capacity;
        self.free.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, Pool, SMALL};

    fn grown(capacity: usize) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.extend(&vec![1; capacity]);
        buffer
    }

    #[test]
    fn bytes_leave_in_the_order_they_came() {
        let mut buffer = Buffer::default();
        buffer.extend(b"hello");
        buffer.consume(3);
        buffer.extend(b" world");
        assert_eq!(buffer.as_slice(), b"lo world");
        buffer.consume(8);
        assert_eq!(buffer.as_slice(), b"");
    }

    #[test]
    fn room_in_front_is_used_before_memory_is_taken() {
        let mut buffer = grown(100);
        let capacity = buffer.capacity();
        buffer.consume(60);
        buffer.extend(&[2; 60]);
        assert_eq!((buffer.capacity(), buffer.len(), buffer.room()), (capacity, 100, 0));
    }

    #[test]
    fn what_is_filled_is_content() {
        let mut buffer = Buffer::default();
        buffer.spare(4)[..2].copy_from_slice(b"ab");
        buffer.fill(2);
        assert_eq!((buffer.as_slice(), buffer.room()), (b"ab".as_slice(), 2));
    }

    #[test]
    fn the_pool_lends_the_smallest_that_fits_and_nothing_far_too_large() {
        let mut pool = Pool::new(1 << 20);
        for capacity in [20_000, 10_000, 5 * SMALL] {
            pool.give(grown(capacity));
        }
        assert_eq!(pool.take(9_000).capacity(), 10_000);
        assert_eq!(pool.take(9_000).capacity(), 20_000);
        assert_eq!(pool.take(10).capacity(), 0);
    }

    #[test]
    fn the_pool_keeps_within_its_limit_what_rests_and_what_is_lent() {
        let mut pool = Pool::new(10_000);
        pool.give(grown(6_000));
        let lent = pool.take(6_000);
        pool.give(grown(6_000));
        assert_eq!(pool.take(6_000).capacity(), 0, "kept beside what is lent");
        pool.give(lent);
        assert_eq!(pool.take(6_000).capacity(), 6_000);
    }
}
