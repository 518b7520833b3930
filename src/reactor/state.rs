//! What all callbacks share: connections without their sockets, deadlines, topics, and what is to be done
//! before the turn ends.
//!
//! Nothing here calls a handler. What must lead to a callback becomes a [`Notice`]; the engine delivers it
//! when no callback is running.

use std::collections::VecDeque;
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use slab::Slab;

use super::ages::Ages;
use super::cork::Cork;
use super::deferring::Deferrals;
use super::dialing::Dials;
use super::mailbox::Mailbox;
use super::masks::Masks;
use super::routers::Routers;
use super::timers::Timers;
use super::topics::Topics;
use super::wheel::Wheel;
use crate::buffer::Pool;
use crate::config::Config;
use crate::connect_error::ConnectError;
use crate::connection::{Cause, Closed, Connection, Keepalive, Phase, Reading, Spares};
use crate::handler::Handler;
use crate::id::ConnectionId;
use crate::protocol::{CloseCode, CloseFrame, Limits, OwnedMessage, Violation};

/// Room for so many connections is set aside at the start. It costs nothing until it is used, and growing from
/// there moves no memory.
pub(super) const EXPECTED: usize = 8192;

/// A callback that is due.
#[derive(Debug)]
pub(crate) enum Notice {
    Drain,
    Refused(OwnedMessage),
    Failed(ConnectError),
    Closed(Closed),
}

/// Whether the reactor goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Life {
    Running,
    /// Everybody was told to leave, and has until then.
    Stopping {
        until: u64,
    },
    Stopped,
}

/// The connection in a slot.
pub(crate) type Tenant = Connection<Box<dyn Handler>>;

/// Everything of the reactor that does not depend on the world it runs in.
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) limits: Limits,
    /// Milliseconds of loop time, read once a turn.
    pub(crate) now: u64,
    pub(crate) slots: Slab<Tenant>,
    generation: u32,
    pub(crate) pool: Pool,
    pub(crate) spares: Spares,
    pub(crate) cork: Cork,
    /// Connections with something to write at the end of the turn.
    pub(crate) dirty: Vec<usize>,
    /// Connections with something to read that no readiness will report.
    pub(crate) again: Vec<usize>,
    /// Connections to remove at the end of the turn.
    pub(crate) dead: Vec<usize>,
    pub(crate) notices: VecDeque<(usize, Notice)>,
    pub(crate) deadlines: Wheel,
    pub(crate) timers: Timers,
    pub(crate) topics: Topics,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(super) masks: Masks,
    pub(super) dials: Dials,
    pub(super) deferrals: Deferrals,
    pub(crate) ages: Ages,
    pub(crate) routers: Routers,
    pub(crate) life: Life,
}

impl State {
    pub(crate) fn new(config: Config, mailbox: Arc<Mailbox>, masks: Masks) -> Self {
        Self {
            limits: Limits { frame: config.max_frame as u64, message: config.max_message as u64 },
            now: 0,
            slots: Slab::with_capacity(EXPECTED),
            generation: 0,
            pool: Pool::new(config.pool),
            spares: Spares::new(config.pool),
            cork: Cork::new(),
            dirty: Vec::new(),
            again: Vec::new(),
            dead: Vec::new(),
            notices: VecDeque::new(),
            deadlines: Wheel::new(EXPECTED),
            timers: Timers::new(),
            topics: Topics::default(),
            mailbox,
            masks,
            dials: Dials::default(),
            deferrals: Deferrals::default(),
            ages: Ages::default(),
            routers: Routers::default(),
            life: Life::Running,
            config,
        }
    }

    /// Whether nobody has stopped the reactor.
    pub(crate) fn is_running(&self) -> bool {
        self.life == Life::Running
    }

    /// Gives a new connection a slot.
    pub(crate) fn admit(&mut self, listener: u16, peer: Option<SocketAddr>) -> usize {
        let generation = self.next_generation();
        let connection = Connection::accepted(generation, listener, peer, self.now);
        let slot = self.slots.insert(connection);
        self.schedule(slot);
        slot
    }

    pub(super) fn next_generation(&mut self) -> u32 {
        self.generation = self.generation.wrapping_add(1);
        self.generation
    }

    pub(crate) fn id(&self, slot: usize) -> ConnectionId {
        let generation = self.slots.get(slot).map_or(0, |connection| connection.generation);
        ConnectionId::new(slot, generation)
    }

