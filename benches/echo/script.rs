//! What every connection of a load says and expects to hear, shared by all of them.

use std::io;
use std::iter;

use crate::wire;

/// Frames to send, and the one that comes back for each of them.
pub(crate) struct Script {
    /// Masked frames, twice over, so that a run of `depth` frames from any place in the first half is one slice.
    outgoing: Box<[u8]>,
    /// The length of one frame that is sent.
    frame: usize,
    /// Replies, long enough that a check goes a few bytes at a time only at their end.
    expected: Box<[u8]>,
    /// The length of one frame that is received.
    pub(crate) reply: usize,
    /// Frames in flight on each connection.
    pub(crate) depth: usize,
}

impl Script {
    /// Frames with `payload` bytes, each behind a mask of its own.
    pub(crate) fn new(payload: usize, depth: usize) -> io::Result<Self> {
        let payload = wire::payload(payload);
        let frames: io::Result<Vec<_>> = iter::repeat_with(mask).take(depth).collect();
        let frames: Vec<_> = frames?.into_iter().map(|mask| wire::client_frame(&payload, mask)).collect();
        let outgoing = frames.concat().repeat(2).into_boxed_slice();
        let reply = wire::server_frame(&payload);
        let expected = reply.repeat(depth + 1).into_boxed_slice();
        Ok(Self { frame: outgoing.len() / (2 * depth), outgoing, reply: reply.len(), expected, depth })
    }

    /// The bytes of so many frames that are sent.
    pub(crate) fn frames(&self, count: u64) -> u64 {
        count * self.frame as u64
    }

    /// What to send when `sent` bytes went out and `owed` are to follow.
    pub(crate) fn next(&self, sent: u64, owed: u64) -> &[u8] {
        let lap = self.outgoing.len() / 2;
        let start = remainder(sent, lap);
        let length = usize::try_from(owed).unwrap_or(usize::MAX).min(lap);
        &self.outgoing[start..start + length]
    }

    /// The whole messages in so many received bytes.
    pub(crate) fn replies(&self, received: u64) -> u64 {
        received / self.reply as u64
    }

    /// Whether `bytes`, received after `before` others, are what the server was to send.
    pub(crate) fn check(&self, before: u64, mut bytes: &[u8]) -> io::Result<()> {
        let mut place = remainder(before, self.reply);
        while !bytes.is_empty() {
            let length = bytes.len().min(self.expected.len() - place);
            let (now, later) = bytes.split_at(length);
            if now != &self.expected[place..place + length] {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a reply differs from what was sent"));
            }
            place = (place + length) % self.reply;
            bytes = later;
        }
        Ok(())
    }
}

fn mask() -> io::Result<[u8; 4]> {
    let mut mask = [0; 4];
    getrandom::fill(&mut mask).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(mask)
}

fn remainder(count: u64, length: usize) -> usize {
    usize::try_from(count % length as u64).unwrap_or_default()
}
