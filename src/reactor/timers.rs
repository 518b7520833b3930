//! The timers of handlers: set, run out or taken back, gone with their connection.

use slab::Slab;

use super::state::State;
use super::wheel::Wheel;
use crate::id::{ConnectionId, TimerId, narrow};

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
        Self { entries: Slab::new(), wheel: Wheel::new(0), generation: 0 }
    }

    pub(crate) fn set(&mut self, owner: ConnectionId, due: u64) -> TimerId {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let key = narrow(self.entries.insert(Entry { owner, generation }));
        self.wheel.set(key, due);
        TimerId { key, generation: self.generation }
    }

    /// Whose timer this is, if it is still running.
    pub(crate) fn owner(&self, timer: TimerId) -> Option<ConnectionId> {
        let entry = self.entries.get(timer.key as usize)?;
        (entry.generation == timer.generation).then_some(entry.owner)
    }

    /// Takes a timer back; says whether it was still running.
    pub(crate) fn cancel(&mut self, timer: TimerId) -> bool {
        let running = self.owner(timer).is_some();
        if running {
            self.remove(timer.key);
        }
        running
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

impl State {
    /// Sets a timer of a connection.
    pub(crate) fn set_timer(&mut self, slot: usize, due: u64) -> TimerId {
        let timer = self.timers.set(self.id(slot), due);
        if let Some(connection) = self.slots.get_mut(slot) {
            connection.belongings.get_or_insert_default().timers.push(timer.key);
        }
        timer
    }

    /// Takes a timer of this connection back; says whether it was still running.
    pub(crate) fn cancel_timer(&mut self, slot: usize, timer: TimerId) -> bool {
        let own = self.timers.owner(timer) == Some(self.id(slot));
        if own {
            self.timers.cancel(timer);
            self.timer_is_over(slot, timer);
        }
        own
    }

    /// Strikes a timer from its connection's list.
    pub(crate) fn timer_is_over(&mut self, slot: usize, timer: TimerId) {
        let belongings = self.slots.get_mut(slot).and_then(|connection| connection.belongings.as_mut());
        let Some(timers) = belongings.map(|belongings| &mut belongings.timers) else {
            return;
        };
        if let Some(position) = timers.iter().position(|&key| key == timer.key) {
            timers.swap_remove(position);
        }
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
