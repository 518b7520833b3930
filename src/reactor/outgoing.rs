//! Frames on their way out.
//!
//! While a callback of a connection runs, what is sent to it is encoded into the loop's one write buffer, the
//! [`Cork`](super::cork::Cork), and written when the callbacks of this read are done. What is sent to anybody else, or does not
//! fit through the socket, waits in an outbox, and every outbox is written once at the end of the turn.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::rc::Rc;

use socket2::SockRef;

use super::state::{Notice, State};
use crate::config::Overflow;
use crate::connection::{Cause, Closed, Level, Phase};
use crate::error::SendError;
use crate::protocol::transmit::{encode, header};
use crate::protocol::{CloseCode, CloseFrame, Fin, Message, OpCode, Role};
use crate::transport::Outflow;

/// From this length on, a payload is written from where it lies instead of being copied.
const DIRECT: usize = 32 * 1024;

/// A longer message for many is shared by their outboxes instead of being copied into each.
const SHARED: usize = 1024;

/// The longest frame header.
const HEADER: usize = 14;

/// The sockets under their slots, as far as callbacks may reach them.
pub(crate) trait Sockets {
    fn write(&mut self, slot: usize, parts: &[IoSlice<'_>]) -> io::Result<Outflow>;
    fn local_addr(&self, slot: usize) -> Option<SocketAddr>;
    fn options(&self, slot: usize) -> Option<SockRef<'_>>;
}

/// What became of a message for many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Published {
    /// How many connections it was queued for.
    pub sent: usize,
    /// How many it was not queued for, because they read too slowly or are being sent a message in fragments.
    pub refused: usize,
}

/// Why something cannot be queued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refusal {
    Closed,
    Full,
    /// Another message is being sent in fragments.
    Unfinished,
}

impl Refusal {
    fn give_back<M>(self, message: M) -> SendError<M> {
        match self {
            Self::Closed => SendError::Closed(message),
            Self::Full => SendError::Full(message),
            Self::Unfinished => SendError::Unfinished(message),
        }
    }
}

impl State {
    /// Lends the write buffer to a connection whose callbacks are about to run, if it is open and nothing
    /// waits that must leave first. Both hold for as long as it is lent.
    pub(crate) fn take_cork(&mut self, slot: usize) {
        let Some(connection) = self.slots.get(slot) else {
            return;
        };
        if connection.phase.is_open() && connection.outbox.is_free() {
            self.cork.lend(slot, connection.role);
        }
    }

