//! The request target (RFC 9112, section 3.2): the two forms a GET may have.

use super::authority::Authority;

/// A target, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    /// Present in the absolute form, where it outranks the Host field (section 3.2.2).
    pub(super) authority: Option<Authority<'a>>,
    /// Begins with a slash.
    pub(super) path: &'a str,
    /// What follows the first question mark.
    pub(super) query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Reads the origin form or the absolute form; nothing for the others, for fragments, and for what is no target.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return None;
        }
        if text.starts_with('/') {
            Some(Self::relative(None, text))
        } else {
            Self::absolute(text)
        }
    }

    fn absolute(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        if !["http", "https", "ws", "wss"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme))
        {
            return None;
        }
        let (authority, tail) = rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len()))?;
        Some(Self::relative(Some(Authority::parse(authority)?), tail))
    }

    /// An empty path is the root (RFC 9110, section 4.2.3).
    fn relative(authority: Option<Authority<'a>>, text: &'a str) -> Self {
        let (path, query) = text
            .split_once('?')
            .map_or((text, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        Self {
            authority,
            path,
            query,
        }
    }
}
