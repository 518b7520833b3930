//! What arrived and was not asked for yet: messages in order, and the last pongs beside them.

use std::collections::VecDeque;
use std::fmt;

use super::Limits;
use crate::protocol::OwnedMessage;

/// So many pongs are kept. Who does not wait for them does not want them.
const PONGS: usize = 16;

/// The queue between the loop and those who receive.
#[derive(Debug)]
pub struct Inbox {
    messages: VecDeque<OwnedMessage>,
    bytes: usize,
    pongs: VecDeque<Vec<u8>>,
    limits: Limits,
}

impl Inbox {
    pub(super) fn new(limits: Limits) -> Self {
        Self { messages: VecDeque::new(), bytes: 0, pongs: VecDeque::new(), limits }
    }

    pub(super) fn push(&mut self, message: OwnedMessage) {
        self.bytes += message.as_message().len();
        self.messages.push_back(message);
    }

    pub(super) fn push_pong(&mut self, payload: &[u8]) {
        if self.pongs.len() == PONGS {
            self.pongs.pop_front();
        }
        self.pongs.push_back(payload.to_vec());
    }

    /// Whether reading has to pause.
    pub(super) fn is_full(&self) -> bool {
        self.messages.len() >= self.limits.received_messages.max(1)
            || (self.bytes >= self.limits.received_bytes && self.bytes > 0)
    }

    /// Whether there is enough room to make it worth while to go on reading.
    pub(super) fn is_low(&self) -> bool {
        self.messages.len() <= self.limits.received_messages / 2
            && self.bytes <= self.limits.received_bytes / 2
    }

    /// Takes the first message that `is_wanted`.
    fn take(&mut self, is_wanted: impl Fn(&OwnedMessage) -> bool) -> Option<OwnedMessage> {
        let position = self.messages.iter().position(is_wanted)?;
        let message = self.messages.remove(position)?;
        self.bytes = self.bytes.saturating_sub(message.as_message().len());
        Some(message)
    }
}

/// A kind of message to wait for: [`Text`], [`Binary`] or [`Pong`].
pub trait Kind: sealed::Sealed + Copy + fmt::Debug {
    /// What is waited for.
    type Output;

    /// Takes the first of this kind.
    #[doc(hidden)]
    fn pick(self, inbox: &mut Inbox) -> Option<Self::Output>;
}

mod sealed {
    /// Nobody else has kinds of messages.
    pub trait Sealed {}
}

/// Any message, text or binary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Any;

/// Text messages, received as a `String`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text;

/// Binary messages, received as a `Vec<u8>`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binary;

/// Pongs, received as the payload that they carry. The last 16 are kept; they do not count as messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pong;

impl sealed::Sealed for Any {}
impl sealed::Sealed for Text {}
impl sealed::Sealed for Binary {}
impl sealed::Sealed for Pong {}

impl Kind for Any {
    type Output = OwnedMessage;

    fn pick(self, inbox: &mut Inbox) -> Option<OwnedMessage> {
        inbox.take(|_| true)
    }
}

impl Kind for Text {
    type Output = String;

    fn pick(self, inbox: &mut Inbox) -> Option<String> {
        match inbox.take(|message| matches!(message, OwnedMessage::Text(_)))? {
            OwnedMessage::Text(text) => Some(text),
            OwnedMessage::Binary(_) => None,
        }
    }
}

impl Kind for Binary {
    type Output = Vec<u8>;

    fn pick(self, inbox: &mut Inbox) -> Option<Vec<u8>> {
        match inbox.take(|message| matches!(message, OwnedMessage::Binary(_)))? {
            OwnedMessage::Binary(bytes) => Some(bytes),
            OwnedMessage::Text(_) => None,
        }
    }
}

impl Kind for Pong {
    type Output = Vec<u8>;

    fn pick(self, inbox: &mut Inbox) -> Option<Vec<u8>> {
        inbox.pongs.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::{Any, Binary, Inbox, Kind, Limits, PONGS, Pong, Text};
    use crate::protocol::OwnedMessage;

    fn inbox(received_messages: usize, received_bytes: usize) -> Inbox {
        Inbox::new(Limits { received_messages, received_bytes, ..Limits::default() })
    }

    #[test]
    fn what_is_skipped_stays_in_order() {
        let mut inbox = inbox(10, 100);
        for message in [OwnedMessage::from("one"), vec![2].into(), "three".into(), vec![4].into()] {
            inbox.push(message);
        }
        inbox.push_pong(b"five");
        assert_eq!(Pong.pick(&mut inbox), Some(b"five".to_vec()));
        assert_eq!(Binary.pick(&mut inbox), Some(vec![2]));
        assert_eq!(Text.pick(&mut inbox), Some("one".to_owned()));
        assert_eq!(Any.pick(&mut inbox), Some("three".into()));
        assert_eq!(Text.pick(&mut inbox), None);
        assert_eq!(Any.pick(&mut inbox), Some(vec![4].into()));
        assert_eq!((inbox.bytes, Any.pick(&mut inbox)), (0, None));
    }

    #[test]
    fn it_is_full_by_count_and_by_bytes_and_low_when_half_is_gone() {
        let mut by_count = inbox(4, 100);
        (0..4).for_each(|_| by_count.push("".into()));
        assert!(by_count.is_full());
        Any.pick(&mut by_count);
        assert!(!by_count.is_full() && !by_count.is_low());
        Any.pick(&mut by_count);
        assert!(by_count.is_low());
        let mut by_bytes = inbox(4, 3);
        by_bytes.push("long".into());
        assert!(by_bytes.is_full());
        Any.pick(&mut by_bytes);
        assert!(!by_bytes.is_full() && by_bytes.is_low());
        assert!(!inbox(0, 0).is_full());
    }

    #[test]
    fn pongs_that_nobody_wants_are_forgotten() {
        let mut inbox = inbox(4, 100);
        (0..=PONGS).for_each(|count| inbox.push_pong(&count.to_be_bytes()));
        assert_eq!(Pong.pick(&mut inbox), Some(1_usize.to_be_bytes().to_vec()));
        assert!(!inbox.is_full());
    }
}
