//! `list`: the lessons, their steps, what is done.

use std::process::ExitCode;

use anyhow::Result;

use crate::lesson::Lesson;
use crate::progress::Progress;
use crate::report::{bar, minutes};
use crate::select::select;
use crate::style::{ACT, BOLD, FAINT, GOOD, OPEN, complain, count, paint, wrap};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, only: Option<&str>) -> Result<ExitCode> {
    let progress = Progress::load_aloud(workspace);
    if let Some(only) = only {
        anstream::print!(
            "{}",
            of_lesson(&select(workspace, only)?.lesson, &progress, true)
        );
        return Ok(ExitCode::SUCCESS);
    }
    let (text, broken) = text(workspace, &progress)?;
    anstream::print!("{text}");
    for error in &broken {
        complain(error);
    }
    Ok(if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

/// All lessons in words, with colours, and what is wrong with those that cannot be read.
///
/// # Errors
///
/// When there is no lesson at all.
pub fn text(workspace: &Workspace, progress: &Progress) -> Result<(String, Vec<anyhow::Error>)> {
    let folders = workspace.lesson_folders()?;
    if folders.is_empty() {
        anyhow::bail!("There is no lesson under exercises/.");
    }
    let (mut text, mut broken) = (String::new(), Vec::new());
    let mut next = None;
    for folder in &folders {
        // One broken lesson shall not hide the others.
        match Lesson::load(workspace, folder) {
            Ok(lesson) => {
                let current = progress
                    .last_lesson()
                    .map_or(next.is_none(), |last| last == lesson.name());
                if current {
                    next = progress
                        .first_open_step(&lesson)
                        .map(|step| format!("{}.{step}", lesson.name()));
                }
                text += &of_lesson(&lesson, progress, current || folders.len() == 1);
                text.push('\n');
            }
            Err(error) => broken.push(error),
        }
    }
    text += &match next {
        Some(step) => format!(
            "Go on: {}\n",
            paint(ACT, &format!("cargo xtask check {step}"))
        ),
        None => format!(
            "Steps of a lesson: {}\n",
            paint(ACT, "cargo xtask list lesson1")
        ),
    };
    Ok((text, broken))
}

fn of_lesson(lesson: &Lesson, progress: &Progress, with_steps: bool) -> String {
    let total = lesson.manifest.steps.len();
    let done = lesson
        .steps()
        .filter(|(number, _)| progress.has_passed(lesson, *number))
        .count();
    let time: u32 = lesson.manifest.steps.iter().map(|step| step.minutes).sum();
    let mut text = format!(
        "{}  {}\n",
        paint(BOLD, lesson.name()),
        paint(BOLD, &lesson.manifest.title)
    );
    text += &format!("{}\n", wrap(&lesson.manifest.summary, 2));
    let extent = format!("{done} of {} done{}", count(total, "step"), minutes(time));
    text += &format!("  {}  {}\n", bar(done, total), paint(FAINT, &extent));
    if !with_steps {
        return text;
    }
    let first_open = progress.first_open_step(lesson);
    for (number, step) in lesson.steps() {
        let sign = if progress.has_passed(lesson, number) {
            paint(GOOD, "✓")
        } else if first_open == Some(number) {
            paint(OPEN, "▸")
        } else {
            paint(FAINT, "·")
        };
        let time = if step.minutes > 0 {
            format!("{:>3} min", step.minutes)
        } else {
            String::new()
        };
        text += &format!(
            "    {sign} {number:>2}  {}  {}\n",
            pad(&step.title, 54),
            paint(FAINT, &time)
        );
    }
    text
}

fn pad(text: &str, width: usize) -> String {
    format!(
        "{text}{}",
        " ".repeat(width.saturating_sub(text.chars().count()))
    )
}
