//! Clients: connecting, what can go wrong, and living in the same loop as servers.
//!
//! [`Reactor::connect`](crate::Reactor::connect) takes an address and a handler. Nothing blocks: the name is looked
//! up on a thread of its own, its addresses are tried as RFC 8305 describes, and one deadline
//! ([`Connect::timeout`](crate::Connect::timeout)) covers the name, TCP and the opening handshake. The handler is the
//! same kind that servers have, and is told exactly one of two things: `on_open`, or `on_failed` with a
//! [`ConnectError`](crate::ConnectError) that says what went wrong.
//!
//! ```
//! use ws_reactor::{Closed, Config, Connect, ConnectError, Context, Handler, Lifetime, Loop, Message, Reactor};
//!
//! struct Ticker;
//!
//! impl Handler for Ticker {
//!     fn on_open(&mut self, context: &mut Context<'_>) {
//!         println!("subprotocol {:?}, cookie {:?}", context.subprotocol(), context.headers().value("Set-Cookie"));
//!         context.send("subscribe").ok();
//!     }
//!
//!     fn on_message(&mut self, _context: &mut Context<'_>, message: Message<'_>) {
//!         println!("{message:?}");
//!     }
//!
//!     fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
//!         match error.rejection() {
//!             Some(answer) => println!("refused with {}: {:?}", answer.status(), answer.body()),
//!             None => println!("{error}"),
//!         }
//!     }
//!
//!     fn on_close(&mut self, _context: &mut Context<'_>, closed: &Closed) {
//!         println!("{closed}");
//!     }
//! }
//!
//! let mut config = Config::default();
//! // A program that is nothing but a client ends with its last connection.
//! config.lifetime = Lifetime::WhileConnected;
//! let mut reactor = Reactor::new(config)?;
//! let connect = Connect::to("ws://127.0.0.1:1/ticker")?.subprotocol("ticks")?.header("X-Client", "demo")?;
//! reactor.connect(connect, Ticker)?;
//! reactor.run()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Inside a callback, [`Context::others`](crate::Context::others) gives the [`Loop`](crate::Loop), which connects as
//! well; from another thread, [`Handle::connect`](crate::Handle::connect) does. One reactor serves any number of
//! listeners and clients, and a handler of one side can send to a connection of the other by its id: a gateway is a
//! few lines.
//!
//! # What is sent
//!
//! Credentials in the address become Basic authorization. Frames are masked with a cryptographic generator, each
//! with a mask of its own (RFC 6455, section 5.3). Redirections are reported as refusals, and followed only where
//! [`Connect::redirects`](crate::Connect::redirects) says so; what was meant for one host (authorization, cookies) is
//! not carried to another. [`Connect::proxy`](crate::Connect::proxy) goes through an HTTP proxy's CONNECT.
//!
//! # What is accepted
//!
//! An answer with anything wrong fails the connection (RFC 6455, section 4.1): a status other than 101, which arrives
//! with its headers and the start of its body; a missing or wrong accept key; a subprotocol or an extension that was
//! not offered.
//!
//! # Coming back
//!
//! [`Reconnect`](crate::Reconnect) makes a connection again when it is lost: after delays that double up to a cap,
//! with some chance in them, until this side closes it or the server says what it would say again
//! ([`Ending::verdict`](crate::Ending::verdict) has the list).
//!
//! ```
//! use std::time::Duration;
//! use ws_reactor::{Config, Reactor, Reconnect, handler};
//!
//! let mut reactor = Reactor::new(Config::default())?;
//! let prices = Reconnect::to("ws://127.0.0.1:1/prices")?
//!     .longest_delay(Duration::from_secs(20))
//!     .start(&mut reactor.as_loop(), || handler(|_context, message| println!("{message:?}")));
//! reactor.turn(Some(Duration::ZERO))?;
//! prices.stop(&mut reactor.as_loop());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
