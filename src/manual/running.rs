//! What a server changes while it runs: decisions that take time, routes, listeners, timers of the loop.
//!
//! # Decisions that take time
//!
//! A route that must ask somebody slow returns [`Accept::defer`](crate::Accept::defer). It gets a token,
//! [`Deferred`](crate::Deferred), which decides from any thread; the connection waits meanwhile, and nobody else
//! does. The deadline of the opening handshake ([`Config::open_timeout`](crate::Config::open_timeout)) goes on, so
//! work that takes longer needs a longer one. `examples/deferred_accept` asks a database with a bounded pool of
//! workers.
//!
//! # The loop from a closure
//!
//! [`Loop`](crate::Loop) is the reactor with everything in it. It is there in every callback
//! ([`Context::others`](crate::Context::others)), in closures from other threads
//! ([`Handle::run`](crate::Handle::run)), in timers, and between two turns
//! ([`Reactor::as_loop`](crate::Reactor::as_loop)). It lists the open connections, changes the routes of a listener,
//! opens and closes listeners, and sets timers that belong to no connection:
//!
//! ```
//! use std::time::Duration;
//! use ws_reactor::{Config, Loop, Reactor, Response, Route, Router, Status, handler};
//!
//! fn report(reactor: &mut Loop<'_>) {
//!     for info in reactor.connection_infos() {
//!         println!("{} {:?} {} for {:?}", info.id(), info.peer_addr(), info.path(), info.age());
//!     }
//!     reactor.set_timer(Duration::from_secs(60), report);
//! }
//!
//! let mut reactor = Reactor::new(Config::default())?;
//! let listener = reactor.listen("127.0.0.1:0", Router::new())?;
//! report(&mut reactor.as_loop());
//!
//! // Any thread, any time:
//! reactor.handle().run(move |reactor| {
//!     if let Some(router) = reactor.router(listener) {
//!         router.insert_route("/beta", Route::new(|_request| handler(|_context, _message| {})));
//!         router.insert_page("/", |_request| Response::text(Status::OK, "there is a /beta now"));
//!     }
//!     // Only this machine may have a look.
//!     let inside = Router::new().page("/state", |_request| Response::text(Status::OK, "well"));
//!     if let Err(error) = reactor.listen(([127, 0, 0, 1], 0).into(), inside) {
//!         eprintln!("{error}");
//!     }
//! })?;
//! # reactor.turn(Some(Duration::ZERO))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A route that is replaced or removed decides about requests to come; connections that are open keep their handlers.
//! Closing a listener ([`Loop::close_listener`](crate::Loop::close_listener)) leaves its connections open, too.
//!
//! # Sockets from elsewhere
//!
//! [`Reactor::listen_on`](crate::Reactor::listen_on) adopts a [`std::net::TcpListener`] that is bound already: one
//! with options of its own, or one that the system handed to the program when it was started.
