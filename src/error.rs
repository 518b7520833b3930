//! Errors by fault: the caller's, the peer's, the system's. What was not sent comes back inside them.

use std::{fmt, io};

/// Why a reactor could not be made, or could not go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A setting with which a reactor could not do its work.
    Config(&'static str),
    /// The address could not be resolved or listened on.
    Listen(io::Error),
    /// The system refused the poll loop itself.
    Poll(io::Error),
    /// The system has no randomness to give, without which masks and keys would be predictable.
    Entropy(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) => write!(formatter, "unusable configuration: {what}"),
            Self::Listen(error) => write!(formatter, "cannot listen: {error}"),
            Self::Poll(error) => write!(formatter, "the poll loop failed: {error}"),
            Self::Entropy(error) => write!(formatter, "no randomness from the system: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(_) => None,
            Self::Listen(error) | Self::Poll(error) | Self::Entropy(error) => Some(error),
        }
    }
}

/// Why a message was not sent. Each gives the message back.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SendError<M> {
    /// The connection is closing or gone, or the id never named one.
    Closed(M),
    /// The peer reads too slowly: [`Config::max_outbox`](crate::Config::max_outbox) bytes are waiting for
    /// it. Wait for [`on_drain`](crate::Handler::on_drain), or send less.
    Full(M),
    /// A message is being sent in fragments ([`Context::begin_message`](crate::Context::begin_message)), and no
    /// other may come between them (RFC 6455, section 5.4).
    Unfinished(M),
    /// The reactor's mailbox is full: commands arrive faster than the loop takes them.
    Busy(M),
    /// A control frame carries at most 125 bytes (RFC 6455, section 5.5).
    TooLong(M),
    /// The reactor has stopped.
    Stopped(M),
}

impl<M> SendError<M> {
    /// What was to be sent.
    pub fn into_message(self) -> M {
        match self {
            Self::Closed(message)
            | Self::Full(message)
            | Self::Unfinished(message)
            | Self::Busy(message)
            | Self::TooLong(message)
            | Self::Stopped(message) => message,
        }
    }

    fn why(&self) -> &'static str {
        match self {
            Self::Closed(_) => "the connection is closed",
            Self::Full(_) => "too many bytes are waiting for the peer",
            Self::Unfinished(_) => "another message is being sent in fragments",
            Self::Busy(_) => "too many commands are waiting for the reactor",
            Self::TooLong(_) => "a control frame carries at most 125 bytes",
            Self::Stopped(_) => "the reactor has stopped",
        }
    }
}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "not sent: {}", self.why())
    }
}

impl<M: fmt::Debug> std::error::Error for SendError<M> {}

/// Why a command from another thread did not reach the loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CommandError {
    /// The mailbox is full: commands arrive faster than the loop takes them.
    Busy,
    /// The reactor has stopped.
    Stopped,
}

impl fmt::Display for CommandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => formatter.write_str("too many commands are waiting for the reactor"),
            Self::Stopped => formatter.write_str("the reactor has stopped"),
        }
    }
}

impl std::error::Error for CommandError {}

/// Why a topic was not subscribed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The connection is closing or gone.
    Closed,
    /// The name is empty or longer than [`Config::max_topic_name`](crate::Config::max_topic_name).
    Name,
    /// This connection has [`Config::max_subscriptions`](crate::Config::max_subscriptions) already.
    TooManySubscriptions,
    /// There are [`Config::max_topics`](crate::Config::max_topics) topics already.
    TooManyTopics,
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Closed => "the connection is closed",
            Self::Name => "the name of the topic is empty or too long",
            Self::TooManySubscriptions => "the connection has too many subscriptions",
            Self::TooManyTopics => "there are too many topics",
        })
    }
}

impl std::error::Error for SubscribeError {}
