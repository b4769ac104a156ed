//! What lessons there are in a version of the workshop: as much of each `lesson.toml` as an update must understand.
//!
//! Not [`crate::lesson::Manifest`], which refuses words that it does not know: a newer version may have new ones.

use serde::Deserialize;

use crate::progress::bare;

/// A lesson of some version.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Outline {
    /// The folder's name.
    #[serde(skip)]
    pub(super) package: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    was: Vec<String>,
    #[serde(rename = "step", default)]
    pub(super) steps: Vec<StepOutline>,
}

/// A step of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StepOutline {
    pub(super) file: String,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    was: Vec<String>,
    /// Everything else that is said to the student.
    #[serde(flatten)]
    pub(super) rest: toml::Table,
}

impl Outline {
    /// Reads a `lesson.toml`; `None` when it is none.
    pub(super) fn read(package: &str, text: &str) -> Option<Self> {
        let mut outline: Self = toml::from_str(text).ok()?;
        package.clone_into(&mut outline.package);
        Some(outline)
    }

    /// This lesson in an older version.
    pub(super) fn before<'a>(&self, older: &'a [Self]) -> Option<&'a Self> {
        let called = |name: &str| older.iter().find(|old| bare(&old.package) == bare(name));
        called(&self.package).or_else(|| self.was.iter().find_map(|was| called(was)))
    }

    /// The step's place in the workspace.
    pub(super) fn path(&self, step: &StepOutline) -> String {
        format!("exercises/{}/src/{}", self.package, step.file)
    }
}

impl StepOutline {
    /// This step in an older version of its lesson, and its number there.
    pub(super) fn before<'a>(&self, older: &'a Outline) -> Option<(usize, &'a Self)> {
        let called = |name: &str| {
            let all = older.steps.iter().enumerate();
            all.map(|(index, step)| (index + 1, step))
                .find(|(_, step)| bare(&step.file) == bare(name))
        };
        called(&self.file).or_else(|| self.was.iter().find_map(|was| called(was)))
    }

    /// `step2_neuron`.
    pub(super) fn module(&self) -> &str {
        self.file.strip_suffix(".rs").unwrap_or(&self.file)
    }
}

/// The steps that got another place: from where to where.
pub(super) fn moved(older: &[Outline], newer: &[Outline]) -> Vec<(String, String)> {
    let mut moved = Vec::new();
    for lesson in newer {
        let Some(old) = lesson.before(older) else {
            continue;
        };
        for step in &lesson.steps {
            if let Some((_, before)) = step.before(old) {
                let (from, to) = (old.path(before), lesson.path(step));
                if from != to {
                    moved.push((from, to));
                }
            }
        }
    }
    moved
}

/// Whether a file of the workspace is one that a student writes.
pub(super) fn is_step(lessons: &[Outline], path: &str) -> bool {
    lessons
        .iter()
        .any(|lesson| lesson.steps.iter().any(|step| lesson.path(step) == path))
}
