//! The timers of handlers: set, run out or taken back, gone with their connection.

use slab::Slab;

use super::wheel::Wheel;
use crate::id::{ConnectionId, TimerId};

/// A timer that has not run out.
#[derive(Debug)]
struct Entry {
    owner: ConnectionId,
    generation: u32,
}

/// Every handler's timers.
#[derive(Debug)]
pub(crate) struct Timers {
    entries: Slab<Entry>,
    wheel: Wheel,
    generation: u32,
}

impl Timers {
    pub(crate) fn new() -> Self {
        Self { entries: Slab::new(), wheel: Wheel::new(), generation: 0 }
    }

    pub(crate) fn set(&mut self, owner: ConnectionId, due: u64) -> TimerId {
        self.generation = self.generation.wrapping_add(1);
        let key = self.entries.insert(Entry { owner, generation: self.generation }) as u32;
        self.wheel.set(key, due);
        TimerId { key, generation: self.generation }
    }

    /// Takes a timer back; says whether it was still running.
    pub(crate) fn cancel(&mut self, timer: TimerId) -> bool {
        let running = |entry: &Entry| entry.generation == timer.generation;
        if !self.entries.get(timer.key as usize).is_some_and(running) {
            return false;
        }
        self.remove(timer.key);
        true
    }

    /// Takes back whatever runs under `key`.
    pub(crate) fn remove(&mut self, key: u32) {
        self.wheel.clear(key);
        self.entries.try_remove(key as usize);
    }

    pub(crate) fn next(&self) -> Option<u64> {
        self.wheel.next()
    }

    /// Takes one timer that has run out. To be called until `None`.
    pub(crate) fn expire(&mut self, now: u64) -> Option<(ConnectionId, TimerId)> {
        while let Some(key) = self.wheel.expire(now) {
            if let Some(entry) = self.entries.try_remove(key as usize) {
                return Some((entry.owner, TimerId { key, generation: entry.generation }));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Timers;
    use crate::id::ConnectionId;

    #[test]
    fn a_cancelled_timer_does_not_run_out_and_its_id_names_no_later_one() {
        let mut timers = Timers::new();
        let owner = ConnectionId::new(1, 1);
        let first = timers.set(owner, 10);
        assert!(timers.cancel(first));
        assert!(!timers.cancel(first));
        let second = timers.set(owner, 10);
        assert_eq!(first.key, second.key);
        assert!(!timers.cancel(first));
        assert_eq!(timers.expire(9), None);
        assert_eq!(timers.expire(10), Some((owner, second)));
        assert_eq!(timers.expire(10), None);
    }
}
