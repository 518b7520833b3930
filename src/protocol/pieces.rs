//! Messages handed on in the pieces in which they arrive, so that their length costs no memory.
//!
//! Nothing of the payload is kept but a character that a cut went through: when the rest of it has come, it is
//! a piece of its own, so that every piece of a text is a text.

use super::assembly::{Kind, Payload};
use super::event::Event;
use super::header::Header;
use super::input::Input;
use super::message::Message;
use super::opcode::{Fin, OpCode};
use super::partial::Frame;
use super::receive::Receiver;
use super::role::Role;
use super::utf8::Validator;
use super::violation::Violation;

/// How a connection hands on what it receives: what [`Handler::delivery`](crate::Handler::delivery) says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Delivery {
    /// Each message when all of it is here, to [`on_message`](crate::Handler::on_message).
    #[default]
    Whole,
    /// What is here of a message, to [`on_piece`](crate::Handler::on_piece). Messages and frames may then have
    /// any length: [`Config::max_message`](crate::Config::max_message) and
    /// [`Config::max_frame`](crate::Config::max_frame) do not apply.
    Pieces,
}

/// A part of a message, as it arrived: what [`on_piece`](crate::Handler::on_piece) is given.
///
/// The pieces of a message are its payload, in order. Where they are cut depends on how the bytes arrived, and
/// says nothing about the frames in which they were sent. A short message mostly is one piece, both the first
/// and the last. A piece has content, unless it is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    content: Message<'a>,
    begin: Begin,
    end: End,
}

/// Whether the message begins with this piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Begin {
    #[default]
    Here,
    Before,
}

/// Whether the message ends with this piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Here,
    Later,
}

impl<'a> Piece<'a> {
    /// The content, under the kind of its message. A text is never cut inside a character, and is valid as far
    /// as it has come.
    #[must_use]
    pub fn content(&self) -> Message<'a> {
        self.content
    }

    /// The content as bytes, whatever the kind.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.content.as_bytes()
    }

    /// Whether this is the first piece of its message.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.begin == Begin::Here
    }

    /// Whether this is the last piece of its message. A connection that ends in the middle of a message gives no
    /// last piece.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.end == End::Here
    }
}

/// What was heard of a peer whose messages are handed on in pieces.
#[derive(Debug)]
pub(crate) enum InPieces<'a> {
    Piece(Part<'a>),
    /// A ping, a pong or a close.
    Control(Event<'a>),
}

/// A piece that may have to be put together.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    content: Content<'a>,
    begin: Begin,
    end: End,
}

#[derive(Debug)]
enum Content<'a> {
    Text(&'a str),
    /// It was cut.
    Character(char),
    Binary(&'a [u8]),
}

impl Part<'_> {
    /// Shows the piece.
    pub(crate) fn show<T>(&self, to: impl FnOnce(Piece<'_>) -> T) -> T {
        let mut room = [0; 4];
        let content = match self.content {
            Content::Text(text) => Message::Text(text),
            Content::Character(character) => Message::Text(character.encode_utf8(&mut room)),
            Content::Binary(bytes) => Message::Binary(bytes),
        };
        to(Piece { content, begin: self.begin, end: self.end })
    }
}

/// A message of which nothing is kept.
#[derive(Debug)]
pub(super) struct Passing {
    text: Option<Validator>,
    begin: Begin,
}

impl Passing {
    fn new(kind: Kind) -> Self {
        let text = match kind {
            Kind::Text => Some(Validator::default()),
            Kind::Binary => None,
        };
        Self { text, begin: Begin::Here }
    }

    /// How many bytes to take at once: one after the other while a character is cut.
    fn most(&self, remaining: usize) -> usize {
        let cut = self.text.as_ref().is_some_and(Validator::is_cut);
        if cut { remaining.min(1) } else { remaining }
    }

    /// Hands on the next bytes, unmasked; nothing if they do not complete a character.
    fn pass<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<Content<'a>>, Violation> {
        let Some(text) = &mut self.text else {
            return Ok(Some(Content::Binary(bytes)).filter(|_| !bytes.is_empty()));
        };
        if text.is_cut() {
            return Ok(text.complete_with(bytes)?.map(Content::Character));
        }
        let whole = text.take_whole(bytes)?;
        Ok(Some(Content::Text(whole)).filter(|_| !whole.is_empty()))
    }

    /// The content of a last piece without any.
    fn nothing(&self) -> Result<Content<'static>, Violation> {
        match &self.text {
            Some(text) => text.finish().map(|()| Content::Text("")),
            None => Ok(Content::Binary(&[])),
        }
    }
}

