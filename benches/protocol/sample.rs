//! What goes through the protocol: payloads and frames of all sizes.

use crate::protocol::transmit::encode;
use crate::protocol::{Fin, OpCode};

/// Sizes of payloads in bytes: both ends of short frames, a medium one, and two long ones.
pub(crate) const SIZES: [usize; 5] = [20, 125, 1 << 10, 16 << 10, 1 << 20];

/// Bytes of a read or of a write, which hold many short frames.
pub(crate) const BATCH: usize = 64 << 10;

/// Every frame is masked with zeros, and unmasking costs what it always costs: so a stream that was unmasked
/// in place is as it was, and can be received again.
pub(crate) const MASK: [u8; 4] = [0; 4];

/// A size as people write it.
pub(crate) fn shown(size: usize) -> String {
    match size {
        0x10_0000.. => format!("{} MiB", size >> 20),
        0x400.. => format!("{} KiB", size >> 10),
        _ => format!("{size} B"),
    }
}

/// How many frames of this size are in a batch.
pub(crate) fn frames(size: usize) -> usize {
    (BATCH / size).max(1)
}

/// A text of this many bytes, made of `letters`, with plain ones where those do not fit.
pub(crate) fn text(letters: &str, size: usize) -> String {
    let whole = letters.repeat(size / letters.len());
    let rest = "a".repeat(size - whole.len());
    whole + &rest
}

/// A message to a server, in this many frames.
pub(crate) fn message(opcode: OpCode, payload: &[u8], fragments: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pieces = payload.chunks(payload.len().div_ceil(fragments));
    let last = pieces.len() - 1;
    for (index, piece) in pieces.enumerate() {
        let opcode = if index == 0 { opcode } else { OpCode::Continuation };
        let fin = if index == last { Fin::Final } else { Fin::More };
        encode(&mut bytes, (opcode, fin), piece, Some(MASK));
    }
    bytes
}
