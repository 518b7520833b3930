//! A read-only view of the header fields of a head that was found valid.

use core::fmt;
use std::borrow::Cow;

/// The header fields of a request or a response, in the order they came, names in any case.
///
/// Its `Debug` form hides the values of credentials and cookies.
///
/// ```
/// # use ws_reactor::HeaderList;
/// let mut list = HeaderList::new();
/// list.append("X-Room", "blue")?;
/// list.append("x-room", "green")?;
/// let headers = list.headers();
/// assert_eq!(headers.value("X-ROOM"), Some("blue"));
/// assert_eq!(headers.values("x-room").collect::<Vec<_>>(), ["blue", "green"]);
/// # Ok::<(), ws_reactor::InvalidHeader>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    /// Whole lines, `name: value CR LF` each, checked by whoever made the view.
    block: &'a [u8],
}

impl<'a> Headers<'a> {
    /// A view of `block`, which must be lines of header fields that were found valid, or nothing.
    pub(super) fn of(block: &'a [u8]) -> Self {
        Self { block }
    }

    /// The fields of a valid `head`: what lies between its first line and its empty line.
    pub(super) fn of_head(head: &'a [u8]) -> Self {
        let lines = head.trim_ascii_start();
        let first = lines.iter().position(|&byte| byte == b'\n').map_or(lines.len(), |at| at + 1);
        let fields = lines.get(first..).unwrap_or_default();
        Self::of(fields.strip_suffix(b"\r\n").unwrap_or(fields))
    }

    /// The value of the first field called `name`, if there is one and it is UTF-8.
    #[must_use]
    pub fn value(self, name: &str) -> Option<&'a str> {
        self.value_bytes(name).and_then(|value| core::str::from_utf8(value).ok())
    }

    /// The values of all fields called `name` that are UTF-8.
    pub fn values(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values_bytes(name).filter_map(|value| core::str::from_utf8(value).ok())
    }

    /// The value of the first field called `name`, as the bytes that came.
    #[must_use]
    pub fn value_bytes(self, name: &str) -> Option<&'a [u8]> {
        self.values_bytes(name).next()
    }

    /// The values of all fields called `name`, as the bytes that came.
    pub fn values_bytes(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every field: its name as it was written, and the bytes of its value.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.block.split_inclusive(|&byte| byte == b'\n').filter_map(split)
    }

    /// The lines, as they go on the wire.
    pub(super) fn block(self) -> &'a [u8] {
        self.block
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, value)| (name, shown(name, value)))).finish()
    }
}

/// A value as it may stand in a log: credentials may not.
fn shown<'a>(name: &str, value: &'a [u8]) -> Cow<'a, str> {
    const SECRET: [&str; 4] = ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"];
    if SECRET.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
        Cow::Borrowed("(hidden)")
    } else {
        String::from_utf8_lossy(value)
    }
}

/// The name and the value of one line.
fn split(line: &[u8]) -> Option<(&str, &[u8])> {
    let mut parts = line.splitn(2, |&byte| byte == b':');
    let name = core::str::from_utf8(parts.next()?).ok()?;
    Some((name, parts.next()?.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::Headers;

    const HEAD: &[u8] =
        b"GET / HTTP/1.1\r\nHost: a\r\nx-empty:\r\nX-Text:\t a:b \r\nX-Text: \xff\r\nx-TEXT:c\r\n\r\n";

    #[test]
    fn names_are_found_in_any_case_and_values_lose_the_white_space_around_them() {
        let headers = Headers::of_head(HEAD);
        assert_eq!(headers.value("HOST"), Some("a"));
        assert_eq!(headers.value("X-Empty"), Some(""));
        assert_eq!(headers.value("x-text"), Some("a:b"));
        assert_eq!(headers.value("x-tex"), None);
        assert_eq!(headers.iter().count(), 5);
    }

    #[test]
    fn a_value_that_is_not_utf_8_is_there_as_bytes() {
        let headers = Headers::of_head(HEAD);
        assert_eq!(headers.values("X-Text").collect::<Vec<_>>(), ["a:b", "c"]);
        let bytes: Vec<&[u8]> = headers.values_bytes("X-Text").collect();
        assert_eq!(bytes, [b"a:b".as_slice(), b"\xff", b"c"]);
        assert_eq!(headers.value_bytes("host"), Some(b"a".as_slice()));
    }

    #[test]
    fn a_head_without_fields_has_none() {
        assert_eq!(Headers::of_head(b"HTTP/1.1 200 OK\r\n\r\n").iter().count(), 0);
        assert_eq!(Headers::default().iter().count(), 0);
    }
}
