//! What stands on each page.

use std::time::Instant;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use xtask::lesson::Subject;
use xtask::outcome::{CheckResult, LessonResult, Outcome};

use crate::app::Stage;
use crate::pages::{Building, gauge};
use crate::text::{ACT, BAD, BOLD, FAINT, GOOD, OPEN, PLAIN, coloured, cut, padded, wrapped};

use super::book::Page;
use super::clock::shown;
use super::code;
use super::markdown::{Block, lines, read, wrap};
use super::show::{Show, Verdict};

/// Sentences are read easily in so many columns.
const COLUMN: u16 = 76;
/// Code needs more.
pub(crate) const CODE: u16 = 108;

/// A page before it is drawn.
pub(crate) struct Body {
    pub(crate) heading: Option<(String, Style)>,
    pub(crate) lines: Vec<Line<'static>>,
    /// The first line of each thing that can be asked for.
    pub(crate) starts: Vec<usize>,
    /// Columns.
    pub(crate) width: u16,
    /// Whether empty lines may come between its lines.
    pub(crate) airy: bool,
}

impl Body {
    fn text(lines: Vec<Line<'static>>, width: u16) -> Self {
        Self {
            heading: None,
            lines,
            starts: Vec::new(),
            width,
            airy: true,
        }
    }

    fn headed(mut self, heading: &str, style: Style) -> Self {
        self.heading = Some((heading.to_owned(), style));
        self
    }
}

/// The page on the screen.
pub(crate) fn page(show: &Show, room: u16, now: Instant) -> Body {
    let width = room.min(COLUMN);
    let columns = usize::from(width);
    match show.page() {
        Page::Cover => {
            let mut text = wrap(&words(&show.book.summary), columns);
            text.push(Line::default());
            for (index, chapter) in show.book.chapters.iter().enumerate() {
                text.push(Line::from(vec![
                    Span::styled(format!("{:>2}  ", index + 1), FAINT),
                    Span::raw(chapter.title.clone()),
                    Span::styled(format!("  {} min", chapter.minutes), FAINT),
                ]));
            }
            Body::text(text, width).headed(&show.book.title, BOLD)
        }
        Page::Title(step) => {
            let chapter = show.book.chapter(step);
            let mut text = blocks(&chapter.subtitle, columns);
            text.push(Line::default());
            let minutes = format!("Step {step}, about {} minutes", chapter.minutes);
            text.push(Line::styled(minutes, FAINT));
            Body::text(text, width).headed(&chapter.title, BOLD)
        }
        Page::Idea(step, part) => idea(&show.book.chapter(step).idea[part], room),
        Page::Predict(step) => {
            let revealed = show.revealed[step - 1].answer;
            let text = prediction(show, step, revealed, columns);
            Body::text(text, width).headed("Predict", ACT)
        }
        Page::Exercise(_) => exercise(show, room),
        Page::Hints(step) => hints(show, step, width),
        Page::Check(_) => check(show, width, now),
        Page::Solution(step) => solution(show, step, room),
        Page::Recap(step) => {
            let chapter = show.book.chapter(step);
            let mut text = Vec::new();
            if !chapter.learned.is_empty() {
                text.extend(wrap(
                    &vec![Span::styled(chapter.learned.clone(), BOLD)],
                    columns,
                ));
                text.push(Line::default());
            }
            text.extend(prediction(show, step, true, columns));
            if let Some(next) = show.book.chapters.get(step) {
                text.push(Line::default());
                let next = format!("Next: step {} — {}", step + 1, next.title);
                text.push(Line::styled(next, FAINT));
            }
            Body::text(text, width).headed("So far", GOOD)
        }
        Page::End => {
            let mut body = list(show, 0, room, now);
            body.lines.push(Line::default());
            body.lines.push(Line::from(vec![
                Span::styled("Train it for real:  ", FAINT),
                Span::styled(format!("cargo xtask run {}", show.book.name), ACT),
            ]));
            body.headed("That was it", GOOD)
        }
    }
}

/// Sentences in a narrow column, tables as wide as they need.
fn idea(page: &[Block], room: u16) -> Body {
    let mut text = Vec::new();
    for block in page {
        if !text.is_empty() {
            text.push(Line::default());
        }
        let width = match block {
            Block::Table(_) | Block::Code { .. } => room.min(CODE),
            _ => room.min(COLUMN),
        };
        text.extend(lines(block, width.into()));
    }
    let widest = text.iter().map(Line::width).max().unwrap_or(0);
    let width = u16::try_from(widest).unwrap_or(room).max(room.min(COLUMN));
    Body::text(text, width)
}

