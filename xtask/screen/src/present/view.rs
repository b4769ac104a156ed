//! Draws what `present` knows: large, few words, in the middle. It only reads, on a window of any size.

use std::time::Instant;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Clear, Paragraph};

use crate::chart;
use crate::picture::Picture;
use crate::text::{ACT, BAD, BOLD, FAINT, GOOD, OPEN, cut};

use super::book::Page;
use super::clock::shown;
use super::letters;
use super::markdown::wrap;
use super::pages::{Body, CODE, help, list, page};
use super::show::{Over, Show};

/// From so many rows on a page has a heading in block letters.
const TALL: u16 = 17;
/// Two rows of wide letters; what needs more is set in narrow ones.
const WIDE_LINES: usize = 2 * letters::HEIGHT + 1;
/// From so many rows on lines stand apart, as long as they fit.
const AIRY: u16 = 30;
/// From so many columns on the verdict's picture stands beside it.
const WIDE: u16 = 130;

/// What a page turned out to be: where it is scrolled to, and how much is not seen.
pub(crate) struct Drawn {
    pub(crate) scroll: usize,
    pub(crate) below: usize,
    pub(crate) height: usize,
}

/// Draws a frame.
pub(crate) fn draw(
    frame: &mut Frame<'_>,
    show: &Show,
    picture: Option<&Picture>,
    now: Instant,
) -> Drawn {
    let area = frame.area();
    if show.over == Some(Over::Dark) {
        return Drawn {
            scroll: 0,
            below: 0,
            height: 0,
        };
    }
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
        chart::draw(frame, "", curve, chart);
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

/// The pages of this step, the one on the screen marked.
fn row_of_pages(show: &Show, width: u16) -> Line<'static> {
    let step = show.page().step();
    let pages = show.book.pages.iter().filter(|page| page.step() == step);
    let mut spans: Vec<Span<'static>> = vec![Span::raw(" ")];
    let mut last = "";
    let ideas = show.chapter().idea.len();
    for page in pages {
        let name = page.name();
        let here = match show.page() {
            Page::Idea(_, part) => part + 1,
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
        (None, Page::Predict(_)) if !revealed.answer => keys.push(("Enter", "the answer")),
        (None, Page::Solution(_)) if revealed.parts < chapter.parts() => {
            keys.push(("S", "all of it"));
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
        (None, Page::Idea(..)) if show.figure().is_some() => keys.push(("o", "the figure")),
        _ => {}
    }
    if show.over.is_none() {
        let hides = match show.page() {
            Page::Hints(_) => revealed.hints < chapter.hints.len(),
            Page::Solution(_) => revealed.parts < chapter.parts(),
            _ => false,
        };
        if hides {
            keys.extend([("→", "reveal"), ("n", "next")]);
        } else {
            keys.push(("→", "next"));
        }
        keys.push(("←", "back"));
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
    // The empty line above it makes it a beginning.
    let scroll = asked.map_or(show.scroll, |start| (start + shift).saturating_sub(1));
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
        .filter_map(|wide| Some((wide, letters::set(text, width.into(), wide)?)))
        .filter(|(wide, lines)| !wide || lines.len() <= WIDE_LINES)
        .map(|(_, lines)| lines)
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
