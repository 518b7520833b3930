//! Messages: borrowed as they arrive and as they are sent, owned where they must outlive that.

use super::opcode::OpCode;

/// A whole message, borrowed: what a handler receives and what can be sent.
///
/// ```
/// use ws_reactor::Message;
///
/// let message = Message::from("hello");
/// assert!(message.is_text());
/// assert_eq!(message.as_bytes(), b"hello");
/// assert_eq!(Message::from(&[1, 2, 3]), Message::Binary(&[1, 2, 3]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Message<'a> {
    /// Text, always valid UTF-8 (RFC 6455, section 5.6).
    Text(&'a str),
    /// Arbitrary bytes.
    Binary(&'a [u8]),
}

impl<'a> Message<'a> {
    /// The payload, whatever its kind.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &'a [u8] {
        match *self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The length of the payload in bytes.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether the payload has no bytes.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Whether this is a text message.
    #[must_use]
    #[inline]
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// [`OpCode::Text`] or [`OpCode::Binary`].
    #[must_use]
    #[inline]
    pub fn opcode(&self) -> OpCode {
        match self {
            Self::Text(_) => OpCode::Text,
            Self::Binary(_) => OpCode::Binary,
        }
    }

    /// A copy of its own.
    #[must_use]
    pub fn into_owned(self) -> OwnedMessage {
        OwnedMessage::from(self)
    }
}

/// A whole message that owns its payload: what is kept, or handed to another thread.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OwnedMessage {
    /// Text, always valid UTF-8 (RFC 6455, section 5.6).
    Text(String),
    /// Arbitrary bytes.
    Binary(Vec<u8>),
}

impl OwnedMessage {
    /// The same message, borrowed.
    #[must_use]
    #[inline]
    pub fn as_message(&self) -> Message<'_> {
        match self {
            Self::Text(text) => Message::Text(text),
            Self::Binary(bytes) => Message::Binary(bytes),
        }
    }
}

impl<'a> From<&'a str> for Message<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Message<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Message<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Message<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Message<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a> From<&'a OwnedMessage> for Message<'a> {
    fn from(message: &'a OwnedMessage) -> Self {
        message.as_message()
    }
}

impl From<String> for OwnedMessage {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for OwnedMessage {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl<const N: usize> From<&[u8; N]> for OwnedMessage {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Binary(bytes.to_vec())
    }
}

impl From<&str> for OwnedMessage {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<u8>> for OwnedMessage {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl From<&[u8]> for OwnedMessage {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(bytes.to_vec())
    }
}

impl From<Message<'_>> for OwnedMessage {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => text.into(),
            Message::Binary(bytes) => bytes.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, OwnedMessage};
    use crate::protocol::opcode::OpCode;

    #[test]
    fn strings_become_text_and_bytes_become_binary() {
        let text = String::from("é");
        let bytes = vec![1, 2];
        assert_eq!(Message::from(&text), Message::Text("é"));
        assert_eq!(Message::from("é"), Message::Text("é"));
        assert_eq!(Message::from(&bytes), Message::Binary(&[1, 2]));
        assert_eq!(Message::from(bytes.as_slice()), Message::Binary(&[1, 2]));
        assert_eq!(Message::from(&[1, 2]), Message::Binary(&[1, 2]));
    }

    #[test]
    fn a_message_knows_its_length_in_bytes_and_its_opcode() {
        let text = Message::Text("é");
        assert_eq!((text.len(), text.is_empty(), text.is_text()), (2, false, true));
        assert_eq!(text.opcode(), OpCode::Text);
        let empty = Message::Binary(&[]);
        assert_eq!((empty.len(), empty.is_empty(), empty.is_text()), (0, true, false));
        assert_eq!(empty.opcode(), OpCode::Binary);
    }

    #[test]
    fn owning_and_borrowing_again_changes_nothing() {
        for message in [Message::Text("é"), Message::Binary(&[0xFF])] {
            let owned = message.into_owned();
            assert_eq!(owned.as_message(), message);
            assert_eq!(Message::from(&owned), message);
        }
        assert_eq!(OwnedMessage::from(String::from("a")), OwnedMessage::from("a"));
        assert_eq!(OwnedMessage::from(vec![7]), OwnedMessage::from([7].as_slice()));
    }
}
