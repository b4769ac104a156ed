//! What the compiler says, read from Cargo's messages and trimmed to what a student can use: one error in full, with a plain
//! sentence above it where there is one, the others counted.

use anstyle::Style;
use serde::Deserialize;
use unicode_width::UnicodeWidthStr;

use crate::advice;
use crate::style::{ACT, FAINT, count, paint, room, wrap};

/// Lines of one error that are shown.
const LINES: usize = 30;
/// Errors after the first that get a line each.
const ALSO: usize = 3;

/// One error of the compiler.
pub(crate) struct CompileError {
    /// The file, relative to the workspace, with forward slashes.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column, from 1.
    column: usize,
    /// `E0308`; a text that cannot even be read has none.
    code: Option<String>,
    /// The compiler's sentence, without places and colour.
    message: String,
    /// The kinds of numbers that meet in it.
    kinds: Option<[String; 2]>,
    /// Whether it is a `let` that declares another kind of number than it is given.
    declared_otherwise: bool,
    /// The same in plain words, for what people often run into.
    advice: Option<String>,
    /// The compiler's own words, with colour.
    pub(crate) rendered: String,
}

impl CompileError {
    /// Nothing for one without a place: that is the compiler's summary, "could not compile due to 2 previous errors".
    pub(crate) fn new(diagnostic: Diagnostic) -> Option<Self> {
        let span = diagnostic.place()?;
        Some(Self {
            file: span.file_name.replace('\\', "/"),
            line: span.line_start,
            column: span.column_start,
            kinds: advice::kinds_of(&diagnostic),
            declared_otherwise: advice::is_declared_otherwise(&diagnostic),
            advice: advice::sentence(&diagnostic),
            code: diagnostic.code.map(|code| code.code),
            message: diagnostic.message,
            rendered: diagnostic.rendered.unwrap_or_default(),
        })
    }

    /// `file:line:column`, as terminals and editors understand it.
    fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }

    /// Whether the text cannot even be read as Rust.
    pub(crate) fn is_of_syntax(&self) -> bool {
        self.code.is_none()
    }

    /// Whether the error is about a function, a method or a type of this name.
    pub(crate) fn speaks_of(&self, name: &str) -> bool {
        let words = anstream::adapter::strip_str(&self.rendered).to_string();
        [
            format!("`{name}`"),
            format!("::{name}`"),
            format!("{name}("),
        ]
        .iter()
        .any(|how| words.contains(how))
    }

    /// Whether this error is probably gone when `first` is mended.
    fn follows_from(&self, first: &Self) -> bool {
        let unknown = |error: &Self| {
            matches!(
                error.code.as_deref(),
                Some("E0412" | "E0425" | "E0432" | "E0433")
            )
        };
        let same_name = || quoted(&self.message, 0) == quoted(&first.message, 0);
        // What the compiler could not work out, because it had stumbled before.
        let undecided = matches!(self.code.as_deref(), Some("E0282" | "E0283" | "E0284"));
        let same_kinds = self.kinds.is_some() && self.kinds == first.kinds;
        self.file == first.file
            && (first.is_of_syntax()
                || (self.line == first.line && (undecided || same_kinds))
                || (first.declared_otherwise && same_kinds && self.line > first.line)
                || (unknown(self) && unknown(first) && same_name()))
    }
}

