//! The client's side: the request (RFC 6455, section 4.1) and what its answer must be.

use core::{error, fmt};

use super::authority::Authority;
use super::client_error::{HandshakeError, Rejection};
use super::extensions;
use super::fields::Headers;
use super::head::{HeadLimits, HeadScan};
use super::header_list::{HeaderList, InvalidHeader, write_field};
use super::key::Key;
use super::target::Target;
use super::token;
use super::url::Url;

/// The request of a client for a WebSocket, without the key, which is new for every connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientRequest {
    /// What the Host field says.
    host: String,
    target: String,
    subprotocols: Vec<String>,
    headers: HeaderList,
}

/// Why a request cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// Not a host name, an IPv4 address or an IPv6 address in brackets.
    Host(String),
    /// Not a path with an optional query: it begins with a slash and is ASCII without spaces or a fragment.
    Target(String),
    /// Not a token (RFC 6455, section 4.1, item 10).
    Subprotocol(String),
    /// Offered already.
    SubprotocolRepeated(String),
    /// A header field was refused.
    Header(InvalidHeader),
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "{host:?} is not a host"),
            Self::Target(target) => write!(f, "{target:?} is not a path with an optional query"),
            Self::Subprotocol(name) => write!(f, "{name:?} is not a token"),
            Self::SubprotocolRepeated(name) => write!(f, "the subprotocol {name:?} is offered twice"),
            Self::Header(fault) => fault.fmt(f),
        }
    }
}

impl error::Error for InvalidRequest {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Header(fault) => Some(fault),
            _ => None,
        }
    }
}

impl From<InvalidHeader> for InvalidRequest {
    fn from(fault: InvalidHeader) -> Self {
        Self::Header(fault)
    }
}

impl ClientRequest {
    /// A request to `host` for `target`.
    ///
    /// `port` is what the Host field says: nothing where it is the default of the scheme.
    ///
    /// # Errors
    /// [`InvalidRequest::Host`] or [`InvalidRequest::Target`] if they are not what their names say.
    pub(crate) fn new(host: &str, port: Option<u16>, target: &str) -> Result<Self, InvalidRequest> {
        let authority = Authority::parse(host).filter(|authority| authority.host == host);
        if authority.is_none() {
            return Err(InvalidRequest::Host(host.to_owned()));
        }
        if !target.starts_with('/') || Target::parse(target).is_none() {
            return Err(InvalidRequest::Target(target.to_owned()));
        }
        let host = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { host, target: target.to_owned(), subprotocols: Vec::new(), headers: HeaderList::new() })
    }

    /// Offers a subprotocol, after those that are liked better.
    ///
    /// # Errors
    /// [`InvalidRequest::Subprotocol`] if it is no token, [`InvalidRequest::SubprotocolRepeated`] if it is
    /// there already.
    pub(crate) fn subprotocol(mut self, name: &str) -> Result<Self, InvalidRequest> {
        if !token::is_token(name.as_bytes()) {
            return Err(InvalidRequest::Subprotocol(name.to_owned()));
        }
        if self.offers(name) {
            return Err(InvalidRequest::SubprotocolRepeated(name.to_owned()));
        }
        self.subprotocols.push(name.to_owned());
        Ok(self)
    }

    /// Adds a header field.
    ///
    /// # Errors
    /// [`InvalidRequest::Header`] if the name is no token or is the handshake's own, or the value contains a
    /// control character.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Result<Self, InvalidRequest> {
        self.headers.append(name, value)?;
        Ok(self)
    }

    /// Says which page asks, as a browser would; programs need not.
    ///
    /// # Errors
    /// [`InvalidRequest::Header`] if `origin` contains a control character.
    pub(crate) fn origin(mut self, origin: &str) -> Result<Self, InvalidRequest> {
        self.headers.insert("Origin", origin)?;
        Ok(self)
    }

    /// Says another host than the one connected to.
    ///
    /// # Errors
    /// [`InvalidRequest::Host`] if it is not a host with an optional port.
    pub(crate) fn host(mut self, host: &str) -> Result<Self, InvalidRequest> {
        if Authority::parse(host).is_none() {
            return Err(InvalidRequest::Host(host.to_owned()));
        }
        host.clone_into(&mut self.host);
        Ok(self)
    }

    /// The same request for another place.
    pub(crate) fn redirected(
        &self,
        host: &str,
        port: Option<u16>,
        target: &str,
    ) -> Result<Self, InvalidRequest> {
        let place = Self::new(host, port, target)?;
        Ok(Self { host: place.host, target: place.target, ..self.clone() })
    }

    /// Without what is for one host alone.
    pub(crate) fn without_credentials(mut self) -> Self {
        for name in ["Authorization", "Cookie", "Proxy-Authorization"] {
            self.headers.remove(name);
        }
        self
    }

    /// Appends the head of the request.
    pub(crate) fn write(&self, out: &mut Vec<u8>, key: &Key) {
        out.extend_from_slice(b"GET ");
        out.extend_from_slice(self.target.as_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\n");
        write_field(out, "Host", self.host.as_bytes());
        out.extend_from_slice(b"Upgrade: websocket\r\nConnection: Upgrade\r\n");
        write_field(out, "Sec-WebSocket-Key", key.as_bytes());
        out.extend_from_slice(b"Sec-WebSocket-Version: 13\r\n");
        if !self.subprotocols.is_empty() {
            write_field(out, "Sec-WebSocket-Protocol", self.subprotocols.join(", ").as_bytes());
        }
        out.extend_from_slice(self.headers.headers().block());
        out.extend_from_slice(b"\r\n");
    }

    fn offers(&self, subprotocol: &str) -> bool {
        self.subprotocols.iter().any(|offered| offered == subprotocol)
    }
}

