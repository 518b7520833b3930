//! What becomes of a random client: most behave, the others do what clients do to servers.

use super::chance::Chance;

/// How a client behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Talks, closes, and waits for the answer.
    Polite,
    /// Like a polite one, but ends its side of the connection together with its Close.
    Hasty,
    /// Talks, then lets the server end it, or closes after a long silence.
    Patient,
    /// Resets the connection, perhaps in the middle of a frame.
    Resets,
    /// Ends the connection without a Close.
    Leaves,
    /// Says nothing any more, takes nothing, ends nothing.
    Vanishes,
    /// Talks on and never reads.
    Deaf,
    /// More pings than anybody may send.
    Floods,
    /// Breaks the protocol.
    Violates,
    /// Never gets as far as a WebSocket.
    Stumbles(Stumble),
}

/// What is wrong with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stumble {
    Garbage,
    /// Half a head, then silence.
    Half,
    /// One byte at a time, and never all of them.
    Trickle,
    Oversize,
    /// An ordinary request.
    Plain,
    /// A path nobody serves.
    Lost,
    /// A path whose route panics.
    Cursed,
    /// Gone in the middle of the head.
    Gone,
}

/// A frame that must not be, and the close code it earns (RFC 6455, section 7.4.1).
pub(super) const VIOLATIONS: [(&[u8], u16); 6] = [
    // Unmasked.
    (&[0x82, 0x01, 0x00], 1002),
    // A reserved opcode.
    (&[0x83, 0x80, 0, 0, 0, 0], 1002),
    // A continuation of nothing.
    (&[0x80, 0x80, 0, 0, 0, 0], 1002),
    // A Close with half a code.
    (&[0x88, 0x81, 0, 0, 0, 0, 0x03], 1002),
    // Text that is not UTF-8.
    (&[0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),
    // A frame of a gigabyte.
    (&[0x82, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0], 1009),
];

impl Fate {
    pub(super) fn random(chance: &mut Chance) -> Self {
        match chance.below(40) {
            0 => Self::Resets,
            1 => Self::Leaves,
            2 => Self::Vanishes,
            3 => Self::Deaf,
            4 => Self::Floods,
            5 => Self::Violates,
            6..=8 => Self::Stumbles(*chance.pick(&[
                Stumble::Garbage,
                Stumble::Half,
                Stumble::Trickle,
                Stumble::Oversize,
                Stumble::Plain,
                Stumble::Lost,
                Stumble::Cursed,
                Stumble::Gone,
            ])),
            9..=12 => Self::Patient,
            13..=18 => Self::Hasty,
            _ => Self::Polite,
        }
    }

    /// Whether the server owes this client a closing handshake.
    pub(super) fn behaves(self) -> bool {
        matches!(self, Self::Polite | Self::Hasty | Self::Patient)
    }
}
