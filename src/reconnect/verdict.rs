//! Whether it makes sense to try again.

use crate::connect_error::ConnectError;
use crate::connection::{Cause, Closed, Deadline};
use crate::protocol::CloseCode;
use crate::protocol::handshake::Rejection;

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// The connection was open, and has ended.
    Closed(&'a Closed),
    /// The connection was never made.
    Failed(&'a ConnectError),
}

/// Whether there is another attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Try again, after a delay.
    Retry,
    /// Leave it.
    Stop,
}

impl Ending<'_> {
    /// What is decided unless [`Reconnect::judge`](crate::Reconnect::judge) says otherwise.
    ///
    /// | it ended with | verdict |
    /// |---|---|
    /// | this side's close or abort, a reactor that stops | stop |
    /// | 1000: the server is done with this client | stop |
    /// | 1002, 1003, 1007, 1008, 1009, 1010: the same again would end the same | stop |
    /// | 1001, 1005, 1006, 1011 to 1015, or a code of the application's own | retry |
    /// | a name, an address, a proxy that could not be reached; a deadline; a connection that was lost | retry |
    /// | status 408, 425, 429, or 500 and above | retry |
    /// | any other status; an answer that is no handshake | stop |
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            _ if self.is_own_doing() => Verdict::Stop,
            Self::Closed(closed) => of_code(closed.code),
            Self::Failed(error) => of_error(error),
        }
    }

    /// Whether this side has ended it.
    pub(super) fn is_own_doing(&self) -> bool {
        match self {
            Self::Closed(closed) => matches!(
                closed.cause,
                Cause::Local | Cause::Aborted | Cause::Stopped | Cause::TimedOut(Deadline::Close)
            ),
            Self::Failed(error) => matches!(error, ConnectError::Aborted | ConnectError::Stopped),
        }
    }
}

/// The judge of those who bring none of their own.
pub(super) fn usual(ending: &Ending<'_>) -> Verdict {
    ending.verdict()
}

fn of_code(code: CloseCode) -> Verdict {
    match code {
        CloseCode::Normal
        | CloseCode::Protocol
        | CloseCode::Unsupported
        | CloseCode::Invalid
        | CloseCode::Policy
        | CloseCode::Size
        | CloseCode::Extension => Verdict::Stop,
        _ => Verdict::Retry,
    }
}

fn of_error(error: &ConnectError) -> Verdict {
    match (error.rejection().map(Rejection::status), error) {
        (Some(408 | 425 | 429 | 500..), _) => Verdict::Retry,
        (Some(_), _) => Verdict::Stop,
        (None, ConnectError::Handshake(_) | ConnectError::Proxy(_) | ConnectError::Redirect(_)) => {
            Verdict::Stop
        }
        (None, _) => Verdict::Retry,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Cause, CloseCode, Closed, ConnectError, Deadline, Ending, Verdict};

    fn closed(code: u16, cause: Cause) -> Verdict {
        Ending::Closed(&Closed { code: code.into(), reason: String::new(), cause }).verdict()
    }

    #[test]
    fn codes_that_would_come_again_stop_section_7_4_1() {
        for code in [1000, 1002, 1003, 1007, 1008, 1009, 1010] {
            assert_eq!(closed(code, Cause::Peer), Verdict::Stop, "{code}");
        }
        for code in [1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 3000, 4999] {
            assert_eq!(closed(code, Cause::Peer), Verdict::Retry, "{code}");
        }
    }

    #[test]
    fn this_sides_own_doing_stops_whatever_the_code() {
        for cause in [Cause::Local, Cause::Aborted, Cause::Stopped, Cause::TimedOut(Deadline::Close)] {
            assert_eq!(closed(u16::from(CloseCode::Abnormal), cause), Verdict::Stop);
        }
        for cause in [Cause::Ended, Cause::TimedOut(Deadline::Idle), Cause::Lost(io::ErrorKind::BrokenPipe)] {
            assert_eq!(closed(u16::from(CloseCode::Abnormal), cause), Verdict::Retry);
        }
        assert_eq!(Ending::Failed(&ConnectError::Aborted).verdict(), Verdict::Stop);
        assert_eq!(Ending::Failed(&ConnectError::TimedOut).verdict(), Verdict::Retry);
    }
}
