//! One scripted TCP connection: what is under way in both directions, and which edges it has shown.

use std::collections::VecDeque;

/// How one side of a connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// In order: everything before it arrives.
    Fin,
    /// At once: what is under way may be lost.
    Reset,
}

/// Whether the server has ended its side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    NotYet,
    /// It has, and the client does not know yet.
    Due(End),
    Told,
}

/// How far the server is with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ServerSide {
    /// In the backlog, or not even there.
    Waiting,
    /// The reactor began it, and it is not made yet.
    Connecting,
    Accepted,
    /// It has ended its side and still reads.
    HalfClosed,
    Closed,
}

/// From the client to the server.
#[derive(Debug)]
pub(super) struct Up {
    /// Handed to the client's system, not yet at the server's.
    pub(super) unsent: VecDeque<u8>,
    /// At the server's system, not yet read.
    pub(super) inbound: VecDeque<u8>,
    /// The most bytes `inbound` holds.
    pub(super) window: usize,
    /// What the client ended with, behind `unsent`.
    pub(super) ending: Option<End>,
    /// What has arrived of that.
    pub(super) ended: Option<End>,
    /// Whether the next arrival is on the agenda.
    pub(super) moving: bool,
}

/// From the server to the client.
#[derive(Debug)]
pub(super) struct Down {
    /// Written, not yet taken by the client.
    pub(super) outbound: VecDeque<u8>,
    /// The most bytes `outbound` holds.
    pub(super) window: usize,
    /// A write has found no room since there was last some to report.
    pub(super) blocked: bool,
    /// What comes behind `outbound`.
    pub(super) ending: Ending,
    /// Whether the client takes what comes.
    pub(super) reading: bool,
    pub(super) moving: bool,
}

/// Changes that readiness has to report, by direction.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Edges {
    pub(super) read: bool,
    pub(super) write: bool,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) up: Up,
    pub(super) down: Down,
    pub(super) server: ServerSide,
    /// When the server accepted it, and when it closed its socket.
    pub(super) accepted: Option<u64>,
    pub(super) closed: Option<u64>,
    /// Where the reactor wants to hear of it.
    pub(super) slot: Option<usize>,
    /// What happened since the last report.
    pub(super) edges: Edges,
    /// Which directions are reported at all, where only a call that would have blocked re-arms them.
    pub(super) armed: Edges,
}

impl Line {
    pub(super) fn new(up_window: usize, down_window: usize) -> Self {
        Self {
            up: Up {
                unsent: VecDeque::new(),
                inbound: VecDeque::new(),
                window: up_window,
                ending: None,
                ended: None,
                moving: false,
            },
            down: Down {
                outbound: VecDeque::new(),
                window: down_window,
                blocked: false,
                ending: Ending::NotYet,
                reading: true,
                moving: false,
            },
            server: ServerSide::Waiting,
            accepted: None,
            closed: None,
            slot: None,
            edges: Edges::default(),
            armed: Edges::default(),
        }
    }

    pub(super) fn is_reset(&self) -> bool {
        self.up.ended == Some(End::Reset)
    }

    pub(super) fn is_readable(&self) -> bool {
        !self.up.inbound.is_empty() || self.up.ended.is_some()
    }

    pub(super) fn is_writable(&self) -> bool {
        self.is_reset() || (self.down.room() > 0 && self.server != ServerSide::Connecting)
    }

    /// The server closes its socket. Like a real system, it resets the connection if something was not read.
    pub(super) fn close(&mut self) {
        if self.server == ServerSide::Connecting {
            // Nobody ever knew of it.
            self.down.ending = Ending::Told;
        }
        self.server = ServerSide::Closed;
        self.slot = None;
        if !self.up.inbound.is_empty() {
            self.break_down();
        } else if self.down.ending == Ending::NotYet {
            self.down.ending = Ending::Due(End::Fin);
        }
    }

    /// What the client has not taken yet is lost.
    pub(super) fn break_down(&mut self) {
        self.down.outbound.clear();
        if self.down.ending != Ending::Told {
            self.down.ending = Ending::Due(End::Reset);
        }
    }

    /// Takes what a write offers, as far as there is room.
    pub(super) fn accept_bytes<'p>(&mut self, parts: impl Iterator<Item = &'p [u8]>, mut room: usize) {
        for part in parts {
            let taken = part.len().min(room);
            self.down.outbound.extend(&part[..taken]);
            room -= taken;
        }
    }
}

impl Down {
    pub(super) fn room(&self) -> usize {
        self.window.saturating_sub(self.outbound.len())
    }
}

/// Takes up to `into.len()` bytes from the front of `queue`.
pub(super) fn take(queue: &mut VecDeque<u8>, into: &mut [u8]) -> usize {
    let (first, second) = queue.as_slices();
    let from_first = first.len().min(into.len());
    into[..from_first].copy_from_slice(&first[..from_first]);
    let from_second = second.len().min(into.len() - from_first);
    into[from_first..from_first + from_second].copy_from_slice(&second[..from_second]);
    queue.drain(..from_first + from_second);
    from_first + from_second
}
