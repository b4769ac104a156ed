//! Which line to point at, and which step an error belongs to.

use std::fs;
use std::ops::Range;

use crate::diagnostics::CompileError;
use crate::lesson::{Lesson, Step, Subject};
use crate::outcome::CheckResult;
use crate::strip::marked;
use crate::workspace::Workspace;

/// A `file:line` for a check whose verdict names no place of its own, or one outside the step: the function of the step's file that
/// the check is about.
pub(crate) fn place(
    workspace: &Workspace,
    lesson: &Lesson,
    subject: Subject,
    step: &Step,
    result: &CheckResult,
) -> String {
    let source = format!("{}/src/", workspace.relative(&lesson.folder(subject)));
    if let Some(told) = &result.location
        && told.starts_with(&source)
    {
        return told.clone();
    }
    let path = lesson.step_file(subject, step);
    let code = fs::read_to_string(&path).unwrap_or_default();
    let solution = fs::read_to_string(lesson.step_file(Subject::Solution, step));
    let solution = solution.unwrap_or_default();
    let written = written_by_the_student(&solution);
    let checks = checks_of(lesson, step);
    let function = result.name.rsplit("::").next().unwrap_or(&result.name);
    let line = about(function, &result.message, &checks, &written)
        .and_then(|function| functions(&code).find(|here| here.is(&function)))
        .map_or(1, |function| function.line);
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

/// The functions with a part that the student writes.
fn written_by_the_student(solution: &str) -> Vec<Function<'_>> {
    let parts: Vec<usize> = marked(solution)
        .iter()
        .map(|part| solution[..part.start].lines().count())
        .collect();
    let all: Vec<Function<'_>> = functions(solution).collect();
    let mut written: Vec<Function<'_>> = parts
        .iter()
        .filter_map(|line| all.iter().rev().find(|function| function.line <= *line))
        .copied()
        .collect();
    written.dedup();
    written
}

/// The lines, from 0, of the functions with a part that the student writes, in the solution without its marks.
pub(crate) fn written_lines(solution: &str, shown: &str) -> Vec<Range<usize>> {
    let written = written_by_the_student(solution);
    functions(shown)
        .filter(|function| written.iter().any(|one| one.is(function)))
        .map(|function| {
            let start = function.line - 1;
            let lines = shown.lines().skip(start);
            let head = lines.clone().next().unwrap_or_default();
            let indent = &head[..head.len() - head.trim_start().len()];
            let end = format!("{indent}}}");
            start..start + 1 + lines.take_while(|line| *line != end).count()
        })
        .collect()
}

/// Which of these functions a check is about: one that its message names; else the first one that it calls, or that a helper of the
/// checks calls for it.
fn about<'a>(
    check: &str,
    message: &str,
    checks: &str,
    written: &[Function<'a>],
) -> Option<Function<'a>> {
    let texts = with_helpers(check, checks);
    let everything = texts.concat();
    let mut uses = Vec::new();
    for function in written {
        // Where several types have a method of this name, the check says which one it means.
        let alike = written
            .iter()
            .filter(|other| other.name == function.name)
            .count();
        if alike > 1
            && function
                .of
                .is_some_and(|of| word(&everything, of).is_none())
        {
            continue;
        }
        let first = texts.iter().enumerate().find_map(|(depth, text)| {
            let (how, at) = use_of(text, function.name, function.of.is_some())?;
            Some((depth, how, at))
        });
        if let Some(first) = first {
            uses.push((word(message, function.name).is_none(), first, *function));
        }
    }
    uses.sort_by_key(|(unnamed, first, _)| (*unnamed, *first));
    uses.first().map(|(_, _, function)| *function)
}

/// The text of a check, without its words, then those of the helpers that it calls, and that these call.
fn with_helpers(check: &str, checks: &str) -> Vec<String> {
    let text_of = |name: &str| {
        let body = without_words(body(checks, name)?);
        Some(body.split_once('(')?.1.to_owned())
    };
    let mut names = vec![check];
    let mut texts = Vec::new();
    let mut next = 0;
    while let Some(name) = names.get(next).copied() {
        next += 1;
        let Some(text) = text_of(name) else {
            continue;
        };
        let mut helpers: Vec<(Use, usize, &str)> = functions(checks)
            .filter(|helper| !names.contains(&helper.name))
            .filter_map(|helper| {
                let (how, at) = use_of(&text, helper.name, true)?;
                Some((how, at, helper.name))
            })
            .collect();
        helpers.sort_unstable();
        for (.., helper) in helpers {
            if !names.contains(&helper) {
                names.push(helper);
            }
        }
        texts.push(text);
    }
    texts
}

/// Where a whole word stands in a text.
fn word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word))
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

/// A function of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Function<'a> {
    /// Counted from 1.
    pub(crate) line: usize,
    /// The type that it is a method of.
    pub(crate) of: Option<&'a str>,
    /// Its name.
    pub(crate) name: &'a str,
}

