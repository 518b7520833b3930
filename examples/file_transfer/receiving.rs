//! The side that receives a file: a server whose client puts it, or a client that gets it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::mem;
use std::path::PathBuf;

use ws_reactor::{CloseCode, Closed, ConnectError, Context, Delivery, Handler, Loop, Message, Piece};

use super::Verdict;
use super::progress::Progress;

pub(crate) struct Receiving {
    path: PathBuf,
    /// Where the file is until its hash is known to be right.
    part: PathBuf,
    file: File,
    /// The text under way.
    text: String,
    step: Step,
    progress: Progress,
    verdict: Verdict,
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Length,
    Content,
    Hash,
    Complete,
}

impl Receiving {
    pub(crate) fn new(path: PathBuf, progress: Progress, verdict: Verdict) -> io::Result<Self> {
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create_new(&part)?;
        Ok(Self { path, part, file, text: String::new(), step: Step::Length, progress, verdict })
    }

    /// Takes a piece of whatever comes next.
    fn take(&mut self, piece: Piece<'_>) -> Result<(), String> {
        match (self.step, piece.content()) {
            (Step::Length | Step::Hash, Message::Text(text)) => self.text.push_str(text),
            (Step::Content, Message::Binary(bytes)) => {
                self.progress.pass(bytes);
                self.file.write_all(bytes).map_err(|error| error.to_string())?;
            }
            _ => return Err("out of turn".to_owned()),
        }
        if piece.is_last() { self.end_message() } else { Ok(()) }
    }

    fn end_message(&mut self) -> Result<(), String> {
        let text = mem::take(&mut self.text);
        self.step = match self.step {
            Step::Length => {
                self.progress.expect(text.parse().map_err(|_| "no length".to_owned())?);
                Step::Content
            }
            Step::Content => Step::Hash,
            Step::Hash if text == self.progress.hash() => {
                fs::rename(&self.part, &self.path).map_err(|error| error.to_string())?;
                Step::Complete
            }
            Step::Hash | Step::Complete => return Err("the hashes differ".to_owned()),
        };
        Ok(())
    }
}

impl Handler for Receiving {
    fn delivery(&self) -> Delivery {
        Delivery::Pieces
    }

    fn on_piece(&mut self, context: &mut Context<'_>, piece: Piece<'_>) {
        let (code, reason) = match self.take(piece) {
            Ok(()) if self.step == Step::Complete => (CloseCode::Normal, String::new()),
            Ok(()) => return,
            Err(error) => (CloseCode::Policy, error),
        };
        if let Err(error) = context.close(code, &reason) {
            eprintln!("{}: {reason}: {error}", context.id());
            context.abort();
        }
    }

    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        *self.verdict.borrow_mut() = Some(Err(error.to_string()));
    }

    fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
        let verdict = if self.step == Step::Complete { Ok(()) } else { Err(closed.to_string()) };
        if let Err(error) = &verdict {
            eprintln!("{}: {}: {error}", context.id(), self.path.display());
        }
        *self.verdict.borrow_mut() = Some(verdict);
    }
}

/// What did not become a file is no use to anybody.
impl Drop for Receiving {
    fn drop(&mut self) {
        if self.step != Step::Complete {
            fs::remove_file(&self.part).ok();
        }
    }
}
