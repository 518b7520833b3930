//! When a connection must have done something, and what follows when it has not.
//!
//! A deadline that moves away is only stored; the wheel finds out when the old one comes. One that moves
//! closer is set at once.

use std::time::Duration;

use super::state::{State, Tenant};
use crate::connection::{Cause, Deadline, Keepalive, Phase, Reading};
use crate::id::narrow;
use crate::protocol::{Fin, OpCode};

/// What is next for a connection if nothing happens until then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expiry {
    /// Ask a silent peer for a sign of life.
    Ping,
    /// Tell the handler why, and give the connection up.
    GiveUp(Deadline),
    /// The connection is still being made: the next address, or the end.
    Dial,
    /// Nobody needs to be told.
    Release,
}

impl State {
    /// Sees to it that the wheel knows of this connection's next deadline in time.
    pub(crate) fn schedule(&mut self, slot: usize) {
        let Some(connection) = self.slots.get(slot) else {
            return;
        };
        let key = narrow(slot);
        match (self.next_expiry(slot, connection), self.deadlines.due(key)) {
            (None, _) => self.deadlines.clear(key),
            (Some((due, _)), Some(known)) if known <= due => {}
            (Some((due, _)), _) => self.deadlines.set(key, due),
        }
    }

    /// Does what is due for a connection.
    pub(crate) fn expire(&mut self, slot: usize) {
        let Some(connection) = self.slots.get(slot) else {
            return;
        };
        match self.next_expiry(slot, connection) {
            Some((due, Expiry::Dial)) if due <= self.now => return self.dials.overdue.push(slot),
            Some((due, expiry)) if due <= self.now => self.act_on(slot, expiry),
            _ => {}
        }
        self.schedule(slot);
    }

    fn act_on(&mut self, slot: usize, expiry: Expiry) {
        match expiry {
            Expiry::Ping => {
                self.put(slot, (OpCode::Ping, Fin::Final), &[]);
                // However late this ping is, because the loop or the whole machine stood still, its answer has
                // the time that it would have had.
                let silence = self.config.ping_after.map_or(0, |after| later(0, after));
                let latest = self.now.saturating_sub(silence);
                if let Some(connection) = self.slots.get_mut(slot) {
                    connection.since = connection.since.max(latest);
                    connection.phase = Phase::Open(Keepalive::Pinged);
                }
            }
            Expiry::GiveUp(deadline) => self.drop_connection(slot, Cause::TimedOut(deadline)),
            Expiry::Dial => {}
            Expiry::Release => self.enter(slot, Phase::Dead),
        }
    }

    fn next_expiry(&self, slot: usize, connection: &Tenant) -> Option<(u64, Expiry)> {
        let config = &self.config;
        let since = connection.since;
        let phase = match connection.phase {
            Phase::Opening { .. } | Phase::Deferred => {
                Some((later(since, config.open_timeout), Expiry::Release))
            }
            // Who is not listened to cannot be heard.
            Phase::Open(_) if connection.reading == Reading::Paused => None,
            Phase::Open(keepalive) => self.silence(since, keepalive),
            Phase::Closing => Some((later(since, config.close_timeout), Expiry::GiveUp(Deadline::Close))),
            Phase::Flushing => {
                let progress = connection.outbox.progress().unwrap_or(since).max(since);
                // Who takes a little now and then does not hold the slot for ever.
                let last = later(since, config.write_timeout);
                Some((later(progress, config.close_timeout).min(last), Expiry::Release))
            }
            Phase::Lingering => Some((later(since, config.close_timeout), Expiry::Release)),
            Phase::Dialing | Phase::Asking => self.dials.due(slot).map(|due| (due, Expiry::Dial)),
            Phase::Attempt | Phase::Dead => None,
        };
        let stall = connection
            .outbox
            .progress()
            .filter(|_| connection.phase.is_alive())
            .map(|progress| (later(progress, config.write_timeout), Expiry::GiveUp(Deadline::Write)));
        earlier(phase, stall)
    }

    fn silence(&self, since: u64, keepalive: Keepalive) -> Option<(u64, Expiry)> {
        let give_up = |idle| (later(since, idle), Expiry::GiveUp(Deadline::Idle));
        let ping = self.config.ping_after.filter(|_| keepalive == Keepalive::Heard);
        earlier(ping.map(|after| (later(since, after), Expiry::Ping)), self.config.idle_timeout.map(give_up))
    }
}

fn later(since: u64, by: Duration) -> u64 {
    since.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)).saturating_add(1)
}

fn earlier(one: Option<(u64, Expiry)>, other: Option<(u64, Expiry)>) -> Option<(u64, Expiry)> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.0 < one.0 { other } else { one }),
        (one, other) => one.or(other),
    }
}
