//! Masks and keys: what a client sends must be unpredictable (RFC 6455, sections 5.3 and 10.3).

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::state::State;
use crate::protocol::Role;

/// A cryptographic generator, seeded by the world.
#[derive(Debug)]
pub(crate) struct Masks(ChaCha12Rng);

impl Masks {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    /// A fresh mask for a frame of a client; none for a server's.
    #[inline]
    pub(super) fn mask(&mut self, role: Role) -> Option<[u8; 4]> {
        match role {
            Role::Server => None,
            Role::Client => Some(self.0.next_u32().to_ne_bytes()),
        }
    }

    /// What a key carries (RFC 6455, section 4.1).
    pub(super) fn nonce(&mut self) -> [u8; 16] {
        let mut nonce = [0; 16];
        self.0.fill_bytes(&mut nonce);
        nonce
    }
}

impl State {
    /// A number that nobody can predict, for whatever else needs one.
    pub(crate) fn random(&mut self) -> u64 {
        self.masks.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::{Masks, Role};

    #[test]
    fn a_client_gets_a_fresh_mask_for_each_frame_and_a_server_none_section_5_3() {
        let mut masks = Masks::new([7; 32]);
        let first = masks.mask(Role::Client);
        assert!(first.is_some());
        assert_ne!(first, masks.mask(Role::Client));
        assert_eq!(masks.mask(Role::Server), None);
        assert_ne!(masks.nonce(), masks.nonce());
    }
}
