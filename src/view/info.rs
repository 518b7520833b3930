//! What can be asked about an open connection.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::id::ConnectionId;
use crate::reactor::{State, Tenant};

/// An open connection, as [`Loop::connection_infos`](crate::Loop::connection_infos) lists it.
#[derive(Clone, Copy)]
pub struct ConnectionInfo<'a> {
    id: ConnectionId,
    connection: &'a Tenant,
    age: Duration,
}

impl<'a> ConnectionInfo<'a> {
    pub(crate) fn all(state: &'a State) -> impl Iterator<Item = Self> + 'a {
        let open = state.slots.iter().filter(|(_, connection)| connection.phase.is_open());
        open.map(|(slot, connection)| Self {
            id: ConnectionId::new(slot, connection.generation),
            connection,
            age: state.ages.of(slot, state.now),
        })
    }

    pub(crate) fn of(state: &'a State, id: ConnectionId) -> Option<Self> {
        let slot = state.find(id)?;
        let connection = state.slots.get(slot).filter(|connection| connection.phase.is_open())?;
        Some(Self { id, connection, age: state.ages.of(slot, state.now) })
    }

    /// The connection's id.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// The peer's address, or `None` where it has none.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.connection.peer_addr()
    }

    /// The path that was asked for, without the query.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.connection.place.as_ref().map_or("", |place| &place.path)
    }

    /// The subprotocol that both sides agreed to, if any.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&'a str> {
        self.connection.place.as_ref()?.subprotocol.as_deref()
    }

    /// For how long it has been open, to the second.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.age
    }
}

impl fmt::Debug for ConnectionInfo<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut info = formatter.debug_struct("ConnectionInfo");
        info.field("id", &self.id).field("peer_addr", &self.peer_addr()).field("path", &self.path());
        info.field("age", &self.age()).finish_non_exhaustive()
    }
}
