//! A decision about a request that is made later, and elsewhere: the token that stands for it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::accept::{Accept, IntoAccept};
use crate::id::ConnectionId;
use crate::protocol::handshake::{Response, Status};
use crate::reactor::{Command, Mailbox};

/// What a deferring route does with its token.
pub struct Defer(Box<dyn FnOnce(Deferred)>);

impl Defer {
    pub(crate) fn new(hand_over: impl FnOnce(Deferred) + 'static) -> Self {
        Self(Box::new(hand_over))
    }

    pub(crate) fn hand_over(self, token: Deferred) {
        (self.0)(token);
    }
}

impl fmt::Debug for Defer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Defer").finish_non_exhaustive()
    }
}

/// Decides about one request from any thread, exactly once: [`Accept::defer`] has an example.
///
/// Until then the peer waits, and [`Config::open_timeout`](crate::Config::open_timeout) goes on running: it
/// covers the whole opening handshake. What the peer sends early is held, up to
/// [`Config::read_buffer`](crate::Config::read_buffer) bytes, and delivered after `on_open`. A token that is
/// dropped without a decision answers 503.
pub struct Deferred {
    mailbox: Arc<Mailbox>,
    id: ConnectionId,
    waiting: Arc<Waiting>,
}

/// Nobody waits for the decision any more: the peer has left, the deadline has passed, or the reactor has
/// stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is gone")
    }
}

impl std::error::Error for Gone {}

/// Whether a decision is awaited, known to the loop and to the token. Whoever ends it first has ended it.
#[derive(Debug)]
pub(crate) struct Waiting(AtomicBool);

impl Waiting {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// Ends it; says whether it had not been ended before.
    pub(crate) fn end(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

impl Deferred {
    pub(crate) fn new(mailbox: Arc<Mailbox>, id: ConnectionId, waiting: Arc<Waiting>) -> Self {
        Self { mailbox, id, waiting }
    }

    /// The id that the connection has, and keeps when it opens.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// Whether nobody waits for the decision any more, so that work for it can be spared.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        !self.waiting.0.load(Ordering::Acquire)
    }

    /// Decides as a route does: `decide` runs on the loop, so the handler that it makes need not be [`Send`].
    /// It may return whatever a route may: a handler, an [`Open`](crate::Open) with headers and a
    /// subprotocol, a [`Response`] that rejects.
    ///
    /// # Errors
    ///
    /// [`Gone`] if nobody waits any more. A connection that ends between this call and the loop's next turn is
    /// not told of here: then `decide` is dropped without being called.
    pub fn accept<A: IntoAccept>(self, decide: impl FnOnce() -> A + Send + 'static) -> Result<(), Gone> {
        self.decide(move || decide().into_accept())
    }

    /// Answers with this response, and closes.
    ///
    /// # Errors
    ///
    /// [`Gone`] if nobody waits any more.
    pub fn reject(self, response: Response) -> Result<(), Gone> {
        self.decide(move || Accept::Reject(response))
    }

    fn decide(&self, decision: impl FnOnce() -> Accept + Send + 'static) -> Result<(), Gone> {
        if !self.waiting.end() {
            return Err(Gone);
        }
        let decision = Command::Decide(self.id, Box::new(decision));
        self.mailbox.put_answer(decision).map_err(|_| Gone)
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        let answer =
            || Response::text(Status::SERVICE_UNAVAILABLE, "Nobody could decide about this request.");
        // Where a decision was made, this one comes too late.
        self.decide(move || Accept::Reject(answer())).ok();
    }
}

impl fmt::Debug for Deferred {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Deferred").field("id", &self.id).finish_non_exhaustive()
    }
}
