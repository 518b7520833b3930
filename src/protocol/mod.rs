//! The protocol: pure functions and state machines over bytes, with no socket, clock or generator in reach.

pub(crate) mod handshake;