    /// The slot of a connection whose handler is alive; `None` for an id whose connection has ended.
    pub(crate) fn find(&self, id: ConnectionId) -> Option<usize> {
        let connection = self.slots.get(id.slot())?;
        let same = connection.generation == id.generation() && connection.phase.is_alive();
        same.then_some(id.slot())
    }

    /// The slot of a connection that is still being made.
    pub(crate) fn find_dialing(&self, id: ConnectionId) -> Option<usize> {
        let connection = self.slots.get(id.slot())?;
        let same = connection.generation == id.generation() && connection.phase.is_dialing();
        same.then_some(id.slot())
    }

    pub(crate) fn phase(&self, slot: usize) -> Phase {
        self.slots.get(slot).map_or(Phase::Dead, |connection| connection.phase)
    }

    /// The peer was heard: a store, and no more, unless it was asked for a sign of life.
    #[inline]
    pub(crate) fn heard(&mut self, slot: usize) {
        let now = self.now;
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        if let Phase::Open(keepalive) = &mut connection.phase {
            connection.since = now;
            // The next ping may be due before the end of the idle time, which is all the wheel knows of.
            if mem::replace(keepalive, Keepalive::Heard) == Keepalive::Pinged {
                self.schedule(slot);
            }
        }
    }

    pub(crate) fn is_paused(&self, slot: usize) -> bool {
        let connection = self.slots.get(slot).filter(|connection| connection.phase.is_open());
        connection.is_some_and(|connection| connection.reading == Reading::Paused)
    }

    /// Stops or goes on reading what the peer sends. When this side begins to close, reading goes on by itself,
    /// for the peer's answer.
    pub(crate) fn set_reading(&mut self, slot: usize, reading: Reading) {
        let now = self.now;
        let Some(connection) = self.slots.get_mut(slot).filter(|connection| connection.phase.is_open())
        else {
            return;
        };
        if connection.reading == reading {
            return;
        }
        connection.reading = reading;
        connection.since = now;
        match reading {
            // What is sent from here on waits in the outbox: the batch under way ends with this callback.
            Reading::Paused => self.uncork_owner(slot),
            Reading::On => self.mark_again(slot),
        }
        self.schedule(slot);
    }

    /// Closes a connection that is open, or gives up one that is still being made; says whether there was one.
    pub(crate) fn close_by_id(&mut self, id: ConnectionId, frame: &CloseFrame<'_>) -> bool {
        if let Some(slot) = self.find_dialing(id) {
            self.fail_dial(slot, ConnectError::Aborted);
            return true;
        }
        self.find(id).is_some_and(|slot| self.close(slot, frame))
    }

    /// Begins the closing handshake (RFC 6455, section 7.1.2); says whether it was open until now.
    pub(crate) fn close(&mut self, slot: usize, frame: &CloseFrame<'_>) -> bool {
        if !self.phase(slot).is_open() {
            return false;
        }
        self.put_close(slot, frame);
        self.set_reading(slot, Reading::On);
        self.enter(slot, Phase::Closing);
        true
    }

    /// The peer's Close arrived: answer it if it is not itself the answer (RFC 6455, section 5.5.1).
    pub(crate) fn peer_closed(&mut self, slot: usize, frame: Option<CloseFrame<'_>>) {
        let cause = match self.phase(slot) {
            Phase::Open(_) => {
                let answer = frame.as_ref().map(|frame| CloseFrame::new(frame.code, ""));
                self.put_close(slot, &answer.unwrap_or(CloseFrame::new(CloseCode::Status, "")));
                Cause::Peer
            }
            _ => Cause::Local,
        };
        self.end(slot, Closed::agreed(frame, cause), Phase::Flushing);
    }

    /// The peer broke the protocol: fail the connection (RFC 6455, section 7.1.7).
    pub(crate) fn violated(&mut self, slot: usize, violation: Violation) {
        let code = violation.close_code();
        self.fail(slot, code, Cause::Violation(violation));
    }

    /// Tells the peer `code`, unless it was told something before, and ends the connection.
    pub(crate) fn fail(&mut self, slot: usize, code: CloseCode, cause: Cause) {
        if self.phase(slot).is_open() {
            self.put_close(slot, &CloseFrame::new(code, ""));
        }
        self.end(slot, Closed::failed(code, cause), Phase::Flushing);
    }

    /// Ends a connection without another word to its peer.
    pub(crate) fn drop_connection(&mut self, slot: usize, cause: Cause) {
        self.end(slot, Closed::abnormal(cause), Phase::Dead);
    }

