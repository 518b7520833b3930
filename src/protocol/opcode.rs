//! What a frame is: its opcode, and whether it ends its message.

/// What a frame carries (RFC 6455, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpCode {
    /// A further fragment of the message under way.
    Continuation,
    /// A text message, or the first fragment of one.
    Text,
    /// A binary message, or the first fragment of one.
    Binary,
    /// The closing handshake.
    Close,
    /// Asks the peer for a pong.
    Ping,
    /// Answers a ping, or just says that this end is alive.
    Pong,
}

impl OpCode {
    /// The opcode with this value; `None` for the reserved ones, 3 to 7 and 11 to 15.
    #[inline]
    pub(crate) fn from_nibble(nibble: u8) -> Option<Self> {
        match nibble {
            0x0 => Some(Self::Continuation),
            0x1 => Some(Self::Text),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xA => Some(Self::Pong),
            _ => None,
        }
    }

    /// Its four bits on the wire.
    #[inline]
    pub(crate) fn nibble(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// Whether this is Close, Ping or Pong: never fragmented, 125 bytes at most (section 5.5).
    #[must_use]
    #[inline]
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Whether a frame ends its message (RFC 6455, section 5.2, FIN).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fin {
    /// The only or the last frame of its message.
    Final,
    /// Continuation frames follow.
    More,
}

#[cfg(test)]
mod tests {
    use super::OpCode;

    #[test]
    fn opcodes_keep_their_nibble_section_5_2() {
        let known: Vec<u8> = (0..=u8::MAX).filter(|&nibble| OpCode::from_nibble(nibble).is_some()).collect();
        assert_eq!(known, [0, 1, 2, 8, 9, 10]);
        for nibble in known {
            assert_eq!(OpCode::from_nibble(nibble).map(OpCode::nibble), Some(nibble));
        }
    }

    #[test]
    fn control_opcodes_have_the_top_bit_section_5_5() {
        for opcode in (0..16).filter_map(OpCode::from_nibble) {
            assert_eq!(opcode.is_control(), opcode.nibble() & 0x8 != 0);
        }
    }
}
