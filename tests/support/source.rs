//! A handler that sends a long message bit by bit.

use std::io::{ErrorKind, Write};

use ws_reactor::{Context, Handler, MessageKind};

/// Byte number `position` of a long message.
pub(crate) fn byte_at(position: u64) -> u8 {
    (position % 251).to_le_bytes()[0]
}

/// Sends a long message, as much of it at a time as there is room for.
#[derive(Debug)]
pub(crate) struct Source {
    position: u64,
    length: u64,
    pattern: Vec<u8>,
}

impl Source {
    pub(crate) fn new(length: u64) -> Self {
        Self { position: 0, length, pattern: (0..251 * 300).map(byte_at).collect() }
    }

    pub(crate) fn pour(&mut self, context: &mut Context<'_>) {
        while let Some(mut message) = context.continue_message() {
            let start = usize::try_from(self.position % 251).unwrap();
            let left = usize::try_from(self.length - self.position).unwrap();
            if left == 0 {
                return message.finish().unwrap();
            }
            let room = message.room().min(left).min(self.pattern.len() - start);
            if room == 0 {
                assert_eq!(message.write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
                return;
            }
            message.write_all(&self.pattern[start..start + room]).unwrap();
            self.position += room as u64;
        }
    }
}

impl Handler for Source {
    fn on_open(&mut self, context: &mut Context<'_>) {
        context.begin_message(MessageKind::Binary, 64 * 1024).unwrap();
        self.pour(context);
    }

    fn on_drain(&mut self, context: &mut Context<'_>) {
        self.pour(context);
    }
}
