//! Runs one check in a process of its own and says what came of it.
//!
//! The student's code may loop, abort, eat the memory, print without end, leave processes behind, end the process or try to
//! write its own verdict. Each costs that one check only, within its limits, and is called by its name.

use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::interrupt;
use crate::lesson::Limits;
use crate::outcome::{CheckResult, Outcome};
use crate::platform::{self, Channel};
use crate::streams::{Lines, Printed, Stream, read_to_the_end};
use crate::waiting::Waiting;

/// How often the clock and the memory are looked at.
const TICK: Duration = Duration::from_millis(10);
/// How often, once the process is about to end.
const LAST_TICKS: Duration = Duration::from_millis(1);
/// How long a process that is asked to end may take.
const POLITE: Duration = Duration::from_millis(100);
/// How long to wait for pipes that a process out of reach may still hold open. Usually they are closed at once; long enough that on a
/// busy machine a verdict that was written is read.
const DRAIN: Duration = Duration::from_millis(1500);

/// One check to run.
pub(crate) struct Job<'a> {
    /// The lesson's built checks.
    pub(crate) program: &'a Path,
    /// `step1_neuron::adds_the_bias`.
    pub(crate) name: &'a str,
    /// Where it runs: the package's folder, as under `cargo test`.
    pub(crate) folder: &'a Path,
    /// What it may use.
    pub(crate) limits: Limits,
    /// Whether somebody waits for this one check.
    pub(crate) alone: bool,
    /// The folder for pictures of what is wrong; without it none is drawn.
    pub(crate) pictures: Option<&'a Path>,
}

/// What a check says of itself, in the words of `dlkit_harness::protocol`.
#[derive(Deserialize)]
struct Verdict {
    name: String,
    outcome: Outcome,
    message: String,
    diagnosis: Option<String>,
    location: Option<String>,
    picture: Option<PathBuf>,
    seconds: f64,
}

enum Event {
    Verdict(Verdict),
    OutputLimit,
    /// One of the three connections to the child has reached its end.
    Closed,
}

