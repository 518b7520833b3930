//! From the outboxes to the sockets, once a turn.

use std::io::IoSlice;

use super::engine::Engine;
use super::outgoing::Sockets;
use super::world::World;
use crate::connection::{Cause, PIECES, Phase};
use crate::protocol::Role;
use crate::transport::Outflow;

impl<W: World> Engine<W> {
    /// Writes what waits for one peer, in one write.
    pub(super) fn flush(&mut self, slot: usize) {
        self.write_waiting(slot);
        let done = self
            .state
            .slots
            .get(slot)
            .is_some_and(|connection| connection.outbox.is_empty());
        if done && self.state.phase(slot) == Phase::Flushing {
            self.say_no_more(slot);
        }
    }

    fn write_waiting(&mut self, slot: usize) {
        let Some(connection) = self.state.slots.get(slot) else {
            return;
        };
        if connection.outbox.is_empty() || connection.phase == Phase::Dead {
            return;
        }
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let count = connection.outbox.pieces(&mut pieces);
        let pieces = pieces.get(..count).unwrap_or_default();
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        let complete = offered == connection.outbox.len();
        match self.links.write(slot, pieces) {
            Ok(Outflow::Bytes(count)) => {
                self.state.wrote(slot, count);
                let short = count < offered;
                if short {
                    self.state.blocked(slot);
                }
                // There is more than one write takes, or the socket reports only what would have blocked.
                if (!short && !complete) || (short && !W::SHORT_READ_EMPTIES) {
                    self.state.mark_dirty(slot);
                }
            }
            Ok(Outflow::Blocked) => self.state.blocked(slot),
            Err(error) => self.state.drop_connection(slot, Cause::Lost(error.kind())),
        }
    }

    /// Everything is said: end this side, so that the peer can read it all and end its own.
    fn say_no_more(&mut self, slot: usize) {
        // It is for the server to end the TCP connection first (RFC 6455, section 7.1.1).
        let client = self
            .state
            .slots
            .get(slot)
            .is_some_and(|connection| connection.role == Role::Client);
        let ended = if client {
            Ok(())
        } else {
            self.links.shutdown_write(slot)
        };
        match ended {
            Ok(()) => {
                self.state.enter(slot, Phase::Lingering);
                // The peer may have ended its side already, in which case nothing more is reported.
                self.state.mark_again(slot);
            }
            Err(_) => self.state.enter(slot, Phase::Dead),
        }
    }
}
