//! The opening handshake: heads of both sides as they arrive, and a server's answer, up to `on_open` or a refusal.

use std::rc::Rc;

use super::callbacks::{Contained, contained};
use super::delivery::welcome;
use super::engine::Engine;
use super::outgoing::Sockets;
use super::state::Tenant;
use super::world::World;
use crate::accept::{Accept, Keep, Open};
use crate::connect_error::ConnectError;
use crate::connection::{Held, Keepalive, Phase, Place};
use crate::protocol::handshake::request::parse;
use crate::protocol::handshake::server::{self, Upgrade};
use crate::protocol::handshake::{
    HeadFault, HeadLimits, HeadScan, HeaderList, Method, Refusal, Request, Response, Status,
};

impl<W: World> Engine<W> {
    /// Bytes of a head have arrived: a request's, or that of the answer to our own.
    pub(super) fn take_head(&mut self, slot: usize, bytes: &mut [u8]) {
        let Some(connection) = self.state.slots.get_mut(slot) else {
            return;
        };
        match connection.held.take() {
            None => {
                let mut scan = HeadScan::default();
                if let Searched::NotYet = self.search_head(slot, &mut scan, bytes) {
                    let mut buffer = self.state.pool.take(bytes.len());
                    buffer.extend(bytes);
                    self.hold_head(slot, Box::new(Held { buffer, scan }));
                }
            }
            Some(mut held) => {
                held.buffer.extend(bytes);
                let Held { buffer, scan } = &mut *held;
                match self.search_head(slot, scan, buffer.as_mut_slice()) {
                    Searched::NotYet => self.hold_head(slot, held),
                    Searched::Done => self.state.pool.give(held.buffer),
                }
            }
        }
    }

    fn hold_head(&mut self, slot: usize, held: Box<Held>) {
        if let Some(connection) = self.state.slots.get_mut(slot) {
            connection.held = Some(held);
        }
    }

    fn search_head(&mut self, slot: usize, scan: &mut HeadScan, bytes: &mut [u8]) -> Searched {
        match scan.find(bytes, self.state.config.max_head) {
            Ok(None) => return Searched::NotYet,
            Ok(Some(length)) => {
                let (head, rest) = bytes.split_at_mut(length.min(bytes.len()));
                self.head_complete(slot, head);
                self.take_rest(slot, rest);
            }
            Err(fault) => self.head_faulty(slot, fault),
        }
        Searched::Done
    }

    fn head_complete(&mut self, slot: usize, head: &[u8]) {
        match self.state.phase(slot) {
            Phase::Opening { listener } => self.answer(slot, listener.into(), head),
            Phase::Asking => self.judge(slot, head),
            _ => {}
        }
    }

    fn head_faulty(&mut self, slot: usize, fault: HeadFault) {
        match self.state.phase(slot) {
            Phase::Asking => self.state.fail_dial(slot, ConnectError::Handshake(fault.into())),
            _ => self.respond(slot, &Refusal::from(fault).into(), Method::Get),
        }
    }

    /// What follows a head is frames (RFC 6455, section 4.2.2) or the rest of a refusal, never a second request.
    fn take_rest(&mut self, slot: usize, rest: &mut [u8]) {
        match self.state.phase(slot) {
            _ if rest.is_empty() => {}
            Phase::Open(_) | Phase::Closing => self.take_frames(slot, rest),
            Phase::Asking => self.take_answer(slot, rest),
            _ => {}
        }
    }

    /// The head is complete: decide what becomes of it.
    fn answer(&mut self, slot: usize, listener: usize, head: &[u8]) {
        let config = &self.state.config;
        let limits = HeadLimits { bytes: config.max_head, headers: config.max_headers };
        let request = match parse(head, &limits) {
            Ok(request) => request,
            Err(refusal) => return self.respond(slot, &refusal.into(), Method::Get),
        };
        let peer = self.state.slots.get(slot).and_then(Tenant::peer_addr);
        let request = request.with_addresses(peer, self.links.local_addr(slot));
        if !request.is_upgrade() {
            let response = self.plain_answer(listener, &request);
            return self.respond(slot, &response, request.method());
        }
        match server::upgrade(&request) {
            Ok(upgrade) => self.route(slot, listener, &request, &upgrade),
            Err(refusal) => self.respond(slot, &refusal.into(), request.method()),
        }
    }

