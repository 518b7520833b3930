//! What the tests on real sockets share: a server on its own thread, a client that writes its bytes by hand,
//! and a handler that reports what it is called with.
//!
//! None of it uses the library's own framing or handshake, so it can be wrong only in its own way.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test program uses its own part of this, and a helper that fails is a test that fails"
)]

mod client;
mod frame;
mod head;
mod process;
mod server;
mod source;
mod witness;

use std::time::Duration;

pub(crate) use client::{Client, End, is_timeout};
pub(crate) use frame::{BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, PONG, TEXT, close_payload, masked};
pub(crate) use head::{Answer, Ask};
pub(crate) use process::{process_time, resident_bytes, thread_time};
pub(crate) use server::{Server, config};
pub(crate) use source::{Source, byte_at};
pub(crate) use witness::{Event, Events, Seen, Witness, echo, silent, witnessed};

/// How long anything may take before a test gives up: long enough for a machine that does much else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
