//! Builds a lesson's checks, or the program that trains its models, with Cargo: quietly when that is quick, with Cargo's own progress when it is not.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::diagnostics::{CompileError, Diagnostic};
use crate::interrupt;
use crate::lesson::{Lesson, Subject};
use crate::quick;
use crate::workspace::Workspace;

/// A build that takes longer than this shows its progress; a shorter one says nothing.
const QUIET: Duration = Duration::from_millis(2500);

/// What of a lesson to build.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// `tests/checks.rs`.
    Checks,
    /// `examples/run.rs`.
    Run,
}

impl Target {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Checks => &["test", "--no-run", "--test"],
            Self::Run => &["build", "--example"],
        }
    }

    /// The name of the target. All examples of a workspace are built into one folder, so those carry their package's name.
    fn name(self, package: &str) -> String {
        match self {
            Self::Checks => "checks".to_owned(),
            Self::Run => format!("run-{package}"),
        }
    }
}

/// What came of a build.
pub(crate) enum Built {
    /// The built program.
    Program(PathBuf),
    /// The compiler's errors, at least one, in its order.
    Errors(Vec<CompileError>),
}

/// Builds a part of one lesson.
pub(crate) fn compile(
    workspace: &Workspace,
    lesson: &Lesson,
    subject: Subject,
    target: Target,
) -> Result<Built> {
    let mut cargo = cargo(workspace);
    cargo
        .args(target.arguments())
        .arg(target.name(&lesson.package(subject)))
        .args(["--package", &lesson.package(subject)])
        .args(same_features(workspace))
        .args(["--message-format", "json-diagnostic-rendered-ansi"]);
    let learning = subject == Subject::Exercise
        && matches!(target, Target::Checks)
        && quick::wants_to_learn(workspace, lesson);
    if learning {
        cargo.arg("--verbose");
    }
    let mut found = Found::default();
    let (status, words) = watch(&mut cargo, |line| found.take(line, lesson, subject))?;
    if learning && status.success() {
        quick::learn(workspace, lesson, &words.all(), &found.libraries);
    }

    if !found.errors.is_empty() {
        return Ok(Built::Errors(found.errors));
    }
    if !found.elsewhere.is_empty() {
        anstream::eprint!("{}", found.elsewhere);
        bail!(
            "A library that {} needs does not compile: see the compiler's words above.",
            lesson.name()
        );
    }
    if !status.success() {
        anstream::eprint!("{}", words.held_back());
        bail!(
            "Cargo could not build {}: see its own words above.",
            lesson.package(subject)
        );
    }
    match found.programs.remove(&lesson.package(subject)) {
        Some(program) => Ok(Built::Program(program)),
        None => bail!(
            "{} has no target called {}: look at its Cargo.toml.",
            lesson.package(subject),
            target.name(&lesson.package(subject))
        ),
    }
}

/// Builds a program that belongs to no lesson with this `cargo build` of one package.
pub(crate) fn compile_program(cargo: &mut Command, package: &str) -> Result<PathBuf> {
    cargo.args(["--message-format", "json-diagnostic-rendered-ansi"]);
    let mut program = None;
    let mut errors = String::new();
    let (status, words) = watch(cargo, |line| {
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            return;
        };
        if message.reason == "compiler-artifact" {
            program = message.executable.or(program.take());
        }
        if let Some(diagnostic) = message.message.filter(|found| found.level == "error") {
            errors += &diagnostic.rendered.unwrap_or_default();
        }
    })?;
    match program {
        Some(program) if status.success() => Ok(program),
        _ => {
            if errors.is_empty() {
                errors = words.held_back();
            }
            anstream::eprint!("{errors}");
            bail!("Cargo could not build {package}: see the words above.")
        }
    }
}

/// Runs Cargo, hands on each line of its messages, and gives its words.
fn watch(cargo: &mut Command, mut each: impl FnMut(&str)) -> Result<(ExitStatus, Words)> {
    cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if std::io::stderr().is_terminal() {
        // Its standard error is a pipe, so Cargo has to be told that somebody is watching in the end.
        let width = crate::style::width().to_string();
        cargo.envs([
            ("CARGO_TERM_PROGRESS_WHEN", "always"),
            ("CARGO_TERM_PROGRESS_WIDTH", &width),
        ]);
        if std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) {
            cargo.env("CARGO_TERM_COLOR", "always");
        }
    }
    let (mut child, watched) = interrupt::spawn_group(cargo).context("Cargo cannot be started.")?;
    let progress = child.stderr.take().map(Progress::follow);
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            each(&line.context("Cargo's messages cannot be read.")?);
        }
    }
    let status = watched
        .wait(&mut child)
        .context("Cargo cannot be waited for.")?;
    let words = progress.map(Progress::finish).unwrap_or_default();
    Ok((status, words))
}

