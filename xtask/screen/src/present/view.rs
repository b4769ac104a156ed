//! Draws what `present` knows: large, few words, in the middle. It only reads, on a window of any size.

use std::time::Instant;

use ansi_to_tui::IntoText;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Clear, Paragraph};
use xtask::lesson::Subject;
use xtask::outcome::{CheckResult, LessonResult, Outcome};

use crate::app::Stage;
use crate::chart;
use crate::picture::Picture;

use super::book::Page;
use super::clock::shown;
use super::code;
use super::letters;
use super::markdown::{Block, lines, read, wrap};
use super::show::{Over, Show, Verdict};

/// Sentences are read easily in so many columns.
const COLUMN: u16 = 76;
/// Code needs more.
const CODE: u16 = 108;
/// From so many rows on a page has a heading in block letters.
const TALL: u16 = 17;
/// From so many rows on lines stand apart, as long as they fit.
const AIRY: u16 = 30;
/// From so many columns on the verdict's picture stands beside it.
const WIDE: u16 = 130;

const GOOD: Style = Style::new().fg(Color::Green).add_modifier(Modifier::BOLD);
const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const OPEN: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);
const FAINT: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const PLAIN: Style = Style::new();
const ACT: Style = Style::new().fg(Color::Cyan);

/// What a page turned out to be: where it is scrolled to, and how much is not seen.
pub(crate) struct Drawn {
    pub(crate) scroll: usize,
    pub(crate) below: usize,
    pub(crate) height: usize,
}

/// A page before it is drawn.
struct Body {
    heading: Option<(String, Style)>,
    lines: Vec<Line<'static>>,
    /// The first line of each thing that can be asked for.
    starts: Vec<usize>,
    /// Columns.
    width: u16,
    /// Whether empty lines may come between its lines.
    airy: bool,
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

/// Draws a frame.
pub(crate) fn draw(
    frame: &mut Frame<'_>,
    show: &Show,
    picture: Option<&Picture>,
    now: Instant,
) -> Drawn {
    let area = frame.area();
    // A tiny window is for the page alone.
    let (top, foot) = match area.height {
        0..=5 => (0, 0),
        6..=11 => (1, 1),
        _ => (3, 1),
    };
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(top),
        Constraint::Min(0),
        Constraint::Length(foot),
    ])
    .areas(area);
    draw_head(frame, show, head, now);
    draw_foot(frame, show, foot);
    if show.over == Some(Over::Picture)
        && let Some(picture) = picture
    {
        draw_picture(frame, picture, body);
        return Drawn {
            scroll: 0,
            below: 0,
            height: body.height.into(),
        };
    }
    let body = match (show.over, show.page()) {
        (None, Page::Check(_)) => draw_beside(frame, show, picture, body),
        _ => body,
    };
    let margin = if body.width > 60 { 3 } else { 1 };
    let room = body.width.saturating_sub(2 * margin);
    let page = match show.over {
        Some(Over::Help) => help(room),
        Some(Over::List(chosen)) => list(show, chosen, room, now),
        _ => page(show, room, now),
    };
    draw_body(frame, show, page, body)
}

/// The curve below the verdict, its picture to the right; gives what is left for the words.
fn draw_beside(frame: &mut Frame<'_>, show: &Show, picture: Option<&Picture>, area: Rect) -> Rect {
    let mut left = area;
    let running = show.runs_here();
    if !running
        && area.width >= WIDE
        && let Some(picture) = picture
    {
        let [words, image] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
        left = words;
        draw_picture(frame, picture, image);
    }
    let curve = match show.verdict() {
        _ if running => &show.curve,
        Some(verdict) => &verdict.curve,
        None => &show.curve,
    };
    if curve.len() > 1 && left.height >= 16 {
        // While it runs the curve is what there is to see.
        let rows = if running {
            left.height - 8
        } else {
            (left.height / 2).min(20)
        };
        let [words, chart] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(rows)]).areas(left);
        let [_, chart, _] = Layout::horizontal([
            Constraint::Fill(1),
            Constraint::Max(CODE),
            Constraint::Fill(1),
        ])
        .areas(chart);
        chart::draw(frame, curve, chart);
        left = words;
    }
    left
}

