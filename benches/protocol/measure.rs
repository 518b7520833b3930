//! The clock: least nanoseconds of a piece of work, measured in turn with what it is compared with.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::options::Pace;

/// Does something as often as it is told to.
pub(crate) type Work = Box<dyn FnMut(u64)>;

/// One row: what is measured, and how much of it there is in doing it once.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Frames, messages or calls.
    pub(crate) units: usize,
    /// Bytes of payload; 0 where only the time says something.
    pub(crate) bytes: usize,
    pub(crate) work: Work,
    /// A plain copy of the same bytes.
    pub(crate) copy: Option<Work>,
}

/// Nanoseconds of doing it once.
pub(crate) struct Least {
    pub(crate) work: f64,
    pub(crate) copy: Option<f64>,
}

/// The work of doing `once` again and again. What it returns counts as used.
pub(crate) fn repeat<T>(mut once: impl FnMut() -> T + 'static) -> Work {
    Box::new(move |times| {
        for _ in 0..times {
            black_box(once());
        }
    })
}

/// A plain copy of `size` bytes.
pub(crate) fn copy(size: usize) -> Work {
    let from = vec![b'a'; size];
    let mut to = vec![0; size];
    repeat(move || {
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
    })
}

/// The least of several samples, in which the work and the copy take turns.
pub(crate) fn least(case: &mut Case, pace: &Pace) -> Least {
    let work_times = enough(&mut case.work, pace.sample);
    let copy_times = case.copy.as_mut().map(|copy| enough(copy, pace.sample));
    let mut least = Least { work: f64::INFINITY, copy: copy_times.map(|_| f64::INFINITY) };
    for _ in 0..pace.samples {
        least.work = least.work.min(sample(&mut case.work, work_times));
        if let (Some(copy), Some(times), Some(known)) = (&mut case.copy, copy_times, &mut least.copy) {
            *known = known.min(sample(copy, times));
        }
    }
    least
}

/// How often the work must be done to take so long.
fn enough(work: &mut Work, time: Duration) -> u64 {
    let mut times = 1;
    while timed(work, times) < time {
        times *= 2;
    }
    times
}

/// Nanoseconds of doing it once.
#[allow(clippy::cast_precision_loss, reason = "no sample takes 2^53 nanoseconds")]
fn sample(work: &mut Work, times: u64) -> f64 {
    timed(work, times).as_nanos() as f64 / times as f64
}

fn timed(work: &mut Work, times: u64) -> Duration {
    let start = Instant::now();
    work(times);
    start.elapsed()
}
