//! Names for what lives in a reactor: small, copyable, and never mistaken for a later tenant of the same slot.

use std::fmt;

/// An index as it is stored. There are fewer of anything than 2^32: `Config` sees to it.
pub(crate) fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Names one connection of one reactor.
///
/// An id stays unique after its connection is gone: the slot may be used again, the id will not be.
/// Using the id of a connection that ended is harmless and reported as such.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    slot: u32,
    generation: u32,
}

impl ConnectionId {
    pub(crate) fn new(slot: usize, generation: u32) -> Self {
        Self { slot: narrow(slot), generation }
    }

    pub(crate) fn slot(self) -> usize {
        self.slot as usize
    }

    pub(crate) fn generation(self) -> u32 {
        self.generation
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ConnectionId({self})")
    }
}

/// A slot and a generation, as in `7.42`: fit for a log, and for nothing else.
impl fmt::Display for ConnectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.slot, self.generation)
    }
}

/// Names one listener of one reactor, as [`Reactor::listen`](crate::Reactor::listen) gave it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ListenerId(pub(crate) u32);

/// Names one timer, as [`Context::set_timer`](crate::Context::set_timer) or
/// [`Loop::set_timer`](crate::Loop::set_timer) gave it. Like a [`ConnectionId`], it is never given out twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimerId {
    pub(crate) key: u32,
    pub(crate) generation: u32,
}
