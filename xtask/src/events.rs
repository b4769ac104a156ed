//! What `check --events` tells while it works, a JSON object a line: for the full-screen views.

use serde::{Deserialize, Serialize};

use crate::outcome::LessonResult;

/// One thing that happens during a check.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Cargo builds the checks.
    Building,
    /// A check begins.
    Checking {
        /// `step1_neuron::adds_the_bias`.
        name: String,
        /// How many seconds it may take.
        limit: f64,
    },
    /// A check has ended.
    Checked {
        /// Its name.
        name: String,
        /// Whether it passed.
        passed: bool,
    },
    /// Another training of the running check begins: what comes is another curve.
    Training,
    /// How far the training of the running check is.
    Curve {
        /// The losses since the last event of this kind.
        values: Vec<f64>,
    },
    /// Everything is over.
    Done {
        /// What came of it.
        result: LessonResult,
        /// The same in words, with colours.
        text: String,
    },
}
