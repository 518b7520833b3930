//! A connection that is made again when it is lost.

mod attempt;
mod backoff;
mod verdict;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::connect::{Connect, InvalidConnect};
use crate::handler::Handler;
use crate::id::{ConnectionId, TimerId};
use crate::protocol::CloseCode;
use crate::view::Loop;

use attempt::Attempt;
use backoff::Backoff;
pub use verdict::{Ending, Verdict};

/// Makes a connection again when it is lost or cannot be made, after delays that double (RFC 6455, section 7.2.3).
///
/// Each delay lies between half and the whole of its length, at random, so that the clients of a server that was
/// away do not all come back at once. A connection that stayed for a while
/// ([`stable_after`](Self::stable_after)) starts them over. Whether there is another attempt is decided by
/// [`Ending::verdict`], or by a judge of your own ([`judge`](Self::judge)).
///
/// Each attempt has a handler of its own. Its `on_failed` and `on_close` are called as ever, when the next attempt,
/// if there is one, has been set.
///
/// ```
/// use std::time::Duration;
/// use ws_reactor::{Config, Reactor, Reconnect, handler};
///
/// let mut reactor = Reactor::new(Config::default())?;
/// let ticker = Reconnect::to("ws://127.0.0.1:8080/prices")?
///     .first_delay(Duration::from_millis(250))
///     .longest_delay(Duration::from_secs(30))
///     .start(&mut reactor.as_loop(), || handler(|_context, message| println!("{message:?}")));
/// // `reactor.run()?` goes on until it is stopped; here, that is at once:
/// ticker.stop(&mut reactor.as_loop());
/// assert!(ticker.is_over());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing happens before `start`"]
pub struct Reconnect {
    connect: Connect,
    backoff: Backoff,
    judge: Judge,
}

type Judge = Box<dyn FnMut(&Ending<'_>) -> Verdict>;
type Make = Box<dyn FnMut() -> Box<dyn Handler>>;

impl Reconnect {
    /// To this address, with these settings: what [`Reactor::connect`](crate::Reactor::connect) takes.
    ///
    /// # Errors
    ///
    /// What cannot even be tried.
    pub fn to<C>(connect: C) -> Result<Self, InvalidConnect>
    where
        C: TryInto<Connect>,
        InvalidConnect: From<C::Error>,
    {
        let judge: Judge = Box::new(verdict::usual);
        Ok(Self { connect: connect.try_into()?, backoff: Backoff::default(), judge })
    }

    /// The delay before the second attempt. Default: 1 s.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.backoff.first = delay;
        self
    }

    /// What the delays grow to at most. Default: 60 s.
    pub fn longest_delay(mut self, delay: Duration) -> Self {
        self.backoff.longest = delay;
        self
    }

    /// How long a connection must have been open for the delays to start over. Default: 30 s.
    pub fn stable_after(mut self, time: Duration) -> Self {
        self.backoff.stable = time;
        self
    }

    /// Decides whether there is another attempt, in the place of [`Ending::verdict`]. It is not asked when this
    /// side has ended the connection: that is the end.
    ///
    /// ```
    /// use ws_reactor::{CloseCode, Ending, Reconnect, Verdict};
    ///
    /// let reconnect = Reconnect::to("ws://127.0.0.1:8080/")?.judge(|ending| match ending {
    ///     // What this service says when it has moved for good.
    ///     Ending::Closed(closed) if closed.code == CloseCode::from(4001) => Verdict::Stop,
    ///     _ => ending.verdict(),
    /// });
    /// # Ok::<(), ws_reactor::InvalidConnect>(())
    /// ```
    pub fn judge(mut self, judge: impl FnMut(&Ending<'_>) -> Verdict + 'static) -> Self {
        self.judge = Box::new(judge);
        self
    }

    /// Begins with the first attempt, at once. `make` makes the handler of each. Outside of callbacks, the loop is
    /// [`Reactor::as_loop`](crate::Reactor::as_loop); from another thread,
    /// [`Handle::run`](crate::Handle::run) gives it. In a reactor that stops, it is over at once.
    pub fn start<H: Handler>(
        self,
        reactor: &mut Loop<'_>,
        mut make: impl FnMut() -> H + 'static,
    ) -> Reconnection {
        let link = Link {
            connect: self.connect,
            backoff: self.backoff,
            judge: RefCell::new(self.judge),
            make: RefCell::new(Box::new(move || Box::new(make()))),
            failures: Cell::new(0),
            state: Cell::new(State::Over),
        };
        let reconnection = Reconnection(Rc::new(link));
        reconnection.0.attempt(reactor);
        reconnection
    }
}

/// A connection that is made again when it is lost, as [`Reconnect::start`] began it. Dropping this changes
/// nothing; clones are the same.
#[derive(Clone)]
pub struct Reconnection(Rc<Link>);

impl Reconnection {
    /// The connection of the current attempt, open or not yet; `None` between two attempts and after the last.
    #[must_use]
    pub fn id(&self) -> Option<ConnectionId> {
        match self.0.state.get() {
            State::Trying(id) => Some(id),
            State::Waiting(_) | State::Over => None,
        }
    }

    /// How many attempts have failed, or were lost, since a connection was stable.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.0.failures.get()
    }

    /// Whether there will be no other attempt: it was stopped, or judged to be over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.state.get() == State::Over
    }

    /// Makes no more attempts; a connection that is open is closed with 1000, one that is being made is given up.
    pub fn stop(&self, reactor: &mut Loop<'_>) {
        match self.0.state.replace(State::Over) {
            State::Trying(id) => {
                // The code may be sent. One that is closing already goes on doing so.
                reactor.close(id, CloseCode::Normal, "").unwrap_or_default();
            }
            State::Waiting(timer) => {
                reactor.cancel_timer(timer);
            }
            State::Over => {}
        }
    }
}

