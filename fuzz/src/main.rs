//! Fuzzing without tools: changes seeds at random, always in the same order, for some seconds a target.
//!
//! `cargo run --release --manifest-path fuzz/Cargo.toml` runs every target for [`SECONDS`]; an input that breaks a
//! promise is kept in `fuzz/artifacts` and the program fails. With nightly and cargo-fuzz, which learns from
//! the branches that an input takes:
//!
//! ```sh
//! cargo run --release --manifest-path fuzz/Cargo.toml -- --write-seeds fuzz/corpus
//! cargo +nightly fuzz run frames --features libfuzzer
//! ```

use std::env;
use std::error::Error;
use std::fs;
use std::panic;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ws_reactor_fuzz::{Random, TARGETS, Target};

/// How long each target is run.
const SECONDS: u64 = 5;

/// The first input of a run; every further one follows from it.
const SEED: u64 = 0x5EED;

const USAGE: &str = "\
cargo run --release --manifest-path fuzz/Cargo.toml -- [OPTIONS] [TARGET...]

  --seconds N          how long each target is run
  --seed N             other inputs
  --replay FILE        runs the targets on this file only
  --write-seeds DIR    writes the seeds of each target into a directory of its name, for cargo-fuzz
";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What to do with each target.
enum Task {
    Fuzz { time: Duration, seed: u64 },
    Replay(Vec<u8>),
    WriteSeeds(String),
}

fn main() -> ExitCode {
    match parse(env::args().skip(1)).and_then(|(task, targets)| perform(&task, &targets)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Outcome<(Task, Vec<Target>)> {
    let (mut seconds, mut seed, mut other) = (SECONDS, SEED, None);
    let mut targets = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--seconds" => seconds = value()?.parse()?,
            "--seed" => seed = value()?.parse()?,
            "--replay" => other = Some(Task::Replay(fs::read(value()?)?)),
            "--write-seeds" => other = Some(Task::WriteSeeds(value()?)),
            name => targets.push(*TARGETS.iter().find(|target| target.name == name).ok_or(USAGE)?),
        }
    }
    let time = Duration::from_secs(seconds);
    if targets.is_empty() {
        targets.extend(TARGETS);
    }
    Ok((other.unwrap_or(Task::Fuzz { time, seed }), targets))
}

fn perform(task: &Task, targets: &[Target]) -> Outcome<()> {
    for target in targets {
        match task {
            Task::Fuzz { time, seed } => fuzz(target, *time, *seed)?,
            Task::Replay(input) => (target.run)(input),
            Task::WriteSeeds(directory) => write_seeds(target, &Path::new(directory).join(target.name))?,
        }
    }
    Ok(())
}

fn fuzz(target: &Target, time: Duration, seed: u64) -> Outcome<()> {
    let seeds = (target.seeds)();
    for input in &seeds {
        attempt(target, input)?;
    }
    let mut random = Random::new(seed);
    let mut inputs = 0_u64;
    let start = Instant::now();
    while start.elapsed() < time {
        attempt(target, &random.mutant(&seeds))?;
        inputs += 1;
    }
    println!("{:<12} {inputs:>9} inputs from {} seeds", target.name, seeds.len());
    Ok(())
}

/// Runs the target, and keeps the input if something did not hold; the panic has said what.
fn attempt(target: &Target, input: &[u8]) -> Outcome<()> {
    if panic::catch_unwind(|| (target.run)(input)).is_ok() {
        return Ok(());
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
    fs::create_dir_all(&directory)?;
    let file = directory.join(format!("{}.input", target.name));
    fs::write(&file, input)?;
    Err(format!("replay with: --replay {} {}", file.display(), target.name).into())
}

fn write_seeds(target: &Target, directory: &Path) -> Outcome<()> {
    fs::create_dir_all(directory)?;
    for (number, seed) in (target.seeds)().iter().enumerate() {
        fs::write(directory.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}
