//! Whatever a check does, nothing of it is left afterwards: no process, no file, no lock. And nobody can say that it passed but
//! the check itself.

#![cfg(unix)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{Said, Scratch};
use serde_json::Value;

/// Each check of step 1: its outcome and a part of what is said.
const EXPECTED: [(&str, &str, &str); 32] = [
    ("passes", "passed", ""),
    ("is_open", "not-started", "Write me."),
    ("overflows", "crashed", "Stack overflow"),
    ("writes_where_nothing_is", "crashed", "SIGSEGV"),
    ("exits_in_a_thread", "exited", "exit code 0"),
    ("panics_unseen", "failed", "the real words"),
    ("panics_and_exits", "exited", "exit code 0"),
    ("panics_with_a_nasty_value", "failed", "Your code panicked"),
    ("panics_while_panicking", "crashed", "SIGABRT"),
    ("a_copy_fails", "passed", ""),
    ("a_copy_passes", "failed", "the truth"),
    ("only_a_copy_answers", "timed-out", "Stopped after 0.2 s"),
    ("closes_everything", "exited", "could not be sent"),
    ("closes_its_output", "passed", ""),
    ("never_exits", "passed", ""),
    ("writes_a_verdict_at_exit", "failed", "the truth"),
    ("reads_its_input", "passed", ""),
    ("asks_for_a_second_secret", "passed", ""),
    ("prints_without_lines", "output-limit", "more than 16 KiB"),
    ("prints_a_lot", "passed", ""),
    ("leaves_a_daemon", "passed", ""),
    ("leaves_a_command_and_exits", "exited", "exit code 0"),
    ("is_deaf", "timed-out", "--slow 3"),
    ("stops", "timed-out", "Stopped after 0.2 s"),
    ("rests", "timed-out", "Stopped after 0.2 s"),
    ("multiplies", "failed", "more than 100 processes"),
    (
        "multiplies_and_scatters",
        "failed",
        "more than 100 processes",
    ),
    ("fills_the_disk", "crashed", "more than 1 GiB"),
    ("allocates_50_gb", "out-of-memory", "64 MiB"),
    ("grows", "out-of-memory", "64 MiB"),
    ("a_copy_grows", "out-of-memory", "64 MiB"),
    ("shares", "passed", ""),
];

/// What only Linux can do: find a process again that left its group, and count all that a check started.
const ON_LINUX: [&str; 4] = [
    "leaves_a_daemon",
    "multiplies",
    "multiplies_and_scatters",
    "a_copy_grows",
];

fn look_at(result: &Value) {
    let checks = result["steps"][0]["checks"].as_array().expect("checks");
    assert_eq!(checks.len(), EXPECTED.len());
    for (check, (name, outcome, words)) in checks.iter().zip(EXPECTED) {
        if ON_LINUX.contains(&name) && !cfg!(target_os = "linux") {
            continue;
        }
        assert_eq!(check["name"], format!("step1_faults::{name}"));
        assert_eq!(check["outcome"], outcome, "{check}");
        assert_eq!(check["passed"], outcome == "passed", "{check}");
        let message = check["message"].as_str().expect("a message");
        assert!(message.contains(words), "{check}");
    }
}

/// Fifty rounds of every outcome, in four workspaces side by side. Everything that the runner starts carries a mark in its environment, and has
/// a folder of its own for temporary files.
#[test]
fn fifty_rounds_of_every_fault_leave_nothing() {
    let rounds_of = [13, 13, 12, 12];
    let soaks: Vec<_> = (rounds_of.iter().enumerate())
        .map(|(number, rounds)| {
            let rounds = *rounds;
            // The name decides the packages' version, and so where they are built.
            let named = thread::Builder::new().name(format!("soak-{number}"));
            named.spawn(move || soak(rounds)).expect("a thread")
        })
        .collect();
    for soak in soaks {
        soak.join().expect("a soak goes through");
    }
}

