//! Ctrl-C: nothing that the runner started outlives it.

use std::io;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::platform;

/// What runs now: the process's number, and whether it leads a group of its own.
static RUNNING: Mutex<Vec<(u32, bool)>> = Mutex::new(Vec::new());

/// The exit code that shells expect after Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Ends what runs, and then the runner, on Ctrl-C, on a request to end, and when the terminal is closed.
pub(crate) fn install() -> Result<()> {
    ctrlc::set_handler(|| {
        // The lock is kept until the end, so that nothing new is started in between.
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, whole_group) in running.iter() {
            platform::kill_by_id(*id, *whole_group);
        }
        // Below what a terminal shows for Ctrl-C, or in place of a progress bar.
        eprintln!("\nStopped.");
        std::process::exit(INTERRUPTED);
    })
    .context("The handler for Ctrl-C cannot be set.")
}

/// A started process that Ctrl-C will end. Forgets it when dropped.
pub(crate) struct Watched {
    id: u32,
}

/// Starts a command so that Ctrl-C ends it too; with `whole_group`, together with everything in the group that it leads.
pub(crate) fn spawn(command: &mut Command, whole_group: bool) -> io::Result<(Child, Watched)> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let child = command.spawn()?;
    let id = child.id();
    running.push((id, whole_group));
    Ok((child, Watched { id }))
}

/// Runs a command to its end and gives what it printed. Beside a running check only such a command is safe from being taken for
/// something that the check left behind.
pub(crate) fn output(command: &mut Command) -> io::Result<Output> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (child, _watched) = spawn(command, false)?;
    child.wait_with_output()
}

/// Ends the processes that a check left behind outside of its group: children of the runner that it did not start itself and
/// that were not there `before` the check.
pub(crate) fn kill_strays(before: &[u32]) {
    // The lock is kept, so that nothing is started in between that would look like a stray.
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let known: Vec<u32> = running
        .iter()
        .map(|(id, _)| *id)
        .chain(before.iter().copied())
        .collect();
    platform::kill_strays(&known);
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|(id, _)| *id != self.id);
    }
}
