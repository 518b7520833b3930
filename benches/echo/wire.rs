//! The bytes both ends of a measurement agree on, built before the clock starts: the opening handshake, the
//! masked frames the load generator sends, and the frames it expects back.

use std::iter;

/// A complete opening handshake with the sample key of RFC 6455, section 1.3.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: 127.0.0.1\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// What the floor answers to [`REQUEST`], and to anything else.
pub(crate) const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The `Sec-WebSocket-Accept` that answers the sample key.
pub(crate) const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Ends the head of a request or a response.
pub(crate) const END_OF_HEAD: &[u8] = b"\r\n\r\n";

const FIN_BINARY: u8 = 0x82;

/// The mask bit of the second byte of a frame, RFC 6455, section 5.2.
#[derive(Clone, Copy)]
enum MaskBit {
    Clear = 0x00,
    Set = 0x80,
}

/// A payload whose bytes depend on their place, so that a reply that lost or moved a byte differs.
/// The period is a prime, so that no power of two maps it onto itself.
pub(crate) fn payload(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// A whole binary message from a client.
pub(crate) fn client_frame(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = header(payload.len(), MaskBit::Set);
    frame.extend(mask);
    frame.extend(iter::zip(payload, mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// A whole binary message from a server.
pub(crate) fn server_frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = header(payload.len(), MaskBit::Clear);
    frame.extend(payload);
    frame
}

fn header(length: usize, mask: MaskBit) -> Vec<u8> {
    let (short, extended) = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => (short, Vec::new()),
        (_, Ok(medium)) => (126, medium.to_be_bytes().to_vec()),
        _ => (127, (length as u64).to_be_bytes().to_vec()),
    };
    let mut header = vec![FIN_BINARY, mask as u8 | short];
    header.extend(extended);
    header
}
