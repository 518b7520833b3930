//! UTF-8 that arrives in pieces, refused at its first impossible byte (RFC 6455, section 8.1).

use std::{slice, str};

use super::violation::Violation;

/// Follows a text through its pieces. A character cut in two waits here for its other bytes.
#[derive(Debug, Default, Clone)]
pub(crate) struct Validator {
    /// The first `held` bytes begin a character; three at most between calls.
    character: [u8; 4],
    held: usize,
}

impl Validator {
    /// Looks at the next piece of the text.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let bytes = self.complete(bytes)?;
        let Err(error) = simdutf8::compat::from_utf8(bytes) else {
            return Ok(());
        };
        match error.error_len() {
            Some(_) => Err(Violation::InvalidUtf8),
            None => self.hold(&bytes[error.valid_up_to()..]),
        }
    }

    /// The text ends here: no character may be left unfinished.
    pub(crate) fn finish(&self) -> Result<(), Violation> {
        if self.held == 0 { Ok(()) } else { Err(Violation::InvalidUtf8) }
    }

    /// Gives the character that waits its next bytes, and returns what lies behind it.
    fn complete<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], Violation> {
        while self.held > 0 {
            let Some((next, rest)) = bytes.split_first() else {
                break;
            };
            self.complete_with(slice::from_ref(next))?;
            bytes = rest;
        }
        Ok(bytes)
    }

    /// Whether a character waits for its other bytes.
    pub(crate) fn is_cut(&self) -> bool {
        self.held > 0
    }

    /// Gives the character that waits its next byte, and gives it back when that was the last.
    pub(crate) fn complete_with(&mut self, byte: &[u8]) -> Result<Option<char>, Violation> {
        self.hold(byte)?;
        match str::from_utf8(&self.character[..self.held]) {
            Ok(text) => {
                self.held = 0;
                Ok(text.chars().next())
            }
            Err(error) if error.error_len().is_some() => Err(Violation::InvalidUtf8),
            Err(_) => Ok(None),
        }
    }

    /// Gives the whole characters of the next piece; the one that it may end inside waits. None may be waiting
    /// already.
    pub(crate) fn take_whole<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a str, Violation> {
        debug_assert!(!self.is_cut());
        let error = match simdutf8::compat::from_utf8(bytes) {
            Ok(text) => return Ok(text),
            Err(error) => error,
        };
        if error.error_len().is_some() {
            return Err(Violation::InvalidUtf8);
        }
        let (whole, cut) = bytes.split_at(error.valid_up_to());
        self.hold(cut)?;
        simdutf8::basic::from_utf8(whole).map_err(|_| Violation::InvalidUtf8)
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let end = self.held + bytes.len();
        // No character is longer than four bytes; were one to be, it would be none.
        let room = self.character.get_mut(self.held..end).ok_or(Violation::InvalidUtf8)?;
        room.copy_from_slice(bytes);
        self.held = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::str;

    use proptest::collection::vec;
    use proptest::prelude::{Strategy, any, prop_oneof};
    use proptest::{prop_assert_eq, proptest};

    use super::Validator;

    /// Whether std knows, by these bytes alone, that no text begins like this.
    fn is_impossible(bytes: &[u8]) -> bool {
        str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some())
    }

    /// Feeds `bytes`, cut behind byte `i` where bit `i` of `cuts` is set, and compares with std at each cut.
    fn compare(bytes: &[u8], cuts: usize) {
        let mut validator = Validator::default();
        let mut start = 0;
        for end in 1..=bytes.len() {
            if end < bytes.len() && cuts >> (end - 1) & 1 == 0 {
                continue;
            }
            let refused = validator.push(&bytes[start..end]).is_err();
            assert_eq!(refused, is_impossible(&bytes[..end]), "{bytes:x?} cut by {cuts:b} at {end}");
            if refused {
                return;
            }
            start = end;
        }
        assert_eq!(validator.finish().is_ok(), str::from_utf8(bytes).is_ok(), "{bytes:x?} cut by {cuts:b}");
    }

    fn compare_at_all_cuts(bytes: &[u8]) {
        for cuts in 0..1 << (bytes.len() - 1) {
            compare(bytes, cuts);
        }
    }

    #[test]
    fn agrees_with_std_on_all_sequences_of_one_and_two_bytes_however_cut() {
        for first in 0..=u8::MAX {
            compare_at_all_cuts(&[first]);
            for second in 0..=u8::MAX {
                compare_at_all_cuts(&[first, second]);
            }
        }
    }

    #[test]
    fn agrees_with_std_on_all_sequences_of_three_bytes_however_cut() {
        for [first, second] in (0..=u16::MAX).map(u16::to_be_bytes) {
            // Behind an impossible or a whole beginning, a third byte adds what two bytes have shown.
            let decided = is_impossible(&[first, second]) || str::from_utf8(&[first]).is_ok();
            let thirds = if decided { 0x7F..=0x80 } else { 0..=u8::MAX };
            for third in thirds {
                compare_at_all_cuts(&[first, second, third]);
            }
        }
    }

    #[test]
    fn agrees_with_std_on_the_boundaries_of_four_bytes_however_cut() {
        let firsts = [0x41, 0xC2, 0xDF, 0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5];
        let others = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE2, 0xF0, 0xFF];
        for first in firsts {
            for second in others {
                for third in others {
                    for fourth in others {
                        compare_at_all_cuts(&[first, second, third, fourth]);
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_std_on_long_texts_with_and_without_a_fault(
            text in prop_oneof![".{0,300}".prop_map(String::into_bytes), vec(any::<u8>(), 0..8)],
            fault in vec(any::<u8>(), 0..3),
            behind in ".{0,100}",
            sizes in vec(1_usize..80, 1..6),
        ) {
            let bytes = [text.as_slice(), &fault, behind.as_bytes()].concat();
            let mut validator = Validator::default();
            let mut start = 0;
            for size in sizes.into_iter().cycle() {
                if start == bytes.len() {
                    prop_assert_eq!(validator.finish().is_ok(), str::from_utf8(&bytes).is_ok());
                    break;
                }
                let end = bytes.len().min(start + size);
                let refused = validator.push(&bytes[start..end]).is_err();
                prop_assert_eq!(refused, is_impossible(&bytes[..end]));
                if refused {
                    break;
                }
                start = end;
            }
        }
    }
}
