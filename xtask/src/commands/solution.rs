//! `solution`: the reference beside the student's code.

use std::process::ExitCode;

use anyhow::{Context, Result};
use similar::{ChangeTag, TextDiff};

use crate::lesson::{Lesson, Subject};
use crate::progress::Progress;
use crate::select::{Selection, select};
use crate::strip;
use crate::style::{ACT, BAD, BOLD, FAINT, GOOD, paint};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, words: &str, reveal: bool) -> Result<ExitCode> {
    let progress = Progress::load_aloud(workspace);
    let Selection { lesson, step } = select(workspace, words)?;
    let numbers: Vec<usize> = step.map_or_else(
        || lesson.steps().map(|(number, _)| number).collect(),
        |step| vec![step],
    );
    let mut hidden = false;
    for number in numbers {
        if reveal || progress.has_passed(&lesson, number) {
            show(workspace, &lesson, number)?;
            continue;
        }
        hidden = true;
        let name = format!("{}.{number}", lesson.name());
        anstream::println!(
            "Step {number} — {} does not pass yet, so the reference stays hidden.",
            lesson.step(number).title
        );
        anstream::println!(
            "  Check again:   {}",
            paint(ACT, &format!("cargo xtask check {name}"))
        );
        anstream::println!(
            "  A hint:        {}",
            paint(ACT, &format!("cargo xtask hint {name}"))
        );
        anstream::println!(
            "  Show it still: {}\n",
            paint(ACT, &format!("cargo xtask solution {name} --reveal"))
        );
    }
    Ok(if hidden {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn show(workspace: &Workspace, lesson: &Lesson, number: usize) -> Result<()> {
    anstream::print!("{}", text(workspace, lesson, number)?);
    Ok(())
}

/// The student's code of a step with what the reference has instead, line by line, in colour.
///
/// # Errors
///
/// When one of the two files cannot be read.
pub fn text(workspace: &Workspace, lesson: &Lesson, number: usize) -> Result<String> {
    let step = lesson.step(number);
    let (mine, reference) = (
        lesson.step_file(Subject::Exercise, step),
        lesson.step_file(Subject::Solution, step),
    );
    let read = |path: &std::path::Path| {
        std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read.", workspace.relative(path)))
    };
    let (yours, shown) = (read(&mine)?, strip::without_marks(&read(&reference)?));
    let mut text = format!(
        "{}\n",
        paint(BOLD, &format!("Step {number} — {}", step.title))
    );
    if yours == shown {
        let same = paint(GOOD, "Yours is the reference, letter for letter.");
        return Ok(text + &same + "\n\n");
    }
    text += &format!("{} {}\n", paint(BAD, "-"), workspace.relative(&mine));
    text += &format!(
        "{} {}\n\n",
        paint(GOOD, "+"),
        workspace.relative(&reference)
    );
    for change in TextDiff::from_lines(&yours, &shown).iter_all_changes() {
        let line = change.value().trim_end();
        let (style, sign) = match change.tag() {
            ChangeTag::Equal => (FAINT, " "),
            ChangeTag::Delete => (BAD, "-"),
            ChangeTag::Insert => (GOOD, "+"),
        };
        text += &paint(style, &format!("{sign} {line}"));
        text.push('\n');
    }
    Ok(text + "\n")
}
