//! Ways to the loop from other threads: all of them through the mailbox, none of them blocking.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::connect::{Connect, InvalidConnect};
use crate::error::{CommandError, SendError};
use crate::handler::Handler;
use crate::id::ConnectionId;
use crate::protocol::{CloseCode, CloseFrame, InvalidClose, OwnedMessage};
use crate::reactor::{Command, Mailbox};
use crate::view::Loop;

/// A way to a reactor from any thread. Cheap to clone.
///
/// Nothing here waits. What is asked is done in the loop's next turn, in the order in which one thread asked
/// for it; when too much is waiting already, it is refused.
///
/// ```
/// use std::time::Duration;
/// use ws_reactor::{Config, Reactor};
///
/// let mut reactor = Reactor::new(Config::default())?;
/// let handle = reactor.handle();
/// let other = std::thread::spawn(move || handle.stop(Duration::from_secs(1)));
/// reactor.run()?;
/// assert_eq!(other.join().unwrap(), Ok(()));
/// # Ok::<(), ws_reactor::Error>(())
/// ```
#[derive(Clone)]
pub struct Handle {
    mailbox: Arc<Mailbox>,
}

impl Handle {
    pub(crate) fn new(mailbox: Arc<Mailbox>) -> Self {
        Self { mailbox }
    }

    /// Sends a message to a connection.
    ///
    /// If the connection is gone when the loop takes the message, the message is dropped; if too much waits
    /// for its peer, its handler is given the message in [`on_refused`](crate::Handler::on_refused).
    ///
    /// # Errors
    ///
    /// [`SendError::Busy`] or [`SendError::Stopped`], with the message.
    pub fn send(
        &self,
        id: ConnectionId,
        message: impl Into<OwnedMessage>,
    ) -> Result<(), SendError<OwnedMessage>> {
        self.put_message(Command::Send(id, message.into()))
    }

    /// Sends a message to every subscriber of a topic.
    ///
    /// # Errors
    ///
    /// [`SendError::Busy`] or [`SendError::Stopped`], with the message.
    pub fn publish(
        &self,
        topic: &str,
        message: impl Into<OwnedMessage>,
    ) -> Result<(), SendError<OwnedMessage>> {
        self.put_message(Command::Publish(topic.into(), message.into()))
    }

    /// Closes a connection as [`Context::close`](crate::Context::close) does, and gives up one that is still being
    /// made. One that is gone stays so.
    ///
    /// # Errors
    ///
    /// A code that must not be sent or too long a reason, a full mailbox, a stopped reactor.
    pub fn close(&self, id: ConnectionId, code: CloseCode, reason: &str) -> Result<(), CloseError> {
        let frame = CloseFrame::new(code, reason.to_owned());
        frame.payload().map_err(CloseError::Invalid)?;
        self.put(Command::Close(id, frame)).map_err(CloseError::Command)
    }

    /// Connects to the address of a WebSocket, as [`Reactor::connect`](crate::Reactor::connect) does. The handler
    /// is made on the loop, so it need not be [`Send`]; where the reactor stops before, it is never made.
    ///
    /// # Errors
    ///
    /// What cannot even be tried, a full mailbox, a stopped reactor.
    pub fn connect<C, H>(
        &self,
        connect: C,
        handler: impl FnOnce() -> H + Send + 'static,
    ) -> Result<(), ConnectCommandError>
    where
        C: TryInto<Connect>,
        InvalidConnect: From<C::Error>,
        H: Handler,
    {
        let connect = connect.try_into().map_err(|error| ConnectCommandError::Invalid(error.into()))?;
        let task = move |reactor: &mut Loop<'_>| {
            if reactor.state.is_running() {
                reactor.state.connect(connect, Box::new(handler())).ok();
            }
        };
        self.run(task).map_err(ConnectCommandError::Command)
    }

    /// Runs a closure on the loop, in its next turn; [`Loop`] has an example. One that panics is given up.
    ///
    /// # Errors
    ///
    /// A full mailbox or a stopped reactor; the closure is dropped.
    pub fn run(&self, task: impl FnOnce(&mut Loop<'_>) + Send + 'static) -> Result<(), CommandError> {
        self.put(Command::Run(Box::new(task)))
    }

    /// Runs a closure on the loop even if the mailbox is full, for those of which each connection has a few
    /// at most. A stopped reactor drops it.
    pub(crate) fn run_surely(&self, task: impl FnOnce(&mut Loop<'_>) + Send + 'static) {
        // A reactor that has stopped has told every handler.
        self.mailbox.put_answer(Command::Run(Box::new(task))).ok();
    }

    /// Stops the reactor: no more connections, 1001 to those there are, and
    /// [`run`](crate::Reactor::run) returns when all are gone, or after `grace` at the latest. Zero stops at
    /// once; every open connection still sees its `on_close`.
    ///
    /// # Errors
    ///
    /// [`CommandError::Stopped`] if it has stopped already.
    pub fn stop(&self, grace: Duration) -> Result<(), CommandError> {
        self.put(Command::Stop(grace))
    }

    /// A way to one connection.
    #[must_use]
    pub fn sender(&self, id: ConnectionId) -> Sender {
        Sender { handle: self.clone(), id }
    }

    fn put(&self, command: Command) -> Result<(), CommandError> {
        self.mailbox.put(command).map_err(|(why, _)| why)
    }

    fn put_message(&self, command: Command) -> Result<(), SendError<OwnedMessage>> {
        let Err((why, Command::Send(_, message) | Command::Publish(_, message))) = self.mailbox.put(command)
        else {
            return Ok(());
        };
        Err(match why {
            CommandError::Busy => SendError::Busy(message),
            CommandError::Stopped => SendError::Stopped(message),
        })
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// A way to one connection from any thread, made by [`Context::sender`](crate::Context::sender). Cheap to
/// clone.
#[derive(Clone, Debug)]
pub struct Sender {
    handle: Handle,
    id: ConnectionId,
}

impl Sender {
    /// The connection's id.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// Sends a message, as [`Handle::send`] does.
    ///
    /// # Errors
    ///
    /// [`SendError::Busy`] or [`SendError::Stopped`], with the message.
    pub fn send(&self, message: impl Into<OwnedMessage>) -> Result<(), SendError<OwnedMessage>> {
        self.handle.send(self.id, message)
    }

    /// Closes the connection, as [`Handle::close`] does.
    ///
    /// # Errors
    ///
    /// A code that must not be sent or too long a reason, a full mailbox, a stopped reactor.
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), CloseError> {
        self.handle.close(self.id, code, reason)
    }
}

/// Why another thread's close did not reach the loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CloseError {
    /// The code must not be sent, or the reason is too long.
    Invalid(InvalidClose),
    /// The mailbox is full or the reactor has stopped.
    Command(CommandError),
}

impl fmt::Display for CloseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(formatter),
            Self::Command(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for CloseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid(error) => Some(error),
            Self::Command(error) => Some(error),
        }
    }
}

/// Why another thread's connect did not reach the loop.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConnectCommandError {
    /// The connection cannot even be tried.
    Invalid(InvalidConnect),
    /// The mailbox is full or the reactor has stopped.
    Command(CommandError),
}

impl fmt::Display for ConnectCommandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(formatter),
            Self::Command(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ConnectCommandError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid(error) => Some(error),
            Self::Command(error) => Some(error),
        }
    }
}
