//! Plays changed solutions (mistakes, mutants, variants): builds a lesson's checks on each, and looks at what they say.
//!
//! Cargo is asked once how it calls the compiler for the lesson's library and for its checks. Each play is then two such
//! calls on a copy of the source, with only the paths changed: about a second instead of Cargo's several, nothing is written
//! into the tree, and several can be played at once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::compile::{Built, Target, cargo, compile, same_features};
use crate::examine::{belongs, names};
use crate::interrupt;
use crate::judge::{self, Job};
use crate::lesson::{Lesson, Limits, Subject};
use crate::outcome::CheckResult;
use crate::workspace::{Workspace, write_whole};

/// A solution with something changed in it, and the checks that are to judge it.
#[derive(Debug, Hash)]
pub(crate) struct Play {
    /// The changed files: their names in `src/`, and their whole text.
    pub(crate) files: Vec<(String, String)>,
    /// By what it is judged.
    pub(crate) judges: Judges,
}

/// Which checks judge a play; they stop at the first that does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Judges {
    /// Those of one step, in the order in which a student meets them: what the first one says is what counts.
    Step(usize),
    /// Those of this step, then all others, the quickest first and each with little time: what counts is whether one fails.
    StepFirst(usize),
    /// All of the lesson.
    All,
}

/// What became of a play.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Played {
    /// The first check that does not pass.
    Caught(Said),
    /// All the checks that judge it pass.
    Survived,
    /// The compiler refused it, with these words.
    DoesNotBuild(String),
}

/// What that check said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    /// `step1_neuron::adds_the_bias`.
    pub(crate) check: String,
    /// The recognised mistake.
    pub(crate) diagnosis: Option<String>,
    /// What it told the student.
    pub(crate) message: String,
}

/// Does `work` for each of `0..count`, as many at a time as there are cores, and gives the results in their order. Each worker has a
/// place of its own, which `bench` makes from the worker's number.
fn side_by_side<B, T: Send>(
    count: usize,
    bench: impl Fn(usize) -> Result<B> + Sync,
    work: impl Fn(&B, usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    let workers = thread::available_parallelism().map_or(1, |n| n.get());
    thread::scope(|scope| {
        for worker in 0..workers.min(count) {
            let (next, results, bench, work) = (&next, &results, &bench, &work);
            scope.spawn(move || {
                let bench = bench(worker);
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    let result = match &bench {
                        Ok(bench) => work(bench, index),
                        Err(error) => Err(anyhow::anyhow!("{error:#}")),
                    };
                    if let Ok(mut results) = results.lock() {
                        results.insert(index, result);
                    }
                }
            });
        }
    });
    let results = results
        .into_inner()
        .ok()
        .context("a thread of the runner panicked")?;
    results.into_values().collect()
}

/// Runs the named checks of a built program, several at a time.
pub(crate) fn judge_all(
    lesson: &Lesson,
    subject: Subject,
    program: &Path,
    names: &[String],
) -> Result<Vec<CheckResult>> {
    let folder = lesson.folder(subject);
    side_by_side(
        names.len(),
        |_| Ok(()),
        |(), index| {
            judge::judge(&Job {
                program,
                name: &names[index],
                folder: &folder,
                limits: limits(lesson, &names[index]),
                alone: false,
                pictures: None,
            })
        },
    )
}

/// What a check may use.
fn limits(lesson: &Lesson, name: &str) -> Limits {
    let step = lesson
        .manifest
        .steps
        .iter()
        .find(|step| belongs(name, step));
    step.map(|step| lesson.limits(step, name))
        .unwrap_or_default()
}

/// Plays them all, several at a time, and gives the results in their order.
pub(crate) fn play(workspace: &Workspace, lesson: &Lesson, plays: &[&Play]) -> Result<Vec<Played>> {
    if plays.is_empty() {
        return Ok(Vec::new());
    }
    let calls = Calls::ask(workspace, lesson)?;
    let checks = Checks::time(lesson, &solution(workspace, lesson)?)?;
    side_by_side(
        plays.len(),
        |worker| Bench::new(workspace, lesson, &calls, &checks, worker),
        |bench, index| bench.play(plays[index]),
    )
}

/// The same, but what was played before is not played again while neither it nor the lesson's built checks have changed: those hold
/// the solution, the checks and the libraries below them. `kind` names the file in which this is kept.
pub(crate) fn play_changed(
    workspace: &Workspace,
    lesson: &Lesson,
    kind: &str,
    plays: &[&Play],
) -> Result<Vec<Played>> {
    let program = solution(workspace, lesson)?;
    let program = fs::read(&program)
        .with_context(|| format!("{} cannot be read.", workspace.relative(&program)))?;
    let program = hash(&program);
    let path = workspace
        .root
        .join("target/mistakes")
        .join(lesson.name())
        .join(format!("{kind}.json"));
    // A file that is missing or damaged only costs time.
    let mut known: Known = fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .filter(|known: &Known| known.program == program)
        .unwrap_or_default();
    known.program = program;
    let keys: Vec<u64> = plays.iter().map(hash).collect();
    let (new_keys, new): (Vec<u64>, Vec<&Play>) = keys
        .iter()
        .zip(plays)
        .filter(|(key, _)| !known.played.contains_key(key))
        .unzip();
    let results = play(workspace, lesson, &new)?;
    known.played.extend(new_keys.into_iter().zip(results));
    write_whole(&path, &serde_json::to_string(&known)?)?;
    Ok(keys
        .iter()
        .filter_map(|key| known.played.get(key).cloned())
        .collect())
}

