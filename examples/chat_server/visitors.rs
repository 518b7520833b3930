//! Who is connected, as an operator sees it: those too who have not said hello.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use ws_reactor::ConnectionId;

use crate::wire::{self, Name};

/// The open connections by their number, which is never given out twice.
#[derive(Debug, Default)]
pub(crate) struct Visitors {
    present: BTreeMap<u64, Visitor>,
    came: u64,
}

/// One open connection.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) connection: ConnectionId,
    pub(crate) address: Option<SocketAddr>,
    /// In milliseconds since 1970.
    pub(crate) since: u64,
    /// None before hello.
    pub(crate) name: Option<Name>,
}

impl Visitors {
    pub(crate) fn come(&mut self, connection: ConnectionId, address: Option<SocketAddr>) -> (u64, &Visitor) {
        self.came += 1;
        let visitor = Visitor { connection, address, since: wire::now(), name: None };
        (self.came, self.present.entry(self.came).or_insert(visitor))
    }

    pub(crate) fn call(&mut self, number: u64, name: &Name) {
        if let Some(visitor) = self.present.get_mut(&number) {
            visitor.name = Some(name.clone());
        }
    }

    pub(crate) fn go(&mut self, number: u64) -> Option<Visitor> {
        self.present.remove(&number)
    }

    pub(crate) fn find(&self, number: u64) -> Option<&Visitor> {
        self.present.get(&number)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Visitor)> {
        self.present.iter().map(|(number, visitor)| (*number, visitor))
    }
}
