//! A reactor on a network, ready to be played with.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::chance::Chance;
use super::network::{Client, Deeds, Network};
use super::weather::Weather;
use super::world::Scripted;
use crate::config::Config;
use crate::handle::Handle;
use crate::reactor::engine::Engine;
use crate::reactor::state::Life;
use crate::router::Router;

/// A reactor in a scripted world.
pub(super) struct Stage<const SHORT: bool> {
    pub(super) engine: Engine<Scripted<SHORT>>,
    pub(super) network: Rc<RefCell<Network>>,
}

impl<const SHORT: bool> Stage<SHORT> {
    pub(super) fn new(config: Config, router: Router, weather: Weather, chance: Chance) -> Self {
        config.validate().expect("a proper configuration");
        let network = Rc::new(RefCell::new(Network::new(chance, weather)));
        // Where the budget is small, messages that nobody hears any more take turns of their own.
        network.borrow_mut().most_idle += 2_000 / config.messages_per_turn;
        let engine = Engine::new(Scripted::new(network.clone()), config);
        let mut engine = engine.expect("scripted randomness");
        engine.listen("127.0.0.1:80", router).expect("a scripted listener");
        Self { engine, network }
    }

    pub(super) fn handle(&self) -> Handle {
        Handle::new(self.engine.state().mailbox.clone())
    }

    /// Virtual time in microseconds.
    pub(super) fn now(&self) -> u64 {
        self.network.borrow().now()
    }

    /// A client connects now.
    pub(super) fn connect(&self, client: Box<dyn Client>) -> usize {
        let now = self.now();
        self.network.borrow_mut().connect(client, now)
    }

    /// Does something in the place of a client.
    pub(super) fn act(&self, line: usize, act: impl FnOnce(&mut Deeds)) {
        self.network.borrow_mut().act(line, act);
    }

    pub(super) fn turn(&mut self, timeout: Option<Duration>) -> io::Result<Life> {
        self.engine.turn(timeout)
    }

    /// Whether nothing is left to be done at once.
    pub(super) fn rests(&self) -> bool {
        let state = self.engine.state();
        state.dirty.is_empty()
            && state.again.is_empty()
            && state.dials.begun.is_empty()
            && !self.network.borrow().bell.load(Ordering::Relaxed)
    }

    /// What must be true when nothing is left of anybody.
    pub(super) fn leftovers(&self) -> Vec<String> {
        let state = self.engine.state();
        let live = self.network.borrow().live;
        let lists = [&state.dirty, &state.again, &state.dead].map(|list| !list.is_empty());
        let facts = [
            (live > 0, format!("{live} sockets are open")),
            (!state.slots.is_empty(), format!("{} slots are taken", state.slots.len())),
            (state.pool.lent() > 0, format!("{} bytes are lent", state.pool.lent())),
            (state.deadlines.next().is_some(), "a deadline is set".to_owned()),
            (state.timers.next().is_some(), "a timer runs".to_owned()),
            (!state.topics.is_empty(), "a topic has members".to_owned()),
            (!state.deferrals.is_empty(), "a decision is awaited".to_owned()),
            (!state.notices.is_empty(), "a callback is due".to_owned()),
            (!state.dials.is_empty(), "a connection is being made".to_owned()),
            (lists[2], "the dead are not buried".to_owned()),
        ];
        facts.into_iter().filter(|(wrong, _)| *wrong).map(|(_, what)| what).collect()
    }
}