    /// Queues a message. What is not queued comes back.
    #[inline]
    pub(crate) fn send<'m>(
        &mut self,
        slot: usize,
        message: Message<'m>,
        sockets: &mut dyn Sockets,
    ) -> Result<(), SendError<Message<'m>>> {
        let (first, payload) = ((message.opcode(), Fin::Final), message.as_bytes());
        if !self.cork.is_owned_by(slot) {
            return self.send_behind(slot, message);
        }
        let mask = self.masks.mask(self.cork.role());
        if payload.len() >= DIRECT || self.cork.push(first, payload, mask).is_none() {
            self.send_long(slot, first, payload, sockets);
        }
        Ok(())
    }

    /// Queues a message behind what waits already, or for a connection whose callbacks are not running.
    fn send_behind<'m>(&mut self, slot: usize, message: Message<'m>) -> Result<(), SendError<Message<'m>>> {
        match self.admits_message(slot, message.len()) {
            Ok(()) => {
                self.put_in_outbox(slot, (message.opcode(), Fin::Final), message.as_bytes());
                Ok(())
            }
            Err(refusal) => Err(refusal.give_back(message)),
        }
    }

    /// Queues a ping or pong (RFC 6455, sections 5.5.2 and 5.5.3).
    pub(crate) fn control<'p>(
        &mut self,
        slot: usize,
        opcode: OpCode,
        payload: &'p [u8],
    ) -> Result<(), SendError<&'p [u8]>> {
        if payload.len() > 125 {
            return Err(SendError::TooLong(payload));
        }
        if let Err(refusal) = self.admits(slot, payload.len()) {
            return Err(refusal.give_back(payload));
        }
        self.put(slot, (opcode, Fin::Final), payload);
        Ok(())
    }

    /// Queues a message for all members of a topic but `except`, encoded once.
    pub(crate) fn publish(&mut self, topic: &str, message: Message<'_>, except: Option<usize>) -> Published {
        let mut published = Published::default();
        let Some(topic) = self.topics.find(topic) else {
            return published;
        };
        let mut bytes = Vec::new();
        encode(&mut bytes, (message.opcode(), Fin::Final), message.as_bytes(), None);
        let frame: Rc<[u8]> = bytes.into();
        for position in 0..self.topics.len(topic) {
            let Some(slot) = self.topics.member(topic, position).filter(|&slot| Some(slot) != except) else {
                continue;
            };
            match self.admits_message(slot, message.len()) {
                Ok(()) => {
                    self.put_encoded(slot, &frame, message);
                    published.sent += 1;
                }
                Err(Refusal::Full | Refusal::Unfinished) => published.refused += 1,
                // It has not left its topics yet, but it will before the turn ends.
                Err(Refusal::Closed) => {}
            }
        }
        published
    }

    /// Appends a Close frame behind everything that waits. An impossible one has been refused before.
    pub(crate) fn put_close(&mut self, slot: usize, frame: &CloseFrame<'_>) {
        let empty = frame.code == CloseCode::Status;
        match frame.payload() {
            Ok(payload) if !empty => self.put(slot, (OpCode::Close, Fin::Final), payload.as_ref()),
            _ => self.put(slot, (OpCode::Close, Fin::Final), &[]),
        }
    }

    /// How many bytes wait for the peer.
    pub(crate) fn buffered(&self, slot: usize) -> usize {
        let corked = if self.cork.is_owned_by(slot) { self.cork.as_slice().len() } else { 0 };
        corked + self.slots.get(slot).map_or(0, |connection| connection.outbox.len())
    }

    /// Whether a message of `len` bytes may be queued.
    fn admits_message(&mut self, slot: usize, len: usize) -> Result<(), Refusal> {
        if self.is_amid_message(slot) { Err(Refusal::Unfinished) } else { self.admits(slot, len) }
    }

    /// Whether a frame of `len` bytes may be queued. Where it may not and the configuration says so, this
    /// is the end of the connection.
    #[inline]
    fn admits(&mut self, slot: usize, len: usize) -> Result<(), Refusal> {
        let Some(connection) = self.slots.get(slot).filter(|connection| connection.phase.is_open()) else {
            return Err(Refusal::Closed);
        };
        let waiting = connection.outbox.len();
        if waiting == 0 || waiting + len + HEADER <= self.config.max_outbox {
            return Ok(());
        }
        Err(self.overflow(slot))
    }

    /// Whether a message of `len` bytes would be queued or need not be, for its connection has ended. If it would be
    /// refused, `on_drain` will be called when there is room.
    pub(crate) fn has_room(&mut self, slot: usize, len: usize) -> bool {
        let max_outbox = self.config.max_outbox;
        let Some(connection) = self.slots.get_mut(slot).filter(|connection| connection.phase.is_open())
        else {
            return true;
        };
        let waiting = connection.outbox.len();
        let fits = waiting == 0 || waiting + len + HEADER <= max_outbox;
        if !fits {
            connection.outbox.owe_drain();
        }
        fits
    }

    #[cold]
    fn overflow(&mut self, slot: usize) -> Refusal {
        if let Some(connection) = self.slots.get_mut(slot) {
            connection.outbox.owe_drain();
        }
        if self.config.overflow == Overflow::Close {
            // A Close frame would wait behind what the peer does not read.
            self.end(slot, Closed::failed(CloseCode::Abnormal, Cause::TooSlow), Phase::Dead);
        }
        Refusal::Full
    }

    /// Encodes a frame behind everything that waits for this connection.
    pub(crate) fn put(&mut self, slot: usize, first: (OpCode, Fin), payload: &[u8]) {
        if self.cork.is_owned_by(slot) {
            let mask = self.masks.mask(self.cork.role());
            if self.cork.push(first, payload, mask).is_some() {
                return;
            }
            self.uncork(slot);
        }
        self.put_in_outbox(slot, first, payload);
    }

    /// Appends encoded bytes to everything that waits for this connection.
    pub(crate) fn append(&mut self, slot: usize, bytes: &[u8]) {
        if self.cork.is_owned_by(slot) {
            if self.cork.extend(bytes).is_some() {
                return;
            }
            self.uncork(slot);
        }
        self.append_to_outbox(slot, bytes.len(), |out| out.extend_from_slice(bytes));
    }

    /// Queues a message for one of many: the frame that all share, or one of its own for a client, which masks.
    fn put_encoded(&mut self, slot: usize, frame: &Rc<[u8]>, message: Message<'_>) {
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        if connection.role == Role::Client {
            self.put(slot, (message.opcode(), Fin::Final), message.as_bytes());
        } else if frame.len() <= SHARED || self.cork.is_owned_by(slot) {
            self.append(slot, frame);
        } else {
            connection.outbox.append_shared(frame, self.now, &mut self.spares);
            self.mark_waiting(slot);
        }
    }

    fn put_in_outbox(&mut self, slot: usize, first: (OpCode, Fin), payload: &[u8]) {
        let role = self.slots.get(slot).map_or(Role::Server, |connection| connection.role);
        let mask = self.masks.mask(role);
        self.append_to_outbox(slot, payload.len() + HEADER, |out| {
            encode(out, first, payload, mask);
        });
    }

    fn append_to_outbox(&mut self, slot: usize, size: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        connection.outbox.append(size, self.now, &mut self.spares, write);
        self.mark_waiting(slot);
    }

    /// Has an outbox written at the end of the turn, unless its socket has yet to say that it takes more.
    fn mark_waiting(&mut self, slot: usize) {
        if self.slots.get(slot).is_some_and(|connection| !connection.outbox.is_blocked()) {
            self.mark_dirty(slot);
        }
    }

    /// Takes the cork from its owner; what it holds waits in the outbox.
    fn uncork(&mut self, slot: usize) {
        if let Some(connection) = self.slots.get_mut(slot).filter(|_| !self.cork.as_slice().is_empty()) {
            let bytes = self.cork.as_slice();
            connection.outbox.append(bytes.len(), self.now, &mut self.spares, |out| {
                out.extend_from_slice(bytes);
            });
            self.mark_dirty(slot);
        }
        self.cork.take_back();
    }

    /// Takes the cork from a connection for which nothing more may go through it.
    pub(crate) fn uncork_owner(&mut self, slot: usize) {
        if self.cork.is_owned_by(slot) {
            self.uncork(slot);
        }
    }

    /// Sends what is long or does not fit into the cork: from where it lies, unless it has to be masked.
    fn send_long(&mut self, slot: usize, first: (OpCode, Fin), payload: &[u8], sockets: &mut dyn Sockets) {
        if self.cork.role() == Role::Client {
            self.uncork(slot);
            return self.put_in_outbox(slot, first, payload);
        }
        let (bytes, size) = header(first, payload.len(), None);
        self.write_cork(bytes.get(..size).unwrap_or_default(), payload, sockets);
    }

    /// Writes the cork, and takes it back from its owner.
    pub(crate) fn finish_cork(&mut self, sockets: &mut dyn Sockets) {
        if !self.cork.as_slice().is_empty() {
            self.write_cork(&[], &[], sockets);
        }
        self.cork.take_back();
    }

    /// Writes the cork and a frame behind it. What the socket does not take waits in the outbox, and what is
    /// sent from then on waits behind it.
    fn write_cork(&mut self, header: &[u8], payload: &[u8], sockets: &mut dyn Sockets) {
        let Some(slot) = self.cork.owner() else { return };
        let parts = [self.cork.as_slice(), header, payload];
        let slices = parts.map(IoSlice::new);
        let offered: usize = parts.iter().map(|part| part.len()).sum();
        let written = match header {
            [] => sockets.write(slot, slices.get(..1).unwrap_or_default()),
            _ => sockets.write(slot, &slices),
        };
        match written {
            Ok(Outflow::Bytes(count)) if count == offered => {}
            Ok(Outflow::Bytes(count)) => self.keep_unwritten(slot, count, header, payload),
            Ok(Outflow::Blocked) => self.keep_unwritten(slot, 0, header, payload),
            Err(error) => self.drop_connection(slot, Cause::Lost(error.kind())),
        }
        self.cork.clear();
    }

    fn keep_unwritten(&mut self, slot: usize, written: usize, header: &[u8], payload: &[u8]) {
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        let parts = [self.cork.as_slice(), header, payload];
        let size = parts.iter().map(|part| part.len()).sum::<usize>() - written;
        connection.outbox.append(size, self.now, &mut self.spares, |out| {
            let mut skip = written;
            for part in parts {
                out.extend_from_slice(part.get(skip..).unwrap_or_default());
                skip = skip.saturating_sub(part.len());
            }
        });
        self.cork.take_back();
        self.blocked(slot);
        // It took a part, which on some systems does not make it say when it takes more.
        if written > 0 {
            self.mark_dirty(slot);
        }
    }

    /// The socket took all it would: from now on the peer has to show progress.
    pub(crate) fn blocked(&mut self, slot: usize) {
        if let Some(connection) = self.slots.get_mut(slot) {
            connection.outbox.blocked(self.config.drain_mark);
        }
        self.schedule(slot);
    }

    /// Drops what was written of an outbox.
    pub(crate) fn wrote(&mut self, slot: usize, count: usize) {
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        let level = connection.outbox.advance(count, self.now, self.config.drain_mark, &mut self.spares);
        if level == Level::Drained && connection.phase.is_open() {
            self.notices.push_back((slot, Notice::Drain));
        }
    }
}
