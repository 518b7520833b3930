//! The load: one thread that keeps a fixed number of messages in flight on every connection.
//!
//! It is a closed loop: a message is sent when one arrives. All that a readiness lets go out goes out in one write,
//! from bytes built beforehand, so that the server and not this is what limits the rate.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::{Events, Interest, Poll, Token};

use crate::latency::Histogram;
use crate::peer::{Mark, Peer, Scrutiny};
use crate::script::Script;

const READ_BUFFER: usize = 512 * 1024;

/// What every connection does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// Messages in flight on each connection.
    pub(crate) depth: usize,
    /// Bytes of each message.
    pub(crate) payload: usize,
}

/// What a server does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Back to where it came from.
    Echo,
    /// To the neighbour: connections pair up in order of arrival, 0 with 1, 2 with 3.
    Relay,
}

impl Service {
    /// What a server is told on its command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Relay => "relay",
        }
    }
}

pub(crate) struct Generator {
    poll: Poll,
    peers: Vec<Peer>,
    lane: Lane,
    buffer: Box<[u8]>,
}

/// What is the same for all connections while they are served one by one.
struct Lane {
    script: Script,
    service: Service,
    scrutiny: Scrutiny,
    arrived: u64,
    latency: Histogram,
}

/// What happened while the clock ran.
pub(crate) struct Tally {
    pub(crate) messages: u64,
    pub(crate) elapsed: Duration,
    pub(crate) latency: Histogram,
}

impl Generator {
    pub(crate) fn connect(address: SocketAddr, load: Load, service: Service) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut peers = Vec::with_capacity(load.connections);
        for index in 0..load.connections {
            let mut peer = Peer::connect(address)?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut peer.stream, Token(index), interest)?;
            peers.push(peer);
        }
        let script = Script::new(load.payload, load.depth)?;
        let (arrived, latency) = (0, Histogram::new());
        let lane = Lane { script, service, scrutiny: Scrutiny::Compare, arrived, latency };
        Ok(Self { poll, peers, lane, buffer: vec![0; READ_BUFFER].into_boxed_slice() })
    }

    /// Sends the first messages of every connection, and compares every byte that comes back for a while.
    pub(crate) fn warm_up(&mut self, time: Duration) -> io::Result<()> {
        let now = Instant::now();
        for index in 0..self.peers.len() {
            let depth = self.lane.script.depth as u64;
            self.lane.send(&mut self.peers, index, depth, now)?;
        }
        self.lane.scrutiny = Scrutiny::Compare;
        let tally = self.run(time)?;
        self.lane.scrutiny = Scrutiny::Count;
        let heard = tally.messages >= self.peers.len() as u64;
        heard.then_some(()).ok_or_else(|| io::Error::new(ErrorKind::TimedOut, "the server does not answer"))
    }

    /// Keeps the load up for `time`.
    pub(crate) fn run(&mut self, time: Duration) -> io::Result<Tally> {
        let mut events = Events::with_capacity(1024);
        self.lane.arrived = 0;
        self.lane.latency.clear();
        let start = Instant::now();
        while start.elapsed() < time {
            self.turn(&mut events)?;
        }
        let latency = self.lane.latency.clone();
        Ok(Tally { messages: self.lane.arrived, elapsed: start.elapsed(), latency })
    }

    fn turn(&mut self, events: &mut Events) -> io::Result<()> {
        match self.poll.poll(events, Some(Duration::from_millis(100))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            outcome => outcome?,
        }
        for event in &*events {
            self.lane.serve(&mut self.peers, event, &mut self.buffer)?;
        }
        Ok(())
    }
}

impl Lane {
    fn serve(&mut self, peers: &mut [Peer], event: &Event, buffer: &mut [u8]) -> io::Result<()> {
        let index = event.token().0;
        let peer = &mut peers[index];
        let arrived =
            if event.is_readable() { peer.receive(buffer, &self.script, self.scrutiny)? } else { 0 };
        if arrived == 0 {
            return peer.flush(&self.script);
        }
        self.arrived += arrived;
        let now = Instant::now();
        if let Some(sent_at) = peer.arrival(&self.script) {
            self.latency.record(now - sent_at);
        }
        self.send(peers, index, arrived, now)
    }

    /// Sends `count` messages, and watches the first of them if its receiver has none to watch for.
    fn send(&self, peers: &mut [Peer], index: usize, count: u64, now: Instant) -> io::Result<()> {
        let ordinal = peers[index].messages + 1;
        let receiver = match self.service {
            Service::Echo => index,
            Service::Relay => index ^ 1,
        };
        peers[receiver].mark.get_or_insert(Mark { ordinal, sent_at: now });
        let sender = &mut peers[index];
        sender.owe(count, &self.script);
        sender.flush(&self.script)
    }
}
