//! A stage for scenes that are played by hand, to the microsecond, with handlers that write down what they see.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::chance::Chance;
use super::line::End;
use super::puppet::{Diary, Puppet, Seen, head};
use super::stage::Stage;
use super::weather::Weather;
use crate::config::Config;
use crate::connect::Connect;
use crate::connect_error::ConnectError;
use crate::connection::{Cause, Closed};
use crate::context::Context;
use crate::handler::Handler;
use crate::id::{ConnectionId, TimerId};
use crate::protocol::{Message, OwnedMessage};
use crate::reactor::state::Life;
use crate::router::Router;
use crate::view::Loop;

/// What a handler saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    Open,
    Message(String),
    Ping,
    Pong,
    Drain,
    Refused(usize),
    Timer,
    Close(u16, Cause),
    Failed(String),
    Dropped,
}

/// What to do in a callback.
pub(super) type Reaction = Box<dyn FnMut(&mut Context<'_>, &Heard)>;

/// Everything all handlers saw, in order, with virtual milliseconds.
pub(super) type Log = Rc<RefCell<Vec<(u64, Heard)>>>;

/// A handler that writes down, and then reacts as the test wants.
struct Scribe {
    log: Log,
    reaction: Reaction,
}

impl Scribe {
    fn note(&mut self, context: &mut Context<'_>, heard: &Heard) {
        self.log.borrow_mut().push((context.state.now, heard.clone()));
        (self.reaction)(context, heard);
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.log.borrow_mut().push((0, Heard::Dropped));
    }
}

impl Handler for Scribe {
    fn on_failed(&mut self, reactor: &mut Loop<'_>, error: ConnectError) {
        self.log.borrow_mut().push((reactor.state.now, Heard::Failed(format!("{error:?}"))));
    }

    fn on_open(&mut self, context: &mut Context<'_>) {
        self.note(context, &Heard::Open);
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        let heard = match message {
            Message::Text(text) => text.to_owned(),
            Message::Binary(bytes) => format!("{} bytes", bytes.len()),
        };
        self.note(context, &Heard::Message(heard));
    }

    fn on_ping(&mut self, context: &mut Context<'_>, _: &[u8]) {
        self.note(context, &Heard::Ping);
    }

    fn on_pong(&mut self, context: &mut Context<'_>, _: &[u8]) {
        self.note(context, &Heard::Pong);
    }

    fn on_drain(&mut self, context: &mut Context<'_>) {
        self.note(context, &Heard::Drain);
    }

    fn on_refused(&mut self, context: &mut Context<'_>, message: OwnedMessage) {
        self.note(context, &Heard::Refused(message.as_message().len()));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _: TimerId) {
        self.note(context, &Heard::Timer);
    }

    fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
        self.note(context, &Heard::Close(closed.code.into(), closed.cause.clone()));
    }
}

/// A scene in a world like epoll's.
pub(super) type Scene = SceneIn<true>;

/// A stage with puppets on calm weather.
pub(super) struct SceneIn<const SHORT: bool> {
    pub(super) stage: Stage<SHORT>,
    pub(super) log: Log,
    diaries: Vec<Rc<RefCell<Diary>>>,
}

