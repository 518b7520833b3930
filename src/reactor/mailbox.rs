//! What other threads ask of the loop: a queue bounded in count and in bytes, taken whole once a turn.
//!
//! The lock is held for a push or a swap, never while anything runs. The loop is woken when the queue stops
//! being empty, so once per batch.

use std::fmt;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::world::Wake;
use crate::accept::Accept;
use crate::error::CommandError;
use crate::id::ConnectionId;
use crate::protocol::{CloseFrame, OwnedMessage};
use crate::view::Loop;

/// A closure that runs on the loop.
pub(crate) type Task = Box<dyn FnOnce(&mut Loop<'_>) + Send>;

/// Decides about a request that was deferred, on the loop.
pub(crate) type Decision = Box<dyn FnOnce() -> Accept + Send>;

/// One request of another thread.
pub(crate) enum Command {
    Send(ConnectionId, OwnedMessage),
    Publish(Box<str>, OwnedMessage),
    Close(ConnectionId, CloseFrame<'static>),
    Run(Task),
    Stop(Duration),
    /// A name was looked up.
    Resolved(ConnectionId, io::Result<Vec<SocketAddr>>),
    /// The decision about a request that was deferred.
    Decide(ConnectionId, Decision),
}

impl Command {
    fn weight(&self) -> usize {
        match self {
            Self::Send(_, message) | Self::Publish(_, message) => message.as_message().len(),
            Self::Close(..) | Self::Run(_) | Self::Stop(_) | Self::Resolved(..) | Self::Decide(..) => 0,
        }
    }
}

#[derive(Default)]
struct Queue {
    commands: Vec<Command>,
    bytes: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Open,
    Closed,
}

/// The queue and the bell beside it.
pub(crate) struct Mailbox {
    queue: Mutex<Queue>,
    /// Whether there may be something to take, so that most turns need not lock.
    filled: AtomicBool,
    waker: Arc<dyn Wake>,
    max_commands: usize,
    max_bytes: usize,
}

impl Mailbox {
    pub(crate) fn new(waker: Arc<dyn Wake>, max_commands: usize, max_bytes: usize) -> Self {
        Self { queue: Mutex::default(), filled: AtomicBool::new(false), waker, max_commands, max_bytes }
    }

    /// Puts a command in, or gives it back.
    pub(crate) fn put(&self, command: Command) -> Result<(), (CommandError, Command)> {
        let mut queue = self.lock();
        if queue.state == State::Closed {
            return Err((CommandError::Stopped, command));
        }
        let weight = command.weight();
        let bytes = queue.bytes.saturating_add(weight);
        // Like an outbox, a mailbox without messages takes one of any length. A stop is always taken.
        let heavy = weight > 0 && bytes > self.max_bytes && queue.bytes > 0;
        let full = queue.commands.len() >= self.max_commands || heavy;
        if full && !matches!(command, Command::Stop(_)) {
            return Err((CommandError::Busy, command));
        }
        let first = queue.commands.is_empty();
        queue.bytes = bytes;
        queue.commands.push(command);
        self.filled.store(true, Ordering::Release);
        drop(queue);
        if first {
            self.waker.wake();
        }
        Ok(())
    }

    /// Puts in what the loop itself asked for. There is never more of that than connections, so no limit applies.
    pub(crate) fn put_answer(&self, command: Command) -> Result<(), CommandError> {
        let mut queue = self.lock();
        if queue.state == State::Closed {
            return Err(CommandError::Stopped);
        }
        queue.commands.push(command);
        self.filled.store(true, Ordering::Release);
        drop(queue);
        self.waker.wake();
        Ok(())
    }

    /// Whether there is surely nothing to take.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        !self.filled.load(Ordering::Acquire)
    }

    /// Takes everything, leaving the list `empty` in its place.
    pub(crate) fn take(&self, empty: Vec<Command>) -> Vec<Command> {
        let mut queue = self.lock();
        self.filled.store(false, Ordering::Release);
        queue.bytes = 0;
        mem::replace(&mut queue.commands, empty)
    }

    /// Refuses whatever comes from now on, and gives what was not taken.
    pub(crate) fn close(&self) -> Vec<Command> {
        let mut queue = self.lock();
        queue.state = State::Closed;
        mem::take(&mut queue.commands)
    }

    /// A panic cannot leave the queue half changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mailbox").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{Command, CommandError, Mailbox, Wake};
    use crate::id::ConnectionId;
    use crate::protocol::OwnedMessage;

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn message(bytes: usize) -> Command {
        Command::Send(ConnectionId::new(0, 0), OwnedMessage::Binary(vec![0; bytes]))
    }

    fn refused(mailbox: &Mailbox, bytes: usize) -> Option<CommandError> {
        let (why, back) = mailbox.put(message(bytes)).err()?;
        assert!(matches!(back, Command::Send(_, OwnedMessage::Binary(lost)) if lost.len() == bytes));
        Some(why)
    }

    #[test]
    fn one_wake_per_batch() {
        let bell = Arc::new(Bell::default());
        let mailbox = Mailbox::new(bell.clone(), 100, 100);
        (0..10).for_each(|_| assert!(mailbox.put(message(1)).is_ok()));
        assert_eq!(bell.0.load(Ordering::Relaxed), 1);
        assert_eq!(mailbox.take(Vec::new()).len(), 10);
        assert!(mailbox.put(message(1)).is_ok());
        assert_eq!(bell.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn bounded_in_count_and_bytes_and_what_is_refused_comes_back() {
        let mailbox = Mailbox::new(Arc::new(Bell::default()), 3, 100);
        assert_eq!(refused(&mailbox, 500), None);
        assert_eq!(refused(&mailbox, 1), Some(CommandError::Busy));
        mailbox.take(Vec::new());
        (0..3).for_each(|_| assert_eq!(refused(&mailbox, 1), None));
        assert_eq!(refused(&mailbox, 1), Some(CommandError::Busy));
        mailbox.close();
        assert_eq!(refused(&mailbox, 1), Some(CommandError::Stopped));
    }
}
