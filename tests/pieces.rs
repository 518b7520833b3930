//! Messages received in pieces, as they arrive.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use support::{BINARY, CONTINUATION, Client, FIN, PATIENCE, PING, PONG, Server, TEXT, config};
use ws_reactor::{
    Cause, CloseCode, Closed, Config, Context, Delivery, Handler, Lifetime, OwnedMessage, Piece, Reactor,
    Router, TimerId, Violation,
};

#[derive(Debug, PartialEq)]
enum Told {
    Piece(OwnedMessage, Mark),
    Ping,
    Closed(Closed),
}

/// Which piece of its message it is.
#[derive(Debug, PartialEq)]
enum Mark {
    Only,
    First,
    Inner,
    Last,
}

/// Tells of everything.
struct Witness(Sender<Told>);

impl Handler for Witness {
    fn delivery(&self) -> Delivery {
        Delivery::Pieces
    }

    fn on_piece(&mut self, _context: &mut Context<'_>, piece: Piece<'_>) {
        let mark = match (piece.is_first(), piece.is_last()) {
            (true, true) => Mark::Only,
            (true, false) => Mark::First,
            (false, false) => Mark::Inner,
            (false, true) => Mark::Last,
        };
        self.0.send(Told::Piece(piece.content().into_owned(), mark)).unwrap();
    }

    fn on_ping(&mut self, _context: &mut Context<'_>, _payload: &[u8]) {
        self.0.send(Told::Ping).unwrap();
    }

    fn on_close(&mut self, _context: &mut Context<'_>, closed: &Closed) {
        self.0.send(Told::Closed(closed.clone())).unwrap();
    }
}

fn witness(config: Config) -> (Server, Receiver<Told>) {
    let (tell, told) = channel();
    let server =
        Server::start(config, move || Router::new().otherwise(move |_request| Witness(tell.clone())));
    (server, told)
}

fn next(told: &Receiver<Told>) -> Told {
    told.recv_timeout(PATIENCE).expect("a callback")
}

fn text(text: &str, mark: Mark) -> Told {
    Told::Piece(text.into(), mark)
}

fn closed(told: &Receiver<Told>) -> Closed {
    match next(told) {
        Told::Closed(closed) => closed,
        other => panic!("{other:?} instead of the end"),
    }
}

#[test]
fn a_whole_message_is_one_piece_and_the_message_limit_does_not_apply() {
    let (server, told) = witness(config(|config| (config.max_message, config.max_frame) = (3, 3)));
    let mut client = Client::open(server.address);
    client.text("whole");
    assert_eq!(next(&told), text("whole", Mark::Only));
    client.binary(&[]);
    assert_eq!(next(&told), Told::Piece(OwnedMessage::Binary(vec![]), Mark::Only));
    server.stop();
}

#[test]
fn pieces_come_as_they_arrive_and_control_frames_between_them_section_5_4() {
    let (server, told) = witness(Config::default());
    let mut client = Client::open(server.address);
    client.frame(TEXT, b"one");
    assert_eq!(next(&told), text("one", Mark::First));
    client.frame(FIN | PING, b"");
    assert_eq!(next(&told), Told::Ping);
    assert_eq!(client.next().first, FIN | PONG);
    client.frame(CONTINUATION, b"two");
    assert_eq!(next(&told), text("two", Mark::Inner));
    client.frame(CONTINUATION, b"");
    client.frame(FIN | CONTINUATION, b"");
    assert_eq!(next(&told), text("", Mark::Last));
    client.text("next");
    assert_eq!(next(&told), text("next", Mark::Only));
    server.stop();
}

#[test]
fn a_character_is_never_cut_section_8_1() {
    let (server, told) = witness(Config::default());
    let mut client = Client::open(server.address);
    client.frame(TEXT, b"a\xF0\x9F");
    assert_eq!(next(&told), text("a", Mark::First));
    client.frame(CONTINUATION, b"\x98");
    client.frame(FIN | CONTINUATION, b"\x80b");
    assert_eq!(next(&told), text("😀", Mark::Inner));
    assert_eq!(next(&told), text("b", Mark::Last));
    server.stop();
}

