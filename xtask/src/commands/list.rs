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
        show(&select(workspace, only)?.lesson, &progress, true);
        return Ok(ExitCode::SUCCESS);
    }
    let folders = workspace.lesson_folders()?;
    if folders.is_empty() {
        anyhow::bail!("There is no lesson under exercises/.");
    }
    let mut broken = false;
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
                show(&lesson, &progress, current || folders.len() == 1);
                anstream::println!();
            }
            Err(error) => {
                complain(&error);
                broken = true;
            }
        }
    }
    match next {
        Some(step) => anstream::println!(
            "Go on: {}",
            paint(ACT, &format!("cargo xtask check {step}"))
        ),
        None => anstream::println!(
            "Steps of a lesson: {}",
            paint(ACT, "cargo xtask list lesson1")
        ),
    }
    Ok(if broken {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    })
}

fn show(lesson: &Lesson, progress: &Progress, with_steps: bool) {
    let total = lesson.manifest.steps.len();
    let done = lesson
        .steps()
        .filter(|(number, _)| progress.has_passed(lesson, *number))
        .count();
    let time: u32 = lesson.manifest.steps.iter().map(|step| step.minutes).sum();
    anstream::println!(
        "{}  {}",
        paint(BOLD, lesson.name()),
        paint(BOLD, &lesson.manifest.title)
    );
    anstream::println!("{}", wrap(&lesson.manifest.summary, 2));
    let extent = format!("{done} of {} done{}", count(total, "step"), minutes(time));
    anstream::println!("  {}  {}", bar(done, total), paint(FAINT, &extent));
    if !with_steps {
        return;
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
        anstream::println!(
            "    {sign} {number:>2}  {}  {}",
            pad(&step.title, 54),
            paint(FAINT, &time)
        );
    }
}

fn pad(text: &str, width: usize) -> String {
    format!(
        "{text}{}",
        " ".repeat(width.saturating_sub(text.chars().count()))
    )
}