fn words(text: &str) -> Vec<Span<'static>> {
    match read(text).into_iter().next() {
        Some(Block::Text(words)) => words,
        _ => vec![Span::raw(text.to_owned())],
    }
}

fn blocks(blocks: &[Block], width: usize) -> Vec<Line<'static>> {
    let mut all = Vec::new();
    for block in blocks {
        if !all.is_empty() {
            all.push(Line::default());
        }
        all.extend(lines(block, width));
    }
    all
}

/// The question, and the answer when it is revealed.
fn prediction(show: &Show, step: usize, revealed: bool, width: usize) -> Vec<Line<'static>> {
    let Some((question, answer)) = &show.book.chapter(step).predict else {
        return Vec::new();
    };
    let mut text = blocks(&read(question), width);
    text.push(Line::default());
    if revealed {
        text.extend(
            blocks(&read(answer), width.saturating_sub(2))
                .into_iter()
                .map(|line| barred(line, GOOD)),
        );
    } else {
        text.push(Line::styled("…", FAINT));
    }
    text
}

/// A line with a bar before it: what is new. It can be told without colour, too.
fn barred(line: Line<'static>, style: Style) -> Line<'static> {
    let mut spans = vec![Span::styled("▌ ", style)];
    spans.extend(line.spans);
    Line::from(spans)
}

fn exercise(show: &Show, room: u16) -> Body {
    let width = room.min(CODE);
    let mut text = Vec::new();
    let mut starts = Vec::new();
    if show.yours.is_some() && show.revealed().yours {
        text.push(Line::styled(
            format!("{} as it is", show.chapter().file),
            FAINT,
        ));
        text.push(Line::default());
    }
    for (lines, of) in code::set(show.code(), width.into()) {
        starts.extend(vec![text.len(); of]);
        text.extend(lines);
    }
    Body {
        heading: None,
        lines: text,
        starts,
        width,
        airy: false,
    }
}

fn hints(show: &Show, step: usize, width: u16) -> Body {
    let chapter = show.book.chapter(step);
    let shown = show.revealed().hints;
    let mut text = Vec::new();
    let mut starts = Vec::new();
    if shown == 0 {
        let many = format!(
            "{} hints, from a nudge to nearly the code.",
            chapter.hints.len()
        );
        text.push(Line::styled(many, FAINT));
    }
    for (index, hint) in chapter.hints.iter().take(shown).enumerate() {
        starts.push(text.len());
        let number = format!("{}  ", index + 1);
        let newest = index + 1 == shown;
        for (row, line) in blocks(&read(hint), usize::from(width).saturating_sub(3))
            .into_iter()
            .enumerate()
        {
            let lead = if row == 0 {
                number.clone()
            } else {
                "   ".into()
            };
            let mut spans = vec![Span::styled(lead, if newest { OPEN } else { FAINT })];
            spans.extend(line.spans);
            text.push(Line::from(spans).patch_style(if newest { PLAIN } else { FAINT }));
        }
        text.push(Line::default());
    }
    let heading = match shown {
        0 => "Stuck?".to_owned(),
        _ => format!("Hint {shown} of {}", chapter.hints.len()),
    };
    let mut body = Body::text(text, width).headed(&heading, OPEN);
    body.starts = starts;
    body.airy = false;
    body
}

fn solution(show: &Show, step: usize, room: u16) -> Body {
    let chapter = show.book.chapter(step);
    let width = room.min(CODE);
    let columns = usize::from(width).saturating_sub(2);
    let revealed = show.revealed().parts;
    let mut text = Vec::new();
    let mut starts = Vec::new();
    for item in &chapter.items {
        if !text.is_empty() {
            text.push(Line::default());
        }
        let first = text.len();
        for part in item {
            let Some(task) = &part.task else {
                for line in code::highlighted(&part.text) {
                    for line in code::fold(&line, columns) {
                        let mut spans = vec![Span::raw("  ")];
                        spans.extend(line.spans);
                        text.push(Line::from(spans));
                    }
                }
                continue;
            };
            starts.push(first);
            if starts.len() <= revealed {
                for line in code::highlighted(&part.text) {
                    text.extend(
                        code::fold(&line, columns)
                            .into_iter()
                            .map(|line| barred(line, GOOD)),
                    );
                }
            } else {
                let margin = part.text.len() - part.text.trim_start().len();
                let lead = " ".repeat(margin.min(12) + 2);
                let style = OPEN.remove_modifier(Modifier::BOLD);
                for line in wrap(
                    &vec![Span::styled(format!("… {task}"), style)],
                    columns.saturating_sub(margin.min(12)),
                ) {
                    let mut spans = vec![Span::raw(lead.clone())];
                    spans.extend(line.spans);
                    text.push(Line::from(spans));
                }
            }
        }
    }
    if text.is_empty() {
        text.push(Line::styled(
            "There is nothing to write in this step.",
            FAINT,
        ));
    }
    Body {
        heading: None,
        lines: text,
        starts,
        width,
        airy: false,
    }
}

fn check(show: &Show, width: u16, now: Instant) -> Body {
    let columns = usize::from(width);
    if show.runs_here() {
        let whose = whose(show.checked.1);
        let seconds = now.saturating_duration_since(show.since).as_secs();
        return match &show.stage {
            Stage::Checking { name, limit } => {
                let text = vec![
                    Line::raw(human(name)),
                    Line::styled(
                        format!(
                            "{whose}: {seconds} s of at most {limit:.0} s; {} passed",
                            show.passed
                        ),
                        FAINT,
                    ),
                ];
                Body::text(text, width).headed("Checking", ACT)
            }
            _ => {
                let mut text = vec![Line::styled(format!("{whose}: {seconds} s"), FAINT)];
                text.push(Line::default());
                match Building::read(&show.words) {
                    Some(built) => {
                        let bar = gauge(built.done, built.total, columns.min(60));
                        text.push(Line::from(bar));
                        text.push(Line::styled(cut(&built.names, columns), FAINT));
                    }
                    // That it waits for another run, for example.
                    None => text.push(Line::styled(cut(&show.words, columns), FAINT)),
                }
                if seconds >= 5 {
                    text.push(Line::default());
                    text.push(Line::styled(
                        "The first build takes minutes, the others a moment.",
                        FAINT,
                    ));
                }
                Body::text(text, width).headed("Building", ACT)
            }
        };
    }
    let Some(verdict) = show.verdict() else {
        let text = vec![
            Line::from(vec![
                Span::styled("r", BOLD),
                Span::raw("  your file as it is"),
            ]),
            Line::from(vec![Span::styled("R", BOLD), Span::raw("  the reference")]),
            Line::default(),
            Line::styled(show.chapter().file.clone(), FAINT),
        ];
        return Body::text(text, width).headed("Check", ACT);
    };
    let mut body = match &verdict.result {
        Some(result) => judged(show, verdict, result, width),
        None => {
            Body::text(wrapped(&coloured(&verdict.text), columns), width).headed("No verdict", BAD)
        }
    };
    if verdict.subject == Subject::Exercise && show.changed[show.step() - 1] {
        body.lines.push(Line::default());
        let words = "Your file has changed since; r checks it.";
        body.lines.push(Line::styled(words, OPEN));
    }
    body
}

fn judged(show: &Show, verdict: &Verdict, result: &LessonResult, width: u16) -> Body {
    let columns = usize::from(width);
    let checks = || result.steps.iter().flat_map(|step| &step.checks);
    let (passed, all) = (
        checks().filter(|check| check.passed).count(),
        checks().count(),
    );
    let count = Line::styled(
        format!("{}: {passed} of {all} checks pass", whose(verdict.subject)),
        FAINT,
    );
    let Some(open) = result.first_open() else {
        let mut text = wrap(&vec![Span::raw(show.chapter().learned.clone())], columns);
        text.extend([Line::default(), count]);
        return Body::text(text, width).headed("It passes", GOOD);
    };
    let (heading, style) = verdict_words(open);
    let mut text = Vec::new();
    if open.outcome == Outcome::BuildFailed {
        // The compiler's own layout means something.
        for line in open.message.lines() {
            text.extend(code::fold(&Line::raw(line.to_owned()), columns));
        }
    } else {
        text.push(Line::styled(human(&open.name), BOLD));
        text.push(Line::default());
        for line in open.message.lines() {
            if line.starts_with("  ") {
                text.extend(code::fold(&Line::raw(line.to_owned()), columns));
            } else {
                text.extend(wrap(&vec![Span::raw(line.to_owned())], columns));
            }
        }
    }
    text.push(Line::default());
    if let Some(place) = &open.location {
        text.push(Line::from(vec![
            Span::styled("→ ", FAINT),
            Span::styled(place.clone(), ACT),
        ]));
    }
    // Of a file that does not compile no check was run.
    text.push(match open.outcome {
        Outcome::BuildFailed => Line::styled(whose(verdict.subject), FAINT),
        _ => count,
    });
    Body::text(text, width).headed(heading, style)
}

fn verdict_words(check: &CheckResult) -> (&'static str, Style) {
    match check.outcome {
        Outcome::Passed => ("It passes", GOOD),
        Outcome::NotStarted => ("To be written", OPEN),
        Outcome::Failed => ("Not yet", BAD),
        Outcome::TimedOut => ("Too slow", BAD),
        Outcome::OutOfMemory => ("Out of memory", BAD),
        Outcome::OutputLimit => ("Too many words", BAD),
        Outcome::Exited => ("No verdict", BAD),
        Outcome::Crashed => ("It crashed", BAD),
        Outcome::BuildFailed => ("Does not compile", BAD),
        Outcome::Skipped => ("Skipped", BAD),
    }
}

fn whose(subject: Subject) -> &'static str {
    match subject {
        Subject::Exercise => "Your file",
        Subject::Solution => "The reference",
    }
}

