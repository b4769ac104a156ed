//! What an update did, in words: step by step, then the rest.

use std::collections::BTreeSet;

use super::journal::beside;
use super::outline::{Outline, StepOutline};
use super::plan::{Delta, Fate, same};
use crate::style::{ACT, BOLD, FAINT, OPEN, count, paint, wrap};

/// A file that has changed, and what becomes of it.
pub(super) type Decided = (Delta, Option<Fate>);

/// What is to be told.
pub(super) struct Summary<'a> {
    pub(super) older: &'a [Outline],
    pub(super) newer: &'a [Outline],
    pub(super) decided: &'a [Decided],
    /// Where copies lie.
    pub(super) backups: &'a str,
    /// Whether nothing is done yet, so that no copy lies anywhere.
    pub(super) dry: bool,
}

impl Summary<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for lesson in self.newer {
            text += &self.of_lesson(lesson);
        }
        for lesson in self.older {
            if !self.newer.iter().any(|new| {
                new.before(self.older)
                    .is_some_and(|old| old.package == lesson.package)
            }) {
                let copy = self.copy(
                    "The lesson is gone. All that was in it",
                    &format!("exercises/{}", lesson.package),
                );
                text += &format!("{}\n{}\n\n", paint(BOLD, &lesson.package), wrap(&copy, 2));
            }
        }
        text += &self.rest();
        text
    }

    /// Words about what is kept as a copy, and the copy's place: its folder's name has the time of the update, so before it there is none.
    fn copy(&self, words: &str, path: &str) -> String {
        if self.dry {
            format!("{words} will be kept in .workshop/backups/.")
        } else {
            format!(
                "{words}:\n{}",
                paint(ACT, &format!("{}/{path}", self.backups))
            )
        }
    }

    fn of_lesson(&self, lesson: &Outline) -> String {
        let mut lines = String::new();
        match lesson.before(self.older) {
            None => {
                let steps = count(lesson.steps.len(), "step");
                lines += &format!("  A new lesson with {steps}.\n");
            }
            Some(old) => {
                for (index, step) in lesson.steps.iter().enumerate() {
                    let notes = self.of_step(old, lesson, step, index + 1);
                    if !notes.is_empty() {
                        lines += &format!("  {:>2}  {}\n", index + 1, step.title);
                        for note in notes {
                            lines += &format!("{}\n", wrap(&note, 6));
                        }
                    }
                }
                lines += &self.elsewhere(old, lesson);
                for step in &old.steps {
                    let stays = lesson.steps.iter().any(|new| {
                        new.before(old)
                            .is_some_and(|(_, before)| before.file == step.file)
                    });
                    if !stays {
                        lines += &self.gone(old, step);
                    }
                }
                let readme = format!("exercises/{}/README.md", lesson.package);
                if self.delta(&readme).is_some() {
                    lines += "  The lesson's text (README.md) has changed.\n";
                }
            }
        }
        if lines.is_empty() {
            return lines;
        }
        format!("{}\n{lines}\n", paint(BOLD, &lesson.package))
    }

    fn of_step(
        &self,
        old: &Outline,
        lesson: &Outline,
        step: &StepOutline,
        number: usize,
    ) -> Vec<String> {
        let Some((old_number, before)) = step.before(old) else {
            return vec!["A new step.".to_owned()];
        };
        let mut notes = Vec::new();
        if old_number != number || before.module() != step.module() {
            let name = if old_number == number {
                format!("It was called {}", before.module())
            } else {
                format!("It was step {old_number}")
            };
            notes.push(format!(
                "{name}; your code and your progress {} with it.",
                if self.dry { "will come" } else { "came" }
            ));
        }
        let path = lesson.path(step);
        let kept = |words: &str| self.copy(words, &beside(&path));
        match self.fate(&path) {
            Some(Fate::Added | Fate::Replaced) => {
                notes.push("The exercise has changed; you had not begun it.".to_owned())
            }
            Some(Fate::Merged) => {
                notes.push("The exercise has changed; your code is in the new one.".to_owned())
            }
            Some(Fate::Reworded) => notes.push(kept(
                "What you have written is asked for in other words; your code stays. The new words",
            )),
            Some(Fate::Met(lines)) => {
                let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
                notes.push(paint(OPEN, &format!(
                    "You and the new version changed the same lines; yours stay (see {path}:{}).",
                    lines.join(", ")
                )));
                notes.push(kept("The new exercise"));
            }
            Some(Fate::Stays) => {
                notes.push(paint(OPEN, &format!(
                    "Your code and the new exercise do not come together; yours stays as it is. Move it over by hand, or start afresh \
                     with `cargo xtask reset {}.{number}`.",
                    lesson.name
                )));
                notes.push(kept("The new exercise"));
            }
            _ => {}
        }
        notes
    }

    /// In which steps something else than the exercise has changed: often in all of them.
    fn elsewhere(&self, old: &Outline, lesson: &Outline) -> String {
        let (mut checks, mut texts) = (Vec::new(), Vec::new());
        for (index, step) in lesson.steps.iter().enumerate() {
            let Some((_, before)) = step.before(old) else {
                continue;
            };
            if self.checks_differ(old, before, lesson, step) {
                checks.push(index + 1);
            }
            if before.rest != step.rest || before.title != step.title {
                texts.push(index + 1);
            }
        }
        let line = |what: &str, steps: &[usize]| match steps {
            [] => String::new(),
            [step] => format!("  {what} of step {step} have changed.\n"),
            steps => {
                let words = format!("{what} of these steps have changed: {}.", ranges(steps));
                format!("{}\n", wrap(&words, 2))
            }
        };
        line("The checks", &checks) + &line("Hints or other texts", &texts)
    }

    fn gone(&self, lesson: &Outline, step: &StepOutline) -> String {
        let path = lesson.path(step);
        let note = match self.fate(&path) {
            Some(Fate::RemovedEdited) => self.copy("The step is gone. Your code", &path),
            _ => "The step is gone; you had not begun it.".to_owned(),
        };
        format!("   −  {}\n{}\n", step.title, wrap(&note, 6))
    }

    /// Whether a step's own checks say something else than before, wherever they lie.
    fn checks_differ(
        &self,
        old: &Outline,
        before: &StepOutline,
        lesson: &Outline,
        step: &StepOutline,
    ) -> bool {
        let folder = |lesson: &Outline, step: &StepOutline| {
            format!(
                "exercises/{}/tests/checks/{}",
                lesson.package,
                step.module()
            )
        };
        let (then, now) = (folder(old, before), folder(lesson, step));
        self.decided.iter().any(|(delta, _)| {
            let Some(rest) = delta.path.strip_prefix(&now) else {
                return false;
            };
            if !rest.starts_with(['.', '/']) {
                return false;
            }
            let moved = self.delta(&format!("{then}{rest}"));
            let base = match moved.filter(|_| then != now) {
                Some(moved) => &moved.base,
                None => &delta.base,
            };
            match (base, &delta.theirs) {
                (Some(base), Some(theirs)) => !same(base, theirs),
                _ => true,
            }
        })
    }

    /// What is no step: the student's own changes there, and in a line what else is new.
    fn rest(&self) -> String {
        let mut text = String::new();
        let mut areas = BTreeSet::new();
        let mut kept = false;
        for (delta, fate) in self.decided {
            let Some(fate) = fate else { continue };
            kept |= fate.keeps() || (delta.unsure && *fate != Fate::Added);
            if delta.step {
                continue;
            }
            areas.extend(area(&delta.path));
            let path = &delta.path;
            let note = match fate {
                Fate::Merged => format!("{path} has changed; your changes are in it."),
                Fate::Overruled => self.copy(
                    &format!("{path} is the new one; your changes do not go with it. Yours"),
                    path,
                ),
                Fate::RemovedEdited => self.copy(&format!("{path} is gone. Yours"), path),
                _ => continue,
            };
            text += &format!("{}\n", wrap(&note, 0));
        }
        if !areas.is_empty() {
            let areas: Vec<&str> = areas.into_iter().collect();
            text += &format!("{}\n", wrap(&format!("Also new: {}.", areas.join(", ")), 0));
        }
        if kept && self.dry {
            text += "Your files as they are will be kept in .workshop/backups/.\n";
        } else if kept {
            let place = paint(FAINT, self.backups);
            text += &format!("Your files as they were: {place}\n");
        }
        text
    }

    fn delta(&self, path: &str) -> Option<&Delta> {
        let found = self.decided.iter().find(|(delta, _)| delta.path == path);
        found.map(|(delta, _)| delta)
    }

    fn fate(&self, path: &str) -> Option<&Fate> {
        let found = self.decided.iter().find(|(delta, _)| delta.path == path);
        found.and_then(|(_, fate)| fate.as_ref())
    }
}

/// `1–3, 5`.
fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => parts.push((*number, *number)),
        }
    }
    let words = parts.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What a file belongs to, for people.
fn area(path: &str) -> Option<&'static str> {
    let folder = path.split('/').next()?;
    Some(match folder {
        "crates" => "the library",
        "xtask" => "the runner (it is built at the next command)",
        "solutions" => "the reference solutions",
        "exercises" => return None,
        _ => "the workshop's own files",
    })
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn steps_in_a_row_are_told_as_one() {
        assert_eq!(ranges(&[1, 2, 3, 5]), "1–3, 5");
        assert_eq!(ranges(&[2, 3]), "2, 3");
        assert_eq!(ranges(&[4]), "4");
    }
}
