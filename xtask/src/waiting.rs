//! A line on the terminal that says what takes so long, and that is gone when it is over.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::style;

/// Nobody asks before this.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts the seconds of one check, on standard error.
pub(crate) struct Waiting<'a> {
    name: &'a str,
    limit: f64,
    started: Instant,
    shown: Option<u64>,
    on: bool,
}

impl<'a> Waiting<'a> {
    /// Starts to count; `on` is false where several checks run at once and would write over each other.
    pub(crate) fn new(name: &'a str, limit: f64, on: bool) -> Self {
        Self {
            name,
            limit,
            started: Instant::now(),
            shown: None,
            on: on && std::io::stderr().is_terminal(),
        }
    }

    /// Draws the line anew when another second is over.
    pub(crate) fn tick(&mut self) {
        let seconds = self.started.elapsed().as_secs();
        if !self.on || self.started.elapsed() < PATIENCE || self.shown == Some(seconds) {
            return;
        }
        self.shown = Some(seconds);
        let line = format!("  {} … {seconds} s of at most {} s", self.name, self.limit);
        // A line that wraps cannot be wiped.
        let line: String = line
            .chars()
            .take(style::width().saturating_sub(1))
            .collect();
        let _ = write!(std::io::stderr(), "\r\x1b[2K{line}");
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
