//! The sockets of the connections, each under its connection's slot.
//!
//! They lie apart from the connections so that callbacks, which know nothing of the world, can work on the
//! connections while the loop holds a socket.

use std::io::{self, IoSlice};
use std::net::SocketAddr;

use socket2::SockRef;

use super::outgoing::Sockets;
use super::state::EXPECTED;
use crate::transport::{Connecting, Intake, Outflow, Socket};

/// Sockets by slot.
#[derive(Debug)]
pub(crate) struct Links<S>(Vec<Option<S>>);

impl<S> Default for Links<S> {
    fn default() -> Self {
        Self(Vec::with_capacity(EXPECTED))
    }
}

impl<S: Socket> Links<S> {
    pub(crate) fn insert(&mut self, slot: usize, socket: S) {
        if slot >= self.0.len() {
            self.0.resize_with(slot + 1, || None);
        }
        self.0[slot] = Some(socket);
    }

    /// Closes the socket.
    pub(crate) fn remove(&mut self, slot: usize) {
        if let Some(link) = self.0.get_mut(slot) {
            *link = None;
        }
    }

    /// Gives the socket away, open.
    pub(crate) fn take(&mut self, slot: usize) -> Option<S> {
        self.0.get_mut(slot).and_then(Option::take)
    }

    pub(crate) fn connected(&mut self, slot: usize) -> io::Result<Connecting> {
        self.find(slot)?.connected()
    }

    pub(crate) fn read(&mut self, slot: usize, into: &mut [u8]) -> io::Result<Intake> {
        self.find(slot)?.read(into)
    }

    pub(crate) fn shutdown_write(&mut self, slot: usize) -> io::Result<()> {
        self.find(slot)?.shutdown_write()
    }

    fn find(&mut self, slot: usize) -> io::Result<&mut S> {
        let link = self.0.get_mut(slot).and_then(Option::as_mut);
        link.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: Socket> Sockets for Links<S> {
    fn write(&mut self, slot: usize, parts: &[IoSlice<'_>]) -> io::Result<Outflow> {
        self.find(slot)?.write(parts)
    }

    fn local_addr(&self, slot: usize) -> Option<SocketAddr> {
        self.0.get(slot)?.as_ref()?.local_addr()
    }

    fn options(&self, slot: usize) -> Option<SockRef<'_>> {
        self.0.get(slot)?.as_ref()?.options()
    }
}
