//! The system's world: mio's poll, real sockets, the monotonic clock, the system's randomness.

use std::fmt;
use std::io;
use std::net::{self, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Waker};
use socket2::{Domain, Protocol, Socket as RawSocket, Type};

use super::resolver::Resolver;
use super::world::{Answer, Readiness, Token, Wake, World};
use crate::transport::Tcp;

/// The most events taken from the system in one turn.
const EVENTS: usize = 1024;

/// Tokens from here down to [`FIRST_LISTENER`] are listeners; the rest are connections.
const WAKER: usize = usize::MAX - 1;
const FIRST_LISTENER: usize = WAKER - 65_535;

/// mio on the system's own sockets.
pub(crate) struct System {
    poll: Poll,
    events: Events,
    waker: Arc<SystemWaker>,
    began: Instant,
    resolver: Resolver,
}

struct SystemWaker(Waker);

impl Wake for SystemWaker {
    fn wake(&self) {
        if let Err(error) = self.0.wake() {
            log::error!("the loop could not be woken: {error}");
        }
    }
}

impl System {
    pub(crate) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), mio::Token(WAKER))?;
        let waker = Arc::new(SystemWaker(waker));
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            waker,
            began: Instant::now(),
            resolver: Resolver::default(),
        })
    }
}

impl fmt::Debug for System {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("System").finish_non_exhaustive()
    }
}

fn token(token: mio::Token) -> Token {
    match token.0 {
        WAKER => Token::Waker,
        index if index >= FIRST_LISTENER => Token::Listener(index - FIRST_LISTENER),
        slot => Token::Connection(slot),
    }
}

/// Binds as the reactor does, without a loop.
pub(crate) fn bind(address: SocketAddr, backlog: u32) -> io::Result<net::TcpListener> {
    let socket = RawSocket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option would let another program take the port away.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

impl World for System {
    type Socket = Tcp;
    type Listener = TcpListener;

    // epoll and kqueue report the next arrival after a short read; the others re-arm only when a read would
    // have blocked.
    const SHORT_READ_EMPTIES: bool = cfg!(any(
        target_os = "linux",
        target_os = "android",
        target_os = "macos",
        target_os = "ios",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    ));

    fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<Readiness>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            waited => waited?,
        }
        ready.extend(self.events.iter().map(|event| Readiness {
            token: token(event.token()),
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable() || event.is_error(),
            ended: event.is_read_closed() || event.is_error(),
        }));
        Ok(())
    }

    fn now(&mut self) -> Duration {
        self.began.elapsed()
    }

    fn entropy(&mut self) -> io::Result<[u8; 32]> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(io::Error::from)?;
        Ok(seed)
    }

    fn waker(&self) -> Arc<dyn Wake> {
        self.waker.clone()
    }

    fn listen(&mut self, address: SocketAddr, backlog: u32, index: usize) -> io::Result<TcpListener> {
        self.adopt(bind(address, backlog)?, index)
    }

    fn adopt(&mut self, listener: net::TcpListener, index: usize) -> io::Result<TcpListener> {
        if index >= WAKER - FIRST_LISTENER {
            return Err(io::Error::other("too many listeners"));
        }
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let token = mio::Token(FIRST_LISTENER + index);
        self.poll.registry().register(&mut listener, token, Interest::READABLE)?;
        Ok(listener)
    }

    fn listener_addr(listener: &TcpListener) -> Option<SocketAddr> {
        listener.local_addr().ok()
    }

    fn accept(listener: &mut TcpListener) -> io::Result<Option<(Tcp, Option<SocketAddr>)>> {
        loop {
            match listener.accept() {
                Ok((stream, peer)) => return Ok(Some((Tcp::new(stream), Some(peer)))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                // A connection that was gone before it was accepted says nothing about the next.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn register(&mut self, socket: &mut Tcp, slot: usize) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(socket.source(), mio::Token(slot), interest)
    }

    fn reregister(&mut self, socket: &mut Tcp, slot: usize) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().reregister(socket.source(), mio::Token(slot), interest)
    }

    fn connect(&mut self, address: SocketAddr) -> io::Result<Tcp> {
        TcpStream::connect(address).map(Tcp::new)
    }

    fn resolve(&mut self, name: &str, port: u16, answer: Answer) -> io::Result<()> {
        self.resolver.resolve(name, port, answer)
    }
}
