//! The loop's one write buffer, lent to the connection whose callbacks are running.

use crate::protocol::transmit::write;
use crate::protocol::{Fin, OpCode};

/// Its size. What does not fit goes to the socket with it, in one write.
const SIZE: usize = 256 * 1024;

/// Encoded frames for one peer, until its callbacks are done.
#[derive(Debug)]
pub(crate) struct Cork {
    owner: Option<usize>,
    bytes: Box<[u8]>,
    len: usize,
}

impl Cork {
    pub(super) fn new() -> Self {
        Self {
            owner: None,
            bytes: vec![0; SIZE].into_boxed_slice(),
            len: 0,
        }
    }

    /// Lends it to a connection, or to nobody. It must be empty.
    pub(super) fn lend(&mut self, owner: Option<usize>) {
        debug_assert_eq!(self.len, 0);
        self.owner = owner;
    }

    pub(super) fn owner(&self) -> Option<usize> {
        self.owner
    }

    #[inline]
    pub(crate) fn is_owned_by(&self, slot: usize) -> bool {
        self.owner == Some(slot)
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Appends a frame, or nothing if it does not fit.
    #[inline]
    pub(super) fn push(&mut self, first: (OpCode, Fin), payload: &[u8]) -> Option<()> {
        let room = self.bytes.get_mut(self.len..)?;
        self.len += write(room, first, payload)?;
        Some(())
    }

    /// Appends bytes that are encoded already, or nothing if they do not fit.
    pub(super) fn extend(&mut self, bytes: &[u8]) -> Option<()> {
        let room = self.bytes.get_mut(self.len..self.len + bytes.len())?;
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Cork, SIZE};
    use crate::protocol::transmit::encode;
    use crate::protocol::{Fin, OpCode};

    #[test]
    fn what_does_not_fit_leaves_no_trace() {
        let mut cork = Cork::new();
        let first = (OpCode::Binary, Fin::Final);
        assert_eq!(cork.push(first, &vec![7; SIZE]), None);
        assert!(cork.as_slice().is_empty());
        assert_eq!(cork.push(first, &vec![7; SIZE - 10]), Some(()));
        assert_eq!(cork.as_slice().len(), SIZE);
        assert_eq!(cork.push(first, &[]), None);
        assert_eq!(cork.extend(&[1]), None);
    }

    #[test]
    fn frames_of_every_form_are_those_of_the_other_encoder() {
        let first = (OpCode::Text, Fin::Final);
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let (mut cork, payload) = (Cork::new(), vec![b'x'; length]);
            let mut expected = Vec::new();
            encode(&mut expected, first, &payload, None);
            cork.push(first, &payload);
            assert!(cork.as_slice() == expected, "{length}");
        }
    }
}
