//! The request for a WebSocket and the answer to it (RFC 6455, section 4.2).

use super::super::server::accept;
use super::super::{HeaderList, Refusal, UnofferedSubprotocol};
use super::{ANSWER, OPENING, agreement, answer_to, changed, head, serve};

fn refusal(head: &[u8]) -> Refusal {
    serve(head).expect_err("refused")
}

#[test]
fn the_sample_request_is_answered_with_the_sample_answer_rfc_6455_section_1_3() {
    let expected = format!("{}\r\n\r\n", ANSWER.join("\r\n"));
    assert_eq!(agreement(&head(&OPENING), None, &HeaderList::new()), expected);
}

#[test]
fn the_handshake_of_rfc_6455_section_1_2_is_answered_as_it_says() {
    let bytes = head(&[
        "GET /chat HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Origin: http://example.com",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Version: 13",
    ]);
    let expected = format!("{}\r\nSec-WebSocket-Protocol: chat\r\n\r\n", ANSWER.join("\r\n"));
    assert_eq!(agreement(&bytes, Some("chat"), &HeaderList::new()), expected);
}

#[test]
fn tokens_are_found_in_any_case_and_within_lists_rfc_6455_section_4_2_1() {
    for upgrade in ["Upgrade: WebSocket", "UPGRADE: h2c, WEBSOCKET", "upgrade:websocket,foo/1"] {
        assert!(serve(&changed(&OPENING, "Upgrade", &[upgrade])).is_ok(), "{upgrade}");
    }
    for connection in ["Connection: keep-alive, Upgrade", "connection:UPGRADE", "Connection: ,upgrade,"] {
        assert!(serve(&changed(&OPENING, "Connection", &[connection])).is_ok(), "{connection}");
    }
    let spread = ["Connection: keep-alive", "Connection: Upgrade", "Connection: x"];
    assert!(serve(&changed(&OPENING, "Connection", &spread)).is_ok());
}

#[test]
fn no_upgrade_token_is_426_with_upgrade_rfc_9110_section_15_5_22() {
    for lines in
        [&[][..], &["Upgrade: h2c"], &["Upgrade: websockets"], &["Upgrade: web socket"], &["Upgrade:"]]
    {
        assert_eq!(refusal(&changed(&OPENING, "Upgrade", lines)), Refusal::UpgradeMissing, "{lines:?}");
    }
    let answer = answer_to(Refusal::UpgradeMissing);
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(answer.contains("\r\nUpgrade: websocket\r\n"), "{answer}");
    assert!(answer.contains("\r\nConnection: Upgrade, close\r\n"), "{answer}");
}

#[test]
fn no_connection_token_is_400_rfc_6455_section_4_2_1() {
    for lines in
        [&[][..], &["Connection: keep-alive"], &["Connection: upgrades"], &["Connection: \"upgrade\""]]
    {
        assert_eq!(refusal(&changed(&OPENING, "Connection", lines)), Refusal::ConnectionMissing, "{lines:?}");
    }
    assert_eq!(Refusal::ConnectionMissing.status().code(), 400);
}

