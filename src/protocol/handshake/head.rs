//! Finds the end of an HTTP/1.1 head, however it is cut, without looking at a byte twice.

use core::{error, fmt};

/// What a head may measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadLimits {
    /// Bytes, up to and including the empty line.
    pub(crate) bytes: usize,
    /// Header lines; [`HeadLimits::MOST_HEADERS`] is the most that is ever taken.
    pub(crate) headers: usize,
}

impl HeadLimits {
    /// Header lines that are read at all: there is room for no more.
    pub(crate) const MOST_HEADERS: usize = 100;
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self {
            bytes: 16 * 1024,
            headers: Self::MOST_HEADERS,
        }
    }
}

/// What makes a head unacceptable before it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadFault {
    /// A line feed without its carriage return (RFC 9112, section 2.2).
    BareLineFeed,
    /// A carriage return without its line feed (RFC 9112, section 2.2).
    BareCarriageReturn,
    /// A NUL (RFC 9110, section 5.5).
    Nul,
    /// The first line alone is over the limit.
    LineTooLong,
    /// The head is over the limit.
    TooLarge,
}

impl fmt::Display for HeadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareLineFeed => "a line ends in a line feed alone",
            Self::BareCarriageReturn => "a carriage return is not followed by a line feed",
            Self::Nul => "the head contains a NUL",
            Self::LineTooLong => "the first line is too long",
            Self::TooLarge => "the head is too large",
        })
    }
}

impl error::Error for HeadFault {}

/// A search for the end of a head that goes on where it stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeadScan {
    /// Bytes that need not be looked at again.
    scanned: u32,
}

impl HeadScan {
    /// The length of the head at the start of `bytes`, with its empty line, once it is there.
    ///
    /// `bytes` is all that has arrived, from the first byte of the head; each call sees at least what the last saw.
    pub(crate) fn find(&mut self, bytes: &[u8], limit: usize) -> Result<Option<usize>, HeadFault> {
        let limit = limit.min(u32::MAX as usize);
        let within = bytes.get(..limit).unwrap_or(bytes);
        let from = self.scanned as usize;
        for (at, &byte) in within.iter().enumerate().skip(from) {
            let before = within.get(..at).unwrap_or_default();
            if ends_head(before, byte)? {
                self.scanned = u32::try_from(at).unwrap_or(u32::MAX);
                return Ok(Some(at + 1));
            }
        }
        self.scanned = u32::try_from(within.len()).unwrap_or(u32::MAX);
        if bytes.len() >= limit {
            Err(excess(within))
        } else {
            Ok(None)
        }
    }
}

/// Whether `byte` after `before` completes the empty line that ends a head.
fn ends_head(before: &[u8], byte: u8) -> Result<bool, HeadFault> {
    match (before.last(), byte) {
        (Some(b'\r'), b'\n') => Ok(before.ends_with(b"\r\n\r")),
        (Some(b'\r'), _) => Err(HeadFault::BareCarriageReturn),
        (_, b'\n') => Err(HeadFault::BareLineFeed),
        (_, 0) => Err(HeadFault::Nul),
        _ => Ok(false),
    }
}

/// Which limit a head broke that fills `within` and does not end there.
fn excess(within: &[u8]) -> HeadFault {
    if within.contains(&b'\n') {
        HeadFault::TooLarge
    } else {
        HeadFault::LineTooLong
    }
}
