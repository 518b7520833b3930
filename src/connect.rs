//! What a client asks for: where to, through whom, and with what in its request.

use std::fmt;
use std::time::Duration;

use crate::protocol::handshake::url::{Security, Url};
use crate::protocol::handshake::{ClientRequest, InvalidHeader, InvalidRequest, InvalidUrl};

/// A connection to be made.
///
/// An address alone is enough: `"ws://example.com/chat"` converts. Credentials in it become Basic
/// authorization.
///
/// ```
/// use std::time::Duration;
/// use ws_reactor::Connect;
///
/// let connect = Connect::to("ws://user:secret@example.com/chat?room=blue")?
///     .subprotocol("chat.v2")?
///     .header("X-Client", "demo")?
///     .origin("http://example.com")?
///     .timeout(Duration::from_secs(5))
///     .redirects(3);
/// # Ok::<(), ws_reactor::InvalidConnect>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connect {
    pub(crate) url: Url,
    pub(crate) request: ClientRequest,
    pub(crate) timeout: Option<Duration>,
    pub(crate) redirects: u8,
    pub(crate) proxy: Option<Url>,
}

/// Why a connection cannot even be tried.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum InvalidConnect {
    /// The address is malformed.
    Url(InvalidUrl),
    /// The request would be malformed.
    Request(InvalidRequest),
    /// The address is encrypted (`wss:`), which this build cannot do.
    Tls,
    /// The reactor stops, or has stopped.
    Stopped,
}

impl fmt::Display for InvalidConnect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(formatter),
            Self::Request(error) => error.fmt(formatter),
            Self::Tls => formatter.write_str("this build cannot connect to wss: addresses"),
            Self::Stopped => formatter.write_str("the reactor has stopped"),
        }
    }
}

impl std::error::Error for InvalidConnect {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Tls | Self::Stopped => None,
        }
    }
}

impl From<InvalidUrl> for InvalidConnect {
    fn from(error: InvalidUrl) -> Self {
        Self::Url(error)
    }
}

impl From<InvalidRequest> for InvalidConnect {
    fn from(error: InvalidRequest) -> Self {
        Self::Request(error)
    }
}

impl From<InvalidHeader> for InvalidConnect {
    fn from(error: InvalidHeader) -> Self {
        Self::Request(error.into())
    }
}

impl From<std::convert::Infallible> for InvalidConnect {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl TryFrom<&str> for Connect {
    type Error = InvalidConnect;

    fn try_from(url: &str) -> Result<Self, InvalidConnect> {
        Self::to(url)
    }
}

impl TryFrom<&String> for Connect {
    type Error = InvalidConnect;

    fn try_from(url: &String) -> Result<Self, InvalidConnect> {
        Self::to(url)
    }
}

impl TryFrom<String> for Connect {
    type Error = InvalidConnect;

    fn try_from(url: String) -> Result<Self, InvalidConnect> {
        Self::to(&url)
    }
}

impl Connect {
    /// A connection to the address of a WebSocket (RFC 6455, section 3).
    ///
    /// # Errors
    ///
    /// [`InvalidConnect::Url`] or [`InvalidConnect::Request`] for what is no such address,
    /// [`InvalidConnect::Tls`] for one that this build cannot reach.
    pub fn to(url: &str) -> Result<Self, InvalidConnect> {
        let url = Url::parse(url)?;
        if url.security == Security::Tls {
            return Err(InvalidConnect::Tls);
        }
        let mut request = ClientRequest::new(&url.host, url.port, &url.target)?;
        if let Some(credentials) = &url.credentials {
            request = request.header("Authorization", credentials)?;
        }
        Ok(Self { url, request, timeout: None, redirects: 0, proxy: None })
    }

    /// Adds a header to the request.
    ///
    /// # Errors
    ///
    /// A malformed name or value, or a name that belongs to the handshake itself.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, InvalidConnect> {
        self.request = self.request.header(name, value)?;
        Ok(self)
    }

