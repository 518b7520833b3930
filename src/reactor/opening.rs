//! The opening handshake: heads of both sides as they arrive, and a server's answer, up to `on_open` or a refusal.

use std::rc::Rc;

use super::callbacks::{Contained, contained};
use super::delivery::welcome;
use super::engine::Engine;
use super::outgoing::Sockets;
use super::state::Tenant;
use super::world::World;
use crate::accept::{Accept, Keep, Open};
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
            Phase::Asking => self.state.disbelieve(slot, fault.into()),
            Phase::Opening { listener } => self.refuse(slot, listener.into(), fault.into(), Method::Get),
            _ => {}
        }
    }

    /// What follows a head is frames (RFC 6455, section 4.2.2) or the rest of a refusal, never a second request.
    fn take_rest(&mut self, slot: usize, rest: &mut [u8]) {
        match self.state.phase(slot) {
            _ if rest.is_empty() => {}
            Phase::Open(_) | Phase::Closing => self.take_frames(slot, rest),
            Phase::Asking => self.take_answer(slot, rest),
            Phase::Deferred => self.state.hold_early(slot, rest),
            _ => {}
        }
    }

    /// The head is complete: decide what becomes of it.
    fn answer(&mut self, slot: usize, listener: usize, head: &[u8]) {
        let request = match self.read_request(slot, head) {
            Ok(request) => request,
            Err(refusal) => return self.refuse(slot, listener, refusal, Method::Get),
        };
        if !request.is_upgrade() {
            let response = self.plain_answer(listener, &request);
            return self.respond(slot, &response, request.method());
        }
        match server::upgrade(&request) {
            Ok(upgrade) => self.route(slot, listener, &Asked { head, request, upgrade }),
            Err(refusal) => self.refuse(slot, listener, refusal, request.method()),
        }
    }

    /// Answers a request that is none, or not one for a WebSocket, as its router would have it.
    fn refuse(&mut self, slot: usize, listener: usize, refusal: Refusal, method: Method) {
        let router = self.state.routers.router(listener);
        let response = match router.map(|router| contained(|| router.refuse(refusal))) {
            Some(Contained::Done(response)) => response,
            Some(Contained::Panicked | Contained::Absent) => mistaken("an answer to a refusal panicked"),
            None => refusal.into(),
        };
        self.respond(slot, &response, method);
    }

    fn read_request<'h>(&self, slot: usize, head: &'h [u8]) -> Result<Request<'h>, Refusal> {
        let config = &self.state.config;
        let limits = HeadLimits { bytes: config.max_head, headers: config.max_headers };
        let peer = self.state.slots.get(slot).and_then(Tenant::peer_addr);
        Ok(parse(head, &limits)?.with_addresses(peer, self.links.local_addr(slot)))
    }

    fn plain_answer(&mut self, listener: usize, request: &Request<'_>) -> Response {
        let Some(router) = self.state.routers.router(listener) else {
            return unavailable();
        };
        match contained(|| router.answer(request)) {
            Contained::Done(response) => response,
            Contained::Panicked | Contained::Absent => mistaken("a page panicked"),
        }
    }

    fn route(&mut self, slot: usize, listener: usize, asked: &Asked<'_>) {
        let Some(router) = self.state.routers.router(listener) else {
            return self.respond(slot, &unavailable(), asked.request.method());
        };
        match contained(|| router.decide(&asked.request)) {
            Contained::Done(accept) => self.follow(slot, asked, accept),
            Contained::Panicked | Contained::Absent => {
                self.respond(slot, &mistaken("a route panicked"), asked.request.method());
            }
        }
    }

    /// Does what was decided.
    pub(super) fn follow(&mut self, slot: usize, asked: &Asked<'_>, accept: Accept) {
        match accept {
            Accept::Open(open) => self.open(slot, asked, open),
            Accept::Reject(response) => self.respond(slot, &response, asked.request.method()),
            Accept::Defer(defer) => self.defer(slot, asked.head, defer),
        }
    }

    fn open(&mut self, slot: usize, asked: &Asked<'_>, open: Open) {
        let mut answer = Vec::with_capacity(256);
        let subprotocol = open.subprotocol.as_deref();
        if let Err(error) = server::accept(&mut answer, &asked.upgrade, subprotocol, &open.headers) {
            // What the handler does when it is dropped is the user's code too.
            contained(|| drop(open));
            return self.respond(slot, &mistaken(&error.to_string()), asked.request.method());
        }
        let place = self.place(&asked.request, open.keep, subprotocol);
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

/// A request for a WebSocket that may be answered with 101.
pub(super) struct Asked<'h> {
    pub(super) head: &'h [u8],
    request: Request<'h>,
    upgrade: Upgrade<'h>,
}

impl<'h> Asked<'h> {
    /// Reads once more what was read and found good before.
    pub(super) fn read<W: World>(engine: &Engine<W>, slot: usize, head: &'h [u8]) -> Result<Self, Refusal> {
        let request = engine.read_request(slot, head)?;
        let upgrade = server::upgrade(&request)?;
        Ok(Self { head, request, upgrade })
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

pub(super) fn mistaken(what: &str) -> Response {
    log::error!("a request could not be answered: {what}");
    Response::text(Status::INTERNAL_SERVER_ERROR, "The server made a mistake.")
}
