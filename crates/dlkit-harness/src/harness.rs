//! The `main` of a lesson's checks.
//!
//! | arguments | what happens |
//! |---|---|
//! | none, or part of a name | runs the checks one after the other in this process, a line for each; exit code 1 when one fails |
//! | `--list` | prints the checks' names, one a line |
//! | `--runner NAME` | runs that one check and gives its verdict to the runner, see [`protocol`](crate::protocol) |

use std::io::{self, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::json;

use crate::failure::{Failure, Verdict};
use crate::familiar;
use crate::panics;
use crate::protocol::{Channel, UNANSWERED};

/// One check of a lesson. The macro [`checks!`](crate::checks) makes these.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// `step1_neuron::adds_the_bias`: the step's module and the function.
    pub name: &'static str,
    /// The check itself.
    pub run: fn() -> Verdict,
}

/// The longest message that is passed on, in bytes: enough for any sentence, too little to flood a terminal.
const LONGEST_MESSAGE: usize = 8 * 1024;

/// Where the check that runs now may put a picture: the folder in the environment variable [`PICTURES`], and the check's name without
/// an extension. `None` when nobody asked for pictures, or no check is running.
///
/// The file is only worth drawing when the check does not pass.
#[must_use]
pub fn picture_path() -> Option<PathBuf> {
    let folder = std::env::var_os(PICTURES).filter(|folder| !folder.is_empty())?;
    let name = (*RUNNING.lock().ok()?)?;
    Some(PathBuf::from(folder).join(name.replace("::", ".")))
}

/// The environment variable that names the folder for pictures.
pub const PICTURES: &str = "DLKIT_PICTURES";

/// The name of the check that runs now.
static RUNNING: Mutex<Option<&'static str>> = Mutex::new(None);

fn running(name: Option<&'static str>) {
    if let Ok(mut running) = RUNNING.lock() {
        *running = name;
    }
}

/// Does what the process's arguments ask for.
pub fn main(checks: &[Check]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--list") => list(checks),
        Some("--runner") => match checks
            .iter()
            .find(|check| Some(check.name) == arguments.get(1).map(String::as_str))
        {
            Some(check) => for_the_runner(check),
            None => complain("`--runner` needs the name of a check; `--list` prints them"),
        },
        _ => {
            // Flags are Cargo's for its own test harness (`--nocapture`, `-q`): they mean nothing here and do no harm.
            let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
            for_a_person(checks, filter.map_or("", String::as_str))
        }
    }
}

fn list(checks: &[Check]) -> ExitCode {
    let names: String = checks
        .iter()
        .map(|check| format!("{}\n", check.name))
        .collect();
    match io::stdout().write_all(names.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

fn for_the_runner(check: &Check) -> ExitCode {
    let channel = match Channel::open() {
        Ok(channel) => channel,
        Err(error) => return complain(&format!("cannot reach the runner: {error}")),
    };
    panics::install_hook();
    let result = judge(check);
    // What the student printed shall not be lost in a buffer.
    let _ = io::stdout().flush();
    let sent = channel.send(&json!({
        "name": check.name,
        "passed": result.outcome == Outcome::Passed,
        "outcome": result.outcome.name(),
        "message": result.message,
        "diagnosis": result.diagnosis,
        "location": result.location,
        "picture": result.picture,
        "seconds": result.seconds,
    }));
    // At once, so that no thread that student code left running holds the process.
    std::process::exit(if sent.is_ok() { 0 } else { UNANSWERED })
}

fn for_a_person(checks: &[Check], filter: &str) -> ExitCode {
    panics::install_hook();
    let paint = Paint::for_stdout();
    let (mut passed, mut open) = (0, 0);
    for check in checks.iter().filter(|check| check.name.contains(filter)) {
        let result = judge(check);
        let (sign, word) = match result.outcome {
            Outcome::Passed => (paint.green("✓"), ""),
            Outcome::Failed => (paint.red("✗"), ""),
            Outcome::NotStarted => (paint.yellow("○"), " — not started"),
        };
        println!("{sign} {}{word}", check.name);
        if result.outcome == Outcome::Passed {
            passed += 1;
            continue;
        }
        open += 1;
        for line in result.message.lines() {
            println!("    {line}");
        }
        if let Some(location) = result.location {
            println!("    {}", paint.dim(&format!("at {location}")));
        }
        if let Some(picture) = result.picture {
            println!(
                "    {}",
                paint.dim(&format!("picture: {}", picture.display()))
            );
        }
    }
    if passed + open == 0 {
        return complain(&format!(
            "no check's name contains `{filter}`; `--list` prints the names"
        ));
    }
    println!("\n{passed} passed, {open} to do");
    if open == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn complain(sentence: &str) -> ExitCode {
    eprintln!("{sentence}");
    ExitCode::from(2)
}

/// What came of a check that ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    /// A `todo!` was reached.
    NotStarted,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotStarted => "not-started",
        }
    }
}

