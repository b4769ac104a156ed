//! `check`: build, run the checks, say what is wrong.

use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Args;

use crate::events::Event;
use crate::examine::{self, Request};
use crate::lesson::Subject;
use crate::progress::Progress;
use crate::report;
use crate::select::{Selection, select_or_resume};
use crate::style;
use crate::workspace::Workspace;

/// What `check` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The lesson or the step: lesson3, 3, lesson3.2
    lesson: Option<String>,
    /// Check the reference instead of your code
    #[arg(long)]
    solution: bool,
    /// Do not stop at the first step that does not pass
    #[arg(long)]
    all: bool,
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

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut progress = Progress::load_aloud(workspace);
    let Selection { lesson, step } =
        select_or_resume(workspace, options.lesson.as_deref(), &progress)?;
    let subject = if options.solution {
        Subject::Solution
    } else {
        Subject::Exercise
    };
    let result = examine::examine(
        workspace,
        &Request {
            lesson: &lesson,
            subject,
            step,
            all: options.all,
            tell: &|event| {
                if options.events {
                    tell(&event);
                }
            },
        },
    )?;

    let mut news = Vec::new();
    if subject == Subject::Exercise && !options.unremembered {
        progress.touch(&lesson);
        for step in result.steps.iter().filter(|step| !step.skipped()) {
            let new = progress.record(&lesson, step.step, step.passed);
            if new {
                news.push(step.step);
            }
            if new || !step.passed {
                progress.worked(&lesson, step.step, SystemTime::now());
            }
        }
        progress.save_or_say();
    }
    let report = report::Report {
        lesson: &lesson,
        subject,
        result: &result,
        news: &news,
        progress: &progress,
        asked: step,
    };
    if options.events {
        style::leave_lines_whole();
        tell(&Event::Done {
            text: report.verdict(),
            result: result.clone(),
        });
    } else if options.json {
        let text =
            serde_json::to_string(&result).context("The result cannot be written as JSON.")?;
        println!("{text}");
    } else {
        anstream::print!("{}", report.text());
    }
    Ok(if result.passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A line for who reads the events. That nobody does any more is no failure of the check.
fn tell(event: &Event) {
    if let Ok(line) = serde_json::to_string(event) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}
