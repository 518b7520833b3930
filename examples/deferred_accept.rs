//! Visitors are let in by a slow database, asked by a bounded pool of workers, while others are served.
//!
//! `cargo run --example deferred_accept` listens on 127.0.0.1:8083; `ws://127.0.0.1:8083/private?secret` is let
//! in after a while, any other word is not, and `/` echoes at once. With `--demo` the program is its own
//! visitors: a thousand that talk, a hundred that wait for the database; it tells how long answers took, and
//! ends.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ws_reactor::{
    Accept, CloseCode, Config, ConnectError, Context, Deferred, Handler, Lifetime, Loop, Message, Reactor,
    Rejection, Request, Response, Router, Status, TimerId, handler,
};

const WORKERS: usize = 8;
/// More requests than this are told to come back: a queue without end only makes everybody wait.
const QUEUE: usize = 1_000;
const TALKERS: usize = 1_000;
const VISITORS: usize = 100;

/// A question to the database, and what becomes of its answer.
type Question = (String, Deferred);

fn main() -> Result<(), Box<dyn Error>> {
    let (queue, questions) = sync_channel(QUEUE);
    let questions = Arc::new(Mutex::new(questions));
    for _ in 0..WORKERS {
        let questions = Arc::clone(&questions);
        thread::spawn(move || work(&questions));
    }
    if std::env::args().any(|argument| argument == "--demo") {
        return demo(queue);
    }
    let mut reactor = Reactor::new(Config::default())?;
    reactor.listen("127.0.0.1:8083", router(queue))?;
    Ok(reactor.run()?)
}

fn router(queue: SyncSender<Question>) -> Router {
    let ask = move |request: &Request<'_>| {
        let word = request.query().unwrap_or_default().to_owned();
        let queue = queue.clone();
        // Where the queue is full, the token comes back and is dropped, which answers 503.
        Accept::defer(move |token| queue.try_send((word, token)).unwrap_or_default())
    };
    Router::new().route("/", |_request| handler(echo)).route("/private", ask)
}

fn echo(context: &mut Context<'_>, message: Message<'_>) {
    context.send(message).ok();
}

fn work(questions: &Mutex<Receiver<Question>>) {
    loop {
        let question = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((word, token)) = question else { return };
        // Who left while the question was in the queue needs no answer.
        if token.is_gone() {
            continue;
        }
        let decided = if database_knows(&word) {
            token.accept(|| handler(echo))
        } else {
            token.reject(Response::text(Status::FORBIDDEN, "The database does not know you."))
        };
        if decided.is_err() {
            println!("one did not wait");
        }
    }
}

fn database_knows(word: &str) -> bool {
    thread::sleep(Duration::from_millis(100));
    word == "secret"
}

/// What the demonstration shows.
#[derive(Default)]
struct Tally {
    waiting: usize,
    admitted: usize,
    turned_away: usize,
    rounds: usize,
    slowest: Duration,
}

/// One of the thousand: says something again and again, and measures how long the echo takes.
struct Talker {
    tally: Rc<RefCell<Tally>>,
    said: Instant,
}

impl Talker {
    fn say(&mut self, context: &mut Context<'_>) {
        self.said = Instant::now();
        context.send("hello").ok();
    }
}

impl Handler for Talker {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.say(context);
    }

    fn on_message(&mut self, context: &mut Context<'_>, _message: Message<'_>) {
        let mut tally = self.tally.borrow_mut();
        tally.rounds += 1;
        tally.slowest = tally.slowest.max(self.said.elapsed());
        if tally.waiting == 0 {
            context.close(CloseCode::Normal, "").ok();
            return;
        }
        drop(tally);
        context.set_timer(Duration::from_millis(50));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _timer: TimerId) {
        self.say(context);
    }
}

/// One of the hundred: every second one knows the word.
struct Visitor(Rc<RefCell<Tally>>);

impl Handler for Visitor {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let mut tally = self.0.borrow_mut();
        tally.waiting -= 1;
        tally.admitted += 1;
        context.close(CloseCode::Normal, "").ok();
    }

    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        let mut tally = self.0.borrow_mut();
        tally.waiting -= 1;
        match error.rejection().map(Rejection::status) {
            Some(403) => tally.turned_away += 1,
            _ => println!("{error}"),
        }
    }
}

fn demo(queue: SyncSender<Question>) -> Result<(), Box<dyn Error>> {
    raise_open_files();
    let (tell, address) = sync_channel(1);
    let server = thread::spawn(move || {
        let mut reactor = Reactor::new(Config::default())?;
        let listener = reactor.listen("127.0.0.1:0", router(queue))?;
        tell.send((reactor.listener_addr(listener), reactor.handle())).ok();
        reactor.run()
    });
    let (address, handle) = address.recv()?;
    let address = address.ok_or("no address")?;
    let mut config = Config::default();
    config.lifetime = Lifetime::WhileConnected;
    let mut reactor = Reactor::new(config)?;
    let tally = Rc::new(RefCell::new(Tally { waiting: VISITORS, ..Tally::default() }));
    for _ in 0..TALKERS {
        let talker = Talker { tally: Rc::clone(&tally), said: Instant::now() };
        reactor.connect(format!("ws://{address}/"), talker)?;
    }
    for visitor in 0..VISITORS {
        let word = if visitor % 2 == 0 { "secret" } else { "sesame" };
        reactor.connect(format!("ws://{address}/private?{word}"), Visitor(Rc::clone(&tally)))?;
    }
    let began = Instant::now();
    reactor.run()?;
    let Tally { admitted, turned_away, rounds, slowest, .. } = &*tally.borrow();
    println!("{VISITORS} visitors asked the database: {admitted} admitted, {turned_away} turned away");
    println!(
        "{TALKERS} others went on: {rounds} answers in {:?}, the slowest took {slowest:?}",
        began.elapsed()
    );
    handle.stop(Duration::from_secs(1))?;
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}

/// Both ends of every connection are in this process.
fn raise_open_files() {
    #[cfg(target_os = "linux")]
    {
        let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        limit.current = limit.maximum;
        rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).ok();
    }
}
