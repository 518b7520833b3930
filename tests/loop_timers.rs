//! Timers of the loop itself: they run once, on time, and belong to no connection.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails is to fail")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use ws_reactor::{Config, Context, Handler, Lifetime, Loop, Progress, Reactor, Router, TimerId, handler};

fn reactor() -> Reactor {
    Reactor::new(Config::default()).unwrap()
}

const SOON: Duration = Duration::from_millis(30);

fn stop(reactor: &mut Loop<'_>) {
    reactor.stop(Duration::ZERO);
}

#[test]
fn they_run_once_in_order_and_never_early() {
    let mut reactor = reactor();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let began = Instant::now();
    for (delay, name) in [(60, "third"), (20, "first"), (40, "second")] {
        let (seen, delay) = (Rc::clone(&seen), Duration::from_millis(delay));
        reactor.as_loop().set_timer(delay, move |_| {
            assert!(began.elapsed() >= delay);
            seen.borrow_mut().push(name);
        });
    }
    reactor.as_loop().set_timer(Duration::from_millis(150), stop);
    reactor.run().unwrap();
    assert_eq!(*seen.borrow(), ["first", "second", "third"]);
}

#[test]
fn one_may_set_the_next_and_a_reactor_with_only_timers_goes_on() {
    fn tick(reactor: &mut Loop<'_>, left: u32, ticks: Rc<Cell<u32>>) {
        ticks.set(ticks.get() + 1);
        if left == 0 {
            return reactor.stop(Duration::ZERO);
        }
        reactor.set_timer(Duration::ZERO, move |reactor| tick(reactor, left - 1, ticks));
    }
    let mut reactor = reactor();
    let ticks = Rc::new(Cell::new(0));
    tick(&mut reactor.as_loop(), 20, Rc::clone(&ticks));
    reactor.run().unwrap();
    assert_eq!(ticks.get(), 21);
}

#[test]
fn a_cancelled_one_does_not_run_and_is_dropped_at_once() {
    let mut reactor = reactor();
    let held = Rc::new(());
    let inside = Rc::clone(&held);
    let timer = reactor.as_loop().set_timer(SOON, move |_| panic!("{inside:?}"));
    assert!(reactor.as_loop().cancel_timer(timer));
    assert_eq!(Rc::strong_count(&held), 1);
    assert!(!reactor.as_loop().cancel_timer(timer));
    let next = reactor.as_loop().set_timer(SOON * 2, stop);
    assert_ne!(timer, next);
    assert!(!reactor.as_loop().cancel_timer(timer), "its id names no later one");
    reactor.run().unwrap();
}

#[test]
fn a_panic_is_contained() {
    let mut reactor = reactor();
    reactor.as_loop().set_timer(Duration::ZERO, |_| panic!("on purpose"));
    reactor.as_loop().set_timer(SOON, stop);
    reactor.run().unwrap();
}

#[test]
fn what_has_not_run_when_the_reactor_stops_is_dropped() {
    let mut reactor = reactor();
    let held = Rc::new(());
    let inside = Rc::clone(&held);
    reactor.as_loop().set_timer(Duration::from_secs(3600), move |_| drop(inside));
    reactor.as_loop().stop(Duration::ZERO);
    reactor.run().unwrap();
    assert_eq!(Rc::strong_count(&held), 1);
}

/// Its timer is not the loop's to cancel, nor the other way round.
struct Careful(Rc<Cell<Option<TimerId>>>);

impl Handler for Careful {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let own = context.set_timer(SOON);
        assert!(!context.others().cancel_timer(own));
        let foreign = context.others().set_timer(SOON * 2, stop);
        assert!(!context.cancel_timer(foreign));
        context.abort();
        self.0.set(Some(foreign));
    }

    fn on_timer(&mut self, _context: &mut Context<'_>, _timer: TimerId) {
        panic!("a timer that should be gone with its connection");
    }
}

#[test]
fn timers_of_connections_and_of_the_loop_are_apart() {
    let mut reactor = reactor();
    let listener = reactor.listen("127.0.0.1:0", Router::new().otherwise(|_| handler(|_, _| {}))).unwrap();
    let address = reactor.listener_addr(listener).unwrap();
    let set = Rc::new(Cell::new(None));
    reactor.connect(format!("ws://{address}/"), Careful(Rc::clone(&set))).unwrap();
    reactor.run().unwrap();
    assert!(set.get().is_some(), "the timer of the loop has outlived the connection that set it");
}

#[test]
fn a_reactor_that_lives_while_connected_waits_for_its_timers() {
    let mut config = Config::default();
    config.lifetime = Lifetime::WhileConnected;
    let mut reactor = Reactor::new(config).unwrap();
    let ran = Rc::new(Cell::new(false));
    let mark = Rc::clone(&ran);
    // Nobody listens there.
    reactor.connect("ws://127.0.0.1:1/", handler(|_, _| {})).unwrap();
    reactor.as_loop().set_timer(SOON * 3, move |_| mark.set(true));
    while reactor.turn(None).unwrap() == Progress::Running {}
    assert!(ran.get());
}
