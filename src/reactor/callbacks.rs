//! Calling handlers: one at a time, out of their slots, with panics contained.

use std::mem;
use std::panic::{self, AssertUnwindSafe};

use super::engine::Engine;
use super::state::Notice;
use super::timers::LoopTask;
use super::world::World;
use crate::connect_error::ConnectError;
use crate::connection::{Cause, Closed};
use crate::context::Context;
use crate::handler::Handler;
use crate::id::{ConnectionId, TimerId};
use crate::protocol::CloseCode;
use crate::view::Loop;

/// What became of a call into the user's code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Contained<T> {
    Done(T),
    Panicked,
    /// There was nobody to call.
    Absent,
}

/// Calls the user's code. What it leaves half done when it panics is its own: the loop's state is changed only
/// by calls that return.
pub(super) fn contained<T>(call: impl FnOnce() -> T) -> Contained<T> {
    match panic::catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Contained::Done(value),
        Err(payload) => {
            // The payload is the user's too, and so is what dropping it does.
            if let Err(worse) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                mem::forget(worse);
            }
            Contained::Panicked
        }
    }
}

impl<W: World> Engine<W> {
    /// Calls a connection's handler, and writes what it sent to its peer.
    pub(super) fn call<T>(
        &mut self,
        slot: usize,
        callback: impl FnOnce(&mut dyn Handler, &mut Context<'_>) -> T,
    ) -> Contained<T> {
        let handler = self.state.slots.get_mut(slot).and_then(|connection| connection.handler.take());
        let Some(mut handler) = handler else {
            return Contained::Absent;
        };
        self.state.take_cork(slot);
        let mut context = Context { state: &mut self.state, sockets: &mut self.links, slot };
        let outcome = contained(|| callback(&mut *handler, &mut context));
        if let Some(connection) = self.state.slots.get_mut(slot) {
            connection.handler = Some(handler);
        }
        if matches!(outcome, Contained::Panicked) {
            log::error!("{}: a handler panicked", self.state.id(slot));
            self.state.fail(slot, CloseCode::Error, Cause::Panicked);
        }
        self.state.finish_cork(&mut self.links);
        if !W::SHORT_READ_EMPTIES {
            self.try_again(slot);
        }
        outcome
    }

    /// A short write has not blocked, so nothing will tell when there is room: find out.
    fn try_again(&mut self, slot: usize) {
        let connection = self.state.slots.get(slot);
        if connection.is_some_and(|connection| !connection.outbox.is_empty()) {
            self.state.mark_dirty(slot);
        }
    }

    /// Calls the handlers that something happened to. What they do may concern others, until all is quiet.
    #[inline]
    pub(super) fn deliver_notices(&mut self) {
        if !self.state.notices.is_empty() {
            self.deliver_all_notices();
        }
    }

    fn deliver_all_notices(&mut self) {
        while let Some((slot, notice)) = self.state.notices.pop_front() {
            match notice {
                Notice::Drain => {
                    self.call(slot, Handler::on_drain);
                }
                Notice::Refused(message) => {
                    self.call(slot, |handler, context| handler.on_refused(context, message));
                }
                Notice::Closed(closed) => self.conclude(slot, &closed),
                Notice::Failed(error) => self.tell_failure(slot, error),
            }
        }
    }

    /// The last callback of a connection, and the end of its handler.
    fn conclude(&mut self, slot: usize, closed: &Closed) {
        self.call(slot, |handler, context| handler.on_close(context, closed));
        let handler = self.state.slots.get_mut(slot).and_then(|connection| connection.handler.take());
        contained(|| drop(handler));
        self.state.forget(slot);
    }

    /// The only callback of a connection that was never made.
    fn tell_failure(&mut self, slot: usize, error: ConnectError) {
        let handler = self.state.slots.get_mut(slot).and_then(|connection| connection.handler.take());
        let Some(mut handler) = handler else { return };
        let mut view = Loop { state: &mut self.state, sockets: &mut self.links };
        if matches!(contained(|| handler.on_failed(&mut view, error)), Contained::Panicked) {
            log::error!("a handler panicked");
        }
        contained(|| drop(handler));
    }

    pub(super) fn timer_ran_out(&mut self, owner: ConnectionId, timer: TimerId) {
        if let Some(slot) = self.state.find(owner) {
            self.state.timer_is_over(slot, timer);
            self.call(slot, |handler, context| handler.on_timer(context, timer));
        }
    }

    /// Runs a closure that has the whole reactor before it.
    pub(super) fn run_on_loop(&mut self, task: LoopTask) {
        let mut view = Loop { state: &mut self.state, sockets: &mut self.links };
        if matches!(contained(|| task(&mut view)), Contained::Panicked) {
            log::error!("a closure that ran on the loop panicked");
        }
    }
}
