//! Frame headers (RFC 6455, section 5.2), of each length they can have.

use std::hint::black_box;

use crate::measure::{Case, repeat};
use crate::protocol::header::{Place, decode};
use crate::protocol::transmit::header;
use crate::protocol::{Fin, OpCode, Role};
use crate::sample::MASK;

/// Lengths of payloads that take 7, 16 and 64 bits.
const LENGTHS: [usize; 3] = [20, 1 << 10, 1 << 20];

pub(crate) fn cases() -> Vec<Case> {
    let sides = [(Role::Client, None), (Role::Server, Some(MASK))];
    let all = sides.iter().flat_map(|&side| LENGTHS.map(|length| (side, length)));
    all.map(|((role, mask), length)| {
        let (bytes, size) = header((OpCode::Binary, Fin::Final), length, mask);
        Case {
            name: format!("header of {size} bytes"),
            units: 1,
            bytes: 0,
            work: repeat(move || decode(black_box(&bytes[..size]), role, Place::BetweenMessages)),
            copy: None,
        }
    })
    .collect()
}
