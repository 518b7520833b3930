//! What arrives, turned into events (RFC 6455, sections 5 and 6.2).
//!
//! ```text
//!               whole frame in the input: event, nothing kept
//!              +----+
//!              |    v
//!   +------> nothing half received
//!   |            |  part of a header      part of a control frame     part of a message
//!   |            v                        v                           v
//!   |          Frame::Header -------> Frame::Control            Frame::Data <---+
//!   |            |    ^                   |                           |         |
//!   |            |    |                   |              end of frame v         |
//!   |            |    +------------- Frame::Boundary (inside a message) --------+
//!   |            |                        |                           |
//!   +------------+------------------------+---------------------------+  event
//! ```
//!
//! A message that lies whole in the input is unmasked where it lies and borrowed from there. What is
//! only partly there is looked at once and moves to a [`Partial`], which exists only for that long.

use std::mem;
use std::ops::ControlFlow;

use super::assembly::{Assembly, Kind, Payload};
pub(crate) use super::event::{Event, Limits, ShortLimit};
use super::event::{borrowed_control, owned_control};
use super::header::{Decoded, HEADER_LIMIT, Header, Place, decode};
pub(crate) use super::input::Input;
use super::mask;
use super::message::Message;
use super::opcode::{Fin, OpCode};
use super::partial::{Frame, Partial, SplitHeader};
use super::pieces::{Delivery, Passing};
use super::role::Role;
use super::violation::Violation;
use crate::buffer::Pool;

/// One direction of a connection: bytes in, events out. It owns memory only while something is half
/// received.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    partial: Option<Box<Partial>>,
}

