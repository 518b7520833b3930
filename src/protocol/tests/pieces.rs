//! Messages in pieces: put together again, they are the messages that are heard whole.

use super::cuts::{long_streams, random_sizes, short_streams, violating_streams, whole};
use super::{
    CloseFrame, Fin, Heard, Input, Message, OpCode, OwnedMessage, Receiver, Role, Stream, Violation,
};
use super::{binary, noise, text};
use crate::protocol::event::Event;
use crate::protocol::pieces::{InPieces, Piece};

/// What was heard, with the pieces of messages put together again.
#[derive(Default)]
struct Joiner {
    heard: Vec<Heard>,
    under_way: Option<OwnedMessage>,
    pieces: usize,
}

impl Joiner {
    fn hear(&mut self, heard: InPieces<'_>) {
        match heard {
            InPieces::Piece(part) => part.show(|piece| self.join(piece)),
            InPieces::Control(Event::Ping(payload)) => self.heard.push(Heard::Ping(payload.into_owned())),
            InPieces::Control(Event::Pong(payload)) => self.heard.push(Heard::Pong(payload.into_owned())),
            InPieces::Control(Event::Close(frame)) => {
                self.heard.push(Heard::Close(frame.map(CloseFrame::into_owned)));
            }
            InPieces::Control(event) => panic!("{event:?} is no control frame"),
        }
    }

    fn join(&mut self, piece: Piece<'_>) {
        self.pieces += 1;
        assert_eq!(piece.is_first(), self.under_way.is_none());
        assert!(piece.is_last() || !piece.as_bytes().is_empty(), "a piece of nothing");
        let message = match (self.under_way.take(), piece.content()) {
            (None, content) => content.into_owned(),
            (Some(OwnedMessage::Text(begun)), Message::Text(more)) => OwnedMessage::Text(begun + more),
            (Some(OwnedMessage::Binary(begun)), Message::Binary(more)) => {
                OwnedMessage::Binary([begun, more.to_vec()].concat())
            }
            mixed => panic!("{mixed:?} in one message"),
        };
        if piece.is_last() {
            self.heard.push(Heard::Message(message));
        } else {
            self.under_way = Some(message);
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.heard.last(), Some(Heard::Close(_) | Heard::Fault(_)))
    }
}

/// What is heard of `bytes` when they are cut into reads of these sizes, again and again.
fn joined(role: Role, bytes: &[u8], sizes: &[usize]) -> Joiner {
    let (mut joiner, mut receiver, mut rest) = (Joiner::default(), Receiver::in_pieces(), bytes);
    for &size in sizes.iter().cycle() {
        let (read, behind) = rest.split_at(size.min(rest.len()));
        let mut read = read.to_vec();
        let mut input = Input::new(&mut read);
        while !joiner.is_over() {
            match receiver.receive_in_pieces(role, &mut input) {
                Ok(Some(heard)) => joiner.hear(heard),
                Ok(None) => break,
                Err(violation) => joiner.heard.push(Heard::Fault(violation)),
            }
            assert_eq!(receiver.capacity(), 0, "a part of a message was kept");
        }
        rest = behind;
        if rest.is_empty() || joiner.is_over() {
            break;
        }
    }
    joiner
}

/// What is heard whole, but for the limits.
fn expected(stream: &Stream) -> Vec<Heard> {
    let mut heard = whole(stream);
    heard.retain(|heard| *heard != Heard::Fault(Violation::FrameTooLong));
    heard
}

#[test]
fn short_streams_say_the_same_in_pieces_at_every_cut() {
    for role in [Role::Client, Role::Server] {
        for stream in short_streams(role).iter().chain(&violating_streams(role)) {
            let expected = expected(stream);
            for cut in 1..=stream.bytes.len() {
                let heard = joined(role, &stream.bytes, &[cut, usize::MAX]).heard;
                assert_eq!(heard, expected, "cut at {cut}");
            }
            assert_eq!(joined(role, &stream.bytes, &[1]).heard, expected, "byte by byte");
        }
    }
}

#[test]
fn all_streams_say_the_same_in_pieces_of_any_size() {
    for role in [Role::Client, Role::Server] {
        let long = long_streams(role);
        for stream in short_streams(role).iter().chain(&violating_streams(role)).chain(&long) {
            let expected = expected(stream);
            for seed in 0..10 {
                let heard = joined(role, &stream.bytes, &random_sizes(seed)).heard;
                assert_eq!(heard, expected, "seed {seed}");
            }
        }
    }
}

#[test]
fn a_message_that_is_all_here_is_one_piece() {
    let stream = Stream::towards(Role::Server)
        .message(Message::Text("aé€😀"))
        .message(Message::Binary(&noise(70_000)))
        .message(Message::Text(""));
    let joiner = joined(Role::Server, &stream.bytes, &[usize::MAX]);
    assert_eq!(joiner.pieces, 3);
    assert_eq!(joiner.heard, [text("aé€😀"), binary(&noise(70_000)), text("")]);
}

#[test]
fn a_character_that_was_cut_is_a_piece_of_its_own() {
    let stream = Stream::towards(Role::Client).message(Message::Text("abc😀def"));
    for cut in 6..=8 {
        let joiner = joined(Role::Client, &stream.bytes, &[cut, usize::MAX]);
        assert_eq!(joiner.heard, [text("abc😀def")]);
        assert_eq!(joiner.pieces, 3, "cut at {cut}");
    }
}

#[test]
fn no_limit_applies_to_a_frame_whose_end_may_never_come() {
    let announced = [&[0x82, 0xFF], (1_u64 << 62).to_be_bytes().as_slice(), &[0; 4], &[7; 100]].concat();
    let joiner = joined(Role::Server, &announced, &[usize::MAX]);
    assert_eq!((joiner.heard, joiner.under_way), (vec![], Some(OwnedMessage::Binary(vec![7; 100]))));
}

#[test]
fn a_text_that_ends_inside_a_character_has_no_last_piece_section_8_1() {
    let stream = Stream::towards(Role::Client).frame(OpCode::Text, Fin::More, b"fine \xE2").frame(
        OpCode::Continuation,
        Fin::Final,
        b"\x82",
    );
    let joiner = joined(Role::Client, &stream.bytes, &[usize::MAX]);
    assert_eq!(joiner.heard, [Heard::Fault(Violation::InvalidUtf8)]);
    assert_eq!(joiner.under_way, Some(OwnedMessage::Text("fine ".into())));
}
