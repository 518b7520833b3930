//! Requests about which a route decides later: held with what their peers send early, until the token speaks,
//! the peer leaves, or the deadline of the opening handshake comes.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use super::callbacks::{Contained, contained};
use super::engine::Engine;
use super::mailbox::Decision;
use super::opening::{Asked, mistaken};
use super::state::State;
use super::world::World;
use crate::accept::Accept;
use crate::accept::{Defer, Deferred, Waiting};
use crate::connection::{Cause, Held, Phase};
use crate::id::ConnectionId;
use crate::protocol::handshake::Method;
use crate::transport::Intake;

/// A request that waits for its decision.
#[derive(Debug)]
struct Deferral {
    /// Read again when the decision comes.
    head: Box<[u8]>,
    waiting: Arc<Waiting>,
}

/// All requests that wait for their decisions, by slot.
#[derive(Debug, Default)]
pub(crate) struct Deferrals(HashMap<usize, Deferral>);

impl Deferrals {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells the token that nobody waits for it any more.
    pub(super) fn forget(&mut self, slot: usize) {
        if let Some(deferral) = self.0.remove(&slot) {
            deferral.waiting.end();
        }
    }
}

impl State {
    /// Begins to wait for a decision. The deadline of the opening handshake stays where it is.
    fn defer(&mut self, slot: usize, head: &[u8]) -> Deferred {
        let waiting = Waiting::new();
        self.deferrals.0.insert(slot, Deferral { head: head.into(), waiting: Arc::clone(&waiting) });
        if let Some(connection) = self.slots.get_mut(slot) {
            connection.phase = Phase::Deferred;
        }
        // What came behind the head, or the end of the stream, may be there already.
        self.mark_again(slot);
        Deferred::new(Arc::clone(&self.mailbox), self.id(slot), waiting)
    }

    /// Takes the head of the request that waits under this id, if it still does.
    fn take_deferral(&mut self, id: ConnectionId) -> Option<(usize, Box<[u8]>)> {
        let connection = self.slots.get(id.slot())?;
        if connection.generation != id.generation() || connection.phase != Phase::Deferred {
            return None;
        }
        let deferral = self.deferrals.0.remove(&id.slot())?;
        Some((id.slot(), deferral.head))
    }

    /// Keeps what a peer sends before it has an answer, to be looked at after `on_open`.
    pub(super) fn hold_early(&mut self, slot: usize, bytes: &[u8]) {
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        let held = connection
            .held
            .get_or_insert_with(|| Box::new(Held { buffer: self.pool.take(bytes.len()), ..Held::default() }));
        held.buffer.extend(bytes);
    }

    /// How many bytes more of a peer are held early.
    fn early_room(&self, slot: usize) -> usize {
        let held = self.slots.get(slot).and_then(|connection| connection.held.as_ref());
        self.config.read_buffer.saturating_sub(held.map_or(0, |held| held.buffer.len()))
    }
}

impl<W: World> Engine<W> {
    /// The route decides later: its token goes where it says.
    pub(super) fn defer(&mut self, slot: usize, head: &[u8], defer: Defer) {
        let token = self.state.defer(slot, head);
        // If it panics, the token is dropped, which answers.
        if matches!(contained(|| defer.hand_over(token)), Contained::Panicked) {
            log::error!("{}: deferring a request panicked", self.state.id(slot));
        }
    }

    /// The token has spoken.
    pub(super) fn decide(&mut self, id: ConnectionId, decision: Decision) {
        let Some((slot, head)) = self.state.take_deferral(id) else {
            contained(|| drop(decision));
            return;
        };
        let accept = match contained(decision) {
            Contained::Done(accept) => accept,
            Contained::Panicked | Contained::Absent => {
                Accept::Reject(mistaken("a deferred decision panicked"))
            }
        };
        match Asked::read(self, slot, &head) {
            Ok(asked) => self.follow(slot, &asked, accept),
            // It was well formed before.
            Err(refusal) => self.respond(slot, &refusal.into(), Method::Get),
        }
        // What was held, and what was left unread, is reported by nothing.
        self.state.mark_again(slot);
    }

    /// Reads what a peer sends early, as far as it may be held.
    pub(super) fn read_early(&mut self, slot: usize) {
        let mut inbox = mem::take(&mut self.inbox);
        let end = self.hold_all_early(slot, &mut inbox);
        self.inbox = inbox;
        if let Some(cause) = end {
            self.state.drop_connection(slot, cause);
        }
    }

    fn hold_all_early(&mut self, slot: usize, inbox: &mut [u8]) -> Option<Cause> {
        loop {
            let room = self.state.early_room(slot);
            let room = inbox.get_mut(..room).filter(|room| !room.is_empty())?;
            match self.links.read(slot, room) {
                Ok(Intake::Bytes(count)) => {
                    self.state.hold_early(slot, room.get(..count).unwrap_or_default());
                }
                Ok(Intake::Blocked) => return None,
                Ok(Intake::End) => return Some(Cause::Ended),
                Err(error) => return Some(Cause::Lost(error.kind())),
            }
        }
    }
}
