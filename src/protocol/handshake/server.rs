//! The server's side: whether a request opens a WebSocket (RFC 6455, section 4.2.1), and the answer to it.

use core::{error, fmt};

use super::facts::{Body, Listed, Single, Syntax};
use super::fields::Headers;
use super::header_list::{HeaderList, write_field};
use super::key::{AcceptKey, Key};
use super::refusal::Refusal;
use super::request::{self, Method, Request};

/// A request that may be answered with 101: nothing about it is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upgrade<'a> {
    accept: AcceptKey,
    headers: Headers<'a>,
}

/// A subprotocol was chosen that the client did not offer (RFC 6455, section 4.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnofferedSubprotocol(pub String);

impl fmt::Display for UnofferedSubprotocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the client did not offer the subprotocol {:?}", self.0)
    }
}

impl error::Error for UnofferedSubprotocol {}

impl<'a> Upgrade<'a> {
    /// The header fields of the request, for the negotiation of extensions.
    #[allow(dead_code)] // There is no extension to negotiate yet.
    pub(crate) fn headers(&self) -> Headers<'a> {
        self.headers
    }

    fn offers(&self, subprotocol: &str) -> bool {
        request::subprotocols(self.headers).any(|offered| offered == subprotocol)
    }
}

/// Checks all that a request for a WebSocket must be, beyond being a request.
pub(crate) fn upgrade<'a>(request: &Request<'a>) -> Result<Upgrade<'a>, Refusal> {
    let facts = request.facts();
    if facts.upgrade == Listed::No {
        return Err(Refusal::UpgradeMissing);
    }
    if request.method() != Method::Get {
        return Err(Refusal::UpgradeByHead);
    }
    if facts.connection == Listed::No {
        return Err(Refusal::ConnectionMissing);
    }
    if facts.version != Single::Once(b"13") {
        return Err(Refusal::WebSocketVersion);
    }
    if facts.body == Body::Announced {
        return Err(Refusal::Body);
    }
    if facts.extensions == Syntax::Malformed {
        return Err(Refusal::ExtensionsMalformed);
    }
    if facts.subprotocols == Syntax::Malformed {
        return Err(Refusal::SubprotocolsMalformed);
    }
    Ok(Upgrade { accept: key_of(facts.key)?.accept(), headers: request.headers() })
}

fn key_of(field: Single<'_>) -> Result<Key, Refusal> {
    match field {
        Single::Absent => Err(Refusal::KeyMissing),
        Single::Repeated => Err(Refusal::KeyRepeated),
        Single::Once(value) => Key::parse(value).ok_or(Refusal::KeyMalformed),
    }
}

/// Appends the answer that opens the WebSocket (RFC 6455, section 4.2.2), or nothing if it would be wrong.
///
/// No extension is accepted yet: all are declined by not being named.
pub(crate) fn accept(
    out: &mut Vec<u8>,
    upgrade: &Upgrade<'_>,
    subprotocol: Option<&str>,
    extra: &HeaderList,
) -> Result<(), UnofferedSubprotocol> {
    if let Some(unknown) = subprotocol.filter(|chosen| !upgrade.offers(chosen)) {
        return Err(UnofferedSubprotocol(unknown.to_owned()));
    }
    out.extend_from_slice(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
    );
    write_field(out, "Sec-WebSocket-Accept", upgrade.accept.as_bytes());
    if let Some(chosen) = subprotocol {
        write_field(out, "Sec-WebSocket-Protocol", chosen.as_bytes());
    }
    out.extend_from_slice(extra.headers().block());
    out.extend_from_slice(b"\r\n");
    Ok(())
}
