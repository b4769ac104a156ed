//! A lesson's manifest, `lesson.toml`, and the files around it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::slow;
use crate::workspace::Workspace;

/// Everything `lesson.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What people type: `lesson3`.
    pub name: String,
    /// The lesson's title.
    pub title: String,
    /// One line for `list`.
    pub summary: String,
    /// What the lesson's folder was called before, so that progress made under those names still counts.
    #[serde(default)]
    pub was: Vec<String>,
    /// Limits for each check, unless its step or the check itself says otherwise.
    #[serde(default)]
    pub limits: Limits,
    /// The steps, in order; the first is step 1.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
    /// What `run --model` can train; the first is the default.
    #[serde(rename = "model", default)]
    pub models: Vec<Model>,
}

/// One step of a lesson: one file, one idea.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The file under `src/`; its stem is the module's name.
    pub file: String,
    /// What the file was called before (`step2_old`), so that code and progress are carried over by an update.
    #[serde(default)]
    pub was: Vec<String>,
    /// The step's title.
    pub title: String,
    /// About how long the step takes.
    #[serde(default)]
    pub minutes: u32,
    /// One line said when the step passes.
    #[serde(default)]
    pub learned: String,
    /// From a nudge to nearly the code.
    #[serde(default)]
    pub hints: Vec<String>,
    /// Something to predict before writing.
    pub predict: Option<Predict>,
    /// Limits for this step's checks.
    #[serde(default)]
    pub limits: Limits,
    /// Limits for single checks, by the function's name.
    #[serde(default)]
    pub checks: BTreeMap<String, Limits>,
}

/// A question shown before a step passes, and its answer for afterwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// A model that `run` can train.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What to write after `--model`.
    pub name: String,
    /// One line about it.
    #[serde(default)]
    pub summary: String,
    /// What the reference run reached.
    pub reference: Option<String>,
    /// The score in `run.json` that the promises below are about; `test_accuracy` when there is a floor, `test_mae` when there
    /// is a ceiling and nobody says.
    pub metric: Option<String>,
    /// What the solution's score must reach on the data of this name in `run.json`, or on `any` data:
    /// `at_least = { mnist = 0.975, digits = 0.96 }`.
    #[serde(default)]
    pub at_least: BTreeMap<String, f64>,
    /// What an error must not exceed: `at_most = { jena = 2.6 }`.
    #[serde(default)]
    pub at_most: BTreeMap<String, f64>,
}

impl Model {
    /// The name of the score that is promised.
    pub fn metric(&self) -> &str {
        let usual = if self.at_most.is_empty() {
            "test_accuracy"
        } else {
            "test_mae"
        };
        self.metric.as_deref().unwrap_or(usual)
    }
}

/// What one check may use; what is not given is taken from the step, then from the lesson, then from what is usual: 10 seconds, 2 GiB, 256 KiB.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Wall-clock seconds.
    seconds: Option<f64>,
    /// Resident memory, in MiB.
    memory_mib: Option<u64>,
    /// Standard output and standard error together, in KiB.
    output_kib: Option<u64>,
}

impl Limits {
    /// These limits where given, `other`'s elsewhere.
    fn or(self, other: Self) -> Self {
        Self {
            seconds: self.seconds.or(other.seconds),
            memory_mib: self.memory_mib.or(other.memory_mib),
            output_kib: self.output_kib.or(other.output_kib),
        }
    }

    /// The same with fewer seconds, when these are fewer.
    pub fn within(self, seconds: f64) -> Self {
        Self {
            seconds: Some(self.seconds().min(seconds)),
            ..self
        }
    }

    /// The same with so many times the seconds, rounded to tenths.
    fn slowed(self, factor: f64) -> Self {
        Self {
            seconds: Some((10.0 * self.seconds() * factor).round().max(1.0) / 10.0),
            ..self
        }
    }

    /// Wall-clock seconds; 10 when nobody says.
    pub fn seconds(self) -> f64 {
        self.seconds.unwrap_or(10.0)
    }

    /// Resident memory in MiB; 2048 when nobody says.
    pub fn memory_mib(self) -> u64 {
        self.memory_mib.unwrap_or(2048)
    }

    /// Output in KiB; 256 when nobody says.
    pub fn output_kib(self) -> u64 {
        self.output_kib.unwrap_or(256)
    }
}

/// A lesson and where it lies.
#[derive(Debug)]
pub struct Lesson {
    /// `lesson3-mnist-mlp`: the folder's name and the package's.
    pub package: String,
    /// The workspace's root.
    root: PathBuf,
    /// What `lesson.toml` says.
    pub manifest: Manifest,
}

/// Whose code is meant: the student's or the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The student's.
    Exercise,
    /// The reference.
    Solution,
}

impl Subject {
    /// The word in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exercise => "exercise",
            Self::Solution => "solution",
        }
    }
}

impl Lesson {
    /// Reads the manifest of the lesson in `exercises/FOLDER`.
    pub fn load(workspace: &Workspace, folder: &str) -> Result<Self> {
        let path = workspace
            .root
            .join("exercises")
            .join(folder)
            .join("lesson.toml");
        let shown = workspace.relative(&path);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("{shown} cannot be read."))?;
        let manifest: Manifest =
            toml::from_str(&text).with_context(|| format!("{shown} is not a lesson."))?;
        ensure!(!manifest.steps.is_empty(), "{shown} has no steps.");
        Ok(Self {
            package: folder.to_owned(),
            root: workspace.root.clone(),
            manifest,
        })
    }

    /// All lessons of the workspace, in order.
    pub fn load_all(workspace: &Workspace) -> Result<Vec<Self>> {
        let folders = workspace.lesson_folders()?;
        folders
            .iter()
            .map(|folder| Self::load(workspace, folder))
            .collect()
    }

    /// What people type.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// The steps with their numbers, from 1.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.manifest
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| (index + 1, step))
    }

    /// Step `number`, counted from 1.
    pub fn step(&self, number: usize) -> &Step {
        &self.manifest.steps[number - 1]
    }

    /// The Cargo package of the subject.
    pub fn package(&self, subject: Subject) -> String {
        match subject {
            Subject::Exercise => self.package.clone(),
            Subject::Solution => format!("{}-solution", self.package),
        }
    }

    /// The folder of the subject.
    pub fn folder(&self, subject: Subject) -> PathBuf {
        let side = match subject {
            Subject::Exercise => "exercises",
            Subject::Solution => "solutions",
        };
        self.root.join(side).join(&self.package)
    }

    /// A step's file.
    pub fn step_file(&self, subject: Subject, step: &Step) -> PathBuf {
        self.folder(subject).join("src").join(&step.file)
    }

    /// What the check `name` (`step1_neuron::adds_the_bias`) of a step may use.
    pub fn limits(&self, step: &Step, name: &str) -> Limits {
        let function = name.rsplit("::").next().unwrap_or(name);
        let own = step.checks.get(function).copied().unwrap_or_default();
        own.or(step.limits)
            .or(self.manifest.limits)
            .slowed(slow::factor())
    }
}

impl Step {
    /// The step's module: its file without `.rs`.
    pub fn module(&self) -> &str {
        self.file.strip_suffix(".rs").unwrap_or(&self.file)
    }
}
