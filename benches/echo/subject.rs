//! The servers this library is measured by, written as any user would write them.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use ws_reactor::{Config, ConnectionId, Context, Error, Handler, Message, Reactor, Router};

/// Above the longest message of any load, with room for all that one connection has in flight.
const LIMIT: usize = 64 << 20;

struct Echo;

impl Handler for Echo {
    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        context.send(message).ok();
    }
}

/// Sends to its neighbour: connections pair up in order of arrival, 0 with 1, 2 with 3.
struct Relay {
    arrivals: Rc<RefCell<Vec<ConnectionId>>>,
    place: usize,
}

impl Handler for Relay {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let mut arrivals = self.arrivals.borrow_mut();
        self.place = arrivals.len();
        arrivals.push(context.id());
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        let neighbour = self.arrivals.borrow().get(self.place ^ 1).copied();
        if let Some(neighbour) = neighbour {
            context.send_to(neighbour, message).ok();
        }
    }
}

/// Sends every message back, until the process ends.
pub(crate) fn echo(address: SocketAddr) -> Result<(), Error> {
    serve(address, Router::new().otherwise(|_request| Echo))
}

/// Sends every message to the neighbour, until the process ends.
pub(crate) fn relay(address: SocketAddr) -> Result<(), Error> {
    let arrivals = Rc::new(RefCell::new(Vec::new()));
    serve(
        address,
        Router::new().otherwise(move |_request| Relay {
            arrivals: Rc::clone(&arrivals),
            place: 0,
        }),
    )
}

fn serve(address: SocketAddr, router: Router) -> Result<(), Error> {
    let mut config = Config::default();
    config.max_message = LIMIT;
    config.max_outbox = LIMIT;
    let mut reactor = Reactor::new(config)?;
    reactor.listen(address, router)?;
    reactor.run()
}
