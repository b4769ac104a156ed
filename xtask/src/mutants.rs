//! Mutants: a solution with one operator, one value or one function replaced. A check that does not tell it from the solution
//! does not check what was replaced.
//!
//! `cargo mutants` finds them; this keeps those within the parts that a student writes. Mutants that behave as the solution
//! does are listed in `solutions/lessonN-…/mutants.toml`:
//!
//! ```toml
//! [[equivalent]]
//! step = 2
//! mutant = "replace > with >= in relu"
//! becomes = "if z >= 0.0"  # only where several mutants are called the same: a part of the changed lines
//! reason = "At 0 both branches give 0."
//! ```

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::compile::cargo;
use crate::interrupt;
use crate::lesson::{Lesson, Step, Subject};
use crate::mistakes::solution;
use crate::play::{Judges, Play, Played};
use crate::strip::marked;
use crate::workspace::Workspace;

/// Another version finds other mutants, so the lists of equivalent ones are about this one.
const VERSION: &str = "27.1.0";

/// A mutant, ready to be played.
#[derive(Debug)]
pub(crate) struct Mutant {
    /// The step's number, from 1.
    pub(crate) step: usize,
    /// `solutions/lesson1-perceptron/src/step1_neuron.rs:19`.
    pub(crate) place: String,
    /// What is replaced with what, in the tool's words.
    pub(crate) what: String,
    /// The lines that it changes, as they are in the solution.
    before: String,
    /// The same lines as it makes them.
    after: String,
    /// The changed file, judged by the step's checks and then by all others.
    pub(crate) play: Play,
}

impl Mutant {
    fn new(shown: &str, step: &Step, number: usize, right: &str, listed: &Listed) -> Result<Self> {
        let Range { start, end } = listed.span.bytes(right)?;
        let text = format!("{}{}{}", &right[..start], listed.replacement, &right[end..]);
        let lines = |text: &str, end: usize| {
            let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
            let last = text[end..].find('\n').map_or(text.len(), |at| end + at);
            text[first..last].to_owned()
        };
        Ok(Self {
            step: number,
            place: format!("{shown}:{}", listed.span.start.line),
            what: listed.what().to_owned(),
            before: lines(right, end),
            after: lines(&text, start + listed.replacement.len()),
            play: Play {
                files: vec![(step.file.clone(), text)],
                judges: Judges::StepFirst(number),
            },
        })
    }

    /// Its place, its words, and its lines as a diff shows them.
    pub(crate) fn shown(&self) -> String {
        let lines = |sign, text: &str| -> String {
            text.lines()
                .map(|line| format!("\n  {sign} {line}"))
                .collect()
        };
        format!(
            "{}: {}{}{}",
            self.place,
            self.what,
            lines('-', &self.before),
            lines('+', &self.after)
        )
    }
}

/// What `cargo mutants --list --json` says of a mutant; the rest of it is not needed.
#[derive(Debug, Deserialize)]
struct Listed {
    file: String,
    name: String,
    replacement: String,
    span: Span,
}

/// From the first character to the one behind the last.
#[derive(Debug, Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// Line and column, both from 1; columns are characters.
#[derive(Debug, Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

impl Listed {
    /// The name without the place before it: `a.rs:17:5: replace > with < in f`.
    fn what(&self) -> &str {
        self.name
            .split_once(": ")
            .map_or(self.name.as_str(), |(_, what)| what)
    }
}

impl Span {
    fn bytes(&self, text: &str) -> Result<Range<usize>> {
        match (self.start.byte(text), self.end.byte(text)) {
            (Some(start), Some(end)) if start <= end => Ok(start..end),
            _ => bail!("`cargo mutants` names a place that the file does not have: {self:?}."),
        }
    }
}

impl Place {
    fn byte(&self, text: &str) -> Option<usize> {
        let mut lines = text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(self.line - 1).map(str::len).sum();
        let line = lines.next()?;
        let column = line
            .char_indices()
            .map(|(at, _)| at)
            .chain([line.len()])
            .nth(self.column - 1)?;
        Some(before + column)
    }
}

