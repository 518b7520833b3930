//! The address of a WebSocket (RFC 6455, section 3): scheme, host, port, path and query.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::authority::Authority;

/// Where a client is to connect to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) security: Security,
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    /// The path and the query, as the request line has them.
    pub(crate) target: String,
    /// The credentials before the host, as the value of an Authorization field (RFC 7617).
    pub(crate) credentials: Option<String>,
}

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    /// `ws:`
    Plain,
    /// `wss:`
    Tls,
}

impl Security {
    fn scheme(self) -> &'static str {
        match self {
            Self::Plain => "ws",
            Self::Tls => "wss",
        }
    }

    /// The port where none is written (RFC 6455, section 3).
    pub(crate) fn default_port(self) -> u16 {
        match self {
            Self::Plain => 80,
            Self::Tls => 443,
        }
    }
}

/// Why a text is not the address of a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// The scheme is neither `ws` nor `wss`.
    Scheme,
    /// The host is missing or malformed; a name that is not ASCII has to be written in its ASCII form.
    Host,
    /// There is a fragment, which such an address never has (RFC 6455, section 3).
    Fragment,
    /// The credentials are not percent-encoded as they must be.
    Credentials,
}

impl fmt::Display for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "the address does not begin with ws:// or wss://",
            Self::Host => "the address has no well-formed host",
            Self::Fragment => "the address has a fragment",
            Self::Credentials => "the credentials in the address are malformed",
        })
    }
}

impl core::error::Error for InvalidUrl {}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidUrl::Scheme)?;
        let security = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => Security::Plain,
            "wss" | "https" => Security::Tls,
            _ => return Err(InvalidUrl::Scheme),
        };
        if rest.contains('#') {
            return Err(InvalidUrl::Fragment);
        }
        let (place, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (credentials, authority) = match place.rsplit_once('@') {
            Some((credentials, authority)) => (Some(basic(credentials)?), authority),
            None => (None, place),
        };
        let authority = Authority::parse(authority).ok_or(InvalidUrl::Host)?;
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        let host = authority.host.to_ascii_lowercase();
        Ok(Self { security, host, port: authority.port, target, credentials })
    }

    /// Where a Location field leads from here (RFC 3986, section 5.2): an absolute address, one without its
    /// scheme, or a path. A fragment in it is for whoever shows the page (RFC 9110, section 10.2.2).
    pub(crate) fn resolve(&self, location: &str) -> Result<Self, InvalidUrl> {
        let location = location.split_once('#').map_or(location, |(location, _)| location);
        match location.strip_prefix('/') {
            Some(place) if place.starts_with('/') => {
                Self::parse(&format!("{}:{location}", self.security.scheme()))
            }
            Some(_) => Ok(Self { target: location.to_owned(), ..self.clone() }),
            None => Self::parse(location),
        }
    }

    /// Whether what is told to the one may be told to the other: same host, same port, and no less hidden.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        (&self.host, self.port(), self.security) == (&other.host, other.port(), other.security)
    }

    /// The port to connect to.
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(self.security.default_port())
    }

    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    /// The host as a resolver knows it: an IPv6 address without its brackets.
    pub(crate) fn name(&self) -> &str {
        self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host)
    }
}

/// Without the credentials, which have no place in a log.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}://{}:{}{}", self.security, self.host, self.port(), self.target)
    }
}

/// Credentials of an address, as Basic authorization (RFC 7617, section 2).
fn basic(credentials: &str) -> Result<String, InvalidUrl> {
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let (user, password) = (decoded(user)?, decoded(password)?);
    if user.contains(&b':') {
        return Err(InvalidUrl::Credentials);
    }
    Ok(format!("Basic {}", STANDARD.encode([&user[..], b":", &password].concat())))
}

fn decoded(text: &str) -> Result<Vec<u8>, InvalidUrl> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                bytes.push(digit(*high)? << 4 | digit(*low)?);
                behind
            }
            (b'%', _) => return Err(InvalidUrl::Credentials),
            (&byte, behind) => {
                bytes.push(byte);
                behind
            }
        };
    }
    Ok(bytes)
}

fn digit(byte: u8) -> Result<u8, InvalidUrl> {
    let digit = char::from(byte).to_digit(16).ok_or(InvalidUrl::Credentials)?;
    u8::try_from(digit).map_err(|_| InvalidUrl::Credentials)
}

#[cfg(test)]
mod tests {
    use super::{InvalidUrl, Security, Url};

    #[test]
    fn an_address_has_a_scheme_a_host_and_maybe_a_port_a_path_and_a_query_section_3() {
        let url = Url::parse("ws://Example.com/chat?room=1").unwrap();
        assert_eq!((url.security, url.port(), url.target.as_str()), (Security::Plain, 80, "/chat?room=1"));
        assert_eq!(url.host, "example.com");
        let url = Url::parse("wss://[::1]:9001").unwrap();
        assert_eq!((url.name(), url.port(), url.target.as_str()), ("::1", 9001, "/"));
        assert_eq!(url.security, Security::Tls);
        assert_eq!(Url::parse("WS://h?q").unwrap().target, "/?q");
    }

    #[test]
    fn credentials_become_basic_authorization_rfc_7617_section_2() {
        let url = Url::parse("ws://Aladdin:open%20sesame@h/").unwrap();
        assert_eq!(url.credentials.as_deref(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert!(!format!("{url:?}").contains("sesame"));
        assert_eq!(Url::parse("ws://a%3Ab:c@h/"), Err(InvalidUrl::Credentials));
        assert_eq!(Url::parse("ws://a%zz@h/"), Err(InvalidUrl::Credentials));
    }

    #[test]
    fn a_location_is_an_address_with_or_without_its_scheme_or_a_path_rfc_3986_section_5_2() {
        let from = Url::parse("ws://h:8080/a/b?c").unwrap();
        let leads = |location: &str| from.resolve(location).map(|url| format!("{url:?}"));
        assert_eq!(leads("/there?x#top").as_deref(), Ok("Plain://h:8080/there?x"));
        assert_eq!(leads("//i/there").as_deref(), Ok("Plain://i:80/there"));
        assert_eq!(leads("https://i#top").as_deref(), Ok("Tls://i:443/"));
        assert_eq!(leads("there"), Err(InvalidUrl::Scheme));
        assert_eq!(leads(""), Err(InvalidUrl::Scheme));
    }

    #[test]
    fn a_place_is_a_host_a_port_and_whether_others_can_listen() {
        let same =
            |one: &str, other: &str| Url::parse(one).unwrap().is_same_place(&Url::parse(other).unwrap());
        assert!(same("ws://h/a", "http://H:80/b"));
        assert!(!same("ws://h/", "ws://h:8080/"));
        assert!(!same("ws://h/", "ws://i/"));
        assert!(!same("wss://h:8080/", "ws://h:8080/"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(Url::parse("ftp://h/"), Err(InvalidUrl::Scheme));
        assert_eq!(Url::parse("h:80"), Err(InvalidUrl::Scheme));
        assert_eq!(Url::parse("ws://h/#top"), Err(InvalidUrl::Fragment));
        assert_eq!(Url::parse("ws:///path"), Err(InvalidUrl::Host));
        assert_eq!(Url::parse("ws://h:99999/"), Err(InvalidUrl::Host));
        assert_eq!(Url::parse("ws://b\u{fc}cher.example/"), Err(InvalidUrl::Host));
    }
}
