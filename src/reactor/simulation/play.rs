//! One random run: clients come, handlers act, threads interfere, and in the end nothing may be left.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::actor::{Actor, Temper, members};
use super::chance::Chance;
use super::fate::Fate;
use super::ledger::{Account, Entry, PATIENCE, Promise, Shared, Standing, TOPICS};
use super::network::Network;
use super::parcel::{LONGEST, Parcel};
use super::stage::Stage;
use super::tokens::Tokens;
use super::visitor::Visitor;
use super::weather::Weather;
use crate::accept::{Accept, IntoAccept};
use crate::config::{Config, Overflow};
use crate::protocol::CloseCode;
use crate::protocol::handshake::{Request, Response, Status};
use crate::reactor::state::Life;
use crate::router::Router;

/// Most turns a run may take: far more than any needs.
const TURNS: usize = 2_000_000;

/// What a run came to.
pub(super) struct Outcome {
    pub(super) log: Vec<Entry>,
    pub(super) faults: Vec<String>,
    pub(super) opened: usize,
}

/// A run under way.
struct Play<const SHORT: bool> {
    stage: Stage<SHORT>,
    ledger: Shared,
    tokens: Tokens,
    chance: Chance,
    end: Ending,
    faults: Vec<String>,
}

/// How a run ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    /// Everybody leaves by themselves.
    Quiet,
    /// The reactor is stopped in the middle of it, with a grace.
    Stop(u64, Duration),
}

/// Runs `clients` clients.
pub(super) fn play<const SHORT: bool>(seed: u64, clients: usize) -> Outcome {
    let mut chance = Chance::new(seed);
    let weather = Weather::rough(&mut chance);
    let config = config(&mut chance);
    let temper = temper(&mut chance);
    // The routes need the ledger, which needs the clock of the stage, which needs the routes.
    let later: Rc<OnceCell<Shared>> = Rc::default();
    let tokens = Tokens::default();
    let routes = router(later.clone(), tokens.clone(), temper);
    let stage = Stage::new(config, routes, weather, chance.fork());
    let clock = stage.network.borrow().clock.clone();
    let ledger = later.get_or_init(|| Shared::new(clock, chance.fork())).clone();
    let mut play =
        Play::<SHORT> { stage, ledger, tokens, end: ending(&mut chance), chance, faults: Vec::new() };
    play.invite(clients);
    play.run();
    play.outcome()
}

fn config(chance: &mut Chance) -> Config {
    Config {
        max_outbox: *chance.pick(&[16 << 10, 256 << 10, 1 << 20]),
        overflow: *chance.pick(&[Overflow::Refuse, Overflow::Refuse, Overflow::Close]),
        drain_mark: *chance.pick(&[1 << 10, 64 << 10]),
        max_connections: *chance.pick(&[20, 1_000]),
        read_buffer: *chance.pick(&[4 << 10, 64 << 10, 256 << 10]),
        messages_per_turn: *chance.pick(&[1, 5, 1_024]),
        accepts_per_turn: *chance.pick(&[1, 3, 64]),
        pool: *chance.pick(&[0, 64 << 10, 16 << 20]),
        mailbox_commands: 64,
        max_control_rate: 2_000,
        ping_after: Some(Duration::from_secs(*chance.pick(&[10, 60]))),
        ..Config::default()
    }
}

fn temper(chance: &mut Chance) -> Temper {
    let wild = *chance.pick(&[1, 1, 5]);
    Temper {
        echo: 2,
        relay: 6,
        publish: 10,
        timer: 6,
        close: 150 / wild,
        abort: 600 / wild,
        panic: 400 / wild,
    }
}

fn ending(chance: &mut Chance) -> Ending {
    let at = chance.below(10_000_000) as u64;
    let grace = chance.pick(&[0, 1, 2_000, 60_000]);
    match chance.below(3) {
        0 => Ending::Stop(at, Duration::from_millis(*grace)),
        _ => Ending::Quiet,
    }
}

