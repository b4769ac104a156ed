//! Builds a lesson's checks and runs those that are asked for, step by step.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::blame;
use crate::broken;
use crate::compile::{self, Built};
use crate::events::Event;
use crate::interrupt;
use crate::judge::{self, Job};
use crate::lesson::{Lesson, Step, Subject};
use crate::live::Live;
use crate::outcome::{CheckResult, LessonResult, Outcome, StepResult};
use crate::quick;
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
    /// The first step that has not passed yet.
    pub(crate) first_open: Option<usize>,
    /// Whether somebody watches how trainings go.
    pub(crate) live: bool,
    /// Who wants to know how far it is.
    pub(crate) tell: &'a dyn Fn(Event),
}

/// Builds and runs.
pub(crate) fn examine(workspace: &Workspace, request: &Request<'_>) -> Result<LessonResult> {
    let lesson = request.lesson;
    let mut results: Vec<StepResult> = Vec::new();
    for steps in portions(request) {
        if results.iter().any(|step| !step.passed) && !request.all {
            results.extend(skip(workspace, request, &steps)?);
            continue;
        }
        match build(workspace, request, &steps)? {
            Built::Program(program) => {
                results.extend(run_steps(workspace, request, &program, &steps)?);
            }
            Built::Errors(errors) => {
                let failed = broken::build_failed(workspace, request, &errors)?;
                // Nothing can be said of the lesson when the step to blame is one that was built before.
                results.retain(|done| {
                    failed
                        .iter()
                        .all(|step| step.skipped() || step.step != done.step)
                });
                let known: Vec<usize> = results.iter().map(|step| step.step).collect();
                results.extend(
                    failed
                        .into_iter()
                        .filter(|step| !known.contains(&step.step)),
                );
                results.sort_by_key(|step| step.step);
                break;
            }
        }
    }
    Ok(LessonResult {
        format: 1,
        lesson: lesson.name().to_owned(),
        subject: request.subject.name().to_owned(),
        passed: results.iter().all(|step| step.passed),
        steps: results,
    })
}

/// The steps that are asked for, in the portions in which their checks are built: for a whole lesson first those that are likely to
/// be all that is run.
fn portions(request: &Request<'_>) -> Vec<Vec<usize>> {
    if let Some(step) = request.step {
        return vec![vec![step]];
    }
    let all: Vec<usize> = request.lesson.steps().map(|(number, _)| number).collect();
    match request.first_open {
        Some(open) if !request.all && request.subject == Subject::Exercise => {
            let (first, rest): (Vec<usize>, Vec<usize>) =
                all.into_iter().partition(|step| *step <= open);
            [first, rest]
                .into_iter()
                .filter(|portion| !portion.is_empty())
                .collect()
        }
        _ => vec![all],
    }
}

fn build(workspace: &Workspace, request: &Request<'_>, steps: &[usize]) -> Result<Built> {
    (request.tell)(Event::Building);
    if request.subject == Subject::Exercise
        && let Some(built) = quick::build(workspace, request.lesson, steps)?
    {
        return Ok(built);
    }
    compile::compile(
        workspace,
        request.lesson,
        request.subject,
        compile::Target::Checks,
    )
}

/// The names of the checks in the built program, each belonging to a step, and no step without one.
pub(crate) fn names(lesson: &Lesson, program: &Path) -> Result<Vec<String>> {
    let all: Vec<usize> = lesson.steps().map(|(number, _)| number).collect();
    names_of(lesson, program, &all)
}

/// The same for a program that may hold the checks of these steps only.
fn names_of(lesson: &Lesson, program: &Path, steps: &[usize]) -> Result<Vec<String>> {
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
    for (number, step) in lesson.steps().filter(|(number, _)| steps.contains(number)) {
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
    steps: &[usize],
) -> Result<Vec<StepResult>> {
    let names = names_of(request.lesson, program, steps)?;
    let mut results = Vec::new();
    let mut stopped = false;
    for (number, step) in request
        .lesson
        .steps()
        .filter(|(number, _)| steps.contains(number))
    {
        let of_step = names.iter().filter(|name| belongs(name, step));
        let checks = if stopped {
            of_step.map(|name| skipped(name)).collect()
        } else {
            of_step
                .map(|name| run_check(workspace, request, program, step, name))
                .collect::<Result<Vec<_>>>()?
        };
        let passed = checks.iter().all(|check| check.passed);
        stopped |= !passed && !request.all;
        results.push(step_result(workspace, request, number, checks));
    }
    Ok(results)
}

/// Steps whose checks were not even built.
fn skip(workspace: &Workspace, request: &Request<'_>, steps: &[usize]) -> Result<Vec<StepResult>> {
    let listed = quick::listed(request.lesson)?;
    let steps = request
        .lesson
        .steps()
        .filter(|(number, _)| steps.contains(number));
    Ok(steps
        .map(|(number, step)| {
            let of_step = listed.iter().filter(|name| belongs(name, step));
            let checks = of_step.map(|name| skipped(name)).collect();
            step_result(workspace, request, number, checks)
        })
        .collect())
}

fn skipped(name: &str) -> CheckResult {
    CheckResult::new(name, Outcome::Skipped, "An earlier step does not pass yet.")
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
        // Without it the check runs as well.
        live: request
            .live
            .then(|| Live::new(&pictures, request.tell).ok())
            .flatten(),
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

/// A step with its checks' results.
pub(crate) fn step_result(
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
        passed: !checks.is_empty() && checks.iter().all(|check| check.passed),
        checks,
    }
}
