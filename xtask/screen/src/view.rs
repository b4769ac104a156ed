//! Draws what `watch` knows. It only reads: the same state gives the same cells, on a window of any size.

use ansi_to_tui::IntoText;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Axis, Block, Borders, Chart, Dataset, GraphType, Paragraph, Wrap};

use crate::app::{App, Page, Stage};
use crate::picture::Picture;

/// From so many columns on, the steps stand beside the verdict.
const WIDE: u16 = 100;
/// How wide the list of steps is.
const STEPS: u16 = 34;
/// From so many rows on, a training curve has room below the verdict.
const CURVE: u16 = 10;

const GOOD: Style = Style::new().fg(Color::Green).add_modifier(Modifier::BOLD);
const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const OPEN: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);
const FAINT: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// What a page shows that is not in the state: texts read from files.
#[derive(Default)]
pub(crate) struct Extra {
    /// The reference beside the student's code, with colours.
    pub(crate) solution: String,
    /// All lessons, with colours.
    pub(crate) list: String,
    /// The picture of the verdict.
    pub(crate) picture: Option<Picture>,
}

/// Draws a frame.
pub(crate) fn draw(frame: &mut Frame<'_>, app: &App, extra: &Extra) {
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    draw_head(frame, app, head);
    draw_foot(frame, app, foot);
    let page = if body.width >= WIDE {
        let [steps, page] =
            Layout::horizontal([Constraint::Length(STEPS), Constraint::Min(0)]).areas(body);
        draw_steps(frame, app, steps);
        page
    } else {
        body
    };
    let page = page.inner(Margin::new(1, 0));
    if app.page == Page::Picture
        && let Some(picture) = &extra.picture
    {
        let lines = picture.lines(page.width.into(), page.height.into());
        frame.render_widget(Paragraph::new(lines), page);
        return;
    }
    let page = if app.page == Page::Verdict && app.curve.len() > 1 && page.height >= 2 * CURVE {
        let [text, curve] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(CURVE)]).areas(page);
        draw_curve(frame, &app.curve, curve);
        text
    } else {
        page
    };
    draw_text(frame, app, extra, page);
}

fn draw_head(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let lesson = &app.lesson;
    let step = lesson.step(app.step);
    let steps = lesson.manifest.steps.len();
    let spent = app.progress.minutes(lesson, app.step) + app.opened.elapsed().as_secs() / 60;
    let time = match step.minutes {
        0 => format!("{spent} min"),
        planned => format!("{spent} of about {planned} min"),
    };
    let title = Line::from(vec![
        Span::styled(
            format!(" {} ", lesson.name()),
            BOLD.add_modifier(Modifier::REVERSED),
        ),
        Span::raw(format!(" Step {} of {steps} — ", app.step)),
        Span::styled(step.title.clone(), BOLD),
        Span::styled(format!("  {time}"), FAINT),
    ]);
    let stage = match &app.stage {
        Stage::Idle if app.step_passes() => Line::styled(" ✓ passes", GOOD),
        Stage::Idle if app.untouched() => Line::styled(" ○ to be written", OPEN),
        Stage::Idle if app.verdict.is_empty() => Line::raw(""),
        Stage::Idle => Line::styled(" ✗ not yet", BAD),
        Stage::Building => Line::styled(format!(" ⋯ building {}", seconds(app)), FAINT),
        Stage::Checking { name, limit } => {
            let name = name.rsplit("::").next().unwrap_or(name).replace('_', " ");
            Line::styled(
                format!(
                    " ⋯ {name} {}, at most {limit:.0} s; {} passed",
                    seconds(app),
                    app.passed
                ),
                FAINT,
            )
        }
    };
    frame.render_widget(Paragraph::new(vec![title, stage]), area);
}

fn seconds(app: &App) -> String {
    format!("{:.0} s", app.since.elapsed().as_secs_f64().floor())
}

fn draw_foot(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let line = match &app.note {
        Some(note) => Line::styled(format!(" {note}"), OPEN),
        None => keys(area.width, app),
    };
    frame.render_widget(Paragraph::new(line), area);
}

/// As many keys as there is room for, the most useful first.
fn keys(width: u16, app: &App) -> Line<'static> {
    let mut keys = vec![
        ("h", "hint"),
        ("e", "edit"),
        ("n", "next"),
        ("q", "quit"),
        ("?", "keys"),
    ];
    if app.step_passes() {
        keys.insert(0, ("s", "solution"));
        keys.swap(0, 3);
    }
    if app.picture_file().is_some() {
        keys.insert(1, ("v", "picture"));
    }
    keys.extend([
        ("l", "list"),
        ("a", "all"),
        ("r", "again"),
        ("p", "previous"),
        ("x", "reset"),
    ]);
    let mut spans = vec![Span::raw(" ")];
    let mut room = usize::from(width.saturating_sub(1));
    for (key, word) in keys {
        let needed = key.len() + word.len() + 3;
        if needed > room {
            break;
        }
        room -= needed;
        spans.push(Span::styled(key, BOLD));
        spans.push(Span::styled(format!(" {word}  "), FAINT));
    }
    Line::from(spans)
}

