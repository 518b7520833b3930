//! The side that sends a file: a server whose client gets it, or a client that puts it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use ws_reactor::{CloseCode, Closed, ConnectError, Context, Handler, Loop, MessageKind};

use super::Verdict;
use super::progress::Progress;

const FRAME: usize = 64 * 1024;
const CHUNK: usize = 16 * 1024;

pub(crate) struct Sending {
    file: File,
    length: u64,
    progress: Progress,
    verdict: Verdict,
}

impl Sending {
    pub(crate) fn new(path: &Path, progress: Progress, verdict: Verdict) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length, progress, verdict })
    }

    fn begin(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        self.progress.expect(self.length);
        context.send(&self.length.to_string()).map_err(|error| io::Error::other(error.to_string()))?;
        let begun = context.begin_message(MessageKind::Binary, FRAME);
        begun.map_err(|error| io::Error::other(error.to_string()))?;
        self.pour(context)
    }

    /// Sends as much as there is room for, and the hash behind the end.
    fn pour(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let mut buffer = [0; CHUNK];
        while let Some(mut message) = context.continue_message() {
            let room = message.room().min(buffer.len());
            if room == 0 {
                return Ok(());
            }
            let count = self.file.read(&mut buffer[..room])?;
            if count == 0 {
                message.finish()?;
                let hash = context.send(&self.progress.hash()).map_err(|error| error.to_string());
                return hash.map_err(io::Error::other);
            }
            message.write_all(&buffer[..count])?;
            self.progress.pass(&buffer[..count]);
        }
        Ok(())
    }
}

/// Tells the peer what it cannot see, and gives up.
fn give_up(context: &mut Context<'_>, error: &io::Error) {
    eprintln!("{}: {error}", context.id());
    context.close(CloseCode::Error, "the file cannot be sent").ok();
}

impl Handler for Sending {
    fn on_open(&mut self, context: &mut Context<'_>) {
        if let Err(error) = self.begin(context) {
            give_up(context, &error);
        }
    }

    fn on_drain(&mut self, context: &mut Context<'_>) {
        if let Err(error) = self.pour(context) {
            give_up(context, &error);
        }
    }

    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        *self.verdict.borrow_mut() = Some(Err(error.to_string()));
    }

    fn on_close(&mut self, _context: &mut Context<'_>, closed: &Closed) {
        let accepted = closed.was_clean() && closed.code == CloseCode::Normal;
        let verdict = if accepted { Ok(()) } else { Err(closed.to_string()) };
        *self.verdict.borrow_mut() = Some(verdict);
    }
}
