//! Messages in pieces: put together again, they are what is heard whole, whatever arrives and however it is cut.

use crate::frames::Heard;
use crate::protocol::pieces::{InPieces, Piece};
use crate::protocol::{CloseFrame, Event, Input, Message, OwnedMessage, Receiver, Role};

/// Compares with what was heard without limits, for in pieces there are none.
pub(crate) fn check(role: Role, stream: &[u8], sizes: &[usize], expected: &[Heard]) {
    let mut joiner = Joiner::default();
    let mut receiver = Receiver::in_pieces();
    let mut rest = stream;
    for &size in sizes.iter().cycle() {
        if rest.is_empty() || joiner.is_over() {
            break;
        }
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        joiner.feed(role, &mut receiver, piece);
        rest = behind;
    }
    assert_eq!(joiner.heard, expected, "put together again");
}

/// What was heard, with the pieces of messages put together again.
#[derive(Default)]
struct Joiner {
    heard: Vec<Heard>,
    under_way: Option<OwnedMessage>,
}

impl Joiner {
    fn feed(&mut self, role: Role, receiver: &mut Receiver, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut input = Input::new(&mut bytes);
        while !self.is_over() {
            match receiver.receive_in_pieces(role, &mut input) {
                Ok(Some(InPieces::Piece(part))) => part.show(|piece| self.join(piece)),
                Ok(Some(InPieces::Control(event))) => self.heard.push(control(event)),
                Ok(None) => {
                    assert!(input.is_empty(), "all was looked at");
                    return;
                }
                Err(violation) => self.heard.push(Heard::Fault(violation)),
            }
        }
    }

    fn join(&mut self, piece: Piece<'_>) {
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

fn control(event: Event<'_>) -> Heard {
    match event {
        Event::Ping(payload) => Heard::Ping(payload.into_owned()),
        Event::Pong(payload) => Heard::Pong(payload.into_owned()),
        Event::Close(frame) => Heard::Close(frame.map(CloseFrame::into_owned)),
        Event::Message(_) | Event::Assembled(_) => panic!("a whole message"),
    }
}
