//! Messages in, frames out: of a server, into a buffer that grows or into one that does not, and of a client.

use std::hint::black_box;

use crate::measure::{Case, repeat};
use crate::protocol::header::HEADER_LIMIT;
use crate::protocol::transmit::{encode, write};
use crate::protocol::{Fin, OpCode};
use crate::sample::{SIZES, frames, shown};

const FIRST: (OpCode, Fin) = (OpCode::Binary, Fin::Final);
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

pub(crate) fn cases() -> Vec<Case> {
    let one = |size| {
        [
            appended(size, "server", None),
            written(size),
            appended(size, "client", Some(KEY)),
        ]
    };
    SIZES.into_iter().flat_map(one).collect()
}

/// A batch of frames, one behind the other in a buffer that can grow.
fn appended(size: usize, who: &str, mask: Option<[u8; 4]>) -> Case {
    let payload = vec![b'a'; size];
    let mut out = Vec::new();
    case(format!("transmit {}, {who}", shown(size)), size, move || {
        out.clear();
        for _ in 0..frames(size) {
            encode(&mut out, FIRST, black_box(&payload), black_box(mask));
        }
        out.len()
    })
}

/// A batch of frames, one behind the other in a buffer of fixed size.
fn written(size: usize) -> Case {
    let payload = vec![b'a'; size];
    let mut room = vec![0; frames(size) * (HEADER_LIMIT + size)];
    case(
        format!("transmit {}, server, fixed buffer", shown(size)),
        size,
        move || {
            let mut end = 0;
            for _ in 0..frames(size) {
                end += write(&mut room[end..], FIRST, black_box(&payload), None).unwrap_or_default();
            }
            end
        },
    )
}

/// A case whose work gives the bytes it wrote.
fn case(name: String, size: usize, mut batch: impl FnMut() -> usize + 'static) -> Case {
    let units = frames(size);
    assert!(batch() > units * size, "{name}: every frame is written");
    Case {
        name,
        units,
        bytes: units * size,
        work: repeat(batch),
        copy: None,
    }
}
