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
        debug_assert!(written.is_ok_and(|length| length == text.len()), "16 bytes are 24 characters");
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
        debug_assert!(written.is_ok_and(|length| length == text.len()), "20 bytes are 28 characters");
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

#[cfg(test)]
mod tests {
    use super::Key;

    fn accept(key: &str) -> String {
        let key = Key::parse(key.as_bytes()).expect("a key");
        String::from_utf8(key.accept().as_bytes().to_vec()).expect("base64 is ASCII")
    }

    #[test]
    fn the_sample_key_gives_the_sample_accept_rfc_6455_section_1_3() {
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    /// Computed with the hashlib and base64 of Python.
    #[test]
    fn keys_at_the_ends_of_the_range_give_what_another_program_computed() {
        assert_eq!(accept("AAAAAAAAAAAAAAAAAAAAAA=="), "ICX+Yqv66kxgM0FcWaLWlFLwTAI=");
        assert_eq!(accept("/////////////////////w=="), "XXpj4jYzLM2yUE0C7TIgMwTQh2g=");
    }

    #[test]
    fn the_sample_nonce_gives_the_sample_key_rfc_6455_section_1_3() {
        assert_eq!(Key::from_nonce(*b"the sample nonce").as_bytes(), b"dGhlIHNhbXBsZSBub25jZQ==");
    }

    #[test]
    fn a_key_is_sixteen_bytes_of_canonical_base64_rfc_6455_section_4_2_1() {
        let wrong: [&[u8]; 11] = [
            b"",
            b"dGhlIHNhbXBsZSBub25jZQ",
            b"dGhlIHNhbXBsZSBub25jZQ=",
            b"dGhlIHNhbXBsZSBub25jZQ===",
            b"dGhlIHNhbXBsZSBub25jZR==",
            b"dGhlIHNhbXBsZSBub25jZ===",
            b"dGhlIHNhbXBsZSBub25jZQA=",
            b"dGhlIHNhbXBsZSBub25jZQAA",
            b"dGhlIHNhbXBsZSBub25jZ-==",
            b"dGhlIHNhbXBsZSBub25 ZQ==",
            b"dGhlIHNhbXBs\xffSBub25jZQ==",
        ];
        for key in wrong {
            assert_eq!(Key::parse(key), None, "{}", key.escape_ascii());
        }
    }
}