fn router(ledger: Rc<OnceCell<Shared>>, tokens: Tokens, temper: Temper) -> Router {
    Router::new()
        .page("/page", |_| Response::text(Status::OK, "a page ".repeat(2_000)))
        .route("/lost", |_: &Request<'_>| Response::text(Status::NOT_FOUND, "lost"))
        .route("/cursed", |_: &Request<'_>| -> Accept { std::panic::panic_any(super::actor::Deliberate) })
        .otherwise(move |request: &Request<'_>| {
            let line = request.path().trim_start_matches('/').parse();
            match (ledger.get(), line) {
                (Some(ledger), Ok(line)) => {
                    let actor = Actor { line, ledger: ledger.clone(), temper };
                    if line % 4 == 3 { tokens.defer(actor) } else { actor.into_accept() }
                }
                _ => Response::text(Status::NOT_FOUND, "nobody").into_accept(),
            }
        })
}

impl<const SHORT: bool> Play<SHORT> {
    fn invite(&mut self, clients: usize) {
        let rush = *self.chance.pick(&[1, 100_000, 10_000_000]);
        for _ in 0..clients {
            let fate = Fate::random(&mut self.chance);
            let visitor = Visitor::new(fate, self.chance.fork(), self.ledger.clone());
            let at = self.chance.below(rush) as u64;
            self.stage.network.borrow_mut().connect(Box::new(visitor), at);
            self.ledger.lock().accounts.push(Account::default());
        }
    }

    fn run(&mut self) {
        for turn in 0..TURNS {
            self.interfere();
            let hurried = !self.tokens.is_empty() || self.chance.one_in(10);
            let patience = hurried.then_some(Duration::from_millis(20));
            match self.stage.turn(patience) {
                Ok(Life::Stopped) => return self.check_end(),
                Ok(_) | Err(_) if self.is_quiet() => return self.part(),
                Ok(_) => {}
                Err(error) => return self.faults.push(format!("hung: {error}")),
            }
            if turn % 16 == 0 {
                self.check_bounds();
            }
            if self.ledger.lock().faults.len() + self.stage.network.borrow().faults.len() > 0 {
                return;
            }
        }
        let state = self.stage.engine.state();
        let phases: Vec<_> = state.slots.iter().map(|(_, connection)| connection.phase).collect();
        let now = self.stage.now();
        self.faults.push(format!("at {now} us the run has not ended: {phases:?}"));
    }

    /// Nobody is connected, and nobody will be.
    fn is_quiet(&self) -> bool {
        let network = self.stage.network.borrow();
        network.live == 0 && network.backlog.knocks.is_empty() && network.next().is_none()
    }

    /// Everybody has left by themselves: first nothing may be left, then the reactor is stopped.
    fn part(&mut self) {
        self.check_end();
        self.stage.handle().stop(Duration::from_secs(1)).ok();
        match self.stage.turn(None) {
            Ok(Life::Stopped) => self.check_stopped(),
            other => self.faults.push(format!("not stopped: {other:?}")),
        }
    }

    /// A socket without a handler is not kept for long.
    fn check_sockets(&mut self) {
        let network = self.stage.network.borrow();
        let ledger = self.ledger.lock();
        for (index, (line, account)) in network.lines.iter().zip(&ledger.accounts).enumerate() {
            let (Some(accepted), Some(closed)) = (line.accepted, line.closed) else {
                continue;
            };
            let opening = if account.standing == Standing::Unseen { 10_000_000 } else { 0 };
            let since = account.closed.unwrap_or(accepted);
            // To be flushed, and to linger: twice the time for a close, and what the client takes to read.
            if closed > since + opening + 2 * 5_000_000 + PATIENCE {
                let kept = closed - since;
                self.faults.push(format!("line {index}: its socket was kept {kept} us"));
            }
        }
    }

    fn check_end(&mut self) {
        self.faults.extend(self.stage.leftovers());
        self.check_sockets();
        let ledger = self.ledger.lock();
        let open = ledger.accounts.iter().filter(|account| account.standing == Standing::Open);
        let open = open.count();
        drop(ledger);
        if open > 0 {
            self.faults.push(format!("{open} handlers have not seen their on_close"));
        }
    }

    fn check_stopped(&mut self) {
        if self.stage.handle().run(|_| ()).is_ok() {
            self.faults.push("a stopped reactor takes commands".to_owned());
        }
    }

    fn check_bounds(&mut self) {
        let state = self.stage.engine.state();
        let most_waiting = state.config.max_outbox + 128 * 1024 + 2 * LONGEST;
        let most_held = state.config.read_buffer + state.config.max_head;
        let faults = state.slots.iter().filter_map(|(slot, connection)| {
            let waiting = connection.outbox.len();
            let held = connection.held.as_ref().map_or(0, |held| held.buffer.len());
            (waiting > most_waiting || held > most_held)
                .then(|| format!("slot {slot}: {waiting} bytes wait, {held} are held"))
        });
        self.faults.extend(faults);
        if state.slots.len() > state.config.max_connections {
            self.faults.push(format!("{} connections", state.slots.len()));
        }
    }

    /// What other threads do between two turns.
    fn interfere(&mut self) {
        if let Ending::Stop(at, grace) = self.end {
            if self.stage.now() >= at {
                self.stage.handle().stop(grace).ok();
                self.end = Ending::Quiet;
                self.ledger.lock().stopped = true;
            }
        }
        if !self.tokens.is_empty() && self.chance.one_in(10) {
            self.tokens.decide(&mut self.chance);
        }
        while self.chance.one_in(5) {
            match self.chance.below(8) {
                0 => self.close_somebody(),
                1..=3 => self.send_somebody(),
                4 => self.publish_something(),
                _ => self.run_something(),
            }
        }
    }

    fn close_somebody(&mut self) {
        let somebody = self.ledger.lock().anybody();
        if let Some((_, id)) = somebody.filter(|_| self.chance.one_in(10)) {
            self.stage.handle().close(id, CloseCode::Policy, "a thread").ok();
        }
    }

    /// A closure in front of the message writes down whether it must arrive: nothing comes between the two.
    fn send_somebody(&mut self) {
        let Some((line, id)) = self.ledger.lock().anybody() else {
            return;
        };
        let parcel = Parcel::random(&mut self.chance);
        let ledger = self.ledger.clone();
        let handle = self.stage.handle();
        // The mailbox may have room for the closure and none for the message.
        let sent = Arc::new(AtomicBool::new(false));
        let is_sent = sent.clone();
        let noted = handle.run(move |view| {
            if !is_sent.load(Ordering::Relaxed) {
                return;
            }
            let Some(slot) = view.state.find(id).filter(|&slot| view.state.phase(slot).is_open()) else {
                return;
            };
            let empty = view.state.buffered(slot) == 0;
            let promise = if empty { Promise::Certain } else { Promise::Possible };
            ledger.lock().owe(line, parcel, promise);
        });
        if noted.is_ok() {
            sent.store(handle.send(id, parcel.message()).is_ok(), Ordering::Relaxed);
        }
    }

    fn publish_something(&mut self) {
        let topic = self.chance.below(TOPICS);
        let parcel = Parcel::random(&mut self.chance);
        let ledger = self.ledger.clone();
        let publish = move |view: &mut crate::view::Loop<'_>| {
            let open = |id| view.state.find(id).is_some_and(|slot| view.state.phase(slot).is_open());
            let members = members(&ledger, open, topic);
            let published = view.publish(&format!("topic {topic}"), parcel.message());
            let promise = if published.refused == 0 { Promise::Certain } else { Promise::Possible };
            let mut ledger = ledger.lock();
            if published.sent + published.refused != members.len() {
                ledger.fault(0, format!("{published:?} to {} members", members.len()));
            }
            for line in members {
                ledger.owe(line, parcel, promise);
            }
        };
        self.stage.handle().run(publish).ok();
    }

    fn run_something(&mut self) {
        let deliberate = self.chance.one_in(10);
        let task = move |view: &mut crate::view::Loop<'_>| {
            if deliberate {
                std::panic::panic_any(super::actor::Deliberate);
            }
            view.connections().count();
        };
        self.stage.handle().run(task).ok();
    }

    fn outcome(self) -> Outcome {
        let network: &Network = &self.stage.network.borrow();
        let mut ledger = self.ledger.lock();
        let mut faults = self.faults;
        faults.append(&mut ledger.faults);
        faults.extend_from_slice(&network.faults);
        let opened = ledger.accounts.iter().filter(|account| account.id.is_some());
        Outcome { opened: opened.count(), faults, log: std::mem::take(&mut ledger.log) }
    }
}
