//! What a request's header fields say about the handshake, gathered in one pass over them.

use super::extensions;
use super::token;

/// A field that may come once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Single<'a> {
    #[default]
    Absent,
    Once(&'a [u8]),
    Repeated,
}

/// A list of tokens or extensions that may be spread over several fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Absent, or every value so far is well formed.
    #[default]
    Valid,
    Malformed,
}

/// Whether the request says that a body follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Body {
    #[default]
    None,
    Announced,
}

/// Whether a list that may be spread over several fields names what is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Listed {
    #[default]
    No,
    Yes,
}

/// Everything the handshake asks of the fields of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts<'a> {
    pub(super) host: Single<'a>,
    pub(super) origin: Single<'a>,
    pub(super) key: Single<'a>,
    pub(super) version: Single<'a>,
    /// Upgrade names websocket.
    pub(super) upgrade: Listed,
    /// Connection names upgrade.
    pub(super) connection: Listed,
    pub(super) body: Body,
    pub(super) extensions: Syntax,
    pub(super) subprotocols: Syntax,
}

impl<'a> Facts<'a> {
    /// Takes note of one field.
    pub(super) fn note(&mut self, name: &str, value: &'a [u8]) {
        match Field::named(name) {
            Some(Field::Host) => self.host.add(value),
            Some(Field::Origin) => self.origin.add(value),
            Some(Field::Key) => self.key.add(value),
            Some(Field::Version) => self.version.add(value),
            Some(Field::Upgrade) => self.upgrade.look_for("websocket", value),
            Some(Field::Connection) => self.connection.look_for("upgrade", value),
            Some(Field::ContentLength) if is_zero(value) => {}
            Some(Field::ContentLength | Field::TransferEncoding) => self.body = Body::Announced,
            Some(Field::Extensions) if extensions::is_valid(value) => {}
            Some(Field::Extensions) => self.extensions = Syntax::Malformed,
            Some(Field::Protocol) if token::elements(value).all(token::is_token) => {}
            Some(Field::Protocol) => self.subprotocols = Syntax::Malformed,
            None => {}
        }
    }
}

impl<'a> Single<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = if *self == Single::Absent { Single::Once(value) } else { Single::Repeated };
    }

    /// The value, if there is exactly one and it is UTF-8.
    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Single::Once(value) => core::str::from_utf8(value).ok(),
            Single::Absent | Single::Repeated => None,
        }
    }
}

impl Listed {
    fn look_for(&mut self, wanted: &str, value: &[u8]) {
        if token::lists(value, wanted) {
            *self = Self::Yes;
        }
    }
}

/// The fields that matter here.
#[derive(Clone, Copy)]
enum Field {
    Host,
    Origin,
    Upgrade,
    Connection,
    ContentLength,
    TransferEncoding,
    Key,
    Version,
    Extensions,
    Protocol,
}

impl Field {
    const NAMES: [(&'static str, Self); 10] = [
        ("Host", Self::Host),
        ("Origin", Self::Origin),
        ("Upgrade", Self::Upgrade),
        ("Connection", Self::Connection),
        ("Content-Length", Self::ContentLength),
        ("Transfer-Encoding", Self::TransferEncoding),
        ("Sec-WebSocket-Key", Self::Key),
        ("Sec-WebSocket-Version", Self::Version),
        ("Sec-WebSocket-Extensions", Self::Extensions),
        ("Sec-WebSocket-Protocol", Self::Protocol),
    ];

    /// The comparison looks at the lengths first, which tell most names apart.
    fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, field)| field)
    }
}

/// A length that says there is no body.
fn is_zero(length: &[u8]) -> bool {
    !length.is_empty() && length.iter().all(|&digit| digit == b'0')
}
