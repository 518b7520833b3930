//! Both handshakes as a whole, row by row of what they must survive.

mod arbitrary;
mod both_sides;
mod client_answer;
mod client_request;
mod server_head;
mod server_upgrade;
mod syntax;

use super::client::{Established, verify};
use super::key::Key;
use super::request::parse;
use super::server::{Upgrade, accept, upgrade};
use super::{ClientRequest, HandshakeError, HeadLimits, HeaderList, Method, Refusal, Request, Response};

/// The nonce behind the sample key of RFC 6455, section 1.3.
const SAMPLE_NONCE: [u8; 16] = *b"the sample nonce";

/// A right request for a WebSocket, line by line.
const OPENING: [&str; 6] = [
    "GET /chat?room=blue HTTP/1.1",
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

/// A right answer to it, line by line (RFC 6455, section 1.3).
const ANSWER: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

/// The lines as a head.
fn head(lines: &[&str]) -> Vec<u8> {
    format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes()
}

/// The lines without those that begin with `old`, and with `new` at the end.
fn changed(lines: &[&'static str], old: &str, new: &[&'static str]) -> Vec<u8> {
    let kept = lines.iter().filter(|line| old.is_empty() || !line.starts_with(old));
    head(&kept.chain(new).copied().collect::<Vec<_>>())
}

/// Reads a head as a server that opens a WebSocket wherever it is asked to.
fn serve(head: &[u8]) -> Result<Upgrade<'_>, Refusal> {
    upgrade(&parse(head, &HeadLimits::default())?)
}

/// Reads a head as a server that answers pages.
fn request(head: &[u8]) -> Result<Request<'_>, Refusal> {
    parse(head, &HeadLimits::default())
}

/// The answer to a refusal, as text.
fn answer_to(refusal: Refusal) -> String {
    let mut out = Vec::new();
    Response::from(refusal).write(&mut out, Method::Get);
    String::from_utf8(out).expect("text")
}

/// The answer of a server that agrees, as text.
fn agreement(head: &[u8], subprotocol: Option<&str>, extra: &HeaderList) -> String {
    let mut out = Vec::new();
    accept(&mut out, &serve(head).expect("a right request"), subprotocol, extra)
        .expect("an offered subprotocol");
    String::from_utf8(out).expect("text")
}

fn client_request() -> ClientRequest {
    ClientRequest::new("server.example.com", None, "/chat?room=blue").expect("valid")
}

/// Judges a head as the client that sent the sample key.
fn judge<'a>(head: &'a [u8], sent: &ClientRequest) -> Result<Established<'a>, HandshakeError> {
    verify(head, sent, &Key::from_nonce(SAMPLE_NONCE), &HeadLimits::default())
}
