//! Every limit, deadline and budget, each with its unit and default.

use std::time::Duration;

use crate::error::Error;

/// What to do when a message does not fit in the bytes that may wait for a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// Give the message back to its sender and keep the connection.
    #[default]
    Refuse,
    /// Give the message back and close the connection: it is too slow to be served.
    Close,
}

/// When [`Reactor::run`](crate::Reactor::run) returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Lifetime {
    /// When the reactor is stopped, and not before.
    #[default]
    UntilStopped,
    /// As soon as there is no listener, no connection and no timer of the loop: for programs that are nothing but
    /// clients.
    WhileConnected,
}

/// The limits, deadlines and budgets of a reactor.
///
/// ```
/// use std::time::Duration;
/// use ws_reactor::Config;
///
/// let mut config = Config::default();
/// config.max_message = 64 * 1024;
/// config.idle_timeout = Some(Duration::from_secs(30));
/// config.ping_after = Some(Duration::from_secs(20));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The longest message accepted from a peer, in bytes, all its fragments together. A longer one closes
    /// the connection with 1009 as soon as its header shows it. Messages that are handed over in pieces
    /// ([`Delivery::Pieces`](crate::Delivery::Pieces)) have no limit. Default: 1 MiB.
    pub max_message: usize,
    /// The longest single frame accepted from a peer, in bytes of payload; a longer one closes the connection
    /// with 1009. It does not apply to messages in pieces either. Default: no limit but that of the message it
    /// belongs to.
    pub max_frame: usize,
    /// The longest request head, in bytes; a longer one is answered with 431, or with 414 when the request
    /// line alone is too long. Default: 16 KiB.
    pub max_head: usize,
    /// The most header lines in a request head; more are answered with 431. At most 100, the default.
    pub max_headers: usize,
    /// The most bytes kept of the body of an answer that refuses a connection. Default: 64 KiB.
    pub max_rejection_body: usize,
    /// The most connections open at once; beyond it, new ones wait in the listener's backlog. Those that this side
    /// makes count, and are made nevertheless.
    /// Default: 1,000,000, so that the limit on open files is met first.
    pub max_connections: usize,
    /// The most bytes that may wait for one peer. A message that would exceed it is refused as
    /// [`overflow`](Self::overflow) says; a message sent while nothing waits is always taken.
    /// Default: 1 MiB.
    pub max_outbox: usize,
    /// What happens to a connection whose peer reads too slowly. Default: [`Overflow::Refuse`].
    pub overflow: Overflow,
    /// [`on_drain`](crate::Handler::on_drain) is called when the bytes waiting for a peer have fallen to
    /// this mark after they had been above it. Default: 64 KiB.
    pub drain_mark: usize,
    /// The most control frames and empty fragments one peer may send in a second; more close the
    /// connection with 1008. Default: 2,000.
    pub max_control_rate: u16,
    /// The most commands waiting from other threads. Default: 65,536.
    pub mailbox_commands: usize,
    /// The most bytes of messages waiting from other threads. Default: 64 MiB.
    pub mailbox_bytes: usize,

    /// How long an opening handshake may take, from accept to the answer. Trickling bytes does not
    /// extend it. Default: 10 s.
    pub open_timeout: Duration,
    /// How long making a connection may take: looking up the name, connecting and the opening handshake together.
    /// Default: 30 s.
    pub connect_timeout: Duration,
    /// How long a peer may be silent before it is taken for gone (close code 1006), or `None` to wait for
    /// ever. Default: 120 s.
    pub idle_timeout: Option<Duration>,
    /// After how much silence a ping is sent, which a living peer answers, or `None` to send none.
    /// Must be shorter than [`idle_timeout`](Self::idle_timeout). Default: 60 s.
    pub ping_after: Option<Duration>,
    /// How long the peer has to answer a Close, and then to end the TCP connection. While it still takes what waits
    /// for it, it has this long from each progress, and [`write_timeout`](Self::write_timeout) in all. Default: 5 s.
    pub close_timeout: Duration,
    /// How long bytes may wait for a peer that takes none of them. Default: 30 s.
    pub write_timeout: Duration,
    /// Whether a ping is answered by the reactor itself (RFC 6455, section 5.5.3). Default: yes.
    pub automatic_pong: bool,

    /// When the loop ends by itself. Default: [`Lifetime::UntilStopped`].
    pub lifetime: Lifetime,
    /// The size of the loop's read buffer, in bytes: the most that one read brings. Default: 256 KiB.
    pub read_buffer: usize,
    /// How many bytes are read from one connection in a turn before the others have theirs, to the nearest
    /// filling of the read buffer. A long message is best read in one go. Default: 1 MiB.
    pub read_budget: usize,
    /// The most messages handed to one connection's handler per turn, before the others have their turn.
    /// Default: 1,024.
    pub messages_per_turn: usize,
    /// The most connections accepted from one listener per turn. Default: 64.
    pub accepts_per_turn: usize,
    /// The most bytes of buffers the loop keeps at rest for reuse. Default: 16 MiB.
    pub pool: usize,
    /// The length of a listener's queue of connections not yet accepted. Default: 1,024.
    pub backlog: u32,
    /// The most topics at once. Default: 1,000,000.
    pub max_topics: usize,
    /// The most topics one connection may be subscribed to. Default: 1,024.
    pub max_subscriptions: usize,
    /// The longest name of a topic, in bytes. Default: 256.
    pub max_topic_name: usize,
}

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

