//! Masking: exclusive-or with a key of four bytes (RFC 6455, section 5.3).

use std::array;

/// Masks or unmasks `bytes`, which begin `offset` bytes into their payload.
#[inline]
pub(crate) fn apply(bytes: &mut [u8], mut mask: [u8; 4], offset: usize) {
    mask.rotate_left(offset % 4);
    // Every step leaves a remainder that begins at a multiple of four, so the mask stays in phase.
    let rest = apply_blocks::<64>(bytes, mask);
    let rest = apply_blocks::<16>(rest, mask);
    let rest = apply_blocks::<4>(rest, mask);
    for (byte, key) in rest.iter_mut().zip(mask) {
        *byte ^= key;
    }
}

/// Masks all whole blocks of `N` bytes, a multiple of four, and returns the rest.
#[inline]
fn apply_blocks<const N: usize>(bytes: &mut [u8], mask: [u8; 4]) -> &mut [u8] {
    let pattern: [u8; N] = array::from_fn(|index| mask[index % 4]);
    let mut blocks = bytes.chunks_exact_mut(N);
    for block in &mut blocks {
        for (byte, key) in block.iter_mut().zip(pattern) {
            *byte ^= key;
        }
    }
    blocks.into_remainder()
}