#[test]
fn another_version_is_426_with_the_right_one_rfc_6455_section_4_4() {
    let table = [
        &[][..],
        &["Sec-WebSocket-Version: 8"],
        &["Sec-WebSocket-Version: 14"],
        &["Sec-WebSocket-Version: 013"],
        &["Sec-WebSocket-Version: 13, 8"],
        &["Sec-WebSocket-Version: +13"],
        &["Sec-WebSocket-Version:"],
        &["Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13"],
    ];
    for lines in table {
        let bytes = changed(&OPENING, "Sec-WebSocket-Version", lines);
        assert_eq!(refusal(&bytes), Refusal::WebSocketVersion, "{lines:?}");
    }
    let answer = answer_to(Refusal::WebSocketVersion);
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(answer.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{answer}");
}

#[test]
fn a_key_that_is_missing_repeated_or_no_key_is_400_rfc_6455_section_4_2_1() {
    let sample = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let with = |lines: &[&'static str]| refusal(&changed(&OPENING, "Sec-WebSocket-Key", lines));
    assert_eq!(with(&[]), Refusal::KeyMissing);
    assert_eq!(with(&[sample, sample]), Refusal::KeyRepeated);
    for key in
        ["Sec-WebSocket-Key:", "Sec-WebSocket-Key: c2hvcnQ=", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR=="]
    {
        assert_eq!(with(&[key]), Refusal::KeyMalformed, "{key}");
    }
    for fault in [Refusal::KeyMissing, Refusal::KeyRepeated, Refusal::KeyMalformed] {
        assert_eq!(fault.status().code(), 400);
    }
}

#[test]
fn a_body_that_is_announced_is_400() {
    let bodies = [
        "Content-Length: 1",
        "Content-Length: x",
        "Content-Length: -0",
        "Content-Length:",
        "Content-Length: 0, 5",
        "Transfer-Encoding: chunked",
        "transfer-encoding: identity",
        "Transfer-Encoding:",
    ];
    for body in bodies {
        assert_eq!(refusal(&changed(&OPENING, "", &[body])), Refusal::Body, "{body}");
    }
    assert_eq!(refusal(&changed(&OPENING, "", &["Content-Length: 0", "Content-Length: 3"])), Refusal::Body);
    assert_eq!(Refusal::Body.status().code(), 400);
    for none in ["Content-Length: 0", "Content-Length: 00"] {
        assert!(serve(&changed(&OPENING, "", &[none])).is_ok(), "{none}");
    }
}

#[test]
fn a_websocket_is_not_opened_by_head_rfc_6455_section_4_2_1() {
    let bytes = changed(&OPENING, "GET", &[]);
    let bytes = [b"HEAD /chat HTTP/1.1\r\n".as_slice(), &bytes].concat();
    assert_eq!(refusal(&bytes), Refusal::UpgradeByHead);
    let answer = answer_to(Refusal::UpgradeByHead);
    assert!(
        answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n") && answer.contains("\r\nAllow: GET\r\n")
    );
}

#[test]
fn repeated_extensions_and_subprotocols_are_combined_rfc_6455_section_11_3() {
    let bytes = changed(
        &OPENING,
        "",
        &[
            "Sec-WebSocket-Protocol: chat, superchat",
            "Sec-WebSocket-Extensions: foo",
            "Sec-WebSocket-Protocol: other",
            "Sec-WebSocket-Extensions: bar; baz=2",
        ],
    );
    for name in ["chat", "superchat", "other"] {
        let text = agreement(&bytes, Some(name), &HeaderList::new());
        assert!(text.contains(&format!("\r\nSec-WebSocket-Protocol: {name}\r\n")), "{text}");
    }
}

#[test]
fn no_extension_is_accepted_that_is_not_spoken_rfc_6455_section_9_1() {
    let bytes =
        changed(&OPENING, "", &["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]);
    let text = agreement(&bytes, None, &HeaderList::new());
    assert!(!text.to_ascii_lowercase().contains("extensions"), "{text}");
}

#[test]
fn malformed_extensions_and_subprotocols_are_400() {
    for line in [
        "Sec-WebSocket-Extensions: a;",
        "Sec-WebSocket-Extensions: a b",
        "Sec-WebSocket-Extensions: a; b=\"1",
    ] {
        assert_eq!(
            refusal(&changed(&OPENING, "", &["Sec-WebSocket-Extensions: ok", line])),
            Refusal::ExtensionsMalformed
        );
    }
    for line in
        ["Sec-WebSocket-Protocol: a b", "Sec-WebSocket-Protocol: ok, \"a\"", "Sec-WebSocket-Protocol: a/b"]
    {
        assert_eq!(refusal(&changed(&OPENING, "", &[line])), Refusal::SubprotocolsMalformed);
    }
    assert_eq!(Refusal::ExtensionsMalformed.status().code(), 400);
    assert_eq!(Refusal::SubprotocolsMalformed.status().code(), 400);
}

#[test]
fn a_subprotocol_that_was_not_offered_is_an_error_and_nothing_is_written_rfc_6455_section_4_2_2() {
    let bytes = changed(&OPENING, "", &["Sec-WebSocket-Protocol: chat"]);
    let upgrade = serve(&bytes).expect("a right request");
    for name in ["Chat", "other", "", "chat, chat", "chat\r\nX: y"] {
        let mut out = Vec::new();
        let outcome = accept(&mut out, &upgrade, Some(name), &HeaderList::new());
        assert_eq!(outcome, Err(UnofferedSubprotocol(name.to_owned())));
        assert!(out.is_empty());
    }
}

#[test]
fn headers_of_the_user_go_with_the_answer() {
    let mut extra = HeaderList::new();
    extra.append("Set-Cookie", "room=blue").expect("valid");
    let text = agreement(&head(&OPENING), None, &extra);
    assert!(text.ends_with("\r\nSet-Cookie: room=blue\r\n\r\n"), "{text}");
    assert_eq!(text.matches("\r\n\r\n").count(), 1);
}

#[test]
fn an_origin_or_a_host_that_is_not_allowed_has_its_status_rfc_6455_section_4_2_2() {
    assert_eq!(Refusal::OriginNotAllowed.status().code(), 403);
    assert_eq!(Refusal::HostNotAllowed.status().code(), 421);
    assert_eq!(Refusal::Timeout.status().code(), 408);
}

#[test]
fn every_refusal_is_text_that_ends_the_connection() {
    for refusal in [Refusal::HostMissing, Refusal::Method, Refusal::WebSocketVersion, Refusal::TooManyHeaders]
    {
        let answer = answer_to(refusal);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert_eq!(body, refusal.to_string());
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
        assert!(head.contains("Content-Type: text/plain; charset=utf-8") && head.contains("close"), "{head}");
    }
}
