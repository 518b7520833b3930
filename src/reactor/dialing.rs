//! Making connections: the name, the race for an address, the proxy, the request.
//!
//! ```text
//!   Waiting -> Resolving -> Racing -> (Tunnelling) -> Asking -> open
//!      ^                                                 |  '--> Listening (to why not) -> failed
//!      '------------------- redirection -----------------'
//! ```
//!
//! One deadline covers everything. The race is run in [`racing`](super::racing).

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::delivery::welcome;
use super::engine::Engine;
use super::mailbox::Command;
use super::racing::Race;
use super::state::{Notice, State};
use super::world::{Answer, World};
use crate::connect::{Connect, InvalidConnect};
use crate::connect_error::ConnectError;
use crate::connection::{Connection, Keepalive, Phase, Place};
use crate::handler::Handler;
use crate::id::ConnectionId;
use crate::protocol::handshake::client::{verify, verify_tunnel, write_tunnel};
use crate::protocol::handshake::key::Key;
use crate::protocol::handshake::{HandshakeError, HeadLimits, HeaderList, Rejection};

/// How many interim answers are passed over before the final one (RFC 9110, section 15.2).
const INTERIM: u8 = 16;

/// A connection that is being made.
#[derive(Debug)]
pub(crate) struct Dial {
    connect: Connect,
    key: Key,
    /// When all of it must be done.
    pub(super) deadline: u64,
    /// How many more interim answers are passed over.
    patience: u8,
    pub(super) step: Step,
}

#[derive(Debug)]
pub(super) enum Step {
    /// Asked for, and not begun.
    Waiting,
    /// Waiting for the addresses of the name; whoever looks them up sees when this is gone.
    Resolving {
        _wish: Arc<()>,
    },
    Racing(Race),
    /// Waiting for the proxy's answer.
    Tunnelling,
    /// Waiting for the server's answer.
    Asking,
    /// The server refused; waiting for the rest of what it says.
    Listening(Box<Rejection>),
}

impl Dial {
    /// Whether this answer is an interim one, behind which the final one follows.
    fn passes_over(&mut self, error: &HandshakeError) -> bool {
        let interim = matches!(error, HandshakeError::Rejected(rejection) if rejection.is_interim());
        let passes = interim && self.patience > 0;
        self.patience -= u8::from(passes);
        passes
    }
}

/// All connections that are being made, by slot, and which slots are their attempts.
#[derive(Debug, Default)]
pub(crate) struct Dials {
    /// Those that take their first step in this turn.
    pub(super) begun: VecDeque<usize>,
    /// Those whose time has come.
    pub(super) overdue: Vec<usize>,
    pub(super) by_slot: HashMap<usize, Dial>,
    pub(super) attempts: HashMap<usize, usize>,
}

impl Dials {
    /// Whether there ever was one.
    pub(super) fn ever(&self) -> bool {
        self.by_slot.capacity() > 0
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_empty()
            && self.overdue.is_empty()
            && self.by_slot.is_empty()
            && self.attempts.is_empty()
    }

    /// When something is due for the connection in this slot.
    pub(super) fn due(&self, slot: usize) -> Option<u64> {
        let dial = self.by_slot.get(&slot)?;
        Some(match &dial.step {
            Step::Racing(race) if !race.waiting.is_empty() => race.next.min(dial.deadline),
            _ => dial.deadline,
        })
    }

    /// Slots of attempts that are over because the connection in `slot` is.
    pub(super) fn forget(&mut self, slot: usize) -> Vec<usize> {
        self.attempts.remove(&slot);
        match self.by_slot.remove(&slot).map(|dial| dial.step) {
            Some(Step::Racing(race)) => race.running,
            _ => Vec::new(),
        }
    }
}

impl State {
    /// Begins to make a connection. Its id is valid from now on; what becomes of it, its handler will be told.
    ///
    /// A reactor that stops begins nothing, and says so here: a handler that tries again whenever it is told of a
    /// failure would otherwise do so for ever.
    pub(crate) fn connect(
        &mut self,
        connect: Connect,
        handler: Box<dyn Handler>,
    ) -> Result<ConnectionId, InvalidConnect> {
        if !self.is_running() {
            return Err(InvalidConnect::Stopped);
        }
        let generation = self.next_generation();
        let mut connection = Connection::dialing(generation, self.now);
        connection.handler = Some(handler);
        let slot = self.slots.insert(connection);
        let timeout = connect.timeout.unwrap_or(self.config.connect_timeout);
        let (key, deadline) = (self.new_key(), self.after(timeout));
        let dial = Dial { connect, key, deadline, patience: INTERIM, step: Step::Waiting };
        self.dials.by_slot.insert(slot, dial);
        self.dials.begun.push_back(slot);
        self.schedule(slot);
        Ok(self.id(slot))
    }

