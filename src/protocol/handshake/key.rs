//! The key of a handshake and the proof that it was understood (RFC 6455, sections 1.3 and 4.2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

/// Appended to the key before it is hashed (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A `Sec-WebSocket-Key`: sixteen bytes in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key([u8; 24]);

/// A `Sec-WebSocket-Accept`: a SHA-1 digest in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AcceptKey([u8; 28]);

impl Key {
    /// The key that carries `nonce`, which must be unpredictable (RFC 6455, section 4.1, item 7).
    pub(crate) fn from_nonce(nonce: [u8; 16]) -> Self {
        let mut text = [0; 24];
        let written = STANDARD.encode_slice(nonce, &mut text);
        debug_assert!(
            written.is_ok_and(|length| length == text.len()),
            "16 bytes are 24 characters"
        );
        Self(text)
    }

    /// The key in a header field; nothing unless it is the one right way to write sixteen bytes.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let text: [u8; 24] = value.try_into().ok()?;
        // The decoder asks for room in whole groups of three and then refuses stray bits and missing padding.
        let mut nonce = [0; 18];
        let length = STANDARD.decode_slice(text, &mut nonce).ok()?;
        (length == 16).then_some(Self(text))
    }

    /// What the server must answer.
    pub(crate) fn accept(&self) -> AcceptKey {
        let digest = Sha1::new().chain_update(self.0).chain_update(GUID).finalize();
        let mut text = [0; 28];
        let written = STANDARD.encode_slice(digest, &mut text);
        debug_assert!(
            written.is_ok_and(|length| length == text.len()),
            "20 bytes are 28 characters"
        );
        AcceptKey(text)
    }

    /// As it goes on the wire.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl AcceptKey {
    /// As it goes on the wire.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
