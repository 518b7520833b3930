//! What a user writes: the callbacks of one connection.

use crate::connect_error::ConnectError;
use crate::connection::Closed;
use crate::context::Context;
use crate::id::TimerId;
use crate::protocol::{Message, OwnedMessage};
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

    /// A ping arrived. It is answered already, unless
    /// [`Config::automatic_pong`](crate::Config::automatic_pong) is off.
    fn on_ping(&mut self, context: &mut Context<'_>, payload: &[u8]) {}

    /// A pong arrived, asked for or not.
    fn on_pong(&mut self, context: &mut Context<'_>, payload: &[u8]) {}

    /// The bytes waiting for the peer have fallen to
    /// [`Config::drain_mark`](crate::Config::drain_mark) after they had been above it.
    fn on_drain(&mut self, context: &mut Context<'_>) {}

    /// A message from another thread could not be queued for the peer, for
    /// [`Config::max_outbox`](crate::Config::max_outbox) bytes are waiting for it.
    fn on_refused(&mut self, context: &mut Context<'_>, message: OwnedMessage) {
        log::debug!(
            "{}: a message of {} bytes was refused",
            context.id(),
            message.as_message().len()
        );
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
