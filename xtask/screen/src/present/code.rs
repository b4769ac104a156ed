//! Rust in colours: enough of the language to tell words, values and comments apart, line by line.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

const KEYWORD: Style = Style::new().fg(Color::Magenta);
const TYPE: Style = Style::new().fg(Color::Cyan);
const TEXT: Style = Style::new().fg(Color::Green);
const NUMBER: Style = Style::new().fg(Color::Yellow);
const COMMENT: Style = Style::new().add_modifier(Modifier::DIM);
/// What is to be written stands out.
const TODO: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);

const KEYWORDS: [&str; 36] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "type", "use", "where",
    "while",
];

/// A text in colours.
pub(crate) fn highlighted(text: &str) -> Vec<Line<'static>> {
    let mut reader = Reader::default();
    text.lines().map(|line| reader.line(line)).collect()
}

/// A text in colours and in lines of at most so many columns: lines that belong together, and of how many of the text's they are
/// made. A paragraph of a doc comment that is too wide is set anew, so that its lines do not end here and there.
pub(crate) fn set(text: &str, width: usize) -> Vec<(Vec<Line<'static>>, usize)> {
    let coloured = highlighted(text);
    let source: Vec<&str> = text.lines().collect();
    let mut all = Vec::new();
    let mut at = 0;
    let mut fenced = false;
    while at < source.len() {
        let first = doc(source[at]);
        fenced ^= first.is_some_and(|(_, words)| words.starts_with("```"));
        let mut end = at + 1;
        let mut line = coloured[at].clone();
        if let Some((lead, words)) = first.filter(|(_, words)| !fenced && is_prose(words)) {
            let goes_on = |line: &&&str| {
                doc(line).is_some_and(|(mark, words)| {
                    mark == lead && is_prose(words) && !is_point(words)
                })
            };
            end += source[end..].iter().take_while(goes_on).count();
            let paragraph = &coloured[at..end];
            if paragraph.iter().any(|line| line.width() > width) {
                let rest = source[at + 1..end].iter().filter_map(|line| doc(line));
                let words = rest.fold(words.to_owned(), |all, (_, words)| all + " " + words.trim());
                line = Line::styled(format!("{lead}{words}"), COMMENT);
            } else {
                end = at + 1;
            }
        }
        all.push((fold(&line, width), end - at));
        at = end;
    }
    all
}

/// A line of a doc comment: its margin with the mark, and its words.
fn doc(line: &str) -> Option<(&str, &str)> {
    let margin = line.len() - line.trim_start().len();
    let is_doc = ["/// ", "//! "]
        .iter()
        .any(|mark| line[margin..].starts_with(mark));
    is_doc.then(|| line.split_at(margin + 4))
}

/// Neither a heading, nor a table, nor anything else whose lines mean something.
fn is_prose(words: &str) -> bool {
    !words.starts_with(['#', '|', '>', '`', ' '])
        || words.starts_with('`') && !words.starts_with("```")
}

/// Whether it begins a point of a list.
fn is_point(words: &str) -> bool {
    let number = words.trim_start_matches(|sign: char| sign.is_ascii_digit());
    words.starts_with("* ")
        || words.starts_with("- ")
        || (number.len() < words.len() && number.starts_with(". "))
}

/// Goes through a text; a string may reach over several lines.
#[derive(Default)]
struct Reader {
    /// The style of the string that is not closed yet.
    open: Option<Style>,
    /// The next string is a task.
    todo: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Line<'static> {
        let mut spans = Vec::new();
        let mut rest = line;
        while !rest.is_empty() {
            let (style, length) = if let Some(style) = self.open {
                let end = string_end(rest);
                if end.is_some() {
                    self.open = None;
                }
                (style, end.unwrap_or(rest.len()))
            } else if rest.starts_with("//") {
                (COMMENT, rest.len())
            } else if let Some(inside) = rest.strip_prefix('"') {
                let style = if std::mem::take(&mut self.todo) {
                    TODO
                } else {
                    TEXT
                };
                let end = string_end(inside);
                if end.is_none() {
                    self.open = Some(style);
                }
                (style, 1 + end.unwrap_or(inside.len()))
            } else if let Some(length) = character(rest) {
                (TEXT, length)
            } else {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                if length == 0 {
                    let other = rest.chars().next().map_or(1, char::len_utf8);
                    (Style::new(), other)
                } else {
                    let (word, behind) = rest.split_at(length);
                    if word == "todo" && behind.starts_with('!') {
                        self.todo = true;
                        (TODO, length + 1)
                    } else {
                        (of_word(word), length)
                    }
                }
            };
            let (now, later) = rest.split_at(length);
            match spans.last_mut() {
                Some(Span {
                    content,
                    style: last,
                }) if *last == style => content.to_mut().push_str(now),
                _ => spans.push(Span::styled(now.to_owned(), style)),
            }
            rest = later;
        }
        Line::from(spans)
    }
}

