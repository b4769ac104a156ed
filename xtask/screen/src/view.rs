//! Draws what `watch` knows. It only reads: the same state gives the same cells, on a window of any size.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};
use xtask::outcome::Outcome;

use crate::app::{App, Page, Stage};
use crate::chart;
use crate::pages;
use crate::picture::Picture;
use crate::text::{ACT, BAD, BOLD, FAINT, GOOD, OPEN, PLAIN, cut, padded, shifted, show, wrapped};

#[cfg(test)]
mod tests;

/// From so many columns on, the steps stand beside the verdict.
const WIDE: u16 = 100;
/// How wide the list of steps is, at least and at most.
const STEPS: (u16, u16) = (36, 50);
/// Below so many columns, a step is named by its number alone.
const NARROW: u16 = 48;
/// From so many rows on, there are lines around the page.
const HIGH: u16 = 12;
/// So many lines may somebody's word take.
const NOTE: usize = 3;
/// From so many rows on, there is a line of keys.
const KEYS: u16 = 4;
/// Words are tiring to read in longer lines.
const READABLE: u16 = 100;

/// What was drawn, for the keys that scroll.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Drawn {
    /// The most that the page can be scrolled.
    pub(crate) most: usize,
    /// The columns and the rows of the page.
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// Draws a frame.
pub(crate) fn draw(frame: &mut Frame<'_>, app: &App, picture: Option<&Picture>) -> Drawn {
    let area = frame.area();
    // The name of a backup is worth more than one line.
    let note = app.note.as_ref().map(|note| {
        let line = Line::styled(format!(" {note}"), OPEN);
        wrapped(&[line], area.width.into())
    });
    let noted = note.as_ref().map_or(1, |lines| lines.len().min(NOTE));
    let line = |high: u16| Constraint::Length(u16::from(area.height >= high));
    let [title, state, above, body, below, keys] = Layout::vertical([
        line(KEYS),
        Constraint::Length(1),
        line(HIGH),
        Constraint::Min(0),
        line(HIGH),
        match area.height {
            HIGH.. => Constraint::Length(u16::try_from(noted).unwrap_or(1)),
            _ => line(KEYS),
        },
    ])
    .areas(area);
    frame.render_widget(title_line(app, title.width), title);
    let short = title.height == 0;
    frame.render_widget(state_line(app, state.width, short), state);
    for rule in [above, below] {
        frame.render_widget(Block::new().borders(Borders::TOP).border_style(FAINT), rule);
    }
    match note {
        Some(note) => {
            show(frame, &note, 0, keys);
        }
        None => frame.render_widget(key_line(app, keys.width), keys),
    }
    // Two texts beside each other and a picture want all there is.
    let alone = matches!(app.page, Page::Solution | Page::Picture);
    let page = if body.width >= WIDE && !alone {
        let steps = (body.width * 3 / 10).clamp(STEPS.0, STEPS.1);
        let [steps, page] =
            Layout::horizontal([Constraint::Length(steps), Constraint::Min(0)]).areas(body);
        draw_steps(frame, app, steps);
        page
    } else {
        body
    };
    let page = page.inner(Margin::new(
        u16::from(page.width > 20),
        u16::from(page.height > HIGH),
    ));
    let most = draw_page(frame, app, picture, page);
    Drawn {
        most,
        columns: page.width.into(),
        rows: page.height.into(),
    }
}

fn draw_page(frame: &mut Frame<'_>, app: &App, picture: Option<&Picture>, area: Rect) -> usize {
    let readable = Rect {
        width: area.width.min(READABLE),
        ..area
    };
    let width = usize::from(readable.width);
    match app.page {
        Page::Verdict => {
            let lines = shifted(&pages::verdict(app, width), width, app.aside);
            let high = area.height * 2 / 5;
            // A verdict needs its room; while there is none yet, the curve is what there is to see.
            let fits = lines.len() + usize::from(high) <= usize::from(area.height);
            let live = app.curve.len() > 1
                && area.height >= 2 * chart::ROWS
                && (fits || app.stage != Stage::Idle);
            let [text, curve] = Layout::vertical([
                Constraint::Min(0),
                Constraint::Length(if live { high } else { 0 }),
            ])
            .areas(area);
            if live {
                chart::draw(frame, &in_words(&app.curve_of), &app.curve, curve);
            }
            let text = Rect {
                width: readable.width,
                ..text
            };
            show(frame, &lines, app.scroll, text)
        }
        Page::Hint => show(
            frame,
            &wrapped(&pages::hints(app), width),
            app.scroll,
            readable,
        ),
        Page::List => {
            app.list.draw(frame, &app.progress, readable);
            0
        }
        // Beside each other: nothing may be wrapped.
        Page::Solution => show(
            frame,
            &crate::text::coloured(&app.solution),
            app.scroll,
            area,
        ),
        Page::Picture => {
            draw_picture(frame, app, picture, area);
            0
        }
        Page::Finish => show(
            frame,
            &wrapped(&pages::finish(app, width), width),
            app.scroll,
            readable,
        ),
        Page::Help => show(frame, &wrapped(&pages::help(), width), app.scroll, readable),
        Page::ConfirmReset => show(
            frame,
            &wrapped(&pages::confirm_reset(app), width),
            app.scroll,
            readable,
        ),
    }
}

