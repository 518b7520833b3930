//! Chapters of the manual that need more room than the front page has.

pub mod clients;
pub mod streaming;
