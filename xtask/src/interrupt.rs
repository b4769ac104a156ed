//! Ctrl-C: nothing that the runner started outlives it.
//!
//! Once asks everything that runs to end, and ends what has not done so a moment later. Twice ends it at once.

use std::io::{self, IsTerminal, Read, Write};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::platform::{self, Ending};
use crate::streams::read_to_the_end;

/// What runs now: the process's number, and whether it leads a group of its own.
static RUNNING: Mutex<Vec<(u32, bool)>> = Mutex::new(Vec::new());
/// Whether Ctrl-C was pressed, and whether a second time.
static ONCE: AtomicBool = AtomicBool::new(false);
static TWICE: AtomicBool = AtomicBool::new(false);
/// Children that the runner was born with: a shell may hand over its own.
static BEFORE: OnceLock<Vec<u32>> = OnceLock::new();

/// How many checks run.
static ADOPTING: Mutex<usize> = Mutex::new(0);

/// The exit code that shells expect after Ctrl-C.
const INTERRUPTED: i32 = 130;
/// How long what is asked to end may take.
const POLITE: Duration = Duration::from_millis(300);
/// How long a second Ctrl-C waits for the first to take notice of it.
const HURRY: Duration = Duration::from_millis(100);

/// Ends what runs, and then the runner, on Ctrl-C, on a request to end, and when the terminal is closed.
pub(crate) fn install() -> Result<()> {
    ctrlc::set_handler(|| {
        if ONCE.swap(true, Ordering::SeqCst) {
            TWICE.store(true, Ordering::SeqCst);
            thread::sleep(HURRY);
            leave();
        }
        // In a thread, so that the next Ctrl-C is heard.
        thread::spawn(end_everything);
    })
    .context("The handler for Ctrl-C cannot be set.")
}

fn end_everything() {
    // The lock is kept to the end: nothing new is started, and nothing that has ended is reaped, so that each number still
    // means what it did.
    let running = running();
    for (id, whole_group) in running.iter() {
        platform::ask_by_id(*id, *whole_group);
    }
    let patience = Instant::now() + POLITE;
    while running.iter().any(|(id, _)| !platform::is_over(*id))
        && Instant::now() < patience
        && !TWICE.load(Ordering::SeqCst)
    {
        thread::sleep(Duration::from_millis(2));
    }
    for (id, whole_group) in running.iter() {
        platform::end_by_id(*id, *whole_group);
    }
    platform::end_strays(|| strays_beside(&running));
    leave();
}

fn leave() -> ! {
    let mut stderr = io::stderr();
    // A progress bar or a count of seconds may stand where the words are to go.
    let wipe = if stderr.is_terminal() {
        "\r\x1b[2K"
    } else {
        ""
    };
    let _ = writeln!(stderr, "{wipe}Stopped.");
    std::process::exit(INTERRUPTED);
}

fn running() -> MutexGuard<'static, Vec<(u32, bool)>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A started process that Ctrl-C will end. Forgets it when dropped.
pub(crate) struct Watched {
    id: u32,
}

/// Starts a command in a group of its own, all of which Ctrl-C ends.
pub(crate) fn spawn_group(command: &mut Command) -> io::Result<(Child, Watched)> {
    platform::own_group(command);
    spawn(command, true)
}

/// Starts a command so that Ctrl-C ends it too, and all of the group that it leads.
pub(crate) fn spawn(command: &mut Command, leads_a_group: bool) -> io::Result<(Child, Watched)> {
    let mut running = running();
    let child = command.spawn()?;
    let id = child.id();
    running.push((id, leads_a_group));
    Ok((child, Watched { id }))
}

impl Watched {
    /// Waits for the end. Once Ctrl-C was pressed this does not come back: what is then said of the child is no verdict.
    pub(crate) fn wait(self, child: &mut Child) -> io::Result<ExitStatus> {
        Ending::of(child)?.wait();
        let mut running = running();
        running.retain(|(id, _)| *id != self.id);
        let status = child.wait();
        drop(running);
        status
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        running().retain(|(id, _)| *id != self.id);
    }
}

/// Runs a command to its end and gives what it printed. Beside a running check only such a command is safe from being taken for
/// something that the check left behind.
pub(crate) fn output(command: &mut Command) -> io::Result<Output> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A group of its own: the compiler starts a linker.
    let (mut child, watched) = spawn_group(command)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let err = thread::spawn(move || err.map_or_else(Vec::new, everything));
    let stdout = out.map_or_else(Vec::new, everything);
    let status = watched.wait(&mut child)?;
    Ok(Output {
        status,
        stdout,
        stderr: err.join().unwrap_or_default(),
    })
}

fn everything(pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    read_to_the_end(pipe, |more| bytes.extend_from_slice(more));
    bytes
}

/// While this lives, processes that lose their parent become the runner's children, where the system can do that. No longer: what
/// Cargo leaves on purpose (the server of a compiler cache) is not to be taken for a check's.
pub(crate) struct Adopting;

impl Adopting {
    /// From now on.
    pub(crate) fn begin() -> Self {
        let mut checks = ADOPTING.lock().unwrap_or_else(PoisonError::into_inner);
        BEFORE.get_or_init(|| {
            let running = running();
            let mut children = platform::children();
            children.retain(|child| running.iter().all(|(id, _)| child != id));
            children
        });
        *checks += 1;
        platform::adopt_strays(true);
        Self
    }
}

impl Drop for Adopting {
    fn drop(&mut self) {
        let mut checks = ADOPTING.lock().unwrap_or_else(PoisonError::into_inner);
        *checks -= 1;
        platform::adopt_strays(*checks > 0);
    }
}

/// Processes that checks left behind outside of their groups: children of the runner that it did not start itself.
pub(crate) fn strays() -> Vec<u32> {
    // The lock is kept, so that nothing is started in between that would look like a stray.
    strays_beside(&running())
}

fn strays_beside(running: &[(u32, bool)]) -> Vec<u32> {
    let Some(before) = BEFORE.get() else {
        return Vec::new();
    };
    let mut children = platform::children();
    children.retain(|child| !before.contains(child) && running.iter().all(|(id, _)| child != id));
    children
}

/// Ends the strays.
pub(crate) fn end_strays() {
    let running = running();
    platform::end_strays(|| strays_beside(&running));
}
