//! The opening handshake as it looks on the wire: what is refused and how, what is never answered, and what
//! may follow a head.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use support::{Answer, Ask, Client, End, Event, FIN, Server, TEXT, config, echo, masked, silent, witnessed};
use ws_reactor::{Config, Response, Router, Status, handler};

/// A server with a route at `/`, which must not be asked.
fn server() -> Server {
    // It is the answer that ends a connection, and no deadline.
    let unhurried = config(|config| config.close_timeout = support::PATIENCE * 3);
    Server::start(unhurried, || {
        Router::new().route("/", |request| {
            assert!(request.is_upgrade());
            handler(|context, message| {
                context.send(message).ok();
            })
        })
    })
}

/// The answer to `request` and to nothing that follows it, the connection ended behind it.
fn answer_to(server: &Server, request: &[u8]) -> (Answer, Vec<u8>) {
    let mut client = Client::connect(server.address);
    // A second request, that must never be answered.
    client.put_in_vain(&[request, &Ask::upgrade("/").bytes()].concat());
    let answer = client.answer();
    let (body, end) = client.rest();
    assert_eq!(end, End::Finished);
    (answer, body)
}

/// Fails unless each request is refused with its status, alone on its connection.
fn assert_refused(cases: &[(u16, Vec<u8>)]) {
    let server = server();
    for (status, request) in cases {
        let shown = String::from_utf8_lossy(request.get(..200).unwrap_or(request)).into_owned();
        let (answer, body) = answer_to(&server, request);
        assert_eq!(answer.status, *status, "{shown}");
        assert!(answer.field("Connection").unwrap().contains("close"), "{shown}");
        assert_eq!(answer.field("Content-Length"), Some(body.len().to_string().as_str()), "{shown}");
        assert!(!body.is_empty(), "{shown}");
    }
    Client::open(server.address).text("still here");
}

#[test]
fn a_handshake_is_answered_with_101_and_the_key_hashed_rfc_6455_section_4_2_2() {
    let server = server();
    let mut client = Client::open(server.address);
    client.text("hello");
    assert_eq!(client.next_text(), "hello");
}

#[test]
fn another_library_connects_echoes_and_closes() {
    let server = server();
    let stream = std::net::TcpStream::connect(server.address).unwrap();
    let (mut socket, answer) = tungstenite::client("ws://localhost/", stream).unwrap();
    assert_eq!(answer.status().as_u16(), 101);
    for length in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        let message = tungstenite::Message::binary(vec![7; length]);
        socket.send(message.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), message);
    }
    socket.close(None).unwrap();
    assert!(matches!(socket.read(), Ok(tungstenite::Message::Close(None))));
    assert!(matches!(socket.read(), Err(tungstenite::Error::ConnectionClosed)));
}

