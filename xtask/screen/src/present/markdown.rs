//! The lessons' texts, read as Markdown and set for a terminal: columns keep their shape, formulas stand alone, nothing is
//! copied by hand.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::text::{ACT, BOLD, FAINT};

use super::code;

const CODE: Style = ACT;

/// Words and their style.
pub(crate) type Words = Vec<Span<'static>>;

/// A piece of a text that stands for itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    /// A heading below the section's.
    Heading(Words),
    /// Sentences.
    Text(Words),
    /// A formula, or anything else that is set apart.
    Formula(Words),
    /// Points, each with its sign: `•` or `1.`.
    List(Vec<(String, Words)>),
    /// A program.
    Code { rust: bool, text: String },
    /// Rows of cells, the first of which is the head.
    Table(Vec<Vec<Words>>),
    /// A picture: what it shows, and its file.
    Figure { shows: String, file: String },
}

impl Block {
    /// How many words it costs to read.
    pub(crate) fn words(&self) -> usize {
        let count = |words: &Words| {
            words
                .iter()
                .flat_map(|span| span.content.split_whitespace())
                .count()
        };
        match self {
            Self::Heading(words) | Self::Text(words) | Self::Formula(words) => count(words),
            Self::List(points) => points.iter().map(|(_, words)| count(words) + 4).sum(),
            Self::Code { text, .. } => text.lines().count() * 8,
            Self::Table(rows) => rows.len() * 7,
            Self::Figure { .. } => 6,
        }
    }

    /// Whether it leads over to what comes next and must not be left alone.
    pub(crate) fn leads_on(&self) -> bool {
        match self {
            Self::Heading(_) => true,
            Self::Text(words) => words
                .last()
                .is_some_and(|span| span.content.trim_end().ends_with([':', ','])),
            _ => false,
        }
    }

    /// Whether it belongs to what stands before it: a formula, code or a figure, or the rest of a sentence.
    pub(crate) fn goes_on(&self) -> bool {
        match self {
            Self::Formula(_) | Self::Code { .. } | Self::Figure { .. } => true,
            // A name in code may begin a sentence.
            Self::Text(words) => words.first().is_some_and(|span| {
                span.style != CODE && span.content.starts_with(char::is_lowercase)
            }),
            _ => false,
        }
    }

    /// Whether it begins with these words.
    pub(crate) fn starts_with(&self, start: &str) -> bool {
        matches!(self, Self::Text(words) if words.first().is_some_and(|span| span.content.starts_with(start)))
    }
}

/// A text as blocks. A heading of the second level begins a section, which is what `section` asks for.
pub(crate) fn read(text: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        reader.take(event);
    }
    reader.end_of_text();
    reader.blocks
}

/// The section of a step: below the heading `## 4 — …` or `## Step 4 — …`, up to the next one.
pub(crate) fn section(text: &str, step: usize) -> Option<&str> {
    let mut start = None;
    let mut end = text.len();
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    for (event, range) in parser {
        let Event::Start(Tag::Heading {
            level: HeadingLevel::H1 | HeadingLevel::H2,
            ..
        }) = event
        else {
            continue;
        };
        if start.is_some() {
            end = range.start;
            break;
        }
        let heading = text[range.clone()].trim_start_matches('#').trim();
        let heading = heading.strip_prefix("Step").unwrap_or(heading).trim_start();
        let digits = heading
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(heading.len());
        if heading[..digits].parse() == Ok(step) {
            start = Some(range.end);
        }
    }
    Some(text[start?..end].trim())
}

