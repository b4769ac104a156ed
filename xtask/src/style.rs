//! Colour, width and words on the terminal. Colour is dropped where standard output is no terminal, or `NO_COLOR` is set.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};

/// What passed.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What does not pass.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is still to be written.
pub(crate) const OPEN: Style = AnsiColor::Yellow.on_default().bold();
/// A place or a command to act on.
pub(crate) const ACT: Style = AnsiColor::Cyan.on_default();
/// What matters less. Dimmed, not grey: that can be read on light and on dark.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// A title.
pub(crate) const BOLD: Style = Style::new().bold();

/// `text` in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Columns to write in: the terminal's, or 80, and never so many that a line is tiring to read.
pub(crate) fn width() -> usize {
    columns().clamp(40, 100)
}

/// The terminal's columns, or 80.
pub(crate) fn columns() -> usize {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    crate::platform::terminal_width()
        .or_else(told)
        .unwrap_or(80)
}

/// Whether somebody else wraps the lines.
static WHOLE_LINES: AtomicBool = AtomicBool::new(false);

/// From now on [`wrap`] only indents: the words go to a view whose window may change its width at any moment.
pub(crate) fn leave_lines_whole() {
    WHOLE_LINES.store(true, Ordering::Relaxed);
}

/// Columns that a line may fill: as [`width`], or any number where somebody else wraps the lines.
pub(crate) fn room() -> usize {
    if WHOLE_LINES.load(Ordering::Relaxed) {
        usize::MAX
    } else {
        width()
    }
}

/// `text` in lines that fit, each after `indent` spaces; line breaks in the text stay.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let room = room().saturating_sub(indent).max(20);
    indented(&wrap_to(text, room), indent)
}

/// `text` after `indent` spaces, its lines as long as they are: what a compiler points at with carets must not be broken.
pub(crate) fn indented(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let lines = text.lines();
    let lines = lines.map(|line| format!("{margin}{line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// `text` in lines of so many columns; line breaks in the text stay. A word is never broken, however long: a path must stay one to be
/// copied and clicked.
pub(crate) fn wrap_to(text: &str, room: usize) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        // What is set in columns (a table, code) keeps its shape.
        if line.starts_with("  ") || line.chars().count() <= room {
            lines.push(line.to_owned());
            continue;
        }
        let mut current = String::new();
        for word in line.split_whitespace() {
            if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > room {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines.join("\n")
}

/// An error, on standard error: the sentence, then what caused it.
pub fn complain(error: &anyhow::Error) {
    let sentence = fitted(&format!("error: {error}"), 0);
    let sentence = sentence.strip_prefix("error:").unwrap_or(&sentence);
    anstream::eprintln!("{}{sentence}", paint(BAD, "error:"));
    for cause in error.chain().skip(1) {
        anstream::eprintln!("{}", fitted(cause.to_string().trim_end(), 2));
    }
}

/// An error and its causes in one line, for a list of problems.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    causes.join(": ").replace(".: ", ": ")
}

/// Something to know that is no error, on standard error.
pub(crate) fn note(sentence: &str) {
    let sentence = fitted(&format!("note: {sentence}"), 0);
    let sentence = sentence.strip_prefix("note:").unwrap_or(&sentence);
    anstream::eprintln!("{}{sentence}", paint(OPEN, "note:"));
}

/// `text` for standard error: wrapped where a person reads it on a terminal, which would break words in the middle.
fn fitted(text: &str, indent: usize) -> String {
    if std::io::stderr().is_terminal() {
        return wrap(text, indent);
    }
    indented(text, indent)
}

/// "1 check", "2 checks".
pub(crate) fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_and_its_cause_are_one_sentence() {
        let error = anyhow::anyhow!("No such file").context("a.rs cannot be read.");
        assert_eq!(sentence(&error), "a.rs cannot be read: No such file");
    }

    #[test]
    fn no_word_is_broken_however_long() {
        let path = "exercises/lesson1-neuron/src/step4_train.rs:40:12";
        let text = format!("Look at {path} and mend it there.");
        assert_eq!(
            wrap_to(&text, 30),
            format!("Look at\n{path}\nand mend it there.")
        );
    }
}
