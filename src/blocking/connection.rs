//! A connection as its thread has it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::inbox::{Any, Kind};
use super::outgoing::Parcel;
use super::shared::Shared;
use crate::connection::Closed;
use crate::context::Context;
use crate::error::SendError;
use crate::id::ConnectionId;
use crate::protocol::handshake::{HeaderList, Headers};
use crate::protocol::{CloseCode, CloseFrame, InvalidClose, OwnedMessage};

/// The longest payload of a ping (RFC 6455, section 5.5).
const LONGEST_PING: usize = 125;

/// A connection whose calls wait, for a thread of your own.
///
/// Several threads may share it by reference; each message is received by one of them. For threads that only send,
/// there is [`sender`](Self::sender).
///
/// Dropping it closes it, and waits for the end: with 1000, or 1011 while its thread panics.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    facts: Facts,
}

/// What does not change while a connection lives.
#[derive(Debug)]
pub(super) struct Facts {
    peer: Option<SocketAddr>,
    local: Option<SocketAddr>,
    path: Box<str>,
    subprotocol: Option<Box<str>>,
    headers: HeaderList,
}

impl Facts {
    pub(super) fn of(context: &Context<'_>) -> Self {
        Self {
            peer: context.peer_addr(),
            local: context.local_addr(),
            path: context.path().into(),
            subprotocol: context.subprotocol().map(Into::into),
            headers: context.place().map(|place| place.headers.clone()).unwrap_or_default(),
        }
    }
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, facts: Facts) -> Self {
        Self { sender: Sender { shared }, facts }
    }

    /// Waits for the next message.
    ///
    /// # Errors
    ///
    /// How the connection ended, once everything that arrived before has been received.
    pub fn recv(&self) -> Result<OwnedMessage, Closed> {
        self.sender.shared.receive(Any, None).map_err(|error| match error {
            RecvError::Closed(closed) => closed,
            // Not reached: without a deadline, and with any message welcome, there is nothing else to come.
            RecvError::Empty | RecvError::Full => self.sender.shared.wait_for_end(),
        })
    }

    /// Waits for the next message, but no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// [`RecvError::Empty`] when the time is over, [`RecvError::Closed`] when the connection is.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<OwnedMessage, RecvError> {
        self.wait_for(Any, timeout)
    }

    /// Takes the next message if one has arrived.
    ///
    /// # Errors
    ///
    /// [`RecvError::Empty`] if none has, [`RecvError::Closed`] if none will.
    pub fn try_recv(&self) -> Result<OwnedMessage, RecvError> {
        self.wait_for(Any, Duration::ZERO)
    }

    /// Waits for the next message of a kind, but no longer than `timeout`. Messages of other kinds stay where they
    /// are, to be received later and in their order.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ws_reactor::blocking::{Connection, Pong, Text};
    ///
    /// fn is_alive(connection: &Connection) -> bool {
    ///     connection.ping("there?").is_ok() && connection.wait_for(Pong, Duration::from_secs(1)).is_ok()
    /// }
    ///
    /// fn name(connection: &Connection) -> Option<String> {
    ///     connection.send("your name?").ok()?;
    ///     connection.wait_for(Text, Duration::from_secs(60)).ok()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError::Empty`] when the time is over, [`RecvError::Closed`] when the connection is,
    /// [`RecvError::Full`] when messages of other kinds take all the room there is.
    pub fn wait_for<K: Kind>(&self, kind: K, timeout: Duration) -> Result<K::Output, RecvError> {
        // A time too far away to be named is none.
        self.sender.shared.receive(kind, Instant::now().checked_add(timeout))
    }

    /// All messages up to the end of the connection, each waited for.
    #[must_use]
    pub fn messages(&self) -> Messages<'_> {
        Messages { connection: self }
    }

    /// Sends a message. Waits while too much is waiting already ([`Limits`](super::Limits)); it leaves later, by
    /// itself.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], with the message, when the connection is closing or has ended.
    pub fn send(&self, message: impl Into<OwnedMessage>) -> Result<(), SendError<OwnedMessage>> {
        self.sender.send(message)
    }

    /// Sends a ping with a payload of at most 125 bytes (RFC 6455, section 5.5.2), behind what waits already. Wait
    /// for the answer with [`wait_for(Pong, ..)`](Self::wait_for).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::TooLong`].
    pub fn ping(&self, payload: impl Into<Vec<u8>>) -> Result<(), SendError<Vec<u8>>> {
        self.sender.ping(payload)
    }

    /// Closes the connection, and waits for the end of the closing handshake (RFC 6455, section 7). What was sent
    /// before still arrives, if the peer takes it within [`Config::close_timeout`](crate::Config::close_timeout);
    /// it has as long once more to answer.
    ///
    /// Tells how the connection ended, which may have been otherwise and before.
    ///
    /// # Errors
    ///
    /// A code that must not be sent, or a reason over 123 bytes; the connection stays open.
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<Closed, InvalidClose> {
        self.sender.close(code, reason)
    }

    /// A way for other threads to send. It does not keep the connection open.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// The connection's id in its reactor.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.sender.id()
    }

    /// The peer's address, or `None` where it has none.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.facts.peer
    }

    /// The address at which the peer reached this side, or `None` when the system did not know it any more.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.facts.local
    }

    /// The path that was asked for, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.facts.path
    }

    /// The subprotocol that both sides agreed to, if any (RFC 6455, section 1.9).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.facts.subprotocol.as_deref()
    }

    /// As [`Context::headers`](crate::Context::headers): for a client, those of the server's answer.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        self.facts.headers.headers()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let code = if thread::panicking() { CloseCode::Error } else { CloseCode::Normal };
        let asked = self.sender.shared.ask_to_close(CloseFrame::new(code, ""));
        if asked.is_ok() && !self.sender.shared.is_loop() {
            self.sender.shared.wait_for_end();
        }
    }
}

