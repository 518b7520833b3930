//! How a connection ended, as its handler is told.

use std::borrow::Cow;
use std::{fmt, io};

use crate::protocol::{CloseCode, CloseFrame, Violation};

/// How a connection ended: what [`on_close`](crate::Handler::on_close) is given.
///
/// Its `Display` form is a line for a log: code, reason and cause.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Closed {
    /// The peer's code (RFC 6455, section 7.1.5): [`CloseCode::Status`] (1005) when its Close had none,
    /// [`CloseCode::Abnormal`] (1006) when it sent no Close. When the peer broke the protocol or a callback
    /// panicked, the code this side ends the connection with.
    pub code: CloseCode,
    /// The peer's reason, often empty.
    pub reason: String,
    /// Who or what ended it.
    pub cause: Cause,
}

/// Who or what ended a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The peer asked for the end.
    Peer,
    /// This side asked for the end, and the peer agreed.
    Local,
    /// The peer broke the protocol.
    Violation(Violation),
    /// A deadline passed.
    TimedOut(Deadline),
    /// The peer ended the TCP connection without a Close.
    Ended,
    /// The connection failed.
    Lost(io::ErrorKind),
    /// This side gave it up without a closing handshake.
    Aborted,
    /// A callback panicked; the peer was told 1011.
    Panicked,
    /// Too many bytes were waiting for the peer, and [`Overflow::Close`](crate::Overflow::Close) was chosen.
    TooSlow,
    /// The reactor stopped without waiting for a closing handshake.
    Stopped,
}

/// Which deadline passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Deadline {
    /// The peer was silent for [`Config::idle_timeout`](crate::Config::idle_timeout).
    Idle,
    /// The peer did not answer a Close within [`Config::close_timeout`](crate::Config::close_timeout).
    Close,
    /// The peer took no bytes for [`Config::write_timeout`](crate::Config::write_timeout).
    Write,
}

impl Closed {
    /// The end of a connection whose peer sent no Close.
    pub(crate) fn abnormal(cause: Cause) -> Self {
        Self { code: CloseCode::Abnormal, reason: String::new(), cause }
    }

    /// The end of a connection after the peer's Close.
    pub(crate) fn agreed(frame: Option<CloseFrame<'_>>, cause: Cause) -> Self {
        match frame {
            Some(CloseFrame { code, reason }) => Self { code, reason: reason.into_owned(), cause },
            None => Self { code: CloseCode::Status, reason: String::new(), cause },
        }
    }

    /// The end of a connection that this side failed (RFC 6455, section 7.1.7).
    pub(crate) fn failed(code: CloseCode, cause: Cause) -> Self {
        Self { code, reason: String::new(), cause }
    }

    /// Whether both sides completed the closing handshake (RFC 6455, section 7.1.4).
    #[must_use]
    pub fn was_clean(&self) -> bool {
        matches!(self.cause, Cause::Peer | Cause::Local)
    }

    /// The peer's code and reason as a frame.
    #[must_use]
    pub fn frame(&self) -> CloseFrame<'_> {
        CloseFrame { code: self.code, reason: Cow::Borrowed(&self.reason) }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.frame(), self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer => formatter.write_str("closed by the peer"),
            Self::Local => formatter.write_str("closed by this side"),
            Self::Violation(violation) => write!(formatter, "{violation}"),
            Self::TimedOut(Deadline::Idle) => formatter.write_str("the peer was silent for too long"),
            Self::TimedOut(Deadline::Close) => formatter.write_str("the peer did not answer a Close"),
            Self::TimedOut(Deadline::Write) => formatter.write_str("the peer stopped reading"),
            Self::Ended => formatter.write_str("the peer left without a Close"),
            Self::Lost(kind) => write!(formatter, "the connection failed: {kind}"),
            Self::Aborted => formatter.write_str("aborted by this side"),
            Self::Panicked => formatter.write_str("a handler panicked"),
            Self::TooSlow => formatter.write_str("the peer read too slowly"),
            Self::Stopped => formatter.write_str("the reactor stopped"),
        }
    }
}
