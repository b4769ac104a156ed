//! `list`: the lessons, their steps, what is done, and the time it took.

use std::process::ExitCode;

use anyhow::Result;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::lesson::Lesson;
use crate::progress::Progress;
use crate::report::{command, duration, times, totals};
use crate::select::{lesson_here, resume, select};
use crate::style::{BOLD, FAINT, GOOD, OPEN, complain, count, paint, width, wrap};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, only: Option<&str>) -> Result<ExitCode> {
    let progress = Progress::load_aloud(workspace);
    let here = lesson_here(workspace).filter(|_| only.is_none());
    if let Some(only) = only.or(here.as_deref()).filter(|only| *only != "all") {
        anstream::print!("{}", in_full(&select(workspace, only)?.lesson, &progress));
        if here.is_some() {
            anstream::println!("\n  All lessons: {}", command("list all"));
        }
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

/// All lessons in words, with colours, and what is wrong with those that cannot be read. The one that the student is at shows its steps.
///
/// # Errors
///
/// When there is no lesson at all.
pub fn text(workspace: &Workspace, progress: &Progress) -> Result<(String, Vec<anyhow::Error>)> {
    let folders = workspace.lesson_folders()?;
    if folders.is_empty() {
        anyhow::bail!("There is no lesson under exercises/.");
    }
    let here = resume(workspace, progress).ok();
    let (mut text, mut broken) = (String::new(), Vec::new());
    let (mut done, mut steps, mut spent, mut planned) = (0, 0, 0, 0);
    for folder in &folders {
        // One broken lesson shall not hide the others.
        let lesson = match Lesson::load(workspace, folder) {
            Ok(lesson) => lesson,
            Err(error) => {
                broken.push(error);
                continue;
            }
        };
        let is_here = here
            .as_ref()
            .is_some_and(|here| here.step.is_some() && here.lesson.package == lesson.package);
        text += &in_a_row(&lesson, progress, is_here);
        if is_here {
            text += &rows_of_steps(&lesson, progress);
        }
        let (minutes, of) = times(&lesson, progress);
        done += passed(&lesson, progress);
        steps += lesson.manifest.steps.len();
        spent += minutes;
        planned += of;
    }
    if folders.len() > 1 {
        let steps = format!("{done} of {steps}");
        text += &row("  ", "", "all lessons", &steps, &hours(spent, planned));
    }
    text.push('\n');
    text += &match here {
        Some(here) => match here.step {
            Some(number) => format!(
                "{} {name}.{number} — {}\n  {}\n",
                if spent > 0 || done > 0 {
                    "You are at"
                } else {
                    "Begin with"
                },
                here.lesson.step(number).title,
                command(&format!("check {}.{number}", here.lesson.name())),
                name = here.lesson.name(),
            ),
            None => format!("{} Everything is done.\n", paint(GOOD, "✓")),
        },
        None => String::new(),
    };
    Ok((text, broken))
}

/// One lesson with all that there is to say about it.
fn in_full(lesson: &Lesson, progress: &Progress) -> String {
    let name = lesson.name();
    let mut text = format!(
        "{}  {}\n",
        paint(BOLD, name),
        paint(BOLD, &lesson.manifest.title)
    );
    text += &format!("{}\n\n", wrap(&lesson.manifest.summary, 2));
    text += &rows_of_steps(lesson, progress);
    text += &format!("\n  {}", totals(lesson, progress));
    let (_, planned) = times(lesson, progress);
    if let Some(step) = progress.first_open_step(lesson) {
        text += &format!("  Go on:   {}\n", command(&format!("check {name}.{step}")));
    }
    if planned > 0 {
        text += &format!(
            "  Planned: {} for {}\n",
            duration(planned),
            count(lesson.manifest.steps.len(), "step")
        );
    }
    let models: Vec<&str> = lesson
        .manifest
        .models
        .iter()
        .map(|model| model.name.as_str())
        .collect();
    if !models.is_empty() {
        let names = wrap(&models.join(", "), 11);
        text += &format!("  Models:  {}\n", names.trim_start());
        let run = format!("run {name} --model {}", models[0]);
        text += &format!("           {}\n", command(&run));
    }
    text
}

fn passed(lesson: &Lesson, progress: &Progress) -> usize {
    lesson
        .steps()
        .filter(|(number, _)| progress.has_passed(lesson, *number))
        .count()
}

fn in_a_row(lesson: &Lesson, progress: &Progress, is_here: bool) -> String {
    let (done, total) = (passed(lesson, progress), lesson.manifest.steps.len());
    let sign = if done == total {
        paint(GOOD, "✓ ")
    } else if is_here {
        paint(OPEN, "▸ ")
    } else {
        "  ".to_owned()
    };
    let (spent, planned) = times(lesson, progress);
    row(
        &sign,
        &format!("{}  ", lesson.name()),
        &lesson.manifest.title,
        &format!("{done} of {total}"),
        &hours(spent, planned),
    )
}

fn rows_of_steps(lesson: &Lesson, progress: &Progress) -> String {
    let first_open = progress.first_open_step(lesson);
    let mut text = String::new();
    for (number, step) in lesson.steps() {
        let sign = if progress.has_passed(lesson, number) {
            paint(GOOD, "✓")
        } else if first_open == Some(number) {
            paint(OPEN, "▸")
        } else {
            paint(FAINT, "·")
        };
        let time = match (progress.minutes(lesson, number), step.minutes) {
            (0, 0) => String::new(),
            (0, planned) => format!("{planned} min"),
            (spent, 0) => format!("{spent} min"),
            (spent, planned) => format!("{spent} of {planned} min"),
        };
        text += &row(
            &format!("    {sign} "),
            &format!("{number:>2}  "),
            &step.title,
            "",
            &time,
        );
    }
    text
}

/// Columns for `8 of 9`, and for `1:05 of 2:30 h`.
const STEPS: usize = 9;
const TIME: usize = 16;

/// A row: what stands in front, the title, the steps, the time; the last two in columns of their own.
fn row(sign: &str, name: &str, title: &str, steps: &str, time: &str) -> String {
    let before = anstream::adapter::strip_str(sign).to_string().width() + name.width();
    // A step has no count of its own: its title may have that column.
    let count = if steps.is_empty() { 0 } else { STEPS };
    let room = width().min(90).saturating_sub(before + count + TIME);
    let title = cut(title, room);
    let blank = " ".repeat(room.saturating_sub(title.width()));
    let name = if steps.is_empty() {
        name.to_owned()
    } else {
        paint(BOLD, name)
    };
    let end = paint(FAINT, &format!("{steps:>count$}{time:>TIME$}"));
    format!("{sign}{name}{title}{blank}{end}\n")
}

/// `1:05 of 2:30 h`.
fn hours(spent: u64, planned: u64) -> String {
    let clock = |minutes: u64| format!("{}:{:02}", minutes / 60, minutes % 60);
    match (spent, planned) {
        (0, 0) => String::new(),
        (0, planned) => format!("{} h", clock(planned)),
        (spent, 0) => format!("{} h", clock(spent)),
        (spent, planned) => format!("{} of {} h", clock(spent), clock(planned)),
    }
}

/// The title, as far as there is room.
fn cut(title: &str, room: usize) -> String {
    if title.width() <= room {
        return title.to_owned();
    }
    let mut used = 1;
    let kept: String = title
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_on_a_clock() {
        assert_eq!(hours(65, 150), "1:05 of 2:30 h");
        assert_eq!(hours(0, 120), "2:00 h");
        assert_eq!(hours(0, 0), "");
    }

    #[test]
    fn a_title_is_cut_where_the_room_ends() {
        assert_eq!(cut("Softmax", 7), "Softmax");
        assert_eq!(cut("Softmax and more", 9), "Softmax…");
        assert_eq!(cut("名前名前", 5), "名前…");
    }
}
