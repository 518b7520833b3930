//! Where the loop and the threads of one connection meet: two queues behind one lock, and two bells.
//!
//! The loop never waits here, and no user's code runs under the lock. A thread that changed something which
//! concerns the loop has it come by: at most one such visit is on its way at any time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::Limits;
use super::connection::RecvError;
use super::inbox::{Inbox, Kind};
use super::outgoing::{Outgoing, Parcel, Poured};
use crate::connection::{Closed, Reading};
use crate::context::Context;
use crate::handle::Handle;
use crate::id::ConnectionId;
use crate::protocol::{CloseFrame, InvalidClose, Message};

/// How far the connection has come.
#[derive(Debug)]
enum Life {
    Open,
    /// This side has asked for the end; what was sent before leaves first.
    Leaving(CloseFrame<'static>),
    /// Nothing can be sent any more.
    Closing,
    Closed(Closed),
}

/// Whether the loop has been asked to come by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Visit {
    None,
    Due,
}

#[derive(Debug)]
struct State {
    life: Life,
    inbox: Inbox,
    outgoing: Outgoing,
    reading: Reading,
    visit: Visit,
}

/// One connection, as its threads and the loop share it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) id: ConnectionId,
    handle: Handle,
    /// The thread that must not wait.
    looping: ThreadId,
    close_timeout: Duration,
    state: Mutex<State>,
    /// Something arrived, or the connection ended.
    arrived: Condvar,
    /// There is room to send, or nothing can be sent any more.
    room: Condvar,
}

/// What the loop does here.
impl Shared {
    pub(super) fn new(context: &Context<'_>, limits: Limits) -> Self {
        let state = State {
            life: Life::Open,
            inbox: Inbox::new(limits),
            outgoing: Outgoing::new(limits.unsent_bytes),
            reading: Reading::On,
            visit: Visit::None,
        };
        Self {
            id: context.id(),
            handle: context.handle(),
            looping: thread::current().id(),
            close_timeout: context.state.config.close_timeout,
            state: Mutex::new(state),
            arrived: Condvar::new(),
            room: Condvar::new(),
        }
    }

    pub(super) fn take_in(&self, context: &mut Context<'_>, message: Message<'_>) {
        let message = message.into_owned();
        let mut state = self.lock();
        state.inbox.push(message);
        if state.inbox.is_full() {
            state.reading = Reading::Paused;
            context.pause();
        }
        drop(state);
        // Those who wait may wait for different kinds.
        self.arrived.notify_all();
    }

    pub(super) fn take_in_pong(&self, payload: &[u8]) {
        self.lock().inbox.push_pong(payload);
        self.arrived.notify_all();
    }

    /// Goes on reading if there is room, and writes what there is room for.
    pub(super) fn visit(&self, context: &mut Context<'_>) {
        let mut state = self.lock();
        state.visit = Visit::None;
        if state.reading == Reading::Paused && !state.inbox.is_full() {
            state.reading = Reading::On;
            context.resume();
        }
        self.pour(state, context);
    }

    /// There is room in the outbox again.
    pub(super) fn drained(&self, context: &mut Context<'_>) {
        self.pour(self.lock(), context);
    }

    /// Somebody asked for the end. What a slow peer has not taken in time does not hold it up.
    fn begin_to_leave(&self, context: &mut Context<'_>) {
        self.pour(self.lock(), context);
        if matches!(self.lock().life, Life::Leaving(_)) {
            context.set_timer(self.close_timeout);
        }
    }

    /// The time to leave is over.
    pub(super) fn leave(&self, context: &mut Context<'_>) {
        let mut state = self.lock();
        state.outgoing.clear();
        self.pour(state, context);
    }

    fn pour(&self, mut state: MutexGuard<'_, State>, context: &mut Context<'_>) {
        let poured = state.outgoing.pour(context);
        if let (Poured::All, Life::Leaving(frame)) = (poured, &state.life) {
            context.state.close(context.slot, frame);
        }
        if !context.state.phase(context.slot).is_open() {
            state.outgoing.clear();
            if !matches!(state.life, Life::Closed(_)) {
                state.life = Life::Closing;
            }
        }
        drop(state);
        self.room.notify_all();
    }

