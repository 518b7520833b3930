//! The protocol, pure: bytes, time and randomness in; events and bytes out.
//!
//! RFC 6455 without a socket in sight. [`receive`] turns bytes into messages and control frames,
//! [`transmit`] turns them into bytes; the other rooms hold the parts both sides share.

pub(crate) mod assembly;
pub(crate) mod close;
mod event;
pub(crate) mod handshake;
pub(crate) mod header;
mod input;
pub(crate) mod mask;
pub(crate) mod message;
pub(crate) mod opcode;
mod partial;
pub(crate) mod pieces;
pub(crate) mod receive;
pub(crate) mod role;
pub(crate) mod transmit;
pub(crate) mod utf8;
pub(crate) mod violation;

pub use assembly::Kind;
pub use close::{CloseCode, CloseFrame, InvalidClose};
pub use message::{Message, OwnedMessage};
pub(crate) use opcode::Fin;
pub use opcode::OpCode;
pub use pieces::{Delivery, Piece};
pub(crate) use receive::{Event, Input, Limits, Receiver};
pub use role::Role;
pub use violation::Violation;

#[cfg(test)]
mod tests;
