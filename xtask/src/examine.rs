//! Builds a lesson's checks and runs those that are asked for, step by step.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::blame;
use crate::compile::{self, Built};
use crate::diagnostics::CompileError;
use crate::events::Event;
use crate::interrupt;
use crate::judge::{self, Job};
use crate::lesson::{Lesson, Step, Subject};
use crate::outcome::{CheckResult, LessonResult, Outcome, StepResult};
use crate::workspace::Workspace;

/// What is to be examined.
pub(crate) struct Request<'a> {
    /// The lesson.
    pub(crate) lesson: &'a Lesson,
    /// Whose code.
    pub(crate) subject: Subject,
    /// Only this step.
    pub(crate) step: Option<usize>,
    /// Whether to go on after a step that does not pass.
    pub(crate) all: bool,
    /// Who wants to know how far it is.
    pub(crate) tell: &'a dyn Fn(Event),
}

/// Builds and runs.
pub(crate) fn examine(workspace: &Workspace, request: &Request<'_>) -> Result<LessonResult> {
    let lesson = request.lesson;
    (request.tell)(Event::Building);
    let steps = match compile::compile(workspace, lesson, request.subject, compile::Target::Checks)?
    {
        Built::Program(program) => run_steps(workspace, request, &program)?,
        Built::Errors(errors) => build_failed(workspace, request, &errors)?,
    };
    Ok(LessonResult {
        format: 1,
        lesson: lesson.name().to_owned(),
        subject: request.subject.name().to_owned(),
        passed: steps.iter().all(|step| step.passed),
        steps,
    })
}

/// The names of the checks in the built program, each belonging to a step, and no step without one.
pub(crate) fn names(lesson: &Lesson, program: &Path) -> Result<Vec<String>> {
    let listed = interrupt::output(Command::new(program).arg("--list"))
        .with_context(|| format!("{} cannot be started.", program.display()))?;
    let text = String::from_utf8(listed.stdout).context("The list of checks is not UTF-8.")?;
    let names: Vec<String> = text.lines().map(str::to_owned).collect();
    ensure!(
        listed.status.success() && !names.is_empty(),
        "No check was found in {}: its tests/checks.rs must list them with `checks!`.",
        lesson.name()
    );
    for name in &names {
        let module = name.split("::").next().unwrap_or(name);
        ensure!(
            lesson.steps().any(|(_, step)| step.module() == module),
            "The check `{name}` belongs to no step: lesson.toml of {} knows no file {module}.rs.",
            lesson.name()
        );
    }
    for (number, step) in lesson.steps() {
        if !names.iter().any(|name| belongs(name, step)) {
            bail!(
                "No check was found for step {number} of {}: `checks!` must list some for {}.",
                lesson.name(),
                step.module()
            );
        }
    }
    Ok(names)
}

/// Whether a check is one of the step's.
pub(crate) fn belongs(name: &str, step: &Step) -> bool {
    name.strip_prefix(step.module())
        .is_some_and(|rest| rest.starts_with("::"))
}

fn run_steps(
    workspace: &Workspace,
    request: &Request<'_>,
    program: &Path,
) -> Result<Vec<StepResult>> {
    let lesson = request.lesson;
    let names = names(lesson, program)?;
    let mut results = Vec::new();
    let mut stopped = false;
    for (number, step) in lesson
        .steps()
        .filter(|(number, _)| request.step.is_none_or(|asked| asked == *number))
    {
        let mut checks = Vec::new();
        for name in names.iter().filter(|name| belongs(name, step)) {
            checks.push(if stopped {
                CheckResult::new(name, Outcome::Skipped, "An earlier step does not pass yet.")
            } else {
                run_check(workspace, request, program, step, name)?
            });
        }
        let passed = checks.iter().all(|check| check.passed);
        stopped |= !passed && !request.all;
        results.push(step_result(workspace, request, number, checks));
    }
    Ok(results)
}

fn run_check(
    workspace: &Workspace,
    request: &Request<'_>,
    program: &Path,
    step: &Step,
    name: &str,
) -> Result<CheckResult> {
    let pictures = workspace
        .root
        .join("target/workshop")
        .join(request.lesson.name())
        .join("checks");
    // What an earlier try looked like must not be taken for this one.
    for extension in ["svg", "png"] {
        let stale = pictures.join(format!("{}.{extension}", name.replace("::", ".")));
        let _ = std::fs::remove_file(stale);
    }
    let limits = request.lesson.limits(step, name);
    (request.tell)(Event::Checking {
        name: name.to_owned(),
        limit: limits.seconds(),
    });
    let mut result = judge::judge(&Job {
        program,
        name,
        folder: &request.lesson.folder(request.subject),
        limits,
        alone: true,
        pictures: Some(&pictures),
    })?;
    result.picture = result
        .picture
        .map(|path| workspace.relative(Path::new(&path)));
    (request.tell)(Event::Checked {
        name: name.to_owned(),
        passed: result.passed,
    });
    if !result.passed {
        result.location = Some(blame::place(
            workspace,
            request.lesson,
            request.subject,
            step,
            &result,
        ));
    }
    Ok(result)
}

/// The step whose file has the first error fails with the compiler's words for that file; the others are skipped.
fn build_failed(
    workspace: &Workspace,
    request: &Request<'_>,
    errors: &[CompileError],
) -> Result<Vec<StepResult>> {
    let lesson = request.lesson;
    // An error in a step's own file comes before one in the checks: it may be the cause of that.
    let in_a_step = errors.iter().find(|error| {
        lesson
            .steps()
            .any(|(_, step)| error.file.ends_with(&format!("/src/{}", step.file)))
    });
    let first = in_a_step
        .or(errors.first())
        .context("a failed build has an error")?;
    let words: String = errors
        .iter()
        .filter(|error| error.file == first.file)
        .map(|error| error.rendered.as_str())
        .collect();
    let Some(blamed) = blame::step_of(workspace, lesson, first) else {
        anstream::eprint!("{words}");
        bail!(
            "{} does not compile, outside of its steps: see the compiler's words above.",
            first.file
        );
    };
    let message = if in_a_step.is_some() {
        words
    } else {
        format!(
            "Your code compiles, but the checks no longer fit it. A name, a parameter or a return type of this step differs \
             from what the exercise asks for; bring it back to how it was.\n\n{words}"
        )
    };
    let mut results = Vec::new();
    for (number, step) in lesson.steps() {
        let asked = request.step.is_none_or(|asked| asked == number);
        if !asked && number != blamed {
            continue;
        }
        let name = format!("{}::compiles", step.module());
        let check = if number == blamed {
            CheckResult {
                location: Some(format!("{}:{}", first.file, first.line)),
                ..CheckResult::new(
                    &name,
                    Outcome::BuildFailed,
                    anstream::adapter::strip_str(&message).to_string(),
                )
            }
        } else {
            CheckResult::new(
                &name,
                Outcome::Skipped,
                format!("Step {blamed} does not compile."),
            )
        };
        let check = CheckResult {
            printed: if number == blamed {
                message.clone()
            } else {
                String::new()
            },
            ..check
        };
        results.push(step_result(workspace, request, number, vec![check]));
    }
    Ok(results)
}

fn step_result(
    workspace: &Workspace,
    request: &Request<'_>,
    number: usize,
    checks: Vec<CheckResult>,
) -> StepResult {
    let step = request.lesson.step(number);
    StepResult {
        step: number,
        title: step.title.clone(),
        file: workspace.relative(&request.lesson.step_file(request.subject, step)),
        passed: checks.iter().all(|check| check.passed),
        checks,
    }
}
