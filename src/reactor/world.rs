//! The seam between the reactor and everything that is not it: readiness, sockets, the clock, randomness.
//!
//! One reactor runs unchanged on the system's world ([`System`](super::system::System)) and, in tests, on a
//! scripted one with virtual time.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::transport::Socket;

/// Something became possible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    pub(crate) token: Token,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// The peer has ended its side, so a short read does not yet mean that all was read.
    pub(crate) ended: bool,
}

/// Whose readiness it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Token {
    Connection(usize),
    Listener(usize),
    /// Another thread put something into the mailbox.
    Waker,
}

/// Interrupts the wait of the loop, from any thread.
pub(crate) trait Wake: Send + Sync {
    fn wake(&self);
}

/// What is done with the addresses of a name, as long as somebody waits for them.
pub(crate) struct Answer {
    /// Gone when nobody does.
    wanted: Weak<()>,
    deliver: Box<dyn FnOnce(io::Result<Vec<SocketAddr>>) + Send>,
}

impl Answer {
    /// An answer that is wanted for as long as `wish` exists.
    pub(crate) fn new(
        wish: &Arc<()>,
        deliver: impl FnOnce(io::Result<Vec<SocketAddr>>) + Send + 'static,
    ) -> Self {
        Self { wanted: Arc::downgrade(wish), deliver: Box::new(deliver) }
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.strong_count() > 0
    }

    pub(crate) fn give(self, addresses: io::Result<Vec<SocketAddr>>) {
        (self.deliver)(addresses);
    }
}

/// What a reactor runs on.
pub(crate) trait World {
    type Socket: Socket;
    type Listener;

    /// Whether a read that did not fill its buffer has emptied the socket. Where it has not, reading goes on
    /// until it would block.
    const SHORT_READ_EMPTIES: bool;

    /// Waits for readiness, until `timeout` at most, and appends it to `ready`.
    fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<Readiness>) -> io::Result<()>;
    /// Time since the world began; it never goes back.
    fn now(&mut self) -> Duration;
    /// Bytes nobody can predict.
    fn entropy(&mut self) -> io::Result<[u8; 32]>;
    fn waker(&self) -> Arc<dyn Wake>;

    fn listen(&mut self, address: SocketAddr, backlog: u32, index: usize) -> io::Result<Self::Listener>;
    /// Listens on a socket that is bound already.
    fn adopt(&mut self, listener: TcpListener, index: usize) -> io::Result<Self::Listener>;
    fn listener_addr(listener: &Self::Listener) -> Option<SocketAddr>;
    fn accept(listener: &mut Self::Listener) -> io::Result<Option<(Self::Socket, Option<SocketAddr>)>>;
    /// Begins to connect; readiness to write will tell that it is done or has failed.
    fn connect(&mut self, address: SocketAddr) -> io::Result<Self::Socket>;
    /// Looks up the addresses of a name, somewhere else; `answer` is given them from there, unless it is not
    /// wanted any more.
    fn resolve(&mut self, name: &str, port: u16, answer: Answer) -> io::Result<()>;
    /// From now on, readiness of `socket` is reported for `slot`.
    fn register(&mut self, socket: &mut Self::Socket, slot: usize) -> io::Result<()>;
    /// The same, for a socket that was registered for another slot until now.
    fn reregister(&mut self, socket: &mut Self::Socket, slot: usize) -> io::Result<()>;
}