#[test]
fn tokens_are_compared_without_case_and_found_in_lists_rfc_6455_section_4_2_1() {
    let server = server();
    for ask in [
        Ask::upgrade("/").but("Upgrade", "WebSocket"),
        Ask::upgrade("/").but("Upgrade", "h2c, websocket"),
        Ask::upgrade("/").but("Connection", "keep-alive, upgrade"),
        Ask::upgrade("/").but("Connection", "keep-alive").with("connection: UPGRADE"),
        Ask::upgrade("/").with("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
        Ask::upgrade("/").with("Sec-WebSocket-Extensions: a").with("Sec-WebSocket-Extensions: b; c=\"d\""),
    ] {
        Client::open_as(server.address, &ask);
    }
}

#[test]
fn what_is_no_request_for_a_websocket_is_refused_rfc_6455_section_4_2_1() {
    let ask = || Ask::upgrade("/");
    assert_refused(&[
        (426, ask().without("Upgrade").bytes()),
        (426, ask().but("Upgrade", "websockets").bytes()),
        (400, ask().without("Connection").bytes()),
        (400, ask().but("Connection", "keep-alive").bytes()),
        (426, ask().without("Sec-WebSocket-Version").bytes()),
        (426, ask().but("Sec-WebSocket-Version", "8").bytes()),
        (426, ask().with("Sec-WebSocket-Version: 13").bytes()),
        (400, ask().without("Sec-WebSocket-Key").bytes()),
        (400, ask().with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").bytes()),
        (400, ask().but("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ").bytes()),
        (400, ask().but("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZR==").bytes()),
        (400, ask().but("Sec-WebSocket-Key", "c2hvcnQ=").bytes()),
        (400, ask().with("Content-Length: 5").bytes()),
        (400, ask().with("Transfer-Encoding: chunked").bytes()),
        (400, ask().with("Sec-WebSocket-Protocol: a b").bytes()),
        (400, ask().with("Sec-WebSocket-Extensions: ;").bytes()),
    ]);
}

#[test]
fn what_is_no_http_1_1_request_is_refused_rfc_9112() {
    let ask = || Ask::upgrade("/");
    assert_refused(&[
        (400, ask().without("Host").bytes()),
        (400, ask().with("Host: other").bytes()),
        (400, ask().but("Host", "two words").bytes()),
        (400, ask().but("Host", "localhost:99999").bytes()),
        (400, ask().line("GET / HTTP/1.0").bytes()),
        (505, ask().line("GET / HTTP/2.0").bytes()),
        (405, ask().line("POST / HTTP/1.1").bytes()),
        (400, ask().line("GET  / HTTP/1.1").bytes()),
        (400, ask().line("GET /a#b HTTP/1.1").bytes()),
        (400, ask().line("nonsense").bytes()),
        (400, ask().with("X: a\r\n b").bytes()),
        (400, ask().with("X : a").bytes()),
        (400, ask().with("X: a\0b").bytes()),
        (400, ask().with("X: a\rb").bytes()),
        (400, ask().with("X: a\u{7f}b").bytes()),
        (400, ask().with("X Y: a").bytes()),
        (400, b"GET / HTTP/1.1\nHost: localhost\n\n".to_vec()),
        // The beginning of a TLS handshake.
        (400, b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03".to_vec()),
    ]);
}

#[test]
fn a_head_over_the_limits_is_refused() {
    let ask = || Ask::upgrade("/");
    let many = (0..100).fold(ask(), |ask, index| ask.with(&format!("X-{index}: a")));
    assert_refused(&[
        (431, ask().with(&format!("X: {}", "a".repeat(20_000))).bytes()),
        (431, many.bytes()),
        (414, ask().line(&format!("GET /{} HTTP/1.1", "a".repeat(20_000))).bytes()),
        (414, vec![b'a'; 20_000]),
    ]);
}

#[test]
fn a_refusal_names_what_would_be_right_rfc_6455_section_4_4() {
    let server = server();
    let (answer, _) = answer_to(&server, &Ask::upgrade("/").but("Sec-WebSocket-Version", "99").bytes());
    assert_eq!(answer.field("Sec-WebSocket-Version"), Some("13"));
    let (answer, _) = answer_to(&server, &Ask::page("GET", "/").bytes());
    assert_eq!(answer.status, 426);
    assert_eq!(answer.field("Upgrade"), Some("websocket"));
    assert_eq!(answer.field("Connection"), Some("Upgrade, close"));
    let (answer, _) = answer_to(&server, &Ask::page("DELETE", "/").bytes());
    assert_eq!((answer.status, answer.field("Allow")), (405, Some("GET, HEAD")));
    let (answer, body) = answer_to(&server, &Ask::upgrade("/").line("HEAD / HTTP/1.1").bytes());
    assert_eq!((answer.status, answer.field("Allow")), (405, Some("GET")));
    assert!(body.is_empty(), "HEAD is answered without a body");
}

#[test]
fn a_silent_client_is_dropped_at_the_deadline_and_no_callback_hears_of_it() {
    let timeout = Duration::from_millis(200);
    let (server, events) = witnessed(config(|config| config.open_timeout = timeout), silent);
    let began = Instant::now();
    let mut client = Client::connect(server.address);
    client.rest();
    assert!(began.elapsed() >= timeout);
    server.stop();
    assert!(events.rest().is_empty());
}

#[test]
fn trickling_does_not_extend_the_deadline() {
    let timeout = Duration::from_millis(300);
    let (server, events) = witnessed(config(|config| config.open_timeout = timeout), silent);
    let began = Instant::now();
    let mut client = Client::connect(server.address);
    client.put(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
    while client.is_silent_for(Duration::from_millis(20)) {
        client.put_in_vain(b"a");
        assert!(began.elapsed() < timeout * 50, "it is still waiting");
    }
    assert!(began.elapsed() >= timeout);
    server.stop();
    assert!(events.rest().is_empty());
}

#[test]
fn a_head_may_arrive_a_byte_at_a_time() {
    let server = server();
    let mut client = Client::connect(server.address);
    for byte in Ask::upgrade("/").bytes() {
        client.put(&[byte]);
    }
    client.answer().assert_opens();
}

#[test]
fn frames_right_behind_the_head_are_delivered_after_the_101() {
    let (server, _events) = witnessed(Config::default(), echo);
    let mut client = Client::connect(server.address);
    let large = vec![b'x'; 300_000];
    let bytes = [
        Ask::upgrade("/").bytes(),
        masked(FIN | TEXT, b"one"),
        masked(FIN | TEXT, &large),
        masked(FIN | TEXT, b"three"),
    ];
    client.put(&bytes.concat());
    client.answer().assert_opens();
    assert_eq!(client.next_text(), "one");
    assert_eq!(client.next_text().len(), large.len());
    assert_eq!(client.next_text(), "three");
}

#[test]
fn what_a_client_sends_before_the_101_is_frames_and_never_a_request() {
    let (server, events) = witnessed(Config::default(), echo);
    let mut client = Client::connect(server.address);
    let upgrade = Ask::upgrade("/").bytes();
    client.put(&[upgrade.as_slice(), &upgrade].concat());
    client.answer().assert_opens();
    // "G" is 0x47: reserved bits, and no mask.
    client.expect_failure(1002);
    assert_eq!(events.next().1, Event::Open);
    assert!(matches!(events.next().1, Event::Close(_)));
    events.expect_no_more(server);
}

#[test]
fn a_client_that_leaves_half_way_leaves_nothing() {
    let (server, events) = witnessed(Config::default(), echo);
    for cut in [0, 1, 10, 60] {
        let mut client = Client::connect(server.address);
        client.put(&Ask::upgrade("/").bytes()[..cut]);
        if cut % 2 == 0 {
            client.reset();
        }
    }
    let mut client = Client::connect(server.address);
    client.put(b"GET / HTTP/1.1\r\n");
    client.finish();
    assert_eq!(client.end(), End::Finished);
    Client::open(server.address);
    server.stop();
    let opened = events.rest().into_iter().filter(|(_, event)| *event == Event::Open);
    assert_eq!(opened.count(), 1);
}

#[test]
fn a_refused_client_that_goes_on_talking_reads_the_whole_answer() {
    let page = "x".repeat(200_000);
    let server = Server::start(Config::default(), move || {
        Router::new().page("/", move |_request| Response::text(Status::OK, page.clone()))
    });
    let mut client = Client::connect(server.address);
    client.put(&Ask::page("GET", "/").bytes());
    // Unread input would turn the end into a reset, and the reset would destroy the answer.
    client.put(&vec![b'a'; 500_000]);
    client.stream.flush().unwrap();
    assert_eq!(client.answer().status, 200);
    let (body, end) = client.rest();
    assert_eq!((body.len(), end), (200_000, End::Finished));
}