impl Default for Config {
    fn default() -> Self {
        Self {
            max_message: MIB,
            max_frame: usize::MAX,
            max_head: 16 * KIB,
            max_headers: 100,
            max_rejection_body: 64 * KIB,
            max_connections: 1_000_000,
            max_outbox: MIB,
            overflow: Overflow::Refuse,
            drain_mark: 64 * KIB,
            max_control_rate: 2_000,
            mailbox_commands: 65_536,
            mailbox_bytes: 64 * MIB,
            open_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_secs(120)),
            ping_after: Some(Duration::from_secs(60)),
            close_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(30),
            automatic_pong: true,
            lifetime: Lifetime::UntilStopped,
            read_buffer: 256 * KIB,
            read_budget: MIB,
            messages_per_turn: 1_024,
            accepts_per_turn: 64,
            pool: 16 * MIB,
            backlog: 1_024,
            max_topics: 1_000_000,
            max_subscriptions: 1_024,
            max_topic_name: 256,
        }
    }
}

impl Config {
    /// Refuses settings with which a reactor could not do its work.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        let faults = [
            (self.max_message == 0, "max_message must not be 0"),
            (self.max_frame == 0, "max_frame must not be 0"),
            (self.max_head < 256, "max_head must be at least 256 bytes"),
            (self.max_head > 1 << 20, "max_head must be at most 1 MiB"),
            (!(1..=100).contains(&self.max_headers), "max_headers must be from 1 to 100"),
            (self.max_connections == 0, "max_connections must not be 0"),
            (self.max_connections >= u32::MAX as usize, "max_connections must be below 2^32 - 1"),
            (self.read_buffer < 4 * KIB, "read_buffer must be at least 4 KiB"),
            (self.messages_per_turn == 0, "messages_per_turn must not be 0"),
            (self.accepts_per_turn == 0, "accepts_per_turn must not be 0"),
            (self.mailbox_commands == 0, "mailbox_commands must not be 0"),
            (self.open_timeout.is_zero(), "open_timeout must not be 0"),
            (self.connect_timeout.is_zero(), "connect_timeout must not be 0"),
            (self.write_timeout.is_zero(), "write_timeout must not be 0"),
            (self.idle_timeout.is_some_and(|idle| idle.is_zero()), "idle_timeout must not be 0"),
            (self.ping_after.is_some_and(|silence| silence.is_zero()), "ping_after must not be 0"),
            (self.pings_too_late(), "ping_after must be shorter than idle_timeout"),
        ];
        match faults.iter().find(|(wrong, _)| *wrong) {
            Some((_, what)) => Err(Error::Config(what)),
            None => Ok(()),
        }
    }

    fn pings_too_late(&self) -> bool {
        matches!((self.ping_after, self.idle_timeout), (Some(ping), Some(idle)) if ping >= idle)
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Duration, Error};

    #[test]
    fn the_defaults_are_valid() {
        assert!(Config::default().validate().is_ok());
    }

    #[test]
    fn a_ping_after_the_idle_timeout_is_refused() {
        let config = Config { ping_after: Some(Duration::from_secs(120)), ..Config::default() };
        assert!(matches!(config.validate(), Err(Error::Config(_))));
    }
}
