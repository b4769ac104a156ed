//! Plays changed solutions (mistakes, mutants, variants): builds a lesson's checks on each, and looks at what they say.
//!
//! Cargo is asked once how it calls the compiler for the lesson's library and for its checks. A play is then two such calls on a copy
//! of the source, with only the paths changed: nothing is written into the tree, and several can be played at once. That is
//! still about a second of work for each, so where there are many, one program holds them all (`batch`); what passes in it, and
//! what could not be put into it, is then played alone.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::batch::Batch;
use crate::compile::{Built, Target, compile};
use crate::examine::{belongs, names};
use crate::judge::{self, Job};
use crate::lesson::{Lesson, Limits, Subject};
use crate::outcome::CheckResult;
use crate::rebuild::{Bench, Calls, Messages};
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
                live: None,
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
    let mut results = vec![None; plays.len()];
    if plays.len() >= MANY {
        let bench = Bench::new(workspace, lesson, &calls, Messages::OneLine, "batch")?;
        for (number, played) in in_one_program(lesson, &bench, plays)? {
            results[number] = Some(played);
        }
    }
    let rest: Vec<usize> = (0..plays.len())
        .filter(|number| results[*number].is_none())
        .collect();
    let checks = Checks::time(lesson, &solution(workspace, lesson)?)?;
    let alone = side_by_side(
        rest.len(),
        |worker| {
            let name = worker.to_string();
            Bench::new(workspace, lesson, &calls, Messages::ForPeople, &name)
        },
        |bench, index| checks.play(bench, lesson, plays[rest[index]]),
    )?;
    for (number, played) in rest.into_iter().zip(alone) {
        results[number] = Some(played);
    }
    Ok(results.into_iter().flatten().collect())
}

/// Builds one program with all plays that it can hold. Gives those that are caught, with their places in the list.
fn in_one_program(
    lesson: &Lesson,
    bench: &Bench<'_>,
    plays: &[&Play],
) -> Result<Vec<(usize, Played)>> {
    let Some(batch) = Batch::build(bench, plays)? else {
        return Ok(Vec::new());
    };
    let checks = Checks::time(lesson, batch.program())?;
    // The solution's own code is in it, too. Should that not pass, the program's word counts for nothing.
    if !checks.pass {
        return Ok(Vec::new());
    }
    let numbers = batch.numbers();
    let played = side_by_side(
        numbers.len(),
        |_| Ok(()),
        |(), index| {
            let program = batch.program_of(numbers[index])?;
            checks.judge(lesson, &program, plays[numbers[index]].judges)
        },
    )?;
    Ok(numbers
        .into_iter()
        .zip(played)
        .filter(|(_, played)| matches!(played, Played::Caught(_)))
        .collect())
}

/// From so many plays on, it pays to build one program with them all.
const MANY: usize = 12;

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

/// The lesson's checks on the solution.
struct Checks {
    /// In their order, and how many seconds each takes.
    seconds: Vec<(String, f64)>,
    /// Whether all pass.
    pass: bool,
}

impl Checks {
    fn time(lesson: &Lesson, program: &Path) -> Result<Self> {
        let names = names(lesson, program)?;
        let results = judge_all(lesson, Subject::Solution, program, &names)?;
        let pass = results.iter().all(|result| result.passed);
        let seconds = results.into_iter().map(|result| result.seconds);
        Ok(Self {
            seconds: names.into_iter().zip(seconds).collect(),
            pass,
        })
    }

    /// Builds a play alone, and judges it.
    fn play(&self, bench: &Bench<'_>, lesson: &Lesson, play: &Play) -> Result<Played> {
        for (file, text) in &play.files {
            bench.write(file, text)?;
        }
        let built = bench.build()?;
        for (file, _) in &play.files {
            bench.restore(file)?;
        }
        match built {
            Ok(program) => self.judge(lesson, &program, play.judges),
            Err(words) => Ok(Played::DoesNotBuild(words)),
        }
    }

    /// Runs the checks up to the first that does not pass.
    fn judge(&self, lesson: &Lesson, program: &Path, judges: Judges) -> Result<Played> {
        let folder = lesson.folder(Subject::Solution);
        for (name, limits) in self.that_judge(lesson, judges) {
            let result = judge::judge(&Job {
                program,
                name,
                folder: &folder,
                limits,
                alone: false,
                pictures: None,
                live: None,
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

    /// Those that judge a play, in the order in which they are to be run, each with what it may use.
    fn that_judge(&self, lesson: &Lesson, judges: Judges) -> Vec<(&str, Limits)> {
        let of = |name: &str, step| belongs(name, lesson.step(step));
        let mut checks: Vec<&(String, f64)> = self
            .seconds
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
const BRIEF: f64 = 5.0;
