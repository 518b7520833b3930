//! What the protocol costs without a socket: masks, UTF-8, headers, whole frames in, whole frames out.
//!
//! `cargo bench --bench protocol` prints nanoseconds and bytes for each part, and for masks and UTF-8 a copy of
//! the same size beside it, measured in turn with it. A figure is the least of several, since whatever disturbs
//! a run only makes it slower. Figures differ between machines; what a copy costs is the measure to compare with.
//!
//! The protocol is no part of the public interface. It is pure, so it is compiled here once more from its source.

use std::env;
use std::process::ExitCode;

use options::{Plan, Task};

mod header;
mod mask;
mod measure;
mod options;
mod receive;
mod report;
mod sample;
mod transmit;
mod utf8;

// As a bench it is compiled with the library's tests, of which nothing is left without their harness.
#[allow(dead_code, unused_imports, reason = "the bench does not use all of it")]
#[path = "../../src/buffer.rs"]
mod buffer;
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the bench does not use all of it")]
#[path = "../../src/protocol/mod.rs"]
mod protocol;

fn main() -> ExitCode {
    match Task::parse(env::args().skip(1)) {
        Ok(Task::Measure(plan)) => measure(&plan),
        Ok(Task::Explain) => {
            print!("{}", options::USAGE);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(plan: &Plan) -> ExitCode {
    let parts = [mask::cases, utf8::cases, header::cases, receive::cases, transmit::cases];
    let mut cases: Vec<_> = parts.iter().flat_map(|part| part()).collect();
    cases.retain(|case| case.name.contains(&plan.only));
    if cases.is_empty() {
        eprintln!("no row has {} in its name", plan.only);
        return ExitCode::FAILURE;
    }
    report::heading();
    for case in &mut cases {
        let least = measure::least(case, &plan.pace);
        report::row(case, &least);
    }
    ExitCode::SUCCESS
}
