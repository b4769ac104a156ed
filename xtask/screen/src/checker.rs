//! Runs `check` in a process of its own, so that a new save can end it at any moment, whatever it is doing.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::event::Event;

/// How long a check that is asked to end may take: it has children to take along, and each may be asked politely first.
const POLITE: Duration = Duration::from_secs(2);

/// How many columns Cargo's progress may take; it is cut to the window where it is shown.
const PROGRESS: &str = "100";

/// How much of a runner's words is kept for the case that it ends without an event.
const KEPT: usize = 64 * 1024;

/// The one check that runs at a time.
pub(crate) struct Checker {
    runner: PathBuf,
    root: PathBuf,
    events: Sender<Event>,
    running: Option<Child>,
}

impl Checker {
    /// With this runner, in this workspace; what happens is sent to `events`.
    pub(crate) fn new(runner: PathBuf, root: PathBuf, events: Sender<Event>) -> Self {
        Self {
            runner,
            root,
            events,
            running: None,
        }
    }

    /// Ends what runs and starts `check` with these words: `["lesson1.2"]`, `["lesson1.2", "--solution"]`. Its events carry the
    /// number; the lines of its words are as long as they are.
    pub(crate) fn start(&mut self, number: u64, words: &[&str]) -> Result<()> {
        self.stop();
        let mut command = Command::new(&self.runner);
        command
            .args(["check", "--events"])
            .args(words)
            .current_dir(&self.root)
            // Nobody would see that Cargo is at work: its standard error is a pipe.
            .env("CARGO_TERM_PROGRESS_WHEN", "always")
            .env("CARGO_TERM_PROGRESS_WIDTH", PROGRESS)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        own_group(&mut command);
        let mut child = command
            .spawn()
            .with_context(|| format!("{} cannot be started.", self.runner.display()))?;
        let words = child.stderr.take().map(|pipe| {
            let events = self.events.clone();
            thread::spawn(move || listen(pipe, number, &events))
        });
        if let Some(stdout) = child.stdout.take() {
            let events = self.events.clone();
            thread::spawn(move || {
                let mut done = false;
                for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                    if let Ok(event) = serde_json::from_slice::<xtask::events::Event>(&line) {
                        done |= matches!(event, xtask::events::Event::Done { .. });
                        let _ = events.send(Event::Check(number, event));
                    }
                }
                if !done {
                    let words = words.and_then(|words| words.join().ok());
                    let _ = events.send(Event::Lost(number, words.unwrap_or_default()));
                }
            });
        }
        self.running = Some(child);
        Ok(())
    }

    /// Ends what runs, with all that it has started.
    pub(crate) fn stop(&mut self) {
        let Some(mut child) = self.running.take() else {
            return;
        };
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        ask_to_end(&child);
        let patience = Instant::now() + POLITE;
        while Instant::now() < patience {
            if matches!(child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Passes on each line of the runner's own words, and gives those that are worth showing when there is no verdict.
fn listen(pipe: impl Read, number: u64, events: &Sender<Event>) -> String {
    let mut pipe = BufReader::new(pipe);
    let mut kept = String::new();
    let mut line = Vec::new();
    while let Ok(available) = pipe.fill_buf() {
        let at_the_end = available.is_empty();
        // Cargo's progress bar ends in a carriage return: the next one is written over it.
        let end = available
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'));
        let taken = end.unwrap_or(available.len());
        line.extend_from_slice(&available[..taken]);
        let passing = end.is_some_and(|end| available[end] == b'\r');
        pipe.consume(end.map_or(taken, |end| end + 1));
        if end.is_none() && !at_the_end {
            continue;
        }
        let text = String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned();
        let plain = anstream::adapter::strip_str(&text).to_string();
        let plain: String = plain.chars().filter(|c| !c.is_control()).collect();
        let passing = passing || is_of_cargo(&plain) || (at_the_end && text.is_empty());
        if !passing && kept.len() < KEPT {
            kept += &text;
            kept.push('\n');
        }
        if !plain.trim().is_empty() {
            let _ = events.send(Event::Words(number, plain.trim().to_owned()));
        }
        if at_the_end {
            break;
        }
    }
    kept
}

/// Whether it is one of Cargo's lines about how far it is.
fn is_of_cargo(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    [
        "Compiling",
        "Building",
        "Finished",
        "Blocking",
        "Checking",
        "Downloading",
        "Downloaded",
        "Updating",
        "Locking",
        "Adding",
    ]
    .contains(&first)
}

/// Ctrl-Z in the terminal shall not stop it: its clock would run on.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// There is no such thing here.
#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

/// The runner ends its children when it is asked to end.
#[cfg(unix)]
fn ask_to_end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// There is no polite way here; its job object takes the children along.
#[cfg(not(unix))]
fn ask_to_end(_child: &Child) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn cargos_progress_is_passed_on_and_the_rest_is_kept() {
        let (sender, events) = channel();
        let words: &[u8] = b"   Compiling a v1\n\x1b[1m    Building\x1b[0m [=> ] 1/2: a\rerror: \xff broken\n\n  why";
        let kept = listen(words, 7, &sender);
        assert_eq!(kept, "error: \u{fffd} broken\n\n  why\n");
        drop(sender);
        let told: Vec<String> = events
            .iter()
            .map(|event| match event {
                Event::Words(7, line) => line,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                "Compiling a v1",
                "Building [=> ] 1/2: a",
                "error: \u{fffd} broken",
                "why"
            ]
        );
    }
}
