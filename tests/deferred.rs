//! Deferred accept: a token decides from any thread, exactly once, and the loop goes on meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use support::{Ask, Client, Events, FIN, PATIENCE, Server, TEXT, Witness, config, echo, is_timeout, masked};
use ws_reactor::{Accept, Config, Context, Deferred, Gone, Message, Open, Response, Router, Status, handler};

/// A server all of whose requests are put off, and their tokens.
fn deferring(config: Config) -> (Server, Receiver<Deferred>) {
    let (tell, tokens) = channel();
    let server = Server::start(config, move || {
        Router::new().otherwise(move |_request| {
            let tell = tell.clone();
            Accept::defer(move |token| tell.send(token).unwrap())
        })
    });
    (server, tokens)
}

fn next(tokens: &Receiver<Deferred>) -> Deferred {
    tokens.recv_timeout(PATIENCE).expect("a token")
}

/// Connects and asks; the answer is awaited by nobody yet.
fn ask(server: &Server) -> Client {
    let mut client = Client::connect(server.address);
    client.put(&Ask::upgrade("/private").with("Sec-WebSocket-Protocol: one, two").bytes());
    client
}

fn echoing() -> impl FnMut(&mut Context<'_>, Message<'_>) {
    handler(|context, message| context.send(message).unwrap())
}

