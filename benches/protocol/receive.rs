//! Bytes in, messages out: what a server does with what its clients send.

use std::mem;

use crate::buffer::Pool;
use crate::measure::{Case, repeat};
use crate::protocol::{Event, Input, Limits, OpCode, Receiver, Role};
use crate::sample::{BATCH, SIZES, frames, message, shown};

const LIMITS: Limits = Limits { frame: 1 << 30, message: 1 << 30 };

const KINDS: [(&str, OpCode); 2] = [("text", OpCode::Text), ("binary", OpCode::Binary)];

pub(crate) fn cases() -> Vec<Case> {
    let all = SIZES.iter().flat_map(|&size| KINDS.map(|kind| (size, kind)));
    all.flat_map(|(size, kind)| [whole(size, kind), split(size, kind), fragmented(size, kind)])
        .chain([landed()])
        .collect()
}

/// Messages of one frame, as many as a read holds.
fn whole(size: usize, (name, opcode): (&str, OpCode)) -> Case {
    let stream = message(opcode, &vec![b'a'; size], 1).repeat(frames(size));
    let reads = vec![stream.len()];
    case(format!("receive {name} {}", shown(size)), size, Inbound::new(stream, reads))
}

/// Messages of one frame, each in two reads.
fn split(size: usize, (name, opcode): (&str, OpCode)) -> Case {
    let frame = message(opcode, &vec![b'a'; size], 1);
    let half = frame.len() / 2;
    let reads = [half, frame.len() - half].repeat(frames(size));
    let name = format!("receive {name} {}, cut in two", shown(size));
    case(name, size, Inbound::new(frame.repeat(frames(size)), reads))
}

/// Messages of four frames, as many as a read holds.
fn fragmented(size: usize, (name, opcode): (&str, OpCode)) -> Case {
    let stream = message(opcode, &vec![b'a'; size], 4).repeat(frames(size));
    let reads = vec![stream.len()];
    let name = format!("receive {name} {}, in four frames", shown(size));
    case(name, size, Inbound::new(stream, reads))
}

fn case(name: String, size: usize, mut inbound: Inbound) -> Case {
    let units = frames(size);
    assert_eq!(inbound.receive(), units, "{name}: every message is heard");
    Case { name, units, bytes: units * size, work: repeat(move || inbound.receive()), copy: None }
}

/// A long message that is read to where it stays. A copy stands for the socket.
fn landed() -> Case {
    let size = 1 << 20;
    let stream = message(OpCode::Binary, &vec![b'a'; size], 1);
    let mut inbound = Inbound::new(stream, Vec::new());
    assert_eq!(inbound.land(), 1, "the message is heard");
    Case {
        name: format!("receive binary {}, read in place", shown(size)),
        units: 1,
        bytes: size,
        work: repeat(move || inbound.land()),
        copy: None,
    }
}

/// A receiver, and what it receives again and again.
struct Inbound {
    receiver: Receiver,
    pool: Pool,
    stream: Vec<u8>,
    /// How many bytes each read brings.
    reads: Vec<usize>,
}

impl Inbound {
    fn new(stream: Vec<u8>, reads: Vec<usize>) -> Self {
        Self { receiver: Receiver::default(), pool: Pool::new(8 << 20), stream, reads }
    }

    /// Receives the whole stream, and counts the messages.
    fn receive(&mut self) -> usize {
        let mut rest = self.stream.as_mut_slice();
        let mut messages = 0;
        for &count in &self.reads {
            let (read, behind) = mem::take(&mut rest).split_at_mut(count);
            rest = behind;
            messages += drain(&mut self.receiver, &mut self.pool, read);
        }
        messages
    }

    /// Receives the stream into the landing as far as there is one.
    fn land(&mut self) -> usize {
        let mut rest = self.stream.as_mut_slice();
        let mut messages = 0;
        while !rest.is_empty() {
            let Some(room) = self.receiver.landing() else {
                let (read, behind) = split_at_most(mem::take(&mut rest), BATCH);
                rest = behind;
                messages += drain(&mut self.receiver, &mut self.pool, read);
                continue;
            };
            let (read, behind) = split_at_most(mem::take(&mut rest), room.len());
            rest = behind;
            room[..read.len()].copy_from_slice(read);
            if let Ok(Some(event)) = self.receiver.landed(read.len()) {
                messages += count(event, &mut self.pool);
            }
        }
        messages
    }
}

fn split_at_most(bytes: &mut [u8], count: usize) -> (&mut [u8], &mut [u8]) {
    let count = count.min(bytes.len());
    bytes.split_at_mut(count)
}

/// Receives what one read brought, and counts the messages.
fn drain(receiver: &mut Receiver, pool: &mut Pool, read: &mut [u8]) -> usize {
    let mut input = Input::new(read);
    let mut messages = 0;
    while let Ok(Some(event)) = receiver.receive(Role::Server, &mut input, &LIMITS, pool) {
        messages += count(event, pool);
    }
    messages
}

fn count(event: Event<'_>, pool: &mut Pool) -> usize {
    match event {
        Event::Message(_) => 1,
        Event::Assembled(assembled) => {
            pool.give(assembled.into_buffer());
            1
        }
        Event::Ping(_) | Event::Pong(_) | Event::Close(_) => 0,
    }
}