    /// Offers a subprotocol, behind those offered before (RFC 6455, section 1.9).
    ///
    /// # Errors
    ///
    /// A name that is not a token, or offered already.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, InvalidConnect> {
        self.request = self.request.subprotocol(name)?;
        Ok(self)
    }

    /// Says which page asks, as a browser would.
    ///
    /// # Errors
    ///
    /// A value that cannot be sent.
    pub fn origin(mut self, origin: &str) -> Result<Self, InvalidConnect> {
        self.request = self.request.origin(origin)?;
        Ok(self)
    }

    /// Asks for another host than the one connected to, as in `example.com` or `example.com:8080`.
    ///
    /// # Errors
    ///
    /// What is not a host with an optional port.
    pub fn host(mut self, host: &str) -> Result<Self, InvalidConnect> {
        self.request = self.request.host(host)?;
        Ok(self)
    }

    /// How long the whole may take: looking up the name, connecting, and the opening handshake. Default:
    /// [`Config::connect_timeout`](crate::Config::connect_timeout).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Follows so many redirections. By default, one is a failure that says where it leads. Credentials and
    /// cookies are not carried to another host.
    #[must_use]
    pub fn redirects(mut self, most: u8) -> Self {
        self.redirects = most;
        self
    }

    /// Connects through an HTTP proxy, by its CONNECT method (RFC 9110, section 9.3.6): `http://host:port`, with
    /// credentials if it wants some.
    ///
    /// # Errors
    ///
    /// What is no address, or an encrypted one.
    pub fn proxy(mut self, url: &str) -> Result<Self, InvalidConnect> {
        let url = Url::parse(url)?;
        if url.security == Security::Tls {
            return Err(InvalidConnect::Tls);
        }
        self.proxy = Some(url);
        Ok(self)
    }

    /// The same, to where a redirection leads.
    pub(crate) fn redirected(&self, location: &str) -> Result<Self, InvalidConnect> {
        let url = self.url.resolve(location)?;
        if url.security == Security::Tls {
            return Err(InvalidConnect::Tls);
        }
        let same_host = url.is_same_place(&self.url);
        let request = self.request.redirected(&url.host, url.port, &url.target)?;
        let request = if same_host { request } else { request.without_credentials() };
        let redirects = self.redirects.saturating_sub(1);
        Ok(Self { url, request, timeout: self.timeout, redirects, proxy: self.proxy.clone() })
    }

    /// Where the TCP connection goes: name and port.
    pub(crate) fn endpoint(&self) -> (&str, u16) {
        let url = self.proxy.as_ref().unwrap_or(&self.url);
        (url.name(), url.port())
    }
}

#[cfg(test)]
mod tests {
    use super::{Connect, InvalidConnect};

    fn redirected(location: &str) -> Result<Connect, InvalidConnect> {
        let connect = Connect::to("ws://user:secret@h/")?
            .header("Cookie", "a=b")?
            .header("X-Own", "yes")?
            .subprotocol("one")?
            .redirects(3);
        connect.redirected(location)
    }

    fn request(connect: &Connect) -> String {
        let mut head = Vec::new();
        connect.request.write(&mut head, &crate::protocol::handshake::key::Key::from_nonce([0; 16]));
        String::from_utf8(head).unwrap()
    }

    #[test]
    fn credentials_and_cookies_go_no_further_than_to_another_path() {
        let near = request(&redirected("/there").unwrap());
        assert!(
            near.starts_with("GET /there ") && near.contains("Authorization: ") && near.contains("Cookie: ")
        );
        for location in ["ws://i/there", "//i/there", "ws://h:81/there", "ws://user:other@i/there"] {
            let far = request(&redirected(location).unwrap());
            assert!(far.starts_with("GET /there ") && far.contains("X-Own: yes\r\n"), "{far}");
            assert!(far.contains("Sec-WebSocket-Protocol: one\r\n"), "{far}");
            assert!(!far.contains("Authorization") && !far.contains("Cookie"), "{far}");
        }
        assert_eq!(redirected("/there").unwrap().redirects, 2);
    }

    #[test]
    fn a_redirection_to_what_cannot_be_sent_is_refused() {
        for location in ["ftp://h/", "/a b", "/\u{e4}", "ws://h\t/", "ws://a b/", "", "//", "ws://"] {
            assert!(redirected(location).is_err(), "{location:?}");
        }
        assert_eq!(redirected("https://h/").err(), Some(InvalidConnect::Tls));
    }
}