    /// Moves a connection to one of the phases behind `Open`. The first such move is what `on_close` tells.
    pub(crate) fn end(&mut self, slot: usize, closed: Closed, next: Phase) {
        let phase = self.phase(slot);
        if phase == Phase::Dead {
            return;
        }
        if phase.is_dialing() {
            return self.fail_dial(slot, ConnectError::from(closed.cause));
        }
        if phase.is_alive() {
            self.notices.push_back((slot, Notice::Closed(closed)));
        }
        self.enter(slot, next);
    }

    /// Enters a phase, with all that belongs to it: its deadline, its place in the lists of the turn.
    pub(crate) fn enter(&mut self, slot: usize, phase: Phase) {
        let now = self.now;
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        if connection.phase == Phase::Dead {
            return;
        }
        if connection.phase == Phase::Deferred {
            self.deferrals.forget(slot);
        }
        connection.enter(phase, now);
        if !phase.is_open() {
            self.uncork_owner(slot);
        }
        match phase {
            Phase::Open(_) => self.ages.begin(slot, now),
            Phase::Dead => {
                self.dead.push(slot);
                for attempt in self.dials.forget(slot) {
                    self.enter(attempt, Phase::Dead);
                }
            }
            Phase::Flushing => {
                self.release_received(slot);
                self.mark_dirty(slot);
                // What it still sends is read and dropped, or it might never come to read what waits for it.
                self.mark_again(slot);
            }
            _ => {}
        }
        self.schedule(slot);
    }

    /// Forgets all that was received and all that waits to be sent.
    pub(super) fn forget_bytes(&mut self, slot: usize) {
        self.release_received(slot);
        if let Some(connection) = self.slots.get_mut(slot) {
            connection.outbox.clear(&mut self.spares);
        }
    }

    /// Gives back what was half received: nothing that follows a Close is looked at.
    fn release_received(&mut self, slot: usize) {
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        connection.receiver.release(&mut self.pool);
        if let Some(held) = connection.held.take() {
            self.pool.give(held.buffer);
        }
    }

    /// Has the connection written at the end of the turn.
    pub(crate) fn mark_dirty(&mut self, slot: usize) {
        if let Some(connection) = self.slots.get_mut(slot) {
            if !connection.marks.dirty {
                connection.marks.dirty = true;
                self.dirty.push(slot);
            }
        }
    }

    /// Has the connection read in the next turn, whether its socket reports anything or not.
    pub(crate) fn mark_again(&mut self, slot: usize) {
        if let Some(connection) = self.slots.get_mut(slot) {
            if !connection.marks.again {
                connection.marks.again = true;
                self.again.push(slot);
            }
        }
    }

    /// Takes a dead connection out of its slot.
    pub(crate) fn remove(&mut self, slot: usize) {
        self.forget(slot);
        self.forget_bytes(slot);
        self.slots.try_remove(slot);
    }

    /// Takes back all that a handler set up: its topics and timers.
    pub(crate) fn forget(&mut self, slot: usize) {
        self.leave_all(slot);
        self.deadlines_of_handler(slot).into_iter().for_each(|key| self.timers.remove(key));
    }

    fn deadlines_of_handler(&mut self, slot: usize) -> Vec<u32> {
        let belongings = self.slots.get_mut(slot).and_then(|connection| connection.belongings.take());
        belongings.map_or_else(Vec::new, |belongings| belongings.timers)
    }

    /// Tells everybody to leave, and gives them `grace` for it.
    pub(crate) fn stop(&mut self, grace: Duration) {
        let until = self.after(grace);
        match &mut self.life {
            Life::Stopped => return,
            // Who asks again may want it sooner.
            Life::Stopping { until: earlier } => {
                *earlier = until.min(*earlier);
                return;
            }
            Life::Running => self.life = Life::Stopping { until },
        }
        let slots: Vec<usize> = self.slots.iter().map(|(slot, _)| slot).collect();
        for slot in slots {
            match self.phase(slot) {
                Phase::Opening { .. } | Phase::Deferred | Phase::Dialing | Phase::Asking => {
                    self.drop_connection(slot, Cause::Stopped);
                }
                _ => {
                    self.close(slot, &CloseFrame::new(CloseCode::Away, ""));
                }
            }
        }
    }

    /// The loop time at which `duration` has surely passed.
    pub(crate) fn after(&self, duration: Duration) -> u64 {
        let millis = u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        // The present is rounded down, so a part of a millisecond of it is gone already.
        self.now.saturating_add(millis).saturating_add(1)
    }
}