    fn plain_answer(&mut self, listener: usize, request: &Request<'_>) -> Response {
        let Some(Some(listening)) = self.listeners.get_mut(listener) else {
            return unavailable();
        };
        match contained(|| listening.router.answer(request)) {
            Contained::Done(response) => response,
            Contained::Panicked | Contained::Absent => mistaken("a page panicked"),
        }
    }

    fn route(&mut self, slot: usize, listener: usize, request: &Request<'_>, upgrade: &Upgrade<'_>) {
        let Some(Some(listening)) = self.listeners.get_mut(listener) else {
            return self.respond(slot, &unavailable(), request.method());
        };
        match contained(|| listening.router.decide(request)) {
            Contained::Done(Accept::Open(open)) => self.open(slot, request, upgrade, open),
            Contained::Done(Accept::Reject(response)) => self.respond(slot, &response, request.method()),
            Contained::Panicked | Contained::Absent => {
                self.respond(slot, &mistaken("a route panicked"), request.method());
            }
        }
    }

    fn open(&mut self, slot: usize, request: &Request<'_>, upgrade: &Upgrade<'_>, open: Open) {
        let mut answer = Vec::with_capacity(256);
        let subprotocol = open.subprotocol.as_deref();
        if let Err(error) = server::accept(&mut answer, upgrade, subprotocol, &open.headers) {
            // What the handler does when it is dropped is the user's code too.
            contained(|| drop(open));
            return self.respond(slot, &mistaken(&error.to_string()), request.method());
        }
        let place = self.place(request, open.keep, subprotocol);
        let Some(connection) = self.state.slots.get_mut(slot) else {
            return;
        };
        connection.place = Some(place);
        connection.handler = Some(open.handler);
        self.state.enter(slot, Phase::Open(Keepalive::Heard));
        self.call(slot, |handler, context| {
            context.state.append(slot, &answer);
            welcome(handler, context);
        });
    }

    /// What is remembered of a request; the same for all that asked for the same.
    fn place(&mut self, request: &Request<'_>, keep: Keep, subprotocol: Option<&str>) -> Rc<Place> {
        let path = request.path();
        let same =
            |recent: &&Rc<Place>| *recent.path == *path && recent.subprotocol.as_deref() == subprotocol;
        let recent = self.recent.as_ref().filter(|_| keep == Keep::None).filter(same);
        if let Some(recent) = recent {
            return recent.clone();
        }
        let headers = match keep {
            Keep::All => HeaderList::from(request.headers()),
            Keep::None => HeaderList::new(),
        };
        let place = Rc::new(Place { path: path.into(), subprotocol: subprotocol.map(Into::into), headers });
        if keep == Keep::None {
            self.recent = Some(place.clone());
        }
        place
    }

    /// Sends a final response; the connection ends behind it.
    pub(super) fn respond(&mut self, slot: usize, response: &Response, method: Method) {
        let mut bytes = Vec::new();
        response.write(&mut bytes, method);
        self.state.append(slot, &bytes);
        self.state.enter(slot, Phase::Flushing);
    }
}

/// Whether the end of the head was found, or something that cannot be a head.
enum Searched {
    NotYet,
    Done,
}

fn unavailable() -> Response {
    Response::text(Status::SERVICE_UNAVAILABLE, "Nobody answers here any more.")
}

fn mistaken(what: &str) -> Response {
    log::error!("a request could not be answered: {what}");
    Response::text(Status::INTERNAL_SERVER_ERROR, "The server made a mistake.")
}
