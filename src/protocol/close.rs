//! Close frames: their codes, their payload, and what may be on the wire (RFC 6455, sections 5.5.1 and 7.4).

use std::borrow::Cow;
use std::fmt;

use super::violation::Violation;

/// Most bytes a close reason can have: a control frame holds 125, the code takes 2.
const REASON_LIMIT: usize = 123;

/// Why a connection closes (RFC 6455, section 7.4, and the IANA registry).
///
/// ```
/// use ws_reactor::CloseCode;
///
/// assert_eq!(CloseCode::from(1000), CloseCode::Normal);
/// assert_eq!(u16::from(CloseCode::Away), 1001);
/// assert!(!CloseCode::Abnormal.is_sendable());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    Normal,
    /// 1001: the endpoint goes away: a server shuts down, a browser leaves the page.
    Away,
    /// 1002: the peer broke the protocol.
    Protocol,
    /// 1003: the endpoint cannot accept this kind of data.
    Unsupported,
    /// 1005: the Close frame carried no code. Never on the wire.
    Status,
    /// 1006: the connection ended without a Close frame. Never on the wire.
    Abnormal,
    /// 1007: the data did not match its type, such as text that is not UTF-8.
    Invalid,
    /// 1008: the message broke a policy of the endpoint.
    Policy,
    /// 1009: the message is too big.
    Size,
    /// 1010: the client needs an extension that the server did not negotiate.
    Extension,
    /// 1011: the endpoint met a condition it did not expect.
    Error,
    /// 1012: the service restarts.
    Restart,
    /// 1013: the service is overloaded; try again later.
    Again,
    /// 1014: a gateway got an invalid answer from the server behind it.
    BadGateway,
    /// 1015: the TLS handshake failed. Never on the wire.
    Tls,
    /// 3000 to 3999: registered with IANA by libraries and frameworks.
    Registered(u16),
    /// 4000 to 4999: for private use between applications.
    Private(u16),
    /// Every other number. Never on the wire.
    Other(u16),
}

impl CloseCode {
    /// Whether a Close frame may carry this code (RFC 6455, section 7.4).
    #[must_use]
    pub fn is_sendable(self) -> bool {
        matches!(u16::from(self), 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal closure",
            Self::Away => "going away",
            Self::Protocol => "protocol error",
            Self::Unsupported => "unsupported data",
            Self::Status => "no status received",
            Self::Abnormal => "abnormal closure",
            Self::Invalid => "invalid payload data",
            Self::Policy => "policy violation",
            Self::Size => "message too big",
            Self::Extension => "mandatory extension missing",
            Self::Error => "internal error",
            Self::Restart => "service restart",
            Self::Again => "try again later",
            Self::BadGateway => "bad gateway",
            Self::Tls => "TLS handshake failed",
            Self::Registered(_) => "registered",
            Self::Private(_) => "private use",
            Self::Other(_) => "undefined",
        }
    }
}

impl From<u16> for CloseCode {
    fn from(number: u16) -> Self {
        match number {
            1000 => Self::Normal,
            1001 => Self::Away,
            1002 => Self::Protocol,
            1003 => Self::Unsupported,
            1005 => Self::Status,
            1006 => Self::Abnormal,
            1007 => Self::Invalid,
            1008 => Self::Policy,
            1009 => Self::Size,
            1010 => Self::Extension,
            1011 => Self::Error,
            1012 => Self::Restart,
            1013 => Self::Again,
            1014 => Self::BadGateway,
            1015 => Self::Tls,
            3000..=3999 => Self::Registered(number),
            4000..=4999 => Self::Private(number),
            _ => Self::Other(number),
        }
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        match code {
            CloseCode::Normal => 1000,
            CloseCode::Away => 1001,
            CloseCode::Protocol => 1002,
            CloseCode::Unsupported => 1003,
            CloseCode::Status => 1005,
            CloseCode::Abnormal => 1006,
            CloseCode::Invalid => 1007,
            CloseCode::Policy => 1008,
            CloseCode::Size => 1009,
            CloseCode::Extension => 1010,
            CloseCode::Error => 1011,
            CloseCode::Restart => 1012,
            CloseCode::Again => 1013,
            CloseCode::BadGateway => 1014,
            CloseCode::Tls => 1015,
            CloseCode::Registered(number) | CloseCode::Private(number) | CloseCode::Other(number) => number,
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", u16::from(*self), self.name())
    }
}

/// A code and a reason: how a connection was, or is to be, closed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CloseFrame<'a> {
    /// Why, for programs.
    pub code: CloseCode,
    /// Why, for people reading logs: at most 123 bytes when sent, often empty.
    pub reason: Cow<'a, str>,
}

impl<'a> CloseFrame<'a> {
    /// A frame of this code and reason; whether it may be sent is decided when it is.
    #[must_use]
    pub fn new(code: CloseCode, reason: impl Into<Cow<'a, str>>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// The same frame, independent of where it came from.
    #[must_use]
    pub fn into_owned(self) -> CloseFrame<'static> {
        CloseFrame { code: self.code, reason: Cow::Owned(self.reason.into_owned()) }
    }

