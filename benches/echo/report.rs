//! The tables that are printed.

use std::fmt::{self, Display};
use std::time::Duration;

use crate::generator::Load;
use crate::measure::Best;
use crate::rows::{IDLE_BYTES, Lane, Row, Target};
use crate::server::Contender;

/// Prints the names of the columns.
pub(crate) fn heading() {
    println!(
        "{:<24} {:>10} {:>7} {:>7} {:>11} {:>5} {:>5} {:>9} {:>9} {:>9}  target",
        "", "CPU ns/msg", "ratio", "spread", "messages/s", "busy", "load", "p50", "p99", "p99.9"
    );
}

/// Prints a row whose lanes showed `bests`.
pub(crate) fn row(row: &Row, bests: &[Best]) {
    println!("{}", row.name);
    for (lane, best) in row.lanes.iter().zip(bests) {
        let base = bests[lane.base].least.nanos;
        println!("{}", line(lane, best, base));
    }
}

fn line(lane: &Lane, best: &Best, base: f64) -> String {
    let least = &best.least;
    let [p50, p99, p999] = [500, 990, 999].map(|per_mille| time(least.latency.percentile(per_mille)));
    let figures = format!(
        "{:>10.1} {:>7.2} {:>6.0}% {:>11.0} {:>4.0}% {:>4.0}%",
        least.nanos,
        least.nanos / base,
        (best.most / least.nanos - 1.0) * 100.0,
        least.rate,
        least.busy * 100.0,
        least.load * 100.0,
    );
    let verdict =
        lane.target.map(|target| verdict(target, target.met(least.nanos, base))).unwrap_or_default();
    format!("  {:<22} {figures} {p50:>9} {p99:>9} {p999:>9}  {verdict}", lane.label)
}

/// Prints the resident bytes of idle connections.
pub(crate) fn idle(contender: &Contender, bytes: u64) {
    let verdict = if contender.is_floor() {
        String::new()
    } else {
        verdict(format!("<= {IDLE_BYTES} bytes"), bytes <= IDLE_BYTES)
    };
    println!("  {:<22} {bytes:>10} bytes a connection  {verdict}", contender.to_string());
}

fn verdict(target: impl Display, met: bool) -> String {
    format!("{target}: {}", if met { "met" } else { "MISSED" })
}

fn time(elapsed: Option<Duration>) -> String {
    elapsed.map_or_else(|| "-".into(), |elapsed| format!("{elapsed:.1?}"))
}

impl Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(most) => write!(formatter, "<= {most:.2} x"),
            Self::Nanoseconds(most) => write!(formatter, "<= {most:.0} ns"),
        }
    }
}

impl Display for Load {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} x {} x {}", self.connections, self.depth, self.payload)
    }
}
