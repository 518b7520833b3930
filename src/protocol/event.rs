//! What a peer said, and how much it may say.

use std::borrow::Cow;

use super::assembly::Assembled;
use super::close::CloseFrame;
use super::header::CONTROL_LIMIT;
use super::message::Message;
use super::opcode::OpCode;
use super::violation::Violation;

/// The payload of a ping or pong: borrowed when it arrived whole, owned when it came in pieces.
pub(crate) type Control<'a> = Cow<'a, [u8]>;

/// Something the peer said.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// A message that arrived whole.
    Message(Message<'a>),
    /// A message that arrived in pieces.
    Assembled(Assembled),
    Ping(Control<'a>),
    Pong(Control<'a>),
    /// The closing handshake; nothing that follows it is to be read (RFC 6455, section 5.5.1).
    Close(Option<CloseFrame<'a>>),
}

/// A control frame that lies whole in the input; `None` when the opcode is not one.
pub(super) fn borrowed_control(opcode: OpCode, payload: &[u8]) -> Result<Option<Event<'_>>, Violation> {
    Ok(match opcode {
        OpCode::Ping => Some(Event::Ping(Cow::Borrowed(payload))),
        OpCode::Pong => Some(Event::Pong(Cow::Borrowed(payload))),
        OpCode::Close => Some(Event::Close(CloseFrame::parse(payload)?)),
        OpCode::Continuation | OpCode::Text | OpCode::Binary => None,
    })
}

/// A control frame that came in pieces; `None` when the opcode is not one.
pub(super) fn owned_control(opcode: OpCode, payload: Vec<u8>) -> Result<Option<Event<'static>>, Violation> {
    Ok(match opcode {
        OpCode::Ping => Some(Event::Ping(Cow::Owned(payload))),
        OpCode::Pong => Some(Event::Pong(Cow::Owned(payload))),
        OpCode::Close => Some(Event::Close(CloseFrame::parse(&payload)?.map(CloseFrame::into_owned))),
        OpCode::Continuation | OpCode::Text | OpCode::Binary => None,
    })
}

/// What a peer may send, in bytes of payload (RFC 6455, section 10.4). Control frames are exempt: they
/// have a limit of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// In one frame.
    pub(crate) frame: u64,
    /// In one message, all its frames together.
    pub(crate) message: u64,
}

/// The longest payload of seven bits that the limits allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShortLimit(pub(super) usize);

impl Limits {
    pub(crate) fn short(&self) -> ShortLimit {
        let most = self.frame.min(self.message).min(CONTROL_LIMIT.into());
        ShortLimit(usize::try_from(most).unwrap_or_default())
    }

    /// Judges a frame of `length` bytes, by its header, that goes on with a message of `assembled`.
    #[inline]
    pub(super) fn admit(&self, length: u64, assembled: usize) -> Result<(), Violation> {
        if length > self.frame {
            return Err(Violation::FrameTooLong);
        }
        if length.saturating_add(assembled as u64) > self.message {
            return Err(Violation::MessageTooLong);
        }
        Ok(())
    }
}
