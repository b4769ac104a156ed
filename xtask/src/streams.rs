//! What comes from a check's process: lines that may be a verdict, and what the student's code prints.

use std::io::Read;
use std::sync::{Mutex, PoisonError};

/// The longest line that may be a verdict: more than the harness ever sends.
const LONGEST_LINE: usize = 256 * 1024;

/// Cuts a stream into lines; one that is too long is forgotten.
#[derive(Default)]
pub(crate) struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Adds what came, and gives each line that is complete.
    pub(crate) fn take(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() < LONGEST_LINE {
                self.line.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                each(&self.line);
                self.line.clear();
            }
        }
    }
}

/// Where something was printed.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What the check printed, up to its limit.
pub(crate) struct Printed {
    limit: u64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    total: u64,
    both: Vec<u8>,
    errors: Vec<u8>,
}

impl Printed {
    /// Nothing yet, and at most `limit` bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            kept: Mutex::default(),
        }
    }

    /// Keeps the bytes, and says whether they went over the limit just now.
    pub(crate) fn add(&self, bytes: &[u8], stream: Stream) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.total;
        kept.total += bytes.len() as u64;
        let room = usize::try_from(self.limit.saturating_sub(before)).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(room)];
        kept.both.extend_from_slice(bytes);
        if matches!(stream, Stream::Err) {
            kept.errors.extend_from_slice(bytes);
        }
        before <= self.limit && kept.total > self.limit
    }

    /// How many bytes came, those that were thrown away included.
    pub(crate) fn total(&self) -> u64 {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.total
    }

    /// Both streams, in the order in which they came.
    pub(crate) fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept.both).into_owned()
    }

    /// Standard error alone.
    pub(crate) fn errors(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept.errors).into_owned()
    }
}

/// Hands on what comes until the other end is closed.
pub(crate) fn read_to_the_end(mut from: impl Read, mut each: impl FnMut(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => each(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_from_pieces() {
        let mut lines = Lines::default();
        let mut seen = Vec::new();
        for piece in ["a", "b\nc\n", "", "d"] {
            lines.take(piece.as_bytes(), |line| seen.push(line.to_vec()));
        }
        assert_eq!(seen, [b"ab\n".to_vec(), b"c\n".to_vec()]);
    }

    #[test]
    fn the_limit_is_told_once_and_nothing_over_it_is_kept() {
        let printed = Printed::new(4);
        assert!(!printed.add(b"abc", Stream::Out));
        assert!(printed.add(b"de", Stream::Err));
        assert!(!printed.add(b"f", Stream::Err));
        assert_eq!(
            (printed.text().as_str(), printed.errors().as_str()),
            ("abcd", "d")
        );
        assert_eq!(printed.total(), 6);
    }
}
