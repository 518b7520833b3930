//! Looking up names off the loop.
//!
//! The system's resolver blocks, so it runs on threads of its own: none until the first name is looked up, few at
//! the most, and gone when the reactor is.

use std::io;
use std::net::ToSocketAddrs;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::world::Answer;

/// The most names looked up at once. One that hangs holds up a quarter of them.
const THREADS: usize = 4;

struct Question {
    name: String,
    port: u16,
    answer: Answer,
}

/// A few threads and the queue before them.
#[derive(Default)]
pub(super) struct Resolver {
    queue: Option<Queue>,
    threads: usize,
}

struct Queue {
    questions: Sender<Question>,
    taken: Arc<Mutex<Receiver<Question>>>,
}

impl Resolver {
    /// Asks for the addresses of a name; `answer` is called on another thread. There are never more questions than
    /// connections that are being made.
    pub(super) fn resolve(&mut self, name: &str, port: u16, answer: Answer) -> io::Result<()> {
        let queue = self.queue.get_or_insert_with(|| {
            let (questions, taken) = channel();
            Queue {
                questions,
                taken: Arc::new(Mutex::new(taken)),
            }
        });
        if self.threads < THREADS {
            let taken = queue.taken.clone();
            thread::Builder::new()
                .name("ws-reactor names".to_owned())
                .spawn(move || work(&taken))?;
            self.threads += 1;
        }
        let question = Question {
            name: name.to_owned(),
            port,
            answer,
        };
        queue
            .questions
            .send(question)
            .map_err(|_| io::Error::other("no thread to look up names"))
    }
}

/// Answers questions until nobody is left who might ask.
fn work(questions: &Mutex<Receiver<Question>>) {
    loop {
        let question = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Question { name, port, answer }) = question else {
            return;
        };
        answer((name.as_str(), port).to_socket_addrs().map(Iterator::collect));
    }
}
