//! Header fields that the user adds to what the library writes, checked before they are taken.

use core::{error, fmt};

use super::fields::Headers;
use super::token::is_token;

/// Header fields to add to a handshake: names are tokens, no value can end its line, none is the handshake's
/// own.
///
/// `Host`, `Upgrade`, `Connection`, `Content-Length`, `Transfer-Encoding` and everything that begins with
/// `Sec-WebSocket-` are written by the library and refused here.
///
/// ```
/// use ws_reactor::{HeaderList, InvalidHeader};
///
/// let mut headers = HeaderList::new();
/// headers.append("Set-Cookie", "room=blue")?;
/// let split = headers.append("X-Note", "a\r\nb");
/// assert!(matches!(split, Err(InvalidHeader::Value { .. })));
/// let reserved = headers.append("Connection", "close");
/// assert!(matches!(reserved, Err(InvalidHeader::Reserved { .. })));
/// # Ok::<(), InvalidHeader>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderList {
    /// Lines as they go on the wire.
    block: Vec<u8>,
}

/// Why a header field was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidHeader {
    /// The name is not a token (RFC 9110, section 5.1).
    Name {
        /// The name that was given.
        name: String,
    },
    /// The value contains a control character: CR, LF, NUL or another (RFC 9110, section 5.5).
    Value {
        /// The name of the field.
        name: String,
    },
    /// The library writes this field itself.
    Reserved {
        /// The name of the field.
        name: String,
    },
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name } => write!(f, "{name:?} is not the name of a header field"),
            Self::Value { name } => write!(f, "the value of {name} contains a control character"),
            Self::Reserved { name } => write!(f, "{name} is written by the library"),
        }
    }
}

impl error::Error for InvalidHeader {}

impl HeaderList {
    /// A list without fields.
    #[must_use]
    pub const fn new() -> Self {
        Self { block: Vec::new() }
    }

    /// Adds a field after those that are there, whatever their names.
    ///
    /// # Errors
    /// [`InvalidHeader`] if the name is no token or is reserved, or the value contains a control character.
    pub fn append(&mut self, name: &str, value: &str) -> Result<(), InvalidHeader> {
        self.append_unless(is_reserved, name, value)
    }

    /// Adds a field in place of all that have its name.
    ///
    /// # Errors
    /// [`InvalidHeader`] as for [`append`](Self::append); the list is then unchanged.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), InvalidHeader> {
        let mut others = self.without(name);
        others.append(name, value)?;
        *self = others;
        Ok(())
    }

    /// The fields, to read.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        Headers::of(&self.block)
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.block.is_empty()
    }

    /// Adds a field whose name `reserved` does not claim.
    pub(super) fn append_unless(
        &mut self,
        reserved: fn(&str) -> bool,
        name: &str,
        value: &str,
    ) -> Result<(), InvalidHeader> {
        if !is_token(name.as_bytes()) {
            return Err(InvalidHeader::Name {
                name: name.to_owned(),
            });
        }
        if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(InvalidHeader::Value {
                name: name.to_owned(),
            });
        }
        if reserved(name) {
            return Err(InvalidHeader::Reserved {
                name: name.to_owned(),
            });
        }
        write_field(&mut self.block, name, value.as_bytes());
        Ok(())
    }
}

impl HeaderList {
    /// Takes out all fields of this name.
    pub(super) fn remove(&mut self, name: &str) {
        *self = self.without(name);
    }

    fn without(&self, name: &str) -> Self {
        let mut others = Self::new();
        for (kept, value) in self
            .headers()
            .iter()
            .filter(|(field, _)| !field.eq_ignore_ascii_case(name))
        {
            write_field(&mut others.block, kept, value);
        }
        others
    }

    /// Adds a field of the library's own, known to be valid.
    pub(super) fn write(&mut self, name: &'static str, value: &'static str) {
        write_field(&mut self.block, name, value.as_bytes());
    }
}

impl From<Headers<'_>> for HeaderList {
    /// A copy that outlives the buffer the fields came in; reserved names stay.
    fn from(headers: Headers<'_>) -> Self {
        Self {
            block: headers.block().to_vec(),
        }
    }
}

