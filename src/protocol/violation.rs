//! Everything a peer can do wrong once the connection is open, and the close code each fault earns.

use std::fmt;

use super::close::CloseCode;

/// A fault of the peer: the connection fails with [`close_code`](Self::close_code).
///
/// Sections are those of RFC 6455.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Violation {
    /// A client sent an unmasked frame (section 5.1).
    Unmasked,
    /// A server sent a masked frame (section 5.1).
    Masked,
    /// A reserved bit was set that no extension has given a meaning (section 5.2).
    ReservedBits,
    /// The opcode is one of the reserved ones (section 5.2).
    ReservedOpcode,
    /// A control frame was not the only frame of its message (section 5.5).
    FragmentedControl,
    /// A control frame announced more than 125 bytes (section 5.5).
    ControlTooLong,
    /// The top bit of a 64-bit length was set (section 5.2).
    LengthTooLarge,
    /// A length took more bytes than it needs (section 5.2).
    NonMinimalLength,
    /// A continuation arrived with no message under way (section 5.4).
    OrphanContinuation,
    /// A new message began before the fragmented one had ended (section 5.4).
    InterruptedMessage,
    /// The payload of a Close frame was a single byte (section 5.5.1).
    ClosePayload,
    /// A Close frame carried a code that must not be on the wire (section 7.4).
    InvalidCloseCode(u16),
    /// A text message or a close reason was not UTF-8 (section 8.1).
    InvalidUtf8,
    /// A frame announced more bytes than the limit for frames (section 10.4).
    FrameTooLong,
    /// A message grew past the limit for messages (section 10.4).
    MessageTooLong,
    /// The peer sent frames without content faster than it may (section 10.4).
    TooFrequent,
}

impl Violation {
    /// The code to close the connection with (RFC 6455, section 7.4.1).
    #[must_use]
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::Unmasked
            | Self::Masked
            | Self::ReservedBits
            | Self::ReservedOpcode
            | Self::FragmentedControl
            | Self::ControlTooLong
            | Self::LengthTooLarge
            | Self::NonMinimalLength
            | Self::OrphanContinuation
            | Self::InterruptedMessage
            | Self::ClosePayload
            | Self::InvalidCloseCode(_) => CloseCode::Protocol,
            Self::InvalidUtf8 => CloseCode::Invalid,
            Self::TooFrequent => CloseCode::Policy,
            Self::FrameTooLong | Self::MessageTooLong => CloseCode::Size,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Unmasked => "unmasked frame from a client (RFC 6455, section 5.1)",
            Self::Masked => "masked frame from a server (RFC 6455, section 5.1)",
            Self::ReservedBits => "reserved bit set in a frame header (RFC 6455, section 5.2)",
            Self::ReservedOpcode => "reserved opcode (RFC 6455, section 5.2)",
            Self::FragmentedControl => "fragmented control frame (RFC 6455, section 5.5)",
            Self::ControlTooLong => "control frame longer than 125 bytes (RFC 6455, section 5.5)",
            Self::LengthTooLarge => "payload length with its top bit set (RFC 6455, section 5.2)",
            Self::NonMinimalLength => "payload length longer than needed (RFC 6455, section 5.2)",
            Self::OrphanContinuation => "continuation of no message (RFC 6455, section 5.4)",
            Self::InterruptedMessage => "new message inside a fragmented one (RFC 6455, section 5.4)",
            Self::ClosePayload => "close frame with a payload of one byte (RFC 6455, section 5.5.1)",
            Self::InvalidCloseCode(_) => "invalid close code (RFC 6455, section 7.4)",
            Self::InvalidUtf8 => "text that is not UTF-8 (RFC 6455, section 8.1)",
            Self::FrameTooLong => "frame over the size limit (RFC 6455, section 10.4)",
            Self::MessageTooLong => "message over the size limit (RFC 6455, section 10.4)",
            Self::TooFrequent => "too many frames without content (RFC 6455, section 10.4)",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match self {
            Self::InvalidCloseCode(code) => write!(f, ": {code}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Violation {}

#[cfg(test)]
mod tests {
    use super::Violation;

    #[test]
    fn every_violation_names_its_section_and_closes_with_a_code_that_may_be_sent() {
        for violation in [
            Violation::Unmasked,
            Violation::NonMinimalLength,
            Violation::InvalidCloseCode(1005),
            Violation::InvalidUtf8,
            Violation::FrameTooLong,
            Violation::TooFrequent,
        ] {
            assert!(violation.to_string().contains("(RFC 6455, section "));
            assert!(violation.close_code().is_sendable());
        }
        assert_eq!(
            Violation::InvalidCloseCode(1005).to_string(),
            "invalid close code (RFC 6455, section 7.4): 1005"
        );
    }
}
