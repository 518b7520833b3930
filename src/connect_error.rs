//! Why a connection was not made.

use std::{fmt, io};

use crate::connect::InvalidConnect;
use crate::connection::Cause;
use crate::protocol::handshake::{HandshakeError, Rejection};

/// Why a connection was not made: what [`on_failed`](crate::Handler::on_failed) is given.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name could not be looked up, or has no address.
    Name(io::Error),
    /// No address could be connected to; this is what the last one said.
    Connect(io::Error),
    /// [`Connect::timeout`](crate::Connect::timeout) or
    /// [`Config::connect_timeout`](crate::Config::connect_timeout) passed.
    TimedOut,
    /// The connection failed during the opening handshake.
    Lost(io::Error),
    /// The server ended the connection during the opening handshake.
    Ended,
    /// The server's answer was not what RFC 6455, section 4.1 demands, or a refusal:
    /// [`HandshakeError::Rejected`] has its status, headers and the start of its body.
    Handshake(HandshakeError),
    /// The proxy refused, or its answer was none; [`HandshakeError::Rejected`] has its status and headers.
    Proxy(HandshakeError),
    /// A redirection that was to be followed leads to what cannot be connected to.
    Redirect(InvalidConnect),
    /// This side gave up: an abort or a close.
    Aborted,
    /// The reactor stopped.
    Stopped,
}

impl ConnectError {
    /// The server's answer, if it answered and did not open a WebSocket.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Handshake(HandshakeError::Rejected(rejection))
            | Self::Proxy(HandshakeError::Rejected(rejection)) => Some(rejection),
            _ => None,
        }
    }
}

/// What ends a connection ends the making of one too.
impl From<Cause> for ConnectError {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Stopped => Self::Stopped,
            Cause::Lost(kind) => Self::Lost(kind.into()),
            Cause::Ended => Self::Ended,
            Cause::TimedOut(_) => Self::TimedOut,
            _ => Self::Aborted,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => write!(formatter, "the name could not be looked up: {error}"),
            Self::Connect(error) => write!(formatter, "no connection: {error}"),
            Self::TimedOut => formatter.write_str("no connection in time"),
            Self::Lost(error) => write!(formatter, "the connection failed in the handshake: {error}"),
            Self::Ended => formatter.write_str("the server ended the connection in the handshake"),
            Self::Handshake(error) => error.fmt(formatter),
            Self::Proxy(error) => write!(formatter, "the proxy refused: {error}"),
            Self::Redirect(error) => write!(formatter, "the redirection leads nowhere: {error}"),
            Self::Aborted => formatter.write_str("given up by this side"),
            Self::Stopped => formatter.write_str("the reactor stopped"),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Name(error) | Self::Connect(error) | Self::Lost(error) => Some(error),
            Self::Handshake(error) | Self::Proxy(error) => Some(error),
            Self::Redirect(error) => Some(error),
            Self::TimedOut | Self::Ended | Self::Aborted | Self::Stopped => None,
        }
    }
}
