//! What a client sends (RFC 6455, section 4.1).

use super::super::key::Key;
use super::super::{ClientRequest, InvalidHeader, InvalidRequest};
use super::{SAMPLE_NONCE, client_request};

fn written(request: &ClientRequest) -> String {
    let mut out = Vec::new();
    request.write(&mut out, &Key::from_nonce(SAMPLE_NONCE));
    String::from_utf8(out).expect("text")
}

#[test]
fn a_request_is_written_as_rfc_6455_section_4_1_says() {
    let request = ClientRequest::new("server.example.com", Some(8080), "/chat").expect("valid");
    let request =
        request.subprotocol("chat").and_then(|request| request.subprotocol("superchat")).expect("valid");
    let request = request.origin("http://a").and_then(|request| request.origin("http://b")).expect("valid");
    let request = request.header("Authorization", "Bearer x").expect("valid");
    assert_eq!(
        written(&request),
        "GET /chat HTTP/1.1\r\nHost: server.example.com:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: chat, superchat\r\nOrigin: http://b\r\nAuthorization: Bearer x\r\n\r\n"
    );
}

#[test]
fn a_default_port_is_not_written_rfc_6455_section_4_1() {
    assert!(written(&client_request()).contains("\r\nHost: server.example.com\r\n"));
    let v6 = ClientRequest::new("[::1]", Some(9001), "/").expect("valid");
    assert!(written(&v6).contains("\r\nHost: [::1]:9001\r\n"));
}

#[test]
fn a_host_or_target_that_could_change_the_request_is_refused_cve_2026_1527() {
    for host in ["", "a\r\nX: y", "a b", "a:80", "a/b", "user@a", "::1", "\u{e4}", "a\0", "a\n"] {
        assert_eq!(
            ClientRequest::new(host, None, "/"),
            Err(InvalidRequest::Host(host.to_owned())),
            "{host:?}"
        );
    }
    for target in ["", "*", "a", "http://a/", "/a b", "/\r\nX: y", "/\0", "/#a", "/\u{e4}", "?a", "/\n"] {
        let outcome = ClientRequest::new("a", None, target);
        assert_eq!(outcome, Err(InvalidRequest::Target(target.to_owned())), "{target:?}");
    }
}

#[test]
fn headers_that_are_malformed_or_the_handshakes_own_are_refused() {
    let refused = |name: &str, value: &str| client_request().header(name, value).expect_err("refused");
    assert!(matches!(refused("X", "a\r\nb"), InvalidRequest::Header(InvalidHeader::Value { .. })));
    assert!(matches!(refused("X:", "a"), InvalidRequest::Header(InvalidHeader::Name { .. })));
    for name in
        ["host", "Upgrade", "connection", "Sec-WebSocket-Key", "sec-websocket-version", "Content-Length"]
    {
        assert!(
            matches!(refused(name, "a"), InvalidRequest::Header(InvalidHeader::Reserved { .. })),
            "{name}"
        );
    }
    assert!(client_request().origin("a\r\nb").is_err());
}

#[test]
fn subprotocols_are_tokens_and_no_two_are_the_same_rfc_6455_section_4_1() {
    for name in ["", "a b", "a,b", "a\r\n", "\u{e4}", "a/b"] {
        let outcome = client_request().subprotocol(name);
        assert_eq!(outcome, Err(InvalidRequest::Subprotocol(name.to_owned())), "{name:?}");
    }
    let twice = client_request().subprotocol("a").and_then(|request| request.subprotocol("a"));
    assert_eq!(twice, Err(InvalidRequest::SubprotocolRepeated("a".to_owned())));
}