/// Runs the check to its end, or to its limits.
pub(crate) fn judge(job: &Job<'_>) -> Result<CheckResult> {
    let start = Instant::now();
    platform::adopt_strays();
    let before = platform::children();
    let secret = secret();
    let (channel, stdin) =
        Channel::open().context("No connection for the verdict can be opened.")?;
    let mut command = Command::new(job.program);
    command
        .args(["--runner", job.name])
        .current_dir(job.folder)
        .envs(threads(job.alone))
        // Candle would put the backtrace into the text of each of its errors, and so into our sentences.
        .env("RUST_BACKTRACE", "0")
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // An empty name means no pictures, whatever the runner's own environment says.
    command.env(
        "DLKIT_PICTURES",
        job.pictures.unwrap_or_else(|| Path::new("")),
    );
    platform::isolate(&mut command, hard_memory_limit(job.limits));
    let (mut child, _watched) = interrupt::spawn(&mut command, true)
        .with_context(|| format!("{} cannot be started.", job.program.display()))?;
    // This closes the runner's copy of the child's end: only then does the connection end when the child does.
    drop(command);

    let (sender, events) = mpsc::channel();
    let printed = Arc::new(Printed::new(job.limits.output_kib() * 1024));
    if let Some(stdout) = child.stdout.take() {
        drain(stdout, &printed, Stream::Out, &sender);
    }
    if let Some(stderr) = child.stderr.take() {
        drain(stderr, &printed, Stream::Err, &sender);
    }
    // A child that has already died cannot be greeted; how it ended says more than the error.
    if let Ok(connection) = channel.greet(&secret, child.stdin.take()) {
        listen(connection, secret, job.name.to_owned(), &sender);
    }

    let deadline = start + Duration::from_secs_f64(job.limits.seconds());
    let mut waiting = Waiting::new(job.name, job.limits.seconds(), job.alone);
    let mut verdict = None;
    let mut stopped = None;
    let mut tick = TICK;
    let mut closed = 0;
    while stopped.is_none() && !platform::has_ended(&mut child)? {
        match events.recv_timeout(tick) {
            Ok(Event::Verdict(given)) => {
                verdict.get_or_insert(given);
                tick = LAST_TICKS;
            }
            Ok(Event::OutputLimit) => stopped = Some(Outcome::OutputLimit),
            Ok(Event::Closed) => {
                closed += 1;
                tick = LAST_TICKS;
            }
            Err(_) => {}
        }
        waiting.tick();
        if Instant::now() >= deadline {
            stopped.get_or_insert(Outcome::TimedOut);
        }
        let memory = platform::resident_bytes(&child).unwrap_or(0);
        if verdict.is_none() && memory > job.limits.memory_mib() * 1024 * 1024 {
            stopped.get_or_insert(Outcome::OutOfMemory);
        }
    }
    if stopped.is_some() {
        platform::ask_to_end(&mut child);
        let patience = Instant::now() + POLITE;
        while Instant::now() < patience && !platform::has_ended(&mut child)? {
            thread::sleep(LAST_TICKS);
        }
    }
    // In every case: what the check started ends with the check.
    platform::kill_group(&mut child);
    let status = child
        .wait()
        .context("The check's process cannot be waited for.")?;
    interrupt::kill_strays(&before);

    // The verdict and the last words may still be on their way. The threads are not joined: a process that has left the
    // group can hold the pipes open for as long as it likes.
    let patience = Instant::now() + DRAIN;
    while closed < 3 {
        match events.recv_timeout(patience.saturating_duration_since(Instant::now())) {
            Ok(Event::Verdict(given)) => drop(verdict.get_or_insert(given)),
            Ok(Event::OutputLimit) => stopped = stopped.or(Some(Outcome::OutputLimit)),
            Ok(Event::Closed) => closed += 1,
            Err(_) => break,
        }
    }

    let seconds = start.elapsed().as_secs_f64();
    let mut result = match (stopped, verdict) {
        // Printing without end is told even of a check that passes: it would bury every other verdict.
        (Some(Outcome::OutputLimit), _) => {
            CheckResult::new(job.name, Outcome::OutputLimit, too_much_output(job.limits))
        }
        (_, Some(verdict)) => return Ok(told(job.name, verdict, printed.text())),
        (Some(Outcome::TimedOut), None) => {
            CheckResult::new(job.name, Outcome::TimedOut, too_slow(job.limits))
        }
        (Some(_), None) => {
            CheckResult::new(job.name, Outcome::OutOfMemory, too_much_memory(job.limits))
        }
        (None, None) => without_verdict(job, status, &printed.errors()),
    };
    result.seconds = seconds;
    result.printed = printed.text();
    Ok(result)
}

fn told(name: &str, verdict: Verdict, printed: String) -> CheckResult {
    CheckResult {
        name: name.to_owned(),
        passed: verdict.outcome == Outcome::Passed,
        seconds: verdict.seconds,
        outcome: verdict.outcome,
        diagnosis: verdict.diagnosis,
        message: verdict.message,
        location: verdict.location,
        picture: verdict.picture.map(|path| path.display().to_string()),
        printed,
    }
}

/// The process ended by itself and left no verdict.
fn without_verdict(job: &Job<'_>, status: std::process::ExitStatus, errors: &str) -> CheckResult {
    // The words of Rust's own runtime, on its way to an abort.
    if errors.contains("memory allocation of ") && errors.contains(" failed") {
        return CheckResult::new(job.name, Outcome::OutOfMemory, too_much_memory(job.limits));
    }
    let Some(signal) = platform::signal_name(status) else {
        let code = status
            .code()
            .map_or_else(|| "none".to_owned(), |code| code.to_string());
        let message = format!(
            "Your code ended the whole process (exit code {code}) before the check could give its verdict. \
             Look for `std::process::exit`, and return a value or an error instead."
        );
        return CheckResult::new(job.name, Outcome::Exited, message);
    };
    let message = if errors.contains("has overflowed its stack") || signal == "stack overflow" {
        "Stack overflow: the calls went too deep. Look for a function that calls itself and never stops, or for a very \
         large array in a function."
            .to_owned()
    } else if signal == "SIGABRT" || signal == "abort" {
        format!(
            "Your code aborted the process ({signal}). Look for `std::process::abort`, or for a panic while another one \
             was being handled."
        )
    } else if signal == "SIGKILL" {
        "The process was killed from outside (SIGKILL). The system may have run out of memory: close other programs, \
         then check again."
            .to_owned()
    } else {
        format!("Your code crashed ({signal}). Look for `unsafe` code: safe Rust does not end so.")
    };
    CheckResult::new(job.name, Outcome::Crashed, message)
}

