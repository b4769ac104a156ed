//! Runs one check in a process of its own and says what came of it.
//!
//! The student's code may loop, abort, eat the memory, print without end, leave processes behind, end the process or try to
//! write its own verdict. Each costs that one check only, within its limits, and is called by its name.

use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::interrupt;
use crate::lesson::Limits;
use crate::live::Live;
use crate::outcome::{CheckResult, Outcome};
use crate::platform::{self, Cage, Channel, Ending, Usage};
use crate::slow;
use crate::streams::{Lines, Printed, Stream, read_to_the_end};
use crate::waiting::Waiting;

/// How often the memory is looked at.
const TICK: Duration = Duration::from_millis(20);
/// Every so many looks go to all the check's processes and not to the first alone.
const THOROUGH: u32 = 2;
/// More processes than any check needs.
const MOST_PROCESSES: usize = 100;
/// How long a process that is asked to end may take.
const POLITE: Duration = Duration::from_millis(100);
/// How long a process may go on after its verdict.
const FAREWELL: Duration = Duration::from_millis(200);
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
    /// Where the losses of a training go, when somebody watches.
    pub(crate) live: Option<Live<'a>>,
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
    /// The process has ended.
    Ended,
    /// One of the connections to it has reached its end.
    Closed,
}

/// Why the runner ended a check.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Time,
    Memory,
    Output,
    Processes,
}

/// Runs the check to its end, or to its limits.
pub(crate) fn judge(job: &Job<'_>) -> Result<CheckResult> {
    let start = Instant::now();
    let _adopting = interrupt::Adopting::begin();
    let secret = secret();
    let (channel, stdin) =
        Channel::open().context("No connection for the verdict can be opened.")?;
    let most = Usage {
        bytes: job.limits.memory_mib() * 1024 * 1024,
        processes: MOST_PROCESSES,
    };
    let cage = Cage::new(most.bytes).context("A check's processes cannot be held together.")?;
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
    // The same for the losses.
    command.env(
        "DLKIT_LIVE",
        job.live.as_ref().map_or(Path::new(""), Live::path),
    );
    cage.prepare(&mut command);
    let (mut child, watched) = interrupt::spawn(&mut command, true)
        .with_context(|| format!("{} cannot be started.", job.program.display()))?;
    // This closes the runner's copy of the child's end: only then does the connection end when the child does.
    drop(command);
    // No student code runs before the greeting.
    cage.close(&child)
        .context("A check's process cannot be held.")?;

    let (sender, events) = mpsc::channel();
    let printed = Arc::new(Printed::new(job.limits.output_kib() * 1024));
    let mut open = 0;
    if let Some(stdout) = child.stdout.take() {
        drain(stdout, &printed, Stream::Out, &sender);
        open += 1;
    }
    if let Some(stderr) = child.stderr.take() {
        drain(stderr, &printed, Stream::Err, &sender);
        open += 1;
    }
    let ending = Ending::of(&child).context("The check's process cannot be waited for.")?;
    let ended = sender.clone();
    thread::spawn(move || {
        ending.wait();
        let _ = ended.send(Event::Ended);
    });
    // Last, when all threads are there: it is what lets student code begin, and that may leave no room for another thread.
    greet(channel, child.stdin.take(), secret, job.name, &sender);
    open += 1;

    let mut seen = Seen {
        open,
        ..Seen::default()
    };
    let mut until = start + Duration::from_secs_f64(job.limits.seconds());
    let mut waiting = Waiting::new(job.name, job.limits.seconds(), job.alone);
    let mut looks = 0;
    while !seen.ended && seen.stop.is_none() {
        let had = seen.verdict.is_some();
        let heard = seen.hear(&events, until.min(Instant::now() + TICK));
        if seen.verdict.is_some() && !had {
            until = until.min(Instant::now() + FAREWELL);
        }
        if Instant::now() >= until {
            seen.stop.get_or_insert(Stop::Time);
        }
        job.live.iter().for_each(Live::look);
        if heard || seen.verdict.is_some() {
            continue;
        }
        waiting.tick();
        looks += 1;
        let all = looks % THOROUGH == 0;
        let strays = if all { interrupt::strays() } else { Vec::new() };
        let usage = cage.usage(&child, &strays, all, most);
        if usage.bytes > most.bytes {
            seen.stop.get_or_insert(Stop::Memory);
        } else if usage.processes > most.processes {
            seen.stop.get_or_insert(Stop::Processes);
        }
    }
    drop(waiting);
    job.live.iter().for_each(Live::read);
    // Who starts processes without end would use the time to start more.
    if !seen.ended && seen.stop != Some(Stop::Processes) {
        cage.ask_to_end(&child);
        let patience = Instant::now() + POLITE;
        while !seen.ended && Instant::now() < patience {
            seen.hear(&events, patience);
        }
    }
    // In every case: what the check started ends with the check.
    cage.end(&child);
    let status = watched
        .wait(&mut child)
        .context("The check's process cannot be waited for.")?;
    interrupt::end_strays();
    // The verdict and the last words may still be on their way. The threads are not joined: a process that has left the
    // group can hold the pipes open for as long as it likes.
    let patience = Instant::now() + DRAIN;
    while seen.open > 0 && seen.hear(&events, patience) {}

    let seconds = start.elapsed().as_secs_f64();
    let mut result = match (seen.stop, seen.verdict) {
        // Printing without end is told even of a check that passes: it would bury every other verdict.
        (Some(Stop::Output), _) => {
            let words = too_much_output(job.limits, printed.total());
            CheckResult::new(job.name, Outcome::OutputLimit, words)
        }
        (_, Some(verdict)) => return Ok(told(job.name, verdict, printed.text())),
        (Some(Stop::Time), None) => {
            CheckResult::new(job.name, Outcome::TimedOut, too_slow(job.limits))
        }
        (Some(Stop::Memory), None) => {
            CheckResult::new(job.name, Outcome::OutOfMemory, too_much_memory(job.limits))
        }
        (Some(Stop::Processes), None) => CheckResult {
            diagnosis: Some("too-many-processes".to_owned()),
            ..CheckResult::new(job.name, Outcome::Failed, too_many_processes())
        },
        (None, None) => without_verdict(job, status, &printed.errors()),
    };
    result.seconds = seconds;
    result.printed = printed.text();
    Ok(result)
}