impl<const SHORT: bool> SceneIn<SHORT> {
    /// A reactor whose handlers write down what they see and do what `reaction` does.
    pub(super) fn new(config: Config, reaction: impl Fn(&mut Context<'_>, &Heard) + Clone + 'static) -> Self {
        Self::in_weather(config, Weather::calm(), reaction)
    }

    pub(super) fn in_weather(
        config: Config,
        weather: Weather,
        reaction: impl Fn(&mut Context<'_>, &Heard) + Clone + 'static,
    ) -> Self {
        let log = Log::default();
        let scribes = log.clone();
        let router = Router::new()
            .otherwise(move |_| Scribe { log: scribes.clone(), reaction: Box::new(reaction.clone()) });
        Self { log, ..Self::with_router(config, weather, router) }
    }

    /// A reactor whose handlers are of the test's own making.
    pub(super) fn with_router(config: Config, weather: Weather, router: Router) -> Self {
        let stage = Stage::new(config, router, weather, Chance::new(1));
        Self { stage, log: Log::default(), diaries: Vec::new() }
    }

    /// The reactor connects to somebody.
    pub(super) fn dial(&mut self, to: Connect, reaction: fn(&mut Context<'_>, &Heard)) -> ConnectionId {
        let scribe = Scribe { log: self.log.clone(), reaction: Box::new(reaction) };
        self.stage.engine.connect(to, Box::new(scribe)).expect("a running reactor")
    }

    /// A client connects and says nothing.
    pub(super) fn connect(&mut self) -> usize {
        let diary = Rc::new(RefCell::new(Diary::default()));
        self.diaries.push(diary.clone());
        self.stage.connect(Box::new(Puppet(diary)))
    }

    /// A client connects, and its opening handshake is done.
    pub(super) fn open(&mut self) -> usize {
        let line = self.connect();
        self.send(line, &head());
        self.run_for(0);
        assert_eq!(self.seen(line), [Seen::Opened]);
        line
    }

    pub(super) fn send(&self, line: usize, bytes: &[u8]) {
        self.stage.act(line, |deeds| deeds.send.extend_from_slice(bytes));
    }

    pub(super) fn end(&self, line: usize, end: End) {
        self.stage.act(line, |deeds| deeds.end = Some(end));
    }

    /// Whether a client takes what it is sent.
    pub(super) fn reads(&self, line: usize, reading: bool) {
        self.stage.act(line, |deeds| deeds.reading = Some(reading));
    }

    /// Turns until so many virtual milliseconds have passed.
    pub(super) fn run_for(&mut self, millis: u64) {
        let until = self.stage.now() + millis * 1_000;
        loop {
            let left = until.saturating_sub(self.stage.now());
            let life = self.stage.turn(Some(Duration::from_micros(left))).expect("a turn");
            let mut network = self.stage.network.borrow_mut();
            if life == Life::Stopped {
                return network.pass(until);
            }
            assert!(network.faults.is_empty(), "{:?}", network.faults);
            let busy = network.next().is_some_and(|at| at <= until) || !network.stirred.is_empty();
            drop(network);
            if left == 0 && !busy && self.stage.rests() {
                return;
            }
        }
    }

    /// Turns until `millis` of virtual time since the beginning.
    pub(super) fn run_until(&mut self, millis: u64) {
        let now = self.stage.now() / 1_000;
        self.run_for(millis - now);
    }

    pub(super) fn seen(&self, line: usize) -> Vec<Seen> {
        self.dated(line).into_iter().map(|(_, seen)| seen).collect()
    }

    /// What a client saw, with milliseconds.
    pub(super) fn dated(&self, line: usize) -> Vec<(u64, Seen)> {
        let diary = self.diaries[line].borrow();
        diary.seen.iter().map(|(at, seen)| (at / 1_000, seen.clone())).collect()
    }

    /// What the handlers saw.
    pub(super) fn heard(&self) -> Vec<Heard> {
        self.log.borrow().iter().map(|(_, heard)| heard.clone()).collect()
    }

    pub(super) fn live(&self) -> usize {
        self.stage.network.borrow().live
    }

    /// Ends the scene: nothing may be left.
    pub(super) fn check_that_nothing_is_left(&self) {
        assert_eq!(self.stage.leftovers(), Vec::<String>::new());
    }
}

/// Does nothing in any callback.
pub(super) fn silent(_: &mut Context<'_>, _: &Heard) {}

/// Sends back every message, as text.
pub(super) fn echo(context: &mut Context<'_>, heard: &Heard) {
    if let Heard::Message(message) = heard {
        context.send(message).ok();
    }
}
