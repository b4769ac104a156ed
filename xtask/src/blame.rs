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
    first_called(body, code).or_else(|| {
        let after_its_name = body.split_once('(').map_or("", |(_, rest)| rest);
        functions(checks)
            .filter(|(_, name)| word_at(after_its_name, name).is_some())
            .find_map(|(_, name)| first_called(self::body(checks, name)?, code))
    })
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

/// The line, in the step's `code`, of the function that `body` names first.
fn first_called(body: &str, code: &str) -> Option<usize> {
    functions(code)
        .filter_map(|(line, name)| Some((word_at(body, name)?, line)))
        .min()
        .map(|(_, line)| line)
}

/// Where `word` stands in `text` as a word of its own.
fn word_at(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
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
}
