//! Finds the lesson and the step that somebody means.

use anyhow::{Result, anyhow, bail};

use crate::lesson::Lesson;
use crate::progress::Progress;
use crate::workspace::{Workspace, short};

/// A lesson and perhaps one step of it.
pub struct Selection {
    /// The lesson.
    pub lesson: Lesson,
    /// The step's number, when one was named.
    pub step: Option<usize>,
}

/// Understands `3`, `lesson3`, `lesson3.2` and `lesson3-mnist-mlp`.
pub fn select(workspace: &Workspace, words: &str) -> Result<Selection> {
    let (name, step) = split(words);
    let folders = workspace.lesson_folders()?;
    let Some(folder) = folders
        .iter()
        .find(|folder| folder.as_str() == name || short(folder) == name)
    else {
        bail!(unknown(&name, &folders));
    };
    let lesson = Lesson::load(workspace, folder)?;
    let last = lesson.manifest.steps.len();
    if let Some(step) = step
        && !(1..=last).contains(&step)
    {
        bail!(
            "{name} has the steps 1 to {last}; there is no step {step}. `cargo xtask list {name}` shows them."
        );
    }
    Ok(Selection { lesson, step })
}

/// The lesson in whose folder, or below it, the student stands.
pub(crate) fn lesson_here(workspace: &Workspace) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    let inside = here.strip_prefix(workspace.root.join("exercises")).ok()?;
    let folder = inside.iter().next()?.to_str()?.to_owned();
    let folders = workspace.lesson_folders().ok()?;
    folders.contains(&folder).then_some(folder)
}

/// What is named, or else the lesson in whose folder the student stands, or else where they left off.
pub fn select_or_resume(
    workspace: &Workspace,
    words: Option<&str>,
    progress: &Progress,
) -> Result<Selection> {
    match words {
        Some(words) => select(workspace, words),
        None => match lesson_here(workspace) {
            Some(folder) => {
                let lesson = Lesson::load(workspace, &folder)?;
                let step = progress.first_open_step(&lesson);
                Ok(Selection { lesson, step })
            }
            None => resume(workspace, progress),
        },
    }
}

/// The first step that does not pass of the lesson checked last; when that is done, of those after it, then of those before it.
pub fn resume(workspace: &Workspace, progress: &Progress) -> Result<Selection> {
    let mut folders = workspace.lesson_folders()?;
    let last = folders
        .iter()
        .position(|folder| Some(short(folder)) == progress.last_lesson());
    folders.rotate_left(last.unwrap_or(0));
    let mut done = None;
    for folder in &folders {
        let lesson = match Lesson::load(workspace, folder) {
            Ok(lesson) => lesson,
            // A broken lesson is told when it is the one meant; it does not keep anybody from the others.
            Err(error) if done.is_none() => return Err(error),
            Err(_) => continue,
        };
        if let Some(step) = progress.first_open_step(&lesson) {
            return Ok(Selection {
                lesson,
                step: Some(step),
            });
        }
        done.get_or_insert(lesson);
    }
    let lesson = done.ok_or_else(|| anyhow!("There is no lesson under exercises/."))?;
    Ok(Selection { lesson, step: None })
}

fn split(words: &str) -> (String, Option<usize>) {
    let words = words.trim().to_lowercase().replace('/', ".");
    let (name, step) = match words
        .rsplit_once('.')
        .map(|(name, step)| (name, step.parse()))
    {
        Some((name, Ok(step))) => (name.to_owned(), Some(step)),
        _ => (words, None),
    };
    if !name.is_empty() && name.chars().all(|c| c.is_ascii_digit()) {
        (format!("lesson{name}"), step)
    } else {
        (name, step)
    }
}

fn unknown(name: &str, folders: &[String]) -> String {
    let names = folders.iter().flat_map(|folder| [short(folder), folder]);
    let short_names: Vec<&str> = folders.iter().map(|folder| short(folder)).collect();
    // Another number is another lesson, not a slip of the finger.
    let is_numbered = name
        .strip_prefix("lesson")
        .is_some_and(|rest| rest.parse::<usize>().is_ok());
    match nearest(name, names).filter(|_| !is_numbered) {
        Some(nearest) => format!("There is no lesson called `{name}`. Did you mean `{nearest}`?"),
        None => format!(
            "There is no lesson called `{name}`. The lessons are: {}.",
            short_names.join(", ")
        ),
    }
}

/// The candidate that looks most like `name`, when one looks like it at all.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        // The first of equals: shorter names come first.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_every_way_to_name_a_step() {
        assert_eq!(split("3"), ("lesson3".to_owned(), None));
        assert_eq!(split("3.2"), ("lesson3".to_owned(), Some(2)));
        assert_eq!(split("Lesson3"), ("lesson3".to_owned(), None));
        assert_eq!(
            split("lesson3-mnist-mlp.4"),
            ("lesson3-mnist-mlp".to_owned(), Some(4))
        );
        assert_eq!(split("lesson3/2"), ("lesson3".to_owned(), Some(2)));
        assert_eq!(split("lesson3.x"), ("lesson3.x".to_owned(), None));
    }

    #[test]
    fn suggests_the_nearest_name_and_nothing_far_fetched() {
        let names = || ["lesson1", "lesson3", "lesson3-mnist-mlp"].into_iter();
        assert_eq!(nearest("leson3", names()), Some("lesson3"));
        assert_eq!(nearest("quux", names()), None);
    }
}