struct Judged {
    outcome: Outcome,
    message: String,
    diagnosis: Option<String>,
    location: Option<String>,
    picture: Option<PathBuf>,
    seconds: f64,
}

/// Runs a check in this process and puts what came of it into words.
fn judge(check: &Check) -> Judged {
    panics::forget();
    let start = Instant::now();
    running(Some(check.name));
    let ended = panic::catch_unwind(AssertUnwindSafe(check.run));
    running(None);
    let seconds = start.elapsed().as_secs_f64();
    let (outcome, mut failure) = match ended {
        Ok(Ok(())) => (Outcome::Passed, Failure::new("")),
        Ok(Err(failure)) => (Outcome::Failed, failure),
        Err(payload) => {
            let told = explain(panics::take(&*payload));
            // It is of a type that student code may have made: dropping it could panic once more.
            std::mem::forget(payload);
            told
        }
    };
    shorten(&mut failure.message);
    Judged {
        outcome,
        message: failure.message,
        diagnosis: failure.diagnosis,
        location: failure.location,
        picture: failure.picture,
        seconds,
    }
}

fn explain(panic: panics::Panic) -> (Outcome, Failure) {
    // The words that `todo!` and `unimplemented!` put before their own message.
    let open = ["not yet implemented", "not implemented"]
        .iter()
        // A library has its own `todo!`s; those are not the student's to write.
        .filter(|_| !panic.is_foreign())
        .find_map(|words| panic.message.strip_prefix(words));
    let (outcome, message) = match open.map(|rest| rest.trim_start_matches(": ")) {
        Some("") => (
            Outcome::NotStarted,
            "This part is still to be written.".to_owned(),
        ),
        Some(task) => (Outcome::NotStarted, task.to_owned()),
        None => (
            Outcome::Failed,
            format!("Your code panicked: {}", panic.message),
        ),
    };
    let mut failure = Failure::new(message);
    if outcome == Outcome::Failed
        && let Some((diagnosis, sentence)) = familiar::explain(&panic.message)
    {
        let stop = if failure.message.ends_with('.') {
            ""
        } else {
            "."
        };
        failure =
            Failure::new(format!("{}{stop} {sentence}", failure.message)).diagnosed(diagnosis);
    }
    failure.location = panic.location;
    (outcome, failure)
}

fn shorten(message: &mut String) {
    if message.len() > LONGEST_MESSAGE {
        let end = (0..=LONGEST_MESSAGE)
            .rev()
            .find(|end| message.is_char_boundary(*end));
        message.truncate(end.unwrap_or(0));
        message.push_str(" … (cut short)");
    }
}

/// Colour for a terminal, and none elsewhere or where `NO_COLOR` is set.
struct Paint {
    on: bool,
}

impl Paint {
    fn for_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            on: io::stdout().is_terminal() && !refused,
        }
    }

    fn wrap(&self, code: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn green(&self, text: &str) -> String {
        self.wrap("32", text)
    }

    fn red(&self, text: &str) -> String {
        self.wrap("31", text)
    }

    fn yellow(&self, text: &str) -> String {
        self.wrap("33", text)
    }

    fn dim(&self, text: &str) -> String {
        self.wrap("2", text)
    }
}