/// What all attempts share.
struct Link {
    connect: Connect,
    backoff: Backoff,
    judge: RefCell<Judge>,
    make: RefCell<Make>,
    failures: Cell<u32>,
    state: Cell<State>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Trying(ConnectionId),
    Waiting(TimerId),
    Over,
}

impl Link {
    fn attempt(self: &Rc<Self>, reactor: &mut Loop<'_>) {
        // So it stays if making the handler panics.
        self.state.set(State::Over);
        let handler = (self.make.borrow_mut())();
        let attempt = Attempt::new(handler, Rc::clone(self));
        // A reactor that stops begins nothing any more.
        if let Ok(id) = reactor.state.connect(self.connect.clone(), Box::new(attempt)) {
            self.state.set(State::Trying(id));
        }
    }

    /// An attempt has ended, after the connection was open for this long; sets the next.
    fn ended(self: &Rc<Self>, reactor: &mut Loop<'_>, ending: &Ending<'_>, open: Option<Duration>) {
        if self.state.replace(State::Over) == State::Over {
            return;
        }
        if open.is_some_and(|open| open >= self.backoff.stable) {
            self.failures.set(0);
        }
        let verdict = if ending.is_own_doing() { Verdict::Stop } else { (self.judge.borrow_mut())(ending) };
        if verdict == Verdict::Retry {
            let failures = self.failures.get();
            let delay = self.backoff.delay(failures, reactor.state.random());
            self.failures.set(failures.saturating_add(1));
            let link = Rc::clone(self);
            self.state.set(State::Waiting(reactor.set_timer(delay, move |reactor| link.attempt(reactor))));
        }
    }
}

impl fmt::Debug for Reconnect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reconnect = formatter.debug_struct("Reconnect");
        reconnect.field("connect", &self.connect).field("backoff", &self.backoff).finish_non_exhaustive()
    }
}

impl fmt::Debug for Reconnection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reconnection = formatter.debug_struct("Reconnection");
        reconnection.field("state", &self.0.state).field("failures", &self.0.failures).finish_non_exhaustive()
    }
}