/// Collects blocks from a parser's events.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    words: Words,
    style: Vec<Style>,
    quoted: bool,
    lists: Vec<Option<u64>>,
    points: Vec<(String, Words)>,
    rows: Vec<Vec<Words>>,
    code: Option<(bool, String)>,
    figure: Option<(String, String)>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => self.words.push(Span::styled(text.into_string(), CODE)),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(text);
        } else if let Some((shows, _)) = &mut self.figure {
            shows.push_str(text);
        } else {
            let style = self
                .style
                .iter()
                .fold(Style::new(), |all, style| all.patch(*style));
            self.words.push(Span::styled(text.to_owned(), style));
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.style.push(BOLD),
            Tag::Emphasis => self.style.push(Style::new().add_modifier(Modifier::ITALIC)),
            Tag::BlockQuote(_) => self.quoted = true,
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::CodeBlock(kind) => {
                let rust = matches!(&kind, pulldown_cmark::CodeBlockKind::Fenced(words) if words.starts_with("rust"));
                self.code = Some((rust, String::new()));
            }
            Tag::Image { dest_url, .. } => {
                self.figure = Some((String::new(), dest_url.into_string()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis => {
                self.style.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quoted = false;
            }
            TagEnd::Heading(_) => {
                let words = std::mem::take(&mut self.words);
                self.blocks.push(Block::Heading(words));
            }
            TagEnd::Paragraph if self.lists.is_empty() => self.flush(),
            TagEnd::Item => self.point(),
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    let points = std::mem::take(&mut self.points);
                    self.blocks.push(Block::List(points));
                }
            }
            TagEnd::CodeBlock => {
                if let Some((rust, text)) = self.code.take() {
                    self.blocks.push(Block::Code { rust, text });
                }
            }
            TagEnd::Image => {
                if let Some((shows, file)) = self.figure.take() {
                    self.blocks.push(Block::Figure { shows, file });
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.words);
                match self.rows.last_mut() {
                    Some(row) => row.push(cell),
                    None => self.rows.push(vec![cell]),
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => self.rows.push(Vec::new()),
            TagEnd::Table => {
                let mut rows = std::mem::take(&mut self.rows);
                rows.retain(|row| !row.is_empty());
                self.blocks.push(Block::Table(rows));
            }
            _ => {}
        }
    }

    /// Ends a point of a list. One with a list of its own inside comes before that.
    fn point(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return;
        }
        let sign = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}.", *number - 1)
            }
            _ => "•".to_owned(),
        };
        self.points.push((sign, words));
    }

    fn flush(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.iter().all(|span| span.content.trim().is_empty()) {
            return;
        }
        if !self.lists.is_empty() {
            self.words = words;
            self.point();
            return;
        }
        let alone = matches!(&words[..], [only] if only.style == CODE);
        self.blocks.push(if self.quoted || alone {
            Block::Formula(words)
        } else {
            Block::Text(words)
        });
    }

    fn end_of_text(&mut self) {
        self.flush();
    }
}

/// A block in lines of at most so many columns.
pub(crate) fn lines(block: &Block, width: usize) -> Vec<Line<'static>> {
    match block {
        Block::Heading(words) => {
            let bold = words.iter().map(|span| span.clone().patch_style(BOLD));
            wrap(&bold.collect(), width)
        }
        Block::Text(words) => wrap(words, width),
        Block::Formula(words) => wrap(words, width.saturating_sub(4))
            .into_iter()
            .map(|line| indent(line, "    "))
            .collect(),
        Block::List(points) => points
            .iter()
            .flat_map(|(sign, words)| {
                let margin = sign.chars().count() + 1;
                wrap(words, width.saturating_sub(margin))
                    .into_iter()
                    .enumerate()
                    .map(move |(row, line)| {
                        let start = if row == 0 {
                            format!("{sign} ")
                        } else {
                            " ".repeat(margin)
                        };
                        indent(line, &start)
                    })
                    .collect::<Vec<_>>()
            })
            .collect(),
        Block::Code { rust, text } => {
            let lines = if *rust {
                code::highlighted(text)
            } else {
                text.lines()
                    .map(|line| Line::styled(line.to_owned(), CODE))
                    .collect()
            };
            lines
                .iter()
                .flat_map(|line| code::fold(line, width.saturating_sub(2)))
                .map(|line| indent(line, "  "))
                .collect()
        }
        Block::Table(rows) => table(rows, width),
        Block::Figure { shows, .. } => {
            let words = vec![
                Span::styled("▣ ", CODE),
                Span::styled(shows.clone(), FAINT.add_modifier(Modifier::ITALIC)),
            ];
            wrap(&words, width)
        }
    }
}

