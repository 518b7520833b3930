//! Who answers what comes in through each listener, where callbacks can reach it: a callback may change a router,
//! and open and close listeners. The sockets follow before the next wait.

use std::io;
use std::net::{SocketAddr, TcpListener};

use super::callbacks::contained;
use super::engine::Engine;
use super::state::Life;
use super::world::World;
use crate::router::Router;

/// So many listeners have tokens of their own. Their numbers are not used again.
const MOST: usize = 65_535;

/// The routers by the number of their listener.
#[derive(Debug, Default)]
pub(crate) struct Routers {
    desks: Vec<Option<Desk>>,
    changes: Vec<Change>,
}

/// What is known of a listener besides its socket.
#[derive(Debug)]
struct Desk {
    router: Router,
    address: Option<SocketAddr>,
}

/// What became of a listener in a callback, and is still to be done to its socket.
#[derive(Debug)]
enum Change {
    Listen(usize, TcpListener),
    Close(usize),
}

impl Routers {
    /// The number that the next listener will have.
    pub(super) fn next(&self) -> io::Result<usize> {
        let next = self.desks.len();
        if next < MOST { Ok(next) } else { Err(io::Error::other("too many listeners")) }
    }

    /// Seats a router at the next number.
    pub(super) fn seat(&mut self, router: Router, address: Option<SocketAddr>) {
        self.desks.push(Some(Desk { router, address }));
    }

    pub(crate) fn router(&mut self, index: usize) -> Option<&mut Router> {
        Some(&mut self.desks.get_mut(index)?.as_mut()?.router)
    }

    pub(crate) fn address(&self, index: usize) -> Option<SocketAddr> {
        self.desks.get(index)?.as_ref()?.address
    }

    /// Has the loop listen on a socket that is bound already; gives the listener's number.
    pub(crate) fn listen(&mut self, listener: TcpListener, router: Router) -> io::Result<usize> {
        let index = self.next()?;
        self.seat(router, listener.local_addr().ok());
        self.changes.push(Change::Listen(index, listener));
        Ok(index)
    }

    /// Has the loop close a listener, and takes its router.
    pub(crate) fn close(&mut self, index: usize) -> Option<Router> {
        let desk = self.desks.get_mut(index)?.take()?;
        self.changes.push(Change::Close(index));
        Some(desk.router)
    }

    /// Drops everything; the routes are the user's code.
    pub(super) fn clear(&mut self) {
        for desk in self.desks.iter_mut().map(Option::take) {
            contained(|| drop(desk));
        }
        self.changes.clear();
    }
}

impl<W: World> Engine<W> {
    /// Opens and closes the sockets of listeners as callbacks have asked.
    pub(super) fn follow_routers(&mut self) {
        for change in std::mem::take(&mut self.state.routers.changes) {
            match change {
                Change::Listen(index, listener) if self.state.life == Life::Running => {
                    if let Err(error) = self.adopt(index, listener) {
                        log::error!("a listener could not be watched: {error}");
                        let router = self.state.routers.close(index);
                        contained(|| drop(router));
                    }
                }
                Change::Listen(..) => {}
                Change::Close(index) => {
                    if let Some(listening) = self.listeners.get_mut(index) {
                        *listening = None;
                    }
                }
            }
        }
    }

    fn adopt(&mut self, index: usize, listener: TcpListener) -> io::Result<()> {
        let socket = self.world.adopt(listener, index)?;
        self.put_listener(index, socket);
        Ok(())
    }
}
