//! The handler of one attempt: the user's, and behind it what sets the next attempt.

use std::rc::Rc;
use std::time::Duration;

use super::{Ending, Link, State};
use crate::connect_error::ConnectError;
use crate::connection::{Closed, Phase};
use crate::context::Context;
use crate::handler::Handler;
use crate::id::TimerId;
use crate::protocol::{Delivery, Message, OwnedMessage, Piece};
use crate::view::Loop;

/// Forwards every callback there is.
pub(super) struct Attempt {
    handler: Box<dyn Handler>,
    link: Rc<Link>,
    /// Loop time.
    opened: u64,
}

impl Attempt {
    pub(super) fn new(handler: Box<dyn Handler>, link: Rc<Link>) -> Self {
        Self { handler, link, opened: 0 }
    }

    /// A close that the callback asked for is the end, even if the peer vanishes before it agrees.
    fn call(&mut self, context: &mut Context<'_>, call: impl FnOnce(&mut dyn Handler, &mut Context<'_>)) {
        call(&mut *self.handler, context);
        if context.state.phase(context.slot) == Phase::Closing {
            self.link.state.set(State::Over);
        }
    }
}

impl Handler for Attempt {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.opened = context.state.now;
        self.call(context, Handler::on_open);
    }

    fn on_failed(&mut self, reactor: &mut Loop<'_>, error: ConnectError) {
        // First, so that the user's callback can stop it, and cannot prevent it by a panic.
        self.link.ended(reactor, &Ending::Failed(&error), None);
        self.handler.on_failed(reactor, error);
    }

    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        self.call(context, |handler, context| handler.on_message(context, message));
    }

    fn delivery(&self) -> Delivery {
        self.handler.delivery()
    }

    fn on_piece(&mut self, context: &mut Context<'_>, piece: Piece<'_>) {
        self.call(context, |handler, context| handler.on_piece(context, piece));
    }

    fn on_ping(&mut self, context: &mut Context<'_>, payload: &[u8]) {
        self.call(context, |handler, context| handler.on_ping(context, payload));
    }

    fn on_pong(&mut self, context: &mut Context<'_>, payload: &[u8]) {
        self.call(context, |handler, context| handler.on_pong(context, payload));
    }

    fn on_drain(&mut self, context: &mut Context<'_>) {
        self.call(context, Handler::on_drain);
    }

    fn on_refused(&mut self, context: &mut Context<'_>, message: OwnedMessage) {
        self.call(context, |handler, context| handler.on_refused(context, message));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, timer: TimerId) {
        self.call(context, |handler, context| handler.on_timer(context, timer));
    }

    fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
        let open = Duration::from_millis(context.state.now.saturating_sub(self.opened));
        self.link.ended(&mut context.others(), &Ending::Closed(closed), Some(open));
        self.handler.on_close(context, closed);
    }
}
