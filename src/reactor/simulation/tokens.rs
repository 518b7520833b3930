//! Requests that routes put off, and the thread that decides about them some time later.

use std::cell::RefCell;
use std::rc::Rc;

use super::actor::Actor;
use super::chance::Chance;
use crate::accept::Accept;
use crate::accept::Deferred;

/// The tokens nobody has decided about, and the handlers that wait for it.
#[derive(Clone, Default)]
pub(super) struct Tokens(Rc<RefCell<Vec<(Deferred, Actor)>>>);

impl Tokens {
    /// Puts a request off.
    pub(super) fn defer(&self, actor: Actor) -> Accept {
        let tokens = self.clone();
        Accept::defer(move |token| tokens.0.borrow_mut().push((token, actor)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Decides about one of the requests, if there is any: whoever asks for a WebSocket gets it.
    pub(super) fn decide(&self, chance: &mut Chance) {
        let mut tokens = self.0.borrow_mut();
        if tokens.is_empty() {
            return;
        }
        let index = chance.below(tokens.len());
        let (token, actor) = tokens.swap_remove(index);
        drop(tokens);
        let gone = token.is_gone();
        let told = token.accept(move || actor);
        assert!(!gone || told.is_err(), "a token that was gone has come back");
    }
}
