//! Random changes to bytes, the same for the same seed.

/// A generator that need not be good, only quick and repeatable.
#[derive(Debug)]
pub struct Random(u64);

/// Bytes that mean something in frames and in text.
const TELLING: [u8; 24] = [
    0x00, 0x01, 0x02, 0x03, 0x08, 0x0A, 0x0D, 0x20, 0x22, 0x2C, 0x3A, 0x3B, 0x7D, 0x7E, 0x7F, 0x80, 0x81,
    0x82, 0x88, 0x89, 0xC1, 0xED, 0xF4, 0xFF,
];

impl Random {
    /// A generator for this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default() % end
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of `seeds`, changed in a few places, with parts of another now and then.
    pub fn mutant(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.pick(seeds).clone();
        for _ in 0..self.below(8) {
            self.change(&mut bytes, seeds);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let end = (at + self.below(16)).min(bytes.len());
        match self.below(7) {
            0 => bytes.splice(at..end, []).for_each(drop),
            1 => bytes.insert(at, *self.pick(&TELLING)),
            2 => bytes.insert(at, self.byte()),
            3 => bytes.truncate(at),
            4 => bytes.extend_from_within(at..end),
            5 => self.splice(bytes, at, seeds),
            _ => self.overwrite(bytes, at),
        }
    }

    /// Replaces what lies behind `at` with a part of another seed.
    fn splice(&mut self, bytes: &mut Vec<u8>, at: usize, seeds: &[Vec<u8>]) {
        let other = self.pick(seeds);
        let from = self.below(other.len() + 1);
        bytes.truncate(at);
        bytes.extend_from_slice(&other[from..]);
    }

    fn overwrite(&mut self, bytes: &mut [u8], at: usize) {
        let new = match self.below(3) {
            0 => *self.pick(&TELLING),
            1 => self.byte(),
            _ => bytes.get(at).copied().unwrap_or_default() ^ (1 << self.below(8)),
        };
        if let Some(byte) = bytes.get_mut(at) {
            *byte = new;
        }
    }

    fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}
