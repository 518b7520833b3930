//! Frames, written and read by hand (RFC 6455, section 5.2).

use std::io::{self, Read};

/// The first byte of a frame is one of these, with [`FIN`] if it is the last of its message.
pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;
pub(crate) const FIN: u8 = 0x80;

/// In the second byte: a mask follows the length.
const MASKED: u8 = 0x80;
/// In place of a length: it follows in two bytes, or in eight.
const LENGTH_16: u8 = 0x7E;
const LENGTH_64: u8 = 0x7F;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a server sends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    /// FIN, the reserved bits and the opcode.
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// Reads one frame; it must not be masked, and its length must be written in the shortest way.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        let [first, second] = read_array(from)?;
        assert_eq!(second & MASKED, 0, "a server masks nothing");
        let length = match second {
            LENGTH_16 => {
                let length = u16::from_be_bytes(read_array(from)?);
                assert!(length > 125, "{length} fits in seven bits");
                u64::from(length)
            }
            LENGTH_64 => {
                let length = u64::from_be_bytes(read_array(from)?);
                assert!(length > 0xffff, "{length} fits in sixteen bits");
                length
            }
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        from.read_exact(&mut payload)?;
        Ok(Self { first, payload })
    }

    /// A Close frame's code and reason.
    pub(crate) fn close(&self) -> (Option<u16>, String) {
        assert_eq!(self.first, FIN | CLOSE, "{self:?} is no Close");
        match self.payload.split_first_chunk() {
            None => (None, String::new()),
            Some((code, reason)) => {
                (Some(u16::from_be_bytes(*code)), String::from_utf8(reason.to_vec()).unwrap())
            }
        }
    }
}

fn read_array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A whole frame as a client sends it.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(MASKED | u8::try_from(short).unwrap()),
        medium @ 126..=0xffff => {
            bytes.push(MASKED | LENGTH_16);
            bytes.extend_from_slice(&u16::try_from(medium).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(MASKED | LENGTH_64);
            bytes.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// The payload of a Close frame.
pub(crate) fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}
