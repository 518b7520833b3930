//! How long to wait before the next attempt (RFC 6455, section 7.2.3).

use std::time::Duration;

/// Delays that double up to a cap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    pub(super) longest: Duration,
    /// A connection that was open for so long starts them over.
    pub(super) stable: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            stable: Duration::from_secs(30),
        }
    }
}

impl Backoff {
    /// The delay after so many failures before this one: from half of its length to the whole, as chance has it.
    pub(super) fn delay(&self, failures: u32, chance: u64) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.min(31));
        let half = doubled.min(self.longest) / 2;
        let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX - 1);
        half + Duration::from_nanos(chance % (nanos + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Duration};

    #[test]
    fn delays_double_up_to_the_cap_between_half_and_whole_section_7_2_3() {
        let seconds = Duration::from_secs;
        let backoff = Backoff { first: seconds(1), longest: seconds(10), stable: seconds(1) };
        let wholes = [1, 2, 4, 8, 10, 10, 10];
        for (failures, whole) in (0..).zip(wholes) {
            let whole = seconds(whole);
            for chance in [0, 1, 1 << 20, 1 << 33, u64::MAX / 3, u64::MAX] {
                let delay = backoff.delay(failures, chance);
                assert!(delay >= whole / 2 && delay <= whole, "{delay:?} after {failures}");
            }
        }
        let (shortest, longest) = (backoff.delay(0, 0), backoff.delay(0, 500_000_000));
        assert_eq!((shortest, longest), (seconds(1) / 2, seconds(1)));
        assert!(backoff.delay(u32::MAX, u64::MAX) <= seconds(10));
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        let (least, most) = (Duration::ZERO, Duration::MAX);
        let never = Backoff { first: least, longest: least, stable: least };
        assert_eq!(never.delay(7, u64::MAX), least);
        let ever = Backoff { first: most, longest: most, stable: least };
        assert!(ever.delay(7, u64::MAX) >= most / 2);
    }
}
