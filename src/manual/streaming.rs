//! Streaming: messages that are too long to be in memory.
//!
//! # Sending
//!
//! [`Context::begin_message`](crate::Context::begin_message) begins a message of which the end is not known yet.
//! What is written to its [`MessageWriter`](crate::MessageWriter) leaves in fragments (RFC 6455, section 5.4), and
//! as a callback has to return soon, the message goes on in the callbacks that follow: each writes what there is
//! [`room`](crate::MessageWriter::room) for, and [`on_drain`](crate::Handler::on_drain) tells when there is more.
//!
//! ```
//! use std::io::{self, Write};
//! use ws_reactor::{Context, Handler, MessageKind};
//!
//! /// Sends all squares below a million million, one a line, in one message.
//! struct Squares(u64);
//!
//! impl Squares {
//!     fn pour(&mut self, context: &mut Context<'_>) -> io::Result<()> {
//!         while let Some(mut message) = context.continue_message() {
//!             if self.0 == 1_000_000 {
//!                 return message.finish();
//!             }
//!             if message.room() < 20 {
//!                 break; // `on_drain` goes on.
//!             }
//!             writeln!(message, "{}", self.0 * self.0)?;
//!             self.0 += 1;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! impl Handler for Squares {
//!     fn on_open(&mut self, context: &mut Context<'_>) {
//!         if context.begin_message(MessageKind::Text, 16 * 1024).is_ok() {
//!             self.on_drain(context);
//!         }
//!     }
//!
//!     fn on_drain(&mut self, context: &mut Context<'_>) {
//!         if let Err(error) = self.pour(context) {
//!             eprintln!("{}: {error}", context.id());
//!         }
//!     }
//! }
//! ```
//!
//! Until the message is finished, no other can be sent to that peer: every attempt gives it back in
//! [`SendError::Unfinished`](crate::SendError::Unfinished), one of another thread comes back in
//! [`on_refused`](crate::Handler::on_refused), and topics count it as refused. Pings, pongs and closes pass. A
//! close abandons the message: the peer sees that it never ended.
//!
//! # Receiving
//!
//! A handler whose [`delivery`](crate::Handler::delivery) is [`Delivery::Pieces`](crate::Delivery::Pieces) gets
//! [`on_piece`](crate::Handler::on_piece) instead of `on_message`, with what has arrived of a message. Nothing of it
//! is kept, so neither [`max_message`](crate::Config::max_message) nor [`max_frame`](crate::Config::max_frame)
//! applies: how much is too much is for the handler to say. Each piece of a text is a text; one that turns out not
//! to be UTF-8 closes the connection with 1007, after what was valid of it has been handed over.
//!
//! ```
//! use ws_reactor::{CloseCode, Context, Delivery, Handler, Message, Piece};
//!
//! /// Counts the lines of a text, however long it is.
//! #[derive(Default)]
//! struct LineCounter {
//!     lines: usize,
//! }
//!
//! impl Handler for LineCounter {
//!     fn delivery(&self) -> Delivery {
//!         Delivery::Pieces
//!     }
//!
//!     fn on_piece(&mut self, context: &mut Context<'_>, piece: Piece<'_>) {
//!         let Message::Text(text) = piece.content() else {
//!             context.close(CloseCode::Unsupported, "text only").ok();
//!             return;
//!         };
//!         self.lines += text.matches('\n').count();
//!         if piece.is_last() {
//!             context.send(&std::mem::take(&mut self.lines).to_string()).ok();
//!         }
//!     }
//! }
//! ```
//!
//! A handler that cannot take more at the moment stops reading with
//! [`Context::pause`](crate::Context::pause), which in the end makes the peer wait.
//!
//! `examples/file_transfer` sends files both ways, and compares hashes.
