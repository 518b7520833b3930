//! Timers that belong to no connection.

use std::time::Duration;

use crate::id::TimerId;
use crate::view::Loop;

/// Timers of the loop itself.
impl Loop<'_> {
    /// Runs a closure on the loop after `delay`, to the millisecond and never earlier. It belongs to no connection:
    /// it runs once, unless it is cancelled or the reactor stops before. One that panics is given up.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ws_reactor::{Config, Loop, Reactor};
    ///
    /// fn tick(reactor: &mut Loop<'_>) {
    ///     reactor.publish("clock", "tick");
    ///     reactor.set_timer(Duration::from_secs(1), tick);
    /// }
    ///
    /// let mut reactor = Reactor::new(Config::default())?;
    /// tick(&mut reactor.as_loop());
    /// # Ok::<(), ws_reactor::Error>(())
    /// ```
    pub fn set_timer(&mut self, delay: Duration, task: impl FnOnce(&mut Loop<'_>) + 'static) -> TimerId {
        let due = self.state.after(delay);
        self.state.timers.set_task(Box::new(task), due)
    }

    /// Takes a timer of the loop back; its closure is dropped. Says whether it was still to run. Timers of
    /// connections are not the loop's to cancel.
    pub fn cancel_timer(&mut self, timer: TimerId) -> bool {
        self.state.timers.cancel_task(timer).is_some()
    }
}
