//! What was sent and does not fit into the reactor's outbox yet.

use std::collections::VecDeque;

use crate::context::Context;
use crate::protocol::{OpCode, OwnedMessage};

/// One frame to be.
#[derive(Debug)]
pub(super) enum Parcel {
    Message(OwnedMessage),
    Ping(Vec<u8>),
}

/// The queue between those who send and the loop.
#[derive(Debug)]
pub(super) struct Outgoing {
    parcels: VecDeque<Parcel>,
    bytes: usize,
    limit: usize,
}

/// What became of a queue that was poured out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Poured {
    All,
    /// The outbox is full. The handler is told when that changes.
    Stuck,
}

impl Parcel {
    fn len(&self) -> usize {
        match self {
            Self::Message(message) => message.as_message().len(),
            Self::Ping(payload) => payload.len(),
        }
    }
}

impl Outgoing {
    pub(super) fn new(limit: usize) -> Self {
        Self { parcels: VecDeque::new(), bytes: 0, limit }
    }

    /// Whether `parcel` may be pushed. An empty queue takes whatever it is.
    pub(super) fn has_room_for(&self, parcel: &Parcel) -> bool {
        self.parcels.is_empty() || self.bytes.saturating_add(weight(parcel)) <= self.limit
    }

    pub(super) fn push(&mut self, parcel: Parcel) {
        self.bytes += weight(&parcel);
        self.parcels.push_back(parcel);
    }

    pub(super) fn clear(&mut self) {
        self.parcels.clear();
        self.bytes = 0;
    }

    /// Moves into the connection's outbox what fits there.
    pub(super) fn pour(&mut self, context: &mut Context<'_>) -> Poured {
        while let Some(parcel) = self.parcels.pop_front() {
            if !context.state.has_room(context.slot, parcel.len()) {
                self.parcels.push_front(parcel);
                return Poured::Stuck;
            }
            self.bytes = self.bytes.saturating_sub(weight(&parcel));
            // What a closed connection refuses is lost; whoever sent it will be told of the end.
            match &parcel {
                Parcel::Message(message) => drop(context.send(message)),
                Parcel::Ping(payload) => drop(context.state.control(context.slot, OpCode::Ping, payload)),
            }
        }
        Poured::All
    }
}

/// What a parcel costs: its bytes, and something for the parcel itself, so that empty ones are bounded too.
fn weight(parcel: &Parcel) -> usize {
    parcel.len() + size_of::<Parcel>()
}
