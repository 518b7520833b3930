//! The opening handshake of both sides (RFC 6455, section 4). What this code writes, another parser must read.

use crate::protocol::handshake::client::verify;
use crate::protocol::handshake::extensions::offers;
use crate::protocol::handshake::key::Key;
use crate::protocol::handshake::request::parse;
use crate::protocol::handshake::server::{Upgrade, accept, upgrade};
use crate::protocol::handshake::{
    ClientRequest, HandshakeError, HeadLimits, HeadScan, HeaderList, Method, Origins, Refusal, Request,
    Response,
};

/// Its key and its answer are those of RFC 6455, section 1.3.
const OPENING: &str = "GET /chat?room=blue HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nOrigin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const NONCE: [u8; 16] = *b"the sample nonce";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Bytes of a body that a client keeps.
const BODY: usize = 64;

/// Reads a request, and answers it.
pub(crate) fn request(bytes: &[u8]) {
    let Some(head) = head_of(bytes) else {
        return;
    };
    match parse(head, &HeadLimits::default()) {
        Ok(request) => answer(&request),
        Err(refusal) => refuse(refusal),
    }
}

/// The head at the start of the bytes, if there is one: it is found the same however it is cut.
fn head_of(bytes: &[u8]) -> Option<&[u8]> {
    let limit = HeadLimits::default().bytes;
    let whole = HeadScan::default().find(bytes, limit);
    let mut scan = HeadScan::default();
    let mut pieces = (0..=bytes.len()).map(|length| scan.find(&bytes[..length], limit));
    assert_eq!(pieces.find(|found| *found != Ok(None)).unwrap_or(Ok(None)), whole);
    whole.ok().flatten().map(|length| &bytes[..length])
}

fn answer(request: &Request<'_>) {
    assert!(request.path().starts_with('/'));
    assert!(!request.host().is_empty());
    assert!(request.headers().iter().count() <= HeadLimits::MOST_HEADERS);
    assert!(!format!("{request:?}").contains('\n'));
    assert!(Origins::Any.allows(request));
    let is_allowed = Origins::SameHost.allows(request);
    assert!(is_allowed || request.headers().value_bytes("Origin").is_some());
    match upgrade(request) {
        Ok(upgrade) => agree(request, &upgrade),
        Err(refusal) => refuse(refusal),
    }
}

/// An agreement is one that this library's client believes as well.
fn agree(request: &Request<'_>, upgrade: &Upgrade<'_>) {
    let chosen = request.subprotocols().next();
    let mut out = Vec::new();
    accept(&mut out, upgrade, chosen, &HeaderList::new()).expect("an offered subprotocol");
    assert_eq!(parsed(&out), (101, out.len()));
    let key = request.headers().value_bytes("Sec-WebSocket-Key").and_then(Key::parse);
    let sent = ClientRequest::new("a", None, "/").expect("a right request");
    let sent = match chosen {
        Some(name) => sent.subprotocol(name).expect("a token"),
        None => sent,
    };
    let established = verify(&out, &sent, &key.expect("a key"), &HeadLimits::default());
    assert_eq!(established.expect("a right answer").subprotocol, chosen);
}

fn refuse(refusal: Refusal) {
    let mut out = Vec::new();
    Response::from(refusal).write(&mut out, Method::Get);
    let (status, _) = parsed(&out);
    assert!((400..600).contains(&status), "{refusal:?} is answered with {status}");
}

/// The status and the length of the head of a response, as another parser reads it.
fn parsed(response: &[u8]) -> (u16, usize) {
    let mut fields = [httparse::EMPTY_HEADER; 200];
    let mut parsed = httparse::Response::new(&mut fields);
    let length = parsed.parse(response).expect("a response").unwrap();
    (parsed.code.expect("a status"), length)
}