fn too_slow(limits: Limits) -> String {
    format!(
        "Stopped after {} s: your code had not come to an end. Look for a loop whose condition never becomes false, or for \
         far more work than the step asks for.",
        limits.seconds()
    )
}

fn too_much_memory(limits: Limits) -> String {
    format!(
        "Stopped: your code needed more than {} MiB of memory. Look for a collection that grows in a loop without end, or \
         for a tensor of a far larger shape than meant.",
        limits.memory_mib()
    )
}

fn too_much_output(limits: Limits) -> String {
    format!(
        "Stopped: your code printed more than {} KiB. Look for a `println!` inside a loop.",
        limits.output_kib()
    )
}

/// The limit that the system itself enforces, on addresses, for the one allocation that is too fast for the sampling. Well
/// above the limit on resident memory: each thread reserves addresses that it never uses.
fn hard_memory_limit(limits: Limits) -> u64 {
    const MIB: u64 = 1024 * 1024;
    let threads = thread::available_parallelism().map_or(8, |n| n.get() as u64);
    2 * limits.memory_mib() * MIB + 4096 * MIB + threads * 256 * MIB
}

/// `DLKIT_THREADS` in the words that Candle and rayon read. Where processes run beside each other and nobody says, each has one
/// thread: threads that wait for each other take the processor from those that work.
pub(crate) fn threads(alone: bool) -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    let threads = std::env::var_os("DLKIT_THREADS")
        .filter(|value| !value.is_empty())
        .or_else(|| (!alone).then(|| "1".into()));
    ["CANDLE_NUM_THREADS", "RAYON_NUM_THREADS"]
        .into_iter()
        .filter_map(move |name| Some((name, threads.clone()?)))
}

/// 128 bits that nobody can guess: the standard library seeds its hash tables from the system's random numbers.
fn secret() -> String {
    let state = RandomState::new();
    format!(
        "{:016x}{:016x}",
        state.hash_one("verdict"),
        state.hash_one("secret")
    )
}

/// Takes the verdict from the connection: the first line that begins with the secret and names this check. Everything else is
/// thrown away, so that nobody who writes into the connection is held up.
fn listen(
    connection: impl Read + Send + 'static,
    secret: String,
    check: String,
    events: &Sender<Event>,
) {
    let events = events.clone();
    thread::spawn(move || {
        let mut lines = Lines::default();
        read_to_the_end(connection, |bytes| {
            lines.take(bytes, |line| {
                let Some(json) = line.strip_prefix(secret.as_bytes()) else {
                    return;
                };
                if let Ok(verdict) = serde_json::from_slice::<Verdict>(json)
                    && verdict.name == check
                {
                    let _ = events.send(Event::Verdict(verdict));
                }
            });
        });
        let _ = events.send(Event::Closed);
    });
}

fn drain(
    pipe: impl Read + Send + 'static,
    printed: &Arc<Printed>,
    stream: Stream,
    events: &Sender<Event>,
) {
    let (printed, events) = (Arc::clone(printed), events.clone());
    thread::spawn(move || {
        read_to_the_end(pipe, |bytes| {
            if printed.add(bytes, stream) {
                let _ = events.send(Event::OutputLimit);
            }
        });
        let _ = events.send(Event::Closed);
    });
}
