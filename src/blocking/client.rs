//! Connecting, with no reactor in sight.

use std::{fmt, io};

use super::Limits;
use super::background;
use super::connection::Connection;
use crate::config::Config;
use crate::connect::{Connect, InvalidConnect};
use crate::connect_error::ConnectError;

/// Connects to the address of a WebSocket, and waits until the connection is open or has failed.
///
/// All connections made like this share one reactor, on a thread of its own in the background, which ends with the
/// last of them. It has the [default configuration](Config); [`Client`] gives another.
///
/// ```
/// use std::time::Duration;
/// use ws_reactor::{Connect, ConnectError, blocking};
///
/// let nobody = Connect::to("ws://127.0.0.1:1/")?.timeout(Duration::from_secs(1));
/// match blocking::connect(nobody) {
///     Ok(connection) => println!("{:?} is there", connection.peer_addr()),
///     Err(blocking::Error::Failed(ConnectError::Connect(error))) => println!("{error}"),
///     Err(error) => println!("{error}"),
/// }
/// # Ok::<(), ws_reactor::InvalidConnect>(())
/// ```
///
/// # Errors
///
/// [`Error::Invalid`] for what cannot even be tried, [`Error::Failed`] for what failed, and what the system says
/// if there can be no reactor.
pub fn connect<C>(connect: C) -> Result<Connection, Error>
where
    C: TryInto<Connect>,
    InvalidConnect: From<C::Error>,
{
    Client::new().connect(connect)
}

/// Connects as [`connect()`] does, with a configuration or [`Limits`] of its own.
///
/// ```no_run
/// use ws_reactor::Config;
/// use ws_reactor::blocking::Client;
///
/// let mut config = Config::default();
/// config.max_message = 64 << 20;
/// let connection = Client::new().config(config).connect("ws://example.com/backup")?;
/// # Ok::<(), ws_reactor::blocking::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Client {
    config: Option<Config>,
    limits: Limits,
}

impl Client {
    /// A client with the default configuration and limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives each connection a reactor of its own, with this configuration, but for its
    /// [`lifetime`](Config::lifetime): it ends with the connection.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// How much may wait on either side.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Connects, and waits until the connection is open or has failed.
    ///
    /// # Errors
    ///
    /// As [`connect()`].
    pub fn connect<C>(&self, connect: C) -> Result<Connection, Error>
    where
        C: TryInto<Connect>,
        InvalidConnect: From<C::Error>,
    {
        let connect = connect.try_into().map_err(|error| Error::Invalid(error.into()))?;
        match &self.config {
            None => background::connect(&connect, self.limits),
            Some(config) => background::connect_alone(config.clone(), &connect, self.limits),
        }
    }
}

/// Why there is no connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// It could not even be tried.
    Invalid(InvalidConnect),
    /// It was tried, and failed.
    Failed(ConnectError),
    /// Too many commands are waiting for the reactor in the background.
    Busy,
    /// The reactor in the background could not be made.
    Reactor(crate::Error),
    /// The system has no thread for the reactor in the background.
    Thread(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(formatter),
            Self::Failed(error) => error.fmt(formatter),
            Self::Busy => formatter.write_str("too many commands are waiting for the reactor"),
            Self::Reactor(error) => error.fmt(formatter),
            Self::Thread(error) => write!(formatter, "no thread for the reactor: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid(error) => Some(error),
            Self::Failed(error) => Some(error),
            Self::Busy => None,
            Self::Reactor(error) => Some(error),
            Self::Thread(error) => Some(error),
        }
    }
}