    fn new_key(&mut self) -> Key {
        Key::from_nonce(self.masks.nonce())
    }

    /// Ends the making of a connection for what the proxy or the server answered.
    pub(super) fn disbelieve(&mut self, slot: usize, error: HandshakeError) {
        let tunnelling = |dial: &Dial| matches!(dial.step, Step::Tunnelling);
        let proxy = self.dials.by_slot.get(&slot).is_some_and(tunnelling);
        self.fail_dial(slot, if proxy { ConnectError::Proxy(error) } else { ConnectError::Handshake(error) });
    }

    /// Ends the making of a connection; its handler will be told why.
    pub(crate) fn fail_dial(&mut self, slot: usize, error: ConnectError) {
        if self.phase(slot).is_dialing() {
            self.notices.push_back((slot, Notice::Failed(error)));
            self.enter(slot, Phase::Dead);
        }
    }
}

impl<W: World> Engine<W> {
    /// Takes the first step of every connection that was asked for.
    pub(super) fn begin_dials(&mut self) {
        while let Some(slot) = self.state.dials.begun.pop_front() {
            // What was to begin may have been given up since, and its slot may belong to another that was begun.
            let waits = |dial: &Dial| matches!(dial.step, Step::Waiting);
            if self.state.dials.by_slot.get(&slot).is_some_and(waits) {
                self.resolve(slot);
            }
        }
    }

    /// Tries the next address, or gives up, where the time for it has come.
    pub(super) fn hurry_dials(&mut self) {
        while let Some(slot) = self.state.dials.overdue.pop() {
            match self.state.dials.by_slot.get(&slot).map(|dial| dial.deadline <= self.state.now) {
                Some(true) => self.answer_ended(slot, ConnectError::TimedOut),
                Some(false) => self.start_next(slot),
                None => {}
            }
        }
    }

    fn resolve(&mut self, slot: usize) {
        let id = self.state.id(slot);
        let Some(dial) = self.state.dials.by_slot.get_mut(&slot) else {
            return;
        };
        let wish = Arc::new(());
        let (name, port) = dial.connect.endpoint();
        if let Ok(address) = name.parse::<IpAddr>() {
            let address = SocketAddr::new(address, port);
            return self.race(slot, vec![address]);
        }
        let mailbox = Arc::clone(&self.state.mailbox);
        let answer = Answer::new(&wish, move |addresses| {
            // A reactor that has stopped has told the handler.
            mailbox.put_answer(Command::Resolved(id, addresses)).ok();
        });
        let asked = self.world.resolve(name, port, answer);
        dial.step = Step::Resolving { _wish: wish };
        if let Err(error) = asked {
            self.state.fail_dial(slot, ConnectError::Name(error));
        }
    }

    /// The addresses of a name have come.
    pub(super) fn resolved(&mut self, id: ConnectionId, addresses: io::Result<Vec<SocketAddr>>) {
        let Some(slot) = self.state.find_dialing(id) else {
            return;
        };
        let expected = |dial: &Dial| matches!(dial.step, Step::Resolving { .. });
        if !self.state.dials.by_slot.get(&slot).is_some_and(expected) {
            return;
        }
        match addresses {
            Ok(addresses) if addresses.is_empty() => {
                let error = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
                self.state.fail_dial(slot, ConnectError::Name(error));
            }
            Ok(addresses) => self.race(slot, addresses),
            Err(error) => self.state.fail_dial(slot, ConnectError::Name(error)),
        }
    }

    /// The way is open: to the proxy, or to the server.
    pub(super) fn ask(&mut self, slot: usize) {
        let Some(dial) = self.state.dials.by_slot.get_mut(&slot) else {
            return;
        };
        let mut request = Vec::new();
        if let (Some(proxy), Step::Racing(_)) = (&dial.connect.proxy, &dial.step) {
            write_tunnel(&mut request, &dial.connect.url, proxy.credentials.as_deref());
            dial.step = Step::Tunnelling;
        } else {
            dial.connect.request.write(&mut request, &dial.key);
            dial.step = Step::Asking;
        }
        self.state.enter(slot, Phase::Asking);
        self.state.append(slot, &request);
    }