fn draw_picture(frame: &mut Frame<'_>, picture: &Picture, area: Rect) {
    let lines = picture.lines(area.width.saturating_sub(2).into(), area.height.into());
    let height = u16::try_from(lines.len()).unwrap_or(area.height);
    let width = lines.first().map_or(0, |line| line.spans.len());
    let width = u16::try_from(width).unwrap_or(area.width);
    frame.render_widget(Paragraph::new(lines), middle(area, width, height));
}

fn draw_head(frame: &mut Frame<'_>, show: &Show, area: Rect, now: Instant) {
    if area.height == 0 {
        return;
    }
    let step = show.page().step();
    let total = show.book.chapters.len();
    let clock = clock(show, area.width, now);
    let name = step.map_or(&show.book.title, |step| &show.book.chapter(step).title);
    let room = usize::from(area.width).saturating_sub(
        clock.width() + show.book.name.len() + 4 + if step.is_some() { 5 } else { 0 },
    );
    let mut title = vec![
        Span::styled(
            format!(" {} ", show.book.name),
            BOLD.add_modifier(Modifier::REVERSED),
        ),
        Span::raw(" "),
    ];
    if let Some(step) = step {
        title.push(Span::styled(format!("{step}/{total}  "), FAINT));
    }
    title.push(Span::styled(cut(name, room), BOLD));
    let [first, second] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let clock_width = u16::try_from(clock.width()).unwrap_or(area.width);
    let [left, right] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(clock_width)]).areas(first);
    frame.render_widget(Paragraph::new(Line::from(title)), left);
    frame.render_widget(Paragraph::new(clock), right);
    if second.height > 0 && step.is_some() {
        frame.render_widget(Paragraph::new(row_of_pages(show, second.width)), second);
    }
}

/// `4:07 of 10 min · lesson 32:10 of 2 h`, in another colour when it is more than planned.
fn clock(show: &Show, width: u16, now: Instant) -> Line<'static> {
    let mut spans = Vec::new();
    if show.page().step().is_some() {
        let spent = show.clock.spent(show.step(), now);
        let planned = show.chapter().minutes;
        let style = if show.over_time(now).is_some() {
            BAD
        } else if planned > 0 && spent.as_secs() * 5 >= u64::from(planned) * 60 * 4 {
            OPEN
        } else {
            GOOD
        };
        let sign = if show.clock.runs() { "" } else { "⏸ " };
        spans.push(Span::styled(format!("{sign}{}", shown(spent)), style));
        if planned > 0 {
            spans.push(Span::styled(format!(" of {planned} min"), FAINT));
        }
        if let Some(over) = show.over_time(now).filter(|_| width >= 90) {
            spans.push(Span::styled(format!("  {} over", shown(over)), BAD));
        }
    }
    if width >= 100 || show.page().step().is_none() {
        let total = shown(show.clock.total(now));
        spans.push(Span::styled(
            format!("   lesson {total} of {} min", show.book.minutes()),
            FAINT,
        ));
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// A text in so many columns.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars()
        .take(room.saturating_sub(1))
        .chain(['…'])
        .collect()
}

/// The pages of this step, the one on the screen marked.
fn row_of_pages(show: &Show, width: u16) -> Line<'static> {
    let step = show.page().step();
    let pages = show.book.pages.iter().filter(|page| page.step() == step);
    let mut spans: Vec<Span<'static>> = vec![Span::raw(" ")];
    let mut last = "";
    let ideas = 1 + show.chapter().idea.len();
    for page in pages {
        let name = page.name();
        let here = match show.page() {
            Page::Title(_) => 1,
            Page::Idea(_, part) => part + 2,
            _ => 0,
        };
        if name == last {
            continue;
        }
        last = name;
        let current = name == show.page().name();
        let text = if name == "idea" && current && ideas > 1 {
            format!(" idea {here}/{ideas} ")
        } else {
            format!(" {name} ")
        };
        let style = if current {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            FAINT
        };
        spans.push(Span::styled(text, style));
        if width >= 80 {
            spans.push(Span::raw(" "));
        }
    }
    Line::from(spans)
}

fn draw_foot(frame: &mut Frame<'_>, show: &Show, area: Rect) {
    if area.height == 0 {
        return;
    }
    let line = match &show.note {
        Some(note) => Line::styled(format!(" {note}"), OPEN),
        None => keys(show, area.width),
    };
    frame.render_widget(Paragraph::new(line), area);
}

