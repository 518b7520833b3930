//! Since when each connection is open, in whole seconds: four bytes a slot, beside the connections, which have
//! no room to spare.

use std::time::Duration;

/// When the connection in each slot was opened.
#[derive(Debug, Default)]
pub(crate) struct Ages(Vec<u32>);

impl Ages {
    pub(super) fn begin(&mut self, slot: usize, now: u64) {
        if slot >= self.0.len() {
            self.0.resize(slot + 1, 0);
        }
        if let Some(began) = self.0.get_mut(slot) {
            *began = seconds(now);
        }
    }

    pub(crate) fn of(&self, slot: usize, now: u64) -> Duration {
        let began = self.0.get(slot).copied().unwrap_or_default();
        Duration::from_secs(seconds(now).saturating_sub(began).into())
    }
}

/// Seconds of a time in milliseconds: enough for a century.
fn seconds(millis: u64) -> u32 {
    u32::try_from(millis / 1000).unwrap_or(u32::MAX)
}