/// These errors as a student reads them, with colour: the first with the compiler's own words, some more by their place, the rest as
/// a number.
pub(crate) fn told(errors: &[&CompileError]) -> String {
    let Some((first, others)) = errors.split_first() else {
        return String::new();
    };
    let mut text = String::new();
    if let Some(advice) = &first.advice {
        text += &wrap(advice, 2);
        text.push('\n');
    }
    text += &format!("  {} {}\n\n", paint(ACT, "→"), paint(ACT, &first.place()));
    text += &trimmed(&first.rendered, first.advice.is_some());
    let (follow, own): (Vec<&CompileError>, Vec<&CompileError>) =
        others.iter().partition(|error| error.follows_from(first));
    for error in own.iter().take(ALSO) {
        let message = error.message.lines().next().unwrap_or_default();
        let is_near = error.file == first.file && error.line == first.line;
        let also = if is_near { "Also on this line" } else { "Also" };
        text += &format!("\n{}", wrap(&format!("{also}: {message}"), 2));
        text += &format!("\n  {} {}", paint(ACT, "→"), paint(ACT, &error.place()));
    }
    let more = own.len().saturating_sub(ALSO);
    if more > 0 {
        let words = format!("And {}.", count(more, "more error"));
        text += &format!("\n  {}", paint(FAINT, &words));
    }
    if !follow.is_empty() {
        let words = format!(
            "And {}, likely following from this.",
            count(follow.len(), "more error")
        );
        text += &format!("\n  {}", paint(FAINT, &words));
    }
    text.trim_end().to_owned() + "\n"
}

/// The compiler's words without what no student needs: places in other people's crates, the insides of macros, long lists.
fn trimmed(rendered: &str, explained: bool) -> String {
    let plain = |line: &str| anstream::adapter::strip_str(line).to_string();
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    for line in rendered.trim_end().lines() {
        let bare = plain(line);
        let note = bare.trim_start();
        if bare.starts_with(|c: char| c.is_ascii_alphabetic())
            || note.starts_with("= note:")
            || note.starts_with("= help:")
        {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(line);
        }
    }
    parts.retain(|part| !is_noise(&plain(&part.join("\n")), explained));
    let mut kept = parts.concat();
    // A margin that leads to something that was dropped.
    while kept
        .last()
        .is_some_and(|line| matches!(plain(line).trim(), "" | "|"))
    {
        kept.pop();
    }
    let more = kept.len().saturating_sub(LINES);
    let mut text: String = kept
        .iter()
        .take(LINES)
        .map(|line| format!("{}\n", prose_wrapped(line)))
        .collect();
    if more > 0 {
        let words = format!("  … {}", count(more, "more line"));
        text += &format!("{}\n", paint(Style::new().dimmed(), &words));
    }
    text
}

/// A line of the compiler's, two columns further in. What is a sentence is wrapped; code with what points at it keeps its shape.
fn prose_wrapped(line: &str) -> String {
    let bare = anstream::adapter::strip_str(line).to_string();
    let indent = bare.len() - bare.trim_start().len();
    let is_note = bare.trim_start().starts_with("= ");
    let is_prose = is_note || bare.starts_with(|c: char| c.is_ascii_alphabetic());
    let room = room();
    if !is_prose || bare.width() + 2 <= room {
        return format!("  {line}").trim_end().to_owned();
    }
    let hang = " ".repeat(if is_note { indent + 4 } else { 4 });
    let mut lines = vec!["  ".to_owned()];
    let mut used = 2;
    for word in line.split_inclusive(' ') {
        let wide = anstream::adapter::strip_str(word)
            .to_string()
            .trim_end()
            .width();
        if used + wide > room && used > hang.len() {
            lines.push(hang.clone());
            used = hang.len();
        }
        if let Some(last) = lines.last_mut() {
            *last += word;
        }
        used += anstream::adapter::strip_str(word).to_string().width();
    }
    lines.join("\n").trim_end().to_owned()
}

/// Whether a part of the compiler's words helps nobody who learns.
fn is_noise(part: &str, explained: bool) -> bool {
    let head = part.trim_start().trim_start_matches("= ");
    let foreign = || part.contains("--> /") || part.contains("--> ") && part.contains(":\\");
    let lists = head.starts_with("help: the following") && head.contains("implement");
    let trait_words = (head.starts_with("help: the trait") && head.contains("not implemented"))
        || head.starts_with("note: required for")
        || head.starts_with("note: required by");
    part.trim().is_empty()
        || head.starts_with("For more information about")
        || head.starts_with("Some errors have detailed")
        || head.starts_with("note: this error originates in the")
        || head.starts_with("note: the full name for the type")
        || head.starts_with("note: the full type name has been written")
        || head.starts_with("note: consider using `--verbose`")
        || lists
        || (explained && head.starts_with("help: try wrapping the pattern"))
        || (explained && trait_words)
        || ((head.starts_with("note:") || head.starts_with("help:")) && foreign())
}

