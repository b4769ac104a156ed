//! The mistakes that people make: small patches on a lesson's solution, each with the diagnosis that its verdict must carry.
//!
//! They lie in `solutions/lessonN-…/mistakes/stepK_….toml`, a file for each step:
//!
//! ```toml
//! [[mistake]]
//! name = "the bias is added once for each input"
//! diagnosis = "bias-per-input"
//! edits = [["z += input * weight;", "z += input * weight + bias;"]]
//! ```

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::lesson::{Lesson, Step, Subject};
use crate::play::{Judges, Play, Played};
use crate::strip::marked;
use crate::workspace::Workspace;

/// What a file of mistakes says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "mistake", default)]
    mistakes: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    diagnosis: Option<String>,
    edits: Vec<(String, String)>,
}

/// A mistake, ready to be played.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// The step's number, from 1.
    pub(crate) step: usize,
    /// What somebody did wrong, in words.
    pub(crate) name: String,
    /// What the first failing check must call it; nothing when being caught is all that can be asked.
    pub(crate) diagnosis: Option<String>,
    /// The file that lists it, as it is shown.
    pub(crate) file: String,
    /// The step's file as that somebody would have written it, judged by the step's checks.
    pub(crate) play: Play,
}

impl Mistake {
    /// Whether the verdict carries the diagnosis that was asked for.
    pub(crate) fn is_named_by(&self, played: &Played) -> bool {
        match played {
            Played::Caught(said) => self.diagnosis.is_some() && said.diagnosis == self.diagnosis,
            Played::Survived | Played::DoesNotBuild(_) => false,
        }
    }
}

/// All mistakes of a lesson, in the order of its steps. The second part says what is wrong with the files themselves.
pub(crate) fn load(workspace: &Workspace, lesson: &Lesson) -> Result<(Vec<Mistake>, Vec<String>)> {
    let folder = lesson.folder(Subject::Solution).join("mistakes");
    let mut mistakes = Vec::new();
    let mut problems = Vec::new();
    let mut known = BTreeSet::new();
    for (number, step) in lesson.steps() {
        let path = folder.join(format!("{}.toml", step.module()));
        known.insert(path.clone());
        if !path.is_file() {
            continue;
        }
        let shown = workspace.relative(&path);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("{shown} cannot be read."))?;
        let file: File =
            toml::from_str(&text).with_context(|| format!("{shown} is no list of mistakes."))?;
        let solution = solution(workspace, lesson, step)?;
        for entry in file.mistakes {
            match patched(&solution, &entry.edits) {
                Ok(text) => mistakes.push(Mistake {
                    step: number,
                    name: entry.name,
                    diagnosis: entry.diagnosis,
                    file: shown.clone(),
                    play: Play {
                        files: vec![(step.file.clone(), text)],
                        judges: Judges::Step(number),
                    },
                }),
                Err(error) => problems.push(format!("{shown}, \"{}\": {error}", entry.name)),
            }
        }
    }
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        if !known.contains(&entry.path()) {
            problems.push(format!(
                "{} belongs to no step: a file of mistakes is named as its step's module.",
                workspace.relative(&entry.path())
            ));
        }
    }
    Ok((mistakes, problems))
}

/// The text of a step's file in the solution.
pub(crate) fn solution(workspace: &Workspace, lesson: &Lesson, step: &Step) -> Result<String> {
    let path = lesson.step_file(Subject::Solution, step);
    std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read.", workspace.relative(&path)))
}

/// The solution with each edit made. Its text must stand exactly once in the parts that a student writes.
fn patched(solution: &str, edits: &[(String, String)]) -> Result<String> {
    ensure!(!edits.is_empty(), "it changes nothing: `edits` is empty.");
    let mut text = solution.to_owned();
    for (from, to) in edits {
        let parts = marked(&text);
        // The closing mark still counts: with it an edit can mean the last line.
        let end = |part: &Range<usize>| {
            let line = text[part.end..].find('\n');
            line.map_or(text.len(), |length| part.end + length)
        };
        let places: Vec<usize> = text
            .match_indices(from.as_str())
            .map(|(at, _)| at)
            .filter(|at| {
                parts
                    .iter()
                    .any(|part| part.start <= *at && at + from.len() <= end(part))
            })
            .collect();
        ensure!(
            places.len() == 1,
            "`{from}` stands {} times in the parts that the student writes; an edit needs a text that stands there once.",
            places.len()
        );
        text.replace_range(places[0]..places[0] + from.len(), to);
    }
    ensure!(text != solution, "it changes nothing.");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOLUTION: &str = "/// a + b\nfn f() {\n    // solution: Add.\n    // Then g(x, x).\n    let x = a + b;\n    g(x, x)\n    // end solution\n}\n";

    fn edit(from: &str, to: &str) -> Result<String> {
        patched(SOLUTION, &[(from.to_owned(), to.to_owned())])
    }

    #[test]
    fn an_edit_changes_the_one_place() {
        assert!(
            edit("let x = a + b", "let x = a - b")
                .unwrap()
                .contains("    let x = a - b;\n    g(x, x)")
        );
    }

    #[test]
    fn an_edit_may_lean_on_the_closing_mark() {
        let text = edit("g(x, x)\n    // end", "h(x)\n    // end").unwrap();
        assert!(text.contains("    h(x)\n    // end solution\n}"), "{text}");
    }

    #[test]
    fn an_edit_that_is_ambiguous_or_out_of_place_is_refused() {
        let error = |from| edit(from, "?").unwrap_err().to_string();
        assert!(error("x").contains("stands 3 times"));
        assert!(error("a * b").contains("stands 0 times"));
        assert!(error("fn f()").contains("stands 0 times"));
        assert!(
            edit("g(x, x)", "g(x, x)")
                .unwrap_err()
                .to_string()
                .contains("changes nothing")
        );
    }
}