fn draw_steps(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let lines: Vec<Line<'_>> = app
        .lesson
        .steps()
        .map(|(number, step)| {
            let passed = app.progress.has_passed(&app.lesson, number);
            let sign = match (passed, number == app.step) {
                (true, _) => Span::styled(" ✓ ", GOOD),
                (false, true) => Span::styled(" ▸ ", OPEN),
                (false, false) => Span::styled(" · ", FAINT),
            };
            let style = if number == app.step {
                BOLD
            } else {
                Style::new()
            };
            let room = usize::from(STEPS).saturating_sub(8);
            let title: String = if step.title.chars().count() > room {
                step.title.chars().take(room - 1).chain(['…']).collect()
            } else {
                step.title.clone()
            };
            Line::from(vec![sign, Span::styled(format!("{number} {title}"), style)])
        })
        .collect();
    let block = Block::new().borders(Borders::RIGHT).border_style(FAINT);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn draw_text(frame: &mut Frame<'_>, app: &App, extra: &Extra, area: Rect) {
    let text = match app.page {
        Page::Verdict if app.verdict.is_empty() => Text::styled("The first check runs …", FAINT),
        Page::Verdict => coloured(&app.verdict),
        Page::Hint => hints(app),
        Page::List => coloured(&extra.list),
        Page::Solution => coloured(&extra.solution),
        Page::Picture => Text::raw("The picture cannot be shown here; `o` opens it."),
        Page::Help => help(),
        Page::ConfirmReset => {
            let step = app.lesson.step(app.step);
            Text::from(vec![
                Line::styled(
                    format!("Start step {} — {} afresh?", app.step, step.title),
                    BOLD,
                ),
                Line::raw(""),
                Line::raw("Your version is kept as a backup and named."),
                Line::raw(""),
                Line::raw("y yes    any other key: no"),
            ])
        }
    };
    let wrap = !matches!(app.page, Page::Solution | Page::List);
    let lines = text.lines.len();
    // The last line can be scrolled to the top, and no further.
    let scroll = app.scroll.min(lines.saturating_sub(1));
    let mut paragraph = Paragraph::new(text).scroll((u16::try_from(scroll).unwrap_or(u16::MAX), 0));
    if wrap {
        paragraph = paragraph.wrap(Wrap { trim: false });
    }
    frame.render_widget(paragraph, area);
}

/// Text with a terminal's colours in it. Bytes that are none of them are shown as they are.
fn coloured(text: &str) -> Text<'static> {
    text.into_text()
        .unwrap_or_else(|_| Text::raw(text.to_owned()))
}

fn hints(app: &App) -> Text<'static> {
    let step = app.lesson.step(app.step);
    let shown = app
        .progress
        .hints_shown(&app.lesson, app.step)
        .min(step.hints.len());
    let mut lines = vec![
        Line::styled(format!("Hint {shown} of {}", step.hints.len()), BOLD),
        Line::raw(""),
    ];
    for (index, hint) in step.hints.iter().take(shown).enumerate() {
        let style = if index + 1 == shown {
            Style::new()
        } else {
            FAINT
        };
        lines.extend(
            hint.lines()
                .map(|line| Line::styled(line.to_owned(), style)),
        );
        lines.push(Line::raw(""));
    }
    lines.push(Line::styled(
        if shown < step.hints.len() {
            "h one more    Esc back"
        } else {
            "That was the last one.    Esc back"
        },
        FAINT,
    ));
    Text::from(lines)
}

fn help() -> Text<'static> {
    let keys = [
        ("h", "the next hint, from a nudge to nearly the code"),
        (
            "e, Enter",
            "open your editor ($VISUAL, $EDITOR) at the failing line",
        ),
        ("n, p", "next and previous step"),
        ("r", "check again"),
        ("a", "check all steps"),
        ("v", "the verdict's picture, here"),
        ("o", "the verdict's picture, in a window"),
        ("s", "the reference beside yours, once yours passes"),
        ("l", "all lessons"),
        ("x", "start the step afresh; your version is kept"),
        ("↑ ↓ PgUp PgDn", "scroll"),
        ("Ctrl-Z", "to the shell; `fg` comes back"),
        ("q, Ctrl-C", "quit"),
    ];
    let lines = keys.into_iter().map(|(key, meaning)| {
        Line::from(vec![
            Span::styled(format!("{key:>14}  "), BOLD),
            Span::raw(meaning),
        ])
    });
    let first = [
        Line::raw("Every save of a step's file checks it again."),
        Line::raw(""),
    ];
    Text::from(first.into_iter().chain(lines).collect::<Vec<_>>())
}

/// Draws the losses of a training.
pub(crate) fn draw_curve(frame: &mut Frame<'_>, curve: &[f64], area: Rect) {
    let points: Vec<(f64, f64)> = curve
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_finite())
        .map(|(i, value)| (i as f64 + 1., *value))
        .collect();
    let low = points
        .iter()
        .map(|p| p.1)
        .fold(f64::INFINITY, f64::min)
        .min(0.);
    let high = points.iter().map(|p| p.1).fold(low + 1e-9, f64::max);
    let last = curve.len().max(2) as f64;
    let data = Dataset::default()
        .marker(Marker::Braille)
        .graph_type(GraphType::Line)
        .style(Style::new().fg(Color::Cyan))
        .data(&points);
    let chart = Chart::new(vec![data])
        .block(
            Block::new()
                .borders(Borders::TOP)
                .border_style(FAINT)
                .title("loss"),
        )
        .x_axis(
            Axis::default()
                .bounds([1., last])
                .labels(["1".to_owned(), format!("{last}")]),
        )
        .y_axis(
            Axis::default()
                .bounds([low, high])
                .labels([format!("{low:.2}"), format!("{high:.2}")]),
        );
    frame.render_widget(chart, area);
}
