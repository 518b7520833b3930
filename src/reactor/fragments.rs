//! One message in many frames, over many turns (RFC 6455, section 5.4).
//!
//! While it is under way its connection is not lent the write buffer: every frame goes to the outbox, and the
//! turn writes it. So a long message never holds up the loop, and every other way to send, which is tried
//! there first, finds the floor taken.

use std::io;

use super::state::State;
use crate::connection::Unfinished;
use crate::error::SendError;
use crate::protocol::{Fin, Kind};

impl State {
    /// Takes the floor for a message in frames of at most `max_frame` bytes.
    pub(crate) fn begin_message(
        &mut self,
        slot: usize,
        kind: Kind,
        max_frame: usize,
    ) -> Result<(), SendError<Kind>> {
        let max_frame = max_frame.min(self.message_capacity());
        let Some(connection) = self.slots.get_mut(slot).filter(|connection| connection.phase.is_open())
        else {
            return Err(SendError::Closed(kind));
        };
        if connection.outbox.unfinished().is_some() {
            return Err(SendError::Unfinished(kind));
        }
        let message = Box::new(Unfinished::new(kind, max_frame));
        connection.outbox.set_unfinished(message, self.now, &mut self.spares);
        self.uncork_owner(slot);
        Ok(())
    }

    /// Whether a fragmented message is being sent, and may be gone on with.
    pub(crate) fn is_amid_message(&self, slot: usize) -> bool {
        self.unfinished(slot).is_some()
    }

    /// How many bytes of the message are taken now; none if the connection is closing. Where there is no room,
    /// something waits, and an `on_drain` will come.
    pub(crate) fn message_room(&mut self, slot: usize) -> usize {
        self.put_full_frame(slot);
        let capacity = self.message_capacity();
        let Some(message) = self.unfinished(slot) else {
            return 0;
        };
        match self.buffered(slot) {
            0 => message.room_alone(capacity),
            waiting => message.room(capacity.saturating_sub(waiting)),
        }
    }

    /// Takes the next bytes of the message, as many as there is room for in the next frame.
    pub(crate) fn write_message(&mut self, slot: usize, bytes: &[u8]) -> io::Result<usize> {
        if self.unfinished(slot).is_none() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        let room = self.message_room(slot);
        if room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.with_unfinished(slot, |state, message| {
            let (part, rest) = bytes.split_at(message.fitting(bytes).min(room));
            message.check(part).map_err(invalid)?;
            if !rest.is_empty() && message.is_whole_frame(part) {
                state.put(slot, (message.next_opcode(), Fin::More), part);
            } else {
                message.gather(part);
            }
            Ok(part.len())
        })
    }

    /// Makes a frame of what was gathered.
    pub(crate) fn flush_message(&mut self, slot: usize) -> io::Result<()> {
        self.with_unfinished(slot, |state, message| {
            if !message.pending().is_empty() {
                state.put(slot, (message.next_opcode(), Fin::More), message.pending());
                message.sent();
            }
            Ok(())
        })
    }

    /// Ends the message, and gives the floor back.
    pub(crate) fn finish_message(&mut self, slot: usize) -> io::Result<()> {
        self.with_unfinished(slot, |state, message| {
            message.check_end().map_err(invalid)?;
            state.put(slot, (message.next_opcode(), Fin::Final), message.pending());
            message.sent();
            Ok(())
        })?;
        if let Some(connection) = self.slots.get_mut(slot) {
            // Its last frame waits, so there is an outbox to keep.
            connection.outbox.take_unfinished();
        }
        Ok(())
    }

    /// What a message may fill of the outbox: a quarter stays free, so that pongs still find room.
    fn message_capacity(&self) -> usize {
        let most = self.config.max_outbox;
        (most - most / 4).max(1)
    }

    fn unfinished(&self, slot: usize) -> Option<&Unfinished> {
        let connection = self.slots.get(slot).filter(|connection| connection.phase.is_open())?;
        connection.outbox.unfinished()
    }

    /// A full frame is kept back until it is certain that it is not the last.
    fn put_full_frame(&mut self, slot: usize) {
        if self.unfinished(slot).is_some_and(Unfinished::is_full) {
            // It is there: it was just seen.
            self.flush_message(slot).ok();
        }
    }

    /// Works on the message under way while it lies outside of its connection.
    fn with_unfinished<T>(
        &mut self,
        slot: usize,
        work: impl FnOnce(&mut Self, &mut Unfinished) -> io::Result<T>,
    ) -> io::Result<T> {
        let open = self.slots.get_mut(slot).filter(|connection| connection.phase.is_open());
        let Some(mut message) = open.and_then(|connection| connection.outbox.take_unfinished()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let outcome = work(self, &mut message);
        if let Some(connection) = self.slots.get_mut(slot) {
            connection.outbox.set_unfinished(message, self.now, &mut self.spares);
        }
        outcome
    }
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