/// What the server agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Established<'a> {
    /// One of those offered, or none.
    pub(crate) subprotocol: Option<&'a str>,
    pub(crate) headers: Headers<'a>,
}

/// Judges the head of the answer to `sent` with `key`, as [`HeadScan`] found it (RFC 6455, section 4.1).
///
/// Bytes after the head are frames if it returns `Ok`, and the body of the answer if it returns
/// [`HandshakeError::Rejected`].
pub(crate) fn verify<'a>(
    head: &'a [u8],
    sent: &ClientRequest,
    key: &Key,
    limits: &HeadLimits,
) -> Result<Established<'a>, HandshakeError> {
    let (version, status) = parse(head, limits)?;
    let headers = Headers::of_head(head);
    if status != 101 {
        return Err(HandshakeError::Rejected(Box::new(Rejection::new(status, headers))));
    }
    if version != 1 {
        return Err(HandshakeError::Malformed);
    }
    verify_tokens(headers)?;
    verify_accept(headers, key)?;
    verify_extensions(headers)?;
    Ok(Established { subprotocol: chosen_subprotocol(headers, sent)?, headers })
}

/// Appends the request to a proxy for a tunnel (RFC 9110, section 9.3.6).
pub(crate) fn write_tunnel(out: &mut Vec<u8>, url: &Url, credentials: Option<&str>) {
    let place = format!("{}:{}", url.host, url.port());
    out.extend_from_slice(b"CONNECT ");
    out.extend_from_slice(place.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    write_field(out, "Host", place.as_bytes());
    if let Some(credentials) = credentials {
        write_field(out, "Proxy-Authorization", credentials.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// Judges the head of a proxy's answer: any status of success opens the tunnel, and ends with its head.
pub(crate) fn verify_tunnel(head: &[u8], limits: &HeadLimits) -> Result<(), HandshakeError> {
    match parse(head, limits)? {
        (_, 200..=299) => Ok(()),
        (_, status) => {
            let rejection = Rejection::new(status, Headers::of_head(head));
            Err(HandshakeError::Rejected(Box::new(rejection)))
        }
    }
}

/// The minor version and the status of a response that is well formed.
fn parse(head: &[u8], limits: &HeadLimits) -> Result<(u8, u16), HandshakeError> {
    let whole = HeadScan::default().find(head, limits.bytes)? == Some(head.len());
    if !whole || !head.starts_with(b"HTTP/") {
        return Err(HandshakeError::Malformed);
    }
    let mut slots = [httparse::EMPTY_HEADER; HeadLimits::MOST_HEADERS];
    let slots = slots.get_mut(..limits.headers.min(HeadLimits::MOST_HEADERS)).unwrap_or_default();
    let mut parsed = httparse::Response::new(slots);
    match (parsed.parse(head), parsed.version, parsed.code) {
        (Ok(httparse::Status::Complete(_)), Some(version), Some(code)) => Ok((version, code)),
        (Err(httparse::Error::TooManyHeaders), ..) => Err(HandshakeError::TooManyHeaders),
        _ => Err(HandshakeError::Malformed),
    }
}

fn verify_tokens(headers: Headers<'_>) -> Result<(), HandshakeError> {
    let lists = |name, wanted| headers.values_bytes(name).any(|value| token::lists(value, wanted));
    if !lists("Upgrade", "websocket") {
        return Err(HandshakeError::UpgradeMissing);
    }
    if !lists("Connection", "upgrade") {
        return Err(HandshakeError::ConnectionMissing);
    }
    Ok(())
}

fn verify_accept(headers: Headers<'_>, key: &Key) -> Result<(), HandshakeError> {
    let mut answers = headers.values_bytes("Sec-WebSocket-Accept");
    match (answers.next(), answers.next()) {
        (None, _) => Err(HandshakeError::AcceptMissing),
        (Some(_), Some(_)) => Err(HandshakeError::AcceptRepeated),
        (Some(answer), None) if answer == key.accept().as_bytes() => Ok(()),
        (Some(_), None) => Err(HandshakeError::AcceptWrong),
    }
}

/// None was offered, so any is one too many.
fn verify_extensions(headers: Headers<'_>) -> Result<(), HandshakeError> {
    match extensions::offers(headers).next() {
        None => Ok(()),
        Some(Ok(used)) => Err(HandshakeError::ExtensionNotOffered(used.name.to_owned())),
        Some(Err(_)) => Err(HandshakeError::ExtensionsMalformed),
    }
}

/// The one subprotocol of the answer, which must be one of those offered.
fn chosen_subprotocol<'a>(
    headers: Headers<'a>,
    sent: &ClientRequest,
) -> Result<Option<&'a str>, HandshakeError> {
    let mut fields = headers.values_bytes("Sec-WebSocket-Protocol");
    let Some(value) = fields.next() else {
        return Ok(None);
    };
    if fields.next().is_some() {
        return Err(HandshakeError::SubprotocolRepeated);
    }
    match token::token(value).filter(|chosen| sent.offers(chosen)) {
        Some(chosen) => Ok(Some(chosen)),
        None => Err(HandshakeError::SubprotocolNotOffered(String::from_utf8_lossy(value).into_owned())),
    }
}
