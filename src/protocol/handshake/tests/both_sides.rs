//! The client's request before the server's parser, and the server's answer before the client.

use super::super::client::verify;
use super::super::key::Key;
use super::super::request::parse;
use super::super::server::{accept, upgrade};
use super::super::{ClientRequest, HandshakeError, HeadLimits, HeadScan, HeaderList, InvalidRequest};

const LIMITS: HeadLimits = HeadLimits { bytes: 4096, headers: 20 };

fn request() -> Result<ClientRequest, InvalidRequest> {
    ClientRequest::new("[2001:db8::1]", Some(8443), "/a/b?c=d&e")?
        .subprotocol("v1.chat")?
        .subprotocol("v2.chat")?
        .origin("https://a.example")?
        .header("Cookie", "a=b; c=d")
}

fn head_of(key: &Key) -> Vec<u8> {
    let mut out = Vec::new();
    request().expect("valid").write(&mut out, key);
    out
}

#[test]
fn the_server_reads_what_the_client_meant() {
    let head = head_of(&Key::from_nonce([7; 16]));
    assert_eq!(HeadScan::default().find(&head, LIMITS.bytes), Ok(Some(head.len())));
    let read = parse(&head, &LIMITS).expect("a right request");
    assert_eq!((read.host(), read.port()), ("[2001:db8::1]", Some(8443)));
    assert_eq!((read.path(), read.query()), ("/a/b", Some("c=d&e")));
    assert_eq!(read.subprotocols().collect::<Vec<_>>(), ["v1.chat", "v2.chat"]);
    assert_eq!(read.origin(), Some("https://a.example"));
    assert_eq!(read.headers().value("cookie"), Some("a=b; c=d"));
    assert!(upgrade(&read).is_ok());
}

#[test]
fn the_client_believes_what_the_server_answers_and_only_to_its_own_key() {
    let key = Key::from_nonce([7; 16]);
    let head = head_of(&key);
    let asked = upgrade(&parse(&head, &LIMITS).expect("a right request")).expect("an upgrade");
    let mut extra = HeaderList::new();
    extra.append("Server", "ws-reactor").expect("valid");
    let mut answer = Vec::new();
    accept(&mut answer, &asked, Some("v2.chat"), &extra).expect("offered");

    let sent = request().expect("valid");
    assert_eq!(HeadScan::default().find(&answer, LIMITS.bytes), Ok(Some(answer.len())));
    let established = verify(&answer, &sent, &key, &LIMITS).expect("believed");
    assert_eq!(established.subprotocol, Some("v2.chat"));
    assert_eq!(established.headers.value("server"), Some("ws-reactor"));
    let other = verify(&answer, &sent, &Key::from_nonce([8; 16]), &LIMITS);
    assert_eq!(other.map(|_| ()), Err(HandshakeError::AcceptWrong));
}
