//! Handlers that do anything at all inside their callbacks, to themselves and to others: it takes effect at
//! once, and no callback ever runs inside another.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use support::{
    Ask, Client, End, Event, FIN, PING, PONG, Server, TEXT, config, echo, masked, silent, witnessed,
};
use ws_reactor::{
    Cause, CloseCode, Closed, Config, ConnectionId, Context, Handler, Message, OwnedMessage, Router,
    SendError, SubscribeError,
};

/// A kind of callback, to act in.
fn kind(event: &Event) -> &'static str {
    match event {
        Event::Open => "open",
        Event::Message(_) => "message",
        Event::Ping(_) => "ping",
        Event::Pong(_) => "pong",
        Event::Drain => "drain",
        Event::Refused(_) => "refused",
        Event::Timer(_) => "timer",
        Event::Close(_) => "close",
        Event::Dropped => "dropped",
    }
}

const KINDS: [&str; 8] = [
    "open", "message", "ping", "pong", "drain", "refused", "timer", "close",
];

/// Has every kind of callback called, and reads until the server ends it.
fn provoke(server: &Server, trigger: &str) {
    let mut client = Client::open(server.address);
    client.put_in_vain(&masked(FIN | TEXT, trigger.as_bytes()));
    client.put_in_vain(&masked(FIN | PING, b"ping"));
    client.put_in_vain(&masked(FIN | PONG, b"pong"));
    while let Ok(frame) = client.next_or_end() {
        if frame.payload.ends_with(b"last") {
            client.put_in_vain(&masked(0x88, b""));
        }
    }
}

/// Outboxes that are soon full, and drained early enough to take more.
fn small() -> Config {
    config(|config| {
        config.max_outbox = 64 * 1024;
        config.drain_mark = 1024;
    })
}

/// What leads to the callbacks that the client cannot provoke.
fn prepare(context: &mut Context<'_>, event: &Event) {
    match event {
        Event::Open => {
            context.subscribe("everybody").unwrap();
            context.set_timer(Duration::from_millis(1));
        }
        Event::Message(_) => {
            // More than the socket takes, so that a drain follows.
            context.send(&vec![0; 8 << 20]).unwrap();
            context.sender().send("does not fit").unwrap();
        }
        Event::Drain => {
            context.send("last").ok();
        }
        _ => {}
    }
}