/// What was heard of a check so far.
#[derive(Default)]
struct Seen {
    /// The first verdict.
    verdict: Option<Verdict>,
    stop: Option<Stop>,
    ended: bool,
    /// How many connections have not reached their end.
    open: usize,
}

impl Seen {
    /// Waits for the next event, until then at most; says whether there was one.
    fn hear(&mut self, events: &Receiver<Event>, until: Instant) -> bool {
        let Ok(event) = events.recv_timeout(until.saturating_duration_since(Instant::now())) else {
            return false;
        };
        match event {
            Event::Verdict(verdict) => drop(self.verdict.get_or_insert(verdict)),
            Event::OutputLimit => drop(self.stop.get_or_insert(Stop::Output)),
            Event::Ended => self.ended = true,
            Event::Closed => self.open -= 1,
        }
        true
    }
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
fn without_verdict(job: &Job<'_>, status: ExitStatus, errors: &str) -> CheckResult {
    let Some(signal) = platform::signal_name(status) else {
        let message = match status.code() {
            Some(UNANSWERED) => "The check ended, but its verdict could not be sent: your code closed a file descriptor that it \
                 had not opened, or went on in a copy of the process. Look for `close`, `fork` and `from_raw_fd`."
                .to_owned(),
            code => format!(
                "Your code ended the whole process (exit code {}) before the check could give its verdict. \
                 Look for `std::process::exit`, and return a value or an error instead.",
                code.map_or_else(|| "none".to_owned(), |code| code.to_string())
            ),
        };
        return CheckResult::new(job.name, Outcome::Exited, message);
    };
    let aborted = signal == "SIGABRT" || signal == "abort";
    // The words of Rust's own runtime, on its way to an abort.
    if aborted && errors.contains("memory allocation of ") && errors.contains(" failed") {
        return CheckResult::new(job.name, Outcome::OutOfMemory, too_much_memory(job.limits));
    }
    let message = if errors.contains("has overflowed its stack") || signal == "stack overflow" {
        "Stack overflow: the calls went too deep. Look for a function that calls itself and never stops, or for a very \
         large array in a function."
            .to_owned()
    } else if aborted {
        format!(
            "Your code aborted the process ({signal}). Look for `std::process::abort`, or for a panic while another one \
             was being handled."
        )
    } else {
        match signal.as_str() {
            "SIGKILL" => "The process was killed from outside (SIGKILL). The system may have run out of memory: close other \
                 programs, then check again."
                .to_owned(),
            "SIGXFSZ" => "Your code wrote a file of more than 1 GiB (SIGXFSZ). Look for a loop that writes without end."
                .to_owned(),
            _ => format!("Your code crashed ({signal}). Look for `unsafe` code: safe Rust does not end so."),
        }
    };
    CheckResult::new(job.name, Outcome::Crashed, message)
}

fn too_slow(limits: Limits) -> String {
    let mut words = format!(
        "Stopped after {} s: your code had not come to an end. Look for a loop whose condition never becomes false, or for \
         far more work than the step asks for.",
        limits.seconds()
    );
    let cores = thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
    if let Some(load) = platform::load().filter(|load| *load > cores + 1.0) {
        words += &format!(" This machine is busy, too: {load:.0} programs share {cores} cores.");
    }
    if let Some(more) = slow::more() {
        words +=
            &format!(" Is the machine slow? `cargo xtask check --slow {more}` gives more time.");
    }
    words
}

fn too_much_memory(limits: Limits) -> String {
    format!(
        "Stopped: your code needed more than {} MiB of memory. Look for a collection that grows in a loop without end, or \
         for a tensor of a far larger shape than meant.",
        limits.memory_mib()
    )
}

fn too_much_output(limits: Limits, total: u64) -> String {
    format!(
        "Stopped: your code printed more than {kept} KiB. It had come to {} KiB when it was ended; what came after the first \
         {kept} KiB was thrown away. Look for a `println!` inside a loop.",
        total.div_ceil(1024),
        kept = limits.output_kib()
    )
}

fn too_many_processes() -> String {
    format!(
        "Stopped: your code had started more than {MOST_PROCESSES} processes. Look for a `Command` that is started in a loop, \
         or for a program that starts itself."
    )
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

/// The harness's exit code when its verdict cannot be sent, as in `dlkit_harness::protocol`.
const UNANSWERED: i32 = 74;

/// 128 bits that nobody can guess: the standard library seeds its hash tables from the system's random numbers.
fn secret() -> String {
    let state = RandomState::new();
    format!(
        "{:016x}{:016x}",
        state.hash_one("verdict"),
        state.hash_one("secret")
    )
}

/// Tells the child the secret, and takes the verdict from the connection: the first line that begins with the secret and names
/// this check. Everything else is thrown away, so that nobody who writes into the connection is held up.
fn greet(
    channel: Channel,
    stdin: Option<ChildStdin>,
    secret: String,
    check: &str,
    events: &Sender<Event>,
) {
    let (check, events) = (check.to_owned(), events.clone());
    thread::spawn(move || {
        // A child that has already died cannot be greeted; how it ended says more than the error.
        if let Ok(connection) = channel.greet(&secret, stdin) {
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
        }
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