fn indent(line: Line<'static>, start: &str) -> Line<'static> {
    let mut spans = vec![Span::raw(start.to_owned())];
    spans.extend(line.spans);
    Line::from(spans)
}

/// Sets words in lines. A word may change its style inside, and a word that is too long for a line is cut.
pub(crate) fn wrap(words: &Words, width: usize) -> Vec<Line<'static>> {
    let width = width.max(1);
    let mut lines = vec![Words::new()];
    let mut used = 0;
    for word in split(words) {
        let wide: usize = word.iter().map(Span::width).sum();
        let space = usize::from(used > 0);
        if used > 0 && used + space + wide > width {
            lines.push(Words::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else { break };
        if used > 0 {
            // The space inside of code is code: an underline or a background would show.
            let style = match (line.last(), word.first()) {
                (Some(last), Some(next)) if last.style == next.style => last.style,
                _ => Style::new(),
            };
            line.push(Span::styled(" ", style));
            used += 1;
        }
        if wide <= width {
            used += wide;
            line.extend(word);
            continue;
        }
        for cut in code::fold(&Line::from(word), width) {
            let Some(line) = lines.last_mut() else { break };
            used = cut.width();
            line.extend(cut.spans);
            lines.push(Words::new());
        }
        lines.pop();
    }
    lines.into_iter().map(Line::from).collect()
}

/// The words of a text; each may consist of several spans.
fn split(words: &Words) -> Vec<Words> {
    let mut all = Vec::new();
    let mut word = Words::new();
    for span in words {
        for (index, part) in span.content.split([' ', '\n']).enumerate() {
            if index > 0 && !word.is_empty() {
                all.push(std::mem::take(&mut word));
            }
            if !part.is_empty() {
                word.push(Span::styled(part.to_owned(), span.style));
            }
        }
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}

/// Columns as wide as they need; where there is no room for that, the widest give way.
fn table(rows: &[Vec<Words>], width: usize) -> Vec<Line<'static>> {
    const GAP: usize = 2;
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![1; count];
    for row in rows {
        for (cell, wide) in row.iter().zip(&mut widths) {
            *wide = (*wide).max(cell.iter().map(Span::width).sum());
        }
    }
    while widths.iter().sum::<usize>() + GAP * count.saturating_sub(1) > width {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 4 => *widest -= 1,
            _ => break,
        }
    }
    let mut lines = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<Vec<Line<'static>>> = row
            .iter()
            .zip(&widths)
            .map(|(cell, wide)| wrap(cell, *wide))
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        // Rows of several lines need something between them.
        if index > 1 && height > 1 {
            lines.push(Line::default());
        }
        for at in 0..height {
            let mut spans = Words::new();
            for (cell, wide) in cells.iter().zip(&widths) {
                let line = cell.get(at).cloned().unwrap_or_default();
                let rest = wide.saturating_sub(line.width()) + GAP;
                spans.extend(line.spans.into_iter().map(|span| {
                    if index == 0 {
                        span.patch_style(BOLD)
                    } else {
                        span
                    }
                }));
                spans.push(Span::raw(" ".repeat(rest)));
            }
            lines.push(Line::from(spans));
        }
        if index == 0 {
            let rule = widths.iter().sum::<usize>() + GAP * count.saturating_sub(1);
            lines.push(Line::styled("─".repeat(rule), FAINT));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[Line<'_>]) -> Vec<String> {
        lines
            .iter()
            .map(|line| line.to_string().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = "# Lesson\n\n## Step 1 — One\n\nFirst.\n\n## 2 — Two\n\n```\n## no heading\n```\n\n## 12 — Twelve\n\nLast.\n";
        assert_eq!(section(text, 1), Some("First."));
        assert_eq!(section(text, 2), Some("```\n## no heading\n```"));
        assert_eq!(section(text, 12), Some("Last."));
        assert_eq!(section(text, 3), None);
    }

    #[test]
    fn every_kind_of_block_is_read() {
        let blocks = read(
            "Some **words** with `code`:\n\n> y = x\n\n`z = wx + b`\n\n* one\n* two\n  more\n\n1. first\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\
             ```rust\nfn f() {}\n```\n\n![A line](figures/a.svg)\n",
        );
        assert_eq!(blocks.len(), 8, "{blocks:?}");
        assert!(blocks[0].leads_on());
        assert!(matches!(&blocks[1], Block::Formula(_)));
        assert!(matches!(&blocks[2], Block::Formula(_)));
        assert!(matches!(&blocks[3], Block::List(points) if points.len() == 2));
        assert!(matches!(&blocks[4], Block::List(points) if points[0].0 == "1."));
        assert!(matches!(&blocks[5], Block::Table(rows) if rows.len() == 2 && rows[0].len() == 2));
        assert!(matches!(&blocks[6], Block::Code { rust: true, .. }));
        assert!(
            matches!(&blocks[7], Block::Figure { shows, file } if shows == "A line" && file == "figures/a.svg")
        );
    }

    #[test]
    fn words_are_set_in_lines_that_fit() {
        let Block::Text(words) = read("aaa **bbb**ccc ddd, `e f`.")[0].clone() else {
            panic!("a text");
        };
        assert_eq!(plain(&wrap(&words, 10)), ["aaa bbbccc", "ddd, e f."]);
        assert_eq!(
            plain(&wrap(&words, 4)),
            ["aaa", "bbbc", "cc", "ddd,", "e f."]
        );
        assert!(!wrap(&words, 0).is_empty(), "no room at all");
    }

    #[test]
    fn a_table_keeps_its_columns_and_its_width() {
        let blocks =
            read("| name | what it does |\n|---|---|\n| a | adds one number to another |\n");
        let wide = plain(&lines(&blocks[0], 60));
        assert_eq!(wide[2], "a     adds one number to another");
        let narrow = lines(&blocks[0], 20);
        assert!(narrow.iter().all(|line| line.width() <= 22), "{narrow:?}");
        assert!(narrow.len() > 3);
    }
}
