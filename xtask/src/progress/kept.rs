//! What `progress.json` holds, how an older file is read, and how two runs' changes come together.
//!
//! A lesson and a step are known by their names without the number: `perceptron`, `neuron`. So what is inserted or put in another
//! order leaves the others' progress alone. What got another name says so in `lesson.toml`: `was = ["step2_old"]`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::lesson::Lesson;

/// The format that this runner writes.
pub(super) const FORMAT: u32 = 2;

/// Everything that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) format: u32,
    /// The folder's name of the lesson that was checked last.
    #[serde(default)]
    pub(super) last_lesson: Option<String>,
    /// When a step was worked on last, in seconds since 1970.
    #[serde(default)]
    pub(super) last_work: u64,
    #[serde(default)]
    pub(super) lessons: BTreeMap<String, BTreeMap<String, OfStep>>,
}

/// What is remembered of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct OfStep {
    /// It passed when it was last checked.
    pub(super) passed: bool,
    /// How many hints were shown.
    pub(super) hints: usize,
    /// How often it was checked and did not pass.
    pub(super) tries: u32,
    /// How long it was worked on.
    pub(super) seconds: u64,
}

/// Why a file cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Damaged,
    Newer,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            format: FORMAT,
            last_lesson: None,
            last_work: 0,
            lessons: BTreeMap::new(),
        }
    }
}

impl Kept {
    /// Reads the file's text, and says in which format it was. What format 1 knew by numbers is known by them until `adopt`.
    pub(super) fn read(text: &str) -> Result<(Self, u32), Unreadable> {
        let damaged = |_| Unreadable::Damaged;
        // The number alone decides whether the rest can be understood.
        let Format { format } = serde_json::from_str(text).map_err(damaged)?;
        match format {
            FORMAT => Ok((serde_json::from_str(text).map_err(damaged)?, format)),
            1 => Ok((
                serde_json::from_str::<Numbered>(text)
                    .map_err(damaged)?
                    .named(),
                format,
            )),
            newer if newer > FORMAT => Err(Unreadable::Newer),
            _ => Err(Unreadable::Damaged),
        }
    }

    /// What is remembered of a lesson's step.
    pub(super) fn step(&self, names: &Names, number: usize) -> Option<&OfStep> {
        let step = names.steps.get(number.checked_sub(1)?)?;
        let lesson = names
            .lesson
            .iter()
            .find_map(|name| self.lessons.get(name))?;
        step.iter().find_map(|name| lesson.get(name))
    }

    /// Calls the lesson and its steps by their names of today.
    pub(super) fn adopt(&mut self, names: &Names) {
        let mut steps = BTreeMap::new();
        for name in &names.lesson {
            for (step, kept) in self.lessons.remove(name).unwrap_or_default() {
                steps.entry(step).or_insert(kept);
            }
        }
        for names in &names.steps {
            let Some(today) = names.first() else { continue };
            for name in &names[1..] {
                if let Some(kept) = steps.remove(name) {
                    steps.entry(today.clone()).or_insert(kept);
                }
            }
        }
        if let Some(today) = names.lesson.first().filter(|_| !steps.is_empty()) {
            self.lessons.insert(today.clone(), steps);
        }
    }

    /// `theirs` with what changed from `base` to `ours`: two runs that began with the same file lose nothing of each other.
    pub(super) fn merged(base: &Self, ours: &Self, theirs: &Self) -> Self {
        let mut all = theirs.clone();
        if ours.last_lesson != base.last_lesson {
            all.last_lesson.clone_from(&ours.last_lesson);
        }
        all.last_work = ours.last_work.max(theirs.last_work);
        for (lesson, steps) in &ours.lessons {
            for (step, ours) in steps {
                let base = base
                    .lessons
                    .get(lesson)
                    .and_then(|steps| steps.get(step))
                    .cloned()
                    .unwrap_or_default();
                if *ours == base {
                    continue;
                }
                let merged = all
                    .lessons
                    .entry(lesson.clone())
                    .or_default()
                    .entry(step.clone())
                    .or_default();
                if ours.passed != base.passed {
                    merged.passed = ours.passed;
                }
                if ours.hints != base.hints {
                    merged.hints = ours.hints;
                }
                merged.tries += ours.tries.saturating_sub(base.tries);
                merged.seconds += ours.seconds.saturating_sub(base.seconds);
            }
        }
        all
    }
}

/// What a lesson and each of its steps are and were called: today's name first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    lesson: Vec<String>,
    steps: Vec<Vec<String>>,
}

impl Names {
    pub(super) fn of(lesson: &Lesson) -> Self {
        let names = |today: &str, former: &[String], number: String| {
            let mut names = vec![bare(today).to_owned()];
            names.extend(former.iter().map(|name| bare(name).to_owned()));
            // What format 1 called it.
            names.push(number);
            names
        };
        Self {
            lesson: names(
                &lesson.package,
                &lesson.manifest.was,
                lesson.name().to_owned(),
            ),
            steps: lesson
                .steps()
                .map(|(number, step)| names(&step.file, &step.was, number.to_string()))
                .collect(),
        }
    }
}

