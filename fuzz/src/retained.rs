//! How much memory an endpoint holds while frames arrive: less than twice what arrived of the message under
//! way, and its pool.

use std::mem;

use crate::buffer::Pool;
use crate::memory::allocated;
use crate::protocol::{Event, Input, Limits, Receiver, Role};

/// What the pool may hold in bytes.
const POOL: usize = 1 << 16;

/// What it costs to have something half received, and the pool's own list.
const SLACK: usize = 4096;

/// Receives `stream` in pieces of these sizes and measures after each.
pub(crate) fn check(role: Role, limits: &Limits, stream: &[u8], sizes: &[usize]) {
    let mut stream = stream.to_vec();
    let before = allocated();
    let mut receiver = Receiver::default();
    let mut pool = Pool::new(POOL);
    let mut rest = stream.as_mut_slice();
    // Bytes that arrived since the last message ended.
    let mut arrived = 0;
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let size = size.min(rest.len());
        let (piece, behind) = mem::take(&mut rest).split_at_mut(size);
        rest = behind;
        arrived += size;
        let mut input = Input::new(piece);
        loop {
            match receiver.receive(role, &mut input, limits, &mut pool) {
                Ok(Some(Event::Message(_))) => arrived = input.len(),
                Ok(Some(Event::Assembled(assembled))) => {
                    pool.give(assembled.into_buffer());
                    arrived = input.len();
                }
                Ok(Some(Event::Ping(_) | Event::Pong(_))) => {}
                Ok(None) => break,
                Ok(Some(Event::Close(_))) | Err(_) => return,
            }
        }
        let retained = allocated().saturating_sub(before);
        assert!(retained < 2 * arrived + POOL + SLACK, "{retained} bytes for {arrived}");
    }
    receiver.release(&mut pool);
    let retained = allocated().saturating_sub(before);
    assert!(retained <= POOL + SLACK, "{retained} bytes for nothing");
}
