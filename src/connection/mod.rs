//! One peer: its phase, what is half received, what waits to be written, and since when.
//!
//! This is what an idle connection costs, so everything that only a busy one needs is behind a pointer that
//! is null while it is idle.

mod closed;
mod outbox;
mod phase;
mod unfinished;

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::rc::Rc;

pub use closed::{Cause, Closed, Deadline};
pub(crate) use outbox::{Level, Outbox, PIECES, Spares};
pub(crate) use phase::{Keepalive, Phase};
pub(crate) use unfinished::Unfinished;

use crate::buffer::Buffer;
use crate::protocol::handshake::{HeadScan, HeaderList};
use crate::protocol::{Receiver, Role};

/// One peer, and whoever handles it. The socket lies elsewhere, under the same slot.
pub(crate) struct Connection<H> {
    /// Out while one of its callbacks runs, and absent before the connection is open.
    pub(crate) handler: Option<H>,
    pub(crate) receiver: Receiver,
    pub(crate) outbox: Outbox,
    pub(crate) held: Option<Box<Held>>,
    pub(crate) place: Option<Rc<Place>>,
    pub(crate) belongings: Option<Box<Belongings>>,
    peer: Peer,
    /// While open: when the peer was last heard. Otherwise: when the phase began. In loop time.
    pub(crate) since: u64,
    pub(crate) generation: u32,
    pub(crate) phase: Phase,
    pub(crate) rate: Rate,
    pub(crate) marks: Marks,
    pub(crate) role: Role,
    pub(crate) reading: Reading,
}

/// Whether the peer is listened to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    On,
    /// What the peer sends waits in its own buffers, and in the system's.
    Paused,
}

/// Bytes that arrived and are not yet looked at: an unfinished head, or what a turn's budget left over.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) buffer: Buffer,
    pub(crate) scan: HeadScan,
}

/// What the request asked for and the answer agreed to, shared by all connections that asked for the same.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: Box<str>,
    pub(crate) headers: HeaderList,
    pub(crate) subprotocol: Option<Box<str>>,
}

/// What a handler set up besides the connection itself.
#[derive(Debug, Default)]
pub(crate) struct Belongings {
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) timers: Vec<u32>,
}

/// One membership: the topic, and the place in its list of members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscription {
    pub(crate) topic: u32,
    pub(crate) position: u32,
}

/// In which of the loop's lists a connection already is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    /// It has something to write at the end of the turn.
    pub(crate) dirty: bool,
    /// It has something to read that no readiness will report.
    pub(crate) again: bool,
}

/// How many control frames and empty fragments came in the current second, of those that can be told apart.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rate {
    second: u16,
    count: u16,
}

impl Rate {
    /// Counts one more in the second of `now`, and gives how many that makes.
    pub(crate) fn count(&mut self, now: u64) -> u16 {
        #[allow(clippy::cast_possible_truncation, reason = "the last bits tell one second from the next")]
        let second = (now / 1000) as u16;
        if self.second != second {
            *self = Self { second, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.count
    }
}

/// The peer's address in as few bytes as most of them need.
#[derive(Clone, Debug)]
enum Peer {
    Unnamed,
    V4(Ipv4Addr, u16),
    V6(Box<SocketAddrV6>),
}

impl From<Option<SocketAddr>> for Peer {
    fn from(address: Option<SocketAddr>) -> Self {
        match address {
            None => Self::Unnamed,
            Some(SocketAddr::V4(address)) => Self::V4(*address.ip(), address.port()),
            Some(SocketAddr::V6(address)) => Self::V6(Box::new(address)),
        }
    }
}

impl<H> Connection<H> {
    /// A server's side of a connection that came in.
    pub(crate) fn accepted(generation: u32, listener: u16, peer: Option<SocketAddr>, now: u64) -> Self {
        Self::new(Role::Server, Phase::Opening { listener }, generation, peer, now)
    }

    /// A client's side of a connection that is to be made.
    pub(crate) fn dialing(generation: u32, now: u64) -> Self {
        Self::new(Role::Client, Phase::Dialing, generation, None, now)
    }

    /// One address that a client tries.
    pub(crate) fn attempt(generation: u32, address: SocketAddr, now: u64) -> Self {
        Self::new(Role::Client, Phase::Attempt, generation, Some(address), now)
    }

    fn new(role: Role, phase: Phase, generation: u32, peer: Option<SocketAddr>, now: u64) -> Self {
        Self {
            handler: None,
            receiver: Receiver::default(),
            outbox: Outbox::default(),
            held: None,
            place: None,
            belongings: None,
            peer: peer.into(),
            since: now,
            generation,
            phase,
            rate: Rate::default(),
            marks: Marks::default(),
            role,
            reading: Reading::On,
        }
    }

    /// The peer of a client is known once an address is reached.
    pub(crate) fn reach(&mut self, peer: Option<SocketAddr>) {
        self.peer = peer.into();
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        match &self.peer {
            Peer::Unnamed => None,
            Peer::V4(ip, port) => Some(SocketAddr::V4(SocketAddrV4::new(*ip, *port))),
            Peer::V6(address) => Some(SocketAddr::V6(**address)),
        }
    }

    /// Enters `phase` at `now`.
    pub(crate) fn enter(&mut self, phase: Phase, now: u64) {
        self.phase = phase;
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::Connection;

    /// With the 16 bytes of its node in the wheel, the 4 of its socket and the 4 of its age, an idle connection
    /// stays below the 128 bytes that it may cost.
    #[test]
    fn a_connection_is_small() {
        assert!(size_of::<Connection<Box<dyn Fn()>>>() <= 96, "{}", size_of::<Connection<Box<dyn Fn()>>>());
    }
}
