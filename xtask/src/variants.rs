//! Variants: correct solutions that are written differently. A check that refuses one checks how the code is written and not what it does.
//!
//! They lie in `solutions/lessonN-…/variants/NAME.toml`:
//!
//! ```toml
//! title = "index loops in place of iterators"
//!
//! [[step]]
//! step = 1
//! # For each marked part of the step's file, in order; an empty one stays as it is in the solution.
//! parts = [
//!     """
//!     let mut sum = bias;
//!     …
//! """,
//!     "",
//! ]
//! # Optional: what these parts need beside what the file uses already.
//! uses = "use std::iter::once;"
//! ```

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::lesson::{Lesson, Subject};
use crate::mistakes::solution;
use crate::play::{Judges, Play};
use crate::strip::marked;
use crate::style::{count, sentence};
use crate::workspace::Workspace;

/// What the file of a variant says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    #[serde(rename = "step")]
    steps: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    step: usize,
    parts: Vec<String>,
    #[serde(default)]
    uses: String,
}

/// A variant, ready to be played.
#[derive(Debug)]
pub(crate) struct Variant {
    /// The file's name without `.toml`.
    pub(crate) name: String,
    /// What is different about it.
    pub(crate) title: String,
    /// All its changed steps, judged by all the lesson's checks.
    pub(crate) play: Play,
}

/// The variants of a lesson, by name. The second part says what is wrong with the files.
pub(crate) fn load(workspace: &Workspace, lesson: &Lesson) -> Result<(Vec<Variant>, Vec<String>)> {
    let folder = lesson.folder(Subject::Solution).join("variants");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let mut variants = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        match variant(workspace, lesson, &name, &text) {
            Ok(variant) => variants.push(variant),
            Err(error) => problems.push(format!(
                "{}: {}",
                workspace.relative(&path),
                sentence(&error)
            )),
        }
    }
    Ok((variants, problems))
}

fn variant(workspace: &Workspace, lesson: &Lesson, name: &str, text: &str) -> Result<Variant> {
    let file: File = toml::from_str(text).context("this is no variant")?;
    let mut files: Vec<(String, String)> = Vec::new();
    for entry in &file.steps {
        let last = lesson.manifest.steps.len();
        ensure!(
            (1..=last).contains(&entry.step),
            "{} has the steps 1 to {last}; there is no step {}.",
            lesson.name(),
            entry.step
        );
        let step = lesson.step(entry.step);
        ensure!(
            files.iter().all(|(file, _)| *file != step.file),
            "step {} stands there twice.",
            entry.step
        );
        let solution = solution(workspace, lesson, step)?;
        let text = with_parts(&solution, &entry.parts, &entry.uses)
            .with_context(|| format!("step {}", entry.step))?;
        files.push((step.file.clone(), text));
    }
    ensure!(!files.is_empty(), "it changes no step.");
    Ok(Variant {
        name: name.to_owned(),
        title: file.title,
        play: Play {
            files,
            judges: Judges::All,
        },
    })
}

/// The solution with other code in its marked parts, and with `uses` at the end, where it moves no line.
fn with_parts(solution: &str, parts: &[String], uses: &str) -> Result<String> {
    let places = marked(solution);
    ensure!(
        parts.len() == places.len(),
        "`parts` lists {}, but the file has {}.",
        count(parts.len(), "part"),
        count(places.len(), "marked part")
    );
    ensure!(
        parts.iter().any(|part| !part.trim().is_empty()),
        "all of `parts` are empty, so this is the solution itself."
    );
    let mut text = solution.to_owned();
    // From the last to the first, so that the places stay true.
    for (place, part) in places.into_iter().zip(parts).rev() {
        if !part.trim().is_empty() {
            text.replace_range(place, &format!("{}\n", part.trim_end()));
        }
    }
    if !uses.is_empty() {
        text = format!("{text}\n{uses}\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOLUTION: &str = "fn f() -> u8 {\n    // solution: One.\n    1\n    // end solution\n}\nfn g() -> u8 {\n    // solution: Two.\n    2\n    // end solution\n}\n";

    fn with(parts: &[&str], uses: &str) -> Result<String> {
        let parts: Vec<String> = parts.iter().map(|&part| part.to_owned()).collect();
        with_parts(SOLUTION, &parts, uses)
    }

    #[test]
    fn a_part_is_replaced_and_an_empty_one_stays() {
        let text = with(&["", "\n    1 + 1\n"], "").unwrap();
        assert_eq!(text, SOLUTION.replace("    2\n", "\n    1 + 1\n"));
    }

    #[test]
    fn uses_stand_behind_everything_else() {
        let text = with(&["min(1, 2)", ""], "use std::cmp::min;").unwrap();
        assert!(text.ends_with("}\n\nuse std::cmp::min;\n"), "{text}");
    }

    #[test]
    fn too_few_parts_and_nothing_but_empty_ones_are_refused() {
        let error = |parts: &[&str]| with(parts, "").unwrap_err().to_string();
        assert!(error(&["3"]).contains("lists 1 part, but the file has 2 marked parts."));
        assert!(error(&["", " "]).contains("the solution itself"));
    }
}
