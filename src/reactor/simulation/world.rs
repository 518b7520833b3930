//! The scripted world: what a reactor sees of the network, with edges as faithful as a system's.
//!
//! In a world where a short read empties the socket, readiness is that of epoll: an edge for every arrival and
//! for room after a blocked write, and with each the level of both directions, or, as with kqueue, only of
//! the direction that changed. In the other world only a call that would have blocked re-arms its direction.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::line::{Edges, Line, ServerSide};
use super::network::{Knock, Network};
use super::socket::ScriptedSocket;
use super::weather::STALL;
use crate::reactor::world::{Answer, Readiness, Token, Wake, World};

/// A world that runs on a [`Network`].
pub(super) struct Scripted<const SHORT_READ_EMPTIES: bool> {
    network: Rc<RefCell<Network>>,
    idle: usize,
    moves: u64,
}

struct Bell(Arc<AtomicBool>);

impl Wake for Bell {
    fn wake(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The server's listening socket.
pub(super) struct ScriptedListener(Rc<RefCell<Network>>);

impl<const SHORT: bool> Scripted<SHORT> {
    pub(super) fn new(network: Rc<RefCell<Network>>) -> Self {
        Self { network, idle: 0, moves: 0 }
    }

    /// Watches for turns that only burn time.
    fn watch_idling(&mut self, timeout: Option<Duration>) {
        let mut network = self.network.borrow_mut();
        let so_far = network.clock.moves();
        let moved = so_far != self.moves;
        self.moves = so_far;
        self.idle = match timeout {
            Some(Duration::ZERO) if !moved => self.idle + 1,
            _ => 0,
        };
        if self.idle == network.most_idle {
            let at = network.now();
            network.faults.push(format!("at {at} us: the loop spins"));
        }
    }

    fn report(&mut self, ready: &mut Vec<Readiness>) {
        let network = &mut *self.network.borrow_mut();
        if network.bell.swap(false, Ordering::Relaxed) {
            ready.push(readiness(Token::Waker, Edges { read: true, write: false }, false));
        }
        let backlog = &mut network.backlog;
        if backlog.edge && (SHORT || backlog.armed) && !backlog.knocks.is_empty() {
            backlog.edge = false;
            backlog.armed = false;
            ready.push(readiness(Token::Listener(0), Edges { read: true, write: false }, false));
        }
        for index in network.take_stirred() {
            let merged = network.chance.one_in(2);
            let line = &mut network.lines[index];
            let Some(slot) = line.slot else { continue };
            let shown = if SHORT { line.edges_shown(merged) } else { line.arms_shown() };
            if shown.read || shown.write {
                ready.push(readiness(Token::Connection(slot), shown, line.up.ended.is_some()));
            }
        }
        if !ready.is_empty() {
            network.clock.note_move();
        }
        network.mislead(ready);
    }
}

impl Network {
    /// Readiness that means nothing, as systems may report it.
    fn mislead(&mut self, ready: &mut Vec<Readiness>) {
        if self.chance.one_in(self.weather.spurious) && !self.lines.is_empty() {
            let line = self.chance.below(self.lines.len());
            if let Some(slot) = self.lines[line].slot {
                let edges = Edges { read: self.chance.one_in(2), write: self.chance.one_in(2) };
                ready.push(readiness(Token::Connection(slot), edges, false));
            }
        }
    }

    /// What a turn costs, and now and then a pause of the whole machine.
    fn spend_time(&mut self) {
        let mut spent = if self.weather.longest_way > 0 { self.chance.below(50) } else { 0 };
        if self.chance.one_in(self.weather.stalled_loop) {
            spent += self.chance.below(STALL);
        }
        self.pass(self.now() + spent as u64);
    }
}

fn readiness(token: Token, edges: Edges, ended: bool) -> Readiness {
    Readiness { token, readable: edges.read, writable: edges.write, ended: ended && edges.read }
}

impl Line {
    fn edges_shown(&mut self, merged: bool) -> Edges {
        let edges = std::mem::take(&mut self.edges);
        let any = edges.read || edges.write;
        Edges {
            read: self.is_readable() && (edges.read || (merged && any)),
            write: self.is_writable() && (edges.write || (merged && any)),
        }
    }

    fn arms_shown(&mut self) -> Edges {
        let shown = Edges {
            read: self.armed.read && self.is_readable(),
            write: self.armed.write && self.is_writable(),
        };
        self.armed.read &= !shown.read;
        self.armed.write &= !shown.write;
        shown
    }
}

impl<const SHORT: bool> World for Scripted<SHORT> {
    type Socket = ScriptedSocket<SHORT>;
    type Listener = ScriptedListener;

    const SHORT_READ_EMPTIES: bool = SHORT;

    fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<Readiness>) -> io::Result<()> {
        self.watch_idling(timeout);
        let until = timeout.map(|timeout| self.network.borrow().now() + micros(timeout));
        self.network.borrow_mut().spend_time();
        if self.network.borrow_mut().is_interrupted() {
            return Ok(());
        }
        loop {
            self.report(ready);
            let mut network = self.network.borrow_mut();
            let now = network.now();
            if !ready.is_empty() || until.is_some_and(|until| until <= now) {
                return Ok(());
            }
            match until.into_iter().chain(network.next()).min() {
                Some(next) => network.pass(next),
                None => return Err(io::Error::other("nothing will ever happen")),
            }
        }
    }

    fn now(&mut self) -> Duration {
        Duration::from_micros(self.network.borrow().now())
    }

    fn entropy(&mut self) -> io::Result<[u8; 32]> {
        Ok(self.network.borrow_mut().chance.bytes())
    }

    fn waker(&self) -> Arc<dyn Wake> {
        Arc::new(Bell(self.network.borrow().bell.clone()))
    }

    fn listen(&mut self, _: SocketAddr, _: u32, _: usize) -> io::Result<ScriptedListener> {
        self.network.borrow_mut().backlog.armed = true;
        Ok(ScriptedListener(self.network.clone()))
    }

    fn connect(&mut self, address: SocketAddr) -> io::Result<ScriptedSocket<SHORT>> {
        let line = self.network.borrow_mut().dial(address)?;
        Ok(ScriptedSocket::new(self.network.clone(), line))
    }

    fn resolve(&mut self, name: &str, _: u16, answer: Answer) -> io::Result<()> {
        self.network.borrow_mut().look_up(name, answer)
    }

    fn reregister(&mut self, socket: &mut ScriptedSocket<SHORT>, slot: usize) -> io::Result<()> {
        self.register(socket, slot)
    }

    fn adopt(&mut self, _: TcpListener, _: usize) -> io::Result<ScriptedListener> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn listener_addr(_: &ScriptedListener) -> Option<SocketAddr> {
        None
    }

    fn accept(listener: &mut ScriptedListener) -> io::Result<Option<(Self::Socket, Option<SocketAddr>)>> {
        let mut network = listener.0.borrow_mut();
        let Some(line) = network.accept()? else {
            return Ok(None);
        };
        let socket = ScriptedSocket::new(listener.0.clone(), line);
        let port = u16::try_from(line + 1).unwrap_or(u16::MAX);
        Ok(Some((socket, Some((Ipv4Addr::LOCALHOST, port).into()))))
    }

    fn register(&mut self, socket: &mut Self::Socket, slot: usize) -> io::Result<()> {
        let mut network = self.network.borrow_mut();
        if network.fails_to_register() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let both = Edges { read: true, write: true };
        network.lines[socket.line()].slot = Some(slot);
        network.lines[socket.line()].armed = both;
        network.stir(socket.line(), |edges| *edges = both);
        Ok(())
    }
}

impl Network {
    fn is_interrupted(&mut self) -> bool {
        let rate = self.weather.interrupted_wait;
        let interrupted = self.chance.one_in(rate);
        if interrupted {
            self.clock.note_move();
        }
        interrupted
    }

    fn fails_to_register(&mut self) -> bool {
        let rate = self.weather.failed_register;
        self.chance.one_in(rate)
    }

    /// The next line of the backlog. Like a real system it looks for a descriptor first.
    fn accept(&mut self) -> io::Result<Option<usize>> {
        let rate = self.weather.failed_accept;
        if self.live >= self.weather.descriptors || self.chance.one_in(rate) {
            return Err(io::Error::other("too many open files"));
        }
        loop {
            match self.backlog.knocks.pop_front() {
                Some(Knock::Line(line)) => {
                    self.clock.note_move();
                    self.live += 1;
                    self.lines[line].accepted = Some(self.now());
                    self.lines[line].server = ServerSide::Accepted;
                    return Ok(Some(line));
                }
                Some(Knock::Gone) => {}
                None => {
                    self.backlog.armed = true;
                    return Ok(None);
                }
            }
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX >> 1)
}

impl<const SHORT: bool> fmt::Debug for Scripted<SHORT> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Scripted").finish_non_exhaustive()
    }
}

impl Drop for ScriptedListener {
    fn drop(&mut self) {
        self.0.borrow_mut().turn_away();
    }
}
