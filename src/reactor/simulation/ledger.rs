//! What the server did and what it owes, as its handlers saw it: the oracle of the simulation.
//!
//! A callback that panics is contained by the reactor, so nothing here panics: what is wrong is written down
//! as a fault.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chance::Chance;
use super::network::Clock;
use super::parcel::Parcel;
use super::weather::STALL;
use crate::connection::Cause;
use crate::id::{ConnectionId, TimerId};
use crate::protocol::Message;

/// A message that the network had this long for has been lost, in microseconds.
pub(super) const PATIENCE: u64 = 3_000_000;

/// How long a silent client is kept, in microseconds: the default of the configuration.
const IDLE: u64 = 120_000_000;

/// How late the loop may be: it counts whole milliseconds, and the machine may pause.
pub(super) const SLACK: u64 = 3_000 + STALL as u64;

/// How many topics there are.
pub(super) const TOPICS: usize = 4;

/// One line of the log, by which two runs are compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    at: u64,
    line: usize,
    what: What,
}

impl Entry {
    pub(super) fn is_of(&self, line: usize) -> bool {
        self.line == line
    }
}

/// The callbacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum What {
    Open,
    Message(usize),
    Ping(usize),
    Pong(usize),
    Drain,
    Refused(usize),
    Timer,
    Close(u16, Cause),
}

/// How far a connection's handler is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Standing {
    #[default]
    Unseen,
    Open,
    Closed,
}

/// Whether a queued message must arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Promise {
    Certain,
    /// It may have been refused.
    Possible,
}

/// A message under way, and since when.
#[derive(Clone, Copy, Debug)]
struct Owed {
    parcel: Parcel,
    promise: Promise,
    since: u64,
}

/// What is known of one line.
#[derive(Default, Debug)]
pub(super) struct Account {
    pub(super) standing: Standing,
    pub(super) id: Option<ConnectionId>,
    pub(super) cause: Option<Cause>,
    pub(super) opened: u64,
    pub(super) closed: Option<u64>,
    /// When its client fell silent for good, without a word.
    pub(super) vanished: Option<u64>,
    /// Its handler gave it up.
    pub(super) aborted: bool,
    /// What the client sent and the handler has not seen.
    said: VecDeque<(Parcel, u64)>,
    /// What the handlers sent and the client has not seen.
    owed: VecDeque<Owed>,
    pub(super) timers: Vec<(TimerId, u64)>,
    pub(super) topics: BTreeSet<usize>,
    pings: VecDeque<u8>,
}

/// Everything that is known.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) clock: Clock,
    pub(super) chance: Chance,
    pub(super) accounts: Vec<Account>,
    pub(super) log: Vec<Entry>,
    pub(super) faults: Vec<String>,
    /// The reactor was told to stop, which may cut everything short.
    pub(super) stopped: bool,
    /// Whose callback is running.
    inside: Option<usize>,
}

/// The ledger, wherever it is needed. Closures for the loop have to be `Send`.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Mutex<Ledger>>);