/// What stands between the backticks of a sentence, by its number from 0.
pub(crate) fn quoted(sentence: &str, number: usize) -> Option<&str> {
    sentence.split('`').skip(1).step_by(2).nth(number)
}

/// A message of the compiler, the parts that matter here.
#[derive(Deserialize)]
pub(crate) struct Diagnostic {
    /// `error`, `warning` …
    pub(crate) level: String,
    /// The sentence.
    pub(crate) message: String,
    code: Option<Code>,
    /// The compiler's own words, with colour.
    pub(crate) rendered: Option<String>,
    /// The places that it is about.
    pub(crate) spans: Vec<Span>,
    /// Its notes and helps.
    pub(crate) children: Vec<Child>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

/// A note or a help.
#[derive(Deserialize)]
pub(crate) struct Child {
    /// The sentence.
    pub(crate) message: String,
    /// Where, and what to write there.
    pub(crate) spans: Vec<Span>,
}

/// A place in a file.
#[derive(Deserialize)]
pub(crate) struct Span {
    file_name: String,
    /// Its first line, from 1.
    pub(crate) line_start: usize,
    column_start: usize,
    column_end: usize,
    is_primary: bool,
    /// What the compiler writes beside it.
    pub(crate) label: Option<String>,
    text: Vec<Text>,
    /// What to write there instead.
    pub(crate) suggested_replacement: Option<String>,
    expansion: Option<Expansion>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
struct Expansion {
    span: Box<Span>,
}

impl Span {
    /// Where a person wrote it: the place of the macro's use, not the macro's inside.
    fn written(&self) -> &Self {
        self.expansion
            .as_ref()
            .map_or(self, |expansion| expansion.span.written())
    }

    /// The code there, as far as its first line goes.
    pub(crate) fn code(&self) -> String {
        let line = self.text.first().map_or("", |line| line.text.as_str());
        let length = self.column_end.saturating_sub(self.column_start);
        line.chars()
            .skip(self.column_start - 1)
            .take(length)
            .collect()
    }

    /// The whole line.
    pub(crate) fn whole_line(&self) -> &str {
        self.text.first().map_or("", |line| &line.text)
    }
}

impl Diagnostic {
    /// `E0308`, or nothing.
    pub(crate) fn code(&self) -> &str {
        self.code.as_ref().map_or("", |code| &code.code)
    }

    /// What the compiler writes beside the place.
    pub(crate) fn label(&self) -> &str {
        self.primary()
            .and_then(|span| span.label.as_deref())
            .unwrap_or_default()
    }

    /// The place that the compiler points at.
    pub(crate) fn primary(&self) -> Option<&Span> {
        self.spans.iter().find(|span| span.is_primary)
    }

    /// The place whose label says this.
    pub(crate) fn labelled(&self, words: &str) -> Option<&Span> {
        self.spans.iter().find(|span| {
            span.label
                .as_deref()
                .is_some_and(|label| label.contains(words))
        })
    }

    /// The note or help that begins so.
    pub(crate) fn child(&self, words: &str) -> Option<&Child> {
        self.children
            .iter()
            .find(|child| child.message.contains(words))
    }

    /// Where a person should look. An open bracket is noticed at the end of the file; what helps is where it was opened.
    fn place(&self) -> Option<&Span> {
        let primary = self.primary()?.written();
        let opened = if self.message.contains("delimiter") {
            self.labelled("might not be properly closed")
                .or_else(|| self.labelled("unclosed delimiter"))
        } else {
            None
        };
        Some(opened.unwrap_or(primary))
    }
}
