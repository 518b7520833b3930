//! Masking: exclusive-or with a key of four bytes (RFC 6455, section 5.3).

/// Fewer bytes than these are masked word by word.
const SHORT: usize = 64;

/// Masks or unmasks `bytes`, which begin `offset` bytes into their payload.
#[inline]
pub(crate) fn apply(bytes: &mut [u8], mask: [u8; 4], offset: usize) {
    let phase = [0, 8, 16, 24][offset % 4];
    let key = u32::from_le_bytes(mask).rotate_right(phase);
    let word = u64::from(key) << 32 | u64::from(key);
    if bytes.len() < SHORT {
        return apply_word_by_word(bytes, word, key);
    }
    // Words in a row become vector instructions.
    let mut words = bytes.chunks_exact_mut(8);
    for bytes in &mut words {
        apply_word(bytes, word);
    }
    apply_rest(words.into_remainder(), key);
}

/// Few words are done before vector instructions are prepared.
#[inline]
fn apply_word_by_word(bytes: &mut [u8], word: u64, key: u32) {
    let mut rest = bytes;
    while rest.len() >= 8 {
        let (first, behind) = rest.split_at_mut(8);
        apply_word(first, word);
        rest = behind;
    }
    apply_rest(rest, key);
}

#[inline]
fn apply_word(bytes: &mut [u8], key: u64) {
    if let Ok(bytes) = <&mut [u8; 8]>::try_from(bytes) {
        *bytes = (u64::from_le_bytes(*bytes) ^ key).to_le_bytes();
    }
}

/// The last bytes, fewer than eight.
#[inline]
fn apply_rest(bytes: &mut [u8], key: u32) {
    let (half, rest) = bytes.split_at_mut(bytes.len() & 4);
    if let Ok(half) = <&mut [u8; 4]>::try_from(half) {
        *half = (u32::from_le_bytes(*half) ^ key).to_le_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.to_le_bytes()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::apply;

    fn bytewise(bytes: &[u8], mask: [u8; 4], offset: usize) -> Vec<u8> {
        bytes.iter().enumerate().map(|(index, byte)| byte ^ mask[(index + offset) % 4]).collect()
    }

    #[test]
    fn masks_every_length_alignment_and_phase_like_the_formula_section_5_3() {
        let bytes: Vec<u8> = (0..300_usize).map(|index| (index * 7).to_le_bytes()[0]).collect();
        let mask = [0x12, 0x34, 0x56, 0x78];
        for length in 0..150 {
            for start in 0..8 {
                for offset in 0..5 {
                    let mut masked = bytes.clone();
                    apply(&mut masked[start..start + length], mask, offset);
                    let expected = bytewise(&bytes[start..start + length], mask, offset);
                    assert_eq!(masked[start..start + length], expected);
                    assert_eq!(masked[start + length..], bytes[start + length..]);
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn masking_in_pieces_is_masking_at_once(
            bytes: Vec<u8>,
            mask: [u8; 4],
            cut: proptest::sample::Index,
        ) {
            let cut = cut.index(bytes.len() + 1);
            let mut pieces = bytes.clone();
            let (first, second) = pieces.split_at_mut(cut);
            apply(first, mask, 0);
            apply(second, mask, cut);
            proptest::prop_assert_eq!(&pieces, &bytewise(&bytes, mask, 0));
            apply(&mut pieces, mask, 0);
            proptest::prop_assert_eq!(pieces, bytes);
        }
    }
}
