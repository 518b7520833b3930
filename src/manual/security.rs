//! Security: which pages and hosts are served, and what becomes of hostile input.
//!
//! # Origins and hosts
//!
//! A browser lets any page connect anywhere, and sends the cookies along. Where a connection means
//! something, say which pages may have it ([`Origins`](crate::Origins)): others are answered with 403. [`Origins::SameHost`](crate::Origins::SameHost)
//! compares Origin with Host, and both follow a name that an attacker points at your address (DNS
//! rebinding), so list your hosts as well; a request for any other is answered with 421.
//!
//! ```
//! use ws_reactor::{Origins, Route, Router, handler};
//!
//! let inbox = Route::new(|_request| {
//!     handler(|context, _message| {
//!         context.send("no mail").ok();
//!     })
//! });
//! let site = Router::new().mount("/inbox", inbox.origins(Origins::SameHost));
//! let router = Router::new().host("mail.example.org", site).only_listed_hosts();
//! ```
//!
//! # Hostile input
//!
//! | what a peer does | what happens |
//! |---|---|
//! | a malformed, ambiguous or oversized request | an HTTP error, and the connection closes; no callback |
//! | an opening handshake without end | dropped after [`Config::open_timeout`](crate::Config::open_timeout), however it trickles |
//! | frames that break a rule, text that is not UTF-8 | closed with 1002 or 1007; [`Cause::Violation`](crate::Cause::Violation) |
//! | a frame or message over its limit | closed with 1009 as soon as a header shows it |
//! | a frame that brings less than it promises | memory grows with what arrived, not with the promise |
//! | floods of pings or empty fragments | closed with 1008 above [`Config::max_control_rate`](crate::Config::max_control_rate) |
//! | a reader that does not read | capped; dropped [`Config::write_timeout`](crate::Config::write_timeout) after its last progress |
//! | silence | a ping after [`Config::ping_after`](crate::Config::ping_after), the end after [`Config::idle_timeout`](crate::Config::idle_timeout) |
//! | more connections than there are descriptors | they wait in the backlog; those that are open go on |
//!
//! Compression is always declined, so nothing inflates. There is no TLS: for `wss`, let a proxy speak it.