/// As many keys as there is room for, what this page is about first.
fn keys(show: &Show, width: u16) -> Line<'static> {
    let revealed = show.revealed();
    let chapter = show.chapter();
    let mut keys: Vec<(&str, &str)> = Vec::new();
    match (show.over, show.page()) {
        (Some(Over::List(_)), _) => {
            keys.extend([("↑↓", "choose"), ("Enter", "go"), ("Esc", "back")])
        }
        (Some(_), _) => keys.push(("Esc", "back")),
        (None, Page::Predict(_) | Page::Recap(_))
            if !revealed.answer && chapter.predict.is_some() =>
        {
            keys.push(("Enter", "the answer"));
        }
        (None, Page::Hints(_)) if revealed.hints < chapter.hints.len() => {
            keys.push(("Enter", "one more hint"));
        }
        (None, Page::Solution(_)) if revealed.parts < chapter.parts() => {
            keys.extend([("Enter", "reveal"), ("S", "all of it")]);
        }
        (None, Page::Exercise(_)) => {
            keys.extend([("Enter", "next todo"), ("e", "edit")]);
            if show.yours.is_some() {
                keys.push(("u", if revealed.yours { "untouched" } else { "yours" }));
            }
        }
        (None, Page::Check(_)) if show.runs_here() => keys.push(("Esc", "stop")),
        (None, Page::Check(_)) => {
            keys.extend([("r", "check"), ("R", "the reference"), ("e", "edit")]);
            if show.picture_file().is_some() {
                keys.push(("v", "picture"));
            }
        }
        _ => {}
    }
    if show.over.is_none() {
        keys.extend([("→", "next"), ("←", "back")]);
        if !matches!(show.page(), Page::Check(_)) && show.page().step().is_some() {
            keys.push(("r", "check"));
        }
        keys.extend([
            ("?", "keys"),
            ("q", "quit"),
            ("l", "steps"),
            ("t", if show.clock.runs() { "pause" } else { "clock" }),
            ("h", "hint"),
            ("s", "solution"),
        ]);
    }
    let mut spans = vec![Span::raw(" ")];
    let mut room = usize::from(width.saturating_sub(1));
    if show.watching {
        let words = "watching saves  ";
        room = room.saturating_sub(words.len());
        spans.push(Span::styled(words, ACT));
    }
    for (key, word) in keys {
        let needed = key.chars().count() + word.len() + 3;
        if needed > room {
            break;
        }
        room -= needed;
        spans.push(Span::styled(key.to_owned(), BOLD));
        spans.push(Span::styled(format!(" {word}  "), FAINT));
    }
    Line::from(spans)
}

/// Sets a page in the middle; what does not fit is scrolled.
fn draw_body(frame: &mut Frame<'_>, show: &Show, page: Body, area: Rect) -> Drawn {
    let mut width = page.width.min(area.width);
    let mut lines = Vec::new();
    let mut shift = 0;
    if let Some((heading, style)) = &page.heading {
        // A heading may be wider than the text below it.
        let room = area.width.saturating_sub(4).max(width);
        lines.extend(large(heading, *style, room, area.height, page.lines.len()));
        let widest = lines.iter().map(Line::width).max().unwrap_or(0);
        width = width.max(u16::try_from(widest).unwrap_or(room));
        lines.push(Line::default());
        if area.height >= TALL {
            lines.push(Line::default());
        }
        shift = lines.len();
    }
    let full = shift + 2 * page.lines.len();
    let airy = page.airy && area.height >= AIRY && full + 2 <= usize::from(area.height);
    for line in page.lines {
        let empty = line.width() == 0;
        lines.push(line);
        if airy && !empty {
            lines.push(Line::default());
        }
    }
    while lines.last().is_some_and(|line| line.width() == 0) {
        lines.pop();
    }
    let height = usize::from(area.height);
    let most = lines.len().saturating_sub(height);
    let asked = show.anchor.and_then(|anchor| page.starts.get(anchor));
    // A line above it, to see where one is.
    let scroll = asked.map_or(show.scroll, |start| (start + shift).saturating_sub(2));
    // The heading belongs to the beginning.
    let scroll = if asked == Some(&0) {
        0
    } else {
        scroll.min(most)
    };
    let rows = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .min(area.height);
    let spot = middle(area, width, rows);
    frame.render_widget(Clear, spot);
    let below = most - scroll;
    let text = Text::from(lines);
    let offset = u16::try_from(scroll).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(text).scroll((offset, 0)), spot);
    for (more, row, sign) in [
        (scroll > 0, area.y, "▲"),
        (below > 0, area.bottom().saturating_sub(1), "▼"),
    ] {
        if more && area.width > 2 {
            let at = Rect::new(area.right() - 2, row, 1, 1);
            frame.render_widget(Paragraph::new(Span::styled(sign, ACT)), at);
        }
    }
    Drawn {
        scroll,
        below,
        height,
    }
}