fn draw_picture(frame: &mut Frame<'_>, app: &App, picture: Option<&Picture>, area: Rect) {
    let name = app.pictures.get(app.picture).map_or("", String::as_str);
    let of = match app.pictures.len() {
        0 | 1 => String::new(),
        count => format!("  {} of {count}", app.picture + 1),
    };
    let [title, rest] = Layout::vertical([
        Constraint::Length(u16::from(area.height > 5)),
        Constraint::Min(0),
    ])
    .areas(area);
    let title_words = Line::from(vec![
        Span::styled(name.to_owned(), ACT),
        Span::styled(of, FAINT),
    ]);
    frame.render_widget(title_words, title);
    let Some(picture) = picture else {
        frame.render_widget(
            Line::raw("The picture cannot be shown here; `o` opens it."),
            rest,
        );
        return;
    };
    let lines = picture.lines(rest.width.into(), rest.height.into());
    for (row, line) in (rest.top()..rest.bottom()).zip(lines) {
        frame.render_widget(line, Rect::new(rest.x, row, rest.width, 1));
    }
}

/// ` lesson1  Step 4 of 8 — Truth tables         4 of about 10 min `
fn title_line(app: &App, width: u16) -> Line<'static> {
    let lesson = &app.lesson;
    let step = lesson.step(app.step);
    let time = match (app.minutes(), step.minutes) {
        (spent, 0) => format!("{spent} min "),
        (spent, planned) => format!("{spent} of about {planned} min "),
    };
    if width < NARROW {
        let name = format!(
            "{}.{} ",
            lesson.name().trim_start_matches("lesson"),
            app.step
        );
        return Line::from(vec![
            Span::raw(name),
            Span::styled(step.title.clone(), BOLD),
        ]);
    }
    let name = format!(" {} ", lesson.name());
    let place = format!(" Step {} of {} — ", app.step, lesson.manifest.steps.len());
    let width = usize::from(width);
    let room = width.saturating_sub(name.len() + place.chars().count() + time.len() + 1);
    // Where there is no room for both, the title is worth more than the time.
    let (title, time) = if room < 10 {
        (step.title.clone(), String::new())
    } else {
        (padded(&step.title, room), format!(" {time}"))
    };
    Line::from(vec![
        Span::styled(name, BOLD.add_modifier(Modifier::REVERSED)),
        Span::raw(place),
        Span::styled(title, BOLD),
        Span::styled(time, FAINT),
    ])
}

/// How it stands, in one line. A short one names the step, too.
fn state_line(app: &App, width: u16, short: bool) -> Line<'static> {
    let width = usize::from(width);
    let step = if short {
        format!(
            "{}.{} ",
            app.lesson.name().trim_start_matches("lesson"),
            app.step
        )
    } else {
        " ".to_owned()
    };
    let (style, words) = state(app);
    let words = cut(&format!("{step}{words}"), width);
    let used = words.chars().count();
    let mut spans = vec![Span::styled(words, style)];
    if app.stage == Stage::Idle && app.step_passes() && app.page == Page::Verdict {
        let last = app.step == app.lesson.manifest.steps.len();
        let all = app.progress.first_open_step(&app.lesson).is_none();
        let next = match (last, all) {
            (true, true) => "what you have built".to_owned(),
            (true, false) => "on to the step that is still open".to_owned(),
            (false, _) => format!("on to step {}", app.step + 1),
        };
        if used + next.len() + 6 < width {
            spans.push(Span::raw("   "));
            spans.push(Span::styled("n", BOLD));
            spans.push(Span::raw(format!(" {next}")));
        }
    }
    Line::from(spans)
}

fn state(app: &App) -> (Style, String) {
    match &app.stage {
        Stage::Idle => match app.trouble() {
            None if app.step_passes() => (GOOD, "✓ passes".to_owned()),
            None if app.verdict.is_empty() => (PLAIN, String::new()),
            None => (BAD, "✗ it could not be checked".to_owned()),
            Some((step, outcome)) => {
                let words = xtask::words_for(outcome);
                let words = if step == app.step {
                    words.to_owned()
                } else {
                    format!("step {step} {}", words)
                };
                if outcome == Outcome::NotStarted {
                    (OPEN, format!("○ {words}"))
                } else {
                    (BAD, format!("✗ {words}"))
                }
            }
        },
        Stage::Building => {
            let seconds = app.since.elapsed().as_secs();
            let mut words = match app.passed {
                0 => "⋯ building".to_owned(),
                passed => format!("⋯ {passed} passed, building the next steps"),
            };
            // Another run in this workspace, or another Cargo, is waited for.
            if let Some(waits) = pages::waits(&app.words) {
                words = format!("⋯ {waits}");
            }
            if seconds > 0 {
                words += &format!("  {seconds} s");
            }
            if let Some(building) = pages::Building::read(&app.words) {
                words += &format!(", {} of {}", building.done, building.total);
            }
            (ACT, words)
        }
        Stage::Checking { name, limit } => {
            let name = in_words(name);
            let seconds = app.checking.elapsed().as_secs_f64();
            (
                ACT,
                format!(
                    "⋯ {name}  {seconds:.1} of {limit:.0} s   {} passed",
                    app.passed
                ),
            )
        }
        Stage::Checked { name, passed } => {
            let sign = if *passed { '✓' } else { '✗' };
            let name = in_words(name);
            (ACT, format!("⋯ {name} {sign}   {} passed", app.passed))
        }
    }
}

