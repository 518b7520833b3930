//! Chapters of the manual that need more room than the front page has.

pub mod clients;
pub mod migration;
pub mod routing;
pub mod running;
pub mod security;
pub mod streaming;

/// The programs in the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
