//! Makes an exercise's text from the solution's: what stands between the marks becomes a `todo!`.
//!
//! ```text
//! // solution: Add up input × weight over all inputs, then add the bias.
//! let sum = …
//! // end solution
//! ```

use std::io::Write;
use std::ops::Range;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

const START: &str = "// solution:";
const END: &str = "// end solution";
/// The width that rustfmt keeps to.
const WIDTH: usize = 100;

/// The exercise's text, in rustfmt's own layout. `name` is the file's, for messages.
///
/// # Errors
///
/// When a mark is not closed, or says nothing; with its line. When there is no mark at all: then the exercise would be the solution.
pub fn strip(solution: &str, name: &str) -> Result<String> {
    if !solution.lines().any(|line| Mark::read(line).is_some()) {
        bail!(
            "{name} has no mark, so the exercise would hold the whole solution. Put `{START} What to write.` above what a student writes, \
             and `{END}` below it."
        );
    }
    let mut exercise = String::new();
    let mut lines = solution.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let Some(mark) = Mark::read(line) else {
            exercise += line;
            exercise.push('\n');
            continue;
        };
        let Mark::Start(first) = mark else {
            bail!(
                "{name}:{}: `{END}` without a `{START}` before it.",
                index + 1
            );
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let mut task = first.to_owned();
        while let Some((_, next)) = lines.next_if(|(_, next)| continues(next)) {
            task = format!("{task} {}", next.trim().trim_start_matches("//").trim());
        }
        if task.trim().is_empty() {
            bail!(
                "{name}:{}: `{START}` must say what the student is to write.",
                index + 1
            );
        }
        loop {
            match lines.next() {
                None => bail!("{name}:{}: `{START}` is not closed by `{END}`.", index + 1),
                Some((_, line)) => match Mark::read(line) {
                    Some(Mark::End) => break,
                    Some(Mark::Start(_)) => bail!(
                        "{name}:{}: `{START}` inside the part that it opens.",
                        index + 1
                    ),
                    None => {}
                },
            }
        }
        let rest = lines
            .clone()
            .map(|(_, line)| line.trim())
            .find(|line| !line.is_empty() && !line.starts_with("//"));
        let last = rest.is_none_or(|rest| rest.starts_with('}'));
        exercise += &todo(&task, indent, if last { "" } else { ";" });
    }
    Ok(formatted(&exercise))
}

/// The parts of a solution that a student writes: the bytes behind each opening mark and its message, up to the closing mark.
pub(crate) fn marked(solution: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut message = false;
    let mut at = 0;
    for line in solution.split_inclusive('\n') {
        let end = at + line.len();
        match Mark::read(line) {
            Some(Mark::Start(_)) => {
                message = true;
                start = Some(end);
            }
            Some(Mark::End) => parts.extend(start.take().map(|start| start..at)),
            None => {
                message &= continues(line);
                if message {
                    start = Some(end);
                }
            }
        }
        at = end;
    }
    parts
}

/// The solution as a student should see it: without the marks.
pub(crate) fn without_marks(solution: &str) -> String {
    let pieces = pieces(solution);
    let lines = pieces.iter().flat_map(|piece| &piece.lines);
    lines.map(|line| format!("{line}\n")).collect()
}

/// A piece of a solution: lines that the exercise gives, or lines that a student writes.
pub struct Piece<'a> {
    /// What a student is told to write in its place; `None` for what is given.
    pub task: Option<String>,
    /// The lines, without marks.
    pub lines: Vec<&'a str>,
}

/// The solution in pieces: what is given and what a student writes, in turn.
#[must_use]
pub fn pieces(solution: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut current = Piece {
        task: None,
        lines: Vec::new(),
    };
    let mut lines = solution.lines().peekable();
    while let Some(line) = lines.next() {
        let task = match Mark::read(line) {
            Some(Mark::Start(first)) => {
                let mut task = first.to_owned();
                while let Some(next) = lines.next_if(|next| continues(next)) {
                    task = format!("{task} {}", next.trim().trim_start_matches('/').trim());
                }
                Some(task)
            }
            Some(Mark::End) => None,
            None => {
                current.lines.push(line);
                continue;
            }
        };
        let next = Piece {
            task,
            lines: Vec::new(),
        };
        pieces.push(std::mem::replace(&mut current, next));
    }
    pieces.push(current);
    pieces
}

enum Mark<'a> {
    Start(&'a str),
    End,
}

impl<'a> Mark<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line = line.trim();
        if line == END {
            return Some(Self::End);
        }
        line.strip_prefix(START)
            .map(|task| Self::Start(task.trim()))
    }
}

