//! `solution`: the reference beside the student's code.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::beside;
use crate::blame;
use crate::lesson::{Lesson, Subject};
use crate::progress::Progress;
use crate::report::command;
use crate::select::{Selection, select};
use crate::strip;
use crate::style::{BOLD, GOOD, paint};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, words: &str, reveal: bool) -> Result<ExitCode> {
    let progress = Progress::load_aloud(workspace);
    let Selection { lesson, step } = select(workspace, words)?;
    let numbers: Vec<usize> = step.map_or_else(
        || lesson.steps().map(|(number, _)| number).collect(),
        |step| vec![step],
    );
    // Who reads it through a pipe gets the form that tools understand.
    let width = crate::platform::terminal_width().filter(|_| std::io::stdout().is_terminal());
    let mut hidden = Vec::new();
    for number in numbers {
        if reveal || progress.has_passed(&lesson, number) {
            let text = beside(workspace, &lesson, number, width.unwrap_or(0))?;
            anstream::print!("{text}");
        } else {
            hidden.push(number);
        }
    }
    let Some(first) = hidden.first() else {
        return Ok(ExitCode::SUCCESS);
    };
    if step.is_some() {
        anstream::println!(
            "Step {first} — {} does not pass yet, so the reference stays hidden.",
            lesson.step(*first).title
        );
    } else {
        let numbers: Vec<String> = hidden.iter().map(ToString::to_string).collect();
        anstream::println!(
            "Hidden, because your code does not pass them yet: steps {}.",
            numbers.join(", ")
        );
    }
    let name = format!("{}.{first}", lesson.name());
    anstream::println!("  Check again:   {}", command(&format!("check {name}")));
    anstream::println!("  A hint:        {}", command(&format!("hint {name}")));
    anstream::println!(
        "  Show it still: {}",
        command(&format!("solution {name} --reveal"))
    );
    Ok(ExitCode::FAILURE)
}

/// The student's code of a step and what the reference has instead, below each other, in colour.
///
/// # Errors
///
/// When one of the two files cannot be read.
pub fn text(workspace: &Workspace, lesson: &Lesson, number: usize) -> Result<String> {
    beside(workspace, lesson, number, 0)
}

/// The same in so many columns: beside each other where there is room for two texts.
///
/// # Errors
///
/// When one of the two files cannot be read.
pub fn beside(
    workspace: &Workspace,
    lesson: &Lesson,
    number: usize,
    width: usize,
) -> Result<String> {
    let step = lesson.step(number);
    let (mine, reference) = (
        lesson.step_file(Subject::Exercise, step),
        lesson.step_file(Subject::Solution, step),
    );
    let read = |path: &std::path::Path| {
        let bytes = std::fs::read(path)
            .with_context(|| format!("{} cannot be read.", workspace.relative(path)))?;
        Ok::<_, anyhow::Error>(String::from_utf8_lossy(&bytes).replace('\r', ""))
    };
    let (yours, marked) = (read(&mine)?, read(&reference)?);
    let shown = strip::without_marks(&marked);
    let mut text = format!(
        "{}\n",
        paint(BOLD, &format!("Step {number} — {}", step.title))
    );
    if yours == shown {
        let same = paint(GOOD, "Yours is the reference, letter for letter.");
        return Ok(text + &same + "\n\n");
    }
    text += &beside::head(
        &workspace.relative(&mine),
        &workspace.relative(&reference),
        width,
    );
    let whole = blame::written_lines(&marked, &shown);
    text += &beside::differences(&yours, &shown, &whole, width);
    Ok(text + "\n")
}
