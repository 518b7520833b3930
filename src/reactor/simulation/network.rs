//! The network of a simulation: its clock, its agenda, its lines and the clients at their other ends.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::chance::Chance;
use super::line::{Edges, End, Ending, Line, ServerSide, take};
use super::servers::Servers;
use super::weather::Weather;

/// Virtual time, in microseconds, for everybody who has to know it.
#[derive(Clone, Default, Debug)]
pub(super) struct Clock {
    now: Arc<AtomicU64>,
    moves: Arc<AtomicU64>,
}

impl Clock {
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    fn advance(&self, to: u64) {
        self.now.fetch_max(to, Ordering::Relaxed);
    }

    /// Notes that something moved: a turn in which nothing does is an idle one.
    pub(super) fn note_move(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }
}

/// The client's end of a line.
pub(super) trait Client {
    /// The time it asked for has come.
    fn tick(&mut self, deeds: &mut Deeds);
    /// The server sent something.
    fn received(&mut self, deeds: &mut Deeds, bytes: &[u8]);
    /// The server ended the connection.
    fn ended(&mut self, deeds: &mut Deeds, how: End);
}

/// What a client does when it is called.
#[derive(Debug)]
pub(super) struct Deeds {
    pub(super) line: usize,
    pub(super) now: u64,
    pub(super) send: Vec<u8>,
    pub(super) end: Option<End>,
    /// When it wants to be called again.
    pub(super) wake: Option<u64>,
    /// Whether it takes what the server sends from now on.
    pub(super) reading: Option<bool>,
}

/// Something that happens at its time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    /// The client connects.
    Knock,
    /// Bytes, or the end of them, come in at the server.
    Arrive,
    /// The client takes bytes, or the end of them, from the server.
    Collect,
    /// The client acts of its own accord.
    Tick,
    /// A name has been looked up: the question has this number.
    Answer,
    /// A connection that the reactor began is made.
    Connected,
    /// A connection that the reactor began is refused.
    Refused,
}

/// What an accept meets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Knock {
    Line(usize),
    /// A connection that is gone again: accept passes over it.
    Gone,
}

/// Whether anybody listens.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Listening {
    #[default]
    Yes,
    NoMore,
}

/// A listening socket.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    pub(super) state: Listening,
    pub(super) knocks: VecDeque<Knock>,
    pub(super) edge: bool,
    pub(super) armed: bool,
}

/// Everything outside the reactor.
pub(super) struct Network {
    pub(super) clock: Clock,
    pub(super) lines: Vec<Line>,
    pub(super) backlog: Backlog,
    pub(super) servers: Servers,
    pub(super) chance: Chance,
    pub(super) weather: Weather,
    /// Lines that may have something to report.
    pub(super) stirred: BTreeSet<usize>,
    pub(super) bell: Arc<AtomicBool>,
    /// Sockets the server holds.
    pub(super) live: usize,
    /// So many waits in a row that end at once, without anything having moved, are spinning.
    pub(super) most_idle: usize,
    pub(super) faults: Vec<String>,
    clients: Vec<Option<Box<dyn Client>>>,
    agenda: BTreeMap<(u64, u64), (usize, Happening)>,
    sequence: u64,
}