/// `step1_neuron::adds_the_bias` → `adds the bias`.
fn human(name: &str) -> String {
    name.rsplit("::").next().unwrap_or(name).replace('_', " ")
}

/// The steps with the minutes that they have had.
pub(crate) fn list(show: &Show, chosen: usize, room: u16, now: Instant) -> Body {
    let width = room.min(COLUMN);
    let title = usize::from(width).saturating_sub(26);
    let rows = show
        .book
        .chapters
        .iter()
        .enumerate()
        .map(|(index, chapter)| {
            let step = index + 1;
            let spent = show.clock.spent(step, now);
            let passes = show.verdicts[index].as_ref().is_some_and(|verdict| {
                verdict.subject == Subject::Exercise
                    && verdict.result.as_ref().is_some_and(|result| result.passed)
            });
            let sign = if step == chosen {
                Span::styled(" ▸ ", OPEN)
            } else if passes {
                Span::styled(" ✓ ", GOOD)
            } else {
                Span::raw("   ")
            };
            let late = chapter.minutes > 0 && spent.as_secs() > u64::from(chapter.minutes) * 60;
            Line::from(vec![
                sign,
                Span::styled(
                    format!("{step:>2}  {}", padded(&chapter.title, title)),
                    if step == chosen { BOLD } else { PLAIN },
                ),
                Span::styled(
                    format!(" {:>7}", shown(spent)),
                    if late { BAD } else { PLAIN },
                ),
                Span::styled(format!(" of {:>2} min", chapter.minutes), FAINT),
            ])
        });
    let mut text: Vec<Line<'static>> = rows.collect();
    text.push(Line::default());
    text.push(Line::styled(
        format!(
            "{:>pad$} of {} min",
            shown(show.clock.total(now)),
            show.book.minutes(),
            pad = title + 14
        ),
        FAINT,
    ));
    Body::text(text, width)
}