/// Does `act` in one kind of callback after the other, each with a connection of its own, beside one that only
/// watches.
fn in_every_callback(act: fn(&mut Context<'_>)) {
    for chosen in KINDS {
        let acted = Arc::new(AtomicBool::new(false));
        let reached = acted.clone();
        let (server, events) = witnessed(small(), move |context, event| {
            if context.path() == "/watch" {
                return echo(context, event);
            }
            prepare(context, event);
            if kind(event) == chosen {
                reached.store(true, Ordering::Relaxed);
                act(context);
            }
        });
        let mut watcher = Client::open_as(server.address, &Ask::upgrade("/watch"));
        provoke(&server, "go");
        watcher.text("still here");
        // What the other handler may have sent to all is not what is waited for.
        while watcher.next_text() != "still here" {}
        drop(watcher);
        server.stop();
        let seen = events.rest();
        assert!(acted.load(Ordering::Relaxed), "no {chosen} was called");
        assert_lives_are_whole(
            &seen
                .iter()
                .map(|(id, event)| (*id, kind(event)))
                .collect::<Vec<_>>(),
            chosen,
        );
    }
}

/// Fails unless each connection was opened first, closed once, and dropped after.
fn assert_lives_are_whole(seen: &[(ConnectionId, &'static str)], what: &str) {
    let mut ids: Vec<ConnectionId> = seen.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let life: Vec<_> = seen
            .iter()
            .filter(|(of, _)| *of == id)
            .map(|(_, kind)| *kind)
            .collect();
        assert_eq!(life.first(), Some(&"open"), "{what}: {life:?}");
        assert!(life.ends_with(&["close", "dropped"]), "{what}: {life:?}");
        for once in ["open", "close", "dropped"] {
            assert_eq!(
                life.iter().filter(|kind| **kind == once).count(),
                1,
                "{what}: {life:?}"
            );
        }
    }
}

#[test]
fn every_callback_may_close_its_connection() {
    in_every_callback(|context| context.close(CloseCode::Normal, "last").unwrap());
}

#[test]
fn every_callback_may_abort_its_connection() {
    // The method itself is not general enough in its lifetimes.
    #[allow(clippy::redundant_closure_for_method_calls)]
    in_every_callback(|context| context.abort());
}

#[test]
fn every_callback_may_panic() {
    in_every_callback(|_context| panic!("on purpose"));
}

#[test]
fn every_callback_may_do_everything_at_once() {
    in_every_callback(|context| {
        let id = context.id();
        let all: Vec<ConnectionId> = context.others().connections().collect();
        for other in all {
            context.send_to(other, "all").ok();
        }
        context.send_to(id, "me").ok();
        context.publish("everybody", "news");
        context.publish_to_others("everybody", "news");
        let timer = context.set_timer(Duration::ZERO);
        context.set_timer(Duration::MAX);
        context.cancel_timer(timer);
        context.subscribe("more").ok();
        context.unsubscribe("everybody");
        context.ping(b"?").ok();
        context.handle().publish("more", "from afar").unwrap();
        context
            .handle()
            .run(|reactor| assert!(reactor.connections().count() < 10))
            .unwrap();
        context.close(CloseCode::Normal, "last").unwrap();
        context.abort();
        context.close(CloseCode::Normal, "too late").unwrap();
        assert_eq!(context.subscribe("late"), Err(SubscribeError::Closed));
    });
}

#[test]
fn every_callback_may_stop_the_reactor() {
    for chosen in KINDS {
        let (mut server, events) = witnessed(small(), move |context, event| {
            prepare(context, event);
            if kind(event) == chosen {
                context.others().stop(Duration::ZERO);
                context.others().stop(Duration::from_secs(100));
            }
        });
        provoke(&server, "go");
        server.join();
        let seen = events.rest();
        assert_lives_are_whole(
            &seen
                .iter()
                .map(|(id, event)| (*id, kind(event)))
                .collect::<Vec<_>>(),
            chosen,
        );
    }
}

#[test]
fn a_panic_is_1011_on_the_wire_and_in_on_close_rfc_6455_section_7_4_1() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Message(_) = event {
            context.send("before").unwrap();
            panic!("on purpose");
        }
    });
    let mut other = Client::open(server.address);
    let mut client = Client::open(server.address);
    client.put(&[masked(FIN | TEXT, b"go"), masked(FIN | TEXT, b"never seen")].concat());
    assert_eq!(client.next_text(), "before");
    client.expect_failure(1011);
    let closed = events.closed();
    assert_eq!((u16::from(closed.code), &closed.cause), (1011, &Cause::Panicked));
    assert!(!closed.was_clean());
    other.frame(FIN | PING, b"well?");
    assert_eq!(other.next().payload, b"well?");
}

#[test]
fn a_panic_while_an_assembled_message_is_handled_is_contained_too() {
    let (server, events) = witnessed(Config::default(), |_context, event| {
        assert!(!matches!(event, Event::Message(_)), "on purpose");
    });
    for round in 0..20 {
        let mut client = Client::open(server.address);
        if round % 2 == 0 {
            client.frame(TEXT, b"in ");
            client.frame(FIN, b"pieces");
        } else {
            client.binary(&vec![7; 900_000]);
        }
        client.expect_failure(1011);
        assert_eq!(events.closed().cause, Cause::Panicked);
    }
}

#[test]
fn a_panic_payload_that_panics_when_dropped_is_contained() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("once more");
        }
    }
    let (server, _events) = witnessed(Config::default(), |_context, event| {
        if let Event::Message(_) = event {
            std::panic::panic_any(Grenade);
        }
    });
    let mut client = Client::open(server.address);
    client.text("go");
    client.expect_failure(1011);
    Client::open(server.address);
}

#[test]
fn a_closure_that_waits_when_the_reactor_stops_may_panic_when_dropped() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let (mut server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Close(_) = event {
            let grenade = Grenade;
            context.handle().run(move |_| drop(grenade)).unwrap();
        }
    });
    let clients = [Client::open(server.address), Client::open(server.address)];
    for _ in &clients {
        events.opened();
    }
    server.handle.stop(Duration::ZERO).unwrap();
    server.join();
}

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

#[test]
fn a_close_handler_may_bring_down_the_next_like_dominoes() {
    const CLIENTS: usize = 500;
    let (server, events) = witnessed(Config::default(), |context, event| {
        if let Event::Close(_) = event {
            let next = context.others().connections().next();
            if let Some(next) = next {
                assert!(context.others().abort(next));
            }
        }
    });
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::open(server.address)).collect();
    clients.pop();
    for client in &mut clients {
        assert_eq!(client.end(), End::Finished);
    }
    server.stop();
    let ends = events
        .rest()
        .into_iter()
        .filter(|(_, event)| matches!(event, Event::Close(_)));
    assert_eq!(ends.count(), CLIENTS);
}