/// `step1_sum::adds_twice` is "adds twice".
fn in_words(check: &str) -> String {
    let function = check.rsplit("::").next().unwrap_or(check);
    function.replace('_', " ")
}

fn key_line(app: &App, width: u16) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let mut room = usize::from(width.saturating_sub(1));
    for (key, word) in keys(app) {
        let needed = key.chars().count() + word.len() + 4;
        if needed > room {
            continue;
        }
        room -= needed;
        spans.push(Span::styled(key, BOLD));
        spans.push(Span::styled(format!(" {word}   "), FAINT));
    }
    Line::from(spans)
}

/// The keys that matter now, the most useful first.
fn keys(app: &App) -> Vec<(&'static str, &'static str)> {
    let back = ("Esc", "back");
    let quit = ("q", "quit");
    match app.page {
        Page::Verdict => {
            let mut keys = if app.step_passes() {
                vec![("n", "next"), ("s", "solution"), ("e", "edit")]
            } else {
                vec![("e", "edit"), ("h", "hint"), ("n", "next")]
            };
            if app.picture_of_verdict().is_some() {
                keys.insert(1, ("v", "picture"));
            }
            // Lines of the compiler's are long, and cut.
            if app
                .trouble()
                .is_some_and(|(_, outcome)| outcome == Outcome::BuildFailed)
            {
                keys.push(("←→", "aside"));
            }
            keys.extend([("?", "keys"), quit, ("l", "list"), ("a", "check all")]);
            keys.extend([("r", "again"), ("p", "previous"), ("x", "reset")]);
            keys
        }
        Page::Hint => vec![("h", "one more"), back, ("e", "edit"), ("?", "keys"), quit],
        Page::List => vec![
            ("↑↓", "choose"),
            ("Enter", "go there"),
            ("←→", "lesson"),
            back,
            quit,
        ],
        Page::Solution | Page::Help => vec![("↑↓", "scroll"), back, quit],
        Page::Picture if app.pictures.len() > 1 => {
            vec![("←→", "other pictures"), ("o", "open it"), back, quit]
        }
        Page::Picture => vec![("o", "open it"), back, quit],
        Page::Finish => vec![
            ("n", "next lesson"),
            ("l", "list"),
            ("v", "pictures"),
            ("o", "the lesson's page"),
            back,
            quit,
        ],
        Page::ConfirmReset => vec![("y", "start afresh"), ("any other key", "no")],
    }
}

fn draw_steps(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let block = Block::new().borders(Borders::RIGHT).border_style(FAINT);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let room = usize::from(inner.width).saturating_sub(8);
    let lines: Vec<Line<'static>> = app
        .lesson
        .steps()
        .map(|(number, step)| {
            let here = number == app.step;
            let passed = app.progress.has_passed(&app.lesson, number);
            let (sign, style) = match (passed, here) {
                (true, _) => ("✓", GOOD),
                (false, true) => ("▸", OPEN),
                (false, false) => ("·", FAINT),
            };
            let title = if here { BOLD } else { PLAIN };
            Line::from(vec![
                Span::styled(format!(" {sign} "), style),
                Span::styled(format!("{number:>2} "), FAINT),
                Span::styled(cut(&step.title, room), title),
            ])
        })
        .collect();
    let height = usize::from(inner.height).saturating_sub(2);
    let list = Rect {
        height: inner.height.saturating_sub(2),
        ..inner
    };
    let scroll = (app.step + height / 2).saturating_sub(height.max(1));
    show(frame, &lines, scroll, list);
    let total = app.lesson.manifest.steps.len();
    let passed = |number: &usize| app.progress.has_passed(&app.lesson, *number);
    let done = (1..=total).filter(passed).count();
    let gauge = pages::gauge(done, total, usize::from(inner.width).saturating_sub(12));
    let line = [
        vec![Span::raw(" ")],
        gauge,
        vec![Span::styled(format!(" {done} of {total}"), FAINT)],
    ]
    .concat();
    if inner.height > 2 {
        let place = Rect::new(inner.x, inner.bottom() - 1, inner.width, 1);
        frame.render_widget(Line::from(line).alignment(Alignment::Left), place);
    }
}