/// The mutants of what a student writes in a lesson, step by step.
pub(crate) fn load(workspace: &Workspace, lesson: &Lesson) -> Result<Vec<Mutant>> {
    let listed = list(workspace, lesson)?;
    let mut mutants = Vec::new();
    for (number, step) in lesson.steps() {
        let shown = workspace.relative(&lesson.step_file(Subject::Solution, step));
        let right = solution(workspace, lesson, step)?;
        let parts = marked(&right);
        for listed in listed.iter().filter(|listed| listed.file == shown) {
            let place = listed.span.bytes(&right)?;
            if is_the_students(&place, &parts) {
                mutants.push(Mutant::new(&shown, step, number, &right, listed)?);
            }
        }
    }
    Ok(mutants)
}

/// Whether a replaced place lies in a part that a student writes, or is a whole body with such a part in it.
fn is_the_students(place: &Range<usize>, parts: &[Range<usize>]) -> bool {
    parts.iter().any(|part| {
        (part.start <= place.start && place.end <= part.end)
            || (place.start <= part.start && part.end <= place.end)
    })
}

/// Asks the tool.
fn list(workspace: &Workspace, lesson: &Lesson) -> Result<Vec<Listed>> {
    let ask = |arguments: &[&str]| {
        let output = interrupt::output(cargo(workspace).arg("mutants").args(arguments))
            .context("Cargo cannot be started.")?;
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok::<_, anyhow::Error>((output.status.success(), words, errors))
    };
    let (installed, version, _) = ask(&["--version"])?;
    let version = version.trim().trim_start_matches("cargo-mutants ");
    ensure!(
        installed && version == VERSION,
        "The mutants need cargo-mutants {VERSION}, and {}. `cargo install cargo-mutants --version {VERSION} --locked` installs it.",
        if installed {
            format!("here is {version}")
        } else {
            "it is not installed".to_owned()
        }
    );
    let package = lesson.package(Subject::Solution);
    let (listed, words, errors) = ask(&[
        "--list",
        "--json",
        "--package",
        &package,
        "--colors",
        "never",
    ])?;
    ensure!(
        listed,
        "`cargo mutants` cannot list the mutants of {package}:\n{errors}"
    );
    serde_json::from_str(&words)
        .with_context(|| format!("`cargo mutants` lists the mutants of {package} in other words than those of version {VERSION}."))
}

/// What `mutants.toml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    #[serde(default)]
    equivalent: Vec<Equivalent>,
}

/// A mutant that behaves as the solution does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Equivalent {
    step: usize,
    /// The tool's words, without the place.
    mutant: String,
    /// A part of its changed lines.
    becomes: Option<String>,
    /// Why no check can tell it from the solution.
    reason: String,
}

impl Known {
    /// Reads the lesson's file; there may be none.
    pub(crate) fn load(workspace: &Workspace, lesson: &Lesson) -> Result<Self> {
        let path = lesson.folder(Subject::Solution).join("mutants.toml");
        if !path.is_file() {
            return Ok(Self::default());
        }
        let shown = workspace.relative(&path);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("{shown} cannot be read."))?;
        toml::from_str(&text).with_context(|| format!("{shown} is no list of mutants."))
    }

    /// Which of the mutants it calls equivalent, and what is wrong with the list itself.
    pub(crate) fn sort(&self, mutants: &[(&Mutant, &Played)]) -> (Vec<bool>, Vec<String>) {
        let mut equivalent = vec![false; mutants.len()];
        let mut problems = Vec::new();
        for entry in &self.equivalent {
            let found: Vec<usize> = (0..mutants.len())
                .filter(|index| entry.means(mutants[*index].0))
                .collect();
            let here = format!("mutants.toml, step {}, \"{}\"", entry.step, entry.mutant);
            let [index] = found[..] else {
                problems.push(match found.len() {
                    0 => format!("{here}: there is no such mutant. Remove the entry, or correct it."),
                    many => format!("{here}: {many} mutants are called so. Say with `becomes` which one: a part of the changed line."),
                });
                continue;
            };
            if entry.reason.trim().is_empty() {
                problems.push(format!(
                    "{here}: `reason` must say why no check can see it."
                ));
            }
            match mutants[index].1 {
                Played::Survived => equivalent[index] = true,
                Played::Caught(said) => problems.push(format!(
                    "{here}: it is not equivalent, {} sees it. Remove the entry.",
                    said.check
                )),
                Played::DoesNotBuild(_) => problems.push(format!(
                    "{here}: it does not build, so nothing has to be said about it. Remove the entry."
                )),
            }
        }
        (equivalent, problems)
    }

    /// Only what it says of one step.
    pub(crate) fn keep_step(&mut self, step: usize) {
        self.equivalent.retain(|entry| entry.step == step);
    }
}

