//! Scenes: one rule each, played by hand in calm weather.

mod backlog;
mod blocking;
mod budgets;
mod closing;
mod deadlines;
mod dialing;
mod panics;
mod stopping;
mod streaming;
