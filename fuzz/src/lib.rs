//! What is fuzzed: the parts of the protocol that read what a peer wrote, each with what must hold of it.
//!
//! The protocol is no part of the library's public interface. It is pure, so it is compiled here once more from
//! its source.

mod close;
mod frames;
mod handshake;
mod memory;
mod pieces;
mod random;
mod retained;

// As a test it is compiled with the library's own, which are run there.
#[allow(dead_code, unused_imports, reason = "not all of it is fuzzed")]
#[path = "../../src/buffer.rs"]
mod buffer;
#[allow(dead_code, unused_imports, unreachable_pub, reason = "not all of it is fuzzed")]
#[path = "../../src/protocol/mod.rs"]
mod protocol;

pub use random::Random;

/// Something that reads bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Reads the bytes; panics if something does not hold.
    pub run: fn(&[u8]),
    /// Bytes that mean something to it, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Frames of both roles, in any pieces, by every way in.
pub const FRAMES: Target = Target { name: "frames", run: frames::run, seeds: frames::seeds };

/// The head of a request, and what a server answers.
pub const REQUEST: Target =
    Target { name: "request", run: handshake::request, seeds: handshake::request_seeds };

/// The head of an answer, as a client judges it.
pub const RESPONSE: Target =
    Target { name: "response", run: handshake::response, seeds: handshake::response_seeds };

/// `Sec-WebSocket-Extensions`.
pub const EXTENSIONS: Target =
    Target { name: "extensions", run: handshake::extensions, seeds: handshake::extension_seeds };

/// The payload of a Close frame.
pub const CLOSE: Target = Target { name: "close", run: close::run, seeds: close::seeds };

/// All of them.
pub const TARGETS: [Target; 5] = [FRAMES, REQUEST, RESPONSE, EXTENSIONS, CLOSE];
