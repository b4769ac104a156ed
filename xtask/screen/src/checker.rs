//! Runs `check` in a process of its own, so that a new save can end it at any moment, whatever it is doing.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::app::Event;

/// How long a check that is asked to end may take: it has children to take along.
const POLITE: Duration = Duration::from_millis(500);

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

    /// Ends what runs and starts anew. `arguments` are a lesson or a step, and options of `check`; `width` is how many columns its
    /// words may take.
    pub(crate) fn start(&mut self, number: u64, arguments: &[&str], width: u16) -> Result<()> {
        self.stop();
        let mut child = Command::new(&self.runner)
            .args(["check", "--events"])
            .args(arguments)
            .current_dir(&self.root)
            .env("COLUMNS", width.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be started.", self.runner.display()))?;
        let words = child.stderr.take().map(|mut pipe| {
            thread::spawn(move || {
                let mut words = Vec::new();
                let _ = pipe.read_to_end(&mut words);
                String::from_utf8_lossy(&words).into_owned()
            })
        });
        if let Some(stdout) = child.stdout.take() {
            let events = self.events.clone();
            thread::spawn(move || {
                let mut done = false;
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if let Ok(event) = serde_json::from_str::<xtask::events::Event>(&line) {
                        done |= matches!(event, xtask::events::Event::Done { .. });
                        let _ = events.send(Event::Check(number, event));
                    }
                }
                let words = words
                    .and_then(|words| words.join().ok())
                    .unwrap_or_default();
                if !done {
                    let _ = events.send(Event::Lost(number, words));
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
