//! UTF-8 that arrives in pieces, refused at its first impossible byte (RFC 6455, section 8.1).

use std::str;

use super::violation::Violation;

/// Follows a text through its pieces. A character cut in two waits here for its other bytes.
#[derive(Debug, Default)]
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
        if self.held == 0 {
            Ok(())
        } else {
            Err(Violation::InvalidUtf8)
        }
    }

    /// Gives the character that waits its next bytes, and returns what lies behind it.
    fn complete<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], Violation> {
        while self.held > 0 {
            let Some((next, rest)) = bytes.split_first() else {
                break;
            };
            self.hold(&[*next])?;
            bytes = rest;
            match str::from_utf8(&self.character[..self.held]) {
                Ok(_) => self.held = 0,
                Err(error) if error.error_len().is_some() => return Err(Violation::InvalidUtf8),
                Err(_) => {}
            }
        }
        Ok(bytes)
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let end = self.held + bytes.len();
        // No character is longer than four bytes; were one to be, it would be none.
        let room = self
            .character
            .get_mut(self.held..end)
            .ok_or(Violation::InvalidUtf8)?;
        room.copy_from_slice(bytes);
        self.held = end;
        Ok(())
    }
}
