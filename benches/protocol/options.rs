//! The command line.

use std::time::Duration;

pub(crate) const USAGE: &str = "\
cargo bench --bench protocol -- [OPTIONS]

  --quick      shorter and fewer samples, for CI: some seconds in all
  --only ROW   only rows whose name contains ROW, as in `mask` or `1 MiB`
";

/// What to do.
pub(crate) enum Task {
    Measure(Plan),
    /// Say how this is used.
    Explain,
}

pub(crate) struct Plan {
    /// Empty for all rows.
    pub(crate) only: String,
    pub(crate) pace: Pace,
}

/// How much time a figure may take.
pub(crate) struct Pace {
    pub(crate) samples: usize,
    /// How long each takes at least.
    pub(crate) sample: Duration,
}

const FULL: Pace = Pace { samples: 15, sample: Duration::from_millis(20) };

const QUICK: Pace = Pace { samples: 5, sample: Duration::from_millis(2) };

impl Task {
    /// Reads what follows the program's name. Without `--bench`, which `cargo bench` adds, this is
    /// `cargo test --all-targets`, where nothing is to be measured.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut plan = Plan { only: String::new(), pace: FULL };
        let mut asked = false;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--bench" => asked = true,
                "--quick" => plan.pace = QUICK,
                "--only" => plan.only = arguments.next().ok_or("--only needs a value")?,
                "--help" => return Ok(Self::Explain),
                other => return Err(format!("{other} is not an option\n\n{USAGE}")),
            }
        }
        Ok(if asked { Self::Measure(plan) } else { Self::Explain })
    }
}