/// The middle of an area, a little above it.
fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 3,
        width,
        height,
    )
}

/// A heading in block letters, as large as leaves room for so many lines below; in bold letters where there is none.
fn large(text: &str, style: Style, width: u16, height: u16, below: usize) -> Vec<Line<'static>> {
    let set = [true, false]
        .into_iter()
        .filter(|_| height >= TALL)
        .filter_map(|wide| letters::set(text, width.into(), wide))
        .find(|lines| lines.len() + below + 2 <= usize::from(height));
    match set {
        Some(lines) => lines
            .into_iter()
            .map(|line| Line::styled(line, style))
            .collect(),
        None => wrap(
            &vec![Span::styled(text.to_owned(), style.patch(BOLD))],
            width.into(),
        ),
    }
}

/// The page on the screen.
fn page(show: &Show, room: u16, now: Instant) -> Body {
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
        Page::Idea(step, part) => {
            Body::text(blocks(&show.book.chapter(step).idea[part], columns), width)
        }
        Page::Predict(step) => {
            let text = prediction(show, step, columns);
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
            text.extend(prediction(show, step, columns));
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
fn prediction(show: &Show, step: usize, width: usize) -> Vec<Line<'static>> {
    let Some((question, answer)) = &show.book.chapter(step).predict else {
        return Vec::new();
    };
    let mut text = blocks(&read(question), width);
    text.push(Line::default());
    if show.revealed[step - 1].answer {
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
    for line in code::highlighted(show.code()) {
        starts.push(text.len());
        text.extend(code::fold(&line, width.into()));
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
        text.push(Line::styled("…", FAINT));
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
    let mut body =
        Body::text(text, width).headed(&format!("Hint {shown} of {}", chapter.hints.len()), OPEN);
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
                    &vec![Span::styled(task.clone(), style)],
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
                let text = vec![Line::styled(format!("{whose}: {seconds} s"), FAINT)];
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
    let Some(result) = &verdict.result else {
        let text = verdict
            .text
            .into_text()
            .unwrap_or_else(|_| Text::raw(verdict.text.clone()));
        let lines = text
            .lines
            .iter()
            .flat_map(|line| code::fold(line, columns))
            .collect();
        return Body::text(lines, width).headed("No verdict", BAD);
    };
    judged(show, verdict, result, width)
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
    text.push(count);
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
        Outcome::BuildFailed => ("No build", BAD),
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
fn list(show: &Show, chosen: usize, room: u16, now: Instant) -> Body {
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
            let name = cut(&chapter.title, title);
            let late = chapter.minutes > 0 && spent.as_secs() > u64::from(chapter.minutes) * 60;
            Line::from(vec![
                sign,
                Span::styled(
                    format!("{step:>2}  {name:<title$}"),
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

fn help(room: u16) -> Body {
    let keys = [
        ("→ n", "the next page"),
        ("← p", "the page before"),
        ("Space PgDn", "the rest of this page, then the next"),
        ("↑ ↓", "scroll"),
        ("1 … 9, 0", "to a step; to the cover"),
        ("Enter", "reveal what comes next on this page"),
        ("a  h  s  S", "answer, hint, solution, all of it"),
        ("r  R", "check your file; check the reference"),
        ("w", "check on every save, or not"),
        ("e", "open the step's file in your editor"),
        ("u", "your file, or the untouched exercise"),
        ("v  o", "the verdict's picture here; in a window"),
        ("t  T", "the clock: stand or run; begin this step anew"),
        ("l", "all steps, with their times"),
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
