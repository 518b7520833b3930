//! The head of a request: what `parse` takes and what it refuses (RFC 9112).

use super::super::request::parse;
use super::super::{HeadFault, HeadLimits, HeadScan, Malformation, Method, Refusal};
use super::{OPENING, answer_to, changed, head, request};

fn refusal(head: &[u8]) -> Refusal {
    request(head).expect_err("refused")
}

fn status(head: &[u8]) -> u16 {
    refusal(head).status().code()
}

#[test]
fn a_request_is_taken_apart() {
    let bytes =
        changed(&OPENING, "", &["Origin: http://example.com", "Sec-WebSocket-Protocol: chat, superchat"]);
    let request = request(&bytes).expect("a right request");
    assert_eq!(request.method(), Method::Get);
    assert_eq!(request.target(), "/chat?room=blue");
    assert_eq!((request.path(), request.query()), ("/chat", Some("room=blue")));
    assert_eq!((request.host(), request.port()), ("server.example.com", None));
    assert_eq!(request.origin(), Some("http://example.com"));
    assert_eq!(request.version(), Some("13"));
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["chat", "superchat"]);
    assert_eq!(request.headers().iter().count(), 7);
    assert!(request.is_upgrade());
    assert_eq!((request.peer_addr(), request.local_addr()), (None, None));
}

#[test]
fn a_request_keeps_the_addresses_it_is_given() {
    let (peer, local) = ("192.0.2.1:5000".parse().ok(), "[::1]:80".parse().ok());
    let bytes = head(&OPENING);
    let request = request(&bytes).expect("a right request").with_addresses(peer, local);
    assert_eq!((request.peer_addr(), request.local_addr()), (peer, local));
}

#[test]
fn a_plain_request_is_legal_with_get_and_with_head() {
    for (line, method) in [("GET / HTTP/1.1", Method::Get), ("HEAD / HTTP/1.1", Method::Head)] {
        let bytes = head(&[line, "Host: a"]);
        let request = request(&bytes).expect("a right request");
        assert_eq!(request.method(), method);
        assert!(!request.is_upgrade());
    }
}

#[test]
fn a_head_at_the_limit_is_taken_and_a_byte_more_is_431() {
    let padding = "x".repeat(HeadLimits::default().bytes - b"GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len());
    let at_limit = head(&["GET / HTTP/1.1", "Host: a", &format!("X: {padding}")]);
    assert_eq!(at_limit.len(), 16 * 1024);
    assert!(request(&at_limit).is_ok());
    let over = head(&["GET / HTTP/1.1", "Host: a", &format!("X: {padding}y")]);
    assert_eq!(status(&over), 431);
    let scanned = HeadScan::default().find(&over, HeadLimits::default().bytes);
    assert_eq!(scanned.map_err(Refusal::from), Err(Refusal::HeadTooLarge));
}

#[test]
fn a_request_line_over_the_limit_is_414() {
    let over = head(&[&format!("GET /{} HTTP/1.1", "x".repeat(16 * 1024)), "Host: a"]);
    assert_eq!(status(&over), 414);
    assert!(answer_to(refusal(&over)).starts_with("HTTP/1.1 414 URI Too Long\r\n"));
}

#[test]
fn a_hundred_headers_are_taken_and_one_more_is_431_cve_2024_37890() {
    let with = |count: usize| {
        let lines = ["GET / HTTP/1.1", "Host: a"].into_iter().chain(core::iter::repeat_n("X: y", count - 1));
        head(&lines.collect::<Vec<_>>())
    };
    assert_eq!(request(&with(100)).expect("at the limit").headers().iter().count(), 100);
    assert_eq!(refusal(&with(101)), Refusal::TooManyHeaders);
    assert_eq!(status(&with(101)), 431);
}

#[test]
fn a_lower_limit_of_headers_holds_and_a_higher_one_stays_at_a_hundred() {
    let three = head(&["GET / HTTP/1.1", "Host: a", "X: y", "X: z"]);
    let with = |headers| parse(&three, &HeadLimits { headers, ..HeadLimits::default() }).map(|_| ());
    assert_eq!(with(3), Ok(()));
    assert_eq!(with(2), Err(Refusal::TooManyHeaders));
    assert_eq!(with(0), Err(Refusal::TooManyHeaders));
    assert_eq!(with(usize::MAX), Ok(()));
}

#[test]
fn host_missing_twice_or_malformed_is_400_rfc_9112_section_3_2() {
    let line = "GET / HTTP/1.1";
    assert_eq!(refusal(&head(&[line])), Refusal::HostMissing);
    assert_eq!(refusal(&head(&[line, "Host: a", "host: a"])), Refusal::HostRepeated);
    for host in
        ["Host:", "Host: a b", "Host: a/b", "Host: user@a", "Host: a:x", "Host: a, b:1@", "Host: \u{e4}"]
    {
        assert_eq!(refusal(&head(&[line, host])), Refusal::HostMalformed, "{host}");
    }
    for fault in [Refusal::HostMissing, Refusal::HostRepeated, Refusal::HostMalformed] {
        assert_eq!(fault.status().code(), 400);
    }
}

#[test]
fn the_host_of_an_absolute_target_wins_and_host_must_still_be_right_rfc_9112_section_3_2_2() {
    let bytes = head(&["GET http://a.example:81/b?c HTTP/1.1", "Host: other.example"]);
    let absolute = request(&bytes).expect("a right request");
    assert_eq!((absolute.host(), absolute.port()), ("a.example", Some(81)));
    assert_eq!((absolute.path(), absolute.query()), ("/b", Some("c")));
    assert_eq!(absolute.target(), "http://a.example:81/b?c");
    assert_eq!(refusal(&head(&["GET http://a.example/ HTTP/1.1"])), Refusal::HostMissing);
    assert_eq!(refusal(&head(&["GET http://a.example/ HTTP/1.1", "Host: a b"])), Refusal::HostMalformed);
}

#[test]
fn a_target_of_another_form_or_with_a_fragment_is_400_rfc_9112_section_3_2() {
    for target in ["*", "a.example:443", "/a#b", "chat", "http://user:word@a/", "/\u{e4}", "/\u{7f}", "\\"] {
        let bytes = head(&[&format!("GET {target} HTTP/1.1"), "Host: a"]);
        assert_eq!(status(&bytes), 400, "{target}");
    }
}

#[test]
fn another_method_is_405_with_allow_rfc_9110_section_15_5_6() {
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "get", "GETT", "Get"] {
        let bytes = head(&[&format!("{method} / HTTP/1.1"), "Host: a"]);
        assert_eq!(refusal(&bytes), Refusal::Method, "{method}");
    }
    let answer = answer_to(Refusal::Method);
    assert!(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{answer}");
    assert!(answer.contains("\r\nAllow: GET, HEAD\r\n"), "{answer}");
}

#[test]
fn http_1_0_is_400_and_any_other_version_505_rfc_6455_section_4_2_1() {
    let with = |version: &str| refusal(&head(&[&format!("GET / {version}"), "Host: a"]));
    assert_eq!(with("HTTP/1.0"), Refusal::OldVersion);
    assert_eq!(Refusal::OldVersion.status().code(), 400);
    for version in ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/9.9"] {
        assert_eq!(with(version), Refusal::UnknownVersion, "{version}");
    }
    assert_eq!(Refusal::UnknownVersion.status().code(), 505);
    let preface = b"PRI * HTTP/2.0\r\n\r\n";
    assert_eq!(refusal(preface), Refusal::UnknownVersion, "the preface of HTTP/2 (RFC 9113, section 3.4)");
    for version in ["HTTP/1.", "HTTP/11", "http/1.1", "HTTP/1.1.1", "HTTP/x.y", "HTTPS/1.1", "1.1"] {
        assert_eq!(with(version), Refusal::Malformed(Malformation::RequestLine), "{version}");
    }
}

