//! The table that is printed.

use crate::measure::{Case, Least};

/// Prints the names of the columns.
pub(crate) fn heading() {
    println!("{:<40} {:>11} {:>8} {:>8}", "", "ns", "GB/s", "x copy");
}

/// Prints one row: nanoseconds for each unit, bytes per time, and the time as a multiple of a copy's.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn row(case: &Case, least: &Least) {
    let nanos = least.work / case.units as f64;
    let rate = figure((case.bytes > 0).then(|| case.bytes as f64 / least.work));
    let ratio = figure(least.copy.map(|copy| least.work / copy));
    println!("{:<40} {nanos:>11.1} {rate:>8} {ratio:>8}", case.name);
}

fn figure(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.2}")).unwrap_or_default()
}