fn soak(rounds: usize) {
    let scratch = Scratch::new().with_faults();
    let mark = Mark::new();
    let temporary = scratch.path("temporary");
    fs::create_dir(&temporary).expect("a folder");
    scratch.student(
        "step1_sum",
        "pub fn sum(a: f64, b: f64) -> f64 {\n    a +\n}\n",
    );
    let check = |name| -> Value {
        let mut command = with_core_files(&scratch.runner(""));
        mark.put_on(&mut command).env("TMPDIR", &temporary);
        let said = command.args(["check", name, "--json"]).output();
        let said = Said::from(said.expect("the runner starts")).expect(1);
        serde_json::from_str(&said.stdout).expect("one object")
    };
    let round = || {
        look_at(&check("lesson3.1"));
        let steps = &check("lesson1")["steps"];
        assert_eq!(steps[0]["checks"][0]["outcome"], "build-failed", "{steps}");
        assert_eq!(steps[1]["checks"][0]["outcome"], "skipped", "{steps}");
    };
    // Cargo builds for the first, the runner itself for the second; from then on there is nothing to build.
    round();
    round();
    let before = files(scratch.root());
    assert!(!before.iter().any(|file| file.contains("/core")));
    for _ in 2..rounds {
        round();
    }
    let after = files(scratch.root());
    let new: Vec<&String> = after.difference(&before).collect();
    assert_eq!(new, Vec::<&String>::new());
    assert!(
        fs::read_dir(&temporary)
            .expect("it is there")
            .next()
            .is_none()
    );
    assert_eq!(mark.left(), Vec::<String>::new());
}

/// The same command where a crash writes a core file, as far as the system lets it.
fn with_core_files(runner: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""])
        .arg(runner.get_program())
        .stdin(Stdio::null());
    if let Some(folder) = runner.get_current_dir() {
        shell.current_dir(folder);
    }
    for (name, value) in runner.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// All files and folders below this one, but for what is built.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.ends_with("target/quick") {
            continue;
        }
        found.insert(path.display().to_string());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.append(&mut files(&path));
        }
    }
    found
}

/// A variable in the environment of the runner and of all that it starts.
struct Mark(String);

impl Mark {
    fn new() -> Self {
        let name = thread::current().name().unwrap_or("main").to_owned();
        Self(format!("{}-{name}", std::process::id()))
    }