/// `step2_neuron.rs` → `neuron`, `lesson1-perceptron` → `perceptron`.
pub(crate) fn bare(name: &str) -> &str {
    let name = name.strip_suffix(".rs").unwrap_or(name);
    let behind = |word: &str, sign: char| {
        let (number, rest) = name.strip_prefix(word)?.split_once(sign)?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && !rest.is_empty()).then_some(rest)
    };
    behind("step", '_')
        .or_else(|| behind("lesson", '-'))
        .unwrap_or(name)
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Format 1, which knew lessons and steps by their numbers.
#[derive(Deserialize)]
struct Numbered {
    #[serde(default)]
    last_lesson: Option<String>,
    #[serde(default)]
    lessons: BTreeMap<String, NumberedLesson>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct NumberedLesson {
    passed: BTreeSet<usize>,
    hints: BTreeMap<usize, usize>,
    tries: BTreeMap<usize, u32>,
    seconds: BTreeMap<usize, u64>,
}

impl Numbered {
    fn named(self) -> Kept {
        let lessons = self.lessons.into_iter().map(|(name, lesson)| {
            let mut steps: BTreeMap<String, OfStep> = BTreeMap::new();
            let mut step = |number: usize, set: &dyn Fn(&mut OfStep)| {
                set(steps.entry(number.to_string()).or_default());
            };
            for number in lesson.passed {
                step(number, &|step| step.passed = true);
            }
            for (number, hints) in lesson.hints {
                step(number, &|step| step.hints = hints);
            }
            for (number, tries) in lesson.tries {
                step(number, &|step| step.tries = tries);
            }
            for (number, seconds) in lesson.seconds {
                step(number, &|step| step.seconds = seconds);
            }
            (name, steps)
        });
        Kept {
            last_lesson: self.last_lesson,
            lessons: lessons.collect(),
            ..Kept::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(lesson: &[&str], steps: &[&[&str]]) -> Names {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Names {
            lesson: owned(lesson),
            steps: steps.iter().map(|step| owned(step)).collect(),
        }
    }

    fn kept(steps: &[(&str, OfStep)]) -> Kept {
        let steps = steps
            .iter()
            .map(|(name, step)| ((*name).to_owned(), step.clone()))
            .collect();
        Kept {
            lessons: BTreeMap::from([("sums".to_owned(), steps)]),
            ..Kept::default()
        }
    }

    fn tried(tries: u32) -> OfStep {
        OfStep {
            tries,
            ..OfStep::default()
        }
    }

    #[test]
    fn a_name_is_what_is_left_without_the_number() {
        for (name, left) in [
            ("step2_neuron.rs", "neuron"),
            ("step12_a_b", "a_b"),
            ("lesson1-perceptron", "perceptron"),
            ("lesson5-lstm-temperature", "lstm-temperature"),
            ("neuron", "neuron"),
            ("stepping_stone", "stepping_stone"),
            ("lesson7", "lesson7"),
            ("step3_", "step3_"),
        ] {
            assert_eq!(bare(name), left);
        }
    }

    #[test]
    fn format_1_loses_nothing_on_the_way_to_names() {
        let text = r#"{"format":1,"last_lesson":"lesson1","lessons":{"lesson1":{"passed":[1],"hints":{"1":2,"9":1},
            "tries":{"2":5},"seconds":{"2":90}},"lesson8":{"passed":[3]}}}"#;
        let (mut all, format) = Kept::read(text).unwrap();
        assert_eq!(format, 1);
        let today = names(&["sums", "lesson1"], &[&["add", "1"], &["square", "2"]]);
        let add = OfStep {
            passed: true,
            hints: 2,
            ..OfStep::default()
        };
        let square = OfStep {
            tries: 5,
            seconds: 90,
            ..OfStep::default()
        };
        assert_eq!(all.step(&today, 1), Some(&add), "also before it is adopted");
        all.adopt(&today);
        assert_eq!(all.step(&today, 1), Some(&add));
        assert_eq!(all.step(&today, 2), Some(&square));
        assert_eq!(
            all.lessons["sums"]["9"].hints, 1,
            "of no step of today, and kept"
        );
        assert!(
            all.lessons["lesson8"]["3"].passed,
            "a lesson that is not here"
        );
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(Kept::read(&text), Ok((all, 2)));
    }

    #[test]
    fn a_new_name_keeps_what_the_former_one_had_and_an_insertion_shifts_nothing() {
        let mut all = kept(&[("add", tried(1)), ("square", tried(2))]);
        let today = names(
            &["arithmetic", "sums"],
            &[&["zero"], &["plus", "add"], &["square"]],
        );
        assert_eq!(all.step(&today, 1), None);
        assert_eq!(all.step(&today, 2), Some(&tried(1)));
        all.adopt(&today);
        assert_eq!(all.step(&today, 2), Some(&tried(1)));
        assert_eq!(all.step(&today, 3), Some(&tried(2)));
        assert!(!all.lessons.contains_key("sums"));
        let again = all.clone();
        all.adopt(&today);
        assert_eq!(all, again);
    }

    #[test]
    fn two_runs_lose_nothing_of_each_other() {
        let base = kept(&[("add", tried(1)), ("square", tried(1))]);
        let mut ours = base.clone();
        let mut theirs = base.clone();
        let step = |all: &mut Kept, name: &str| {
            let steps = all.lessons.get_mut("sums").unwrap();
            steps.entry(name.to_owned()).or_default().tries += 1;
        };
        step(&mut ours, "add");
        step(&mut ours, "cube");
        step(&mut theirs, "add");
        step(&mut theirs, "square");
        let all = Kept::merged(&base, &ours, &theirs);
        let wanted = [("add", tried(3)), ("square", tried(2)), ("cube", tried(1))];
        assert_eq!(all, kept(&wanted));
    }

    #[test]
    fn a_damaged_file_and_a_newer_one_are_told_apart() {
        for text in [
            "",
            "{",
            "[]",
            "{\"format\":0}",
            "{\"format\":2,\"lessons\":7}",
        ] {
            assert_eq!(Kept::read(text), Err(Unreadable::Damaged), "{text}");
        }
        let newer = "{\"format\":3,\"lessons\":7}";
        assert_eq!(Kept::read(newer), Err(Unreadable::Newer));
    }
}
