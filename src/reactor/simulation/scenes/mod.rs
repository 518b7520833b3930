//! Scenes: one rule each, played by hand in calm weather.

mod backlog;
mod blocking;
mod budgets;
mod closing;
mod deadlines;
mod deferring;
mod dialing;
mod late_decisions;
mod panics;
mod stopping;
mod streaming;
