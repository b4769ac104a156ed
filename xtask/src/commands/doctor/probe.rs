//! Asks a program something, and does not wait for long.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::platform;

/// What became of the question.
pub(super) enum Answer {
    /// It ended well and said this on standard output.
    Said(String),
    /// It ended badly and said this on standard error.
    Failed(String),
    /// It did not end in time.
    Hangs,
    /// There is no such program.
    Missing,
}

impl Answer {
    /// What it said when it ended well.
    pub(super) fn said(self) -> Option<String> {
        match self {
            Self::Said(words) => Some(words),
            _ => None,
        }
    }
}

/// Runs the command for at most so many seconds.
pub(super) fn ask(command: &mut Command, seconds: u64) -> Answer {
    platform::own_group(command);
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        return Answer::Missing;
    };
    let out = read(child.stdout.take());
    let errors = read(child.stderr.take());
    let end = Instant::now() + Duration::from_secs(seconds);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
            _ => break None,
        }
    };
    let Some(status) = status else {
        // With whatever it has started.
        platform::end_by_id(child.id(), true);
        let _ = child.wait();
        return Answer::Hangs;
    };
    // What it left behind may hold the other end of the pipe.
    let take = |words: mpsc::Receiver<String>| {
        let left = end.saturating_duration_since(Instant::now());
        words
            .recv_timeout(left.max(Duration::from_millis(100)))
            .unwrap_or_default()
    };
    if status.success() {
        Answer::Said(take(out))
    } else {
        Answer::Failed(take(errors))
    }
}

/// The words of `PROGRAM --version`, in one line.
pub(super) fn version(program: &str) -> Option<String> {
    let words = ask(Command::new(program).arg("--version"), 5).said()?;
    words.lines().next().map(str::to_owned)
}

fn read(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).trim().to_owned());
    });
    receiver
}
