//! Routing: rejecting, answering with headers, subprotocols, deciding later.
//!
//! # Rejecting, headers, subprotocols
//!
//! A route sees the whole [`Request`](crate::Request). It returns a handler, or a [`Response`](crate::Response) to reject, or a `Result` of
//! both; [`Open`](crate::Open) adds response headers or a subprotocol, and [`Accept`](crate::Accept) names the outcomes where a route
//! has several.
//!
//! ```
//! use ws_reactor::{Handler, Open, Request, Response, Router, Status};
//!
//! struct Room(String);
//! impl Handler for Room {}
//!
//! fn enter(request: &Request<'_>) -> Result<Open, Response> {
//!     let Some(room) = request.query().filter(|room| !room.is_empty()) else {
//!         return Err(Response::text(Status::BAD_REQUEST, "Which room? /enter?room"));
//!     };
//!     let open = Open::new(Room(room.to_owned()));
//!     Ok(match request.subprotocols().find(|name| *name == "room.v1") {
//!         Some(name) => open.subprotocol(name),
//!         None => open,
//!     })
//! }
//! let router = Router::new().route("/enter", enter);
//! ```
//!
//! # Deciding later
//!
//! Where the decision takes time, the route defers it: the connection waits within
//! [`Config::open_timeout`](crate::Config::open_timeout) while everybody else goes on, and the token that
//! [`Accept::defer`](crate::Accept::defer) hands out is completed by any thread. `examples/deferred_accept.rs` asks a
//! slow database this way, with a bounded pool of workers.
