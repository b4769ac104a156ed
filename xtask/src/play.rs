//! Plays mistakes: builds a lesson's checks on a solution with a mistake in it, and looks at what the first failing check says.
//!
//! Cargo is asked once how it calls the compiler for the lesson's library and for its checks. Each mistake is then two such
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
use crate::lesson::{Lesson, Subject};
use crate::mistakes::Mistake;
use crate::workspace::{Workspace, write_whole};

/// What became of a mistake.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Played {
    /// The first check that does not pass.
    Caught(Said),
    /// All checks of the step pass.
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

impl Played {
    /// Whether the verdict carries the diagnosis that was asked for.
    pub(crate) fn named(&self, mistake: &Mistake) -> bool {
        match self {
            Self::Caught(said) => {
                mistake.diagnosis.is_some() && said.diagnosis == mistake.diagnosis
            }
            _ => false,
        }
    }
}

/// Plays them all, as many at a time as there are cores, and gives the results in their order.
pub(crate) fn play(
    workspace: &Workspace,
    lesson: &Lesson,
    mistakes: &[&Mistake],
) -> Result<Vec<Played>> {
    if mistakes.is_empty() {
        return Ok(Vec::new());
    }
    let calls = Calls::ask(workspace, lesson)?;
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    let workers = thread::available_parallelism().map_or(1, |n| n.get());
    thread::scope(|scope| {
        for worker in 0..workers.min(mistakes.len()) {
            let (calls, next, results) = (&calls, &next, &results);
            scope.spawn(move || {
                let bench = Bench::new(workspace, lesson, calls, worker);
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mistake) = mistakes.get(index) else {
                        break;
                    };
                    let played = bench.as_ref().map_or_else(
                        |error| Err(anyhow::anyhow!("{error:#}")),
                        |bench| bench.play(mistake),
                    );
                    if let Ok(mut results) = results.lock() {
                        results.insert(index, played);
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

/// The same, but what was caught before is not played again while neither the mistake nor the lesson's built checks have changed:
/// those hold the solution, the checks and the libraries below them.
pub(crate) fn play_changed(
    workspace: &Workspace,
    lesson: &Lesson,
    mistakes: &[Mistake],
) -> Result<Vec<Played>> {
    let Built::Program(program) = compile(workspace, lesson, Subject::Solution, Target::Checks)?
    else {
        bail!("The solution of {} does not compile.", lesson.name());
    };
    let program = fs::read(&program)
        .with_context(|| format!("{} cannot be read.", workspace.relative(&program)))?;
    let key = |mistake: &Mistake| {
        let mut hasher = DefaultHasher::new();
        (&program, mistake.step, &mistake.text).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    let path = workspace
        .root
        .join("target/mistakes")
        .join(lesson.name())
        .join("caught.json");
    // A file that is missing or damaged only costs time.
    let mut known: BTreeMap<String, Played> = fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let keys: Vec<String> = mistakes.iter().map(key).collect();
    known.retain(|key, _| keys.contains(key));
    let (new_keys, new): (Vec<&String>, Vec<&Mistake>) = keys
        .iter()
        .zip(mistakes)
        .filter(|(key, _)| !known.contains_key(*key))
        .unzip();
    let results = play(workspace, lesson, &new)?;
    let mut played: BTreeMap<String, Played> = known;
    played.extend(new_keys.into_iter().cloned().zip(results));
    let all = keys
        .iter()
        .filter_map(|key| played.get(key).cloned())
        .collect();
    for (key, mistake) in keys.iter().zip(mistakes) {
        if !matches!(played.get(key), Some(Played::Caught(said)) if said.diagnosis == mistake.diagnosis)
        {
            played.remove(key);
        }
    }
    write_whole(&path, &serde_json::to_string(&played)?)?;
    Ok(all)
}

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
    folder: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(
        workspace: &'a Workspace,
        lesson: &'a Lesson,
        calls: &'a Calls,
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
            folder,
        })
    }

    fn play(&self, mistake: &Mistake) -> Result<Played> {
        let step = self.lesson.step(mistake.step);
        let file = self.folder.join("src").join(&step.file);
        let right = fs::read_to_string(&file)?;
        fs::write(&file, &mistake.text)?;
        let played = self.build_and_judge(mistake.step);
        fs::write(&file, right)?;
        played
    }

    fn build_and_judge(&self, number: usize) -> Result<Played> {
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
        let step = self.lesson.step(number);
        let folder = self.lesson.folder(Subject::Solution);
        for name in names(self.lesson, &program)?
            .iter()
            .filter(|name| belongs(name, step))
        {
            let result = judge::judge(&Job {
                program: &program,
                name,
                folder: &folder,
                limits: self.lesson.limits(step, name),
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
