//! What came of a check, a step, a lesson. These are also the words of `check --json`.

use serde::{Deserialize, Serialize};

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It passed.
    Passed,
    /// The code does something else than it should.
    Failed,
    /// A `todo!` was reached.
    NotStarted,
    /// It did not end within its time.
    TimedOut,
    /// It needed more memory than it may.
    OutOfMemory,
    /// It printed more than it may.
    OutputLimit,
    /// The process ended without a verdict, whatever its exit code.
    Exited,
    /// A signal, an abort or a stack overflow ended the process.
    Crashed,
    /// The code does not compile.
    BuildFailed,
    /// It was not run, because an earlier step does not pass.
    Skipped,
}

/// One check's result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckResult {
    /// `step1_neuron::adds_the_bias`.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// Seconds that the check itself took.
    pub seconds: f64,
    /// How it ended.
    pub outcome: Outcome,
    /// The recognised mistake.
    pub diagnosis: Option<String>,
    /// What to tell the student; empty when it passed.
    pub message: String,
    /// `file:line` to look at.
    pub location: Option<String>,
    /// The file of a picture that shows what is wrong, relative to the workspace.
    pub picture: Option<String>,
    /// What the code printed, for people: not part of the JSON.
    #[serde(skip)]
    pub printed: String,
}

impl CheckResult {
    /// A result that carries no more than its outcome and a message.
    pub fn new(name: &str, outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            passed: outcome == Outcome::Passed,
            seconds: 0.0,
            outcome,
            diagnosis: None,
            message: message.into(),
            location: None,
            picture: None,
            printed: String::new(),
        }
    }
}

/// One step's results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepResult {
    /// Counted from 1.
    pub step: usize,
    /// The step's title.
    pub title: String,
    /// The step's file, relative to the workspace.
    pub file: String,
    /// Whether all its checks passed.
    pub passed: bool,
    /// Its checks.
    pub checks: Vec<CheckResult>,
}

impl StepResult {
    /// Whether the step was not run because an earlier one does not pass.
    pub fn skipped(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.outcome == Outcome::Skipped)
    }

    /// Whether the step's code was judged and found wrong: not when it does not compile, nor when it is still to be written.
    pub fn was_tried(&self) -> bool {
        self.first_open().is_some_and(|check| {
            !matches!(
                check.outcome,
                Outcome::BuildFailed | Outcome::NotStarted | Outcome::Skipped
            )
        })
    }

    /// The first check that does not pass.
    pub fn first_open(&self) -> Option<&CheckResult> {
        self.checks.iter().find(|check| !check.passed)
    }
}

/// The one object of `check --json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LessonResult {
    /// The format's number.
    pub format: u32,
    /// `lesson3`.
    pub lesson: String,
    /// `exercise` or `solution`.
    pub subject: String,
    /// Whether all steps that were asked for passed.
    pub passed: bool,
    /// The steps that were asked for.
    pub steps: Vec<StepResult>,
}

impl LessonResult {
    /// The first check that does not pass and was not skipped.
    pub fn first_open(&self) -> Option<&CheckResult> {
        let steps = self.steps.iter().filter(|step| !step.skipped());
        steps.flat_map(|step| step.first_open()).next()
    }
}
