//! A handler that tells the test what it is called with.

use std::sync::mpsc::{self, Receiver, Sender};

use ws_reactor::{Closed, Config, ConnectionId, Context, Handler, Message, OwnedMessage, Router, TimerId};

use super::PATIENCE;
use super::server::Server;

/// One call of a callback.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Open,
    Message(OwnedMessage),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Drain,
    Refused(OwnedMessage),
    Timer(TimerId),
    Close(Closed),
    /// The handler itself is gone.
    Dropped,
}

/// Whose callback it was, and which.
pub(crate) type Seen = (ConnectionId, Event);

/// Reports every callback, then does what its script says.
pub(crate) struct Witness<S> {
    id: Option<ConnectionId>,
    report: Sender<Seen>,
    script: S,
}

impl<S> Witness<S>
where
    S: FnMut(&mut Context<'_>, &Event) + 'static,
{
    pub(crate) fn new(report: Sender<Seen>, script: S) -> Self {
        Self { id: None, report, script }
    }

    fn see(&mut self, context: &mut Context<'_>, event: &Event) {
        self.report.send((context.id(), event.clone())).ok();
        (self.script)(context, event);
    }
}

impl<S> Handler for Witness<S>
where
    S: FnMut(&mut Context<'_>, &Event) + 'static,
{
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.id = Some(context.id());
        self.see(context, &Event::Open);
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        self.see(context, &Event::Message(message.into_owned()));
    }

    fn on_ping(&mut self, context: &mut Context<'_>, payload: &[u8]) {
        self.see(context, &Event::Ping(payload.to_vec()));
    }

    fn on_pong(&mut self, context: &mut Context<'_>, payload: &[u8]) {
        self.see(context, &Event::Pong(payload.to_vec()));
    }

    fn on_drain(&mut self, context: &mut Context<'_>) {
        self.see(context, &Event::Drain);
    }

    fn on_refused(&mut self, context: &mut Context<'_>, message: OwnedMessage) {
        self.see(context, &Event::Refused(message));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, timer: TimerId) {
        self.see(context, &Event::Timer(timer));
    }

    fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
        self.see(context, &Event::Close(closed.clone()));
    }
}

impl<S> Drop for Witness<S> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.report.send((id, Event::Dropped)).ok();
        }
    }
}

/// A script: every message goes back.
pub(crate) fn echo(context: &mut Context<'_>, event: &Event) {
    if let Event::Message(message) = event {
        context.send(message).ok();
    }
}

/// A script: nothing.
pub(crate) fn silent(_context: &mut Context<'_>, _event: &Event) {}

/// A server all of whose connections follow a script of their own, and what they see.
pub(crate) fn witnessed<S>(config: Config, script: S) -> (Server, Events)
where
    S: FnMut(&mut Context<'_>, &Event) + Clone + Send + 'static,
{
    let (report, seen) = mpsc::channel();
    let server = Server::start(config, move || {
        Router::new().otherwise(move |_request| Witness::new(report.clone(), script.clone()))
    });
    (server, Events(seen))
}

/// What the handlers of a server have seen.
#[derive(Debug)]
pub(crate) struct Events(pub(crate) Receiver<Seen>);

impl Events {
    /// The next call of any callback.
    pub(crate) fn next(&self) -> Seen {
        self.0.recv_timeout(PATIENCE).expect("a callback")
    }

    /// The first call that `pick` takes; those before it are passed over.
    pub(crate) fn find<T>(&self, pick: impl Fn(ConnectionId, Event) -> Option<T>) -> T {
        loop {
            let (id, event) = self.next();
            if let Some(found) = pick(id, event) {
                return found;
            }
        }
    }

    pub(crate) fn opened(&self) -> ConnectionId {
        self.find(|id, event| (event == Event::Open).then_some(id))
    }

    /// The ids of the next connections to be opened.
    pub(crate) fn all_opened(&self, count: usize) -> Vec<ConnectionId> {
        (0..count).map(|_| self.opened()).collect()
    }

    pub(crate) fn message(&self) -> OwnedMessage {
        self.find(|_, event| match event {
            Event::Message(message) => Some(message),
            _ => None,
        })
    }

    pub(crate) fn closed(&self) -> Closed {
        self.find(|_, event| match event {
            Event::Close(closed) => Some(closed),
            _ => None,
        })
    }

    /// Everything not asked for yet. The server must have stopped.
    pub(crate) fn rest(self) -> Vec<Seen> {
        self.0.iter().collect()
    }

    /// Stops the server and fails if a timer has run out that was not asked for yet.
    pub(crate) fn expect_no_more_timers(self, server: Server) {
        server.stop();
        let timers = self.rest().into_iter().filter(|(_, event)| matches!(event, Event::Timer(_)));
        assert_eq!(timers.count(), 0);
    }

    /// Stops the server and fails unless all that is left to see is the end of handlers that were told before.
    pub(crate) fn expect_no_more(self, server: Server) {
        server.stop();
        let rest = self.rest();
        assert!(rest.iter().all(|(_, event)| *event == Event::Dropped), "{rest:?} after the end");
    }
}
