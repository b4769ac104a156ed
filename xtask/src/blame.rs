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
    let checks = fs::read_to_string(checks_file(lesson)).unwrap_or_default();
    let function = check.rsplit("::").next().unwrap_or(check);
    let body = section(&checks, step.module()).and_then(|module| body(module, function));
    let line = body.and_then(|body| first_called(body, &code)).unwrap_or(1);
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

fn checks_file(lesson: &Lesson) -> std::path::PathBuf {
    lesson
        .folder(Subject::Exercise)
        .join("tests")
        .join("checks.rs")
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

/// The line, in the step's `code`, of the public function that `body` names first.
fn first_called(body: &str, code: &str) -> Option<usize> {
    code.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let name = line
                .trim_start()
                .strip_prefix("pub fn ")?
                .split(|c| !is_word(c))
                .next()?;
            Some((word_at(body, name)?, index + 1))
        })
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
        close(\"z\", weighted_sum(1), 2)\n    }\n    pub fn other() { sigmoid(1) }\n}\n";

    #[test]
    fn points_at_the_function_that_the_check_calls() {
        let code =
            "//! Step.\n\npub fn sigmoid() {}\n\npub fn weighted_sum() {}\npub fn sum() {}\n";
        let module = section(CHECKS, "step2_b").unwrap();
        assert_eq!(first_called(body(module, "adds").unwrap(), code), Some(5));
        assert_eq!(first_called(body(module, "other").unwrap(), code), Some(3));
        assert!(body(module, "first").is_none());
    }
}