    /// The connection has ended. Those who wait for that learn it two turns later, when the answer to the peer's
    /// Close has left: they may end the program.
    pub(super) fn conclude(self: &Arc<Self>, context: &Context<'_>, closed: Closed) {
        let mut state = self.lock();
        state.life = Life::Closing;
        state.outgoing.clear();
        drop(state);
        self.room.notify_all();
        let ending = Ending { shared: Arc::clone(self), closed };
        let handle = context.handle();
        self.handle.run_surely(move |_| handle.run_surely(move |_| drop(ending)));
    }

    fn end(&self, closed: Closed) {
        self.lock().life = Life::Closed(closed);
        self.arrived.notify_all();
    }
}

/// Says that the connection has ended when it is dropped: by the loop, or with a loop that is no more.
struct Ending {
    shared: Arc<Shared>,
    closed: Closed,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.shared.end(self.closed.clone());
    }
}

/// What threads do here.
impl Shared {
    /// Waits for something of a kind, until `deadline` at most.
    pub(super) fn receive<K: Kind>(
        self: &Arc<Self>,
        kind: K,
        deadline: Option<Instant>,
    ) -> Result<K::Output, RecvError> {
        let mut state = self.lock();
        loop {
            if let Some(found) = kind.pick(&mut state.inbox) {
                if state.inbox.is_low() {
                    self.ask_to_resume(&mut state);
                }
                return Ok(found);
            }
            if let Life::Closed(closed) = &state.life {
                return Err(RecvError::Closed(closed.clone()));
            }
            if state.inbox.is_full() {
                return Err(RecvError::Full);
            }
            self.ask_to_resume(&mut state);
            state = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Err(RecvError::Empty),
                Some(time) => {
                    self.arrived.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Waits for room, and queues. What cannot be sent any more comes back.
    pub(super) fn send(self: &Arc<Self>, parcel: Parcel) -> Result<(), Parcel> {
        let mut state = self.lock();
        while matches!(state.life, Life::Open) {
            if state.outgoing.has_room_for(&parcel) {
                state.outgoing.push(parcel);
                self.ask_to_come(&mut state);
                return Ok(());
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Err(parcel)
    }

    /// Asks for the end, unless somebody has before.
    pub(super) fn ask_to_close(self: &Arc<Self>, frame: CloseFrame<'static>) -> Result<(), InvalidClose> {
        frame.payload()?;
        let mut state = self.lock();
        if matches!(state.life, Life::Open) {
            state.life = Life::Leaving(frame);
            self.run(Self::begin_to_leave);
        }
        drop(state);
        self.room.notify_all();
        Ok(())
    }

    /// Waits for the end.
    pub(super) fn wait_for_end(&self) -> Closed {
        let mut state = self.lock();
        loop {
            if let Life::Closed(closed) = &state.life {
                return closed.clone();
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether this is the loop's own thread, for which waiting would never end.
    pub(super) fn is_loop(&self) -> bool {
        thread::current().id() == self.looping
    }

    fn ask_to_resume(self: &Arc<Self>, state: &mut State) {
        if state.reading == Reading::Paused {
            self.ask_to_come(state);
        }
    }

    fn ask_to_come(self: &Arc<Self>, state: &mut State) {
        if state.visit == Visit::None {
            state.visit = Visit::Due;
            self.run(Self::visit);
        }
    }

    /// Has the loop do something for this connection, if it is still there.
    fn run(self: &Arc<Self>, task: fn(&Self, &mut Context<'_>)) {
        let shared = Arc::clone(self);
        self.handle.run_surely(move |reactor| {
            if let Some(slot) = reactor.state.find(shared.id) {
                let mut context = Context { state: reactor.state, sockets: reactor.sockets, slot };
                task(&shared, &mut context);
            }
        });
    }

    /// Nothing that can panic runs under the lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