impl Equivalent {
    fn means(&self, mutant: &Mutant) -> bool {
        self.step == mutant.step
            && self.mutant == mutant.what
            && self
                .becomes
                .as_ref()
                .is_none_or(|part| mutant.after.contains(part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::Said;

    const RIGHT: &str = "//! Ü.\nfn f(a: f64) -> f64 {\n    // solution: Double.\n    let ä = a + a; ä\n    // end solution\n}\n";

    fn listed(line: usize, columns: Range<usize>, replacement: &str) -> Listed {
        Listed {
            file: "a.rs".into(),
            name: format!("a.rs:{line}:{}: replace it in f", columns.start),
            replacement: replacement.into(),
            span: Span {
                start: Place {
                    line,
                    column: columns.start,
                },
                end: Place {
                    line,
                    column: columns.end,
                },
            },
        }
    }

    fn mutant(columns: Range<usize>, replacement: &str) -> Mutant {
        let step = toml::from_str("file = \"a.rs\"\ntitle = \"\"").unwrap();
        Mutant::new("a.rs", &step, 1, RIGHT, &listed(4, columns, replacement)).unwrap()
    }

    #[test]
    fn columns_are_characters() {
        let mutant = mutant(20..21, "b");
        assert_eq!(mutant.after, "    let ä = a + a; b");
        assert_eq!(
            mutant.shown(),
            "a.rs:4: replace it in f\n  -     let ä = a + a; ä\n  +     let ä = a + a; b"
        );
    }

    #[test]
    fn a_place_that_is_not_there_is_an_error() {
        assert!(listed(9, 1..2, "").span.bytes(RIGHT).is_err());
        assert!(listed(1, 1..99, "").span.bytes(RIGHT).is_err());
    }

    #[test]
    fn what_lies_in_a_marked_part_or_around_it_is_the_students() {
        let parts = [20..30, 50..60];
        assert!(is_the_students(&(20..25), &parts));
        assert!(is_the_students(&(10..35), &parts));
        assert!(!is_the_students(&(28..32), &parts));
        assert!(!is_the_students(&(35..40), &parts));
    }

    #[test]
    fn an_entry_means_one_mutant_that_survives() {
        let (plus, minus) = (mutant(13..14, "a -"), mutant(15..16, "-"));
        let caught = Played::Caught(Said {
            check: "a::b".into(),
            diagnosis: None,
            message: String::new(),
        });
        let sort = |text: &str| {
            let known: Known = toml::from_str(text).unwrap();
            known.sort(&[(&plus, &Played::Survived), (&minus, &caught)])
        };
        let entry = "[[equivalent]]\nstep = 1\nmutant = \"replace it in f\"\nreason = \"x\"\n";
        assert!(sort(entry).1[0].contains("2 mutants are called so"));
        assert_eq!(
            sort(&format!("{entry}becomes = \"= a - +\"")),
            (vec![true, false], Vec::new())
        );
        assert!(sort(&format!("{entry}becomes = \"a - a\"")).1[0].contains("a::b sees it"));
        assert!(sort(&format!("{entry}becomes = \"no\"")).1[0].contains("no such mutant"));
        let silent = entry.replace("\"x\"", "\" \"");
        assert!(sort(&format!("{silent}becomes = \"= a - +\"")).1[0].contains("must say why"));
    }
}
