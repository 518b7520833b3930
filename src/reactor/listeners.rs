//! Listeners: accepting within a budget, and resting where the system has no more descriptors to give.
//!
//! Readiness is reported once per arrival, so a listener that stops before its backlog is empty has to
//! remember that there is more.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use super::engine::Engine;
use super::state::Life;
use super::world::World;
use crate::connection::Phase;
use crate::error::Error;
use crate::id::{ListenerId, narrow};
use crate::router::Router;

/// How long a listener rests after accept has failed, unless a connection ends before.
const REST: Duration = Duration::from_millis(100);

/// A listening socket.
#[derive(Debug)]
pub(crate) struct Listening<L> {
    socket: L,
    state: Accepting,
}

/// What a listener is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Accepting {
    /// The backlog was empty; readiness will be reported.
    Waiting,
    /// There may be more in the backlog.
    Ready,
    /// No descriptors or no slots are left: until a connection ends, or until this time.
    Resting(u64),
}

impl<L> Listening<L> {
    pub(super) fn is_ready(&self) -> bool {
        self.state == Accepting::Ready
    }

    /// When a resting listener tries again.
    pub(super) fn resumes(&self) -> Option<u64> {
        match self.state {
            Accepting::Resting(until) => Some(until),
            Accepting::Waiting | Accepting::Ready => None,
        }
    }

    /// A connection has ended: there is room again.
    pub(super) fn resume(&mut self) {
        if matches!(self.state, Accepting::Resting(_)) {
            self.state = Accepting::Ready;
        }
    }
}

impl<W: World> Engine<W> {
    /// Listens on the first of the addresses that can be had.
    pub(crate) fn listen(
        &mut self,
        addresses: impl ToSocketAddrs,
        router: Router,
    ) -> Result<ListenerId, Error> {
        if self.state.life != Life::Running {
            return Err(Error::Listen(io::Error::other("the reactor has stopped")));
        }
        let index = self.state.routers.next().map_err(Error::Listen)?;
        let mut fault = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
        for address in addresses.to_socket_addrs().map_err(Error::Listen)? {
            match self.world.listen(address, self.state.config.backlog, index) {
                Ok(socket) => return Ok(self.listen_with(index, socket, router)),
                Err(error) => fault = error,
            }
        }
        Err(Error::Listen(fault))
    }

    /// Listens on a socket that is bound already.
    pub(crate) fn listen_on(&mut self, listener: TcpListener, router: Router) -> Result<ListenerId, Error> {
        if self.state.life != Life::Running {
            return Err(Error::Listen(io::Error::other("the reactor has stopped")));
        }
        let index = self.state.routers.next().map_err(Error::Listen)?;
        let socket = self.world.adopt(listener, index).map_err(Error::Listen)?;
        Ok(self.listen_with(index, socket, router))
    }

    fn listen_with(&mut self, index: usize, socket: W::Listener, router: Router) -> ListenerId {
        self.state.routers.seat(router, W::listener_addr(&socket));
        self.put_listener(index, socket);
        ListenerId(narrow(index))
    }

    pub(super) fn put_listener(&mut self, index: usize, socket: W::Listener) {
        if index >= self.listeners.len() {
            self.listeners.resize_with(index + 1, || None);
        }
        if let Some(place) = self.listeners.get_mut(index) {
            *place = Some(Listening { socket, state: Accepting::Waiting });
        }
    }

    /// Accepts what the backlog holds, within the budget of a turn.
    pub(super) fn accept(&mut self, index: usize) {
        if self.state.life != Life::Running {
            return;
        }
        let state = self.accept_some(index);
        if let Some(Some(listening)) = self.listeners.get_mut(index) {
            listening.state = state;
        }
    }

    /// Goes on where the last turn's budget ran out, or a rest is over.
    pub(super) fn accept_leftovers(&mut self) {
        for index in 0..self.listeners.len() {
            let state = self.listeners.get(index).and_then(Option::as_ref).map(|listening| listening.state);
            match state {
                Some(Accepting::Ready) => self.accept(index),
                Some(Accepting::Resting(until)) if until <= self.state.now => self.accept(index),
                _ => {}
            }
        }
    }

    fn accept_some(&mut self, index: usize) -> Accepting {
        let rest = Accepting::Resting(self.state.after(REST));
        for _ in 0..self.state.config.accepts_per_turn {
            if self.state.slots.len() >= self.state.config.max_connections {
                return rest;
            }
            let Some(Some(listening)) = self.listeners.get_mut(index) else {
                return Accepting::Waiting;
            };
            match W::accept(&mut listening.socket) {
                Ok(Some((socket, peer))) => self.welcome(index, socket, peer),
                Ok(None) => return Accepting::Waiting,
                Err(error) => {
                    log::warn!("accepting no connections for a moment: {error}");
                    return rest;
                }
            }
        }
        Accepting::Ready
    }

    fn welcome(&mut self, listener: usize, mut socket: W::Socket, peer: Option<SocketAddr>) {
        let slot = self.state.admit(u16::try_from(listener).unwrap_or(u16::MAX), peer);
        let registered = self.world.register(&mut socket, slot);
        self.links.insert(slot, socket);
        if let Err(error) = registered {
            log::warn!("a connection could not be watched: {error}");
            self.state.enter(slot, Phase::Dead);
        }
    }
}
