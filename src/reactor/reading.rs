//! From the socket to the callbacks.
//!
//! A connection is given so many bytes per turn, a filling of the read buffer at a time. Whole messages are
//! handed out where they lie in it; what is left over because a budget ran out is held until the next turn.

use std::mem;

use super::callbacks::Contained;
use super::delivery::{Pumped, deliver, pump, pump_pieces};
use super::engine::Engine;
use super::world::World;
use crate::connection::{Cause, Held, Phase, Reading};
use crate::protocol::assembly::Assembled;
use crate::protocol::{Delivery, Event, Input, Receiver};
use crate::transport::Intake;

/// What is known of the bytes behind those that a read brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tail {
    /// Readiness will tell of more.
    Reported,
    /// The end of the stream may be there, or bytes of which nothing will tell.
    Unknown,
}

/// Whether to read on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Onward {
    Read,
    Stop,
}

impl<W: World> Engine<W> {
    /// Reads what has arrived, as the phase demands.
    pub(super) fn read(&mut self, slot: usize, tail: Tail) {
        match self.state.phase(slot) {
            Phase::Dead | Phase::Dialing | Phase::Attempt => {}
            Phase::Deferred => self.read_early(slot),
            Phase::Flushing | Phase::Lingering => self.discard(slot),
            Phase::Opening { .. } | Phase::Asking | Phase::Open(_) | Phase::Closing => {
                self.read_within_budget(slot, tail);
            }
        }
    }

    fn read_within_budget(&mut self, slot: usize, tail: Tail) {
        if self.state.is_paused(slot) {
            return;
        }
        if self.take_held(slot) == Onward::Stop {
            return;
        }
        let mut inbox = mem::take(&mut self.inbox);
        let mut budget = self.state.config.read_budget;
        while let Some(count) = self.read_once(slot, &mut inbox, tail) {
            budget = budget.saturating_sub(count);
            if budget == 0 {
                self.state.mark_again(slot);
                break;
            }
        }
        self.inbox = inbox;
    }

    /// One read and what follows from it. Gives the bytes read if there may be more to read at once.
    fn read_once(&mut self, slot: usize, inbox: &mut [u8], tail: Tail) -> Option<usize> {
        let connection = self.state.slots.get_mut(slot)?;
        let (room, intake, landed) = match connection.receiver.landing() {
            Some(landing) => (landing.len(), self.links.read(slot, landing), true),
            None => (inbox.len(), self.links.read(slot, inbox), false),
        };
        let count = match intake {
            Ok(Intake::Bytes(count)) => count,
            Ok(Intake::Blocked) => return None,
            Ok(Intake::End) => {
                self.ended(slot, Cause::Ended);
                return None;
            }
            Err(error) => {
                self.ended(slot, Cause::Lost(error.kind()));
                return None;
            }
        };
        let onward =
            if landed { self.land(slot, count) } else { self.take_in(slot, inbox.get_mut(..count)?) };
        let emptied = count < room && W::SHORT_READ_EMPTIES && tail == Tail::Reported;
        (onward == Onward::Read && !emptied).then_some(count)
    }

    /// The peer sends no more.
    fn ended(&mut self, slot: usize, cause: Cause) {
        match self.state.phase(slot) {
            Phase::Asking => self.answer_ended(slot, cause.into()),
            _ => self.state.drop_connection(slot, cause),
        }
    }

    /// Bytes have arrived: of the opening handshake, or of frames.
    fn take_in(&mut self, slot: usize, bytes: &mut [u8]) -> Onward {
        match self.state.phase(slot) {
            Phase::Opening { .. } => self.take_head(slot, bytes),
            Phase::Asking => self.take_answer(slot, bytes),
            _ => self.take_frames(slot, bytes),
        }
        self.onward(slot)
    }

    /// Hands out what is whole, and holds what the budget left over.
    pub(super) fn take_frames(&mut self, slot: usize, bytes: &mut [u8]) {
        self.state.heard(slot);
        let left = self.dispatch(slot, bytes);
        if left > 0 {
            let from = bytes.len() - left;
            self.hold(slot, bytes.get(from..).unwrap_or_default());
        }
    }

