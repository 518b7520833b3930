//! One server, one load, one window of time; and the best of several.
//!
//! Noise only ever adds CPU time, so the least of several rounds is the nearest to the truth.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process;
use std::time::Duration;

use crate::account;
use crate::generator::{Generator, Load, Service, Tally};
use crate::latency::Histogram;
use crate::options::Pace;
use crate::peer;
use crate::rows::{Lane, Row};
use crate::script::Script;
use crate::server::{Contender, Server};

/// What one lane showed in one window.
pub(crate) struct Sample {
    /// CPU time of the server for each message.
    pub(crate) nanos: f64,
    /// Messages per second.
    pub(crate) rate: f64,
    /// The part of the window in which the server had the core, of 1.
    pub(crate) busy: f64,
    /// The same of the load generator. If both are low, somebody else had the cores.
    pub(crate) load: f64,
    pub(crate) latency: Histogram,
}

/// The least sample of a lane, and the CPU time per message of its worst.
pub(crate) struct Best {
    pub(crate) least: Sample,
    pub(crate) most: f64,
}

/// Measures the lanes of a row in turn, round after round.
pub(crate) fn row(row: &Row, pace: &Pace) -> io::Result<Vec<Best>> {
    let mut bests: Vec<Option<Best>> = row.lanes.iter().map(|_| None).collect();
    for _ in 0..pace.rounds {
        for (lane, best) in row.lanes.iter().zip(&mut bests) {
            let sample = window(lane, row.load, pace).map_err(|error| name(&error, row, lane))?;
            *best = Some(Best::of(best.take(), sample));
        }
    }
    Ok(bests.into_iter().flatten().collect())
}

fn name(error: &io::Error, row: &Row, lane: &Lane) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {}: {error}", row.name, lane.label))
}

fn window(lane: &Lane, load: Load, pace: &Pace) -> io::Result<Sample> {
    let server = Server::start(&lane.contender, lane.service, load.payload)?;
    let mut generator = Generator::connect(server.address, load, lane.service)?;
    let _bystanders = bystanders(server.address, lane.bystanders, load.payload)?;
    generator.warm_up(pace.warm_up)?;
    let before = Spent::so_far(&server)?;
    let tally = generator.run(pace.window)?;
    Ok(Sample::new(tally, &Spent::so_far(&server)?.since(&before)))
}

/// CPU time of both ends.
struct Spent {
    server: Duration,
    load: Duration,
}

impl Spent {
    fn so_far(server: &Server) -> io::Result<Self> {
        Ok(Self { server: account::cpu_time(server.id())?, load: account::cpu_time(process::id())? })
    }

    fn since(&self, before: &Self) -> Self {
        let server = self.server.saturating_sub(before.server);
        Self { server, load: self.load.saturating_sub(before.load) }
    }
}

impl Sample {
    #[expect(clippy::cast_precision_loss, reason = "messages of a few seconds are far below 2^52")]
    fn new(tally: Tally, spent: &Spent) -> Self {
        let (messages, elapsed) = (tally.messages as f64, tally.elapsed.as_secs_f64());
        let server = spent.server.as_secs_f64();
        let (nanos, rate) = (server * 1e9 / messages, messages / elapsed);
        let (busy, load) = (server / elapsed, spent.load.as_secs_f64() / elapsed);
        Self { nanos, rate, busy, load, latency: tally.latency }
    }
}

impl Best {
    fn of(best: Option<Self>, sample: Sample) -> Self {
        let nanos = sample.nanos;
        match best {
            None => Self { least: sample, most: nanos },
            Some(best) if nanos < best.least.nanos => Self { least: sample, ..best },
            Some(best) => Self { most: best.most.max(nanos), ..best },
        }
    }
}

/// The load that warms a server before its memory is measured.
const WARM: Load = Load { connections: 100, depth: 1, payload: 20 };

/// The resident bytes that each of `pace.idle` connections adds to a server that is warm. Each has sent a message
/// and received one before it falls silent.
pub(crate) fn idle_bytes(contender: &Contender, pace: &Pace) -> io::Result<u64> {
    let server = Server::start(contender, Service::Echo, WARM.payload)?;
    let mut warm = Generator::connect(server.address, WARM, Service::Echo)?;
    warm.warm_up(pace.warm_up)?;
    let before = account::resident(server.id())?;
    let _idle = bystanders(server.address, pace.idle, WARM.payload)?;
    let after = account::resident(server.id())?;
    Ok(after.saturating_sub(before) / pace.idle as u64)
}

fn bystanders(address: SocketAddr, count: usize, payload: usize) -> io::Result<Vec<TcpStream>> {
    let script = Script::new(payload, 1)?;
    (0..count).map(|_| peer::open_idle(address, &script)).collect()
}
