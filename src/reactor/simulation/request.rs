//! The opening handshakes of random clients, the right ones and the wrong ones.

use super::fate::Stumble;
use super::line::End;
use super::network::Deeds;
use crate::protocol::handshake::client::verify;
use crate::protocol::handshake::key::Key;
use crate::protocol::handshake::{ClientRequest, HeadLimits, HeadScan};

/// How often a trickling client sends a byte, in microseconds.
const DRIP: u64 = 700_000;

/// What came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Incomplete,
    /// The head has this length; frames follow.
    Opened(usize),
    /// An answer that opens nothing.
    Refused,
    Wrong,
}

fn request(path: &str) -> ClientRequest {
    ClientRequest::new("simulation.example", None, path).expect("a proper request")
}

/// Appends the head that asks for `path`.
pub(super) fn write(out: &mut Vec<u8>, path: &str, key: &Key) {
    request(path).write(out, key);
}

/// Judges what the server answered so far.
pub(super) fn read_answer(bytes: &[u8], path: &str, key: &Key) -> Answer {
    let limits = HeadLimits::default();
    let length = match HeadScan::default().find(bytes, limits.bytes) {
        Ok(Some(length)) => length,
        Ok(None) => return Answer::Incomplete,
        Err(_) => return Answer::Wrong,
    };
    let head = &bytes[..length];
    match verify(head, &request(path), key, &limits) {
        Ok(_) => Answer::Opened(length),
        Err(_) if head.starts_with(b"HTTP/1.1 101") => Answer::Wrong,
        Err(_) => Answer::Refused,
    }
}

/// Begins an opening handshake that leads nowhere.
pub(super) fn stumble(stumble: Stumble, key: &Key, deeds: &mut Deeds) {
    let out = &mut deeds.send;
    match stumble {
        Stumble::Garbage => out.extend(b"\x16\x03\x01\x00\xf4\x01\n"),
        Stumble::Half => out.extend(b"GET / HTTP/1.1\r\nHost: exa"),
        Stumble::Trickle => deeds.wake = Some(deeds.now + DRIP),
        Stumble::Oversize => {
            out.extend(b"GET / HTTP/1.1\r\nHost: example\r\nCookie: ");
            out.resize(out.len() + 20_000, b'x');
        }
        Stumble::Plain => out.extend(b"GET /page HTTP/1.1\r\nHost: example\r\n\r\n"),
        Stumble::Lost => write(out, "/lost", key),
        Stumble::Cursed => write(out, "/cursed", key),
        Stumble::Gone => {
            out.extend(b"GET / HTTP/1.1\r\nHos");
            deeds.end = Some(if deeds.line % 2 == 0 { End::Fin } else { End::Reset });
        }
    }
}

/// Goes on with it.
pub(super) fn stumble_on(stumble: Stumble, key: &Key, deeds: &mut Deeds) {
    if stumble == Stumble::Trickle {
        let mut head = Vec::new();
        write(&mut head, "/", key);
        let at = (deeds.now / DRIP) as usize % 40;
        deeds.send.push(head[at]);
        deeds.wake = Some(deeds.now + DRIP);
    }
}