#[test]
fn text_that_is_not_utf_8_fails_at_its_first_impossible_byte_section_8_1() {
    let (server, told) = witness(Config::default());
    let mut client = Client::open(server.address);
    client.frame(TEXT, b"fine\xE2");
    client.frame(CONTINUATION, b"x");
    client.expect_failure(1007);
    assert_eq!(next(&told), text("fine", Mark::First));
    assert_eq!(closed(&told).cause, Cause::Violation(Violation::InvalidUtf8));
    server.stop();
}

#[test]
fn a_connection_that_ends_in_the_middle_gives_no_last_piece() {
    let (server, told) = witness(Config::default());
    let mut client = Client::open(server.address);
    client.frame(BINARY, b"half");
    assert_eq!(next(&told), Told::Piece(OwnedMessage::Binary(b"half".to_vec()), Mark::First));
    client.close(1000, "");
    assert!(closed(&told).was_clean());
    let mut client = Client::open(server.address);
    client.frame(BINARY, b"half");
    assert_eq!(next(&told), Told::Piece(OwnedMessage::Binary(b"half".to_vec()), Mark::First));
    client.finish();
    assert_eq!(closed(&told).cause, Cause::Ended);
    server.stop();
}

#[test]
fn a_flood_of_empty_fragments_is_cut_off() {
    let (server, told) = witness(config(|config| config.max_control_rate = 10));
    let mut client = Client::open(server.address);
    client.frame(BINARY, b"");
    for _ in 0..1000 {
        client.put_in_vain(&support::masked(CONTINUATION, b""));
    }
    assert_eq!(closed(&told).cause, Cause::Violation(Violation::TooFrequent));
    server.stop();
}

/// Pauses at each piece, and goes on a little later.
struct Slow(Vec<u8>);

impl Handler for Slow {
    fn delivery(&self) -> Delivery {
        Delivery::Pieces
    }

    fn on_piece(&mut self, context: &mut Context<'_>, piece: Piece<'_>) {
        self.0.extend_from_slice(piece.as_bytes());
        if piece.is_last() {
            context.send(&self.0).unwrap();
        } else {
            context.pause();
            context.set_timer(Duration::from_millis(1));
        }
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _timer: TimerId) {
        context.resume();
    }
}

#[test]
fn a_handler_that_pauses_between_pieces_misses_none() {
    let server = Server::start(Config::default(), || Router::new().otherwise(|_| Slow(Vec::new())));
    let mut client = Client::open(server.address);
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|index| (index % 251).to_le_bytes()[0]).collect();
    let (first, rest) = bytes.split_at(100);
    client.frame(BINARY, first);
    for part in rest.chunks(500_000) {
        client.frame(CONTINUATION, part);
    }
    client.frame(FIN | CONTINUATION, b"");
    let mut echo = client.next();
    assert_eq!(echo.first, FIN | BINARY);
    assert!(std::mem::take(&mut echo.payload) == bytes);
    server.stop();
}

/// A client that takes its answer in pieces.
struct Download {
    taken: Vec<u8>,
    tell: Sender<Vec<u8>>,
}

impl Handler for Download {
    fn delivery(&self) -> Delivery {
        Delivery::Pieces
    }

    fn on_piece(&mut self, context: &mut Context<'_>, piece: Piece<'_>) {
        assert_eq!(piece.is_first(), self.taken.is_empty());
        self.taken.extend_from_slice(piece.as_bytes());
        if piece.is_last() {
            self.tell.send(std::mem::take(&mut self.taken)).unwrap();
            context.close(CloseCode::Normal, "").unwrap();
        }
    }
}

#[test]
fn a_client_receives_in_pieces_from_another_implementation() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sent: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 253).to_le_bytes()[0]).collect();
    let bytes = sent.clone();
    let peer = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        socket.send(tungstenite::Message::binary(bytes)).unwrap();
        while socket.read().is_ok() {}
    });
    let (tell, told) = channel();
    let small = config(|config| {
        config.lifetime = Lifetime::WhileConnected;
        config.max_message = 1000;
    });
    let mut reactor = Reactor::new(small).unwrap();
    reactor.connect(format!("ws://{address}/"), Download { taken: Vec::new(), tell }).unwrap();
    reactor.run().unwrap();
    peer.join().unwrap();
    assert!(told.recv().unwrap() == sent);
}
