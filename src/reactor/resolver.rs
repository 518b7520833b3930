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
    /// Asks for the addresses of a name; `answer` is given them on another thread. Questions whose answer is not
    /// wanted any more are passed over, so those who gave up waiting do not hold up those who came later.
    pub(super) fn resolve(&mut self, name: &str, port: u16, answer: Answer) -> io::Result<()> {
        let queue = self.queue.get_or_insert_with(|| {
            let (questions, taken) = channel();
            Queue { questions, taken: Arc::new(Mutex::new(taken)) }
        });
        if self.threads < THREADS {
            match spawn(queue.taken.clone()) {
                Ok(()) => self.threads += 1,
                Err(error) if self.threads == 0 => return Err(error),
                Err(error) => log::warn!("one thread less to look up names: {error}"),
            }
        }
        let question = Question { name: name.to_owned(), port, answer };
        queue.questions.send(question).map_err(|_| io::Error::other("no thread to look up names"))
    }
}

fn spawn(taken: Arc<Mutex<Receiver<Question>>>) -> io::Result<()> {
    let thread = thread::Builder::new().name("ws-reactor names".to_owned());
    thread.spawn(move || work(&taken)).map(drop)
}

/// Answers questions until nobody is left who might ask.
fn work(questions: &Mutex<Receiver<Question>>) {
    loop {
        let question = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Question { name, port, answer }) = question else {
            return;
        };
        if answer.is_wanted() {
            answer.give((name.as_str(), port).to_socket_addrs().map(Iterator::collect));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    use super::Resolver;
    use crate::reactor::world::Answer;

    #[test]
    fn a_question_whose_asker_gave_up_is_passed_over() {
        let (tell, told) = channel();
        let mut resolver = Resolver::default();
        let mut questions = Vec::new();
        let (wish, given_up) = (Arc::new(()), Arc::new(()));
        for (asker, name) in [(&given_up, "127.0.0.1"), (&wish, "127.0.0.2")] {
            let tell = tell.clone();
            let answer = Answer::new(asker, move |found| tell.send(found.unwrap_or_default()).unwrap());
            questions.push((name, answer));
        }
        drop((given_up, tell));
        for (name, answer) in questions {
            resolver.resolve(name, 80, answer).unwrap();
        }
        // Whatever is not answered is dropped, and its way here with it.
        let found: Vec<SocketAddr> = told.iter().flatten().collect();
        assert_eq!(found, ["127.0.0.2:80".parse().unwrap()]);
        drop(wish);
    }
}
