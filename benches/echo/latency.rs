//! A histogram of round trips: fixed memory, no allocation while the clock runs, off by three percent at most.

use std::time::Duration;

/// Values below this have a bucket each; every doubling above it is cut into as many.
const STEPS: u64 = 32;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Up to 2^36 ns, which is over a minute; what takes longer counts as that.
const BUCKETS: usize = 32 * 32;

/// Round trips, counted by how long they took.
#[derive(Clone)]
pub(crate) struct Histogram {
    counts: Box<[u64]>,
    total: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS].into_boxed_slice(), total: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.counts.fill(0);
        self.total = 0;
    }

    pub(crate) fn record(&mut self, elapsed: Duration) {
        let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let last = BUCKETS - 1;
        self.counts[bucket(nanos).min(last)] += 1;
        self.total += 1;
    }

    /// The time within which `per_mille` of a thousand round trips ended; `None` if none was recorded.
    pub(crate) fn percentile(&self, per_mille: u64) -> Option<Duration> {
        let rank = (self.total * per_mille).div_ceil(1000);
        let mut seen = 0;
        let reached = |count: &u64| {
            seen += count;
            seen >= rank
        };
        let bucket = self.counts.iter().position(reached).filter(|_| self.total > 0)?;
        Some(Duration::from_nanos(lower_bound(bucket)))
    }
}

fn bucket(nanos: u64) -> usize {
    let Some(doublings) = nanos.checked_ilog2().and_then(|log| log.checked_sub(STEP_BITS)) else {
        return usize::try_from(nanos).unwrap_or(usize::MAX);
    };
    let index = STEPS * u64::from(doublings) + (nanos >> doublings);
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn lower_bound(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < STEPS {
        return bucket;
    }
    let doublings = bucket / STEPS - 1;
    (STEPS + bucket % STEPS) << doublings
}
