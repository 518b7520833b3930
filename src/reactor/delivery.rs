//! From events to callbacks: what the receiver made of the bytes, handed to the handler.

use std::ops::ControlFlow;

use crate::context::Context;
use crate::handler::Handler;
use crate::protocol::assembly::Assembled;
use crate::protocol::pieces::InPieces;
use crate::protocol::{Delivery, Event, Input, OpCode, Receiver, Role, Violation};

/// Why the pump stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pumped {
    /// There is nothing whole left.
    Dry,
    /// The connection ended; the rest is of no interest.
    Over,
    /// The budget of this turn is used up.
    Paused,
}

/// Calls the handler for one event after the other.
///
/// A message that was assembled is parked outside while its callback runs, so that its memory goes back to
/// the pool even if the callback panics.
pub(super) fn pump(
    handler: &mut dyn Handler,
    context: &mut Context<'_>,
    receiver: &mut Receiver,
    input: &mut Input<'_>,
    parked: &mut Option<Assembled>,
) -> Pumped {
    let limits = context.state.limits;
    let role = context.role();
    let mut budget = context.state.config.messages_per_turn;
    while budget > 0 {
        match pump_short(handler, context, receiver, input, budget) {
            Ok(taken) => budget -= taken,
            Err(violation) => context.state.violated(context.slot, violation),
        }
        if !context.is_alive() {
            return Pumped::Over;
        }
        if budget == 0 || context.state.is_paused(context.slot) {
            break;
        }
        budget -= 1;
        match receiver.receive(role, input, &limits, &mut context.state.pool) {
            Ok(None) => {
                context.endures(input.take_empty_fragments());
                return Pumped::Dry;
            }
            Ok(Some(event)) => {
                if context.endures(input.take_empty_fragments()) {
                    deliver(handler, context, event, parked);
                }
            }
            Err(violation) => context.state.violated(context.slot, violation),
        }
        if !context.is_alive() {
            return Pumped::Over;
        }
    }
    if input.is_empty() { Pumped::Dry } else { Pumped::Paused }
}

/// Calls the handler for one short message after the other, as long as the connection has the cork: that is, it
/// is open and its peer takes what it is sent.
fn pump_short(
    handler: &mut dyn Handler,
    context: &mut Context<'_>,
    receiver: &Receiver,
    input: &mut Input<'_>,
    most: usize,
) -> Result<usize, Violation> {
    if !context.has_cork() || context.state.cork.role() == Role::Client {
        return Ok(0);
    }
    receiver.take_short(input, context.state.limits.short(), most, |message| {
        handler.on_message(context, message);
        if context.has_cork() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
}

/// Calls the handler for one piece after the other, as [`pump`] does for messages.
pub(super) fn pump_pieces(
    handler: &mut dyn Handler,
    context: &mut Context<'_>,
    receiver: &mut Receiver,
    input: &mut Input<'_>,
) -> Pumped {
    let role = context.role();
    for _ in 0..context.state.config.messages_per_turn {
        match receiver.receive_in_pieces(role, input) {
            Ok(None) => {
                context.endures(input.take_empty_fragments());
                return Pumped::Dry;
            }
            Ok(Some(heard)) => {
                if context.endures(input.take_empty_fragments()) {
                    deliver_in_pieces(handler, context, heard);
                }
            }
            Err(violation) => context.state.violated(context.slot, violation),
        }
        if !context.is_alive() {
            return Pumped::Over;
        }
        if context.state.is_paused(context.slot) {
            break;
        }
    }
    if input.is_empty() { Pumped::Dry } else { Pumped::Paused }
}

fn deliver_in_pieces(handler: &mut dyn Handler, context: &mut Context<'_>, heard: InPieces<'_>) {
    match heard {
        InPieces::Control(event) => deliver(handler, context, event, &mut None),
        InPieces::Piece(part) if context.is_open() => part.show(|piece| handler.on_piece(context, piece)),
        InPieces::Piece(_) => {}
    }
}

/// The first callback of a connection that is open now. What comes is handed on as its handler wants it.
pub(super) fn welcome(handler: &mut dyn Handler, context: &mut Context<'_>) {
    let receiver = match handler.delivery() {
        Delivery::Whole => Receiver::default(),
        Delivery::Pieces => Receiver::in_pieces(),
    };
    if let Some(connection) = context.state.slots.get_mut(context.slot) {
        connection.receiver = receiver;
    }
    handler.on_open(context);
}

/// Calls the handler for one event.
pub(super) fn deliver(
    handler: &mut dyn Handler,
    context: &mut Context<'_>,
    event: Event<'_>,
    parked: &mut Option<Assembled>,
) {
    match event {
        Event::Message(message) => {
            if context.is_open() {
                handler.on_message(context, message);
            }
        }
        Event::Assembled(assembled) => deliver_assembled(handler, context, parked.insert(assembled)),
        Event::Ping(payload) => deliver_ping(handler, context, &payload),
        Event::Pong(payload) => {
            if context.within_rate() {
                handler.on_pong(context, &payload);
            }
        }
        Event::Close(frame) => context.state.peer_closed(context.slot, frame),
    }
    if let Some(assembled) = parked.take() {
        context.state.pool.give(assembled.into_buffer());
    }
}

fn deliver_assembled(handler: &mut dyn Handler, context: &mut Context<'_>, assembled: &Assembled) {
    match assembled.message() {
        Ok(message) if context.is_open() => handler.on_message(context, message),
        Ok(_) => {}
        Err(violation) => context.state.violated(context.slot, violation),
    }
}

fn deliver_ping(handler: &mut dyn Handler, context: &mut Context<'_>, payload: &[u8]) {
    if !context.within_rate() {
        return;
    }
    if context.state.config.automatic_pong && context.is_open() {
        if let Err(error) = context.state.control(context.slot, OpCode::Pong, payload) {
            log::debug!("{}: a ping stays unanswered: {error}", context.id());
        }
    }
    handler.on_ping(context, payload);
}

impl Context<'_> {
    /// Whether the write buffer is this connection's. It is only ever lent to one that is open.
    #[inline]
    fn has_cork(&self) -> bool {
        self.state.cork.is_owned_by(self.slot)
    }

    fn role(&self) -> Role {
        self.state.slots.get(self.slot).map_or(Role::Server, |connection| connection.role)
    }

    /// Whether messages are still delivered.
    #[inline]
    fn is_open(&self) -> bool {
        self.has_cork() || self.state.phase(self.slot).is_open()
    }

    #[inline]
    fn is_alive(&self) -> bool {
        self.has_cork() || self.state.phase(self.slot).is_alive()
    }

    /// Counts a frame that carries nothing for the handler; fails the connection of a peer that sends too
    /// many of them.
    fn within_rate(&mut self) -> bool {
        let now = self.state.now;
        let most = self.state.config.max_control_rate;
        let Some(connection) = self.state.slots.get_mut(self.slot) else {
            return false;
        };
        let within = connection.rate.count(now) <= most;
        if !within {
            self.state.violated(self.slot, Violation::TooFrequent);
        }
        within
    }

    /// Counts fragments that made no message longer, as [`within_rate`](Self::within_rate) does.
    fn endures(&mut self, empty_fragments: u32) -> bool {
        (0..empty_fragments).all(|_| self.within_rate())
    }
}
