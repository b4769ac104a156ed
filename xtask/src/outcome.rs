//! What came of a check, a step, a lesson. These are also the words of `check --json`.

use serde::{Deserialize, Serialize};

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
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
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckResult {
    /// `step1_neuron::adds_the_bias`.
    pub(crate) name: String,
    /// Whether it passed.
    pub(crate) passed: bool,
    /// Seconds that the check itself took.
    pub(crate) seconds: f64,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// The recognised mistake.
    pub(crate) diagnosis: Option<String>,
    /// What to tell the student; empty when it passed.
    pub(crate) message: String,
    /// `file:line` to look at.
    pub(crate) location: Option<String>,
    /// The file of a picture that shows what is wrong, relative to the workspace.
    pub(crate) picture: Option<String>,
    /// What the code printed, for people: not part of the JSON.
    #[serde(skip)]
    pub(crate) printed: String,
}

impl CheckResult {
    /// A result that carries no more than its outcome and a message.
    pub(crate) fn new(name: &str, outcome: Outcome, message: impl Into<String>) -> Self {
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
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StepResult {
    /// Counted from 1.
    pub(crate) step: usize,
    /// The step's title.
    pub(crate) title: String,
    /// The step's file, relative to the workspace.
    pub(crate) file: String,
    /// Whether all its checks passed.
    pub(crate) passed: bool,
    /// Its checks.
    pub(crate) checks: Vec<CheckResult>,
}

impl StepResult {
    /// Whether the step was not run because an earlier one does not pass.
    pub(crate) fn skipped(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.outcome == Outcome::Skipped)
    }

    /// The first check that does not pass.
    pub(crate) fn first_open(&self) -> Option<&CheckResult> {
        self.checks.iter().find(|check| !check.passed)
    }
}

/// The one object of `check --json`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LessonResult {
    /// The format's number.
    pub(crate) format: u32,
    /// `lesson3`.
    pub(crate) lesson: String,
    /// `exercise` or `solution`.
    pub(crate) subject: &'static str,
    /// Whether all steps that were asked for passed.
    pub(crate) passed: bool,
    /// The steps that were asked for.
    pub(crate) steps: Vec<StepResult>,
}
