//! The command line.

use std::time::Duration;

pub(crate) const USAGE: &str = "\
cargo bench --bench echo -- [OPTIONS]

  --quick          shorter and fewer rounds, for CI: under a minute in all
  --only ROW       only rows whose name contains ROW, as in `relay` or `100 x 16`
  --rounds N       how often each server is measured; the least CPU is quoted
  --exec COMMAND   measure another server too, started with an address to listen on, or with the words
                   {address} and {mode} (echo or relay) replaced; may be given several times
";

/// What to do.
pub(crate) enum Task {
    Measure(Plan),
    /// Be a server; what follows `--serve`.
    Serve(Vec<String>),
    /// Say how this is used.
    Explain,
}

pub(crate) struct Plan {
    /// Empty for all rows.
    pub(crate) only: String,
    pub(crate) external: Vec<String>,
    pub(crate) pace: Pace,
}

/// How much time and memory a run may take.
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    /// How long the bytes of every reply are compared, after which caches and windows are warm.
    pub(crate) warm_up: Duration,
    /// How long the clock runs.
    pub(crate) window: Duration,
    /// Idle connections whose memory is measured.
    pub(crate) idle: usize,
    /// Connections in all where few of them talk.
    pub(crate) crowd: usize,
}

impl Pace {
    fn full() -> Self {
        let (warm_up, window) = (Duration::from_millis(300), Duration::from_secs(1));
        Self { rounds: 5, warm_up, window, idle: 10_000, crowd: 19_000 }
    }

    fn quick() -> Self {
        let (warm_up, window) = (Duration::from_millis(100), Duration::from_millis(300));
        Self { rounds: 2, warm_up, window, idle: 2_000, crowd: 2_000 }
    }
}

impl Task {
    /// Reads what follows the program's name. Without `--bench`, which `cargo bench` adds, this is
    /// `cargo test --all-targets`, where nothing is to be measured.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut plan = Plan { only: String::new(), external: Vec::new(), pace: Pace::full() };
        let mut rounds = None;
        let mut asked = false;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--bench" => asked = true,
                "--quick" => plan.pace = Pace::quick(),
                "--only" => plan.only = value()?,
                "--exec" => plan.external.push(value()?),
                "--rounds" => rounds = Some(count(&value()?)?),
                "--serve" => return Ok(Self::Serve(arguments.collect())),
                "--help" => return Ok(Self::Explain),
                other => return Err(format!("{other} is not an option\n\n{USAGE}")),
            }
        }
        plan.pace.rounds = rounds.unwrap_or(plan.pace.rounds);
        Ok(if asked { Self::Measure(plan) } else { Self::Explain })
    }
}

fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&count| count > 0).ok_or_else(|| format!("{text} is not a number of rounds"))
}
