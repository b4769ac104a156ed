//! `check`: build, run the checks, say what is wrong.

use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::events::Event;
use crate::examine::{self, Request};
use crate::finish;
use crate::lesson::{Lesson, Subject};
use crate::links;
use crate::outcome::LessonResult;
use crate::patience;
use crate::progress::Progress;
use crate::report;
use crate::select::{Selection, select_or_resume};
use crate::slow::Slow;
use crate::style::{self, GOOD, complain, paint};
use crate::turn;
use crate::workspace::Workspace;

/// What `check` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson or the step: lesson3, 3, lesson3.2; `all` is every lesson
    lesson: Option<String>,
    /// Check the reference instead of your code
    #[arg(long)]
    solution: bool,
    /// Do not stop at the first step that does not pass; without a name, every lesson
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    slow: Slow,
    /// Print one JSON object on standard output, and nothing else there
    #[arg(long)]
    json: bool,
    /// Print what happens as it happens, a JSON object a line
    #[arg(long, hide = true, conflicts_with = "json")]
    events: bool,
    /// Do not remember the result: what an instructor shows a class is nobody's progress
    #[arg(long, hide = true)]
    unremembered: bool,
}

impl Options {
    fn subject(&self) -> Subject {
        if self.solution {
            Subject::Solution
        } else {
            Subject::Exercise
        }
    }
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    options.slow.take_effect();
    if options.events || options.json {
        style::leave_lines_whole();
    }
    if !options.events {
        patience::announce_first_build(workspace);
    }
    let named = options.lesson.as_deref();
    if named == Some("all") || (named.is_none() && options.all) {
        return everything(workspace, options);
    }
    let mut progress = Progress::load_aloud(workspace);
    let Selection { lesson, step } = select_or_resume(workspace, named, &progress)?;
    let turn = turn::take(workspace, "check");
    // Whoever had the turn before may have written it.
    progress.reload();
    let result = examine::examine(
        workspace,
        &Request {
            lesson: &lesson,
            subject: options.subject(),
            step,
            all: options.all,
            first_open: progress.first_open_step(&lesson),
            live: options.events,
            tell: &|event| {
                if options.events {
                    tell(&event);
                }
            },
        },
    )?;

    let mut news = Vec::new();
    if options.subject() == Subject::Exercise && !options.unremembered {
        progress.touch(&lesson);
        news = remember(&mut progress, &lesson, &result);
        progress.save_or_say();
    }
    drop(turn);
    let subject = options.subject();
    let finished = finished(workspace, subject, &lesson, &result, &news, &progress);
    let report = report::Report {
        lesson: &lesson,
        subject,
        result: &result,
        news: &news,
        progress: &progress,
        asked: step,
        finished: &finished,
    };
    if options.events {
        tell(&Event::Done {
            text: report.verdict(),
            result: result.clone(),
        });
    } else if options.json {
        print_json(&result)?;
    } else {
        links::print(workspace, &report.text());
    }
    Ok(code(result.passed))
}

/// Every lesson: a line each, then the first step that does not pass, in full.
fn everything(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut progress = Progress::load_aloud(workspace);
    let folders = workspace.lesson_folders()?;
    ensure!(!folders.is_empty(), "There is no lesson under exercises/.");
    let turn = turn::take(workspace, "check");
    let (mut examined, mut broken) = (Vec::new(), false);
    for folder in &folders {
        let result = Lesson::load(workspace, folder).and_then(|lesson| {
            let result = examine::examine(
                workspace,
                &Request {
                    lesson: &lesson,
                    subject: options.subject(),
                    step: None,
                    all: true,
                    first_open: None,
                    live: false,
                    tell: &|_| {},
                },
            )?;
            Ok((lesson, result))
        });
        match result {
            Ok((lesson, result)) => {
                let mut news = Vec::new();
                if options.subject() == Subject::Exercise {
                    // At once: who stops it in the middle keeps what is known. Nobody works on the last lesson because of this.
                    news = remember(&mut progress, &lesson, &result);
                    progress.save_or_say();
                }
                if !options.json {
                    anstream::println!("{}", report::in_a_line(&lesson, &result));
                }
                examined.push((lesson, result, news));
            }
            // One broken lesson shall not hide the others.
            Err(error) => {
                broken = true;
                complain(&error);
            }
        }
    }
    drop(turn);
    let passed = !broken && examined.iter().all(|(_, result, _)| result.passed);
    if options.json {
        print_json(&AllResults {
            format: 1,
            subject: options.subject().name(),
            passed,
            lessons: examined.iter().map(|(_, result, _)| result).collect(),
        })?;
    } else {
        let is_open = |(_, result, _): &&(Lesson, LessonResult, _)| !result.passed;
        let is_last =
            |(lesson, ..): &&(Lesson, _, _)| progress.last_lesson() == Some(lesson.name());
        let open = examined.iter().filter(is_open).find(is_last);
        anstream::println!();
        match open.or_else(|| examined.iter().find(is_open)) {
            Some((lesson, result, _)) => {
                let first = result.steps.iter().find(|step| !step.passed);
                let only = LessonResult {
                    steps: first.into_iter().cloned().collect(),
                    ..result.clone()
                };
                let report = report::Report {
                    lesson,
                    subject: options.subject(),
                    result: &only,
                    news: &[],
                    progress: &progress,
                    asked: None,
                    finished: "",
                };
                links::print(workspace, &report.text());
            }
            None if passed => anstream::println!("{} Everything passes.", paint(GOOD, "✓")),
            None => {}
        }
    }
    Ok(if broken {
        ExitCode::from(2)
    } else {
        code(passed)
    })
}

/// The one object of `check --all --json` without a lesson.
#[derive(Serialize)]
struct AllResults<'a> {
    format: u32,
    subject: &'a str,
    passed: bool,
    lessons: Vec<&'a LessonResult>,
}

/// Keeps a result, and gives the steps that pass now and did not before.
fn remember(progress: &mut Progress, lesson: &Lesson, result: &LessonResult) -> Vec<usize> {
    let mut news = Vec::new();
    for step in result.steps.iter().filter(|step| !step.skipped()) {
        let new = if step.passed || step.was_tried() {
            progress.record(lesson, step.step, step.passed)
        } else {
            progress.reopen(lesson, step.step);
            false
        };
        if new {
            news.push(step.step);
        }
        if new || !step.passed {
            progress.worked(lesson, step.step, SystemTime::now());
        }
    }
    news
}

/// What there is to say when a lesson is done; nothing before.
fn finished(
    workspace: &Workspace,
    subject: Subject,
    lesson: &Lesson,
    result: &LessonResult,
    news: &[usize],
    progress: &Progress,
) -> String {
    let is_done =
        subject == Subject::Exercise && result.passed && progress.first_open_step(lesson).is_none();
    if is_done {
        finish::text(workspace, lesson, progress, news.len())
    } else {
        String::new()
    }
}

fn print_json(result: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(result).context("The result cannot be written as JSON.")?;
    println!("{text}");
    Ok(())
}

fn code(passed: bool) -> ExitCode {
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A line for who reads the events. That nobody does any more is no failure of the check.
fn tell(event: &Event) {
    if let Ok(line) = serde_json::to_string(event) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}
