//! Connections for threads of your own: calls that wait instead of callbacks.
//!
//! A reactor still owns the sockets. Between it and your thread stands a [`Connection`]: what arrives waits there
//! until it is asked for, and what is sent waits there until there is room for it.
//!
//! A client needs no reactor in sight:
//!
//! ```
//! use ws_reactor::{CloseCode, OwnedMessage, blocking};
//! # use ws_reactor::{Config, Reactor, Router};
//! # let (tell, told) = std::sync::mpsc::channel();
//! # std::thread::spawn(move || {
//! #     let mut reactor = Reactor::new(Config::default()).unwrap();
//! #     let echo = Router::new().otherwise(|_request| blocking::serve(|connection| {
//! #         connection.messages().try_for_each(|message| connection.send(message)).ok();
//! #     }));
//! #     let listener = reactor.listen("127.0.0.1:0", echo).unwrap();
//! #     tell.send(format!("ws://{}/", reactor.listener_addr(listener).unwrap())).unwrap();
//! #     reactor.run().unwrap();
//! # });
//! # let url = told.recv()?;
//!
//! let connection = blocking::connect(url)?;
//! connection.send("hello")?;
//! assert_eq!(connection.recv(), Ok(OwnedMessage::from("hello")));
//! let closed = connection.close(CloseCode::Normal, "that was all")?;
//! assert!(closed.was_clean());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A server's route hands each connection to a thread ([`serve`]), or to whom it likes ([`hand_over`]):
//!
//! ```
//! use ws_reactor::{Router, blocking};
//!
//! let router = Router::new().route("/shout", |_request| {
//!     blocking::serve(|connection| {
//!         for message in connection.messages() {
//!             if connection.send(message).is_err() {
//!                 break; // The peer has left.
//!             }
//!         }
//!     })
//! });
//! ```
//!
//! # What is bounded
//!
//! Both directions are, by [`Limits`]. When too much waits to be received, reading pauses, and what the peer sends
//! waits on its side; pings are not answered meanwhile, and a Close is not noticed. When too much waits to be sent,
//! [`send`](Connection::send) blocks until there is room. Two sides that only send and never receive block each
//! other, until [`Config::write_timeout`](crate::Config::write_timeout) ends the connection.
//!
//! # How it ends
//!
//! The end of a connection wakes everybody who waits for it. What arrived before can still be received. A connection
//! that is dropped is closed with 1000, or with 1011 if its thread panics. Dropping waits for the end of the closing
//! handshake as [`close`](Connection::close) does, for a client program may end right after: what was sent arrives
//! all the same.
//!
//! None of this is for callbacks: what waits for the loop must not be waited for by the loop.

mod adapter;
mod background;
mod client;
mod connection;
mod inbox;
mod outgoing;
mod shared;

pub use adapter::{Adapter, hand_over, serve};
pub use client::{Client, Error, connect};
pub use connection::{Connection, Messages, RecvError, Sender};
pub use inbox::{Binary, Kind, Pong, Text};

/// How much may wait between a connection and its thread.
///
/// ```
/// use ws_reactor::blocking::{self, Limits};
///
/// let mut limits = Limits::default();
/// limits.received_bytes = 64 * 1024;
/// let adapter = blocking::serve(|connection| drop(connection.recv())).limits(limits);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Reading pauses when so many messages wait to be received. At least one always may. Default: 1,024.
    pub received_messages: usize,
    /// Reading pauses when so many bytes of messages wait to be received. One message may exceed it.
    /// Default: 1 MiB.
    pub received_bytes: usize,
    /// Sending blocks while so many bytes wait to be sent, besides those in the reactor's own
    /// [`Config::max_outbox`](crate::Config::max_outbox). A message is always taken when none waits.
    /// Default: 256 KiB.
    pub unsent_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { received_messages: 1_024, received_bytes: 1 << 20, unsent_bytes: 256 << 10 }
    }
}
