//! The harness as the runner sees it. With [`AS_LESSON`] set this program is a lesson's checks; without, it starts itself so
//! and looks at what comes back.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, ExitCode, Output, Stdio};

use serde_json::Value;

const AS_LESSON: &str = "DLKIT_HARNESS_TEST_AS_LESSON";

mod step1_sample {
    use dlkit_harness::{Failure, Verdict, ensure};

    pub(crate) fn passes() -> Verdict {
        println!("the student's own words");
        Ok(())
    }

    pub(crate) fn fails() -> Verdict {
        Err(Failure::new("z is 2, but 1 was due").diagnosed("forgotten-bias"))
    }

    pub(crate) fn is_open() -> Verdict {
        todo!("Add the bias.")
    }

    pub(crate) fn panics() -> Verdict {
        let one = [1];
        ensure!(one[std::hint::black_box(1)] == 1, "unreachable");
        Ok(())
    }

    pub(crate) fn passes_an_error_on() -> Verdict {
        let number: f64 = "one".parse()?;
        ensure!(number == 1.0, "unreachable");
        Ok(())
    }

    pub(crate) fn panics_in_a_thread() -> Verdict {
        std::thread::spawn(|| panic!("from the worker"))
            .join()
            .unwrap();
        Ok(())
    }

    pub(crate) fn leaves_a_thread_running() -> Verdict {
        std::thread::spawn(|| {
            loop {
                std::thread::park();
            }
        });
        Ok(())
    }
}

mod lesson {
    use super::step1_sample;

    dlkit_harness::checks! {
        step1_sample: passes, fails, is_open, panics, passes_an_error_on, panics_in_a_thread, leaves_a_thread_running;
    }
}

fn main() -> ExitCode {
    if std::env::var_os(AS_LESSON).is_some() {
        return lesson::main();
    }
    lists_the_checks();
    a_person_sees_a_line_for_each_check();
    a_filter_that_matches_nothing_is_an_error();
    refuses_to_run_without_a_secret();
    gives_each_verdict_over_the_loopback();
    #[cfg(unix)]
    gives_each_verdict_over_a_socket_pair();
    println!("harness: all good");
    ExitCode::SUCCESS
}

fn this_program() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.env(AS_LESSON, "1").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = this_program().args(arguments).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("it speaks UTF-8");
    (status.code(), text(stdout), text(stderr))
}

fn lists_the_checks() {
    let (code, stdout, _) = run(&["--list"]);
    assert_eq!(code, Some(0));
    assert_eq!(stdout.lines().count(), 7);
    assert_eq!(stdout.lines().next(), Some("step1_sample::passes"));
}

fn a_person_sees_a_line_for_each_check() {
    let (code, stdout, _) = run(&[]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("✓ step1_sample::passes\n"), "{stdout}");
    assert!(
        stdout.contains("✗ step1_sample::fails\n    z is 2, but 1 was due\n"),
        "{stdout}"
    );
    assert!(
        stdout.contains("○ step1_sample::is_open — not started\n    Add the bias.\n"),
        "{stdout}"
    );
    assert!(stdout.contains("2 passed, 5 to do"), "{stdout}");
    assert!(
        !stdout.contains('\x1b'),
        "no colour away from a terminal: {stdout}"
    );

    let (code, stdout, _) = run(&["leaves", "--nocapture"]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("1 passed, 0 to do"), "{stdout}");
}

fn a_filter_that_matches_nothing_is_an_error() {
    let (code, _, stderr) = run(&["no_such_check"]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("no check's name contains `no_such_check`"),
        "{stderr}"
    );
}

fn refuses_to_run_without_a_secret() {
    let (code, stdout, stderr) = run(&["--runner", "step1_sample::passes"]);
    assert_eq!(code, Some(2));
    assert!(stdout.is_empty(), "the check must not run: {stdout}");
    assert!(stderr.contains("cannot reach the runner"), "{stderr}");
}

/// What each check must say: outcome, part of the message, diagnosis, and whether a place is named.
const EXPECTED: [(&str, &str, &str, Option<&str>, bool); 7] = [
    ("passes", "passed", "", None, false),
    (
        "fails",
        "failed",
        "z is 2, but 1 was due",
        Some("forgotten-bias"),
        false,
    ),
    ("is_open", "not-started", "Add the bias.", None, true),
    (
        "panics",
        "failed",
        "but the index is 1. The places of 1 values",
        Some("index-out-of-bounds"),
        true,
    ),
    (
        "passes_an_error_on",
        "failed",
        "invalid float literal",
        None,
        false,
    ),
    (
        "panics_in_a_thread",
        "failed",
        "from the worker",
        None,
        true,
    ),
    ("leaves_a_thread_running", "passed", "", None, false),
];

fn look_at(
    text: &str,
    (check, outcome, message, diagnosis, placed): (&str, &str, &str, Option<&str>, bool),
) {
    let line = text
        .lines()
        .find(|line| line.starts_with("s3cret "))
        .unwrap_or_else(|| panic!("no verdict in {text:?}"));
    let verdict: Value = serde_json::from_str(&line["s3cret ".len()..]).expect("a verdict is JSON");
    assert_eq!(verdict["name"], format!("step1_sample::{check}"));
    assert_eq!(verdict["outcome"], outcome, "{verdict}");
    assert_eq!(verdict["passed"], outcome == "passed", "{verdict}");
    assert_eq!(verdict["diagnosis"].as_str(), diagnosis, "{verdict}");
    assert!(
        verdict["message"].as_str().unwrap().contains(message),
        "{verdict}"
    );
    assert!(verdict["seconds"].as_f64().unwrap() >= 0.0);
    let place = verdict["location"].as_str().unwrap_or("");
    assert_eq!(place.contains("tests/protocol.rs:"), placed, "{verdict}");
}

fn gives_each_verdict_over_the_loopback() {
    for expected in EXPECTED {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut child = this_program()
            .args(["--runner", &format!("step1_sample::{}", expected.0)])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        writeln!(
            child.stdin.take().unwrap(),
            "dlkit-check 1 s3cret {}",
            listener.local_addr().unwrap()
        )
        .unwrap();
        let mut text = String::new();
        listener
            .accept()
            .unwrap()
            .0
            .read_to_string(&mut text)
            .unwrap();
        assert!(child.wait().unwrap().success());
        look_at(&text, expected);
    }
}

#[cfg(unix)]
fn gives_each_verdict_over_a_socket_pair() {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    for expected in EXPECTED {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut child = this_program()
            .args(["--runner", &format!("step1_sample::{}", expected.0)])
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        writeln!(ours, "dlkit-check 1 s3cret").unwrap();
        let mut text = String::new();
        ours.read_to_string(&mut text).unwrap();
        assert!(child.wait().unwrap().success());
        look_at(&text, expected);
    }
}