/// Whether a line goes on with the message of the mark above it.
fn continues(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("//") && Mark::read(line).is_none()
}

/// The `todo!`, over several lines when the message is long.
fn todo(task: &str, indent: &str, end: &str) -> String {
    // `todo!` takes a format string.
    let task = task
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('{', "{{")
        .replace('}', "}}");
    let short = format!("{indent}todo!(\"{task}\"){end}");
    if short.chars().count() <= WIDTH {
        return short + "\n";
    }
    let room = WIDTH - indent.len() - 4 - 3;
    let mut lines = vec![String::new()];
    for word in task.split_whitespace() {
        if lines.last().is_some_and(|line| {
            !line.is_empty() && line.chars().count() + word.chars().count() + 1 > room
        }) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let text = lines.join(&format!(" \\\n{indent}     "));
    format!("{indent}todo!(\n{indent}    \"{text}\"\n{indent}){end}\n")
}

/// rustfmt's layout, or the text as it is where there is no rustfmt or it finds no Rust.
fn formatted(text: &str) -> String {
    rustfmt(text).unwrap_or_else(|_| text.to_owned())
}

/// Whether rustfmt finds the text to be Rust; without rustfmt nothing is.
pub(crate) fn parses(text: &str) -> bool {
    rustfmt(text).is_ok()
}

fn rustfmt(text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    rustfmt
        .stdin
        .take()
        .context("a pipe")?
        .write_all(text.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "rustfmt refuses");
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOLUTION: &str = "//! Step 1 — one neuron.\n\npub fn z(x: f64) -> f64 {\n    // solution: Multiply,\n    // then add the \
        {bias}.\n    let y = 2.0 * x;\n    y + 1.0\n    // end solution\n}\n";

    #[test]
    fn a_marked_part_becomes_one_todo() {
        let exercise = "//! Step 1 — one neuron.\n\npub fn z(x: f64) -> f64 {\n    todo!(\"Multiply, then add the {{bias}}.\")\n}\n";
        assert_eq!(strip(SOLUTION, "a.rs").unwrap(), exercise);
    }

    #[test]
    fn a_part_that_something_follows_becomes_a_statement() {
        let solution =
            "fn f() -> u8 {\n    // solution: Look.\n    look();\n    // end solution\n    1\n}\n";
        assert_eq!(
            strip(solution, "a.rs").unwrap(),
            "fn f() -> u8 {\n    todo!(\"Look.\");\n    1\n}\n"
        );
    }

    #[test]
    fn a_long_task_keeps_to_the_width_and_loses_no_word() {
        let task = "word ".repeat(60);
        let solution = format!("fn f() {{\n    // solution: {task}\n    // end solution\n}}\n");
        let exercise = strip(&solution, "a.rs").unwrap();
        assert!(
            exercise.lines().all(|line| line.chars().count() <= WIDTH),
            "{exercise}"
        );
        assert_eq!(exercise.matches("word").count(), 60);
        assert_eq!(formatted(&exercise), exercise);
    }

    #[test]
    fn marks_that_do_not_match_are_named_with_their_line() {
        let error = |text| strip(text, "a.rs").unwrap_err().to_string();
        assert!(error("\n// solution: x\n").starts_with("a.rs:2: `// solution:` is not closed"));
        assert!(error("// end solution\n").starts_with("a.rs:1: `// end solution` without"));
        assert!(error("// solution: x\na\n// solution: y\n").contains("inside the part"));
        assert!(error("// solution:\na\n// end solution\n").contains("must say"));
        assert!(error("fn f() {}\n").starts_with("a.rs has no mark"));
    }

    #[test]
    fn the_marked_parts_are_what_a_student_writes() {
        let parts = marked(SOLUTION);
        assert_eq!(parts.len(), 1);
        let part = &SOLUTION[parts[0].clone()];
        assert!(
            part.contains("let y = 2.0 * x;") && !part.contains("pub fn z"),
            "{part}"
        );
    }

    #[test]
    fn a_solution_falls_into_what_is_given_and_what_is_written() {
        let pieces = pieces(SOLUTION);
        let tasks: Vec<Option<&str>> = pieces.iter().map(|piece| piece.task.as_deref()).collect();
        assert_eq!(tasks, [None, Some("Multiply, then add the {bias}."), None]);
        assert_eq!(
            pieces[1].lines,
            ["    let y = 2.0 * x;", "    y + 1.0"],
            "what is written"
        );
        assert_eq!(pieces[2].lines, ["}"]);
    }

    #[test]
    fn the_shown_solution_has_no_marks() {
        let shown = without_marks(SOLUTION);
        assert!(
            !shown.contains("solution") && shown.contains("let y = 2.0 * x;"),
            "{shown}"
        );
    }
}
