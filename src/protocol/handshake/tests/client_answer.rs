//! Which answers a client believes (RFC 6455, section 4.1).

use super::super::client::verify;
use super::super::key::Key;
use super::super::{HandshakeError, HeadFault, HeadLimits, Rejection};
use super::{ANSWER, SAMPLE_NONCE, changed, client_request, head, judge};

fn fault(head: &[u8]) -> HandshakeError {
    let sent = client_request().subprotocol("chat").expect("valid");
    judge(head, &sent).expect_err("not believed")
}

fn rejection(head: &[u8]) -> Rejection {
    match fault(head) {
        HandshakeError::Rejected(rejection) => *rejection,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_sample_answer_is_believed_rfc_6455_section_1_3() {
    let bytes = changed(&ANSWER, "", &["Server: x"]);
    let established = judge(&bytes, &client_request()).expect("believed");
    assert_eq!(established.subprotocol, None);
    assert_eq!(established.headers.value("server"), Some("x"));
}

#[test]
fn the_answer_is_read_in_any_case_and_with_any_reason() {
    let lines = [
        "HTTP/1.1 101 ",
        "upgrade: WEBSOCKET",
        "CONNECTION: keep-alive, upgrade",
        "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ];
    assert!(judge(&head(&lines), &client_request()).is_ok());
    let lines = [&["HTTP/1.1 101"], &ANSWER[1..]].concat();
    assert!(judge(&head(&lines), &client_request()).is_ok(), "no reason and no space before it");
}

#[test]
fn a_wrong_missing_or_doubled_accept_is_not_believed_rfc_6455_section_4_1_item_4() {
    let with = |lines: &[&'static str]| fault(&changed(&ANSWER, "Sec-WebSocket-Accept", lines));
    let right = ANSWER[3];
    assert_eq!(with(&[]), HandshakeError::AcceptMissing);
    assert_eq!(with(&[right, right]), HandshakeError::AcceptRepeated);
    let wrong = [
        "Sec-WebSocket-Accept:",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=",
        "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
        "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, x",
    ];
    for line in wrong {
        assert_eq!(with(&[line]), HandshakeError::AcceptWrong, "{line}");
    }
}

#[test]
fn missing_upgrade_or_connection_is_not_believed_rfc_6455_section_4_1_items_2_and_3() {
    assert_eq!(fault(&changed(&ANSWER, "Upgrade", &[])), HandshakeError::UpgradeMissing);
    assert_eq!(fault(&changed(&ANSWER, "Upgrade", &["Upgrade: h2c"])), HandshakeError::UpgradeMissing);
    assert_eq!(fault(&changed(&ANSWER, "Connection", &[])), HandshakeError::ConnectionMissing);
    assert_eq!(
        fault(&changed(&ANSWER, "Connection", &["Connection: close"])),
        HandshakeError::ConnectionMissing
    );
}

#[test]
fn an_extension_that_was_not_offered_is_not_believed_rfc_6455_section_4_1_item_5() {
    let used = fault(&changed(&ANSWER, "", &["Sec-WebSocket-Extensions: permessage-deflate; a=1"]));
    assert_eq!(used, HandshakeError::ExtensionNotOffered("permessage-deflate".to_owned()));
    let malformed = fault(&changed(&ANSWER, "", &["Sec-WebSocket-Extensions: ;"]));
    assert_eq!(malformed, HandshakeError::ExtensionsMalformed);
}

#[test]
fn only_one_subprotocol_that_was_offered_is_believed_rfc_6455_section_4_1_item_6() {
    let sent = client_request().subprotocol("chat").and_then(|one| one.subprotocol("other")).expect("valid");
    let bytes = changed(&ANSWER, "", &["Sec-WebSocket-Protocol: other"]);
    assert_eq!(judge(&bytes, &sent).map(|established| established.subprotocol), Ok(Some("other")));
    assert_eq!(judge(&head(&ANSWER), &sent).map(|established| established.subprotocol), Ok(None));
    for name in ["Chat", "third", "", "chat, other"] {
        let bytes = head(&[&ANSWER[..], &[&format!("Sec-WebSocket-Protocol: {name}")]].concat());
        let expected = Err(HandshakeError::SubprotocolNotOffered(name.to_owned()));
        assert_eq!(judge(&bytes, &sent).map(|_| ()), expected, "{name}");
    }
    let twice = changed(&ANSWER, "", &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"]);
    assert_eq!(fault(&twice), HandshakeError::SubprotocolRepeated);
    let bytes = changed(&ANSWER, "", &["Sec-WebSocket-Protocol: chat"]);
    let unasked = judge(&bytes, &client_request()).map(|_| ());
    assert_eq!(unasked, Err(HandshakeError::SubprotocolNotOffered("chat".to_owned())));
}

#[test]
fn another_status_is_delivered_with_its_headers_rfc_6455_section_4_1_item_1() {
    for status in [200, 100, 302, 401, 404, 426, 503, 999] {
        let bytes = head(&[&format!("HTTP/1.1 {status} Whatever"), "Location: /x", "Set-Cookie: a"]);
        let rejection = rejection(&bytes);
        assert_eq!(rejection.status(), status);
        assert_eq!(rejection.headers().value("location"), Some("/x"));
        assert!(rejection.body().is_empty());
    }
    let old = rejection(&head(&["HTTP/1.0 503 Busy"]));
    assert_eq!(old.status(), 503, "an old server may refuse");
}

#[test]
fn a_status_of_101_beside_everything_else_right_is_what_opens() {
    let bytes = changed(&ANSWER, "HTTP", &[]);
    let bytes = [b"HTTP/1.1 200 OK\r\n".as_slice(), &bytes].concat();
    assert_eq!(rejection(&bytes).status(), 200);
}

#[test]
fn the_body_of_a_rejection_is_kept_up_to_its_length_and_the_limit() {
    let mut rejection = rejection(&head(&["HTTP/1.1 403 No", "Content-Length: 5"]));
    assert_eq!((rejection.awaited(100), rejection.awaited(3)), (5, 3));
    rejection.push_body(b"go", 100);
    assert_eq!(rejection.awaited(100), 3);
    rejection.push_body(b" away", 100);
    assert_eq!((rejection.body(), rejection.awaited(100)), (b"go aw".as_slice(), 0));
    rejection.push_body(b"more", 100);
    assert_eq!(rejection.body(), b"go aw");
}

#[test]
fn the_body_of_a_rejection_without_a_length_is_bounded_by_the_limit_alone() {
    for length in ["X: y", "Content-Length: 99999999999999999999", "Content-Length: x"] {
        let mut rejection = rejection(&head(&["HTTP/1.1 500 Oh", length]));
        assert_eq!(rejection.awaited(8), 8);
        rejection.push_body(b"a body that goes on", 8);
        assert_eq!((rejection.body(), rejection.awaited(8)), (b"a body t".as_slice(), 0));
    }
}

#[test]
fn a_status_without_a_body_awaits_none_rfc_9112_section_6_3() {
    for line in ["HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.1 103 Early Hints"] {
        assert_eq!(rejection(&head(&[line, "Content-Length: 7"])).awaited(100), 0, "{line}");
    }
}

#[test]
fn a_head_that_is_no_http_1_1_response_is_malformed_rfc_9112_section_4() {
    let lines = [
        "HTTP/1.0 101 Switching Protocols",
        "HTTP/2.0 101 Switching Protocols",
        "HTTP/1.1 0101 X",
        "HTTP/1.1 10 X",
        "HTTP/1.1 1x1 X",
        "HTTP/1.1  101 X",
        "http/1.1 101 X",
        "HTTP/1.1 +101 X",
        "HTTP/1.1",
        "101 X",
        "SSH-2.0-x",
        "",
        " HTTP/1.1 101 X",
        "GET / HTTP/1.1",
        "HTTP/1.1\t101 X",
    ];
    for line in lines {
        let bytes = head(&[&[line], &ANSWER[1..]].concat());
        assert_eq!(fault(&bytes), HandshakeError::Malformed, "{line:?}");
    }
}

#[test]
fn the_fields_of_a_response_are_read_as_strictly_as_those_of_a_request_rfc_9112_section_5() {
    for line in [
        " folded",
        "\tfolded",
        "X : y",
        ": y",
        "X",
        "X: a\rb",
        "X: a\nb",
        "X: a\0b",
        "X: a\u{7f}b",
        "X\u{e4}: y",
    ] {
        assert_eq!(fault(&changed(&ANSWER, "", &[line])), HandshakeError::Malformed, "{line:?}");
    }
    let bare = String::from_utf8(head(&ANSWER)).expect("text").replace("\r\n", "\n");
    assert_eq!(fault(bare.as_bytes()), HandshakeError::Malformed);
    let preceded = [b"\r\n".as_slice(), &head(&ANSWER)].concat();
    assert_eq!(fault(&preceded), HandshakeError::Malformed);
}

#[test]
fn limits_hold_for_a_response_at_and_over() {
    let sent = client_request();
    let bytes = head(&ANSWER);
    let with = |length, headers| {
        let limits = HeadLimits { bytes: length, headers };
        verify(&bytes, &sent, &Key::from_nonce(SAMPLE_NONCE), &limits).map(|_| ())
    };
    assert_eq!(with(bytes.len(), 3), Ok(()));
    assert_eq!(with(bytes.len() - 1, 3), Err(HandshakeError::HeadTooLarge));
    assert_eq!(with(5, 3), Err(HandshakeError::HeadTooLarge));
    assert_eq!(with(bytes.len(), 2), Err(HandshakeError::TooManyHeaders));
    assert_eq!(HandshakeError::from(HeadFault::LineTooLong), HandshakeError::HeadTooLarge);
    let many = [&ANSWER[..], &["X: y"; 98]].concat();
    assert_eq!(fault(&head(&many)), HandshakeError::TooManyHeaders);
}

#[test]
fn a_length_beside_101_means_nothing_what_follows_are_frames_rfc_9112_section_6_3() {
    let bytes = changed(&ANSWER, "", &["Content-Length: 7"]);
    assert!(judge(&bytes, &client_request()).is_ok());
}