#[test]
fn what_a_close_handler_publishes_reaches_those_who_stay() {
    let (server, events) = witnessed(Config::default(), |context, event| match event {
        Event::Open => context.subscribe("room").unwrap(),
        Event::Close(closed) => {
            let told = format!("left: {}", u16::from(closed.code));
            let published = context.publish("room", &told);
            assert_eq!((published.sent, published.refused), (1, 0));
            assert_eq!(context.send("me?"), Err(SendError::Closed("me?".into())));
        }
        _ => {}
    });
    let mut stays = Client::open(server.address);
    let mut leaves = Client::open(server.address);
    (0..2).for_each(|_| {
        events.opened();
    });
    leaves.close(4000, "");
    assert_eq!(leaves.next_close().0, Some(4000));
    assert_eq!(stays.next_text(), "left: 4000");
}

#[test]
fn one_handler_may_close_and_abort_others_in_the_middle_of_their_messages() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if *event == Event::Message("end them".into()) {
            let me = context.id();
            let others: Vec<_> = context.others().connections().filter(|id| *id != me).collect();
            for (index, other) in others.into_iter().enumerate() {
                if index % 2 == 0 {
                    assert!(context.others().abort(other));
                    assert!(!context.others().abort(other));
                } else {
                    assert_eq!(context.others().close(other, CloseCode::Away, "out"), Ok(true));
                }
                assert_eq!(
                    context.send_to(other, "late"),
                    Err(SendError::Closed("late".into()))
                );
            }
        }
    });
    let mut others: Vec<Client> = (0..4).map(|_| Client::open(server.address)).collect();
    for other in &mut others {
        // Half a message and a half frame are in hand when the end comes.
        other.frame(TEXT, b"half");
        other.put(&masked(FIN, &[b'a'; 50])[..20]);
        events.opened();
    }
    let mut killer = Client::open(server.address);
    killer.text("end them");
    let mut told = 0;
    for other in &mut others {
        match other.next_or_end() {
            Ok(frame) => {
                assert_eq!(frame.close(), (Some(1001), "out".to_owned()));
                told += 1;
            }
            Err(error) => assert!(!support::is_timeout(&error), "neither told nor gone"),
        }
    }
    assert_eq!(told, 2);
    killer.frame(FIN | PING, b"");
    assert_eq!(killer.next().first, FIN | PONG);
}

#[test]
fn the_id_of_a_connection_that_is_gone_never_reaches_the_next_tenant_of_its_slot() {
    let (server, events) = witnessed(Config::default(), silent);
    let first = Client::open(server.address);
    let old = events.opened();
    drop(first);
    events.closed();
    let stale = server.handle.sender(old);
    for _ in 0..50 {
        let mut tenant = Client::open(server.address);
        let new = events.opened();
        assert_ne!(old, new);
        stale.send("for the dead").unwrap();
        stale.close(CloseCode::Policy, "for the dead").unwrap();
        let (report, reports) = std::sync::mpsc::channel();
        server
            .handle
            .run(move |reactor| {
                assert_eq!(reactor.send(old, "dead"), Err(SendError::Closed("dead".into())));
                assert_eq!(reactor.close(old, CloseCode::Policy, ""), Ok(false));
                assert!(!reactor.abort(old));
                assert_eq!(reactor.buffered(old), None);
                assert_eq!(reactor.peer_addr(old), None);
                reactor.send(new, "for the living").unwrap();
                report.send(reactor.connections().collect::<Vec<_>>()).unwrap();
            })
            .unwrap();
        assert_eq!(reports.recv(), Ok(vec![new]));
        assert_eq!(tenant.next_text(), "for the living");
        drop(tenant);
        events.closed();
    }
}

#[test]
fn a_timer_of_a_connection_that_is_gone_never_reaches_the_next_tenant_of_its_slot() {
    let (server, events) = witnessed(Config::default(), |context, event| {
        if *event == Event::Open {
            context.set_timer(Duration::from_millis(30));
            if context.path() == "/leave" {
                context.abort();
            }
        }
    });
    for _ in 0..5 {
        let mut leaves = Client::open_as(server.address, &Ask::upgrade("/leave"));
        leaves.end();
        let stays = Client::open(server.address);
        let mine = events.find(|id, event| match event {
            Event::Timer(_) => Some(id),
            _ => None,
        });
        drop(stays);
        events.find(|id, event| {
            assert!(!matches!(event, Event::Timer(_)), "a timer of nobody");
            (id == mine && event == Event::Dropped).then_some(())
        });
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
        Router::new().otherwise(move |_request| Depth {
            inside: inside.clone(),
            closes: counted.clone(),
        })
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