    fn put_on<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("XTASK_TEST_MARK", &self.0)
    }

    /// The command lines of those that are there after a moment of patience.
    fn left(&self) -> Vec<String> {
        let patience = Instant::now() + Duration::from_secs(5);
        loop {
            let found = self.found();
            if found.is_empty() || Instant::now() > patience {
                return found;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[cfg(target_os = "linux")]
    fn found(&self) -> Vec<String> {
        let wanted = format!("XTASK_TEST_MARK={}", self.0);
        let mut found = Vec::new();
        for process in fs::read_dir("/proc").expect("/proc").flatten() {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            if environment
                .split(|byte| *byte == 0)
                .any(|word| word == wanted.as_bytes())
            {
                let words = fs::read(process.path().join("cmdline")).unwrap_or_default();
                found.push(String::from_utf8_lossy(&words).replace('\0', " "));
            }
        }
        found
    }

    /// Elsewhere nobody shows another process's environment.
    #[cfg(not(target_os = "linux"))]
    fn found(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A runner that works in the background, and the mark that it and its children carry.
struct Background {
    runner: Child,
    mark: Mark,
}

impl Background {
    fn start(scratch: &Scratch, arguments: &[&str]) -> Self {
        let mark = Mark::new();
        let mut command = scratch.runner("");
        mark.put_on(&mut command)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let runner = command.spawn().expect("the runner starts");
        Self { runner, mark }
    }

    /// Started, and its check is running.
    fn checking(scratch: &Scratch, step: &str) -> Self {
        let mut started = Self::start(scratch, &["check", step, "--events", "--slow", "10"]);
        let stdout = started.runner.stdout.as_mut().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines();
        while !lines
            .next()
            .expect("it works")
            .expect("UTF-8")
            .contains("\"checking\"")
        {}
        // The event comes before the process.
        wait_until(|| started.mark.is_there("--runner"));
        started
    }

    fn signal(&self, name: &str) {
        let id = self.runner.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.expect("kill starts").success());
    }

    fn end(mut self) -> (Option<i32>, String) {
        let status = self.runner.wait().expect("it ends");
        let mut words = String::new();
        let mut stderr = self.runner.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut words).expect("UTF-8");
        assert_eq!(self.mark.left(), Vec::<String>::new());
        (status.code(), words)
    }
}

impl Mark {
    /// Whether a process with these words is there.
    #[cfg(target_os = "linux")]
    fn is_there(&self, words: &str) -> bool {
        self.found().iter().any(|line| line.contains(words))
    }

    #[cfg(not(target_os = "linux"))]
    fn is_there(&self, words: &str) -> bool {
        let listed = Command::new("ps").args(["-A", "-o", "args"]).output();
        String::from_utf8_lossy(&listed.expect("ps").stdout).contains(words)
    }
}

fn wait_until(come: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !come() {
        assert!(Instant::now() < patience, "it never came");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_request_to_end_leaves_nothing() {
    let scratch = Scratch::new().with_faults();
    for signal in ["-INT", "-TERM", "-HUP"] {
        for step in ["lesson3.2", "lesson3.3"] {
            let started = Background::checking(&scratch, step);
            started.signal(signal);
            let (code, words) = started.end();
            assert_eq!(code, Some(130), "{signal} {step}: {words}");
            assert!(words.ends_with("Stopped.\n"), "{words}");
        }
    }
    let twice = Background::checking(&scratch, "lesson3.3");
    twice.signal("-INT");
    twice.signal("-INT");
    assert_eq!(twice.end().0, Some(130));
    // Whoever kills the runner itself kills its check.
    #[cfg(target_os = "linux")]
    {
        let killed = Background::checking(&scratch, "lesson3.3");
        killed.signal("-KILL");
        assert_eq!(killed.end().0, None);
    }
}

#[test]
fn a_build_ends_with_the_runner() {
    let scratch = Scratch::new().with_faults();
    scratch.write(
        "exercises/lesson3-faults/build.rs",
        "fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(1000));\n}\n",
    );
    let started = Background::start(&scratch, &["check", "lesson3.2"]);
    wait_until(|| started.mark.is_there("build-script-build"));
    started.signal("-INT");
    let (code, words) = started.end();
    assert_eq!(code, Some(130));
    assert!(words.ends_with("Stopped.\n"), "{words}");
}

#[test]
fn the_second_run_waits_and_says_for_whom() {
    let scratch = Scratch::new().with_faults();
    scratch.student(
        "step1_sum",
        "pub fn sum(a: f64, b: f64) -> f64 {\n    a + b\n}\n",
    );
    let first = Background::checking(&scratch, "lesson3.2");
    let mut second = Background::start(&scratch, &["check", "lesson1.1"]);
    let stderr = second.runner.stderr.as_mut().expect("a pipe");
    let note = BufReader::new(stderr)
        .lines()
        .next()
        .expect("a note")
        .expect("UTF-8");
    assert!(
        note.contains("Waiting for another run in this workspace"),
        "{note}"
    );
    assert!(
        note.contains("cargo xtask check lesson3.2 --events --slow 10"),
        "{note}"
    );
    assert!(
        note.contains(&format!("process {}", first.runner.id())),
        "{note}"
    );
    // Who only looks does not wait.
    for words in [&["list"][..], &["hint", "lesson1.1"], &["doctor"]] {
        assert!(scratch.says(words).code.is_some());
    }
    assert!(second.runner.try_wait().expect("it is there").is_none());
    // However the first ends, it is the second's turn.
    first.signal("-KILL");
    assert_eq!(first.end().0, None);
    assert_eq!(second.end().0, Some(0));
}

#[test]
fn a_workspace_in_which_nothing_can_be_remembered_is_checked_all_the_same() {
    let scratch = Scratch::new();
    scratch.student(
        "step1_sum",
        "pub fn sum(a: f64, b: f64) -> f64 {\n    a + b\n}\n",
    );
    // A file in the folder's place: even an administrator cannot write into that.
    let _ = fs::remove_dir_all(scratch.path(".workshop"));
    scratch.write(".workshop", "");
    scratch
        .says(&["check", "lesson1.1"])
        .expect(0)
        .contains(&["A sum adds."]);
}

#[test]
fn a_slow_machine_gets_more_time() {
    let scratch = Scratch::new().with_faults();
    let limit = |arguments: &[&str], variable: Option<&str>| {
        let mut command = scratch.runner("");
        command
            .args(["check", "lesson3.1", "--events"])
            .args(arguments);
        command.envs(variable.map(|value| ("XTASK_SLOW", value)));
        let Output { stdout, .. } = command.output().expect("the runner starts");
        let lines = String::from_utf8(stdout).expect("UTF-8");
        let mut events = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let event = events.find(|event| event["name"] == "step1_faults::rests");
        event.expect("the check begins")["limit"]
            .as_f64()
            .expect("seconds")
    };
    assert_eq!(limit(&[], None), 0.2);
    assert_eq!(limit(&["--slow", "2.5"], None), 0.5);
    assert_eq!(limit(&[], Some("2")), 0.4);
    assert_eq!(limit(&["--slow", "0.5"], Some("2")), 0.1);

    for wrong in ["0", "101", "fast"] {
        let option = scratch.says(&["check", "lesson3.1", "--slow", wrong]);
        option.expect(2).complains("a number above 0 and up to 100");
        let mut command = scratch.runner("");
        command
            .args(["check", "lesson3.1"])
            .env("XTASK_SLOW", wrong);
        Said::from(command.output().expect("the runner starts"))
            .expect(2)
            .complains(&format!("XTASK_SLOW is `{wrong}`"));
    }
}
