//! Reads the head of a request: strict, since what two parsers read differently is an attack.

use core::fmt;
use core::mem::MaybeUninit;
use std::net::SocketAddr;

use super::authority::Authority;
use super::facts::{Facts, Listed, Single};
use super::fields::Headers;
use super::head::{HeadLimits, HeadScan};
use super::refusal::{Malformation, Refusal};
use super::target::Target;
use super::token;

/// The methods a server of WebSockets knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Asks for a WebSocket, or for a page.
    Get,
    /// Asks for what GET would answer, without the body.
    Head,
}

/// A well-formed HTTP/1.1 request, as it came: what a route decides on.
///
/// It borrows the bytes of the head. Whether it asks for a WebSocket is [`is_upgrade`](Self::is_upgrade).
#[derive(Clone, Copy)]
pub struct Request<'a> {
    method: Method,
    target: &'a str,
    parts: Target<'a>,
    authority: Authority<'a>,
    headers: Headers<'a>,
    facts: Facts<'a>,
    peer: Option<SocketAddr>,
    local: Option<SocketAddr>,
}

impl<'a> Request<'a> {
    /// GET or HEAD; a request for a WebSocket is a GET.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The request target as it came, with its query; usually it begins with a slash (RFC 9112, section 3.2).
    #[must_use]
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// The path, without the query and not decoded. It begins with a slash.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.parts.path
    }

    /// What follows the question mark, not decoded.
    #[must_use]
    pub fn query(&self) -> Option<&'a str> {
        self.parts.query
    }

    /// The host that was asked, without the port, in the case it came in; an IPv6 address is in brackets.
    ///
    /// It is what the client says: compare it with a list before you trust it.
    #[must_use]
    pub fn host(&self) -> &'a str {
        self.authority.host
    }

    /// The port behind the host, if one was written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.authority.port
    }

    /// All header fields.
    #[must_use]
    pub fn headers(&self) -> Headers<'a> {
        self.headers
    }

    /// The page that asks, if a browser does (RFC 6455, section 10.2); nothing if there are several.
    #[must_use]
    pub fn origin(&self) -> Option<&'a str> {
        self.facts.origin.text()
    }

    /// The version of the WebSocket protocol that is asked for; 13 is the only one there is.
    #[must_use]
    pub fn version(&self) -> Option<&'a str> {
        self.facts.version.text()
    }

    /// The subprotocols offered, the one the client likes best first (RFC 6455, section 1.9).
    pub fn subprotocols(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        subprotocols(self.headers)
    }

    /// Whether the request asks for a WebSocket. It may still do so wrongly, and is then refused.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.facts.upgrade == Listed::Yes
    }

    /// The address of the peer, if its socket has one.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The address of this end, if its socket has one.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local
    }

    /// The same request with the addresses of the socket it came from.
    pub(crate) fn with_addresses(self, peer: Option<SocketAddr>, local: Option<SocketAddr>) -> Self {
        Self { peer, local, ..self }
    }

    pub(super) fn facts(&self) -> &Facts<'a> {
        &self.facts
    }

    pub(super) fn authority(&self) -> Authority<'a> {
        self.authority
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &self.headers)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// The subprotocols named in `headers`: of all its fields, those that are tokens.
pub(super) fn subprotocols(headers: Headers<'_>) -> impl Iterator<Item = &str> {
    headers.values_bytes("Sec-WebSocket-Protocol").flat_map(token::elements).filter_map(token::token)
}

/// Reads a whole head, as [`HeadScan`] found it.
pub(crate) fn parse<'a>(head: &'a [u8], limits: &HeadLimits) -> Result<Request<'a>, Refusal> {
    if HeadScan::default().find(head, limits.bytes)? != Some(head.len()) {
        return Err(Refusal::Malformed(Malformation::RequestLine));
    }
    let mut slots = [const { MaybeUninit::uninit() }; HeadLimits::MOST_HEADERS];
    let slots = slots.get_mut(..limits.headers.min(HeadLimits::MOST_HEADERS)).unwrap_or_default();
    let mut parsed = httparse::Request::new(&mut []);
    let outcome = parsed.parse_with_uninit_headers(head, slots);
    let complete = outcome.map_err(|fault| refusal_of(fault, head))?.is_complete();
    let (true, Some(method), Some(target), Some(version)) =
        (complete, parsed.method, parsed.path, parsed.version)
    else {
        return Err(Refusal::Malformed(Malformation::RequestLine));
    };
    if version != 1 {
        return Err(Refusal::OldVersion);
    }
    let method = method_of(method)?;
    let parts = Target::parse(target).ok_or(Refusal::Malformed(Malformation::Target))?;
    let mut facts = Facts::default();
    parsed.headers.iter().for_each(|field| facts.note(field.name, field.value));
    let authority = authority_of(&parts, &facts)?;
    let headers = Headers::of_head(head);
    Ok(Request { method, target, parts, authority, headers, facts, peer: None, local: None })
}

fn method_of(method: &str) -> Result<Method, Refusal> {
    match method {
        "GET" => Ok(Method::Get),
        "HEAD" => Ok(Method::Head),
        _ => Err(Refusal::Method),
    }
}

/// One well-formed Host is demanded even where the target outranks it (RFC 9112, sections 3.2 and 3.2.2).
fn authority_of<'a>(target: &Target<'a>, facts: &Facts<'a>) -> Result<Authority<'a>, Refusal> {
    let named = match facts.host {
        Single::Absent => return Err(Refusal::HostMissing),
        Single::Repeated => return Err(Refusal::HostRepeated),
        Single::Once(_) => facts.host.text().and_then(Authority::parse).ok_or(Refusal::HostMalformed)?,
    };
    Ok(target.authority.unwrap_or(named))
}

fn refusal_of(fault: httparse::Error, head: &[u8]) -> Refusal {
    match fault {
        httparse::Error::TooManyHeaders => Refusal::TooManyHeaders,
        httparse::Error::HeaderName => Refusal::Malformed(Malformation::HeaderName),
        httparse::Error::HeaderValue => Refusal::Malformed(Malformation::HeaderValue),
        httparse::Error::Version if names_a_version(head) => Refusal::UnknownVersion,
        _ => Refusal::Malformed(Malformation::RequestLine),
    }
}

/// Whether the first line is three words of which the last is a version of HTTP (RFC 9112, sections 2.3 and 3).
fn names_a_version(head: &[u8]) -> bool {
    let line = head.trim_ascii_start().split(|&byte| byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(_method), Some(_target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    let digits = version.strip_prefix(b"HTTP/");
    matches!(digits, Some([major, b'.', minor]) if major.is_ascii_digit() && minor.is_ascii_digit())
}