impl Shared {
    pub(super) fn new(clock: Clock, chance: Chance) -> Self {
        Self(Arc::new(Mutex::new(Ledger {
            clock,
            chance,
            accounts: Vec::new(),
            log: Vec::new(),
            faults: Vec::new(),
            stopped: false,
            inside: None,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A callback begins; it ends with what this returns, even by a panic.
    pub(super) fn enter(&self, line: usize, what: What) -> Inside {
        self.lock().enter(line, what);
        Inside(self.clone())
    }
}

/// A callback is running.
pub(super) struct Inside(Shared);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.lock().inside = None;
    }
}

impl Ledger {
    fn enter(&mut self, line: usize, what: What) {
        self.clock.note_move();
        if let Some(other) = self.inside.replace(line) {
            self.fault(line, format!("{what:?} inside a callback of line {other}"));
        }
        let expected = if what == What::Open {
            Standing::Unseen
        } else {
            Standing::Open
        };
        let standing = self.accounts[line].standing;
        if standing != expected {
            self.fault(line, format!("{what:?} while {standing:?}"));
        }
        let at = self.clock.now();
        self.log.push(Entry { at, line, what });
    }

    pub(super) fn fault(&mut self, line: usize, what: impl Display) {
        let at = self.clock.now();
        self.faults.push(format!("at {at} us, line {line}: {what}"));
    }

    /// The client sends a message.
    pub(super) fn say(&mut self, line: usize, parcel: Parcel) {
        let now = self.clock.now();
        self.accounts[line].said.push_back((parcel, now));
    }

    /// The handler sees a message: it must be the next that was sent.
    pub(super) fn seen(&mut self, line: usize, message: &Message<'_>) {
        match self.accounts[line].said.pop_front() {
            Some((parcel, _)) if parcel.message() == *message => {}
            other => self.fault(line, format!("{} bytes came instead of {other:?}", message.len())),
        }
    }

    /// A handler sends a message.
    pub(super) fn owe(&mut self, line: usize, parcel: Parcel, promise: Promise) {
        let since = self.clock.now();
        self.accounts[line].owed.push_back(Owed {
            parcel,
            promise,
            since,
        });
    }

    /// The loop gives a message back that a thread had sent.
    pub(super) fn refused(&mut self, line: usize, message: &Message<'_>) {
        let owed = &mut self.accounts[line].owed;
        match owed.pop_back() {
            Some(last) if last.promise == Promise::Possible && last.parcel.message() == *message => {}
            other => self.fault(line, format!("a refusal of what was never in doubt: {other:?}")),
        }
    }

    /// The client sees a message: it must be the next that was sent to it.
    pub(super) fn delivered(&mut self, line: usize, message: &Message<'_>) {
        while let Some(owed) = self.accounts[line].owed.pop_front() {
            if owed.parcel.message() == *message {
                return;
            }
            if owed.promise == Promise::Certain {
                return self.fault(
                    line,
                    format!("{} bytes arrived instead of {owed:?}", message.len()),
                );
            }
        }
        self.fault(line, format!("{} bytes arrived that nobody sent", message.len()));
    }

    /// The client sees a Close: everything sent before it must have arrived (RFC 6455, section 5.5.1).
    pub(super) fn close_delivered(&mut self, line: usize) {
        let lost = self.accounts[line]
            .owed
            .iter()
            .find(|owed| owed.promise == Promise::Certain)
            .copied();
        if let Some(lost) = lost {
            self.fault(line, format!("lost before the Close: {lost:?}"));
        }
    }

    /// What lies between an eager client and the server must not lie there for long.
    pub(super) fn check_promptness(&mut self, line: usize) {
        let now = self.clock.now();
        let account = &self.accounts[line];
        if account.standing != Standing::Open {
            return;
        }
        let late = |since: u64| since.max(account.opened) + PATIENCE < now;
        if account.said.front().is_some_and(|&(_, since)| late(since)) {
            self.fault(line, "a message hangs on its way to the handler".to_owned());
        } else if account
            .owed
            .iter()
            .find(|owed| owed.promise == Promise::Certain)
            .is_some_and(|owed| late(owed.since))
        {
            self.fault(line, "a message hangs on its way to the client".to_owned());
        }
    }

    pub(super) fn ping_sent(&mut self, line: usize, payload: u8) {
        self.accounts[line].pings.push_back(payload);
    }

    /// A pong answers one of the pings, in their order (RFC 6455, section 5.5.3); one without payload answers
    /// the reactor's own.
    pub(super) fn pong_seen(&mut self, line: usize, payload: &[u8]) {
        let &[answered] = payload else { return };
        while let Some(sent) = self.accounts[line].pings.pop_front() {
            if sent == answered {
                return;
            }
        }
        self.fault(line, format!("a pong {answered} to no ping"));
    }

    pub(super) fn timer_set(&mut self, line: usize, timer: TimerId, delay: u64) {
        let due = self.clock.now() + delay;
        self.accounts[line].timers.push((timer, due));
    }

    /// Strikes a timer; gives when it was due.
    pub(super) fn timer_gone(&mut self, line: usize, timer: TimerId) -> Option<u64> {
        let timers = &mut self.accounts[line].timers;
        let position = timers.iter().position(|(known, _)| *known == timer)?;
        Some(timers.swap_remove(position).1)
    }

    pub(super) fn timer_ran_out(&mut self, line: usize, timer: TimerId) {
        let now = self.clock.now();
        match self.timer_gone(line, timer) {
            None => self.fault(line, "a timer that was not running ran out".to_owned()),
            Some(due) if now < due => self.fault(line, format!("a timer ran out {} us early", due - now)),
            Some(due) if now > due + SLACK => {
                self.fault(line, format!("a timer ran out {} us late", now - due));
            }
            Some(_) => {}
        }
    }

    pub(super) fn opened(&mut self, line: usize, id: ConnectionId) {
        let now = self.clock.now();
        if self.accounts.iter().any(|account| account.id == Some(id)) {
            self.fault(line, format!("the id {id} was given twice"));
        }
        let account = &mut self.accounts[line];
        account.standing = Standing::Open;
        account.id = Some(id);
        account.opened = now;
    }

    pub(super) fn closed(&mut self, line: usize, cause: Cause) {
        let now = self.clock.now();
        let account = &mut self.accounts[line];
        account.standing = Standing::Closed;
        account.closed = Some(now);
        let overdue = account
            .vanished
            .is_some_and(|since| now > since + IDLE + PATIENCE);
        let unseen = account.said.len();
        if let Some((_, due)) = account.timers.iter().find(|(_, due)| due + SLACK < now) {
            let late = now - due;
            self.fault(line, format!("a timer is {late} us late and will never run out"));
        }
        if cause == Cause::Peer && unseen > 0 {
            self.fault(
                line,
                format!("{unseen} messages were lost before the peer's Close"),
            );
        }
        if overdue {
            self.fault(line, "its client has long been gone".to_owned());
        }
        self.accounts[line].timers.clear();
        self.accounts[line].cause = Some(cause);
    }

    /// Somebody's id, of a connection that is open or was.
    pub(super) fn anybody(&mut self) -> Option<(usize, ConnectionId)> {
        let line = self.chance.below(self.accounts.len());
        let id = self.accounts[line].id?;
        Some((line, id))
    }
}
