//! What a finished lesson leaves: a few lines on the terminal, and a page to look at.

mod page;

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;

use crate::figures::{self, Figures};
use crate::lesson::Lesson;
use crate::progress::Progress;
use crate::report::{command, duration, times};
use crate::style::{ACT, BOLD, FAINT, GOOD, count, paint, wrap};
use crate::workspace::{Workspace, write_whole};

/// Writes the lesson's page, and gives its path.
pub(crate) fn write_page(
    workspace: &Workspace,
    lesson: &Lesson,
    progress: &Progress,
) -> Result<PathBuf> {
    let path = figures::folder(workspace, lesson).join("index.html");
    let next = next_lesson(workspace, lesson);
    write_whole(
        &path,
        page::html(workspace, lesson, progress, next.as_ref()),
    )?;
    Ok(path)
}

/// The same in the terminal, when the last step passes.
pub(crate) fn text(
    workspace: &Workspace,
    lesson: &Lesson,
    progress: &Progress,
    news: usize,
) -> String {
    let name = lesson.name();
    let title = format!("{name} is done — {}", lesson.manifest.title);
    let mut text = format!("{} {}\n\n", paint(GOOD, "✓"), paint(BOLD, &title));
    if news > 0 {
        // Each step that passes now has said it above: not all of them once more.
        if news < lesson.manifest.steps.len() {
            text += &format!("  {}\n", paint(BOLD, "What you know now"));
            for (number, step) in lesson.steps() {
                let learned = wrap(&step.learned, 6);
                let _ = writeln!(text, "  {number:>2}  {}", learned.trim_start());
            }
            text.push('\n');
        }
        let (spent, planned) = times(lesson, progress);
        if spent > 0 {
            let times = format!(
                "{} for {}",
                duration(spent),
                count(lesson.manifest.steps.len(), "step")
            );
            let _ = writeln!(text, "  {times}; about {} were planned.", duration(planned));
            text.push('\n');
        }
    }
    text += &models(workspace, lesson);
    if let Ok(path) = write_page(workspace, lesson, progress) {
        let _ = writeln!(
            text,
            "The whole lesson on a page: {}",
            paint(ACT, &workspace.relative(&path))
        );
    }
    match next_lesson(workspace, lesson) {
        Some(next) => {
            let _ = writeln!(
                text,
                "Next: {} — {}\n      {}",
                next.name(),
                next.manifest.title,
                command(&format!("check {}", next.name()))
            );
        }
        None => {
            text += &format!(
                "That was the last lesson. All of them: {}\n",
                command("list")
            )
        }
    }
    text
}

/// A line for each model of the last run, or how to train them.
fn models(workspace: &Workspace, lesson: &Lesson) -> String {
    let name = lesson.name();
    if lesson.manifest.models.is_empty() {
        return String::new();
    }
    let Ok(figures) = Figures::read(workspace, lesson) else {
        let train = command(&format!("run {name} --all"));
        return format!("Train its models with your own code, and see their curves: {train}\n\n");
    };
    let mut text = format!(
        "  {}  {}\n",
        paint(BOLD, "Its models"),
        paint(FAINT, &format!("(the last run, on {})", figures.data))
    );
    let width = figures
        .models
        .iter()
        .map(|figure| figure.name.chars().count())
        .max();
    for figure in &figures.models {
        let scores: Vec<String> = figure
            .scores()
            .map(|(name, score)| format!("{name} {score}"))
            .collect();
        let line = wrap(&scores.join(", "), width.unwrap_or(0) + 6);
        let _ = writeln!(
            text,
            "  {:<width$}  {}",
            figure.name,
            line.trim_start(),
            width = width.unwrap_or(0)
        );
    }
    let missing = lesson
        .manifest
        .models
        .len()
        .saturating_sub(figures.models.len());
    if missing > 0 {
        let train = command(&format!("run {name} --all"));
        let _ = writeln!(text, "  {} to train: {train}", count(missing, "more model"));
    }
    text + "\n"
}

/// The lesson after this one.
pub(crate) fn next_lesson(workspace: &Workspace, lesson: &Lesson) -> Option<Lesson> {
    let folders = workspace.lesson_folders().ok()?;
    let next = folders
        .iter()
        .skip_while(|folder| **folder != lesson.package)
        .nth(1)?;
    Lesson::load(workspace, next).ok()
}
