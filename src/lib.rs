//! WebSocket servers and clients on one poll loop (RFC 6455): no thread per connection, no async runtime.
//!
//! One [`Reactor`] owns every socket. It reads what has arrived, calls the [`Handler`] of that connection,
//! and writes what the handlers sent. Everything a handler shares with the others lives on the same thread,
//! so an `Rc<RefCell<_>>` is enough, and nothing needs a lock.
//!
//! # First program
//!
//! An echo server: everything that arrives goes back.
//!
//! ```no_run
//! use ws_reactor::{Config, Context, Handler, Message, Reactor, Router};
//!
//! struct Echo;
//!
//! impl Handler for Echo {
//!     fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
//!         context.send(message).ok();
//!     }
//! }
//!
//! fn main() -> Result<(), ws_reactor::Error> {
//!     let mut reactor = Reactor::new(Config::default())?;
//!     reactor.listen("127.0.0.1:8080", Router::new().otherwise(|_request| Echo))?;
//!     reactor.run()
//! }
//! ```
//!
//! `examples/chat_server` is a whole application: a page, a room, people who come and go. Who comes from
//! LazWebsockets finds each class and method in [`manual::migration`].
//!
//! # The picture
//!
//! ```text
//!      your handlers and routes           other threads
//!                 |                             |
//!  router accept handler context view        handle       what your program names
//!                 |                             |
//!              reactor ------------------- its mailbox    one turn after the other
//!                 |
//!            connection                                   one peer, what waits for it
//!             /      \
//!      transport    protocol                              sockets; RFC 6455, pure
//! ```
//!
//! Each room imports only from those below it, and from `config`, `error`, `id` and `buffer`. The protocol
//! is pure: bytes in, events and bytes out, no socket in sight. The reactor does the same things in the same
//! order in every turn:
//!
//! 1. wait for a socket, a deadline, or word from another thread;
//! 2. read the clock, once;
//! 3. accept, read, call handlers, and write what each sent to its own peer;
//! 4. do what other threads asked for;
//! 5. see to deadlines and timers;
//! 6. write what waits for anybody else, once for each connection;
//! 7. free the slots of connections that ended.
//!
//! # Handlers and state
//!
//! A route makes a new handler for each connection. The handler owns what concerns that connection alone;
//! what several share, they hold by [`Rc`](std::rc::Rc). Callbacks never run inside one another: whatever
//! one asks for takes effect at once, and the callbacks that follow from it come later. So a borrow that
//! lasts as long as a callback meets no other.
//!
//! ```
//! use std::cell::Cell;
//! use std::rc::Rc;
//! use ws_reactor::{Closed, Context, Handler, Message, Router};
//!
//! struct Visitor {
//!     present: Rc<Cell<usize>>,
//! }
//!
//! impl Handler for Visitor {
//!     fn on_open(&mut self, context: &mut Context<'_>) {
//!         self.present.set(self.present.get() + 1);
//!         context.send(&format!("{} here", self.present.get())).ok();
//!     }
//!
//!     fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
//!         match message {
//!             Message::Text(text) => context.send(&text.to_uppercase()).ok(),
//!             Message::Binary(bytes) => context.send(&bytes.len().to_be_bytes()).ok(),
//!         };
//!     }
//!
//!     fn on_close(&mut self, _context: &mut Context<'_>, _closed: &Closed) {
//!         self.present.set(self.present.get() - 1);
//!     }
//! }
//!
//! let present = Rc::new(Cell::new(0));
//! let router = Router::new().otherwise(move |_request| Visitor {
//!     present: Rc::clone(&present),
//! });
//! ```
//!
//! A message is borrowed from the read buffer: [`Message::into_owned`] makes a copy that can be kept. A
//! handler that only wants messages can be a closure; see [`handler`]. The whole reactor waits while a
//! callback runs, so long work belongs on [another thread](#threads).
//!
//! # Routing and plain pages
//!
//! A [`Router`] finds the route by host and path. Plain HTTP requests get pages: enough for a start page and
//! a health check, on the same port. Each connection that gets a page is closed behind it.
//!
//! ```
//! use ws_reactor::{Response, Router, Status, handler};
//!
//! let router = Router::new()
//!     .page("/", |_request| Response::html(Status::OK, "<h1>Hello</h1>"))
//!     .page("/health", |_request| Response::text(Status::OK, "well"))
//!     .route("/clock", |_request| {
//!         handler(|context, _message| {
//!             context.send("noon").ok();
//!         })
//!     });
//! ```
//!
//! A route may also reject, answer with headers of its own, choose a subprotocol, or decide later, from another
//! thread: see [`manual::routing`].
//!
//! # Clients
//!
//! [`Reactor::connect`] takes an address and a handler of the same kind; it lives in the same loop. See
//! [`manual::clients`], and [`blocking::connect`] for a program that wants no loop at all.
//!
//! # Security
//!
//! Everything a peer sends is checked, limited and given a deadline; what happens to it otherwise is a table in
//! [`manual::security`], with what an application decides itself: which pages and hosts it serves.
//!
//! # Long messages
//!
//! A message too long to hold is written with [`MessageWriter`], in fragments over many turns, and received
//! in pieces as they arrive where [`Open`] or [`Connect`] ask for it ([`Handler::on_piece`]).
//!
//! # Threads
//!
//! The reactor stays on the thread that made it. Other threads talk to it through a [`Handle`], or to one
//! connection through a [`Sender`]. Both are cheap to clone, never block, and give a message back that the
//! full mailbox or a stopped reactor refuses. [`Handle::run`] runs a closure on the loop, with all
//! connections before it. A thread that would rather wait for messages than be called with them has [`blocking`].
//!
//! ```
//! use std::thread;
//! use ws_reactor::{Context, Handler, Message};
//!
//! struct Prover;
//!
//! impl Handler for Prover {
//!     fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
//!         let (sender, question) = (context.sender(), message.into_owned());
//!         thread::spawn(move || {
//!             // Long work, while the loop serves the others; then the answer.
//!             if let Err(error) = sender.send(question) {
//!                 eprintln!("{}: {error}", sender.id());
//!             }
//!         });
//!     }
//! }
//! ```
//!
//! An id is never given out twice. What is sent to a connection that has ended in the meantime reaches
//! nobody.
//!
//! # Topics
//!
//! A connection subscribes to topics by name; a message published there goes to all subscribers, encoded
//! once. [`Published`] counts those who got it and those who read too slowly to get it.
//!
//! ```
//! use ws_reactor::{Context, Handler, Message};
//!
//! struct Guest;
//!
//! impl Handler for Guest {
//!     fn on_open(&mut self, context: &mut Context<'_>) {
//!         if let Err(error) = context.subscribe("room") {
//!             eprintln!("{}: {error}", context.id());
//!         }
//!     }
//!
//!     fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
//!         context.publish_to_others("room", message);
//!     }
//! }
//! ```
//!
//! A topic exists while somebody is subscribed to it. Subscriptions end with their connection.
//!
//! # Backpressure
//!
//! Sending never blocks. What the socket does not take waits in the connection's outbox, up to
//! [`max_outbox`](Config::max_outbox) bytes or one message of any length; what would exceed it is not queued
//! and comes back in [`SendError::Full`]. A message of another thread comes back to the connection's handler
//! ([`on_refused`](Handler::on_refused)). With [`Overflow::Close`] the connection ends instead. Who has much
//! to send sends until it is told to stop, and goes on in [`on_drain`](Handler::on_drain):
//!
//! ```
//! use std::iter::Peekable;
//! use ws_reactor::{Context, Handler};
//!
//! struct Export {
//!     rows: Peekable<std::vec::IntoIter<String>>,
//! }
//!
//! impl Export {
//!     fn pour(&mut self, context: &mut Context<'_>) {
//!         while let Some(row) = self.rows.peek() {
//!             if context.send(row).is_err() {
//!                 return; // Full: `on_drain` goes on. Closed: nobody reads the rest.
//!             }
//!             self.rows.next();
//!         }
//!     }
//! }
//!
//! impl Handler for Export {
//!     fn on_open(&mut self, context: &mut Context<'_>) {
//!         self.pour(context);
//!     }
//!
//!     fn on_drain(&mut self, context: &mut Context<'_>) {
//!         self.pour(context);
//!     }
//! }
//! ```
//!
//! A message that is too long to be in memory is sent and received bit by bit: see [`manual::streaming`].
//!
//! # Timers and deadlines
//!
//! A handler has as many timers as it likes, each set with [`Context::set_timer`] and named by a
//! [`TimerId`]. They run out once, never early, and are gone with their connection.
//!
//! ```
//! use std::time::Duration;
//! use ws_reactor::{CloseCode, Context, Handler, TimerId};
//!
//! struct HourGlass;
//!
//! impl Handler for HourGlass {
//!     fn on_open(&mut self, context: &mut Context<'_>) {
//!         context.set_timer(Duration::from_secs(3600));
//!     }
//!
//!     fn on_timer(&mut self, context: &mut Context<'_>, _timer: TimerId) {
//!         context.close(CloseCode::Normal, "time is up").ok();
//!     }
//! }
//! ```
//!
//! The deadlines of the protocol need no timer: opening, silence, stalled writes and closing each have
//! theirs in [`Config`], and pings are sent by themselves.
//!
//! # Endings
//!
//! Each [`on_open`](Handler::on_open) is followed by exactly one [`on_close`](Handler::on_close), and by
//! nothing after it. [`Closed`] tells the code, the reason, and the [`Cause`]: the peer closed, this side
//! did, a rule was broken, a deadline passed, the connection was lost. [`was_clean`](Closed::was_clean)
//! tells whether both sides said goodbye; a normal close is no error. A request that never became a
//! WebSocket causes no callback.
//!
//! [`Context::close`] begins the closing handshake: what was sent before still arrives, and no more messages
//! come in. [`Context::abort`] drops the connection on the spot.
//!
//! # Panics
//!
//! A callback that panics closes its own connection with 1011, and its `on_close` says [`Cause::Panicked`];
//! a route or page that panics is answered with 500; a closure of [`Handle::run`] that panics is given up.
//! Each leaves a line in the log, and everybody else goes on. This needs unwinding, which is Rust's default:
//! with `panic = "abort"` a panic ends the program.
//!
//! # Shutdown
//!
//! [`Handle::stop`] closes the listeners, tells every peer 1001, and has [`Reactor::run`] return when all
//! are gone, or when the grace it was given is over. Every open connection sees its `on_close`, also when a
//! reactor is dropped.
//!
//! A program with a loop of its own calls [`Reactor::turn`] instead of `run`.
//!
//! # Limits
//!
//! Every limit, deadline and budget is a field of [`Config`], with its unit and default. They are meant for
//! a server on the open Internet; look at [`Config::max_message`], [`Config::max_frame`] and
//! [`Config::max_outbox`] first.
//!
//! # Performance
//!
//! - A turn reads what a socket has into one buffer that all connections share, and hands out each whole
//!   message where it lies. However many messages a read brings, what their handler sends back leaves in one
//!   write; what is sent to another connection leaves at the end of the turn, in one write too.
//! - A long message that comes in pieces is read straight into memory of its own; a long answer is written
//!   from where it lies.
//! - An idle connection owns no buffer, and nothing sweeps over it: it costs less than 128 bytes of memory,
//!   besides its handler and the system's socket, and no time but its pings.
//! - Budgets per turn ([`read_buffer`](Config::read_buffer),
//!   [`messages_per_turn`](Config::messages_per_turn)) keep a busy connection from starving the others.
//! - A reactor uses one core. Several, each on its own thread and port, share nothing.
//!
//! Measure with `cargo bench --bench echo` on Linux, beside a server that only counts bytes; `--exec` adds
//! any other server. `examples/load_server` is there for load generators.
//!
//! # Platforms
//!
//! Linux, macOS and Windows, as far as mio goes; tested on Linux. Rust 1.85 or newer. What an operator wants
//! to know goes to the [`log`](https://docs.rs/log) crate.
#![forbid(unsafe_code)]

