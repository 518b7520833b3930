//! Coming from LazWebsockets: each of its classes, methods and events, and what replaces it.
//!
//! The seed of this library, written in Pascal, gives every connection a thread that receives and often a second one
//! that works. Here one loop owns all connections and calls back; a program that would rather wait in a thread of its
//! own uses [`blocking`](crate::blocking), which reads much like the original.
//!
//! # Server
//!
//! | LazWebsockets | here |
//! |---|---|
//! | `TWebSocketServer.Create(port)`, `Create(host, port, ...)` | [`Reactor::new`] and [`Reactor::listen`], as often as there are addresses |
//! | `Start` | [`Reactor::run`], or [`Reactor::turn`] |
//! | `Stop(DoAbort)` | [`Handle::stop`] with a grace, or with none |
//! | `FreeHandlers`, `Destroy` | ownership; nothing to call |
//! | `RegisterHandler(host, path, handler, DefaultHost, DefaultPath)` | [`Router::route`], [`Router::host`], [`Router::otherwise`]; while running, [`Loop::router`] |
//! | `TWebsocketHandler.Accept` | the route: it returns a [`Handler`], or a [`Response`] to refuse |
//! | `TRequestData` | [`Request`] |
//! | `ResponseHeaders` | [`Open::header`], [`Response::header`] |
//! | `AcceptingMethod := samThreaded`, `samThreadPool` | [`Accept::defer`]: a token that any thread completes |
//! | `HandleCommunication`, `TThreadedWebsocketHandler.DoHandleCommunication` | the callbacks of a [`Handler`], or [`blocking::serve`](crate::blocking::serve) |
//! | `CreateCommunicator` | the route makes the handler, one for each connection |
//! | a `TConnectionList` of one's own | [`Loop::connection_infos`], and topics: [`Context::subscribe`], [`Context::publish`] |
//!
//! A handler in the style of the original, with a thread for each connection:
//!
//! ```
//! use ws_reactor::{Config, Reactor, Router, blocking};
//!
//! let mut reactor = Reactor::new(Config::default())?;
//! let chat = Router::new().otherwise(|_request| {
//!     blocking::serve(|connection| {
//!         while let Ok(message) = connection.recv() {
//!             println!("Message from {:?}: {message:?}", connection.peer_addr());
//!             if connection.send("Message received").is_err() {
//!                 break;
//!             }
//!         }
//!     })
//! });
//! reactor.listen("127.0.0.1:0", chat)?;
//! // reactor.run()?;
//! # Ok::<(), ws_reactor::Error>(())
//! ```
//!
//! The same with callbacks, and no thread:
//!
//! ```
//! use ws_reactor::{Closed, Context, Handler, Message, Router};
//!
//! struct Chat;
//!
//! impl Handler for Chat {
//!     fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
//!         println!("Message from {:?}: {message:?}", context.peer_addr());
//!         context.send("Message received").ok();
//!     }
//!
//!     fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
//!         println!("Connection to {:?} closed: {closed}", context.peer_addr());
//!     }
//! }
//!
//! let router = Router::new().route("/chat", |_request| Chat);
//! ```
//!
//! # A connection
//!
//! | LazWebsockets | callbacks | [`blocking::Connection`](crate::blocking::Connection) |
//! |---|---|---|
//! | `ReceiveMessage`, `GetUnprocessedMessages`, `HasMessages` | [`Handler::on_message`] | `recv`, `try_recv`, `messages` |
//! | `OnRecieveMessage` with a ping or pong | [`Handler::on_ping`], [`Handler::on_pong`] | `wait_for` |
//! | `WaitForMessage`, `WaitForString`, `WaitForBinary`, `WaitForPong` | | `wait_for(kind, timeout)` |
//! | `WriteStringMessage`, `WriteBinaryMessage` | [`Context::send`] | `send` |
//! | `WriteMessage(type, MaxFrameLength)`, a stream | [`Context::begin_message`], an [`io::Write`](std::io::Write) | |
//! | `WriteRawMessage(ping)` | [`Context::ping`] | `ping` |
//! | `Close(Force)` | [`Context::close`] with code and reason, [`Context::abort`] | `close`, or dropping it |
//! | `OnClose` | [`Handler::on_close`], exactly once, with code, reason and cause | `recv` gives a [`Closed`] |
//! | `Open` | a callback means yes; [`Context::send`] says when no | `send` says so |
//! | `RemoteAddress`, `LocalAddress` | [`Context::peer_addr`], [`Context::local_addr`] | `peer_addr`, `local_addr` |
//! | `SocketStream` | [`Context::socket`], for its options | |
//! | `StartReceiveMessageThread`, `StopReceiveMessageThread` | [`Context::pause`], [`Context::resume`] | reading pauses by itself while the queue is full |
//!
//! # Client
//!
//! | LazWebsockets | here |
//! |---|---|
//! | `TWebsocketClient.Create(host, port, path)` | an address: [`Connect::to`], or any text where a [`Connect`] is wanted |
//! | `CustomHeaders` | [`Connect::header`], [`Connect::subprotocol`] |
//! | `Connect(handler)` | [`Reactor::connect`], or [`blocking::connect`](crate::blocking::connect), which waits |
//! | `OnHandshakeSuccess` | [`Handler::on_open`] |
//! | `OnHandshakeFailure(StatusCode, StatusMessage, Headers, Content)` | [`Handler::on_failed`] with a [`ConnectError`]; [`ConnectError::rejection`] has status, headers and content |
//!
//! ```no_run
//! use std::time::Duration;
//! use ws_reactor::blocking;
//!
//! let connection = blocking::connect("ws://127.0.0.1:8080/chat")?;
//! connection.send("hello")?;
//! let answer = connection.wait_for(blocking::Text, Duration::from_secs(5))?;
//! println!("{answer}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is different
//!
//! Messages have limits ([`Config::max_message`](crate::Config::max_message)), deadlines run
//! ([`Config`](crate::Config) lists them), a peer that breaks the protocol is told so and closed, and a path is
//! compared without its query. Nothing needs a thread, and nothing blocks the loop but a callback that does not return.
//!
//! [`Reactor::new`]: crate::Reactor::new
//! [`Reactor::listen`]: crate::Reactor::listen
//! [`Reactor::run`]: crate::Reactor::run
//! [`Reactor::turn`]: crate::Reactor::turn
//! [`Reactor::connect`]: crate::Reactor::connect
//! [`Handle::stop`]: crate::Handle::stop
//! [`Router::route`]: crate::Router::route
//! [`Router::host`]: crate::Router::host
//! [`Router::otherwise`]: crate::Router::otherwise
//! [`Loop::router`]: crate::Loop::router
//! [`Loop::connection_infos`]: crate::Loop::connection_infos
//! [`Handler`]: crate::Handler
//! [`Handler::on_open`]: crate::Handler::on_open
//! [`Handler::on_message`]: crate::Handler::on_message
//! [`Handler::on_ping`]: crate::Handler::on_ping
//! [`Handler::on_pong`]: crate::Handler::on_pong
//! [`Handler::on_close`]: crate::Handler::on_close
//! [`Handler::on_failed`]: crate::Handler::on_failed
//! [`Request`]: crate::Request
//! [`Response`]: crate::Response
//! [`Response::header`]: crate::Response::header
//! [`Open::header`]: crate::Open::header
//! [`Accept::defer`]: crate::Accept::defer
//! [`Closed`]: crate::Closed
//! [`Connect`]: crate::Connect
//! [`Connect::to`]: crate::Connect::to
//! [`Connect::header`]: crate::Connect::header
//! [`Connect::subprotocol`]: crate::Connect::subprotocol
//! [`ConnectError`]: crate::ConnectError
//! [`ConnectError::rejection`]: crate::ConnectError::rejection
//! [`Context::send`]: crate::Context::send
//! [`Context::ping`]: crate::Context::ping
//! [`Context::close`]: crate::Context::close
//! [`Context::abort`]: crate::Context::abort
//! [`Context::pause`]: crate::Context::pause
//! [`Context::resume`]: crate::Context::resume
//! [`Context::socket`]: crate::Context::socket
//! [`Context::subscribe`]: crate::Context::subscribe
//! [`Context::publish`]: crate::Context::publish
//! [`Context::peer_addr`]: crate::Context::peer_addr
//! [`Context::local_addr`]: crate::Context::local_addr
//! [`Context::begin_message`]: crate::Context::begin_message
