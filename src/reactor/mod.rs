//! The reactor: one loop, every socket, one turn after the other.
//!
//! [`engine`] is the turn itself. The other rooms are its steps ([`listeners`], [`opening`], [`reading`] with
//! [`delivery`], [`callbacks`], [`commands`], [`deferring`], [`dialing`] with [`racing`], [`writing`]), what they
//! share ([`state`], with [`outgoing`], [`fragments`], [`cork`], [`deadlines`], [`timers`], [`topics`], [`masks`],
//! [`ages`], [`routers`]), and the world they run in
//! ([`world`], [`system`] with [`resolver`]).

mod ages;
mod callbacks;
mod commands;
mod cork;
mod deadlines;
mod deferring;
mod delivery;
mod dialing;
mod engine;
mod fragments;
mod links;
mod listeners;
mod mailbox;
mod masks;
mod opening;
mod outgoing;
mod racing;
mod reading;
mod resolver;
mod routers;
#[cfg(test)]
mod simulation;
mod state;
mod system;
mod timers;
mod topics;
mod wheel;
mod world;
mod writing;

use std::fmt;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use crate::config::Config;
use crate::connect::{Connect, InvalidConnect};
use crate::error::Error;
use crate::handle::Handle;
use crate::handler::Handler;
use crate::id::{ConnectionId, ListenerId};
use crate::router::Router;
use crate::view::Loop;
use engine::Engine;
use system::System;

pub(crate) use mailbox::{Command, Mailbox};
pub use outgoing::Published;
pub(crate) use outgoing::Sockets;
pub(crate) use state::{Life, State, Tenant};
pub(crate) use system::bind;

/// One poll loop that owns every socket of its listeners.
///
/// It belongs to the thread that made it. Other threads reach it through its [`Handle`].
///
/// ```
/// use std::time::Duration;
/// use ws_reactor::{Config, Progress, Reactor, Router, handler};
///
/// let mut reactor = Reactor::new(Config::default())?;
/// let echo = Router::new().otherwise(|_request| {
///     handler(|context, message| {
///         context.send(message).ok();
///     })
/// });
/// let listener = reactor.listen("127.0.0.1:0", echo)?;
/// println!("listening on {:?}", reactor.listener_addr(listener));
///
/// // `reactor.run()?` goes on until it is stopped; here, one turn at a time:
/// assert_eq!(reactor.turn(Some(Duration::ZERO))?, Progress::Running);
/// # Ok::<(), ws_reactor::Error>(())
/// ```
pub struct Reactor {
    engine: Engine<System>,
}

/// Whether there will be another turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// The loop goes on.
    Running,
    /// The reactor was stopped, and every connection has seen its `on_close`.
    Stopped,
}

impl Reactor {
    /// A reactor without listeners.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for settings that cannot work, [`Error::Poll`] if the system has no poll to give.
    pub fn new(config: Config) -> Result<Self, Error> {
        config.validate()?;
        let system = System::new().map_err(Error::Poll)?;
        let engine = Engine::new(system, config).map_err(Error::Entropy)?;
        Ok(Self { engine })
    }

    /// Listens on an address; `router` decides about what comes in. Port 0 takes any free port, which
    /// [`listener_addr`](Self::listener_addr) then tells. Of several addresses, the first that can be had is
    /// taken. A name is looked up on the spot.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if no address can be had.
    pub fn listen(&mut self, address: impl ToSocketAddrs, router: Router) -> Result<ListenerId, Error> {
        self.engine.listen(address, router)
    }

    /// Listens on a socket that is bound and listens already: one that was made with options of its own, or that
    /// the program was given when it was started (socket activation).
    ///
    /// ```
    /// use std::net::TcpListener;
    /// use ws_reactor::{Config, Reactor, Router};
    ///
    /// let bound = TcpListener::bind("127.0.0.1:0")?;
    /// let mut reactor = Reactor::new(Config::default())?;
    /// let listener = reactor.listen_on(bound, Router::new())?;
    /// # assert!(reactor.listener_addr(listener).is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if it cannot be watched.
    pub fn listen_on(&mut self, listener: TcpListener, router: Router) -> Result<ListenerId, Error> {
        self.engine.listen_on(listener, router)
    }

    /// The reactor as closures on the loop see it, between two turns: to connect, send, change routes and set
    /// timers before the first turn, or in a program that calls [`turn`](Self::turn) itself.
    pub fn as_loop(&mut self) -> Loop<'_> {
        self.engine.read_clock();
        Loop { state: &mut self.engine.state, sockets: &mut self.engine.links }
    }

    /// The address a listener is bound to.
    #[must_use]
    pub fn listener_addr(&self, listener: ListenerId) -> Option<SocketAddr> {
        self.engine.state.routers.address(listener.0 as usize)
    }

    /// Connects to the address of a WebSocket. Nothing blocks: `handler` is told in
    /// [`on_open`](crate::Handler::on_open) or [`on_failed`](crate::Handler::on_failed) what became of it.
    ///
    /// ```
    /// use ws_reactor::{Closed, Config, Context, Handler, Lifetime, Message, Reactor, Router, handler};
    ///
    /// struct Greeter;
    ///
    /// impl Handler for Greeter {
    ///     fn on_open(&mut self, context: &mut Context<'_>) {
    ///         context.send("hello").ok();
    ///     }
    ///
    ///     fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
    ///         assert_eq!(message, Message::Text("hello"));
    ///         context.others().stop(std::time::Duration::from_secs(1));
    ///     }
    /// }
    ///
    /// let mut reactor = Reactor::new(Config::default())?;
    /// let echo = Router::new().otherwise(|_| handler(|context, message| context.send(message).unwrap_or_default()));
    /// let listener = reactor.listen("127.0.0.1:0", echo)?;
    /// let address = reactor.listener_addr(listener).unwrap();
    /// reactor.connect(format!("ws://{address}/"), Greeter)?;
    /// reactor.run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidConnect`] for what cannot even be tried; the handler is dropped.
    pub fn connect<C>(&mut self, connect: C, handler: impl Handler) -> Result<ConnectionId, InvalidConnect>
    where
        C: TryInto<Connect>,
        InvalidConnect: From<C::Error>,
    {
        self.engine.connect(connect.try_into()?, Box::new(handler))
    }

    /// A way to this reactor from other threads.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(self.engine.state().mailbox.clone())
    }

    /// Turns until it is stopped ([`Handle::stop`]).
    ///
    /// # Errors
    ///
    /// [`Error::Poll`] if the system refuses to wait; nothing that comes from a peer leads there.
    pub fn run(&mut self) -> Result<(), Error> {
        while self.turn(None)? == Progress::Running {}
        Ok(())
    }

    /// One turn: waits until something happens, but no longer than `timeout`, and does all that it calls for.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn turn(&mut self, timeout: Option<Duration>) -> Result<Progress, Error> {
        match self.engine.turn(timeout).map_err(Error::Poll)? {
            Life::Running | Life::Stopping { .. } => Ok(Progress::Running),
            Life::Stopped => Ok(Progress::Stopped),
        }
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = self.engine.state().slots.len();
        formatter.debug_struct("Reactor").field("connections", &connections).finish_non_exhaustive()
    }
}
