//! The frame header, read from its first bytes on (RFC 6455, section 5.2).
//!
//! Every fault is raised at the first byte that shows it, in the order of the bytes, so that a header
//! fails the same way however it is cut.

use super::opcode::{Fin, OpCode};
use super::role::Role;
use super::violation::Violation;

/// The longest header: two bytes, a 64-bit length, a mask.
pub(crate) const HEADER_LIMIT: usize = 14;

/// The longest payload of a control frame (RFC 6455, section 5.5).
pub(crate) const CONTROL_LIMIT: u8 = 125;

pub(super) const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0F;
pub(super) const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7F;
pub(super) const LENGTH_16: u8 = 126;
pub(super) const LENGTH_64: u8 = 127;

/// A frame header that broke no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) fin: Fin,
    pub(crate) opcode: OpCode,
    pub(crate) mask: Option<[u8; 4]>,
    /// Bytes of payload that follow; below 2^63.
    pub(crate) length: u64,
}

/// What the first bytes of a frame say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// Nothing wrong so far, and more bytes are needed.
    Incomplete,
    /// The header, and how many bytes it took.
    Header(Header, usize),
}

/// Where in the stream of messages a frame begins (RFC 6455, section 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// No message is under way.
    BetweenMessages,
    /// A fragmented message waits for its continuation.
    InsideMessage,
}

/// Reads the header at the start of `bytes`, as received by an endpoint of this role at this place.
#[inline]
pub(crate) fn decode(bytes: &[u8], role: Role, place: Place) -> Result<Decoded, Violation> {
    let Some(&first) = bytes.first() else {
        return Ok(Decoded::Incomplete);
    };
    let (fin, opcode) = read_first(first, place)?;
    let Some(&second) = bytes.get(1) else {
        return Ok(Decoded::Incomplete);
    };
    check_second(second, role, opcode)?;
    let Some((length, rest)) = read_length(second & LENGTH, &bytes[2..])? else {
        return Ok(Decoded::Incomplete);
    };
    let Some((mask, rest)) = read_mask(role, rest) else {
        return Ok(Decoded::Incomplete);
    };
    let header = Header { fin, opcode, mask, length };
    Ok(Decoded::Header(header, bytes.len() - rest.len()))
}

/// FIN, the reserved bits and the opcode.
#[inline]
fn read_first(first: u8, place: Place) -> Result<(Fin, OpCode), Violation> {
    if first & RESERVED != 0 {
        return Err(Violation::ReservedBits);
    }
    let opcode = OpCode::from_nibble(first & OPCODE).ok_or(Violation::ReservedOpcode)?;
    let fin = if first & FIN == 0 { Fin::More } else { Fin::Final };
    match (opcode, place) {
        (OpCode::Close | OpCode::Ping | OpCode::Pong, _) if fin == Fin::More => {
            Err(Violation::FragmentedControl)
        }
        (OpCode::Continuation, Place::BetweenMessages) => Err(Violation::OrphanContinuation),
        (OpCode::Text | OpCode::Binary, Place::InsideMessage) => Err(Violation::InterruptedMessage),
        _ => Ok((fin, opcode)),
    }
}

/// The mask bit and the length of a control frame.
#[inline]
fn check_second(second: u8, role: Role, opcode: OpCode) -> Result<(), Violation> {
    match (role, second & MASKED != 0) {
        (Role::Server, false) => Err(Violation::Unmasked),
        (Role::Client, true) => Err(Violation::Masked),
        _ if opcode.is_control() && second & LENGTH > CONTROL_LIMIT => Err(Violation::ControlTooLong),
        _ => Ok(()),
    }
}

/// The payload length, and the bytes behind it; `None` when bytes of it are missing.
#[inline]
fn read_length(short: u8, bytes: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    match short {
        LENGTH_16 => read_length_16(bytes),
        LENGTH_64 => read_length_64(bytes),
        short => Ok(Some((short.into(), bytes))),
    }
}

fn read_length_16(bytes: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return Ok(None);
    };
    let length = u16::from_be_bytes(*length);
    if length < LENGTH_16.into() { Err(Violation::NonMinimalLength) } else { Ok(Some((length.into(), rest))) }
}

#[cold]
fn read_length_64(bytes: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    if bytes.first().is_some_and(|&byte| byte & 0x80 != 0) {
        return Err(Violation::LengthTooLarge);
    }
    // Six zeros in front: 16 bits would have done, whatever the last two bytes are.
    if bytes.first_chunk() == Some(&[0; 6]) {
        return Err(Violation::NonMinimalLength);
    }
    Ok(bytes.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest)))
}

/// The mask, and the bytes behind it; `None` when bytes of it are missing.
#[inline]
fn read_mask(role: Role, bytes: &[u8]) -> Option<(Option<[u8; 4]>, &[u8])> {
    match role {
        Role::Client => Some((None, bytes)),
        Role::Server => bytes.split_first_chunk().map(|(mask, rest)| (Some(*mask), rest)),
    }
}
