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
    /// Reads the origin form or the absolute form; nothing for other forms, fragments, and what is no target.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return None;
        }
        if text.starts_with('/') { Some(Self::relative(None, text)) } else { Self::absolute(text) }
    }

    fn absolute(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        if !["http", "https", "ws", "wss"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            return None;
        }
        let (authority, tail) = rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len()))?;
        Some(Self::relative(Some(Authority::parse(authority)?), tail))
    }

    /// An empty path is the root (RFC 9110, section 4.2.3).
    fn relative(authority: Option<Authority<'a>>, text: &'a str) -> Self {
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        Self { authority, path, query }
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn parts(text: &str) -> Option<(Option<&str>, &str, Option<&str>)> {
        Target::parse(text)
            .map(|target| (target.authority.map(|place| place.host), target.path, target.query))
    }

    #[test]
    fn the_origin_form_is_a_path_and_a_query_rfc_9112_section_3_2_1() {
        assert_eq!(parts("/"), Some((None, "/", None)));
        assert_eq!(parts("/a/b?c=d?e"), Some((None, "/a/b", Some("c=d?e"))));
        assert_eq!(parts("/?"), Some((None, "/", Some(""))));
        assert_eq!(parts("//evil.example/x"), Some((None, "//evil.example/x", None)));
        assert_eq!(parts("/go?to=http://b/"), Some((None, "/go", Some("to=http://b/"))));
    }

    #[test]
    fn the_absolute_form_names_the_host_rfc_9112_section_3_2_2() {
        assert_eq!(parts("http://a.example/b?c"), Some((Some("a.example"), "/b", Some("c"))));
        assert_eq!(parts("HTTPS://a.example:443"), Some((Some("a.example"), "/", None)));
        assert_eq!(parts("ws://[::1]?q"), Some((Some("[::1]"), "/", Some("q"))));
    }

    #[test]
    fn other_forms_fragments_and_bytes_that_are_no_target_are_refused() {
        let wrong = [
            "",
            "*",
            "example.com:443",
            "chat",
            "ftp://a/",
            "http:/a",
            "http:///a",
            "http://user@a/",
            "http://a:b/",
            "/a#b",
            "http://a/#b",
            "/a b",
            "/\u{e4}",
            "/\t",
            "/\u{7f}",
        ];
        for text in wrong {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }
}
