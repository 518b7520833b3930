//! Listeners and their routers while the loop runs.

use std::net::{SocketAddr, TcpListener};

use crate::error::Error;
use crate::id::{ListenerId, narrow};
use crate::reactor::{Life, bind};
use crate::router::Router;
use crate::view::Loop;

/// Listeners that come, go, and change their routes.
impl Loop<'_> {
    /// Listens on one more address, as [`Reactor::listen`](crate::Reactor::listen) does.
    ///
    /// ```
    /// use ws_reactor::{Config, Reactor, Router, handler};
    ///
    /// let mut reactor = Reactor::new(Config::default())?;
    /// let echo = || handler(|context, message| context.send(message).unwrap_or_default());
    /// reactor.handle().run(move |reactor| {
    ///     let router = Router::new().route("/echo", move |_request| echo());
    ///     match reactor.listen(([127, 0, 0, 1], 0).into(), router) {
    ///         Ok(listener) => println!("listening on {:?}", reactor.listener_addr(listener)),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if the address cannot be had or the reactor is stopping. A reactor has room for 65,535
    /// listeners in its life.
    pub fn listen(&mut self, address: SocketAddr, router: Router) -> Result<ListenerId, Error> {
        let listener = bind(address, self.state.config.backlog).map_err(Error::Listen)?;
        self.listen_on(listener, router)
    }

    /// Listens on a socket that is bound already, as [`Reactor::listen_on`](crate::Reactor::listen_on) does.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if the reactor is stopping, or has had 65,535 listeners.
    pub fn listen_on(&mut self, listener: TcpListener, router: Router) -> Result<ListenerId, Error> {
        if self.state.life != Life::Running {
            return Err(Error::Listen(std::io::Error::other("the reactor has stopped")));
        }
        let index = self.state.routers.listen(listener, router).map_err(Error::Listen)?;
        Ok(ListenerId(narrow(index)))
    }

    /// Closes a listener: its address is free before the next wait, its router is dropped at once. Connections
    /// that came in through it stay; those that have not asked yet will be answered with 503. Says whether it was
    /// there.
    pub fn close_listener(&mut self, listener: ListenerId) -> bool {
        self.state.routers.close(listener.0 as usize).is_some()
    }

    /// The router of a listener, to change it or to put another in its place; `None` for a listener that is
    /// closed. What changes here is for requests to come: connections that are open keep their handlers.
    ///
    /// ```
    /// use ws_reactor::{Config, Reactor, Route, Router, handler};
    ///
    /// let mut reactor = Reactor::new(Config::default())?;
    /// let listener = reactor.listen("127.0.0.1:0", Router::new())?;
    /// reactor.handle().run(move |reactor| {
    ///     if let Some(router) = reactor.router(listener) {
    ///         router.remove_route("/old");
    ///         router.insert_route("/new", Route::new(|_request| handler(|_context, _message| {})));
    ///     }
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn router(&mut self, listener: ListenerId) -> Option<&mut Router> {
        self.state.routers.router(listener.0 as usize)
    }

    /// The address a listener is bound to.
    #[must_use]
    pub fn listener_addr(&self, listener: ListenerId) -> Option<SocketAddr> {
        self.state.routers.address(listener.0 as usize)
    }
}
