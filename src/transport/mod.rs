//! Where bytes come from and go to: one trait for every kind of socket, and the one the system has.
//!
//! "Would block" is a value here, never an error: an error from a socket means that it is finished.

mod tcp;

use std::io::{self, IoSlice};
use std::net::SocketAddr;

use socket2::SockRef;

pub(crate) use tcp::Tcp;

/// What a read brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Intake {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing now; readiness will be reported.
    Blocked,
    /// The peer will send no more.
    End,
}

/// What a write took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outflow {
    /// So many bytes, perhaps fewer than were offered.
    Bytes(usize),
    /// Nothing now; readiness will be reported.
    Blocked,
}

/// How far a connection is that was begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Connecting {
    Pending,
    Done,
}

/// A connected, non-blocking byte stream.
pub(crate) trait Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<Intake>;
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<Outflow>;
    /// Tells the peer that no more is coming, so that closing does not destroy what it has yet to read.
    fn shutdown_write(&mut self) -> io::Result<()>;
    /// Whether the connection that was begun has been made; an error says that it never will be.
    fn connected(&mut self) -> io::Result<Connecting>;
    fn local_addr(&self) -> Option<SocketAddr>;
    /// The socket itself, for options this library does not know; a scripted socket has none.
    fn options(&self) -> Option<SockRef<'_>>;
}
