//! The handler of a connection whose user is a thread: what it is called with goes into the queues.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;

use super::Limits;
use super::connection::{Connection, Facts};
use super::shared::Shared;
use crate::connect_error::ConnectError;
use crate::connection::Closed;
use crate::context::Context;
use crate::handler::Handler;
use crate::id::TimerId;
use crate::protocol::{CloseCode, Message};
use crate::view::Loop;

/// Runs `work` on a thread of its own, with the connection. When it returns or panics, the connection is dropped,
/// and so closed with 1000 or 1011, unless `work` has handed it to somebody else.
///
/// A route returns this for each request; [`Open`](crate::Open) adds headers or a subprotocol:
///
/// ```
/// use ws_reactor::{Open, Router, blocking};
///
/// let router = Router::new()
///     .route("/time", |_request| {
///         blocking::serve(|connection| {
///             connection.send(format!("{:?}", std::time::SystemTime::now())).ok();
///         })
///     })
///     .route("/plain", |_request| {
///         Open::new(blocking::serve(|connection| drop(connection.recv()))).header("X-Served-By", "a thread")
///     });
/// ```
///
/// If the system has no thread to give, the peer is told 1013, Try Again Later.
pub fn serve(work: impl FnOnce(Connection) + Send + 'static) -> Adapter {
    Adapter::new(move |outcome| {
        let Ok(connection) = outcome else { return Ok(()) };
        let name = format!("connection {}", connection.id());
        thread::Builder::new().name(name).spawn(move || work(connection)).map(drop)
    })
}

/// Hands the connection to whoever is to have it: a pool of threads, a channel. `take` runs on the loop, so it must
/// not wait.
///
/// ```
/// use std::sync::mpsc;
/// use std::thread;
/// use ws_reactor::{Router, blocking};
///
/// let (give, connections) = mpsc::channel::<blocking::Connection>();
/// // One thread serves one connection after the other.
/// thread::spawn(move || {
///     for connection in connections {
///         connection.send("your turn").ok();
///     }
/// });
/// let router = Router::new().otherwise(move |_request| {
///     let give = give.clone();
///     blocking::hand_over(move |connection| drop(give.send(connection)))
/// });
/// ```
pub fn hand_over(take: impl FnOnce(Connection) + 'static) -> Adapter {
    Adapter::new(move |outcome| {
        match outcome {
            Ok(connection) => take(connection),
            Err(error) => log::warn!("{error}"),
        }
        Ok(())
    })
}

/// Takes the connection, or the reason why there is none. An error is one of the system, which has no means to serve
/// it.
type Take = Box<dyn FnOnce(Result<Connection, ConnectError>) -> io::Result<()>>;

/// A [`Handler`] that hands its connection to a thread, made by [`serve`] or [`hand_over`].
pub struct Adapter {
    limits: Limits,
    stage: Stage,
}

enum Stage {
    Opening(Take),
    Open(Arc<Shared>),
    /// Nobody was there to take it.
    Failed,
}

impl Adapter {
    pub(super) fn new(
        take: impl FnOnce(Result<Connection, ConnectError>) -> io::Result<()> + 'static,
    ) -> Self {
        Self { limits: Limits::default(), stage: Stage::Opening(Box::new(take)) }
    }

    /// How much may wait on either side.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    fn shared(&self) -> Option<&Shared> {
        match &self.stage {
            Stage::Open(shared) => Some(shared),
            Stage::Opening(_) | Stage::Failed => None,
        }
    }
}

impl Handler for Adapter {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let shared = Arc::new(Shared::new(context, self.limits));
        let opening = std::mem::replace(&mut self.stage, Stage::Open(Arc::clone(&shared)));
        let Stage::Opening(take) = opening else { return };
        if let Err(error) = take(Ok(Connection::new(shared, Facts::of(context)))) {
            log::error!("{}: no thread to serve it: {error}", context.id());
            context.close(CloseCode::Again, "").ok();
        }
    }

    fn on_failed(&mut self, _reactor: &mut Loop<'_>, error: ConnectError) {
        if let Stage::Opening(take) = std::mem::replace(&mut self.stage, Stage::Failed) {
            take(Err(error)).ok();
        }
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        if let Some(shared) = self.shared() {
            shared.take_in(context, message);
        }
    }

    fn on_pong(&mut self, _context: &mut Context<'_>, payload: &[u8]) {
        if let Some(shared) = self.shared() {
            shared.take_in_pong(payload);
        }
    }

    fn on_drain(&mut self, context: &mut Context<'_>) {
        if let Some(shared) = self.shared() {
            shared.drained(context);
        }
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _timer: TimerId) {
        if let Some(shared) = self.shared() {
            shared.leave(context);
        }
    }

    fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
        if let Stage::Open(shared) = &self.stage {
            Shared::conclude(shared, context, closed.clone());
        }
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Adapter").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc;
    use std::thread;

    use super::{Adapter, CloseCode};
    use crate::blocking::connect;
    use crate::config::Config;
    use crate::router::Router;
    use crate::{Cause, Reactor};

    #[test]
    fn where_no_thread_is_to_be_had_the_peer_is_told_to_try_again_later() {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut reactor = Reactor::new(Config::default()).unwrap();
            // As `thread::Builder::spawn` does it: with the error, the connection is gone.
            let router = Router::new().otherwise(|_request| {
                Adapter::new(|outcome| outcome.map_or(Ok(()), |_| Err(io::ErrorKind::WouldBlock.into())))
            });
            let listener = reactor.listen("127.0.0.1:0", router).unwrap();
            tell.send((reactor.listener_addr(listener).unwrap(), reactor.handle())).unwrap();
            reactor.run().unwrap();
        });
        let (address, handle) = told.recv().unwrap();
        let closed = connect(format!("ws://{address}/")).unwrap().recv().unwrap_err();
        assert_eq!((closed.code, closed.cause), (CloseCode::Again, Cause::Peer));
        handle.stop(std::time::Duration::ZERO).unwrap();
    }
}
