//! The handler under test: it writes down what it sees and does all that a handler may do, at random.

use std::time::Duration;

use super::ledger::{Promise, Shared, Standing, TOPICS, What};
use super::parcel::Parcel;
use crate::connection::Closed;
use crate::context::Context;
use crate::error::SendError;
use crate::handler::Handler;
use crate::id::{ConnectionId, TimerId};
use crate::protocol::{CloseCode, Message, OwnedMessage};

/// How often handlers do the rarer things: once in so many callbacks, never if 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Temper {
    pub(super) echo: usize,
    pub(super) relay: usize,
    pub(super) publish: usize,
    pub(super) timer: usize,
    pub(super) close: usize,
    pub(super) abort: usize,
    pub(super) panic: usize,
}

/// One connection's handler.
pub(super) struct Actor {
    pub(super) line: usize,
    pub(super) ledger: Shared,
    pub(super) temper: Temper,
}

/// The payload of a deliberate panic, which the tests keep quiet about.
pub(super) struct Deliberate;

impl Actor {
    fn roll(&self, rate: usize) -> bool {
        self.ledger.lock().chance.one_in(rate)
    }

    fn below(&self, end: usize) -> usize {
        self.ledger.lock().chance.below(end)
    }

    fn parcel(&self) -> Parcel {
        Parcel::random(&mut self.ledger.lock().chance)
    }

    fn fault(&self, what: String) {
        self.ledger.lock().fault(self.line, what);
    }

    /// Something of everything.
    fn act(&self, context: &mut Context<'_>) {
        if self.roll(self.temper.echo) {
            let parcel = self.parcel();
            self.send(context, self.line, context.id(), parcel);
        }
        if self.roll(self.temper.relay) {
            self.reach_out(context);
        }
        if self.roll(self.temper.publish) {
            self.gossip(context);
        }
        if self.roll(self.temper.timer) {
            self.wind_timers(context);
        }
        if self.roll(self.temper.relay) {
            self.ping(context);
        }
        self.end_something(context);
        if self.roll(self.temper.panic) {
            std::panic::panic_any(Deliberate);
        }
    }

    fn send(&self, context: &mut Context<'_>, line: usize, id: ConnectionId, parcel: Parcel) {
        let buffered = context.others().buffered(id);
        let alive = buffered.is_some();
        let sent = if line == self.line && self.roll(2) {
            context.send(parcel.message())
        } else {
            context.send_to(id, parcel.message())
        };
        match sent {
            Ok(()) if alive => self.ledger.lock().owe(line, parcel, Promise::Certain),
            Ok(()) => self.fault(format!("sent to line {line}, which is gone")),
            Err(SendError::Full(back)) if buffered > Some(0) && back == parcel.message() => {}
            Err(SendError::Closed(back)) if back == parcel.message() => self.check_closed(context, id),
            Err(error) => self.fault(format!("sending to line {line}: {error:?}")),
        }
    }

    fn check_closed(&self, context: &Context<'_>, id: ConnectionId) {
        if is_open(context, id) {
            self.fault(format!("{id} is open and refuses a message"));
        }
    }

    fn reach_out(&self, context: &mut Context<'_>) {
        let somebody = self.ledger.lock().anybody();
        if let Some((line, id)) = somebody {
            let parcel = self.parcel();
            self.send(context, line, id, parcel);
        }
    }

    fn gossip(&self, context: &mut Context<'_>) {
        let topic = self.below(TOPICS);
        match self.below(4) {
            0 => self.subscribe(context, topic),
            1 => self.unsubscribe(context, topic),
            _ => self.publish(context, topic),
        }
    }

    fn subscribe(&self, context: &mut Context<'_>, topic: usize) {
        match context.subscribe(&name(topic)) {
            Ok(()) => {
                self.ledger.lock().accounts[self.line].topics.insert(topic);
            }
            Err(_) if !is_open(context, context.id()) => {}
            Err(error) => self.fault(format!("not subscribed: {error}")),
        }
    }

    fn unsubscribe(&self, context: &mut Context<'_>, topic: usize) {
        let was = context.unsubscribe(&name(topic));
        let known = self.ledger.lock().accounts[self.line].topics.remove(&topic);
        if was != known {
            self.fault(format!("unsubscribed from {topic}: {was} instead of {known}"));
        }
    }