    /// Bytes of an answer have come.
    pub(super) fn take_answer(&mut self, slot: usize, bytes: &mut [u8]) {
        let Some(dial) = self.state.dials.by_slot.get_mut(&slot) else {
            return;
        };
        if let Step::Listening(rejection) = &mut dial.step {
            rejection.push_body(bytes, self.state.config.max_rejection_body);
            return self.end_rejection(slot);
        }
        self.take_head(slot, bytes);
    }

    /// The head of an answer is complete.
    pub(super) fn judge(&mut self, slot: usize, head: &[u8]) {
        let config = &self.state.config;
        let limits = HeadLimits { bytes: config.max_head, headers: config.max_headers };
        let Some(dial) = self.state.dials.by_slot.get_mut(&slot) else {
            return;
        };
        if matches!(dial.step, Step::Tunnelling) {
            return match verify_tunnel(head, &limits) {
                Ok(()) => self.ask(slot),
                Err(error) if dial.passes_over(&error) => {}
                Err(error) => self.state.disbelieve(slot, error),
            };
        }
        match verify(head, &dial.connect.request, &dial.key, &limits) {
            Err(error) if dial.passes_over(&error) => {}
            Ok(established) => {
                let headers = HeaderList::from(established.headers);
                let path = dial.connect.url.path().into();
                let subprotocol = established.subprotocol.map(Into::into);
                self.establish(slot, Place { path, headers, subprotocol });
            }
            Err(HandshakeError::Rejected(rejection)) => {
                dial.step = Step::Listening(rejection);
                self.end_rejection(slot);
            }
            Err(error) => self.state.disbelieve(slot, error),
        }
    }

    fn establish(&mut self, slot: usize, place: Place) {
        self.state.dials.forget(slot);
        if let Some(connection) = self.state.slots.get_mut(slot) {
            connection.place = Some(std::rc::Rc::new(place));
        }
        self.state.enter(slot, Phase::Open(Keepalive::Heard));
        self.call(slot, welcome);
    }

    /// Goes where the server sends it, or tells why there is no connection, once all of the body is here that is
    /// kept.
    fn end_rejection(&mut self, slot: usize) {
        let most = self.state.config.max_rejection_body;
        let Some(dial) = self.state.dials.by_slot.get(&slot) else {
            return;
        };
        let Step::Listening(rejection) = &dial.step else {
            return;
        };
        if let Some(location) = redirection(rejection).filter(|_| dial.connect.redirects > 0) {
            return match dial.connect.redirected(location) {
                Ok(connect) => self.redirect(slot, connect),
                Err(error) => self.state.fail_dial(slot, ConnectError::Redirect(error)),
            };
        }
        if rejection.awaited(most) == 0 {
            self.reject(slot);
        }
    }

    fn redirect(&mut self, slot: usize, connect: Connect) {
        let key = self.state.new_key();
        let Some(dial) = self.state.dials.by_slot.get_mut(&slot) else {
            return;
        };
        dial.connect = connect;
        dial.key = key;
        dial.step = Step::Waiting;
        self.links.remove(slot);
        self.state.forget_bytes(slot);
        self.state.enter(slot, Phase::Dialing);
        self.state.dials.begun.push_back(slot);
    }

    /// The server has said all it will.
    pub(super) fn answer_ended(&mut self, slot: usize, error: ConnectError) {
        let listening = |dial: &Dial| matches!(dial.step, Step::Listening(_));
        if self.state.dials.by_slot.get(&slot).is_some_and(listening) {
            self.reject(slot);
        } else {
            self.state.fail_dial(slot, error);
        }
    }

    fn reject(&mut self, slot: usize) {
        let step = self
            .state
            .dials
            .by_slot
            .get_mut(&slot)
            .map(|dial| std::mem::replace(&mut dial.step, Step::Asking));
        if let Some(Step::Listening(rejection)) = step {
            self.state.fail_dial(slot, ConnectError::Handshake(HandshakeError::Rejected(rejection)));
        }
    }
}

/// Where a server sends its client, if it does.
fn redirection(rejection: &Rejection) -> Option<&str> {
    let moved = matches!(rejection.status(), 301 | 302 | 303 | 307 | 308);
    rejection.headers().value("Location").filter(|_| moved)
}
