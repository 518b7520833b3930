//! A server and 5,000 of its clients in one reactor: one process, one thread, one loop.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use ws_reactor::{
    CloseCode, Closed, Config, ConnectError, Context, Handler, Loop, Message, Progress, Reactor, Router,
};

const CLIENTS: usize = 5_000;
/// Both ends of each connection, and what the process has open besides.
const DESCRIPTORS: u64 = 2 * CLIENTS as u64 + 100;
/// So many connect at once: fewer than the listener's backlog, beyond which the system itself resets some.
const AT_ONCE: usize = 500;
const ROUNDS: u8 = 3;
const PATIENCE: Duration = Duration::from_secs(60);

/// What happened so far, on either side.
#[derive(Debug, Default)]
struct Tally {
    opened: usize,
    echoed: usize,
    announced: usize,
    failed: Vec<ConnectError>,
    /// Closed in order with 1000, by either side; and all others.
    clean: usize,
    unclean: Vec<Closed>,
    served: usize,
    left: usize,
}

struct Client {
    tally: Rc<RefCell<Tally>>,
    number: usize,
    rounds: u8,
}

impl Client {
    fn say(&self, context: &mut Context<'_>) {
        context.send(&format!("{} of {}", self.rounds, self.number)).unwrap();
    }
}

impl Handler for Client {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.tally.borrow_mut().opened += 1;
        self.say(context);
    }

    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        self.tally.borrow_mut().failed.push(error);
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        if message == Message::Text("everybody") {
            self.tally.borrow_mut().announced += 1;
            return context.close(CloseCode::Normal, "enough").unwrap();
        }
        assert_eq!(message, Message::Text(&format!("{} of {}", self.rounds, self.number)));
        self.tally.borrow_mut().echoed += 1;
        self.rounds += 1;
        if self.rounds < ROUNDS {
            self.say(context);
        }
    }

    fn on_close(&mut self, _context: &mut Context<'_>, closed: &Closed) {
        let mut tally = self.tally.borrow_mut();
        if closed.was_clean() && closed.code == CloseCode::Normal {
            tally.clean += 1;
        } else {
            tally.unclean.push(closed.clone());
        }
    }
}

/// Echoes, and subscribes to what is said to everybody.
struct Server(Rc<RefCell<Tally>>);

impl Handler for Server {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.0.borrow_mut().served += 1;
        context.subscribe("everybody").unwrap();
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        context.send(message).unwrap();
    }

    fn on_close(&mut self, _context: &mut Context<'_>, _closed: &Closed) {
        self.0.borrow_mut().left += 1;
    }
}

/// Raises the limit of open files, and says whether it suffices.
fn may_open_enough() -> bool {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).ok();
    getrlimit(Resource::Nofile).current.is_none_or(|most| most >= DESCRIPTORS)
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Turns until `done`, or fails with what there is.
fn turn_until(reactor: &mut Reactor, tally: &RefCell<Tally>, done: impl Fn(&Tally) -> bool) {
    let began = Instant::now();
    while !done(&tally.borrow()) {
        assert!(began.elapsed() < PATIENCE, "{:?}", tally.borrow());
        assert_eq!(reactor.turn(Some(Duration::from_millis(100))).unwrap(), Progress::Running);
    }
}

#[test]
fn five_thousand_clients_and_their_server_share_one_loop() {
    if !may_open_enough() {
        return eprintln!("skipped: the system allows fewer than {DESCRIPTORS} open files");
    }
    let before = open_files();
    let tally = Rc::new(RefCell::new(Tally::default()));
    let mut reactor = Reactor::new(Config::default()).unwrap();
    let served = Rc::clone(&tally);
    let router = Router::new().otherwise(move |_request| Server(Rc::clone(&served)));
    let listener = reactor.listen("127.0.0.1:0", router).unwrap();
    let url = format!("ws://{}/", reactor.listener_addr(listener).unwrap());
    for number in 0..CLIENTS {
        let client = Client { tally: Rc::clone(&tally), number, rounds: 0 };
        reactor.connect(&url, client).unwrap();
        if (number + 1) % AT_ONCE == 0 {
            let settled = |tally: &Tally| tally.opened + tally.failed.len() > number;
            turn_until(&mut reactor, &tally, settled);
        }
    }

    let rounds = CLIENTS * usize::from(ROUNDS);
    turn_until(&mut reactor, &tally, |tally| tally.echoed == rounds || !tally.failed.is_empty());
    assert!(tally.borrow().failed.is_empty(), "{:?}", tally.borrow().failed);
    assert_eq!((tally.borrow().opened, tally.borrow().served), (CLIENTS, CLIENTS));
    assert!(open_files() >= before + 2 * CLIENTS);

    reactor.handle().publish("everybody", "everybody").unwrap();
    turn_until(&mut reactor, &tally, |tally| {
        tally.clean + tally.unclean.len() == CLIENTS && tally.left == CLIENTS
    });
    let tally = tally.borrow();
    assert_eq!((tally.announced, tally.clean, &tally.unclean[..]), (CLIENTS, CLIENTS, &[][..]));
    reactor.handle().stop(Duration::ZERO).unwrap();
    reactor.run().unwrap();
    drop(reactor);
    assert!(open_files() <= before, "descriptors stay behind");
}
