//! The server to measure with any load tool, on any path:
//!
//! ```text
//! load_server --listen ADDR --mode echo|relay|broadcast [--max-message BYTES]
//! ```
//!
//! `echo` answers the sender; `relay` sends to the neighbour (connections pair up in the order in which they
//! come: the first with the second, the third with the fourth); `broadcast` sends to everyone, the sender
//! included.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;

use ws_reactor::{Accept, Closed, Config, ConnectionId, Context, Handler, Message, Reactor, Router};

const USAGE: &str = "usage: load_server --listen ADDR --mode echo|relay|broadcast [--max-message BYTES]";

/// The topic that everyone hears in broadcast mode.
const EVERYONE: &str = "everyone";

struct Echo;

impl Handler for Echo {
    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        context.send(message).ok();
    }
}

struct Broadcast;

impl Handler for Broadcast {
    fn on_open(&mut self, context: &mut Context<'_>) {
        if let Err(error) = context.subscribe(EVERYONE) {
            eprintln!("{}: {error}", context.id());
        }
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        context.publish(EVERYONE, message);
    }
}

/// Who is on each side of a pair.
type Pair = Rc<RefCell<[Option<ConnectionId>; 2]>>;

struct Relay {
    pair: Pair,
    side: usize,
}

impl Handler for Relay {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.pair.borrow_mut()[self.side] = Some(context.id());
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        let neighbour = self.pair.borrow()[1 - self.side];
        if let Some(neighbour) = neighbour {
            context.send_to(neighbour, message).ok();
        }
    }

    fn on_close(&mut self, _context: &mut Context<'_>, _closed: &Closed) {
        self.pair.borrow_mut()[self.side] = None;
    }
}

/// Pairs connections in the order in which they come.
#[derive(Default)]
struct Matchmaker {
    waiting: Option<Pair>,
}

impl Matchmaker {
    fn seat(&mut self) -> Relay {
        if let Some(pair) = self.waiting.take() {
            return Relay { pair, side: 1 };
        }
        let pair = Pair::default();
        self.waiting = Some(pair.clone());
        Relay { pair, side: 0 }
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Echo,
    Relay,
    Broadcast,
}

impl Mode {
    fn router(self) -> Router {
        let mut matchmaker = Matchmaker::default();
        Router::new().otherwise(move |_request| match self {
            Self::Echo => Accept::open(Echo),
            Self::Relay => Accept::open(matchmaker.seat()),
            Self::Broadcast => Accept::open(Broadcast),
        })
    }
}

struct Options {
    listen: String,
    mode: Mode,
    max_message: usize,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            listen: String::new(),
            mode: Mode::Echo,
            max_message: 64 << 20,
        };
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or(USAGE)?;
            match (name.as_str(), value.as_str()) {
                ("--listen", address) => address.clone_into(&mut options.listen),
                ("--mode", "echo") => options.mode = Mode::Echo,
                ("--mode", "relay") => options.mode = Mode::Relay,
                ("--mode", "broadcast") => options.mode = Mode::Broadcast,
                ("--max-message", bytes) => options.max_message = bytes.parse()?,
                _ => return Err(USAGE.into()),
            }
        }
        if options.listen.is_empty() {
            Err(USAGE.into())
        } else {
            Ok(options)
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut config = Config::default();
    config.max_message = options.max_message;
    config.max_outbox = 64 << 20;
    let mut reactor = Reactor::new(config)?;
    let listener = reactor.listen(options.listen.as_str(), options.mode.router())?;
    if let Some(address) = reactor.listener_addr(listener) {
        println!("listening on ws://{address}");
    }
    Ok(reactor.run()?)
}