mod accept;
pub mod blocking;
mod buffer;
mod config;
mod connect;
mod connect_error;
mod connection;
mod context;
mod error;
mod handle;
mod handler;
mod id;
pub mod manual;
mod protocol;
mod reactor;
mod reconnect;
mod router;
mod transport;
mod view;
mod writer;

pub use accept::{Accept, Defer, Deferred, Gone, IntoAccept, Open};
pub use config::{Config, Lifetime, Overflow};
pub use connect::{Connect, InvalidConnect};
pub use connect_error::ConnectError;
pub use connection::{Cause, Closed, Deadline};
pub use context::Context;
pub use error::{CommandError, Error, SendError, SubscribeError};
pub use handle::{CloseError, ConnectCommandError, Handle, Sender};
pub use handler::{Handler, handler};
pub use id::{ConnectionId, ListenerId, TimerId};
pub use protocol::handshake::{
    HandshakeError, HeaderList, Headers, InvalidHeader, InvalidRequest, InvalidStatus, InvalidUrl,
    Malformation, Method, Origins, Refusal, Rejection, Request, Response, Status, UnofferedSubprotocol,
};
pub use protocol::{
    CloseCode, CloseFrame, Delivery, InvalidClose, Kind as MessageKind, Message, OpCode, OwnedMessage, Piece,
    Role, Violation,
};
pub use reactor::{Progress, Published, Reactor};
pub use reconnect::{Ending, Reconnect, Reconnection, Verdict};
pub use router::{Route, Router};
pub use view::{ConnectionInfo, Loop};
pub use writer::MessageWriter;