impl fmt::Debug for HeaderList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headers().fmt(f)
    }
}

/// Writes one line; name and value were checked.
pub(super) fn write_field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.trim_ascii());
    out.extend_from_slice(b"\r\n");
}

/// Whether a field decides where the message ends, or belongs to the connection rather than to the message.
pub(super) fn is_framing(name: &str) -> bool {
    ["Connection", "Content-Length", "Transfer-Encoding"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether a field is part of the opening handshake itself.
fn is_reserved(name: &str) -> bool {
    const PREFIX: &[u8] = b"Sec-WebSocket-";
    let prefixed = name
        .as_bytes()
        .get(..PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    prefixed
        || is_framing(name)
        || ["Host", "Upgrade"]
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::{HeaderList, InvalidHeader};

    fn refused(name: &str, value: &str) -> InvalidHeader {
        let mut list = HeaderList::new();
        let fault = list.append(name, value).expect_err("refused");
        assert!(list.is_empty(), "nothing of it was taken");
        fault
    }

    #[test]
    fn a_value_with_a_control_character_is_refused_cve_2026_1527() {
        for value in [
            "a\r\nX: b",
            "a\rb",
            "a\nb",
            "a\0b",
            "\r",
            "\n",
            "a\u{7f}",
            "\u{1b}[1m",
        ] {
            assert_eq!(
                refused("X-Note", value),
                InvalidHeader::Value {
                    name: "X-Note".to_owned()
                },
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_name_that_is_no_token_is_refused_rfc_9110_section_5_1() {
        for name in ["", "X Note", "X:", "X\r\nY", "X\0", "Ü", "X\t"] {
            assert_eq!(
                refused(name, "a"),
                InvalidHeader::Name {
                    name: name.to_owned()
                },
                "{name:?}"
            );
        }
    }

    #[test]
    fn the_fields_of_the_handshake_are_refused_in_any_case() {
        let own = [
            "upgrade",
            "CONNECTION",
            "host",
            "Content-length",
            "transfer-encoding",
            "sec-websocket-accept",
            "SEC-WEBSOCKET-PROTOCOL",
            "Sec-WebSocket-Extensions",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Anything",
        ];
        for name in own {
            assert_eq!(
                refused(name, "a"),
                InvalidHeader::Reserved {
                    name: name.to_owned()
                },
                "{name}"
            );
        }
    }

    #[test]
    fn other_fields_are_kept_in_order_with_tabs_and_letters_of_any_script() {
        let mut list = HeaderList::new();
        list.append("X-A", " one\ttwo ").expect("valid");
        list.append("X-B", "drei ä").expect("valid");
        list.append("x-a", "").expect("valid");
        assert_eq!(list.headers().values("X-A").collect::<Vec<_>>(), ["one\ttwo", ""]);
        assert_eq!(list.headers().value("X-B"), Some("drei ä"));
    }

    #[test]
    fn insert_replaces_all_of_the_name_and_leaves_the_list_alone_when_it_fails() {
        let mut list = HeaderList::new();
        for (name, value) in [("A", "1"), ("B", "2"), ("a", "3")] {
            list.append(name, value).expect("valid");
        }
        let before = list.clone();
        assert!(list.insert("A", "\n").is_err());
        assert_eq!(list, before);
        list.insert("A", "4").expect("valid");
        let all: Vec<(&str, &[u8])> = list.headers().iter().collect();
        assert_eq!(all, [("B", b"2".as_slice()), ("A", b"4")]);
    }

    #[test]
    fn credentials_and_cookies_do_not_appear_in_debug_output() {
        let mut list = HeaderList::new();
        list.append("Authorization", "Basic c2VjcmV0").expect("valid");
        list.append("Set-Cookie", "c2VjcmV0").expect("valid");
        list.append("X-Room", "blue").expect("valid");
        let shown = format!("{list:?}");
        assert!(!shown.contains("c2VjcmV0") && shown.contains("blue"), "{shown}");
    }
}
