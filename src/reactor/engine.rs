//! The turn: everything that happens between two waits, in this order.
//!
//! ```text
//!   wait -> read the clock -> readiness -> left over from the last turn -> mailbox -> deadlines
//!        -> begin what is to be connected -> write what waits -> reap what died
//! ```
//!
//! Callbacks that follow from something else (`on_close`, `on_drain`, `on_refused`) are delivered between
//! these steps, when no other callback is running.

use std::io;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::callbacks::contained;
use super::links::Links;
use super::listeners::Listening;
use super::mailbox::{Command, Mailbox};
use super::masks::Masks;
use super::reading::Tail;
use super::state::{Life, State};
use super::timers::Due;
use super::world::{Readiness, Token, World};
use crate::config::{Config, Lifetime};
use crate::connect::{Connect, InvalidConnect};
use crate::connection::{Cause, Phase, Place};
use crate::handler::Handler;
use crate::id::ConnectionId;

/// A turn takes less than this; otherwise deadlines are late by what it takes more.
const NEAR: Duration = Duration::from_secs(1);

/// A reactor in its world.
pub(crate) struct Engine<W: World> {
    pub(super) world: W,
    pub(super) state: State,
    pub(super) links: Links<W::Socket>,
    pub(super) listeners: Vec<Option<Listening<W::Listener>>>,
    /// The loop's one read buffer.
    pub(super) inbox: Vec<u8>,
    /// The place that was opened last: most connections ask for the same.
    pub(super) recent: Option<Rc<Place>>,
    ready: Vec<Readiness>,
    /// Memory for the lists of a turn while they are worked through.
    again: Vec<usize>,
    dirty: Vec<usize>,
    commands: Vec<Command>,
}

impl<W: World> Engine<W> {
    /// # Errors
    ///
    /// The world has no randomness to give.
    pub(crate) fn new(mut world: W, config: Config) -> io::Result<Self> {
        let masks = Masks::new(world.entropy()?);
        let mailbox = Mailbox::new(world.waker(), config.mailbox_commands, config.mailbox_bytes);
        Ok(Self {
            inbox: vec![0; config.read_buffer],
            state: State::new(config, Arc::new(mailbox), masks),
            links: Links::default(),
            listeners: Vec::new(),
            recent: None,
            ready: Vec::new(),
            again: Vec::new(),
            dirty: Vec::new(),
            commands: Vec::new(),
            world,
        })
    }

