//! Host and port, as the Host field, a target and an origin carry them (RFC 3986, section 3.2).

/// A host and, if it was written, a port. Userinfo has no place here (RFC 9110, section 4.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    /// A name, an IPv4 address, or an IPv6 address in its brackets; never empty.
    pub(super) host: &'a str,
    /// The port, unless none was written or it was left empty.
    pub(super) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Reads `host`, `host:port` or `[v6]:port`; nothing if it is malformed.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (host, rest) = if text.starts_with('[') {
            text.split_at_checked(text.find(']')? + 1)?
        } else {
            text.split_at_checked(text.find(':').unwrap_or(text.len()))?
        };
        let valid = if host.starts_with('[') { is_ip_literal(host) } else { is_name(host) };
        let port = match rest {
            "" | ":" => None,
            _ => Some(parse_port(rest.strip_prefix(':')?)?),
        };
        valid.then_some(Self { host, port })
    }

    /// Whether both are the same place, a port that was not written being `default_port`.
    pub(super) fn is_same(&self, other: &Authority<'_>, default_port: Option<u16>) -> bool {
        self.host.eq_ignore_ascii_case(other.host)
            && self.port.or(default_port) == other.port.or(default_port)
    }
}

/// A port of digits alone: no sign, which parsing a number would allow.
fn parse_port(digits: &str) -> Option<u16> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// A registered name or an IPv4 address: unreserved characters, sub-delimiters and percent triplets.
fn is_name(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    let mut rest = host.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            (&byte, _) if plain(byte) => tail,
            _ => return false,
        };
    }
    !host.is_empty()
}

/// An IPv6 address in brackets. No zone (RFC 6874 is for the sender's own use), no future version.
fn is_ip_literal(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|address| address.parse::<core::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::Authority;

    #[test]
    fn a_host_is_a_name_or_an_address_with_an_optional_port_rfc_3986_section_3_2() {
        let right = [
            ("example.com", "example.com", None),
            ("example.com:8080", "example.com", Some(8080)),
            ("example.com:", "example.com", None),
            ("a_b-c~d.%41", "a_b-c~d.%41", None),
            ("127.0.0.1:0", "127.0.0.1", Some(0)),
            ("localhost:65535", "localhost", Some(65535)),
            ("localhost:0080", "localhost", Some(80)),
            ("[::1]", "[::1]", None),
            ("[2001:db8::1]:443", "[2001:db8::1]", Some(443)),
            ("[::ffff:127.0.0.1]:", "[::ffff:127.0.0.1]", None),
        ];
        for (text, host, port) in right {
            assert_eq!(Authority::parse(text), Some(Authority { host, port }), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused_rfc_9110_section_7_2() {
        let wrong = [
            "",
            ":80",
            "a:b",
            "a:80:80",
            "a:65536",
            "a:-1",
            "a:+1",
            "a b",
            "a/b",
            "a?b",
            "a#b",
            "user@a",
            "a,b:80@c",
            "a%",
            "a%4",
            "a%zz",
            "[::1",
            "::1",
            "[::1]80",
            "[]",
            "[127.0.0.1]",
            "[fe80::1%25eth0]",
            "[v1.x]",
            "a\\b",
            "a\"",
            "<a>",
            "ü.example",
            "a\u{7f}",
            "a[::1]",
        ];
        for text in wrong {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
    }

    #[test]
    fn two_authorities_are_the_same_in_any_case_and_with_the_default_port_left_out() {
        let same = |left: &str, right: &str| {
            let right = Authority::parse(right).expect("an authority");
            Authority::parse(left).expect("an authority").is_same(&right, Some(80))
        };
        assert!(same("Example.com", "eXAMPLE.COM:80"));
        assert!(same("a:8080", "a:8080"));
        assert!(!same("a", "a:8080"));
        assert!(!same("a", "b"));
    }
}
