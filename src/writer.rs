//! Sending a message bit by bit, without having it all in memory.

use std::fmt;
use std::io::{self, Write};

use crate::context::Context;
use crate::error::SendError;
use crate::protocol::Kind;
use crate::reactor::State;

/// Writes one message in fragments (RFC 6455, section 5.4); made by [`Context::begin_message`].
///
/// What is written is gathered into frames of the length chosen at the beginning. [`finish`](Self::finish)
/// sends the last of them. Dropping the writer ends nothing: the message goes on, in this callback or a
/// later one, with [`Context::continue_message`]. Until it is finished, pings, pongs and closes pass between
/// its frames, and every other message to this connection is refused with [`SendError::Unfinished`].
///
/// Nothing here blocks. A write takes as many bytes as there is [`room`](Self::room) for; where there is
/// none, it fails with [`io::ErrorKind::WouldBlock`], and [`on_drain`](crate::Handler::on_drain) tells when
/// to go on. [`write_all`](Write::write_all) and [`io::copy`] do not say how far they came when that happens,
/// so give them no more than there is room for:
///
/// ```
/// use std::fs::File;
/// use std::io::{self, Read, Write};
/// use ws_reactor::{CloseCode, Context, Handler, MessageKind};
///
/// struct Download(File);
///
/// impl Download {
///     fn pour(&mut self, context: &mut Context<'_>) -> io::Result<()> {
///         let mut buffer = [0; 16 * 1024];
///         while let Some(mut message) = context.continue_message() {
///             let room = message.room().min(buffer.len());
///             if room == 0 {
///                 break; // `on_drain` goes on.
///             }
///             match self.0.read(&mut buffer[..room])? {
///                 0 => message.finish()?,
///                 count => message.write_all(&buffer[..count])?,
///             }
///         }
///         Ok(())
///     }
/// }
///
/// impl Handler for Download {
///     fn on_open(&mut self, context: &mut Context<'_>) {
///         if context.begin_message(MessageKind::Binary, 64 * 1024).is_ok() {
///             self.on_drain(context);
///         }
///     }
///
///     fn on_drain(&mut self, context: &mut Context<'_>) {
///         if self.pour(context).is_err() {
///             context.close(CloseCode::Error, "the file cannot be read").ok();
///         }
///     }
/// }
/// ```
///
/// # Errors of its methods
///
/// | | |
/// |---|---|
/// | [`WouldBlock`](io::ErrorKind::WouldBlock) | too much waits for the peer; nothing was taken |
/// | [`InvalidData`](io::ErrorKind::InvalidData) | text that is not UTF-8, or ends inside a character; nothing was taken |
/// | [`BrokenPipe`](io::ErrorKind::BrokenPipe) | either side has begun to close |
pub struct MessageWriter<'a> {
    state: &'a mut State,
    slot: usize,
}

impl MessageWriter<'_> {
    /// How many bytes are taken now. None when too much waits for the peer: then
    /// [`on_drain`](crate::Handler::on_drain) tells when to go on. The message leaves a quarter of
    /// [`Config::max_outbox`](crate::Config::max_outbox) free for pings, pongs and its own end.
    #[must_use]
    pub fn room(&mut self) -> usize {
        self.state.message_room(self.slot)
    }

    /// Ends the message: what was gathered leaves in its last frame. There is always room for it.
    ///
    /// # Errors
    ///
    /// Text that ends inside a character, of which the rest can still be written; a closing connection.
    pub fn finish(self) -> io::Result<()> {
        self.state.finish_message(self.slot)
    }
}

impl Write for MessageWriter<'_> {
    /// Takes the bytes that belong to the next frame, or as many of them as there is room for. Text may be cut
    /// anywhere, also inside a character.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.state.write_message(self.slot, bytes)
    }

    /// Sends what was gathered in a frame of its own, however short.
    fn flush(&mut self) -> io::Result<()> {
        self.state.flush_message(self.slot)
    }
}

impl Context<'_> {
    /// Begins a message that is sent in fragments, in frames of at most `max_frame` bytes (and of no more than
    /// three quarters of [`Config::max_outbox`](crate::Config::max_outbox)). One frame is gathered in memory.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] once either side has begun to close, [`SendError::Unfinished`] if another such
    /// message is under way.
    pub fn begin_message(
        &mut self,
        kind: Kind,
        max_frame: usize,
    ) -> Result<MessageWriter<'_>, SendError<Kind>> {
        self.state.begin_message(self.slot, kind, max_frame)?;
        Ok(MessageWriter { state: &mut *self.state, slot: self.slot })
    }

    /// Goes on with the message that [`begin_message`](Self::begin_message) began; `None` if there is none, or
    /// the connection is closing.
    pub fn continue_message(&mut self) -> Option<MessageWriter<'_>> {
        let amid = self.state.is_amid_message(self.slot);
        amid.then_some(MessageWriter { state: &mut *self.state, slot: self.slot })
    }
}

impl fmt::Debug for MessageWriter<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MessageWriter").field("id", &self.state.id(self.slot)).finish_non_exhaustive()
    }
}
