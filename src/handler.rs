//! What a user writes: the callbacks of one connection.

use crate::connect_error::ConnectError;
use crate::connection::Closed;
use crate::context::Context;
use crate::id::TimerId;
use crate::protocol::{Delivery, Message, OwnedMessage, Piece};
use crate::view::Loop;

/// The callbacks of one connection.
///
/// Every connection has its own value. It lives on the loop's thread, so it may hold an
/// [`Rc`](std::rc::Rc), and it is never called while one of its callbacks is running. A handler without
/// fields costs no allocation.
///
/// A callback should return soon: all connections of the reactor wait for it. One that panics closes its
/// connection with 1011, and nothing else.
///
/// A closure `|context, message|` is a handler too; where the compiler does not find its types, wrap it in
/// [`handler`].
///
/// ```
/// use ws_reactor::{Closed, Context, Handler, Message};
///
/// struct Counter {
///     messages: u64,
/// }
///
/// impl Handler for Counter {
///     fn on_message(&mut self, context: &mut Context<'_>, _message: Message<'_>) {
///         self.messages += 1;
///         let answer = format!("that makes {}", self.messages);
///         if let Err(error) = context.send(&answer) {
///             eprintln!("{}: {error}", context.id());
///         }
///     }
///
///     fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {
///         println!("{} left after {} messages: {closed}", context.id(), self.messages);
///     }
/// }
/// ```
#[allow(unused_variables)]
pub trait Handler: 'static {
    /// The opening handshake is done. Called once, before everything else.
    fn on_open(&mut self, context: &mut Context<'_>) {}

    /// A connection that was asked for could not be made ([`Reactor::connect`](crate::Reactor::connect)). Called
    /// once, instead of everything else.
    fn on_failed(&mut self, reactor: &mut Loop<'_>, error: ConnectError) {
        log::warn!("{error}");
    }

    /// A whole message arrived. Not called any more once this side has begun to close.
    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {}

    /// Whether messages are handed over whole or in pieces, for as long as the connection lives. Called once,
    /// before [`on_open`](Self::on_open).
    fn delivery(&self) -> Delivery {
        Delivery::Whole
    }

    /// A piece of a message arrived, instead of every [`on_message`](Self::on_message), where
    /// [`delivery`](Self::delivery) says [`Delivery::Pieces`]. A message of any length passes in the memory of a
    /// piece, which is no longer than [`Config::read_buffer`](crate::Config::read_buffer).
    ///
    /// ```
    /// use std::fs::File;
    /// use std::io::Write;
    /// use ws_reactor::{CloseCode, Context, Delivery, Handler, Piece};
    ///
    /// struct Upload(File);
    ///
    /// impl Handler for Upload {
    ///     fn delivery(&self) -> Delivery {
    ///         Delivery::Pieces
    ///     }
    ///
    ///     fn on_piece(&mut self, context: &mut Context<'_>, piece: Piece<'_>) {
    ///         if self.0.write_all(piece.as_bytes()).is_err() {
    ///             context.close(CloseCode::Error, "the disk is full").ok();
    ///         } else if piece.is_last() {
    ///             context.send("thank you").ok();
    ///         }
    ///     }
    /// }
    /// ```
    fn on_piece(&mut self, context: &mut Context<'_>, piece: Piece<'_>) {}

    /// A ping arrived. It is answered already, unless
    /// [`Config::automatic_pong`](crate::Config::automatic_pong) is off.
    fn on_ping(&mut self, context: &mut Context<'_>, payload: &[u8]) {}

    /// A pong arrived, asked for or not.
    fn on_pong(&mut self, context: &mut Context<'_>, payload: &[u8]) {}

    /// The bytes waiting for the peer have fallen to
    /// [`Config::drain_mark`](crate::Config::drain_mark) after they had been above it; and
    /// while a message is being sent in fragments, each time something was written and no more than that is left.
    fn on_drain(&mut self, context: &mut Context<'_>) {}

    /// A message from another thread could not be queued for the peer: [`Config::max_outbox`](crate::Config::max_outbox)
    /// bytes are waiting for it, or a message is being sent to it in fragments.
    fn on_refused(&mut self, context: &mut Context<'_>, message: OwnedMessage) {
        log::debug!("{}: a message of {} bytes was refused", context.id(), message.as_message().len());
    }

    /// A timer set with [`Context::set_timer`] has run out.
    fn on_timer(&mut self, context: &mut Context<'_>, timer: TimerId) {}

    /// The connection has ended. Called once for each `on_open`, after everything else. The peer's address
    /// and path can still be asked for; nothing can be sent to it.
    fn on_close(&mut self, context: &mut Context<'_>, closed: &Closed) {}
}

impl<F> Handler for F
where
    F: FnMut(&mut Context<'_>, Message<'_>) + 'static,
{
    fn on_message(&mut self, context: &mut Context<'_>, message: Message<'_>) {
        self(context, message);
    }
}

/// Makes a handler of a closure that is called with each message.
///
/// A closure is a handler as it is; this only tells the compiler the types of its arguments.
///
/// ```
/// use ws_reactor::{Router, handler};
///
/// let router = Router::new().otherwise(|_request| {
///     handler(|context, message| {
///         context.send(message).ok();
///     })
/// });
/// ```
pub fn handler<F>(on_message: F) -> F
where
    F: FnMut(&mut Context<'_>, Message<'_>) + 'static,
{
    on_message
}