/// What was played on a lesson's built checks.
#[derive(Default, Serialize, Deserialize)]
struct Known {
    program: u64,
    played: BTreeMap<u64, Played>,
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The built checks on the solution as it is.
fn solution(workspace: &Workspace, lesson: &Lesson) -> Result<PathBuf> {
    match compile(workspace, lesson, Subject::Solution, Target::Checks)? {
        Built::Program(program) => Ok(program),
        Built::Errors(_) => bail!("The solution of {} does not compile.", lesson.name()),
    }
}

/// The lesson's checks in their order, and how many seconds each takes on the solution.
struct Checks(Vec<(String, f64)>);

impl Checks {
    fn time(lesson: &Lesson, program: &Path) -> Result<Self> {
        let names = names(lesson, program)?;
        let results = judge_all(lesson, Subject::Solution, program, &names)?;
        let seconds = results.into_iter().map(|result| result.seconds);
        Ok(Self(names.into_iter().zip(seconds).collect()))
    }

    /// Those that judge a play, in the order in which they are to be run, each with what it may use.
    fn that_judge(&self, lesson: &Lesson, judges: Judges) -> Vec<(&str, Limits)> {
        let of = |name: &str, step| belongs(name, lesson.step(step));
        let mut checks: Vec<&(String, f64)> = self
            .0
            .iter()
            .filter(|(name, _)| match judges {
                Judges::Step(step) => of(name, step),
                Judges::StepFirst(_) | Judges::All => true,
            })
            .collect();
        if let Judges::StepFirst(step) = judges {
            checks.sort_by(|(a, a_seconds), (b, b_seconds)| {
                let key = |name| !of(name, step);
                key(a).cmp(&key(b)).then(a_seconds.total_cmp(b_seconds))
            });
        }
        checks
            .into_iter()
            .map(|(name, seconds)| {
                let limits = limits(lesson, name);
                match judges {
                    Judges::StepFirst(_) => (name, limits.within((5.0 * seconds).max(BRIEF))),
                    Judges::Step(_) | Judges::All => (name, limits),
                }
            })
            .map(|(name, limits)| (name.as_str(), limits))
            .collect()
    }
}

/// The seconds that a check has at least where many plays loop without end.
const BRIEF: f64 = 2.0;

/// How Cargo calls the compiler for the two parts of a lesson.
struct Calls {
    of_solution: Vec<String>,
    of_checks: Vec<String>,
}

impl Calls {
    fn ask(workspace: &Workspace, lesson: &Lesson) -> Result<Self> {
        let package = lesson.package(Subject::Solution);
        // Cargo says how it calls the compiler only when it does, so the source has to look new.
        let source = lesson.folder(Subject::Solution).join("src/lib.rs");
        File::options()
            .append(true)
            .open(&source)
            .and_then(|file| file.set_modified(SystemTime::now()))
            .with_context(|| format!("{} cannot be touched.", workspace.relative(&source)))?;
        let mut cargo = cargo(workspace);
        cargo
            .args(["test", "--no-run", "--verbose", "--test", "checks"])
            .args(["--package", &package])
            .args(same_features(workspace));
        let output = interrupt::output(&mut cargo).context("Cargo cannot be started.")?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{package} does not build:\n{words}"
        );
        let find = |name: &str| {
            calls(&words)
                .find(|call| call.windows(2).any(|pair| pair == ["--crate-name", name]))
                .with_context(|| format!("Cargo does not say how it compiles {name}:\n{words}"))
        };
        Ok(Self {
            of_solution: find(&library(lesson))?,
            of_checks: find("checks")?,
        })
    }
}

/// The name of the solution's library.
fn library(lesson: &Lesson) -> String {
    format!("{}_solution", lesson.name())
}

/// Cargo's lines about what it runs, as words.
fn calls(said: &str) -> impl Iterator<Item = Vec<String>> {
    said.lines()
        .filter_map(|line| line.trim().strip_prefix("Running `")?.strip_suffix('`'))
        .filter_map(shlex::split)
}