    fn publish(&self, context: &mut Context<'_>, topic: usize) {
        let parcel = self.parcel();
        let members = members(&self.ledger, |id| is_open(context, id), topic);
        let published = context.publish(&name(topic), parcel.message());
        if published.sent + published.refused != members.len() {
            self.fault(format!("{published:?} to {} members of {topic}", members.len()));
        }
        let promise = if published.refused == 0 {
            Promise::Certain
        } else {
            Promise::Possible
        };
        let mut ledger = self.ledger.lock();
        for line in members {
            ledger.owe(line, parcel, promise);
        }
    }

    fn wind_timers(&self, context: &mut Context<'_>) {
        for _ in 0..self.below(3) {
            let delay = self.below(400_000) as u64;
            let timer = context.set_timer(Duration::from_micros(delay));
            self.ledger.lock().timer_set(self.line, timer, delay);
        }
        let oldest = self.ledger.lock().accounts[self.line].timers.first().copied();
        if let Some((timer, _)) = oldest.filter(|_| self.roll(2)) {
            self.ledger.lock().timer_gone(self.line, timer);
            if !context.cancel_timer(timer) || context.cancel_timer(timer) {
                self.fault("a running timer could not be taken back once".to_owned());
            }
        }
    }

    fn ping(&self, context: &mut Context<'_>) {
        let [payload] = self.ledger.lock().chance.bytes();
        if context.ping(&[payload]).is_ok() {
            self.ledger.lock().ping_sent(self.line, payload);
        }
    }

    fn end_something(&self, context: &mut Context<'_>) {
        let own = self.roll(2);
        let victim = self.ledger.lock().anybody().filter(|_| !own);
        if self.roll(self.temper.close) {
            match victim {
                None => context.close(CloseCode::Private(4000), "enough").is_err(),
                Some((_, id)) => context.others().close(id, CloseCode::Away, "go").is_err(),
            };
        }
        if self.roll(self.temper.abort) {
            match victim {
                None => {
                    self.ledger.lock().accounts[self.line].aborted = true;
                    context.abort();
                }
                Some((_, id)) => {
                    context.others().abort(id);
                }
            }
        }
    }
}

fn name(topic: usize) -> String {
    format!("topic {topic}")
}

fn is_open(context: &Context<'_>, id: ConnectionId) -> bool {
    context
        .state
        .find(id)
        .is_some_and(|slot| context.state.phase(slot).is_open())
}

/// Who has to hear what is published.
pub(super) fn members(ledger: &Shared, is_open: impl Fn(ConnectionId) -> bool, topic: usize) -> Vec<usize> {
    let ledger = ledger.lock();
    let accounts = ledger.accounts.iter().enumerate();
    accounts
        .filter(|(_, account)| account.standing == Standing::Open && account.topics.contains(&topic))
        .filter(|(_, account)| account.id.is_some_and(&is_open))
        .map(|(line, _)| line)
        .collect()
}

impl Handler for Actor {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let _inside = self.ledger.enter(self.line, What::Open);
        self.ledger.lock().opened(self.line, context.id());
        if self.roll(2) {
            self.subscribe(context, self.line % TOPICS);
        }
        self.act(context);
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        let _inside = self.ledger.enter(self.line, What::Message(message.len()));
        self.ledger.lock().seen(self.line, &message);
        self.act(context);
    }

    fn on_ping(&mut self, context: &mut Context<'_>, payload: &[u8]) {
        let _inside = self.ledger.enter(self.line, What::Ping(payload.len()));
        self.act(context);
    }

    fn on_pong(&mut self, context: &mut Context<'_>, payload: &[u8]) {
        let _inside = self.ledger.enter(self.line, What::Pong(payload.len()));
        self.ledger.lock().pong_seen(self.line, payload);
        self.act(context);
    }

    fn on_drain(&mut self, context: &mut Context<'_>) {
        let _inside = self.ledger.enter(self.line, What::Drain);
        self.act(context);
    }

    fn on_refused(&mut self, context: &mut Context<'_>, message: OwnedMessage) {
        let _inside = self
            .ledger
            .enter(self.line, What::Refused(message.as_message().len()));
        self.ledger.lock().refused(self.line, &message.as_message());
        self.act(context);
    }

    fn on_timer(&mut self, context: &mut Context<'_>, timer: TimerId) {
        let _inside = self.ledger.enter(self.line, What::Timer);
        self.ledger.lock().timer_ran_out(self.line, timer);
        self.act(context);
    }

    fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
        let what = What::Close(closed.code.into(), closed.cause.clone());
        let _inside = self.ledger.enter(self.line, what);
        self.ledger.lock().closed(self.line, closed.cause.clone());
        self.act(context);
    }
}