/// Judges a response to a request that offered the subprotocol chat.
pub(crate) fn response(bytes: &[u8]) {
    let Some(head) = head_of(bytes) else {
        return;
    };
    let sent =
        ClientRequest::new("server.example.com", None, "/chat").and_then(|sent| sent.subprotocol("chat"));
    let sent = sent.expect("a right request");
    match verify(head, &sent, &Key::from_nonce(NONCE), &HeadLimits::default()) {
        Ok(established) => {
            assert!(established.subprotocol.is_none_or(|chosen| chosen == "chat"));
            assert_eq!(established.headers.value("Sec-WebSocket-Accept"), Some(ACCEPT));
            assert_eq!(parsed(head), (101, head.len()));
        }
        Err(HandshakeError::Rejected(mut rejection)) => {
            assert_ne!(rejection.status(), 101);
            rejection.push_body(&bytes[head.len()..], BODY);
            assert!(rejection.body().len() <= BODY);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Extensions that are read are read the same when they are written plainly.
pub(crate) fn extensions(value: &[u8]) {
    let Some(read) = read_extensions(value) else {
        return;
    };
    let plain: Vec<String> = read.iter().map(|words| words.join(";")).collect();
    assert_eq!(read_extensions(plain.join(",").as_bytes()), Some(read), "{plain:?}");
}

/// The name and the parameters of every extension; `None` if the value belongs into no request.
fn read_extensions(value: &[u8]) -> Option<Vec<Vec<String>>> {
    let head = [b"GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Extensions: ", value, b"\r\n\r\n"].concat();
    let request = parse(&head, &HeadLimits::default()).ok()?;
    let offers: Result<Vec<_>, _> = offers(request.headers()).collect();
    let words = |offer: &crate::protocol::handshake::extensions::Offer<'_>| {
        let parameters = offer.parameters().map(|one| match one.value {
            Some(value) => format!("{}={value}", one.name),
            None => one.name.to_owned(),
        });
        [offer.name.to_owned()].into_iter().chain(parameters).collect()
    };
    Some(offers.ok()?.iter().map(words).collect())
}

pub(crate) fn request_seeds() -> Vec<Vec<u8>> {
    let changed = |old: &str, new: &str| OPENING.replace(old, new).into_bytes();
    vec![
        OPENING.into(),
        [OPENING.as_bytes(), b"\x81\x80\0\0\0\0"].concat(),
        changed("Host: server", "Host: [::1]:8080\r\nX: server"),
        changed("GET /chat?room=blue", "GET http://[::1]:80/a?b"),
        changed("GET", "HEAD"),
        changed("HTTP/1.1", "HTTP/1.0"),
        changed("chat, superchat", "chat\r\nSec-WebSocket-Protocol: ,superchat ,"),
        changed("Connection", "Content-Length: 0\r\nConnection"),
        changed("Connection", "Transfer-Encoding: chunked\r\nConnection"),
        changed("Connection", &"X: y\r\n".repeat(110)),
        changed("room=blue", &"x".repeat(17_000)),
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".into(),
    ]
}

pub(crate) fn response_seeds() -> Vec<Vec<u8>> {
    let agreed = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
    );
    let changed = |old: &str, new: &str| agreed.replace(old, new).into_bytes();
    vec![
        agreed.clone().into_bytes(),
        changed("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n\x01"),
        changed("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x; y=z\r\n\r\n"),
        changed("101 Switching", "302 Found\r\nLocation: /a\r\nContent-Length: 9\r\nX:"),
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nnothing here".into(),
        b"HTTP/1.0 200 OK\r\n\r\n<!DOCTYPE html>".into(),
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello".into(),
    ]
}

pub(crate) fn extension_seeds() -> Vec<Vec<u8>> {
    [
        "",
        "foo, bar; baz=2",
        "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=\"15\"",
        "a; b=\"1\\0\\\"\", c",
        " , a ,,\tb , ",
        "a\r\nSec-WebSocket-Extensions: b; c = d",
        "a; b=;c",
    ]
    .map(|value| value.as_bytes().to_vec())
    .to_vec()
}
