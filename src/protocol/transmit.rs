//! Frames, written (RFC 6455, section 5.2): always with the shortest length.

use super::header::{CONTROL_LIMIT, FIN, HEADER_LIMIT, LENGTH_16, LENGTH_64, MASKED};
use super::mask;
use super::opcode::{Fin, OpCode};

/// Appends a frame to `out`, masked if a mask is given (RFC 6455, section 5.3).
#[inline]
pub(crate) fn encode(out: &mut Vec<u8>, first: (OpCode, Fin), payload: &[u8], mask: Option<[u8; 4]>) {
    debug_assert!(!first.0.is_control() || payload.len() <= usize::from(CONTROL_LIMIT));
    out.reserve(HEADER_LIMIT + payload.len());
    let length = Length::of(payload.len());
    out.extend_from_slice(&[first_byte(first), length.short() | mask_bit(mask)]);
    match length {
        Length::Short(_) => {}
        Length::Medium(length) => out.extend_from_slice(&length.to_be_bytes()),
        Length::Long(length) => out.extend_from_slice(&length.to_be_bytes()),
    }
    let Some(key) = mask else {
        return out.extend_from_slice(payload);
    };
    out.extend_from_slice(&key);
    let start = out.len();
    out.extend_from_slice(payload);
    mask::apply(&mut out[start..], key, 0);
}

/// Writes a frame to the front of `room`, and gives its length; nothing if it does not fit.
#[inline]
pub(crate) fn write(
    room: &mut [u8],
    first: (OpCode, Fin),
    payload: &[u8],
    mask: Option<[u8; 4]>,
) -> Option<usize> {
    match (Length::of(payload.len()), mask) {
        (Length::Short(short), None) => write_short(room, [first_byte(first), short], payload),
        (Length::Short(short), Some([a, b, c, d])) => {
            let size = write_short(room, [first_byte(first), MASKED | short, a, b, c, d], payload)?;
            mask::apply(room.get_mut(size - payload.len()..size)?, [a, b, c, d], 0);
            Some(size)
        }
        _ => write_any(room, first, payload, mask),
    }
}

/// A header of known length and what follows it.
#[inline]
fn write_short<const N: usize>(room: &mut [u8], header: [u8; N], payload: &[u8]) -> Option<usize> {
    let size = N + payload.len();
    let (place, rest) = room.get_mut(..size)?.split_first_chunk_mut()?;
    *place = header;
    rest.copy_from_slice(payload);
    Some(size)
}

#[inline(never)]
fn write_any(room: &mut [u8], first: (OpCode, Fin), payload: &[u8], mask: Option<[u8; 4]>) -> Option<usize> {
    let (bytes, size) = header(first, payload.len(), mask);
    let frame = room.get_mut(..size + payload.len())?;
    let (place, rest) = frame.split_at_mut(size);
    place.copy_from_slice(bytes.get(..size)?);
    rest.copy_from_slice(payload);
    if let Some(key) = mask {
        mask::apply(rest, key, 0);
    }
    Some(size + payload.len())
}

/// The header of a frame with a payload of `length` bytes, and how many bytes of the array it takes:
/// for a payload that is written from where it lies.
pub(crate) fn header(
    first: (OpCode, Fin),
    length: usize,
    mask: Option<[u8; 4]>,
) -> ([u8; HEADER_LIMIT], usize) {
    let mut bytes = [0; HEADER_LIMIT];
    let length = Length::of(length);
    bytes[0] = first_byte(first);
    bytes[1] = length.short() | mask_bit(mask);
    let mut size = match length {
        Length::Short(_) => 2,
        Length::Medium(length) => place(&mut bytes, 2, length.to_be_bytes()),
        Length::Long(length) => place(&mut bytes, 2, length.to_be_bytes()),
    };
    if let Some(key) = mask {
        size = place(&mut bytes, size, key);
    }
    (bytes, size)
}

/// A payload length in the form that is shortest on the wire.
enum Length {
    Short(u8),
    Medium(u16),
    Long(u64),
}

impl Length {
    #[inline]
    fn of(length: usize) -> Self {
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short <= CONTROL_LIMIT => Self::Short(short),
            (_, Ok(medium)) => Self::Medium(medium),
            _ => Self::Long(length as u64),
        }
    }

    /// The seven bits in the second byte.
    #[inline]
    fn short(&self) -> u8 {
        match self {
            Self::Short(length) => *length,
            Self::Medium(_) => LENGTH_16,
            Self::Long(_) => LENGTH_64,
        }
    }
}

#[inline]
fn first_byte((opcode, fin): (OpCode, Fin)) -> u8 {
    match fin {
        Fin::Final => FIN | opcode.nibble(),
        Fin::More => opcode.nibble(),
    }
}

#[inline]
fn mask_bit(mask: Option<[u8; 4]>) -> u8 {
    if mask.is_some() { MASKED } else { 0 }
}

/// Puts `part` at `start` and returns where it ends.
fn place<const N: usize>(bytes: &mut [u8; HEADER_LIMIT], start: usize, part: [u8; N]) -> usize {
    bytes[start..start + N].copy_from_slice(&part);
    start + N
}

#[cfg(test)]
mod tests {
    use super::{encode, header};
    use crate::protocol::opcode::{Fin, OpCode};

    /// The header in front of `length` zeros.
    fn written(length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out, (OpCode::Binary, Fin::Final), &vec![0; length], None);
        out.truncate(out.len() - length);
        out
    }

    #[test]
    fn lengths_are_as_short_as_can_be_section_5_2() {
        assert_eq!(written(0), [0x82, 0]);
        assert_eq!(written(125), [0x82, 125]);
        assert_eq!(written(126), [0x82, 126, 0, 126]);
        assert_eq!(written(65535), [0x82, 126, 0xFF, 0xFF]);
        assert_eq!(written(65536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn frames_of_the_examples_in_section_5_7() {
        let frame = |first, payload: &[u8], mask| {
            let mut out = Vec::new();
            encode(&mut out, first, payload, mask);
            out
        };
        let text = (OpCode::Text, Fin::Final);
        let mask = Some([0x37, 0xFA, 0x21, 0x3D]);
        assert_eq!(frame(text, b"Hello", None), b"\x81\x05Hello");
        assert_eq!(frame(text, b"Hello", mask), b"\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58");
        assert_eq!(frame((OpCode::Text, Fin::More), b"Hel", None), b"\x01\x03Hel");
        assert_eq!(frame((OpCode::Continuation, Fin::Final), b"lo", None), b"\x80\x02lo");
        assert_eq!(frame((OpCode::Ping, Fin::Final), b"Hello", None), b"\x89\x05Hello");
        assert_eq!(frame((OpCode::Pong, Fin::Final), b"Hello", mask)[..2], [0x8A, 0x85]);
    }

    #[test]
    fn a_header_alone_is_the_start_of_the_frame() {
        for length in [0, 125, 126, 65535, 65536] {
            for mask in [None, Some([9, 8, 7, 6])] {
                let mut out = vec![1, 2, 3];
                encode(&mut out, (OpCode::Text, Fin::More), &vec![0; length], mask);
                let (bytes, size) = header((OpCode::Text, Fin::More), length, mask);
                assert_eq!(out[..3], [1, 2, 3]);
                assert_eq!(bytes[..size], out[3..3 + size]);
                assert_eq!(out.len(), 3 + size + length);
            }
        }
    }
}
