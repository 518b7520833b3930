//! The reactor as its own thread sees it: every connection by its id.

mod info;
mod listening;
mod timers;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::connect::{Connect, InvalidConnect};
use crate::connection::{Cause, Reading};
use crate::error::SendError;
use crate::handle::Handle;
use crate::handler::Handler;
use crate::id::ConnectionId;
use crate::protocol::{CloseCode, CloseFrame, InvalidClose, Message, OpCode};
use crate::reactor::{Published, Sockets, State};

pub use info::ConnectionInfo;

/// The connections of a reactor, for a closure that runs on the loop ([`Handle::run`]) or a callback
/// that reaches for other connections ([`Context::others`](crate::Context::others)).
///
/// ```
/// use ws_reactor::{CloseCode, Config, Reactor};
///
/// let reactor = Reactor::new(Config::default())?;
/// reactor.handle().run(|everyone| {
///     let ids: Vec<_> = everyone.connections().collect();
///     for id in ids {
///         everyone.close(id, CloseCode::Restart, "back in a minute").ok();
///     }
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Loop<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) sockets: &'a mut dyn Sockets,
}

impl Loop<'_> {
    /// Sends a message to a connection.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] if it is closing or gone, [`SendError::Full`] while too much waits for its
    /// peer. Both give the message back.
    pub fn send<'m>(
        &mut self,
        id: ConnectionId,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendError<Message<'m>>> {
        let message = message.into();
        match self.state.find(id) {
            Some(slot) => self.state.send(slot, message, &mut *self.sockets),
            None => Err(SendError::Closed(message)),
        }
    }

    /// Sends a ping to a connection, with a payload of at most 125 bytes (RFC 6455, section 5.5.2).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::TooLong`].
    pub fn ping<'p>(&mut self, id: ConnectionId, payload: &'p [u8]) -> Result<(), SendError<&'p [u8]>> {
        match self.state.find(id) {
            Some(slot) => self.state.control(slot, OpCode::Ping, payload),
            None => Err(SendError::Closed(payload)),
        }
    }

    /// Connects to the address of a WebSocket, as [`Reactor::connect`](crate::Reactor::connect) does.
    ///
    /// # Errors
    ///
    /// [`InvalidConnect`] for what cannot even be tried; the handler is dropped.
    pub fn connect<C>(&mut self, connect: C, handler: impl Handler) -> Result<ConnectionId, InvalidConnect>
    where
        C: TryInto<Connect>,
        InvalidConnect: From<C::Error>,
    {
        self.state.connect(connect.try_into()?, Box::new(handler))
    }

    /// Sends a message to every subscriber of a topic. It is encoded once.
    pub fn publish<'m>(&mut self, topic: &str, message: impl Into<Message<'m>>) -> Published {
        self.state.publish(topic, message.into(), None)
    }

    /// Closes a connection as [`Context::close`](crate::Context::close) does, and gives up one that is still being
    /// made. Says whether there was one.
    ///
    /// # Errors
    ///
    /// A code that must not be sent, or a reason over 123 bytes; the connection stays open.
    pub fn close(&mut self, id: ConnectionId, code: CloseCode, reason: &str) -> Result<bool, InvalidClose> {
        let frame = CloseFrame::new(code, reason);
        frame.payload()?;
        Ok(self.state.close_by_id(id, &frame))
    }

    /// Drops a connection at once, without a closing handshake; `on_close` follows, or `on_failed` where the
    /// connection was still being made. Says whether it was there.
    pub fn abort(&mut self, id: ConnectionId) -> bool {
        let slot = self.state.find(id).or(self.state.find_dialing(id));
        if let Some(slot) = slot {
            self.state.drop_connection(slot, Cause::Aborted);
        }
        slot.is_some()
    }

    /// Stops reading from a connection, as [`Context::pause`](crate::Context::pause) does. Says whether it is
    /// there.
    pub fn pause(&mut self, id: ConnectionId) -> bool {
        self.set_reading(id, Reading::Paused)
    }

    /// Goes on reading from a connection. Says whether it is there.
    pub fn resume(&mut self, id: ConnectionId) -> bool {
        self.set_reading(id, Reading::On)
    }

    fn set_reading(&mut self, id: ConnectionId, reading: Reading) -> bool {
        let slot = self.state.find(id);
        if let Some(slot) = slot {
            self.state.set_reading(slot, reading);
        }
        slot.is_some()
    }

    /// How many bytes wait for a connection's peer, or `None` if it is gone.
    #[must_use]
    pub fn buffered(&self, id: ConnectionId) -> Option<usize> {
        self.state.find(id).map(|slot| self.state.buffered(slot))
    }

    /// The address of a connection's peer, or `None` if it is gone or has none.
    #[must_use]
    pub fn peer_addr(&self, id: ConnectionId) -> Option<SocketAddr> {
        let slot = self.state.find(id)?;
        self.state.slots.get(slot)?.peer_addr()
    }

    /// The ids of all connections that are open.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> + '_ {
        let open = self.state.slots.iter().filter(|(_, connection)| connection.phase.is_open());
        open.map(|(slot, connection)| ConnectionId::new(slot, connection.generation))
    }

    /// All connections that are open, with their addresses, paths and ages.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ws_reactor::{CloseCode, Config, Reactor};
    ///
    /// let reactor = Reactor::new(Config::default())?;
    /// reactor.handle().run(|everyone| {
    ///     let old = everyone.connection_infos().filter(|info| info.age() > Duration::from_secs(86_400));
    ///     let ids: Vec<_> = old.filter(|info| info.path() == "/chat").map(|info| info.id()).collect();
    ///     for id in ids {
    ///         everyone.close(id, CloseCode::Away, "a day is enough").ok();
    ///     }
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn connection_infos(&self) -> impl Iterator<Item = ConnectionInfo<'_>> + '_ {
        ConnectionInfo::all(self.state)
    }

    /// The address, path and age of a connection, or `None` if it is not open.
    #[must_use]
    pub fn connection_info(&self, id: ConnectionId) -> Option<ConnectionInfo<'_>> {
        ConnectionInfo::of(self.state, id)
    }

    /// Stops the reactor: no more connections, 1001 to those there are, and
    /// [`run`](crate::Reactor::run) returns when all are gone, or after `grace` at the latest.
    pub fn stop(&mut self, grace: Duration) {
        self.state.stop(grace);
    }

    /// A way to the reactor from any thread.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(self.state.mailbox.clone())
    }
}

impl fmt::Debug for Loop<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = self.state.slots.len();
        formatter.debug_struct("Loop").field("connections", &connections).finish_non_exhaustive()
    }
}
