//! What the runner remembers of a student: `.workshop/progress.json`.
//!
//! The file is written whole or not at all. One that is damaged, or written by a newer runner, is left as it is: the runner
//! says so and carries on without remembering.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::lesson::Lesson;
use crate::style;
use crate::workspace::{Workspace, write_whole};

/// The format that this runner writes.
const FORMAT: u32 = 1;

/// What is remembered, and whether it may be written back.
pub struct Progress {
    path: PathBuf,
    kept: Kept,
    /// Why the file must not be touched.
    untouchable: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    format: u32,
    #[serde(default)]
    last_lesson: Option<String>,
    #[serde(default)]
    lessons: BTreeMap<String, OfLesson>,
}

#[derive(Default, Serialize, Deserialize)]
struct OfLesson {
    /// Steps that passed when they were last checked.
    #[serde(default)]
    passed: BTreeSet<usize>,
    /// How many hints were shown, by step.
    #[serde(default)]
    hints: BTreeMap<usize, usize>,
    /// How often a step was checked and did not pass.
    #[serde(default)]
    tries: BTreeMap<usize, u32>,
    /// How long a step was worked on, in seconds.
    #[serde(default)]
    seconds: BTreeMap<usize, u64>,
}

/// Read first: the number alone decides whether the rest can be understood.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Progress {
    /// Reads what is remembered; a missing file means nothing yet.
    pub fn load(workspace: &Workspace) -> Self {
        let path = workspace.state().join("progress.json");
        let shown = workspace.relative(&path);
        let nothing = || Kept {
            format: FORMAT,
            last_lesson: None,
            lessons: BTreeMap::new(),
        };
        let (kept, untouchable) = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (nothing(), None),
            Err(error) => (nothing(), Some(format!("{shown} cannot be read ({error})"))),
            Ok(text) => match serde_json::from_str::<Format>(&text) {
                Ok(Format { format }) if format > FORMAT => (
                    nothing(),
                    Some(format!(
                        "{shown} was written by a newer version of the workshop"
                    )),
                ),
                Ok(_) => match serde_json::from_str(&text) {
                    Ok(kept) => (kept, None),
                    Err(_) => (nothing(), Some(format!("{shown} is damaged"))),
                },
                Err(_) => (nothing(), Some(format!("{shown} is damaged"))),
            },
        };
        Self {
            path,
            kept,
            untouchable,
        }
    }

    /// The same, and says on standard error when nothing will be remembered.
    pub fn load_aloud(workspace: &Workspace) -> Self {
        let progress = Self::load(workspace);
        if let Some(trouble) = progress.trouble() {
            style::note(&format!(
                "{trouble}. It is left as it is and this run is not remembered. To begin anew, move it away."
            ));
        }
        progress
    }

    /// Why nothing is remembered, when that is so.
    pub fn trouble(&self) -> Option<&str> {
        self.untouchable.as_deref()
    }

    /// Writes what is remembered.
    pub fn save(&self) -> Result<()> {
        if self.untouchable.is_some() {
            return Ok(());
        }
        write_whole(
            &self.path,
            &(serde_json::to_string_pretty(&self.kept)? + "\n"),
        )
    }

    /// The lesson that was checked last.
    pub fn last_lesson(&self) -> Option<&str> {
        self.kept.last_lesson.as_deref()
    }

    /// Remembers that this lesson is being worked on.
    pub fn touch(&mut self, lesson: &Lesson) {
        self.kept.last_lesson = Some(lesson.name().to_owned());
    }

    /// Whether the step passed when it was last checked.
    pub fn has_passed(&self, lesson: &Lesson, step: usize) -> bool {
        self.kept
            .lessons
            .get(lesson.name())
            .is_some_and(|kept| kept.passed.contains(&step))
    }

    /// The lesson's first step that has not passed.
    pub fn first_open_step(&self, lesson: &Lesson) -> Option<usize> {
        lesson
            .steps()
            .map(|(number, _)| number)
            .find(|number| !self.has_passed(lesson, *number))
    }

    /// Remembers a step's result; says whether it passed for the first time since it last did not.
    pub fn record(&mut self, lesson: &Lesson, step: usize, passed: bool) -> bool {
        let kept = self.of(lesson);
        if passed {
            kept.passed.insert(step)
        } else {
            kept.passed.remove(&step);
            *kept.tries.entry(step).or_default() += 1;
            false
        }
    }

    /// How often a step was checked and did not pass.
    pub fn tries(&self, lesson: &Lesson, step: usize) -> u32 {
        let kept = self.kept.lessons.get(lesson.name());
        kept.and_then(|kept| kept.tries.get(&step))
            .copied()
            .unwrap_or(0)
    }

    /// How long a step was worked on, in whole minutes.
    pub fn minutes(&self, lesson: &Lesson, step: usize) -> u64 {
        let kept = self.kept.lessons.get(lesson.name());
        kept.and_then(|kept| kept.seconds.get(&step)).unwrap_or(&0) / 60
    }

    /// Remembers that a step was worked on for so long.
    pub fn spend(&mut self, lesson: &Lesson, step: usize, seconds: u64) {
        *self.of(lesson).seconds.entry(step).or_default() += seconds;
    }

    /// How many hints of a step were shown.
    pub fn hints_shown(&self, lesson: &Lesson, step: usize) -> usize {
        let kept = self.kept.lessons.get(lesson.name());
        kept.and_then(|kept| kept.hints.get(&step))
            .copied()
            .unwrap_or(0)
    }

    /// Remembers how many hints of a step were shown.
    pub fn set_hints_shown(&mut self, lesson: &Lesson, step: usize, shown: usize) {
        self.of(lesson).hints.insert(step, shown);
    }

    /// Forgets that a step passed: it starts afresh.
    pub fn forget(&mut self, lesson: &Lesson, step: usize) {
        let kept = self.of(lesson);
        kept.passed.remove(&step);
        kept.hints.remove(&step);
    }

    fn of(&mut self, lesson: &Lesson) -> &mut OfLesson {
        self.kept
            .lessons
            .entry(lesson.name().to_owned())
            .or_default()
    }
}