impl Network {
    pub(super) fn new(mut chance: Chance, weather: Weather) -> Self {
        Self {
            clock: Clock::default(),
            lines: Vec::new(),
            backlog: Backlog::default(),
            servers: Servers::default(),
            chance: chance.fork(),
            weather,
            stirred: BTreeSet::new(),
            bell: Arc::default(),
            live: 0,
            most_idle: 4,
            faults: Vec::new(),
            clients: Vec::new(),
            agenda: BTreeMap::new(),
            sequence: 0,
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// A client connects at `at`, and acts from then on.
    pub(super) fn connect(&mut self, client: Box<dyn Client>, at: u64) -> usize {
        let line = self.add_line(client);
        self.schedule(at, line, Happening::Knock);
        line
    }

    /// A new line, with somebody at its other end.
    pub(super) fn add_line(&mut self, peer: Box<dyn Client>) -> usize {
        let (up, down) = self.weather.windows(&mut self.chance);
        self.lines.push(Line::new(up, down));
        self.clients.push(Some(peer));
        self.lines.len() - 1
    }

    /// When something happens next.
    pub(super) fn next(&self) -> Option<u64> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets time pass until `to`, with all that happens until then.
    pub(super) fn pass(&mut self, to: u64) {
        self.clock.advance(to);
        while self.next().is_some_and(|at| at <= to) {
            if let Some((_, (line, happening))) = self.agenda.pop_first() {
                self.happen(line, happening);
            }
        }
    }

    pub(super) fn schedule(&mut self, at: u64, line: usize, happening: Happening) {
        self.sequence += 1;
        self.agenda.insert((at, self.sequence), (line, happening));
    }

    fn happen(&mut self, line: usize, happening: Happening) {
        match happening {
            Happening::Knock => self.knock(line),
            Happening::Arrive => self.arrive(line),
            Happening::Collect => self.collect(line),
            Happening::Tick => self.call(line, |client, deeds| client.tick(deeds)),
            Happening::Answer => self.answer(line),
            Happening::Connected => self.decide(line, None),
            Happening::Refused => self.decide(line, Some(End::Reset)),
        }
    }

    fn knock(&mut self, line: usize) {
        if self.chance.one_in(self.weather.gone_in_backlog) {
            self.backlog.knocks.push_back(Knock::Gone);
        }
        self.backlog.knocks.push_back(Knock::Line(line));
        self.backlog.edge = true;
        self.call(line, |client, deeds| client.tick(deeds));
        if self.backlog.state == Listening::NoMore {
            self.turn_away();
        }
    }

    /// Nobody listens any more: whoever waits is reset.
    pub(super) fn turn_away(&mut self) {
        self.backlog.state = Listening::NoMore;
        for knock in std::mem::take(&mut self.backlog.knocks) {
            if let Knock::Line(line) = knock {
                self.lines[line].close();
                self.lines[line].break_down();
                self.go_on_collecting(line);
            }
        }
    }

    fn call(&mut self, line: usize, call: impl FnOnce(&mut dyn Client, &mut Deeds)) {
        let Some(mut client) = self.clients[line].take() else {
            return;
        };
        let mut deeds =
            Deeds { line, now: self.now(), send: Vec::new(), end: None, wake: None, reading: None };
        call(&mut *client, &mut deeds);
        self.clients[line] = Some(client);
        self.perform(&deeds);
    }

    /// Does what a client, or a test in its place, has decided.
    fn perform(&mut self, deeds: &Deeds) {
        let line = &mut self.lines[deeds.line];
        if line.up.ending.is_none() {
            line.up.unsent.extend(&deeds.send);
            line.up.ending = deeds.end;
        }
        if deeds.end == Some(End::Reset) {
            line.up.ending = deeds.end;
        }
        if let Some(reading) = deeds.reading {
            line.down.reading = reading;
        }
        if let Some(at) = deeds.wake {
            self.schedule(at, deeds.line, Happening::Tick);
        }
        if deeds.end == Some(End::Reset) {
            self.reset(deeds.line);
        }
        self.go_on_arriving(deeds.line);
        self.go_on_collecting(deeds.line);
    }

    /// A test acts in the place of a client.
    pub(super) fn act(&mut self, line: usize, act: impl FnOnce(&mut Deeds)) {
        self.call(line, |_, deeds| act(deeds));
    }

    fn reset(&mut self, line: usize) {
        // Some systems still hand out what arrived before a reset, others do not.
        let forget = self.chance.one_in(2);
        let line = &mut self.lines[line];
        line.up.unsent.clear();
        if forget {
            line.up.inbound.clear();
        }
        line.down.outbound.clear();
        line.down.ending = Ending::Told;
    }

    pub(super) fn go_on_arriving(&mut self, index: usize) {
        let up = &self.lines[index].up;
        let more = !up.unsent.is_empty() && up.inbound.len() < up.window;
        let end = up.unsent.is_empty() && up.ending != up.ended;
        if (more || end) && !up.moving {
            self.lines[index].up.moving = true;
            let at = self.now() + self.weather.latency(&mut self.chance);
            self.schedule(at, index, Happening::Arrive);
        }
    }

    pub(super) fn go_on_collecting(&mut self, index: usize) {
        let down = &self.lines[index].down;
        let end = matches!(down.ending, Ending::Due(_));
        let something = !down.outbound.is_empty() || end;
        if something && down.reading && !down.moving {
            self.lines[index].down.moving = true;
            let at = self.now() + self.weather.latency(&mut self.chance);
            self.schedule(at, index, Happening::Collect);
        }
    }

    /// The next piece of what the client sent comes in.
    fn arrive(&mut self, index: usize) {
        let line = &mut self.lines[index];
        line.up.moving = false;
        if line.server == ServerSide::Closed {
            return self.bounce(index);
        }
        let room = line.up.window - line.up.inbound.len();
        let count = line.up.unsent.len().min(room);
        let count = self.weather.cut(&mut self.chance, count);
        line.up.inbound.extend(line.up.unsent.drain(..count));
        // The end may come with the last bytes or behind them.
        let all = line.up.unsent.is_empty() && line.up.ending != line.up.ended;
        if all && (count == 0 || self.weather.end_with_data(&mut self.chance)) {
            line.up.ended = line.up.ending;
        }
        self.stir(index, |edges| edges.read = true);
        if self.lines[index].is_reset() {
            self.stir(index, |edges| edges.write = true);
        }
        self.go_on_arriving(index);
    }

    /// More arrives just behind a read, before the loop waits again.
    pub(super) fn sneak_in(&mut self, index: usize) {
        if self.lines[index].up.moving && self.chance.one_in(self.weather.sneaks) {
            self.arrive(index);
        }
    }

    /// Bytes for a socket that is closed: the connection is reset, and what the client has not yet taken is
    /// lost.
    fn bounce(&mut self, index: usize) {
        let line = &mut self.lines[index];
        if line.up.unsent.is_empty() {
            line.up.ended = line.up.ending;
            return;
        }
        line.up.unsent.clear();
        line.break_down();
        self.go_on_collecting(index);
    }

    /// The client takes a piece of what the server sent.
    fn collect(&mut self, index: usize) {
        let line = &mut self.lines[index];
        line.down.moving = false;
        if !line.down.reading {
            return;
        }
        let count = self.weather.cut(&mut self.chance, line.down.outbound.len());
        let mut bytes = vec![0; count];
        take(&mut line.down.outbound, &mut bytes);
        if line.down.blocked && line.down.room() >= line.down.window / 2 {
            line.down.blocked = false;
            self.stir(index, |edges| edges.write = true);
        }
        if count > 0 {
            self.call(index, |client, deeds| client.received(deeds, &bytes));
        }
        self.tell_end(index);
        self.go_on_collecting(index);
    }

    fn tell_end(&mut self, index: usize) {
        let down = &mut self.lines[index].down;
        let Ending::Due(end) = down.ending else {
            return;
        };
        if down.outbound.is_empty() {
            down.ending = Ending::Told;
            self.call(index, |client, deeds| client.ended(deeds, end));
        }
    }

    pub(super) fn stir(&mut self, index: usize, edge: impl FnOnce(&mut Edges)) {
        edge(&mut self.lines[index].edges);
        self.stirred.insert(index);
    }

    /// The lines that may have something to report, in no particular order.
    pub(super) fn take_stirred(&mut self) -> Vec<usize> {
        let mut stirred: Vec<usize> = std::mem::take(&mut self.stirred).into_iter().collect();
        let chance = &mut self.chance;
        stirred.sort_by_cached_key(|_| Reverse(chance.below(1 << 30)));
        stirred
    }
}
