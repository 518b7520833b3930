//! How far a transfer is, and the hash of what went by.

use std::fmt::Write as _;
use std::io::{self, Write};

use sha1::{Digest, Sha1};

const WIDTH: usize = 40;

/// Counts and hashes the bytes that go by.
pub(crate) struct Progress {
    label: Option<&'static str>,
    done: u64,
    total: u64,
    shown: Option<u64>,
    hash: Sha1,
}

impl Progress {
    /// For a server: counts, and shows nothing.
    pub(crate) fn silent() -> Self {
        Self { label: None, done: 0, total: 0, shown: None, hash: Sha1::new() }
    }

    /// Draws a bar on the terminal.
    pub(crate) fn bar(label: &'static str) -> Self {
        Self { label: Some(label), ..Self::silent() }
    }

    /// Says how much there is to come.
    pub(crate) fn expect(&mut self, total: u64) {
        self.total = total;
        self.show();
    }

    pub(crate) fn pass(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.done += bytes.len() as u64;
        self.show();
    }

    /// The hash of all that went by, in hexadecimal digits.
    pub(crate) fn hash(&self) -> String {
        self.hash.clone().finalize().iter().fold(String::new(), |mut digits, byte| {
            write!(digits, "{byte:02x}").ok();
            digits
        })
    }

    /// Draws the bar again if it has changed by a percent.
    fn show(&mut self) {
        let percent = (self.done * 100).checked_div(self.total).unwrap_or(100);
        let Some(label) = self.label.filter(|_| self.shown != Some(percent)) else {
            return;
        };
        self.shown = Some(percent);
        let filled = WIDTH * usize::try_from(percent.min(100)).unwrap_or(100) / 100;
        let end = if self.done >= self.total { "\n" } else { "" };
        eprint!("\r{label} [{:<WIDTH$}] {percent:3} %{end}", "#".repeat(filled));
        io::stderr().flush().ok();
    }
}