pub(crate) fn help(room: u16) -> Body {
    let keys = [
        (
            "→ Space PgDn",
            "on: the rest of this page, what it hides, the next",
        ),
        ("n", "the next page at once, nothing is revealed"),
        ("← PgUp p", "the page before; what was revealed stays"),
        ("↑ ↓", "scroll"),
        ("1 … 9, 0", "to a step; to the cover"),
        ("Enter", "reveal what comes next; the answer, too"),
        (
            "i a x h s",
            "to the idea, prediction, exercise, hints, solution",
        ),
        ("S", "the whole solution"),
        ("r  R", "check your file; check the reference"),
        ("w", "check on every save, or not"),
        ("e", "open the step's file in your editor"),
        ("u", "your file, or the untouched exercise"),
        ("v  o", "the verdict's picture here; in a window"),
        ("t  T", "the clock: stand or run; begin this step anew"),
        ("l  b", "all steps, with their times; a dark screen"),
        ("Esc", "stop the check, take this away"),
        ("q", "quit; the place is remembered"),
    ];
    let mut text: Vec<Line<'static>> = keys
        .into_iter()
        .map(|(key, meaning)| {
            Line::from(vec![
                Span::styled(format!("{key:>12}   "), BOLD),
                Span::raw(meaning),
            ])
        })
        .collect();
    text.push(Line::default());
    text.push(Line::styled(
        "Letters too small? Your terminal zooms, mostly with Ctrl and +.",
        FAINT,
    ));
    let mut body = Body::text(text, room.min(COLUMN));
    body.airy = false;
    body
}
