//! What a callback can do: to its own connection, and through [`Loop`] to the others.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;

use crate::connection::{Cause, Reading};
use crate::error::{SendError, SubscribeError};
use crate::handle::{Handle, Sender};
use crate::id::{ConnectionId, TimerId};
use crate::protocol::handshake::Headers;
use crate::protocol::{CloseCode, CloseFrame, InvalidClose, Message, OpCode};
use crate::reactor::{Published, Sockets, State};
use crate::view::Loop;

/// The connection whose callback is running, and the loop around it.
///
/// What is asked here takes effect at once, and never calls another callback before this one has returned.
pub struct Context<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) sockets: &'a mut dyn Sockets,
    pub(crate) slot: usize,
}

impl Context<'_> {
    /// This connection's id.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.state.id(self.slot)
    }

    /// Sends a message to this connection's peer, in one frame.
    ///
    /// It leaves with everything else this connection's callbacks send in answer to what was just read, in
    /// one write; a long one leaves at once. What the socket does not take waits: see
    /// [`buffered`](Self::buffered).
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] once either side has begun to close, [`SendError::Full`] while too much waits
    /// for the peer. Both give the message back.
    #[inline]
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), SendError<Message<'m>>> {
        self.state.send(self.slot, message.into(), &mut *self.sockets)
    }

    /// Sends a ping with a payload of at most 125 bytes (RFC 6455, section 5.5.2).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::TooLong`].
    pub fn ping<'p>(&mut self, payload: &'p [u8]) -> Result<(), SendError<&'p [u8]>> {
        self.state.control(self.slot, OpCode::Ping, payload)
    }

    /// Sends a pong with a payload of at most 125 bytes (RFC 6455, section 5.5.3), unasked or because
    /// [`Config::automatic_pong`](crate::Config::automatic_pong) is off.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::TooLong`].
    pub fn pong<'p>(&mut self, payload: &'p [u8]) -> Result<(), SendError<&'p [u8]>> {
        self.state.control(self.slot, OpCode::Pong, payload)
    }

    /// Closes this connection (RFC 6455, section 7): what was sent before still arrives, nothing can be
    /// sent after, and no more messages are delivered. `on_close` follows when the peer has answered, or
    /// after [`Config::close_timeout`](crate::Config::close_timeout).
    ///
    /// Closing a connection that is closing already changes nothing.
    ///
    /// # Errors
    ///
    /// A code that must not be sent, or a reason over 123 bytes; the connection stays open.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), InvalidClose> {
        let frame = CloseFrame::new(code, reason);
        frame.payload()?;
        self.state.close(self.slot, &frame);
        Ok(())
    }

    /// Drops this connection at once, without a closing handshake. What waits for the peer is lost.
    pub fn abort(&mut self) {
        self.state.drop_connection(self.slot, Cause::Aborted);
    }

    /// Sends a message to another connection, or to this one.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); an id whose connection is gone gives [`SendError::Closed`].
    pub fn send_to<'m>(
        &mut self,
        id: ConnectionId,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendError<Message<'m>>> {
        self.others().send(id, message)
    }

    /// Subscribes this connection to a topic, until it unsubscribes or ends. Doing so again changes nothing.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`]: a closing connection, an empty or too long name, or a limit of
    /// [`Config`](crate::Config).
    pub fn subscribe(&mut self, topic: &str) -> Result<(), SubscribeError> {
        self.state.subscribe(self.slot, topic)
    }

    /// Ends the subscription to a topic. Says whether there was one.
    pub fn unsubscribe(&mut self, topic: &str) -> bool {
        self.state.unsubscribe(self.slot, topic)
    }

    /// Sends a message to every subscriber of a topic, this connection included if it is one.
    pub fn publish<'m>(&mut self, topic: &str, message: impl Into<Message<'m>>) -> Published {
        self.state.publish(topic, message.into(), None)
    }

    /// Sends a message to every subscriber of a topic but this connection.
    pub fn publish_to_others<'m>(&mut self, topic: &str, message: impl Into<Message<'m>>) -> Published {
        self.state.publish(topic, message.into(), Some(self.slot))
    }

    /// Has [`on_timer`](crate::Handler::on_timer) called after `delay`, to the millisecond and never
    /// earlier. A timer runs out once; with the connection it is gone.
    pub fn set_timer(&mut self, delay: Duration) -> TimerId {
        let due = self.state.after(delay);
        self.state.set_timer(self.slot, due)
    }

    /// Takes a timer of this connection back. Says whether it was still running.
    pub fn cancel_timer(&mut self, timer: TimerId) -> bool {
        self.state.cancel_timer(self.slot, timer)
    }

    /// Stops reading: what the peer sends waits on its side, and no message, ping or close is noticed, until
    /// [`resume`](Self::resume). No idle timeout runs meanwhile. For a handler that cannot take more at the
    /// moment.
    pub fn pause(&mut self) {
        self.state.set_reading(self.slot, Reading::Paused);
    }

    /// Goes on reading.
    pub fn resume(&mut self) {
        self.state.set_reading(self.slot, Reading::On);
    }

    /// How many bytes wait for this connection's peer, frame headers included.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.state.buffered(self.slot)
    }

    /// The peer's address, or `None` where it has none. Still there in `on_close`.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.state.slots.get(self.slot)?.peer_addr()
    }

    /// The address at which the peer reached this side, or `None` when the system does not know it any more.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.sockets.local_addr(self.slot)
    }

    /// The path that was asked for, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.place().map_or("", |place| &place.path)
    }

    /// The subprotocol that both sides agreed to, if any (RFC 6455, section 1.9).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.place()?.subprotocol.as_deref()
    }

    /// For a client, the headers of the server's answer. For a server, the headers of the request: all of them if the route keeps them
    /// ([`Open::keep_headers`](crate::Open::keep_headers)), else none.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        self.place().map_or_else(Headers::default, |place| place.headers.headers())
    }

    /// The socket, to set options this library does not know.
    ///
    /// Its reads and writes are the loop's: use it for options alone.
    #[must_use]
    pub fn socket(&self) -> Option<SockRef<'_>> {
        self.sockets.options(self.slot)
    }

    /// All connections of the reactor, as this callback may reach them.
    pub fn others(&mut self) -> Loop<'_> {
        Loop { state: &mut *self.state, sockets: &mut *self.sockets }
    }

    /// A way to this connection from any thread.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.handle().sender(self.id())
    }

    /// A way to the reactor from any thread.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(self.state.mailbox.clone())
    }

    pub(crate) fn place(&self) -> Option<&crate::connection::Place> {
        self.state.slots.get(self.slot)?.place.as_deref()
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Context").field("id", &self.id()).finish_non_exhaustive()
    }
}
