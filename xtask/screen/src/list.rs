//! All lessons and their steps, to choose one from.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use xtask::lesson::Lesson;
use xtask::progress::Progress;

use crate::text::{BOLD, FAINT, GOOD, OPEN, PLAIN, padded, show};

/// The lessons, and the one or the step that is chosen.
#[derive(Default)]
pub(crate) struct List {
    lessons: Vec<Lesson>,
    /// A lesson and a step of it, or the lesson itself.
    rows: Vec<(usize, Option<usize>)>,
    chosen: usize,
}

impl List {
    /// With this step of this lesson chosen.
    pub(crate) fn new(lessons: Vec<Lesson>, name: &str, step: usize) -> Self {
        let rows: Vec<_> = lessons
            .iter()
            .enumerate()
            .flat_map(|(index, lesson)| {
                let steps = lesson.steps().map(move |(number, _)| (index, Some(number)));
                std::iter::once((index, None)).chain(steps)
            })
            .collect();
        let here =
            |row: &(usize, Option<usize>)| lessons[row.0].name() == name && row.1 == Some(step);
        let chosen = rows.iter().position(here).unwrap_or(0);
        Self {
            lessons,
            rows,
            chosen,
        }
    }

    /// Goes so many rows on, as far as there are any.
    pub(crate) fn step_by(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
    }

    /// Goes to the next or the previous lesson.
    pub(crate) fn lesson_by(&mut self, by: isize) {
        let Some((lesson, step)) = self.rows.get(self.chosen) else {
            return;
        };
        // Back goes to this lesson's own line first.
        let back = by < 0 && step.is_some();
        let to = if back {
            *lesson
        } else {
            lesson.saturating_add_signed(by)
        };
        let found = self.rows.iter().position(|row| *row == (to, None));
        self.chosen = found.unwrap_or(self.chosen);
    }

    /// The package of the chosen lesson, and the step when one is chosen.
    pub(crate) fn chosen(&self) -> Option<(String, Option<usize>)> {
        let (lesson, step) = self.rows.get(self.chosen)?;
        Some((self.lessons[*lesson].package.clone(), *step))
    }

    /// Draws it, with the chosen row in sight.
    pub(crate) fn draw(&self, frame: &mut Frame<'_>, progress: &Progress, area: Rect) {
        let width = usize::from(area.width);
        let lines: Vec<Line<'static>> = self
            .rows
            .iter()
            .enumerate()
            .map(|(row, (lesson, step))| {
                let lesson = &self.lessons[*lesson];
                let line = match step {
                    None => heading(lesson, progress, width),
                    Some(step) => of_step(lesson, *step, progress, width),
                };
                if row == self.chosen {
                    line.style(Style::new().add_modifier(Modifier::REVERSED))
                } else {
                    line
                }
            })
            .collect();
        let height = usize::from(area.height);
        let scroll = (self.chosen + height / 2 + 1).saturating_sub(height);
        show(frame, &lines, scroll, area);
    }
}

fn heading(lesson: &Lesson, progress: &Progress, width: usize) -> Line<'static> {
    let total = lesson.manifest.steps.len();
    let passed = |number: &usize| progress.has_passed(lesson, *number);
    let done = lesson.steps().filter(|(number, _)| passed(number)).count();
    let extent = format!("{done} of {total}");
    let room = width.saturating_sub(extent.len() + 1);
    let title = format!("{}  {}", lesson.name(), lesson.manifest.title);
    let style = if done == total { GOOD } else { FAINT };
    Line::from(vec![
        Span::styled(padded(&title, room), BOLD),
        Span::styled(format!("{extent} "), style),
    ])
}

fn of_step(lesson: &Lesson, number: usize, progress: &Progress, width: usize) -> Line<'static> {
    let step = lesson.step(number);
    let sign = if progress.has_passed(lesson, number) {
        Span::styled("✓", GOOD)
    } else if progress.first_open_step(lesson) == Some(number) {
        Span::styled("▸", OPEN)
    } else {
        Span::styled("·", FAINT)
    };
    let time = time(progress.minutes(lesson, number), step.minutes);
    let room = width.saturating_sub(time.len() + 8);
    Line::from(vec![
        Span::raw("  "),
        sign,
        Span::styled(
            format!(" {number:>2} {} ", padded(&step.title, room)),
            PLAIN,
        ),
        Span::styled(time, FAINT),
    ])
}

/// `4 of 10 min`, as far as either is known; always as wide.
pub(crate) fn time(spent: u64, planned: u32) -> String {
    let words = match (spent, planned) {
        (0, 0) => String::new(),
        (spent, 0) => format!("{spent} min"),
        (0, planned) => format!("{planned} min"),
        (spent, planned) => format!("{spent} of {planned} min"),
    };
    format!("{words:>13}")
}