impl Receiver {
    /// The next event for an endpoint of this role, or `None` when the input is used up.
    ///
    /// After [`Event::Close`] and after an error it is not called again.
    #[inline]
    pub(crate) fn receive<'a>(
        &mut self,
        role: Role,
        input: &mut Input<'a>,
        limits: &Limits,
        pool: &mut Pool,
    ) -> Result<Option<Event<'a>>, Violation> {
        if self.partial.is_some() {
            return self.receive_in_steps(role, input, limits, pool);
        }
        match Self::whole_message(role, input, limits)? {
            Some(message) => Ok(Some(Event::Message(message))),
            None => self.receive_in_steps(role, input, limits, pool),
        }
    }

    /// Hands the short messages at the front of the input to `take`, without a detour, until it has had enough,
    /// `most` of them are taken, or something else follows. Gives how many there were.
    #[inline]
    pub(crate) fn take_short(
        &self,
        input: &mut Input<'_>,
        limit: ShortLimit,
        most: usize,
        mut take: impl FnMut(Message<'_>) -> ControlFlow<()>,
    ) -> Result<usize, Violation> {
        if self.partial.is_some() {
            return Ok(0);
        }
        let mut frames = input.lend();
        let mut taken = 0;
        while taken < most {
            let Some((kind, mask, payload)) = frames.take(limit) else {
                break;
            };
            mask::apply(payload, mask, 0);
            taken += 1;
            if take(kind.message(payload)?).is_break() {
                break;
            }
        }
        input.take_back(frames);
        Ok(taken)
    }

    /// A message of one frame that lies whole in the input.
    #[inline]
    fn whole_message<'a>(
        role: Role,
        input: &mut Input<'a>,
        limits: &Limits,
    ) -> Result<Option<Message<'a>>, Violation> {
        let Decoded::Header(header, size) = decode(input.peek(), role, Place::BetweenMessages)? else {
            return Ok(None);
        };
        whole_payload(&header, size, input, limits)
    }

    /// Everything but a whole message.
    #[inline(never)]
    fn receive_in_steps<'a>(
        &mut self,
        role: Role,
        input: &mut Input<'a>,
        limits: &Limits,
        pool: &mut Pool,
    ) -> Result<Option<Event<'a>>, Violation> {
        while !input.is_empty() {
            if let Some(event) = self.step(role, input, limits, pool)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Goes on with the frame under way, or begins the next, until it ends or the input does.
    fn step<'a>(
        &mut self,
        role: Role,
        input: &mut Input<'a>,
        limits: &Limits,
        pool: &mut Pool,
    ) -> Result<Option<Event<'a>>, Violation> {
        match self.frame() {
            Some(Frame::Control(..)) => self.continue_control(input),
            Some(Frame::Data(_)) => self.continue_data(input),
            None | Some(Frame::Boundary | Frame::Header(_)) => match self.next_header(role, input)? {
                Some(header) => self.begin_payload(&header, input, limits, pool),
                None => Ok(None),
            },
        }
    }

    /// How much of the current frame is here; `None` between messages.
    pub(super) fn frame(&self) -> Option<&Frame> {
        self.partial.as_deref().map(|partial| &partial.frame)
    }

    /// The header of the frame under way or the next, once all of it is here.
    pub(super) fn next_header(
        &mut self,
        role: Role,
        input: &mut Input<'_>,
    ) -> Result<Option<Header>, Violation> {
        if let Some(Frame::Header(_)) = self.frame() {
            return self.continue_header(role, input);
        }
        match self.decode(role, input.peek())? {
            Decoded::Header(header, size) => {
                input.take(size);
                Ok(Some(header))
            }
            Decoded::Incomplete => {
                let mut split = SplitHeader::default();
                split.extend(input.take(HEADER_LIMIT));
                self.partial().frame = Frame::Header(split);
                Ok(None)
            }
        }
    }

    fn continue_header(&mut self, role: Role, input: &mut Input<'_>) -> Result<Option<Header>, Violation> {
        let Frame::Header(split) = &mut self.partial().frame else {
            return Ok(None);
        };
        split.extend(input.take(1));
        let split = *split;
        let Decoded::Header(header, _) = self.decode(role, split.as_slice())? else {
            return Ok(None);
        };
        self.end_frame();
        Ok(Some(header))
    }

    fn begin_payload<'a>(
        &mut self,
        header: &Header,
        input: &mut Input<'a>,
        limits: &Limits,
        pool: &mut Pool,
    ) -> Result<Option<Event<'a>>, Violation> {
        let payload = Payload::new(header.fin, header.mask, header.length);
        match header.opcode {
            OpCode::Close | OpCode::Ping | OpCode::Pong => self.begin_control(header, payload, input),
            OpCode::Text | OpCode::Binary | OpCode::Continuation => {
                if let Some(message) = whole_payload(header, 0, input, limits)? {
                    return Ok(Some(Event::Message(message)));
                }
                self.begin_data(header, payload, limits, pool)?;
                self.continue_data(input)
            }
        }
    }

    pub(super) fn begin_control<'a>(
        &mut self,
        header: &Header,
        payload: Payload,
        input: &mut Input<'a>,
    ) -> Result<Option<Event<'a>>, Violation> {
        if let Some(bytes) = input.take_behind(0, header.length) {
            unmask(bytes, header.mask);
            return borrowed_control(header.opcode, bytes);
        }
        let bytes = Vec::with_capacity(payload.remaining());
        self.partial().frame = Frame::Control(header.opcode, payload, bytes);
        self.continue_control(input)
    }

    pub(super) fn continue_control<'a>(
        &mut self,
        input: &mut Input<'a>,
    ) -> Result<Option<Event<'a>>, Violation> {
        let Frame::Control(opcode, payload, bytes) = &mut self.partial().frame else {
            return Ok(None);
        };
        let piece = input.take(payload.remaining());
        payload.advance(piece);
        bytes.extend_from_slice(piece);
        if !payload.is_complete() {
            return Ok(None);
        }
        let (opcode, bytes) = (*opcode, mem::take(bytes));
        self.end_frame();
        owned_control(opcode, bytes)
    }

    fn begin_data(
        &mut self,
        header: &Header,
        payload: Payload,
        limits: &Limits,
        pool: &mut Pool,
    ) -> Result<(), Violation> {
        let partial = self.partial();
        limits.admit(header.length, partial.assembled())?;
        if let Some(kind) = Kind::begun_by(header.opcode) {
            partial.message = Some(Assembly::new(kind));
        }
        let message = partial.message.as_mut().ok_or(Violation::OrphanContinuation)?;
        message.borrow(header.length, pool);
        partial.frame = Frame::Data(payload);
        Ok(())
    }

    fn continue_data(&mut self, input: &mut Input<'_>) -> Result<Option<Event<'static>>, Violation> {
        let Some((payload, message)) = self.partial.as_deref_mut().and_then(Partial::data) else {
            return Ok(None);
        };
        let piece = input.take(payload.remaining());
        if payload.fin == Fin::More && payload.is_complete() {
            input.note_empty_fragment();
        }
        message.append(payload, piece)?;
        self.end_data()
    }

    /// Where the next bytes of a long message can be read to straight from the socket, when there are
    /// enough to come for a read of their own. They all belong to the frame under way.
    pub(crate) fn landing(&mut self) -> Option<&mut [u8]> {
        let (payload, message) = self.partial.as_deref_mut()?.data()?;
        message.landing(payload)
    }

    /// Takes in the `count` bytes that were read into the landing. Nothing else may be received in
    /// between.
    pub(crate) fn landed(&mut self, count: usize) -> Result<Option<Event<'static>>, Violation> {
        let Some((payload, message)) = self.partial.as_deref_mut().and_then(Partial::data) else {
            return Ok(None);
        };
        message.landed(payload, count)?;
        self.end_data()
    }

    /// Whether nothing is half received: no message, no frame, no header.
    #[cfg(test)]
    pub(super) fn is_between_messages(&self) -> bool {
        self.partial.is_none()
    }

    /// Gives back what is half received: for when the connection ends.
    pub(crate) fn release(&mut self, pool: &mut Pool) {
        let message = self.partial.take().and_then(|partial| partial.message);
        if let Some(message) = message {
            pool.give(message.into_buffer());
        }
    }

    /// Bytes of memory held for the message under way.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        let message = self.partial.as_deref().and_then(|partial| partial.message.as_ref());
        message.map_or(0, Assembly::capacity)
    }

    /// Ends the frame of the message under way if it is complete, and the message with its last frame.
    fn end_data(&mut self) -> Result<Option<Event<'static>>, Violation> {
        let Some((payload, message)) = self.partial.as_deref_mut().and_then(Partial::data) else {
            return Ok(None);
        };
        if !payload.is_complete() {
            return Ok(None);
        }
        if payload.fin == Fin::More {
            self.end_frame();
            return Ok(None);
        }
        message.check_end()?;
        let message = self.partial.take().and_then(|partial| partial.message);
        Ok(message.map(|message| Event::Assembled(message.into_assembled())))
    }

    /// Keeps the message under way, if there is one, and else nothing.
    pub(super) fn end_frame(&mut self) {
        match self.partial.as_deref_mut() {
            Some(partial) if partial.is_inside() || partial.delivery == Delivery::Pieces => {
                partial.frame = Frame::Boundary;
            }
            _ => self.partial = None,
        }
    }

    /// Reads a header where the stream is now; out of line, so that the way of whole messages stays short.
    #[inline(never)]
    fn decode(&self, role: Role, bytes: &[u8]) -> Result<Decoded, Violation> {
        let place = self.partial.as_deref().map_or(Place::BetweenMessages, Partial::place);
        decode(bytes, role, place)
    }

    pub(super) fn partial(&mut self) -> &mut Partial {
        self.partial.get_or_insert_default()
    }

    /// The data frame under way and the message that it belongs to, where it is handed on in pieces.
    pub(super) fn passing(&mut self) -> Option<(&mut Payload, &mut Passing)> {
        self.partial.as_deref_mut()?.passing()
    }

    /// One that hands on messages in pieces.
    pub(crate) fn in_pieces() -> Self {
        let partial = Partial { delivery: Delivery::Pieces, ..Partial::default() };
        Self { partial: Some(Box::new(partial)) }
    }

    /// How messages are handed on.
    #[inline]
    pub(crate) fn delivery(&self) -> Delivery {
        self.partial.as_deref().map_or(Delivery::Whole, |partial| partial.delivery)
    }
}

/// The message of a frame whose payload lies whole in the input, behind `skip` bytes of header.
#[inline]
fn whole_payload<'a>(
    header: &Header,
    skip: usize,
    input: &mut Input<'a>,
    limits: &Limits,
) -> Result<Option<Message<'a>>, Violation> {
    let (Some(kind), Fin::Final) = (Kind::begun_by(header.opcode), header.fin) else {
        return Ok(None);
    };
    limits.admit(header.length, 0)?;
    let Some(payload) = input.take_behind(skip, header.length) else {
        return Ok(None);
    };
    unmask(payload, header.mask);
    kind.message(payload).map(Some)
}

#[inline]
fn unmask(payload: &mut [u8], mask: Option<[u8; 4]>) {
    if let Some(key) = mask {
        mask::apply(payload, key, 0);
    }
}