fn wait_until_gone(token: &Deferred) {
    let began = Instant::now();
    while !token.is_gone() {
        assert!(began.elapsed() < PATIENCE, "a token that nobody tells");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_token_accepts_from_another_thread_with_headers_and_a_handler_made_on_the_loop() {
    let (server, tokens) = deferring(Config::default());
    let mut client = ask(&server);
    let token = next(&tokens);
    assert!(client.is_silent_for(Duration::from_millis(50)), "nothing is answered before the decision");
    token
        .accept(|| {
            let count = Rc::new(Cell::new(0));
            let handler = handler(move |context, _message| {
                count.set(count.get() + 1);
                let path = context.path().to_owned();
                context.send(&format!("{path} {}", count.get())).unwrap();
            });
            Open::new(handler).subprotocol("two").header("Set-Cookie", "session=1")
        })
        .unwrap();
    let answer = client.answer();
    assert_eq!((answer.status, answer.field("Sec-WebSocket-Protocol")), (101, Some("two")));
    assert_eq!(answer.field("Set-Cookie"), Some("session=1"));
    client.text("hello");
    assert_eq!(client.next_text(), "/private 1");
}

#[test]
fn a_token_rejects() {
    let (server, tokens) = deferring(Config::default());
    let mut client = ask(&server);
    next(&tokens).reject(Response::text(Status::FORBIDDEN, "no")).unwrap();
    assert_eq!(client.answer().status, 403);
    assert_eq!(client.rest().0, b"no");
}

#[test]
fn what_is_returned_may_reject_or_put_off_again() {
    let (server, tokens) = deferring(Config::default());
    let mut client = ask(&server);
    let (tell, again) = channel();
    next(&tokens).accept(|| Accept::defer(move |token| tell.send(token).unwrap())).unwrap();
    again.recv_timeout(PATIENCE).unwrap().accept(not_found).unwrap();
    assert_eq!(client.answer().status, 404);
}

fn not_found() -> Response {
    Response::text(Status::NOT_FOUND, "")
}

#[test]
fn a_token_that_is_dropped_answers_503() {
    let (server, tokens) = deferring(Config::default());
    let mut client = ask(&server);
    drop(next(&tokens));
    assert_eq!(client.answer().status, 503);
}

#[test]
fn a_panic_of_who_decides_is_answered_and_others_go_on() {
    let server = Server::start(Config::default(), || {
        Router::new()
            .route("/private", |_| Accept::defer(|_token| panic!("on purpose")))
            .route("/late", |_| Accept::defer(|token| token.accept(late).unwrap()))
    });
    assert_eq!(ask(&server).answer().status, 503);
    let mut client = Client::connect(server.address);
    client.put(&Ask::upgrade("/late").bytes());
    assert_eq!(client.answer().status, 500);
}

fn late() -> Response {
    panic!("on purpose")
}

#[test]
fn a_decision_for_a_peer_that_has_left_says_so() {
    let (server, tokens) = deferring(Config::default());
    for leave in [drop, Client::reset] {
        let client = ask(&server);
        let token = next(&tokens);
        assert!(!token.is_gone());
        leave(client);
        wait_until_gone(&token);
        assert_eq!(token.accept(echoing), Err(Gone));
    }
    let mut half = ask(&server);
    half.finish();
    let token = next(&tokens);
    wait_until_gone(&token);
    assert_eq!(token.reject(not_found()), Err(Gone));
}

#[test]
fn the_deadline_of_the_opening_handshake_goes_on() {
    let open_timeout = Duration::from_millis(400);
    let (server, tokens) = deferring(config(|config| config.open_timeout = open_timeout));
    let began = Instant::now();
    let mut client = Client::connect(server.address);
    thread::sleep(open_timeout / 2);
    client.put(&Ask::upgrade("/").bytes());
    let token = next(&tokens);
    client.rest();
    let elapsed = began.elapsed();
    assert!(elapsed >= open_timeout && elapsed < open_timeout * 10, "{elapsed:?}");
    wait_until_gone(&token);
    assert_eq!(token.accept(echoing), Err(Gone));
}

#[test]
fn a_decision_for_a_reactor_that_has_stopped_says_so() {
    let (server, tokens) = deferring(Config::default());
    let mut client = ask(&server);
    let token = next(&tokens);
    server.stop_within(PATIENCE);
    client.rest();
    assert_eq!(token.accept(echoing), Err(Gone));
}

#[test]
fn what_comes_early_is_delivered_in_order_after_on_open() {
    let (server, tokens) = deferring(Config::default());
    let mut client = Client::connect(server.address);
    // One message together with the head, one and a half after it, the rest after the decision.
    client.put(&[Ask::upgrade("/").bytes(), masked(FIN | TEXT, b"one")].concat());
    let token = next(&tokens);
    let third = masked(FIN | TEXT, b"three");
    let (begin, rest) = third.split_at(5);
    client.put(&[&masked(FIN | TEXT, b"two"), begin].concat());
    assert!(client.is_silent_for(Duration::from_millis(50)));
    let (report, seen) = channel();
    token.accept(move || Witness::new(report, echo)).unwrap();
    client.answer().assert_opens();
    client.put(rest);
    for text in ["one", "two", "three"] {
        assert_eq!(client.next_text(), text);
    }
    let seen = Events(seen);
    assert!(matches!(seen.next().1, support::Event::Open), "on_open comes first");
}

#[test]
fn what_comes_early_is_held_within_the_read_limit_and_nothing_is_lost() {
    let (server, tokens) = deferring(config(|config| config.read_buffer = 4096));
    let mut client = ask(&server);
    let token = next(&tokens);
    let frame = masked(FIN | TEXT, &[b'a'; 1000]);
    client.stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let (mut sent, mut cut) = (0, 0);
    // Until the buffers of both systems are full, for the loop reads no more.
    let refused = loop {
        match client.stream.write(&frame[cut..]) {
            Ok(count) if cut + count == frame.len() => (sent, cut) = (sent + 1, 0),
            Ok(count) => cut += count,
            Err(error) => break error,
        }
        assert!(sent < 100_000, "everything is taken");
    };
    assert!(is_timeout(&refused), "{refused}");
    server.assert_rests(Duration::from_millis(300));
    token.accept(|| handler(|context, message| context.send(&message.len().to_string()).unwrap())).unwrap();
    client.answer();
    client.put(&frame[cut..]);
    for _ in 0..=sent {
        assert_eq!(client.next_text(), "1000");
    }
}

#[test]
fn a_decision_may_come_on_the_loop_at_once() {
    let server = Server::start(Config::default(), || {
        Router::new().otherwise(|_| Accept::defer(|token| token.accept(echoing).unwrap()))
    });
    let mut client = Client::open(server.address);
    client.text("hello");
    assert_eq!(client.next_text(), "hello");
}

#[test]
fn many_wait_and_the_loop_rests_and_serves_others() {
    let (tell, tokens) = channel();
    let server = Server::start(Config::default(), move || {
        Router::new().route("/", |_| echoing()).otherwise(move |_request| {
            let tell = tell.clone();
            Accept::defer(move |token| tell.send(token).unwrap())
        })
    });
    let waiting: Vec<Client> = (0..300).map(|_| ask(&server)).collect();
    let tokens: Vec<Deferred> = waiting.iter().map(|_| next(&tokens)).collect();
    server.assert_rests(Duration::from_millis(300));
    let mut other = Client::open(server.address);
    other.text("meanwhile");
    assert_eq!(other.next_text(), "meanwhile");
    for token in tokens {
        token.accept(echoing).unwrap();
    }
    for mut client in waiting {
        assert_eq!(client.answer().status, 101);
    }
}