    /// Reads the payload of a Close frame; `None` when it is empty (RFC 6455, section 5.5.1).
    pub(crate) fn parse(payload: &'a [u8]) -> Result<Option<Self>, Violation> {
        let Some((number, reason)) = payload.split_first_chunk() else {
            return if payload.is_empty() { Ok(None) } else { Err(Violation::ClosePayload) };
        };
        let number = u16::from_be_bytes(*number);
        let code = CloseCode::from(number);
        if !code.is_sendable() {
            return Err(Violation::InvalidCloseCode(number));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| Violation::InvalidUtf8)?;
        Ok(Some(Self::new(code, reason)))
    }

    /// The payload of this Close frame, if it may be sent.
    pub(crate) fn payload(&self) -> Result<ClosePayload, InvalidClose> {
        if !self.code.is_sendable() {
            return Err(InvalidClose::Code(self.code));
        }
        let reason = self.reason.as_bytes();
        if reason.len() > REASON_LIMIT {
            return Err(InvalidClose::ReasonTooLong(reason.len()));
        }
        let mut bytes = [0; 2 + REASON_LIMIT];
        bytes[..2].copy_from_slice(&u16::from(self.code).to_be_bytes());
        bytes[2..2 + reason.len()].copy_from_slice(reason);
        Ok(ClosePayload { bytes, len: 2 + reason.len() })
    }
}

impl fmt::Display for CloseFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

/// The payload of a Close frame that was checked before it was built.
#[derive(Debug)]
pub(crate) struct ClosePayload {
    bytes: [u8; 2 + REASON_LIMIT],
    len: usize,
}

impl AsRef<[u8]> for ClosePayload {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Why a close frame cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidClose {
    /// The code must never be on the wire (RFC 6455, section 7.4).
    Code(CloseCode),
    /// The reason has this many bytes; 123 fit (RFC 6455, section 5.5).
    ReasonTooLong(usize),
}

impl fmt::Display for InvalidClose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "close code {code} must not be sent (RFC 6455, section 7.4)"),
            Self::ReasonTooLong(length) => {
                write!(f, "close reason of {length} bytes; {REASON_LIMIT} fit (RFC 6455, section 5.5)")
            }
        }
    }
}

impl std::error::Error for InvalidClose {}

#[cfg(test)]
mod tests {
    use super::{CloseCode, CloseFrame, InvalidClose};
    use crate::protocol::violation::Violation;

    #[test]
    fn all_codes_keep_their_number() {
        for number in 0..=u16::MAX {
            assert_eq!(u16::from(CloseCode::from(number)), number);
        }
    }

    #[test]
    fn only_codes_of_the_registry_and_the_private_range_are_sendable_section_7_4() {
        let sendable: Vec<u16> =
            (0..=u16::MAX).filter(|&number| CloseCode::from(number).is_sendable()).collect();
        let expected: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
        assert_eq!(sendable, expected);
    }

    #[test]
    fn all_codes_are_parsed_or_refused_and_sent_or_refused_alike_section_7_4() {
        for number in 0..=u16::MAX {
            let code = CloseCode::from(number);
            let bytes = number.to_be_bytes();
            let frame = CloseFrame::new(code, "");
            let (parsed, sent) = (CloseFrame::parse(&bytes), frame.payload());
            if code.is_sendable() {
                assert_eq!(parsed, Ok(Some(frame.clone())));
                assert_eq!(sent.expect("sendable").as_ref(), bytes);
            } else {
                assert_eq!(parsed, Err(Violation::InvalidCloseCode(number)));
                assert_eq!(sent.err(), Some(InvalidClose::Code(code)));
            }
        }
    }

    #[test]
    fn a_reason_of_123_bytes_fits_section_5_5() {
        let reason = "é".repeat(61) + "x";
        let frame = CloseFrame::new(CloseCode::Normal, reason.as_str());
        let payload = frame.payload().expect("fits");
        assert_eq!(payload.as_ref().len(), 125);
        assert_eq!(CloseFrame::parse(payload.as_ref()), Ok(Some(frame.clone())));
        let long = CloseFrame::new(CloseCode::Normal, reason + "x");
        assert_eq!(long.payload().err(), Some(InvalidClose::ReasonTooLong(124)));
    }

    #[test]
    fn a_code_made_by_hand_is_judged_by_its_number_section_7_4() {
        assert!(!CloseCode::Registered(1005).is_sendable());
        assert!(!CloseCode::Private(65535).is_sendable());
        assert!(CloseCode::Other(4000).is_sendable());
    }

    #[test]
    fn codes_and_frames_print_number_name_and_reason() {
        assert_eq!(CloseCode::Away.to_string(), "1001 going away");
        assert_eq!(CloseFrame::new(CloseCode::Private(4001), "").to_string(), "4001 private use");
        assert_eq!(CloseFrame::new(CloseCode::Normal, "done").to_string(), "1000 normal closure: done");
        let error = InvalidClose::Code(CloseCode::Abnormal).to_string();
        assert!(error.starts_with("close code 1006 abnormal closure must not be sent"));
    }
}
