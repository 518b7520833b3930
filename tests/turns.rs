//! Callbacks take turns: however handlers lead to each other's callbacks, none runs inside another.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use support::{Client, Event, Server, config, witnessed};
use ws_reactor::{Closed, Config, ConnectionId, Context, Handler, Message, OwnedMessage, Router};

#[test]
fn a_cycle_of_refusals_does_not_recurse() {
    const HOPS: u32 = 200_000;
    let small = config(|config| {
        config.max_outbox = 1024;
        config.write_timeout = support::PATIENCE;
    });
    let (done, ended) = std::sync::mpsc::channel();
    let (server, events) = witnessed(small, move |context, event| match event {
        // More than the socket takes: from now on everything is refused.
        Event::Message(_) => {
            context.send(&vec![0; 16 << 20]).unwrap();
            context.sender().send(HOPS.to_string()).unwrap();
        }
        Event::Refused(OwnedMessage::Text(text)) => match text.parse::<u32>().unwrap().checked_sub(1) {
            Some(left) => context.sender().send(left.to_string()).unwrap(),
            None => done.send(()).unwrap(),
        },
        _ => {}
    });
    let mut client = Client::open_narrow(server.address);
    client.text("go");
    ended.recv_timeout(support::PATIENCE).unwrap();
    drop(events);
}

#[test]
fn handlers_that_answer_each_other_through_their_peers_take_turns() {
    const ROUNDS: u32 = 1000;
    type Pair = Rc<RefCell<Vec<ConnectionId>>>;
    struct Member(Pair);
    impl Handler for Member {
        fn on_open(&mut self, context: &mut Context<'_>) {
            self.0.borrow_mut().push(context.id());
        }
        fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
            // Borrowed while it sends: a callback inside this one would find that out.
            let me = context.id();
            let all = self.0.borrow_mut();
            for id in all.iter().filter(|id| **id != me) {
                context.send_to(*id, message).unwrap();
            }
        }
    }
    let server = Server::start(Config::default(), || {
        let pair = Pair::default();
        Router::new().otherwise(move |_request| Member(pair.clone()))
    });
    let mut pair = [Client::open(server.address), Client::open(server.address)];
    for round in 0..ROUNDS {
        let [one, other] = &mut pair;
        one.text(&round.to_string());
        assert_eq!(other.next_text(), round.to_string());
        pair.reverse();
    }
}

/// Counts how deep it is inside its own callbacks.
struct Depth {
    inside: Rc<RefCell<u32>>,
    closes: Arc<AtomicU32>,
}

impl Depth {
    fn enter(&self) {
        *self.inside.borrow_mut() += 1;
        assert_eq!(*self.inside.borrow(), 1, "a callback inside a callback");
    }

    fn leave(&self) {
        *self.inside.borrow_mut() -= 1;
    }
}

impl Handler for Depth {
    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        self.enter();
        let all: Vec<_> = context.others().connections().collect();
        for id in all {
            // Refused, and the refusal is a callback of that connection.
            context.handle().send(id, message).unwrap();
            context.send_to(id, &[0; 2048]).ok();
            if !message.is_text() {
                context.others().abort(id);
            }
        }
        self.leave();
    }

    fn on_refused(&mut self, _context: &mut Context<'_>, _message: OwnedMessage) {
        self.enter();
        self.leave();
    }

    fn on_close(&mut self, context: &mut Context<'_>, _closed: &Closed) {
        self.enter();
        let all: Vec<_> = context.others().connections().collect();
        for id in all {
            context.others().abort(id);
        }
        self.closes.fetch_add(1, Ordering::Relaxed);
        self.leave();
    }
}

#[test]
fn no_callback_runs_inside_another() {
    let closes = Arc::new(AtomicU32::new(0));
    let counted = closes.clone();
    let small = config(|config| config.max_outbox = 1024);
    let server = Server::start(small, move || {
        let inside = Rc::new(RefCell::new(0));
        Router::new().otherwise(move |_request| Depth { inside: inside.clone(), closes: counted.clone() })
    });
    let mut clients: Vec<Client> = (0..10).map(|_| Client::open(server.address)).collect();
    clients[0].text("to all");
    for client in &mut clients {
        assert_eq!(client.next().payload.len(), 2048);
    }
    clients[3].binary(b"kill all");
    for client in &mut clients {
        client.rest();
    }
    server.stop();
    assert_eq!(closes.load(Ordering::Relaxed), 10);
}
