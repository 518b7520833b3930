//! The life of a connection.
//!
//! ```text
//!   a server's:
//!            request refused, answered, or nobody left
//!   Opening ------------------------------------------> Flushing
//!      |  '--- put off --> Deferred --- rejected ----------^  |
//!      | 101               | accepted, 101                 |  |
//!      |<------------------'                               |  |
//!      v                  Close received (answered),       |  | everything written:
//!    Open ------------------ violation, panic -------------'  | half-close
//!      | close()                                           ^  v
//!      '--------> Closing --- Close received --------------'  Lingering
//!                                                             | the peer ended its side
//!   any --- reset, end of stream, deadline, abort ---> Dead <-'
//! ```
//!
//! A client's begins otherwise: `Dialing` (the name, the race for an address; each address in the race has a slot
//! of its own, an `Attempt`), then `Asking` (the request is sent, the answer awaited), then `Open`, or `Dead`, of
//! which `on_failed` tells.
//!
//! Leaving `Open` or `Closing` for one of the three on the right is what `on_close` reports, exactly once.
//! A dead connection keeps its slot until the end of the turn.

/// Where a connection is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// A client's: no address has been reached yet.
    Dialing,
    /// A socket of a client that is still dialing.
    Attempt,
    /// A client's: the server's answer is awaited.
    Asking,
    /// The opening handshake is being read; the request came in through this listener.
    Opening { listener: u16 },
    /// The request was read; somebody is to decide about it. The time of the opening handshake goes on.
    Deferred,
    /// Messages flow.
    Open(Keepalive),
    /// Our Close is on its way; the peer's is awaited.
    Closing,
    /// Both sides have said all they had to say; what waits is still to be written.
    Flushing,
    /// Everything is written and our side is ended; the peer is given the time to read it.
    Lingering,
    /// To be removed at the end of the turn.
    Dead,
}

/// Whether a silent peer has been asked for a sign of life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keepalive {
    /// Not since it was last heard.
    Heard,
    /// A ping is unanswered.
    Pinged,
}

impl Phase {
    /// The handler has seen `on_open` and not yet what ends it.
    pub(crate) fn is_alive(self) -> bool {
        matches!(self, Self::Open(_) | Self::Closing)
    }

    /// The connection is still being made, and its handler will be told if it never is.
    pub(crate) fn is_dialing(self) -> bool {
        matches!(self, Self::Dialing | Self::Asking)
    }

    /// Messages may be sent.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Open(_))
    }
}