    fn hold(&mut self, slot: usize, bytes: &[u8]) {
        if let Some(connection) = self.state.slots.get_mut(slot) {
            let mut buffer = self.state.pool.take(bytes.len());
            buffer.extend(bytes);
            connection.held = Some(Box::new(Held { buffer, ..Held::default() }));
            self.state.mark_again(slot);
        }
    }

    /// Goes on with the bytes that the last turn's budget left over.
    fn take_held(&mut self, slot: usize) -> Onward {
        let phase = self.state.phase(slot);
        let Some(connection) = self.state.slots.get_mut(slot) else {
            return Onward::Stop;
        };
        // A head under way is held too; it goes on with the bytes that follow.
        let Some(mut held) = connection.held.take_if(|_| phase.is_alive()) else {
            return Onward::Read;
        };
        let left = self.dispatch(slot, held.buffer.as_mut_slice());
        if left == 0 || !self.state.phase(slot).is_alive() {
            self.state.pool.give(held.buffer);
            return self.onward(slot);
        }
        held.buffer.consume(held.buffer.len() - left);
        if let Some(connection) = self.state.slots.get_mut(slot) {
            connection.held = Some(held);
        }
        self.state.mark_again(slot);
        Onward::Stop
    }

    fn onward(&self, slot: usize) -> Onward {
        match self.state.slots.get(slot) {
            Some(connection) if connection.marks.again || connection.reading == Reading::Paused => {
                Onward::Stop
            }
            Some(connection)
                if matches!(
                    connection.phase,
                    Phase::Dead | Phase::Flushing | Phase::Dialing | Phase::Deferred
                ) =>
            {
                Onward::Stop
            }
            Some(_) => Onward::Read,
            None => Onward::Stop,
        }
    }

    /// Has the handler called for everything whole in `bytes`; gives how many were left over.
    fn dispatch(&mut self, slot: usize, bytes: &mut [u8]) -> usize {
        let Some(connection) = self.state.slots.get_mut(slot) else {
            return 0;
        };
        let mut receiver = mem::take(&mut connection.receiver);
        let delivery = receiver.delivery();
        let mut input = Input::new(bytes);
        let mut parked = None;
        let pumped = self.call(slot, |handler, context| match delivery {
            Delivery::Whole => pump(handler, context, &mut receiver, &mut input, &mut parked),
            Delivery::Pieces => pump_pieces(handler, context, &mut receiver, &mut input),
        });
        self.return_receiver(slot, receiver, parked);
        match pumped {
            Contained::Done(Pumped::Paused) => input.len(),
            _ => 0,
        }
    }

    /// Bytes were read straight into a long message.
    fn land(&mut self, slot: usize, count: usize) -> Onward {
        self.state.heard(slot);
        let Some(connection) = self.state.slots.get_mut(slot) else {
            return Onward::Stop;
        };
        match connection.receiver.landed(count) {
            Ok(None) => {}
            Ok(Some(event)) => self.hand_over(slot, event),
            Err(violation) => {
                self.state.violated(slot, violation);
            }
        }
        self.onward(slot)
    }

    fn hand_over(&mut self, slot: usize, event: Event<'_>) {
        let mut parked = None;
        self.call(slot, |handler, context| {
            deliver(handler, context, event, &mut parked);
        });
        if let Some(assembled) = parked {
            self.state.pool.give(assembled.into_buffer());
        }
    }

    fn return_receiver(&mut self, slot: usize, mut receiver: Receiver, parked: Option<Assembled>) {
        if let Some(assembled) = parked {
            self.state.pool.give(assembled.into_buffer());
        }
        let alive = self.state.phase(slot).is_alive();
        match self.state.slots.get_mut(slot) {
            Some(connection) if alive => connection.receiver = receiver,
            _ => receiver.release(&mut self.state.pool),
        }
    }

    /// Reads to the end of the stream, for a peer that has been told everything.
    fn discard(&mut self, slot: usize) {
        let mut inbox = mem::take(&mut self.inbox);
        match self.links.read(slot, &mut inbox) {
            // It may go on like this until the deadline, a bufferful per turn.
            Ok(Intake::Bytes(_)) => self.state.mark_again(slot),
            Ok(Intake::Blocked) => {}
            // What waits to be written is still written.
            Ok(Intake::End) if self.state.phase(slot) == Phase::Flushing => {}
            Ok(Intake::End) | Err(_) => self.state.enter(slot, Phase::Dead),
        }
        self.inbox = inbox;
    }
}
