//! Messages of any length pass in little memory. Alone in their process, for its memory is what is measured.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::io::Write;

use support::{BINARY, CONTINUATION, Client, FIN, Server, Source, byte_at, resident_bytes};
use ws_reactor::{Config, Context, Delivery, Handler, Piece, Router};

/// The length of the messages; longer where that does not take long.
const LONG: u64 = if cfg!(debug_assertions) { 256 << 20 } else { 1 << 30 };

/// What one may cost.
const LITTLE: usize = 16 << 20;

#[test]
fn a_long_message_is_sent_in_little_memory() {
    let server = Server::start(Config::default(), || Router::new().otherwise(|_| Source::new(LONG)));
    let mut client = Client::open(server.address);
    let before = resident_bytes();
    let (mut position, mut most) = (0, 0);
    loop {
        let frame = client.next();
        let expected = if position == 0 { BINARY } else { CONTINUATION };
        assert_eq!(frame.first & !FIN, expected);
        assert!(frame.payload.len() <= 64 * 1024);
        assert_eq!(frame.payload.first().copied(), Some(byte_at(position)));
        position += frame.payload.len() as u64;
        assert_eq!(frame.payload.last().copied(), Some(byte_at(position - 1)));
        if position % (16 << 20) < 65_536 {
            most = most.max(resident_bytes().unwrap_or(0));
        }
        if frame.first & FIN != 0 {
            break;
        }
    }
    assert_eq!(position, LONG);
    if let Some(before) = before {
        assert!(most < before + LITTLE, "{before} bytes before, {most} at most");
    }
    server.stop();
}

/// Counts what arrives, and answers each message with its length.
struct Sink {
    count: u64,
}

impl Handler for Sink {
    fn delivery(&self) -> Delivery {
        Delivery::Pieces
    }

    fn on_piece(&mut self, context: &mut Context<'_>, piece: Piece<'_>) {
        self.count += piece.as_bytes().len() as u64;
        if piece.is_last() {
            context.send(&self.count.to_string()).unwrap();
        }
    }
}

#[test]
fn a_frame_of_any_length_passes_in_little_memory() {
    let server = Server::start(Config::default(), || Router::new().otherwise(|_| Sink { count: 0 }));
    let mut client = Client::open(server.address);
    let part = vec![0x5A; 1 << 20];
    let before = resident_bytes();
    let mut most = 0;
    client.put(&[&[FIN | BINARY, 0xFF], LONG.to_be_bytes().as_slice(), &[1, 2, 3, 4]].concat());
    for _ in 0..LONG >> 20 {
        client.stream.write_all(&part).unwrap();
        most = most.max(resident_bytes().unwrap_or(0));
    }
    assert_eq!(client.next_text(), LONG.to_string());
    if let Some(before) = before {
        assert!(most < before + LITTLE, "{before} bytes before, {most} at most");
    }
    server.stop();
}