/// Names the runner's package too, of which nothing is built here: Cargo chooses the features of a dependency for all the packages
/// that a command names, so this, the launcher's build and a plain `cargo test` all get the same ones, and Candle is compiled
/// once and not three times.
pub(crate) fn same_features(workspace: &Workspace) -> &'static [&'static str] {
    if workspace.root.join("xtask/Cargo.toml").is_file() {
        &["--package", "xtask"]
    } else {
        &[]
    }
}

/// The Cargo that started the runner, in the workspace's root.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&workspace.root);
    command
}

/// One line of Cargo's messages, the parts that matter here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    package_id: Option<String>,
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
    message: Option<Diagnostic>,
}

#[derive(Default)]
struct Found {
    programs: BTreeMap<String, PathBuf>,
    errors: Vec<CompileError>,
    elsewhere: String,
    /// The folders of the workspace's own libraries.
    libraries: Vec<PathBuf>,
}

impl Found {
    fn take(&mut self, line: &str, lesson: &Lesson, subject: Subject) {
        // What Cargo prints besides its messages (a build script's words) is no JSON.
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            return;
        };
        let folder = message.manifest_path.as_deref().and_then(Path::parent);
        let ours = folder.is_some_and(|folder| folder.ends_with(side(lesson, subject)));
        match message.reason.as_str() {
            "compiler-artifact" if ours => {
                if let Some(program) = message.executable {
                    self.programs.insert(lesson.package(subject), program);
                }
            }
            "compiler-artifact" if message.package_id.is_some_and(|id| id.starts_with("path+")) => {
                self.libraries.extend(folder.map(Path::to_path_buf));
            }
            "compiler-message" => {
                if let Some(diagnostic) = message
                    .message
                    .filter(|diagnostic| diagnostic.level == "error")
                {
                    self.error(diagnostic, ours);
                }
            }
            _ => {}
        }
    }

    fn error(&mut self, diagnostic: Diagnostic, ours: bool) {
        if ours {
            self.errors.extend(CompileError::new(diagnostic));
        } else {
            self.elsewhere += &diagnostic.rendered.unwrap_or_default();
        }
    }
}

fn side(lesson: &Lesson, subject: Subject) -> PathBuf {
    let folder = lesson.folder(subject);
    let mut end = folder.components().rev().take(2).collect::<Vec<_>>();
    end.reverse();
    end.into_iter().collect()
}

/// Cargo's words on standard error: held back at first, passed on as they come when the build takes long.
struct Progress {
    reader: thread::JoinHandle<Words>,
}

/// What Cargo said.
#[derive(Default)]
struct Words {
    said: Vec<u8>,
    /// How many bytes of it are dealt with: shown, or not meant for a person.
    shown: usize,
}

impl Progress {
    fn follow(mut pipe: impl Read + Send + 'static) -> Self {
        let start = Instant::now();
        let reader = thread::spawn(move || {
            let mut words = Words::default();
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                words.said.extend_from_slice(&buffer[..count]);
                if start.elapsed() > QUIET {
                    let _ = std::io::stderr().write_all(&words.fit_to_show());
                }
            }
            words
        });
        Self { reader }
    }

    fn finish(self) -> Words {
        self.reader.join().unwrap_or_default()
    }
}

impl Words {
    /// What is new, in whole lines, and what redraws itself. Not how Cargo calls the compiler and why, which `--verbose` adds.
    fn fit_to_show(&mut self) -> Vec<u8> {
        let new = &self.said[self.shown..];
        let end = new
            .iter()
            .rposition(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(0, |last| last + 1);
        self.shown += end;
        let lines = new[..end].split_inclusive(|byte| *byte == b'\n');
        let for_people = lines.filter(|line| {
            let text = String::from_utf8_lossy(line);
            !["Running", "Fresh", "Dirty"]
                .iter()
                .any(|word| text.contains(word))
        });
        for_people.flatten().copied().collect()
    }

    /// What was not shown yet.
    fn held_back(mut self) -> String {
        self.said.push(b'\n');
        String::from_utf8_lossy(&self.fit_to_show())
            .trim_end()
            .to_owned()
            + "\n"
    }

    /// Everything, without colours, each redrawn line on its own.
    fn all(&self) -> String {
        let text = String::from_utf8_lossy(&self.said);
        anstream::adapter::strip_str(&text)
            .to_string()
            .replace('\r', "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn shows_whole_lines_once_and_no_calls_of_the_compiler() {
        let mut words = Words::default();
        words.said.extend(b"\x1b[1m   Compiling\x1b[0m one\n\x1b[1m     Running\x1b[0m `rustc --crate-name one`\n  Building [=> ] 1/2\r\x1b[K   Comp");
        let shown = String::from_utf8(words.fit_to_show()).expect("text");
        assert_eq!(
            shown,
            "\x1b[1m   Compiling\x1b[0m one\n  Building [=> ] 1/2\r"
        );
        words.said.extend(b"iling two\nerror: no");
        assert!(
            words
                .all()
                .contains("\n     Running `rustc --crate-name one`\n")
        );
        assert_eq!(words.held_back(), "\x1b[K   Compiling two\nerror: no\n");
    }
}
