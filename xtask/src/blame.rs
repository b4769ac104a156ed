//! Which line to point at, and which step an error belongs to.

use std::fs;

use crate::compile::CompileError;
use crate::lesson::{Lesson, Step, Subject};
use crate::workspace::Workspace;

/// A `file:line` for a check whose verdict names no place of its own, or one outside the workspace: the function of the step's
/// file that the check calls first.
pub(crate) fn place(
    workspace: &Workspace,
    lesson: &Lesson,
    subject: Subject,
    step: &Step,
    check: &str,
    told: Option<&str>,
) -> String {
    if let Some(told) = told
        && let Some((file, _)) = told.rsplit_once(':')
        && workspace.root.join(file).is_file()
        && !file.starts_with('/')
    {
        return told.to_owned();
    }
    let path = lesson.step_file(subject, step);
    let code = fs::read_to_string(&path).unwrap_or_default();
    let checks = checks_of(lesson, step);
    let function = check.rsplit("::").next().unwrap_or(check);
    let line = body(&checks, function)
        .and_then(|body| called_directly_or_by_a_helper(body, &checks, &code));
    let line = line.unwrap_or(1);
    format!("{}:{line}", workspace.relative(&path))
}

/// The step whose file has the error; for an error in the checks, the step whose checks they are.
pub(crate) fn step_of(
    workspace: &Workspace,
    lesson: &Lesson,
    error: &CompileError,
) -> Option<usize> {
    let name = error.file.rsplit('/').next()?;
    if let Some((number, _)) = lesson.steps().find(|(_, step)| step.file == name) {
        return Some(number);
    }
    let checks = fs::read_to_string(workspace.root.join(&error.file)).ok()?;
    let before: Vec<&str> = checks.lines().take(error.line).collect();
    let module = before.iter().rev().find_map(|line| {
        let rest = line
            .trim_start()
            .trim_start_matches("pub ")
            .strip_prefix("mod ")?;
        rest.split(|c: char| !is_word(c)).next()
    })?;
    lesson
        .steps()
        .find(|(_, step)| step.module() == module)
        .map(|(number, _)| number)
}

/// The text of a step's checks: `tests/checks/STEP.rs` where a lesson has a file for each step, or a module of
/// `tests/checks.rs`.
fn checks_of(lesson: &Lesson, step: &Step) -> String {
    let tests = lesson.folder(Subject::Exercise).join("tests");
    fs::read_to_string(tests.join("checks").join(&step.file)).unwrap_or_else(|_| {
        let all = fs::read_to_string(tests.join("checks.rs")).unwrap_or_default();
        section(&all, step.module()).unwrap_or_default().to_owned()
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text from `mod NAME` to the next module of the same depth.
fn section<'a>(checks: &'a str, module: &str) -> Option<&'a str> {
    let start = checks.find(&format!("mod {module} "))?;
    let rest = &checks[start..];
    let end = rest.find("\n}").map_or(rest.len(), |end| end + 2);
    Some(&rest[..end])
}

/// The text from `fn NAME(` to the next function.
fn body<'a>(module: &'a str, function: &str) -> Option<&'a str> {
    let start = module.find(&format!("fn {function}("))?;
    let rest = &module[start + 3..];
    Some(&rest[..rest.find("fn ").unwrap_or(rest.len())])
}

/// The line of the student's function that a check is about: one that it calls, or one that a helper of the checks calls for it.
fn called_directly_or_by_a_helper(body: &str, checks: &str, code: &str) -> Option<usize> {
    let body = without_words(body);
    first_called(&body, code).or_else(|| {
        let after_its_name = body.split_once('(').map_or("", |(_, rest)| rest);
        functions(checks)
            .filter_map(|(_, name)| Some((use_of(after_its_name, name)?, name)))
            .min()
            .and_then(|(_, name)| first_called(&without_words(self::body(checks, name)?), code))
    })
}

/// The code without its strings and comments: a message that speaks of an "error" does not call the function `error`.
fn without_words(code: &str) -> String {
    let mut kept = String::new();
    let mut in_string = false;
    for line in code.lines() {
        let mut characters = line.chars().peekable();
        while let Some(c) = characters.next() {
            match c {
                '\\' if in_string => drop(characters.next()),
                '"' => in_string = !in_string,
                '/' if !in_string && characters.peek() == Some(&'/') => break,
                c if !in_string => kept.push(c),
                _ => {}
            }
        }
        kept.push('\n');
    }
    kept
}

/// The functions of a text with their lines, from 1.
fn functions(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.trim_start();
        let line = line.strip_prefix("pub ").unwrap_or(line);
        Some((
            index + 1,
            line.strip_prefix("fn ")?.split(|c| !is_word(c)).next()?,
        ))
    })
}

/// The line, in the step's `code`, of the function that `body` calls first, or else hands on first.
fn first_called(body: &str, code: &str) -> Option<usize> {
    functions(code)
        .filter_map(|(line, name)| Some((use_of(body, name)?, line)))
        .min()
        .map(|(_, line)| line)
}

/// How a function is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Called,
    /// Given to another function, as in `each(relu)`. A variable of the same name looks the same, so a call counts first.
    HandedOn,
}

/// How and where `text` uses the function `name`; a method (`z.tanh()`) and a name out of a type (`f64::tanh`) are other functions.
fn use_of(text: &str, name: &str) -> Option<(Use, usize)> {
    let uses = text.match_indices(name).filter_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        if before.ends_with(is_word)
            || before.ends_with('.')
            || before.ends_with("64::")
            || before.ends_with("32::")
        {
            return None;
        }
        if after.starts_with('(') {
            return Some((Use::Called, at));
        }
        let handed_on =
            before.trim_end().ends_with(['(', ',']) && after.trim_start().starts_with([',', ')']);
        handed_on.then_some((Use::HandedOn, at))
    });
    uses.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKS: &str = "mod step1_a {\n    fn first() { x() }\n}\n\nmod step2_b {\n    pub fn adds() -> Verdict {\n        \
        close(\"z\", weighted_sum(1), 2)\n    }\n    pub fn other() { sigmoid(1) }\n    \
        pub fn asks_another() { helper(1) }\n    fn helper() { weighted_sum(2) }\n}\n";

    #[test]
    fn points_at_the_function_that_the_check_calls() {
        let code =
            "//! Step.\n\npub fn sigmoid() {}\n\npub fn weighted_sum() {}\npub fn sum() {}\n";
        let module = section(CHECKS, "step2_b").unwrap();
        let line =
            |check| called_directly_or_by_a_helper(body(module, check).unwrap(), module, code);
        assert_eq!(line("adds"), Some(5));
        assert_eq!(line("other"), Some(3));
        assert_eq!(line("asks_another"), Some(5));
        assert!(body(module, "first").is_none());
    }

    #[test]
    fn what_only_looks_like_a_call_is_passed_over() {
        let code = "fn tanh() {}\nfn error() {}\nfn layer() {}\nfn sigmoid() {}\n";
        let line = |body| called_directly_or_by_a_helper(body, "", code);
        let body = "check() {\n// tanh(1)\nlet w = z.tanh() + f64::tanh(z); each(layer, \"gave an error(s)\"); sigmoid(1) }";
        assert_eq!(line(body), Some(4));
        assert_eq!(line("check() { each(layer, 3) }"), Some(3));
        assert_eq!(line("check() { println!(\"a \\\" error(1)\"); }"), None);
    }
}
