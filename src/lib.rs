//! WebSocket servers and clients on one poll loop.
#![forbid(unsafe_code)]

mod buffer;
mod protocol;