impl Function<'_> {
    /// Whether it is the same function, perhaps in another version of the file.
    pub(crate) fn is(&self, other: &Function<'_>) -> bool {
        self.name == other.name && self.of == other.of
    }
}

/// The functions of a text.
pub(crate) fn functions(text: &str) -> impl Iterator<Item = Function<'_>> {
    let mut of = None;
    text.lines().enumerate().filter_map(move |(index, line)| {
        if let Some(rest) = line
            .strip_prefix("impl")
            .filter(|rest| rest.starts_with([' ', '<']))
        {
            // `impl<T> Trait for Type<T> {`: the name behind `for`, or the only one.
            let rest = match rest.strip_prefix('<') {
                Some(parameters) => parameters.split_once("> ").map_or("", |(_, rest)| rest),
                None => rest,
            };
            let named = rest.rsplit(" for ").next().unwrap_or(rest);
            of = named.split(|c| !is_word(c)).find(|part| !part.is_empty());
        } else if line.starts_with('}') {
            of = None;
        }
        let line = line.trim_start();
        let line = line
            .strip_prefix("pub(crate) ")
            .or_else(|| line.strip_prefix("pub "))
            .unwrap_or(line);
        Some(Function {
            line: index + 1,
            of,
            name: line.strip_prefix("fn ")?.split(|c| !is_word(c)).next()?,
        })
    })
}

/// How a function is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Called,
    /// Given to another function, as in `each(relu)`. A variable of the same name looks the same, so a call counts first.
    HandedOn,
}

/// How and where `text` uses the function `name`. Unless it is a method, `z.tanh()` is another function; and so is a name out of a
/// number's type (`f64::tanh`).
fn use_of(text: &str, name: &str, method: bool) -> Option<(Use, usize)> {
    let uses = text.match_indices(name).filter_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        if before.ends_with(is_word)
            || (before.ends_with('.') && !method)
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
        pub fn asks_another() { helper(1) }\n    fn helper() { deeper(2) }\n    fn deeper() { weighted_sum(2) }\n    \
        pub fn both() { sigmoid(1); weighted_sum(3) }\n    pub fn steps() { Adam::new(1).step(2) }\n}\n";

    const SOLUTION: &str = "//! Step.\n\npub fn given() {}\npub fn sigmoid() {\n    // solution: x\n    y\n    // end solution\n}\n\
        pub fn weighted_sum() {\n    // solution: x\n    y\n    // end solution\n}\n\
        impl Optimizer for Sgd {\n    fn step(&self) {\n        // solution: x\n        y\n        // end solution\n    }\n}\n\
        impl Optimizer for Adam {\n    fn step(&self) {\n        // solution: x\n        y\n        // end solution\n    }\n}\n";

    fn name(check: &str, message: &str) -> Option<(Option<&'static str>, &'static str)> {
        let module = section(CHECKS, "step2_b").unwrap();
        about(check, message, module, &written_by_the_student(SOLUTION))
            .map(|function| (function.of, function.name))
    }

    #[test]
    fn points_at_the_function_that_the_check_calls() {
        assert_eq!(name("adds", ""), Some((None, "weighted_sum")));
        assert_eq!(name("other", ""), Some((None, "sigmoid")));
        assert_eq!(name("asks_another", ""), Some((None, "weighted_sum")));
        assert!(body(section(CHECKS, "step2_b").unwrap(), "first").is_none());
    }

    #[test]
    fn of_several_the_one_that_the_message_names() {
        assert_eq!(name("both", "it is 3"), Some((None, "sigmoid")));
        assert_eq!(
            name("both", "weighted_sum(3) is 3"),
            Some((None, "weighted_sum"))
        );
    }

    #[test]
    fn a_method_is_told_by_its_type() {
        assert_eq!(name("steps", ""), Some((Some("Adam"), "step")));
    }

    #[test]
    fn only_what_the_student_writes_is_pointed_at() {
        let names: Vec<&str> = written_by_the_student(SOLUTION)
            .iter()
            .map(|function| function.name)
            .collect();
        assert_eq!(names, ["sigmoid", "weighted_sum", "step", "step"]);
    }

    #[test]
    fn what_only_looks_like_a_call_is_passed_over() {
        let body = without_words(
            "check() {\n// tanh(1)\nlet w = z.tanh() + f64::tanh(z); each(layer, \"gave an error(s)\"); sigmoid(1) }",
        );
        assert_eq!(use_of(&body, "tanh", false), None);
        assert_eq!(use_of(&body, "error", false), None);
        assert!(matches!(
            use_of(&body, "layer", false),
            Some((Use::HandedOn, _))
        ));
        assert!(matches!(
            use_of(&body, "sigmoid", false),
            Some((Use::Called, _))
        ));
    }
}