/// A worker's own copy of the source and its own place for what is built from it.
struct Bench<'a> {
    workspace: &'a Workspace,
    lesson: &'a Lesson,
    calls: &'a Calls,
    checks: &'a Checks,
    folder: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(
        workspace: &'a Workspace,
        lesson: &'a Lesson,
        calls: &'a Calls,
        checks: &'a Checks,
        worker: usize,
    ) -> Result<Self> {
        let folder = workspace
            .root
            .join("target/mistakes")
            .join(lesson.name())
            .join(worker.to_string());
        let source = folder.join("src");
        // What an earlier run left may carry another hash in its name.
        for part in [&source, &folder.join("built")] {
            if part.exists() {
                fs::remove_dir_all(part)?;
            }
        }
        for part in ["src", "built", "incremental"] {
            fs::create_dir_all(folder.join(part))
                .with_context(|| format!("{} cannot be made.", folder.display()))?;
        }
        let original = lesson.folder(Subject::Solution).join("src");
        for entry in fs::read_dir(&original)? {
            let entry = entry?;
            fs::copy(entry.path(), source.join(entry.file_name()))?;
        }
        Ok(Self {
            workspace,
            lesson,
            calls,
            checks,
            folder,
        })
    }

    fn play(&self, play: &Play) -> Result<Played> {
        let source = self.folder.join("src");
        for (file, text) in &play.files {
            fs::write(source.join(file), text)?;
        }
        let played = self.build_and_judge(play.judges);
        let original = self.lesson.folder(Subject::Solution).join("src");
        for (file, _) in &play.files {
            fs::copy(original.join(file), source.join(file))?;
        }
        played
    }

    fn build_and_judge(&self, judges: Judges) -> Result<Played> {
        let built = self.folder.join("built");
        let library = library(self.lesson);
        if let Some(words) = self.compile(&self.calls.of_solution, |word| {
            let main = word.ends_with(".rs");
            main.then(|| self.folder.join("src/lib.rs").display().to_string())
        })? {
            return Ok(Played::DoesNotBuild(words));
        }
        let archive = file_with(&built, &format!("lib{library}"), "rlib")?;
        if let Some(words) = self.compile(&self.calls.of_checks, |word| {
            word.starts_with(&format!("{library}="))
                .then(|| format!("{library}={}", archive.display()))
        })? {
            return Ok(Played::DoesNotBuild(words));
        }
        let program = file_with(&built, "checks", std::env::consts::EXE_EXTENSION)?;
        let folder = self.lesson.folder(Subject::Solution);
        for (name, limits) in self.checks.that_judge(self.lesson, judges) {
            let result = judge::judge(&Job {
                program: &program,
                name,
                folder: &folder,
                limits,
                alone: false,
                pictures: None,
            })?;
            if !result.passed {
                return Ok(Played::Caught(Said {
                    check: result.name,
                    diagnosis: result.diagnosis,
                    message: result.message,
                }));
            }
        }
        Ok(Played::Survived)
    }

    /// Calls the compiler as Cargo did, but into the worker's own folder, and with the words that `changed` gives others for. Gives
    /// the compiler's words when it refuses.
    fn compile(
        &self,
        call: &[String],
        changed: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<String>> {
        let [compiler, words @ ..] = call else {
            bail!("Cargo's call of the compiler is empty.");
        };
        let mut command = Command::new(compiler);
        command
            .current_dir(&self.workspace.root)
            .env("CARGO_MANIFEST_DIR", self.lesson.folder(Subject::Solution));
        let mut previous = "";
        for word in words {
            let ours = match previous {
                "--out-dir" => Some(self.folder.join("built").display().to_string()),
                _ if word.starts_with("incremental=") => Some(format!(
                    "incremental={}",
                    self.folder.join("incremental").display()
                )),
                // Messages for people, not for Cargo.
                _ if word.starts_with("--error-format") || word.starts_with("--json") => {
                    Some("--cap-lints=allow".into())
                }
                _ => changed(word),
            };
            command.arg(ours.as_deref().unwrap_or(word));
            previous = word;
        }
        let output = interrupt::output(&mut command)
            .with_context(|| format!("{compiler} cannot be started."))?;
        let words = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => Ok(None),
            Some(_) => Ok(Some(words.into_owned())),
            // Not the mistake's fault: out of memory, or somebody stopped it.
            None => bail!("{compiler} was ended ({}): {words}", output.status),
        }
    }
}

/// The file in `folder` whose name begins so and has this extension: its hash is Cargo's business.
fn file_with(folder: &Path, start: &str, extension: &str) -> Result<PathBuf> {
    let found = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&format!("{start}-"))
                && path.extension().unwrap_or_default() == extension
        });
    found.with_context(|| format!("The compiler left no {start} in {}.", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_how_cargo_calls_the_compiler() {
        let said = "   Compiling one v0.1.0 (/a b)\n     Running `rustc --crate-name one '--allow=clippy::x' --out-dir '/a b/deps'`\n    \
            Finished in 1 s\n     Running `rustc --crate-name checks`\n";
        let calls: Vec<Vec<String>> = calls(said).collect();
        assert_eq!(
            calls[0],
            [
                "rustc",
                "--crate-name",
                "one",
                "--allow=clippy::x",
                "--out-dir",
                "/a b/deps"
            ]
        );
        assert_eq!(calls.len(), 2);
    }
}
