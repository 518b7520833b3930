//! Which pages may connect (RFC 6455, section 10.2): browsers send cookies along from anywhere.

use super::authority::Authority;
use super::facts::Single;
use super::request::Request;

/// The pages whose scripts may open a WebSocket.
///
/// A request without an Origin is always allowed: browsers send one, and only browsers can be tricked this
/// way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Every page. Right where a connection means nothing by itself: no cookies, no private network.
    #[default]
    Any,
    /// Pages of the host that the request asks for.
    ///
    /// A page whose name is pointed at this server (DNS rebinding) passes: where that matters, accept only
    /// the hosts you know ([`Router::only_listed_hosts`](crate::Router::only_listed_hosts)), or use
    /// [`List`](Self::List).
    SameHost,
    /// Pages of these origins, such as `https://example.com` or `http://localhost:8080`; `null` only if
    /// listed.
    List(Vec<String>),
}

impl Origins {
    /// Whether the page that sent `request` may connect.
    #[must_use]
    pub fn allows(&self, request: &Request<'_>) -> bool {
        if matches!(self, Self::Any) || request.facts().origin == Single::Absent {
            return true;
        }
        // A second Origin, or one that is no text, is of no browser and of no one's list.
        let Some(origin) = request.origin() else {
            return false;
        };
        match self {
            Self::Any => true,
            Self::SameHost => Origin::parse(origin).is_some_and(|page| page.is_at(request.authority())),
            Self::List(listed) => listed.iter().any(|allowed| is_same(allowed, origin)),
        }
    }
}

/// An origin that has a host (RFC 6454, section 6.2).
struct Origin<'a> {
    scheme: &'a str,
    authority: Authority<'a>,
}

impl<'a> Origin<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        Some(Self { scheme, authority: Authority::parse(authority)? })
    }

    /// Host says nothing of the scheme: that of the page decides which port is meant where none is written.
    fn is_at(&self, host: Authority<'_>) -> bool {
        self.authority.is_same(&host, self.default_port())
    }

    fn default_port(&self) -> Option<u16> {
        let defaults = [("http", 80), ("https", 443)];
        defaults.iter().find(|(scheme, _)| scheme.eq_ignore_ascii_case(self.scheme)).map(|&(_, port)| port)
    }
}

/// Whether two origins are the same, in any case and with or without their default port.
fn is_same(allowed: &str, origin: &str) -> bool {
    match (Origin::parse(allowed), Origin::parse(origin)) {
        (Some(allowed), Some(page)) => {
            allowed.scheme.eq_ignore_ascii_case(page.scheme) && page.is_at(allowed.authority)
        }
        _ => allowed.eq_ignore_ascii_case(origin),
    }
}

#[cfg(test)]
mod tests {
    use super::Origins;
    use crate::protocol::handshake::head::HeadLimits;
    use crate::protocol::handshake::request::parse;

    fn allows(origins: &Origins, host: &str, origin_lines: &str) -> bool {
        let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\n{origin_lines}\r\n");
        origins.allows(&parse(head.as_bytes(), &HeadLimits::default()).expect("a valid request"))
    }

    fn same_host(host: &str, origin: &str) -> bool {
        allows(&Origins::SameHost, host, &format!("Origin: {origin}\r\n"))
    }

    #[test]
    fn a_request_without_an_origin_is_of_no_browser_and_allowed_rfc_6455_section_10_2() {
        for origins in [Origins::Any, Origins::SameHost, Origins::List(Vec::new())] {
            assert!(allows(&origins, "a.example", ""), "{origins:?}");
        }
    }

    #[test]
    fn any_allows_whatever_is_said() {
        for lines in
            ["Origin: http://b\r\n", "Origin: null\r\n", "Origin: a\r\nOrigin: b\r\n", "Origin: \u{ff}\r\n"]
        {
            assert!(allows(&Origins::Any, "a.example", lines), "{lines:?}");
        }
    }

    #[test]
    fn the_same_host_is_compared_in_any_case_with_default_ports_left_out_or_not() {
        let same = [
            ("a.example", "http://a.example"),
            ("A.Example", "HTTPS://a.eXample"),
            ("a.example:80", "http://a.example"),
            ("a.example", "http://a.example:80"),
            ("a.example:443", "https://a.example"),
            ("a.example:8080", "http://a.example:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
            ("a.example:8080", "app://a.example:8080"),
        ];
        for (host, origin) in same {
            assert!(same_host(host, origin), "{origin} at {host}");
        }
    }

    #[test]
    fn another_host_or_port_is_not_the_same_host() {
        let other = [
            ("a.example", "http://b.example"),
            ("a.example", "http://a.example.evil"),
            ("a.example", "http://evil-a.example"),
            ("a.example:443", "http://a.example"),
            ("a.example:80", "https://a.example"),
            ("a.example", "http://a.example:8080"),
            ("a.example:8080", "http://a.example"),
            ("a.example", "http://a.example/"),
            ("a.example", "http://a.example@evil"),
            ("a.example", "a.example"),
            ("a.example", "null"),
            ("null", "null"),
            ("a.example", ""),
        ];
        for (host, origin) in other {
            assert!(!same_host(host, origin), "{origin:?} at {host}");
        }
    }

    #[test]
    fn a_list_names_whole_origins_with_their_scheme() {
        let origins = Origins::List(vec!["https://a.example".to_owned(), "http://localhost:8080".to_owned()]);
        let allowed = |origin: &str| allows(&origins, "a.example", &format!("Origin: {origin}\r\n"));
        assert!(allowed("https://a.example"));
        assert!(allowed("https://A.EXAMPLE:443"));
        assert!(allowed("http://localhost:8080"));
        for origin in [
            "http://a.example",
            "https://a.example:8443",
            "https://a.example.evil",
            "http://localhost",
            "null",
        ] {
            assert!(!allowed(origin), "{origin}");
        }
    }

    #[test]
    fn null_and_origins_without_a_host_are_allowed_only_where_they_are_listed() {
        let origins = Origins::List(vec!["null".to_owned(), "app:x".to_owned()]);
        assert!(allows(&origins, "a", "Origin: null\r\n"));
        assert!(allows(&origins, "a", "Origin: app:x\r\n"));
        assert!(!allows(&origins, "a", "Origin: app:y\r\n"));
    }

    #[test]
    fn two_origins_are_not_one_that_is_allowed() {
        let twice = "Origin: http://a.example\r\nOrigin: http://a.example\r\n";
        assert!(!allows(&Origins::SameHost, "a.example", twice));
        assert!(!allows(&Origins::List(vec!["http://a.example".to_owned()]), "a.example", twice));
    }

    #[test]
    fn the_host_of_an_absolute_target_is_the_one_that_was_asked_rfc_9112_section_3_2_2() {
        let head = b"GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\nOrigin: http://a.example\r\n\r\n";
        let request = parse(head, &HeadLimits::default()).expect("a valid request");
        assert!(Origins::SameHost.allows(&request));
    }
}