impl Receiver {
    /// The next piece of a message or control frame, or `None` when the input is used up.
    ///
    /// For a receiver made [`in_pieces`](Receiver::in_pieces); any other uses [`receive`](Receiver::receive).
    pub(crate) fn receive_in_pieces<'a>(
        &mut self,
        role: Role,
        input: &mut Input<'a>,
    ) -> Result<Option<InPieces<'a>>, Violation> {
        while !input.is_empty() {
            if let Some(heard) = self.step_in_pieces(role, input)? {
                return Ok(Some(heard));
            }
        }
        Ok(None)
    }

    fn step_in_pieces<'a>(
        &mut self,
        role: Role,
        input: &mut Input<'a>,
    ) -> Result<Option<InPieces<'a>>, Violation> {
        match self.frame() {
            Some(Frame::Control(..)) => Ok(self.continue_control(input)?.map(InPieces::Control)),
            Some(Frame::Data(_)) => Ok(self.continue_passing(input)?.map(InPieces::Piece)),
            None | Some(Frame::Boundary | Frame::Header(_)) => match self.next_header(role, input)? {
                Some(header) => self.begin_in_pieces(&header, input),
                None => Ok(None),
            },
        }
    }

    fn begin_in_pieces<'a>(
        &mut self,
        header: &Header,
        input: &mut Input<'a>,
    ) -> Result<Option<InPieces<'a>>, Violation> {
        let payload = Payload::new(header.fin, header.mask, header.length);
        match header.opcode {
            OpCode::Close | OpCode::Ping | OpCode::Pong => {
                Ok(self.begin_control(header, payload, input)?.map(InPieces::Control))
            }
            OpCode::Text | OpCode::Binary | OpCode::Continuation => {
                if payload.is_complete() && payload.fin == Fin::More {
                    input.note_empty_fragment();
                }
                let partial = self.partial();
                if let Some(kind) = Kind::begun_by(header.opcode) {
                    partial.passing = Some(Passing::new(kind));
                }
                partial.frame = Frame::Data(payload);
                Ok(self.continue_passing(input)?.map(InPieces::Piece))
            }
        }
    }

    /// Hands on what is here of the frame under way.
    fn continue_passing<'a>(&mut self, input: &mut Input<'a>) -> Result<Option<Part<'a>>, Violation> {
        let Some((payload, passing)) = self.passing() else {
            return Ok(None);
        };
        let bytes = input.take(passing.most(payload.remaining()));
        payload.advance(bytes);
        let content = passing.pass(bytes)?;
        let end = if payload.is_complete() { Some(payload.fin) } else { None };
        match (content, end) {
            (content, Some(Fin::Final)) => {
                let nothing = passing.nothing()?;
                let begin = passing.begin;
                self.partial().passing = None;
                self.end_frame();
                Ok(Some(Part { content: content.unwrap_or(nothing), begin, end: End::Here }))
            }
            (content, end) => {
                let begin = passing.begin;
                if content.is_some() {
                    passing.begin = Begin::Before;
                }
                if end.is_some() {
                    self.end_frame();
                }
                Ok(content.map(|content| Part { content, begin, end: End::Later }))
            }
        }
    }
}