/// A way to send to a [`Connection`] from other threads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    shared: Arc<Shared>,
}

impl Sender {
    /// Sends a message, as [`Connection::send`] does.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], with the message, when the connection is closing or has ended.
    pub fn send(&self, message: impl Into<OwnedMessage>) -> Result<(), SendError<OwnedMessage>> {
        match self.shared.send(Parcel::Message(message.into())) {
            Err(Parcel::Message(message)) => Err(SendError::Closed(message)),
            Ok(()) | Err(Parcel::Ping(_)) => Ok(()),
        }
    }

    /// Sends a ping, as [`Connection::ping`] does.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::TooLong`].
    pub fn ping(&self, payload: impl Into<Vec<u8>>) -> Result<(), SendError<Vec<u8>>> {
        let payload = payload.into();
        if payload.len() > LONGEST_PING {
            return Err(SendError::TooLong(payload));
        }
        match self.shared.send(Parcel::Ping(payload)) {
            Err(Parcel::Ping(payload)) => Err(SendError::Closed(payload)),
            Ok(()) | Err(Parcel::Message(_)) => Ok(()),
        }
    }

    /// Closes the connection and waits for the end, as [`Connection::close`] does.
    ///
    /// # Errors
    ///
    /// A code that must not be sent, or a reason over 123 bytes; the connection stays open.
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<Closed, InvalidClose> {
        self.shared.ask_to_close(CloseFrame::new(code, reason.to_owned()))?;
        Ok(self.shared.wait_for_end())
    }

    /// The connection's id in its reactor.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.shared.id
    }
}

/// The messages of a [`Connection`], up to its end.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    connection: &'a Connection,
}

impl Iterator for Messages<'_> {
    type Item = OwnedMessage;

    fn next(&mut self) -> Option<OwnedMessage> {
        self.connection.recv().ok()
    }
}

/// Why nothing was received.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RecvError {
    /// Nothing of the kind arrived in time.
    Empty,
    /// Nothing of the kind has arrived, and nothing can, for the queue is full of other kinds: receive those first.
    Full,
    /// The connection has ended, and everything of the kind that arrived before has been received.
    Closed(Closed),
}

impl fmt::Display for RecvError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("nothing arrived in time"),
            Self::Full => formatter.write_str("the queue is full of messages of other kinds"),
            Self::Closed(closed) => write!(formatter, "the connection has ended: {closed}"),
        }
    }
}

impl std::error::Error for RecvError {}