    pub(crate) fn connect(
        &mut self,
        connect: Connect,
        handler: Box<dyn Handler>,
    ) -> Result<ConnectionId, InvalidConnect> {
        self.read_clock();
        self.state.connect(connect, handler)
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// One turn, waiting until `timeout` at most for something to do.
    pub(crate) fn turn(&mut self, timeout: Option<Duration>) -> io::Result<Life> {
        if self.state.life == Life::Stopped {
            return Ok(Life::Stopped);
        }
        // What was asked for between two turns.
        self.follow_routers();
        let timeout = self.patience(timeout);
        self.world.wait(timeout, &mut self.ready)?;
        self.read_clock();
        let leftovers = mem::replace(&mut self.state.again, mem::take(&mut self.again));
        self.take_readiness();
        self.take_leftovers(leftovers);
        self.take_commands();
        self.take_deadlines();
        self.take_dials();
        self.write_dirty();
        self.reap();
        self.settle();
        Ok(self.state.life)
    }

    /// Ends everything at once; every open connection still sees its `on_close`.
    pub(crate) fn finish(&mut self) {
        if self.state.life == Life::Stopped {
            return;
        }
        // From here on, no callback begins anything.
        self.state.life = Life::Stopped;
        self.stop_listening();
        let slots: Vec<usize> = self.state.slots.iter().map(|(slot, _)| slot).collect();
        for slot in slots {
            self.state.drop_connection(slot, Cause::Stopped);
        }
        self.deliver_notices();
        self.reap();
        // Closures that will not run, and what they hold: dropping them is the user's code.
        for command in self.state.mailbox.close() {
            contained(|| drop(command));
        }
        for task in self.state.timers.cancel_tasks() {
            contained(|| drop(task));
        }
    }

    pub(super) fn read_clock(&mut self) {
        self.state.now = u64::try_from(self.world.now().as_millis()).unwrap_or(u64::MAX);
    }

    /// How long the wait may last.
    fn patience(&mut self, timeout: Option<Duration>) -> Option<Duration> {
        let state = &self.state;
        let idle = state.again.is_empty()
            && state.dirty.is_empty()
            && state.notices.is_empty()
            && state.dials.begun.is_empty();
        if !idle || self.listeners.iter().flatten().any(Listening::is_ready) {
            return Some(Duration::ZERO);
        }
        let stop = match state.life {
            Life::Stopping { until } => Some(until),
            Life::Running | Life::Stopped => None,
        };
        let resumed = self.listeners.iter().flatten().filter_map(Listening::resumes);
        let own = [state.deadlines.next(), state.timers.next(), stop].into_iter().flatten();
        let Some(next) = own.chain(resumed).min() else {
            return timeout;
        };
        let wait = self.until(next);
        Some(timeout.map_or(wait, |timeout| timeout.min(wait)))
    }

    /// How long it is until `time`. What is far away will be asked for again before it comes, so the clock is
    /// only read for what is near.
    fn until(&mut self, time: u64) -> Duration {
        let wait = Duration::from_millis(time.saturating_sub(self.state.now));
        if wait > NEAR {
            wait.saturating_sub(NEAR)
        } else {
            Duration::from_millis(time).saturating_sub(self.world.now())
        }
    }

    fn take_readiness(&mut self) {
        let mut ready = mem::take(&mut self.ready);
        for readiness in ready.drain(..) {
            match readiness.token {
                Token::Connection(slot) => self.connection_ready(slot, readiness),
                Token::Listener(index) => self.accept(index),
                // What it announces is taken in every turn anyway.
                Token::Waker => {}
            }
        }
        self.ready = ready;
    }

    fn connection_ready(&mut self, slot: usize, readiness: Readiness) {
        let Some(connection) = self.state.slots.get_mut(slot) else {
            return;
        };
        if connection.phase == Phase::Attempt {
            return self.attempt_ready(slot);
        }
        if readiness.writable {
            connection.outbox.unblock();
        }
        let writes = readiness.writable && !connection.outbox.is_empty();
        // One that has something left over from the last turn reads when that is done.
        let reads = readiness.readable && !connection.marks.again;
        if writes {
            self.state.mark_dirty(slot);
        }
        if reads {
            self.read(slot, if readiness.ended { Tail::Unknown } else { Tail::Reported });
            self.deliver_notices();
        }
    }

    /// Goes on where the budgets of the last turn ran out.
    fn take_leftovers(&mut self, mut leftovers: Vec<usize>) {
        for slot in leftovers.drain(..) {
            if let Some(connection) = self.state.slots.get_mut(slot) {
                connection.marks.again = false;
                self.read(slot, Tail::Unknown);
                self.deliver_notices();
            }
        }
        self.again = leftovers;
        self.accept_leftovers();
    }

    fn take_commands(&mut self) {
        if self.state.mailbox.is_empty() {
            return;
        }
        let mut commands = self.state.mailbox.take(mem::take(&mut self.commands));
        for command in commands.drain(..) {
            self.obey(command);
            self.deliver_notices();
        }
        self.commands = commands;
    }

    fn take_deadlines(&mut self) {
        while let Some(key) = self.state.deadlines.expire(self.state.now) {
            self.state.expire(key as usize);
        }
        // A connection that ended just now takes its timers with it.
        self.deliver_notices();
        while let Some(due) = self.state.timers.expire(self.state.now) {
            match due {
                Due::Handler(owner, timer) => self.timer_ran_out(owner, timer),
                Due::Loop(task) => self.run_on_loop(task),
            }
            self.deliver_notices();
        }
    }

    fn take_dials(&mut self) {
        self.hurry_dials();
        self.begin_dials();
        self.deliver_notices();
    }

    fn write_dirty(&mut self) {
        if self.state.dirty.is_empty() {
            return;
        }
        let mut dirty = mem::replace(&mut self.state.dirty, mem::take(&mut self.dirty));
        for slot in dirty.drain(..) {
            if let Some(connection) = self.state.slots.get_mut(slot) {
                connection.marks.dirty = false;
                self.flush(slot);
            }
        }
        self.dirty = dirty;
        self.deliver_notices();
    }

    /// Removes what died; only now may its slots be used again.
    fn reap(&mut self) {
        if self.state.dead.is_empty() {
            return;
        }
        let mut dead = mem::take(&mut self.state.dead);
        for slot in dead.drain(..) {
            self.state.remove(slot);
            self.links.remove(slot);
        }
        self.state.dead = dead;
        self.listeners.iter_mut().flatten().for_each(Listening::resume);
    }

    fn stop_listening(&mut self) {
        self.listeners.clear();
        self.state.routers.clear();
    }

    /// Takes the next step of stopping, if it is time.
    fn settle(&mut self) {
        self.follow_routers();
        let deaf = self.listeners.iter().flatten().next().is_none();
        // Without connections, what timers there are are the loop's.
        let idle = self.state.slots.is_empty() && self.state.timers.is_empty();
        // Who connects through a handle has been told that it will be done.
        let idle = idle && self.state.mailbox.is_empty();
        let alone = idle && deaf && self.state.dials.ever();
        if alone && self.state.config.lifetime == Lifetime::WhileConnected {
            self.finish();
        }
        if let Life::Stopping { until } = self.state.life {
            self.stop_listening();
            if self.state.slots.is_empty() || self.state.now >= until {
                self.finish();
            }
        }
    }
}

impl<W: World> Drop for Engine<W> {
    fn drop(&mut self) {
        self.finish();
    }
}
