//! Threads that have something to say to connections: `cargo run --example push_from_threads [-- ADDR]`,
//! 127.0.0.1:8080 if none is given. Watch with `cargo run --example chat_client`.
//!
//! One thread publishes the time to everybody, once a second. Another belongs to a single connection: it works for
//! a while on each number it is asked about, and answers through the connection's [`Sender`]. The loop waits for
//! neither.

use std::error::Error;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, thread};

use ws_reactor::{Config, Context, Handle, Handler, Message, Reactor, Router, SendError, Sender};

/// What everybody is subscribed to.
const CLOCK: &str = "clock";
/// How many questions of one connection may wait for their answer.
const MOST_WAITING: usize = 16;

/// Has a thread of its own, which ends when this is dropped: then its queue has no sender any more.
struct Asker {
    questions: Option<mpsc::SyncSender<u64>>,
}

impl Handler for Asker {
    fn on_open(&mut self, context: &mut Context<'_>) {
        if let Err(error) = context.subscribe(CLOCK) {
            eprintln!("{}: {error}", context.id());
        }
        let (questions, queue) = mpsc::sync_channel(MOST_WAITING);
        let sender = context.sender();
        thread::spawn(move || answer(&queue, &sender));
        self.questions = Some(questions);
        context.send("Send me a number, and I look for its smallest divisor.").ok();
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        let question = std::str::from_utf8(message.as_bytes()).ok().and_then(|text| text.trim().parse().ok());
        let said = match (question, &self.questions) {
            (None | Some(0 | 1), _) => Some("A whole number from 2 on, please."),
            (Some(number), Some(questions)) if questions.try_send(number).is_ok() => None,
            _ => Some("One after the other, please."),
        };
        if let Some(said) = said {
            context.send(said).ok();
        }
    }
}

fn answer(questions: &mpsc::Receiver<u64>, sender: &Sender) {
    for number in questions {
        let divisor = smallest_divisor(number);
        if sender.send(format!("{number} can be divided by {divisor}")).is_err() {
            return;
        }
    }
}

fn smallest_divisor(number: u64) -> u64 {
    (2..=number).take_while(|low| *low <= number / *low).find(|low| number % low == 0).unwrap_or(number)
}

fn tell_the_time(handle: &Handle) {
    let started = Instant::now();
    loop {
        thread::sleep(Duration::from_secs(1));
        let text = format!("{} s since the start", started.elapsed().as_secs());
        if let Err(SendError::Stopped(_)) = handle.publish(CLOCK, text) {
            return;
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let mut reactor = Reactor::new(Config::default())?;
    let listener =
        reactor.listen(address.as_str(), Router::new().otherwise(|_request| Asker { questions: None }))?;
    if let Some(address) = reactor.listener_addr(listener) {
        println!("Listening on ws://{address}");
    }
    let handle = reactor.handle();
    thread::spawn(move || tell_the_time(&handle));
    Ok(reactor.run()?)
}
