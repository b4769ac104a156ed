//! Words on the screen: a terminal's colours read, lines wrapped, a part of them shown.

use ansi_to_tui::IntoText;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What passed.
pub(crate) const GOOD: Style = Style::new().fg(Color::Green).add_modifier(Modifier::BOLD);
/// What does not pass.
pub(crate) const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
/// What is still to be written, or asks for an answer.
pub(crate) const OPEN: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);
/// Something to act on.
pub(crate) const ACT: Style = Style::new().fg(Color::Cyan);
/// What matters less. Dimmed, not grey: that can be read on light and on dark.
pub(crate) const FAINT: Style = Style::new().add_modifier(Modifier::DIM);
/// A title, a key.
pub(crate) const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
/// No style of its own.
pub(crate) const PLAIN: Style = Style::new();

/// Text with a terminal's colours in it. Bytes that are none of them are shown as they are.
pub(crate) fn coloured(text: &str) -> Vec<Line<'static>> {
    text.into_text()
        .unwrap_or_else(|_| Text::raw(text.to_owned()))
        .lines
}

/// The lines in at most so many columns: broken between words where there is a place, and gone on below their first word, so that
/// a list or a piece of code keeps its shape. A line of the compiler's is cut instead, or its carets would point at nothing; and so
/// is a path, whose end is what matters.
pub(crate) fn wrapped(lines: &[Line<'_>], width: usize) -> Vec<Line<'static>> {
    shifted(lines, width, 0)
}

/// The same, with the compiler's lines seen from this column on.
pub(crate) fn shifted(lines: &[Line<'_>], width: usize, aside: usize) -> Vec<Line<'static>> {
    let width = width.max(1);
    let each = |line| {
        let signs = signs_of(line);
        if let Some(line) = path_cut(&signs, width) {
            vec![line]
        } else if is_snippet(line) {
            vec![Line::from(spans_of(&window(&signs, aside, width)))]
        } else {
            wrap(&signs, width)
        }
    };
    lines.iter().flat_map(each).collect()
}

/// The same with nothing cut: for a text that nobody can look at in another way.
pub(crate) fn uncut(lines: &[Line<'_>], width: usize) -> Vec<Line<'static>> {
    let each = |line| {
        let signs = signs_of(line);
        if is_snippet(line) || path_cut(&signs, width).is_some() {
            vec![Line::from(spans_of(&signs))]
        } else {
            wrap(&signs, width)
        }
    };
    lines.iter().flat_map(each).collect()
}

/// Whether the line belongs to a piece of code that the compiler shows: its columns mean something.
fn is_snippet(line: &Line<'_>) -> bool {
    let text = line.to_string();
    let text = text.trim_start();
    let code = text.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let begins = |begin: &&str| text.starts_with(*begin);
    let bar = |bar: &&str| {
        code.strip_prefix(*bar)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let numbered = code.len() < text.len();
    ["--> ", "::: ", "= note: ", "= help: "].iter().any(begins)
        || (text.starts_with('|') && bar(&"|"))
        || (numbered && [" |", " +", " -", " ~"].iter().any(bar))
}

/// A path alone, or after a single word or sign, that is too long: its beginning gives way.
fn path_cut(signs: Signs<'_>, width: usize) -> Option<Line<'static>> {
    let text: String = signs.iter().map(|(sign, _)| *sign).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let path = words
        .last()
        .filter(|word| word.contains('/') && words.len() <= 2)?;
    let before = text.trim_end().width() - path.width();
    // A few columns of a path say nothing.
    let room = width.checked_sub(before).filter(|room| *room >= 8)?;
    if path.width() <= room {
        return None;
    }
    let start = signs.iter().rposition(|(sign, _)| *sign != ' ')? + 1 - path.chars().count();
    let mut used = 1;
    let end = signs[start..]
        .iter()
        .rev()
        .take_while(|(sign, _)| *sign != ' ')
        .take_while(|(sign, _)| {
            used += sign.width().unwrap_or(0);
            used <= room
        });
    let kept = end.count();
    let end = start + path.chars().count();
    let mut short = signs[..start].to_vec();
    short.push(('…', signs[start].1));
    short.extend_from_slice(&signs[end - kept..end]);
    Some(Line::from(spans_of(&short)))
}

/// The columns of a line from `aside` on, with `…` where there is more.
fn window(signs: Signs<'_>, aside: usize, width: usize) -> Vec<(char, Style)> {
    // Where there is room for the two signs alone, there is nothing to see.
    let aside = if width < 3 { 0 } else { aside };
    let mut column = 0;
    let mut seen: Vec<(char, Style)> = Vec::new();
    let all: usize = signs
        .iter()
        .map(|(sign, _)| sign.width().unwrap_or(0))
        .sum();
    let last = aside + width;
    for (sign, style) in signs {
        let wide = sign.width().unwrap_or(0);
        let (from, to) = (column, column + wide);
        column = to;
        let hidden = if aside > 0 { aside + 1 } else { 0 };
        if to <= hidden || from < hidden {
            // The last column that is hidden, or half of a wide sign.
            if to > aside && seen.is_empty() {
                seen.push(('…', *style));
            }
        } else if to < last || (to == last && all <= last) {
            seen.push((*sign, *style));
        } else {
            seen.push(('…', *style));
            break;
        }
    }
    seen
}

fn signs_of(line: &Line<'_>) -> Vec<(char, Style)> {
    line.spans
        .iter()
        .flat_map(|span| {
            let style = line.style.patch(span.style);
            span.content.chars().map(move |sign| (sign, style))
        })
        // A tab has no width of its own, and a control character none at all.
        .map(|(sign, style)| (if sign == '\t' { ' ' } else { sign }, style))
        .filter(|(sign, _)| !sign.is_control())
        .collect()
}

fn wrap(signs: Signs<'_>, width: usize) -> Vec<Line<'static>> {
    let indent = signs.iter().take_while(|(sign, _)| *sign == ' ').count();
    let indent = if indent < width / 2 { indent } else { 0 };
    let mut lines = Vec::new();
    let mut rest = signs;
    loop {
        let margin = if lines.is_empty() { 0 } else { indent };
        let (taken, left) = split(rest, width - margin);
        let mut spans = vec![Span::raw(" ".repeat(margin))];
        spans.extend(spans_of(taken));
        if margin == 0 {
            spans.remove(0);
        }
        lines.push(Line::from(spans));
        if left.is_empty() {
            return lines;
        }
        rest = left;
    }
}

type Signs<'a> = &'a [(char, Style)];

/// The signs that fit, and those that come after them without the blanks between.
fn split(signs: Signs<'_>, width: usize) -> (Signs<'_>, Signs<'_>) {
    let mut used = 0;
    let mut fits = 0;
    for (sign, _) in signs {
        used += sign.width().unwrap_or(0);
        if used > width {
            break;
        }
        fits += 1;
    }
    if fits == signs.len() {
        return (signs, &[]);
    }
    // A wide sign in a single column is cut away rather than waited for.
    let fits = fits.max(1);
    let start = signs.iter().take_while(|(sign, _)| *sign == ' ').count();
    let blank = (start + 1..=fits)
        .rev()
        .find(|at| signs.get(*at).is_some_and(|(sign, _)| *sign == ' '));
    let end = blank.unwrap_or(fits);
    let left = &signs[end..];
    let blanks = left.iter().take_while(|(sign, _)| *sign == ' ').count();
    (&signs[..end], &left[blanks..])
}

fn spans_of(signs: &[(char, Style)]) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (sign, style) in signs {
        match spans.last_mut() {
            Some(last) if last.style == *style => last.content.to_mut().push(*sign),
            _ => spans.push(Span::styled(sign.to_string(), *style)),
        }
    }
    spans
}

/// Shows the lines from `scroll` on and says how far one can scroll. What lies outside is told in the area's corner.
pub(crate) fn show(
    frame: &mut Frame<'_>,
    lines: &[Line<'static>],
    scroll: usize,
    area: Rect,
) -> usize {
    let height = usize::from(area.height);
    let most = lines.len().saturating_sub(height);
    let scroll = scroll.min(most);
    for (row, line) in (area.top()..area.bottom()).zip(lines.iter().skip(scroll)) {
        let place = Rect::new(area.x, row, area.width, 1);
        frame.render_widget(line, place);
    }
    let below = most - scroll;
    // A single row is worth more than the word that there are others.
    if below > 0 && height > 2 {
        let word = format!(" ↓ {below} more ");
        let width = u16::try_from(word.width()).unwrap_or(u16::MAX);
        if width < area.width {
            let place = Position::new(area.right() - width, area.bottom() - 1);
            let style = FAINT.add_modifier(Modifier::REVERSED);
            frame.buffer_mut().set_string(place.x, place.y, word, style);
        }
    }
    most
}

/// `text` in at most so many columns, its end replaced by `…` when it is longer.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let mut short: String = text
        .chars()
        .take_while(|sign| {
            used += sign.width().unwrap_or(0);
            used <= width
        })
        .collect();
    if width > 0 {
        short.push('…');
    }
    short
}

/// `text` with blanks up to this width, or cut.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let blanks = width.saturating_sub(text.width());
    text + &" ".repeat(blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line<'_>]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn wraps_between_words_and_below_the_first_one() {
        let line = Line::raw("  one two three");
        assert_eq!(texts(&wrapped(&[line], 9)), ["  one two", "  three"]);
        assert_eq!(
            texts(&wrapped(&[Line::raw("unbreakable")], 4)),
            ["unbr", "eaka", "ble"]
        );
        assert_eq!(texts(&wrapped(&[Line::raw("")], 4)), [""]);
        assert_eq!(texts(&wrapped(&[Line::raw("日本語")], 4)), ["日本", "語"]);
        assert_eq!(texts(&wrapped(&[Line::raw("日本")], 1)), ["日", "本"]);
    }

    #[test]
    fn the_compilers_carets_stay_below_what_they_point_at() {
        let told = "error[E0425]: cannot find value `nothing_here` in this scope\n  --> exercises/lesson1-perceptron/src/step1_neuron.rs:40:9\n   |\n\
            40 |     let sum = inputs.iter().zip(weights).sum::<f64>() + nothing_here;\n   |                                                         ^^^^^^^^^^^^ not found\n   |\n\
            40 -     a + b\n   = note: this is a long note about the matter that is cut as well";
        let lines = coloured(told);
        let cut = texts(&wrapped(&lines, 40));
        assert_eq!(
            cut,
            [
                "error[E0425]: cannot find value",
                "`nothing_here` in this scope",
                "  --> …rceptron/src/step1_neuron.rs:40:9",
                "   |",
                "40 |     let sum = inputs.iter().zip(we…",
                "   |                                   …",
                "   |",
                "40 -     a + b",
                "   = note: this is a long note about th…",
            ]
        );
        let aside = texts(&shifted(&lines, 40, 40));
        let code = aside.iter().find(|line| line.contains("nothing_here;"));
        let carets = aside.iter().find(|line| line.contains("^^^"));
        let column = |line: Option<&String>, sign| {
            let line = line.expect("it is there");
            line[..line.find(sign).expect("it is there")].width()
        };
        assert_eq!(column(code, "nothing"), column(carets, "^"), "{aside:#?}");
        assert_eq!(texts(&uncut(&lines, 40))[2..], texts(&lines)[1..]);
        let whole = texts(&wrapped(&lines, 100));
        assert_eq!(whole, texts(&lines));
        for width in 1..80 {
            for aside in [0, 1, 30] {
                for line in shifted(&lines[2..], width, aside) {
                    assert!(line.width() <= width, "{width}, {aside}: {line}");
                }
            }
        }
    }

    #[test]
    fn the_end_of_a_path_is_kept() {
        let line = |text: &'static str| texts(&wrapped(&[Line::raw(text)], 24));
        assert_eq!(
            line("  → exercises/lesson1/src/step1.rs:40"),
            ["  → …on1/src/step1.rs:40"]
        );
        assert_eq!(
            line("  target/a/very/long/one.png"),
            ["  …t/a/very/long/one.png"]
        );
        assert_eq!(line("  → src/step1.rs:4"), ["  → src/step1.rs:4"]);
        assert_eq!(line("see a/b or read the other one").len(), 2);
    }

    #[test]
    fn keeps_colours_over_a_break() {
        let line = Line::from(vec![Span::styled("aa bb", GOOD), Span::raw(" cc")]);
        let lines = wrapped(&[line], 4);
        assert_eq!(texts(&lines), ["aa", "bb", "cc"]);
        assert_eq!(lines[1].spans[0].style, GOOD);
        assert_eq!(lines[2].spans[0].style, PLAIN);
    }

    #[test]
    fn reads_colours_and_survives_what_is_none() {
        let lines = coloured("\x1b[1m\x1b[31mbad\x1b[0m\nnext");
        assert_eq!(texts(&lines), ["bad", "next"]);
        assert_eq!(lines[0].spans[0].style.fg, Some(Color::Red));
        for odd in ["\x1b[", "\x1b[999999999999m", "\x1b]0;title\x07x", "\u{0}"] {
            assert!(!coloured(odd).is_empty(), "{odd:?}");
        }
    }

    #[test]
    fn cuts_and_pads_by_columns() {
        assert_eq!(cut("one", 3), "one");
        assert_eq!(cut("four", 3), "fo…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("x", 0), "");
        assert_eq!(padded("日", 4), "日  ");
    }
}