#[test]
fn a_request_line_that_is_not_three_words_is_400_rfc_9112_section_3() {
    for line in [
        "GET",
        "GET /",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET  HTTP/2.0",
        " / HTTP/2.0",
        "G(T / HTTP/2.0",
        "GET /  HTTP/2.0",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET\t/ HTTP/1.1",
        "GET / x HTTP/1.1",
        "/ HTTP/1.1",
        "G(T / HTTP/1.1",
        "",
    ] {
        assert_eq!(status(&head(&[line, "Host: a"])), 400, "{line:?}");
    }
}

#[test]
fn an_empty_line_before_the_request_is_ignored_rfc_9112_section_2_2() {
    let bytes = [b"\r\n".as_slice(), &head(&["GET /a HTTP/1.1", "Host: a", "X: y"])].concat();
    let request = request(&bytes).expect("a right request");
    assert_eq!(request.path(), "/a");
    assert_eq!(request.headers().iter().count(), 2);
    assert_eq!(status(b"\r\n\r\n"), 400, "two end a head that is empty");
}

#[test]
fn a_folded_line_is_400_rfc_9112_section_5_2() {
    for fold in [" folded", "\tfolded", " X: y"] {
        assert_eq!(status(&head(&["GET / HTTP/1.1", "Host: a", "X: y", fold])), 400, "{fold:?}");
        assert_eq!(status(&head(&["GET / HTTP/1.1", fold, "Host: a"])), 400, "{fold:?}");
    }
}

#[test]
fn white_space_before_the_colon_is_400_rfc_9112_section_5_1() {
    for line in ["X : y", "X\t: y", ": y", "X", "X y", "X\u{e4}: y", "X(: y", "X\u{7f}: y"] {
        assert_eq!(
            refusal(&head(&["GET / HTTP/1.1", "Host: a", line])),
            Refusal::Malformed(Malformation::HeaderName),
            "{line:?}"
        );
    }
}

#[test]
fn a_bare_line_feed_a_bare_carriage_return_and_a_nul_are_400_rfc_9112_section_2_2() {
    let table = [
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n".as_slice(), Malformation::BareLineFeed),
        (b"GET / HTTP/1.1\r\nHost: a\n\r\n", Malformation::BareLineFeed),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\n", Malformation::BareLineFeed),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", Malformation::BareCarriageReturn),
        (b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", Malformation::BareCarriageReturn),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", Malformation::Nul),
    ];
    for (bytes, fault) in table {
        assert_eq!(refusal(bytes), Refusal::Malformed(fault), "{}", bytes.escape_ascii());
        assert_eq!(status(bytes), 400);
    }
}

#[test]
fn what_is_left_over_is_not_part_of_a_head() {
    let mut bytes = head(&OPENING);
    bytes.extend_from_slice(b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(request(&bytes).is_err(), "one head at a time");
    let end = HeadScan::default().find(&bytes, 16 * 1024).expect("valid").expect("complete");
    assert!(request(&bytes[..end]).is_ok());
    assert!(request(&bytes[..end - 1]).is_err(), "and a whole one");
}

#[test]
fn every_fault_of_the_search_has_its_answer() {
    let table = [
        (HeadFault::BareLineFeed, 400),
        (HeadFault::BareCarriageReturn, 400),
        (HeadFault::Nul, 400),
        (HeadFault::LineTooLong, 414),
        (HeadFault::TooLarge, 431),
    ];
    for (fault, code) in table {
        assert_eq!(Refusal::from(fault).status().code(), code, "{fault:?}");
    }
}
