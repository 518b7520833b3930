//! Timers: those of handlers, gone with their connection, and those of the loop itself.

use std::fmt;

use slab::Slab;

use super::state::State;
use super::wheel::Wheel;
use crate::id::{ConnectionId, TimerId, narrow};
use crate::view::Loop;

/// What a timer of the loop does when it has run out.
pub(crate) type LoopTask = Box<dyn FnOnce(&mut Loop<'_>)>;

/// A timer that has not run out.
#[derive(Debug)]
struct Entry {
    owner: Owner,
    generation: u32,
}

/// Whom a timer calls.
enum Owner {
    Handler(ConnectionId),
    Loop(LoopTask),
}

impl fmt::Debug for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(id) => write!(formatter, "{id:?}"),
            Self::Loop(_) => formatter.write_str("Loop"),
        }
    }
}

/// What follows from a timer that has run out.
pub(crate) enum Due {
    Handler(ConnectionId, TimerId),
    Loop(LoopTask),
}

/// Everybody's timers.
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

    /// Sets a timer of a handler.
    pub(crate) fn set(&mut self, owner: ConnectionId, due: u64) -> TimerId {
        self.insert(Owner::Handler(owner), due)
    }

    /// Sets a timer of the loop.
    pub(crate) fn set_task(&mut self, task: LoopTask, due: u64) -> TimerId {
        self.insert(Owner::Loop(task), due)
    }

    fn insert(&mut self, owner: Owner, due: u64) -> TimerId {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let key = narrow(self.entries.insert(Entry { owner, generation }));
        self.wheel.set(key, due);
        TimerId { key, generation }
    }

    /// Which handler's timer this is, if it is still running.
    pub(crate) fn owner(&self, timer: TimerId) -> Option<ConnectionId> {
        let entry = self.entries.get(timer.key as usize)?;
        match entry.owner {
            Owner::Handler(id) if entry.generation == timer.generation => Some(id),
            _ => None,
        }
    }

    /// Takes a handler's timer back; says whether it was still running.
    pub(crate) fn cancel(&mut self, timer: TimerId) -> bool {
        let running = self.owner(timer).is_some();
        if running {
            self.remove(timer.key);
        }
        running
    }

    /// Takes a timer of the loop back, with its task, if it is still running.
    pub(crate) fn cancel_task(&mut self, timer: TimerId) -> Option<LoopTask> {
        let entry = self.entries.get(timer.key as usize)?;
        if entry.generation != timer.generation || matches!(entry.owner, Owner::Handler(_)) {
            return None;
        }
        self.wheel.clear(timer.key);
        match self.entries.try_remove(timer.key as usize)?.owner {
            Owner::Loop(task) => Some(task),
            Owner::Handler(_) => None,
        }
    }

    /// Takes all timers of the loop back, with their tasks.
    pub(crate) fn cancel_tasks(&mut self) -> Vec<LoopTask> {
        let ids = self
            .entries
            .iter()
            .map(|(key, entry)| TimerId { key: narrow(key), generation: entry.generation });
        let ids: Vec<TimerId> = ids.collect();
        ids.into_iter().filter_map(|timer| self.cancel_task(timer)).collect()
    }

    /// Takes back whatever runs under `key`.
    pub(crate) fn remove(&mut self, key: u32) {
        self.wheel.clear(key);
        self.entries.try_remove(key as usize);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn next(&self) -> Option<u64> {
        self.wheel.next()
    }

    /// Takes one timer that has run out. To be called until `None`.
    pub(crate) fn expire(&mut self, now: u64) -> Option<Due> {
        while let Some(key) = self.wheel.expire(now) {
            let Some(entry) = self.entries.try_remove(key as usize) else {
                continue;
            };
            return Some(match entry.owner {
                Owner::Handler(id) => Due::Handler(id, TimerId { key, generation: entry.generation }),
                Owner::Loop(task) => Due::Loop(task),
            });
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
    use super::{Due, Timers};
    use crate::id::{ConnectionId, TimerId};

    /// The handler's timer that has run out.
    fn expired(timers: &mut Timers, now: u64) -> Option<(ConnectionId, TimerId)> {
        match timers.expire(now)? {
            Due::Handler(owner, timer) => Some((owner, timer)),
            Due::Loop(_) => None,
        }
    }

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
        assert_eq!(expired(&mut timers, 9), None);
        assert_eq!(expired(&mut timers, 10), Some((owner, second)));
        assert_eq!(expired(&mut timers, 10), None);
    }
}
