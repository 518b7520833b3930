//! The loop's one write buffer, lent to the connection whose callbacks are running.

use crate::protocol::transmit::write;
use crate::protocol::{Fin, OpCode, Role};

/// Its size. What does not fit goes to the socket with it, in one write.
const SIZE: usize = 256 * 1024;

/// Encoded frames for one peer, until its callbacks are done.
#[derive(Debug)]
pub(crate) struct Cork {
    owner: Option<usize>,
    role: Role,
    bytes: Box<[u8]>,
    len: usize,
}

impl Cork {
    pub(super) fn new() -> Self {
        Self {
            owner: None,
            role: Role::Server,
            bytes: vec![0; SIZE].into_boxed_slice(),
            len: 0,
        }
    }

    /// Lends it to a connection. It must be empty.
    pub(super) fn lend(&mut self, owner: usize, role: Role) {
        debug_assert_eq!(self.len, 0);
        self.owner = Some(owner);
        self.role = role;
    }

    /// Takes it back, empty.
    pub(super) fn take_back(&mut self) {
        self.clear();
        self.owner = None;
    }

    /// Whose frames these are: a client's are masked.
    #[inline]
    pub(super) fn role(&self) -> Role {
        self.role
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
    pub(super) fn push(&mut self, first: (OpCode, Fin), payload: &[u8], mask: Option<[u8; 4]>) -> Option<()> {
        let room = self.bytes.get_mut(self.len..)?;
        self.len += write(room, first, payload, mask)?;
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
        assert_eq!(cork.push(first, &vec![7; SIZE], None), None);
        assert!(cork.as_slice().is_empty());
        assert_eq!(cork.push(first, &vec![7; SIZE - 10], None), Some(()));
        assert_eq!(cork.as_slice().len(), SIZE);
        assert_eq!(cork.push(first, &[], None), None);
        assert_eq!(cork.extend(&[1]), None);
    }

    #[test]
    fn frames_of_every_form_are_those_of_the_other_encoder() {
        let first = (OpCode::Text, Fin::Final);
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            for mask in [None, Some([1, 2, 3, 4])] {
                let (mut cork, payload) = (Cork::new(), vec![b'x'; length]);
                let mut expected = Vec::new();
                encode(&mut expected, first, &payload, mask);
                cork.push(first, &payload, mask);
                assert!(cork.as_slice() == expected, "{length}");
            }
        }
    }
}
