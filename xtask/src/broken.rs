//! What a build that failed is told as: one step does not compile, the others wait for it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::blame;
use crate::diagnostics::{self, CompileError};
use crate::examine::{Request, step_result};
use crate::lesson::{Lesson, Subject};
use crate::outcome::{CheckResult, Outcome, StepResult};
use crate::signatures::{self, Changed};
use crate::style::{ACT, GOOD, count, paint, wrap};
use crate::workspace::Workspace;

/// The step with the error fails with what there is to say about it; the others are skipped.
pub(crate) fn build_failed(
    workspace: &Workspace,
    request: &Request<'_>,
    errors: &[CompileError],
) -> Result<Vec<StepResult>> {
    let blamed = match blame(workspace, request, errors) {
        Some(blamed) => blamed,
        None => {
            let first = errors.first().context("a failed build has an error")?;
            let own: Vec<&CompileError> = errors.iter().collect();
            anstream::eprint!("{}\n", diagnostics::told(&own));
            bail!(
                "{0} does not compile, outside of its steps: see the compiler's words above. `git checkout -- {0}` brings back how it was.",
                first.file
            );
        }
    };
    let mut results = Vec::new();
    for (number, step) in request.lesson.steps() {
        let asked = request.step.is_none_or(|asked| asked == number);
        if !asked && number != blamed.step {
            continue;
        }
        let name = format!("{}::compiles", step.module());
        let check = if number == blamed.step {
            CheckResult {
                location: Some(blamed.location.clone()),
                printed: blamed.words.clone(),
                ..CheckResult::new(&name, Outcome::BuildFailed, plain(&blamed.words))
            }
        } else {
            let why = format!("Step {} does not compile.", blamed.step);
            CheckResult::new(&name, Outcome::Skipped, why)
        };
        results.push(step_result(workspace, request, number, vec![check]));
    }
    Ok(results)
}

/// The same words for a program: without colour and margin.
fn plain(words: &str) -> String {
    let words = anstream::adapter::strip_str(words).to_string();
    let lines = words
        .lines()
        .map(|line| line.strip_prefix("  ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// The step to mend first.
struct Blamed {
    step: usize,
    /// `file:line`.
    location: String,
    /// With colour.
    words: String,
}

fn blame(workspace: &Workspace, request: &Request<'_>, errors: &[CompileError]) -> Option<Blamed> {
    let lesson = request.lesson;
    let step_of = |error: &CompileError| {
        let mut steps = lesson.steps();
        steps.find(|(_, step)| error.file.ends_with(&format!("/src/{}", step.file)))
    };
    // The step that was asked for comes first. An error in a step's own file comes before one in the checks: it may be the cause.
    let in_a_step = |wanted: Option<usize>| {
        errors.iter().find(|error| {
            step_of(error).is_some_and(|(step, _)| wanted.is_none_or(|wanted| wanted == step))
        })
    };
    let own = request
        .step
        .and_then(|step| in_a_step(Some(step)))
        .or_else(|| in_a_step(None));
    let first = own.or(errors.first())?;
    // A function that looks different from outside breaks the code around it: that is not where to look.
    if let Some(blamed) = changed_function(workspace, request, first) {
        return Some(blamed);
    }
    let step = blame::step_of(workspace, lesson, first)?;
    let (here, elsewhere): (Vec<&CompileError>, Vec<&CompileError>) =
        errors.iter().partition(|error| error.file == first.file);
    let mut words = String::new();
    // A step's file that is missing or no text is an error of `lib.rs`, which names it.
    let unreadable = first.file.ends_with("/src/lib.rs");
    if own.is_none() && !unreadable {
        words += &wrap(
            "Your code compiles, but the checks no longer fit it. A name or a type of this step differs from what the exercise asks for; \
             bring it back to how it was.",
            2,
        );
        words += "\n\n";
    } else if request.step.is_some_and(|asked| asked != step) {
        let asked = request.step.unwrap_or(step);
        let why = format!(
            "A lesson is built as a whole, so step {asked} cannot be checked before step {step} compiles again."
        );
        words += &wrap(&why, 2);
        words += "\n\n";
    }
    words += &diagnostics::told(&here);
    let mut files: Vec<&str> = elsewhere.iter().map(|error| error.file.as_str()).collect();
    files.dedup();
    if own.is_some() {
        for file in files {
            let number = elsewhere.iter().filter(|error| error.file == file).count();
            let more = format!("{} in {}", count(number, "more error"), paint(ACT, file));
            words += &format!("\n  {more}\n");
        }
    }
    Some(Blamed {
        step,
        location: format!("{}:{}", first.file, first.line),
        words,
    })
}

/// The step with a function that is declared differently than the exercise asks for, when the error is in that function or speaks of it.
fn changed_function(
    workspace: &Workspace,
    request: &Request<'_>,
    error: &CompileError,
) -> Option<Blamed> {
    let (lesson, subject) = (request.lesson, request.subject);
    if subject == Subject::Solution || error.is_of_syntax() {
        return None;
    }
    for (number, step) in lesson.steps() {
        let file = lesson.step_file(subject, step);
        let shown = workspace.relative(&file);
        let found = changes(lesson, number).into_iter().find(|changed| {
            let inside =
                error.file == shown && function_at(&file, error.line) == Some(changed.line);
            inside || error.speaks_of(&changed.name)
        });
        let Some(changed) = found else {
            continue;
        };
        let location = format!("{shown}:{}", changed.line);
        let sentence = if changed.yours.is_some() {
            format!(
                "`{}` no longer looks as the exercise has it, and other code calls it. Bring back its first line:",
                changed.name
            )
        } else {
            format!(
                "The function `{}` is missing in this step, and other code calls it. It begins so:",
                changed.name
            )
        };
        let mut words = wrap(&sentence, 2);
        words += &format!(
            "\n\n    {}\n",
            paint(GOOD, &format!("{} {{", changed.asked))
        );
        if let Some(yours) = &changed.yours {
            words += &format!("\n  Yours is:\n\n    {yours} {{\n");
        }
        words += &format!("\n  {} {}\n", paint(ACT, "→"), paint(ACT, &location));
        return Some(Blamed {
            step: number,
            location,
            words,
        });
    }
    None
}

/// The first line of the function around a line.
fn function_at(file: &Path, line: usize) -> Option<usize> {
    let text = fs::read_to_string(file).ok()?;
    blame::functions(&text)
        .map(|function| function.line)
        .take_while(|first| *first <= line)
        .last()
}

/// The functions of a step that are no longer as the exercise has them.
fn changes(lesson: &Lesson, number: usize) -> Vec<Changed> {
    let step = lesson.step(number);
    let read = |subject| fs::read_to_string(lesson.step_file(subject, step));
    match (read(Subject::Exercise), read(Subject::Solution)) {
        (Ok(yours), Ok(asked)) => signatures::changed(&yours, &asked),
        _ => Vec::new(),
    }
}
