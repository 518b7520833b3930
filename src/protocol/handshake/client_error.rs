//! Why a client's opening handshake failed.

use core::{error, fmt};

use super::fields::Headers;
use super::head::HeadFault;
use super::header_list::HeaderList;
use super::token;

/// What was wrong with a server's answer to the opening handshake (RFC 6455, section 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The server answered, but did not open a WebSocket: a redirection, a refusal, a page.
    Rejected(Box<Rejection>),
    /// The head is over the limit.
    HeadTooLarge,
    /// There are more header fields than the limit.
    TooManyHeaders,
    /// The answer is not an HTTP/1.1 response.
    Malformed,
    /// There is no `Upgrade: websocket`.
    UpgradeMissing,
    /// There is no `Connection: upgrade`.
    ConnectionMissing,
    /// There is no `Sec-WebSocket-Accept`.
    AcceptMissing,
    /// There is more than one `Sec-WebSocket-Accept`.
    AcceptRepeated,
    /// `Sec-WebSocket-Accept` does not answer the key that was sent: this is no WebSocket server.
    AcceptWrong,
    /// There is more than one `Sec-WebSocket-Protocol`.
    SubprotocolRepeated,
    /// The server chose a subprotocol that was not offered.
    SubprotocolNotOffered(String),
    /// The extensions in the answer do not follow the grammar.
    ExtensionsMalformed,
    /// The server uses an extension that was not offered.
    ExtensionNotOffered(String),
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => write!(f, "the server answered with status {}", rejection.status),
            Self::HeadTooLarge => f.write_str("the head of the response is too large"),
            Self::TooManyHeaders => f.write_str("the response has too many header fields"),
            Self::Malformed => f.write_str("the answer is not an HTTP/1.1 response"),
            Self::UpgradeMissing => f.write_str("the response has no `Upgrade: websocket`"),
            Self::ConnectionMissing => f.write_str("the response has no `Connection: upgrade`"),
            Self::AcceptMissing => f.write_str("the response has no Sec-WebSocket-Accept"),
            Self::AcceptRepeated => f.write_str("the response has more than one Sec-WebSocket-Accept"),
            Self::AcceptWrong => f.write_str("Sec-WebSocket-Accept does not answer the key that was sent"),
            Self::SubprotocolRepeated => f.write_str("the response has more than one Sec-WebSocket-Protocol"),
            Self::SubprotocolNotOffered(name) => write!(f, "the subprotocol {name:?} was not offered"),
            Self::ExtensionsMalformed => f.write_str("Sec-WebSocket-Extensions is malformed"),
            Self::ExtensionNotOffered(name) => write!(f, "the extension {name:?} was not offered"),
        }
    }
}

impl error::Error for HandshakeError {}

impl From<HeadFault> for HandshakeError {
    fn from(fault: HeadFault) -> Self {
        match fault {
            HeadFault::LineTooLong | HeadFault::TooLarge => Self::HeadTooLarge,
            HeadFault::BareLineFeed | HeadFault::BareCarriageReturn | HeadFault::Nul => Self::Malformed,
        }
    }
}

/// The answer of a server that did not open a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    status: u16,
    headers: HeaderList,
    body: Vec<u8>,
}

impl Rejection {
    pub(super) fn new(status: u16, headers: Headers<'_>) -> Self {
        Self { status, headers: headers.into(), body: Vec::new() }
    }

    /// The status code, 100 to 999 but not 101.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        self.headers.headers()
    }

    /// The start of the body as it came, up to a bound and without undoing a transfer encoding.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether another answer follows this one (RFC 9110, section 15.2).
    pub(crate) fn is_interim(&self) -> bool {
        matches!(self.status, 100..=199)
    }

    /// How many more bytes of the body are worth waiting for if `limit` are kept.
    pub(crate) fn awaited(&self, limit: usize) -> usize {
        if self.has_no_body() || self.has_last_chunk() {
            return 0;
        }
        let length = self.headers().value("Content-Length").and_then(|length| length.parse().ok());
        length.unwrap_or(usize::MAX).min(limit).saturating_sub(self.body.len())
    }

    /// Whether a body in chunks looks complete (RFC 9112, section 7.1). One that holds what looks like its end
    /// is cut there: it is the start of a body, after all.
    fn has_last_chunk(&self) -> bool {
        let mut codings = self.headers().values_bytes("Transfer-Encoding");
        let ends = self.body == b"0\r\n\r\n" || self.body.ends_with(b"\r\n0\r\n\r\n");
        ends && codings.any(|coding| token::lists(coding, "chunked"))
    }

    /// Takes what follows of the body; what is beyond its length or `limit` is dropped.
    pub(crate) fn push_body(&mut self, bytes: &[u8], limit: usize) {
        let taken = bytes.get(..self.awaited(limit)).unwrap_or(bytes);
        self.body.extend_from_slice(taken);
    }

    /// Interim answers, 204 and 304 end with their head (RFC 9112, section 6.3).
    fn has_no_body(&self) -> bool {
        self.is_interim() || matches!(self.status, 204 | 304)
    }
}
