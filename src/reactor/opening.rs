//! The opening handshake of a server, from the first byte to `on_open` or a refusal.

use std::rc::Rc;

use super::callbacks::{Contained, contained};
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
    /// Bytes of a request head have arrived.
    pub(super) fn take_head(&mut self, slot: usize, listener: usize, bytes: &mut [u8]) {
        let Some(connection) = self.state.slots.get_mut(slot) else {
            return;
        };
        match connection.held.take() {
            None => {
                let mut scan = HeadScan::default();
                if let Searched::NotYet = self.search_head(slot, listener, &mut scan, bytes) {
                    let mut buffer = self.state.pool.take(bytes.len());
                    buffer.extend(bytes);
                    self.hold_head(slot, Box::new(Held { buffer, scan }));
                }
            }
            Some(mut held) => {
                held.buffer.extend(bytes);
                let Held { buffer, scan } = &mut *held;
                match self.search_head(slot, listener, scan, buffer.as_mut_slice()) {
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

    fn search_head(
        &mut self,
        slot: usize,
        listener: usize,
        scan: &mut HeadScan,
        bytes: &mut [u8],
    ) -> Searched {
        match scan.find(bytes, self.state.config.max_head) {
            Ok(None) => return Searched::NotYet,
            Ok(Some(length)) => {
                let (head, rest) = bytes.split_at_mut(length.min(bytes.len()));
                self.answer(slot, listener, head);
                // What follows the head is frames (RFC 6455, section 4.2.2), never a second request.
                if !rest.is_empty() && self.state.phase(slot).is_alive() {
                    self.take_frames(slot, rest);
                }
            }
            Err(fault) => self.refuse(slot, fault),
        }
        Searched::Done
    }

    fn refuse(&mut self, slot: usize, fault: HeadFault) {
        self.respond(slot, &Refusal::from(fault).into(), Method::Get);
    }

    /// The head is complete: decide what becomes of it.
    fn answer(&mut self, slot: usize, listener: usize, head: &[u8]) {
        let config = &self.state.config;
        let limits = HeadLimits {
            bytes: config.max_head,
            headers: config.max_headers,
        };
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
        let place = self.place(request, open.keep);
        let Some(connection) = self.state.slots.get_mut(slot) else {
            return;
        };
        connection.place = Some(place);
        connection.handler = Some(open.handler);
        self.state.enter(slot, Phase::Open(Keepalive::Heard));
        self.call(slot, |handler, context| {
            context.state.append(slot, &answer);
            handler.on_open(context);
        });
    }

    fn place(&mut self, request: &Request<'_>, keep: Keep) -> Rc<Place> {
        if keep == Keep::All {
            let headers = HeaderList::from(request.headers());
            return Rc::new(Place {
                path: request.path().into(),
                headers,
            });
        }
        match &self.recent {
            Some(recent) if *recent.path == *request.path() => recent.clone(),
            _ => {
                let place = Rc::new(Place {
                    path: request.path().into(),
                    headers: HeaderList::new(),
                });
                self.recent.insert(place).clone()
            }
        }
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
