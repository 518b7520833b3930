//! Masks (RFC 6455, section 5.3), at the start of a word and beside it.

use std::hint::black_box;

use crate::measure::{Case, copy, repeat};
use crate::protocol::mask;
use crate::sample::{SIZES, shown};

const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// The widest words there are.
const WORD: usize = 64;

pub(crate) fn cases() -> Vec<Case> {
    let places = [("aligned", 0), ("unaligned", 3)];
    let all = SIZES.iter().flat_map(|&size| places.map(|place| (size, place)));
    all.map(|(size, (name, beside))| Case {
        name: format!("mask {}, {name}", shown(size)),
        units: 1,
        bytes: size,
        work: {
            let mut bytes = vec![0; size + 2 * WORD];
            let start = bytes.as_ptr().align_offset(WORD) + beside;
            repeat(move || mask::apply(black_box(&mut bytes[start..start + size]), black_box(KEY), 0))
        },
        copy: Some(copy(size)),
    })
    .collect()
}