/// Behind the quotation mark that closes a string, if it does so here.
fn string_end(inside: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, sign) in inside.char_indices() {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a character in quotes. What has only the first of them is a lifetime.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let mut signs = inside.char_indices();
    let (_, first) = signs.next()?;
    let close = if first == '\\' {
        inside[2..].find('\'')? + 2
    } else {
        signs.next()?.0
    };
    inside[close..].starts_with('\'').then_some(close + 2)
}

fn of_word(word: &str) -> Style {
    let first = word.chars().next().unwrap_or(' ');
    if KEYWORDS.contains(&word) {
        KEYWORD
    } else if first.is_ascii_digit() {
        NUMBER
    } else if first.is_uppercase() || matches!(word, "f64" | "f32" | "usize" | "u8" | "bool") {
        TYPE
    } else {
        Style::new()
    }
}

/// A line of code in lines of at most so many columns, what goes on further to the right; cut at a space where there is one.
pub(crate) fn fold(line: &Line<'static>, width: usize) -> Vec<Line<'static>> {
    let width = width.max(1);
    if line.width() <= width {
        return vec![line.clone()];
    }
    let signs: Vec<(char, Style)> = line
        .spans
        .iter()
        .flat_map(|span| {
            let style = line.style.patch(span.style);
            span.content.chars().map(move |sign| (sign, style))
        })
        .collect();
    let text: String = signs.iter().map(|(sign, _)| sign).collect();
    let margin = text.len() - text.trim_start().len();
    let inner = text.trim_start();
    // A comment goes on as a comment.
    let mark = ["/// ", "//! ", "// "]
        .into_iter()
        .find(|mark| inner.starts_with(mark));
    let mut start = " ".repeat(margin) + mark.unwrap_or("    ");
    if start.chars().count() + 8 > width {
        start.clear();
    }
    let mut folded = Vec::new();
    let mut rest = &signs[..];
    while !rest.is_empty() {
        let lead = if folded.is_empty() {
            String::new()
        } else {
            start.clone()
        };
        let room = width - lead.chars().count();
        let fits = fitting(rest, room);
        // Not inside of the margin, or nothing would be gained.
        let least = if folded.is_empty() {
            margin + mark.map_or(1, str::len)
        } else {
            1
        };
        let cut = if fits == rest.len() {
            fits
        } else {
            let last = |is_place: &dyn Fn(usize) -> bool| {
                (least..=fits).rev().find(|at| is_place(*at)).unwrap_or(0)
            };
            let space = last(&|at| rest[at].0 == ' ');
            // A chain of calls has few spaces, but each call is a place, too.
            let call = last(&|at| rest[at].0 == '.' && rest[at - 1].0 == ')');
            match if space > fits / 2 {
                space
            } else {
                space.max(call)
            } {
                0 => fits,
                place => place,
            }
        };
        let (now, later) = rest.split_at(cut);
        let style = now.first().map_or(Style::new(), |first| first.1);
        let mut spans = vec![Span::styled(lead, style)];
        for (sign, style) in now {
            match spans.last_mut() {
                Some(Span {
                    content,
                    style: last,
                }) if last == style => content.to_mut().push(*sign),
                _ => spans.push(Span::styled(sign.to_string(), *style)),
            }
        }
        folded.push(Line::from(spans));
        let blank = later.iter().take_while(|(sign, _)| *sign == ' ').count();
        rest = &later[blank..];
    }
    folded
}

/// How many signs fit into so many columns, at least one.
fn fitting(signs: &[(char, Style)], room: usize) -> usize {
    let mut used = 0;
    for (at, (sign, _)) in signs.iter().enumerate() {
        used += Span::raw(sign.to_string()).width();
        if used > room {
            return at.max(1);
        }
    }
    signs.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style_of(text: &str, part: &str) -> Style {
        let lines = highlighted(text);
        lines
            .iter()
            .flat_map(|line| &line.spans)
            .find(|span| span.content.contains(part))
            .map_or_else(|| panic!("{part} is not in {lines:?}"), |span| span.style)
    }

    #[test]
    fn words_values_and_comments_look_different() {
        let text = "/// Adds.\npub fn sum<'a>(x: &'a [f64]) -> Vec<f64> { let c = '\"'; f(1.5, \"a \\\" b\") }";
        assert_eq!(style_of(text, "/// Adds."), COMMENT);
        assert_eq!(style_of(text, "fn"), KEYWORD);
        assert_eq!(style_of(text, "Vec"), TYPE);
        assert_eq!(style_of(text, "'\"'"), TEXT);
        assert_eq!(style_of(text, "a \\\" b"), TEXT);
        assert_eq!(style_of(text, "1"), NUMBER);
    }

    #[test]
    fn a_task_stands_out_on_all_its_lines() {
        assert_eq!(style_of("    todo!(\"Add.\")", "Add."), TODO);
        let long = "    todo!(\n        \"Add them \\\n         all.\"\n    )\n    let x = 1;";
        assert_eq!(style_of(long, "Add them"), TODO);
        assert_eq!(style_of(long, "all."), TODO);
        assert_eq!(style_of(long, "let"), KEYWORD);
    }

    #[test]
    fn a_paragraph_that_is_too_wide_is_set_anew_and_nothing_else_is() {
        let set = |text: &str| -> Vec<String> {
            let all = set(text, 24);
            let made: usize = all.iter().map(|(_, of)| of).sum();
            assert_eq!(made, text.lines().count());
            all.iter()
                .flat_map(|(lines, _)| lines)
                .map(Line::to_string)
                .collect()
        };
        assert_eq!(
            set(
                "/// one two three four five\n/// six `seven`\n///\n/// eight\n/// nine\nfn f() {}"
            ),
            [
                "/// one two three four",
                "/// five six `seven`",
                "///",
                "/// eight",
                "/// nine",
                "fn f() {}"
            ]
        );
        assert_eq!(
            set(
                "    /// * one two three four\n    /// * five\n/// ```\n/// let a = 1234567890123;\n/// let b\n/// ```\n/// end"
            ),
            [
                "    /// * one two three",
                "    /// four",
                "    /// * five",
                "/// ```",
                "/// let a =",
                "/// 1234567890123;",
                "/// let b",
                "/// ```",
                "/// end"
            ]
        );
    }

    #[test]
    fn nothing_of_the_text_is_lost() {
        let text = "fn f(s: &str) { let é = 'x'; println!(\"{s} ½\"); } // '";
        assert_eq!(highlighted(text)[0].to_string(), text);
    }

    #[test]
    fn long_lines_are_folded_at_spaces_and_comments_go_on_as_comments() {
        let line = Line::raw("    /// one two three four five six");
        let folded: Vec<String> = fold(&line, 22).iter().map(Line::to_string).collect();
        assert_eq!(folded, ["    /// one two three", "    /// four five six"]);
        let chain = Line::raw("net.add(Flatten).add(Dense(128)).add(Dense(10))");
        let folded: Vec<String> = fold(&chain, 36).iter().map(Line::to_string).collect();
        assert_eq!(
            folded,
            ["net.add(Flatten).add(Dense(128))", "    .add(Dense(10))"]
        );
        for width in 0..40 {
            assert!(!fold(&line, width).is_empty(), "{width}");
        }
    }
}
