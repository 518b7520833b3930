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
        Self { bytes: 16 * 1024, headers: Self::MOST_HEADERS }
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
    /// `bytes` is all that has arrived, from the first byte of the head; it only grows from call to call.
    pub(crate) fn find(&mut self, bytes: &[u8], limit: usize) -> Result<Option<usize>, HeadFault> {
        let limit = limit.min(u32::MAX as usize);
        let within = bytes.get(..limit).unwrap_or(bytes);
        let mut at = self.scanned as usize;
        // The last byte of the last call may have been a carriage return.
        refuse_bare_return(within, at)?;
        while let Some(step) =
            within.get(at..).and_then(|rest| rest.iter().position(|&byte| is_notable(byte)))
        {
            at += step + 1;
            if ends_head(within, at)? {
                self.scanned = saturated(at - 1);
                return Ok(Some(at));
            }
        }
        self.scanned = saturated(within.len());
        if bytes.len() >= limit { Err(excess(within)) } else { Ok(None) }
    }
}

/// Whether a byte may end a line or must not be there; most bytes are passed over by this alone.
fn is_notable(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

/// Whether the notable byte before `at` completes the empty line that ends a head.
fn ends_head(within: &[u8], at: usize) -> Result<bool, HeadFault> {
    match within.get(..at).unwrap_or_default() {
        [.., b'\r', b'\n', b'\r', b'\n'] => Ok(true),
        [.., b'\r', b'\n'] => Ok(false),
        [.., b'\n'] => Err(HeadFault::BareLineFeed),
        [.., 0] => Err(HeadFault::Nul),
        _ => refuse_bare_return(within, at).map(|()| false),
    }
}

/// Refuses a carriage return before `at` if what follows is there and is no line feed.
fn refuse_bare_return(within: &[u8], at: usize) -> Result<(), HeadFault> {
    let before = within.get(..at).and_then(<[u8]>::last);
    match (before, within.get(at)) {
        (Some(b'\r'), Some(&next)) if next != b'\n' => Err(HeadFault::BareCarriageReturn),
        _ => Ok(()),
    }
}

/// A length that is at most `u32::MAX`, as lengths within the limit are.
fn saturated(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Which limit a head broke that fills `within` and does not end there.
fn excess(within: &[u8]) -> HeadFault {
    if within.contains(&b'\n') { HeadFault::TooLarge } else { HeadFault::LineTooLong }
}

#[cfg(test)]
mod tests {
    use super::{HeadFault, HeadScan};

    const HEAD: &[u8] = b"GET /chat HTTP/1.1\r\nHost: example.com\r\nX: a\tb\r\n\r\n";
    const NO_LIMIT: usize = usize::MAX;

    fn find(bytes: &[u8], limit: usize) -> Result<Option<usize>, HeadFault> {
        HeadScan::default().find(bytes, limit)
    }

    /// What the definition says, by looking at everything at once.
    fn end_of(bytes: &[u8]) -> Option<usize> {
        bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
    }

    #[test]
    fn a_head_is_found_at_any_two_cuts_as_it_is_found_whole() {
        let stream = [HEAD, b"\x81\x85frames\r\n\r\n\0"].concat();
        assert_eq!(end_of(&stream), Some(HEAD.len()));
        for first in 0..stream.len() {
            for second in first..stream.len() {
                let mut scan = HeadScan::default();
                let found = [first, second, stream.len()]
                    .iter()
                    .find_map(|&length| scan.find(&stream[..length], NO_LIMIT).expect("a valid head"));
                assert_eq!(found, Some(HEAD.len()), "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_head_that_comes_byte_by_byte_is_looked_at_once_cve_2023_43669() {
        let mut scan = HeadScan::default();
        for length in 0..HEAD.len() {
            assert_eq!(scan.find(&HEAD[..length], NO_LIMIT), Ok(None));
            assert_eq!(scan.scanned as usize, length, "all that was there is done with");
        }
        assert_eq!(scan.find(HEAD, NO_LIMIT), Ok(Some(HEAD.len())));
    }

    #[test]
    fn a_bare_line_feed_is_refused_as_soon_as_it_is_seen_rfc_9112_section_2_2() {
        assert_eq!(find(b"GET / HTTP/1.1\n", NO_LIMIT), Err(HeadFault::BareLineFeed));
        assert_eq!(find(b"\n", NO_LIMIT), Err(HeadFault::BareLineFeed));
        assert_eq!(find(b"GET / HTTP/1.1\r\n\n", NO_LIMIT), Err(HeadFault::BareLineFeed));
    }

    #[test]
    fn a_bare_carriage_return_is_refused_as_soon_as_it_is_seen_rfc_9112_section_2_2() {
        assert_eq!(find(b"GET / HTTP/1.1\rH", NO_LIMIT), Err(HeadFault::BareCarriageReturn));
        assert_eq!(find(b"\r\r\n", NO_LIMIT), Err(HeadFault::BareCarriageReturn));
        assert_eq!(find(b"GET / HTTP/1.1\r", NO_LIMIT), Ok(None), "its line feed may still come");
    }

    #[test]
    fn a_nul_is_refused_as_soon_as_it_is_seen_rfc_9110_section_5_5() {
        assert_eq!(find(b"GET /\0", NO_LIMIT), Err(HeadFault::Nul));
        assert_eq!(find(b"\x16\x03\x01\x00", NO_LIMIT), Err(HeadFault::Nul), "a TLS client on a plain port");
    }

    #[test]
    fn a_fault_is_the_same_at_any_cut() {
        let streams = [
            (b"GET / HTTP/1.1\rHost: a\r\n\r\n".as_slice(), HeadFault::BareCarriageReturn),
            (b"GET / HTTP/1.1\r\nX: a\r\r\n\r\n", HeadFault::BareCarriageReturn),
            (b"GET / HTTP/1.1\r\nX: a\r\0\r\n\r\n", HeadFault::BareCarriageReturn),
            (b"GET / HTTP/1.1\r\n\n\r\n\r\n", HeadFault::BareLineFeed),
            (b"GET / HTTP/1.1\r\nX: \0\r\n\r\n", HeadFault::Nul),
        ];
        for (stream, fault) in streams {
            for cut in 0..stream.len() {
                let mut scan = HeadScan::default();
                let first = scan.find(&stream[..cut], NO_LIMIT);
                let found = if first == Ok(None) { scan.find(stream, NO_LIMIT) } else { first };
                assert_eq!(found, Err(fault), "{} cut at {cut}", stream.escape_ascii());
            }
        }
    }

    #[test]
    fn the_limit_is_the_length_of_the_longest_head() {
        assert_eq!(find(HEAD, HEAD.len()), Ok(Some(HEAD.len())));
        assert_eq!(find(HEAD, HEAD.len() - 1), Err(HeadFault::TooLarge));
        for length in 0..HEAD.len() - 1 {
            assert_eq!(find(&HEAD[..length], HEAD.len() - 1), Ok(None), "{length} bytes");
        }
    }

    #[test]
    fn a_head_that_fills_the_limit_unfinished_is_refused_without_one_byte_more() {
        assert_eq!(find(&HEAD[..30], 30), Err(HeadFault::TooLarge));
        assert_eq!(find(&HEAD[..10], 10), Err(HeadFault::LineTooLong));
    }

    #[test]
    fn what_follows_the_head_counts_for_no_limit() {
        let stream = [HEAD, &[0; 100]].concat();
        assert_eq!(find(&stream, HEAD.len()), Ok(Some(HEAD.len())));
    }

    #[test]
    fn the_limit_holds_at_every_cut() {
        let long = vec![b'a'; 64];
        for cut in 0..32 {
            let mut scan = HeadScan::default();
            assert_eq!(scan.find(&long[..cut], 32), Ok(None));
            assert_eq!(scan.find(&long, 32), Err(HeadFault::LineTooLong));
        }
    }
}
