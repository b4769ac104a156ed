//! `hint`: one more level each time.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::progress::Progress;
use crate::report::command;
use crate::select::select_or_resume;
use crate::style::{BOLD, FAINT, OPEN, paint, wrap};
use crate::workspace::Workspace;

/// What `hint` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// The step: lesson1.2; a lesson stands for its first step that does not pass
    step: Option<String>,
    /// Only those that you have seen
    #[arg(long, conflicts_with = "all")]
    again: bool,
    /// All at once
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut progress = Progress::load_aloud(workspace);
    let selection = select_or_resume(workspace, options.step.as_deref(), &progress)?;
    let lesson = selection.lesson;
    let number = selection
        .step
        .or_else(|| progress.first_open_step(&lesson))
        .unwrap_or(1);
    let name = format!("{}.{number}", lesson.name());
    let step = lesson.step(number);
    let levels = step.hints.len();
    if levels == 0 {
        anyhow::bail!(
            "Step {number} of {} has no hints. Read its part of exercises/{}/README.md.",
            lesson.name(),
            lesson.package
        );
    }
    let seen = progress.hints_shown(&lesson, number).min(levels);
    let shown = match (options.all, options.again) {
        (true, _) => levels,
        (_, true) => seen,
        _ => (seen + 1).min(levels),
    };
    if shown > seen {
        progress.set_hints_shown(&lesson, number, shown);
        progress.save_or_say();
    }

    anstream::println!(
        "{} — {}\n",
        paint(BOLD, &format!("Step {number}")),
        step.title
    );
    for (index, hint) in step.hints.iter().take(shown).enumerate() {
        let level = format!("hint {} of {levels}", index + 1);
        let text = wrap(hint, 2);
        if index >= seen || options.again || shown == seen && index + 1 == shown {
            anstream::println!("  {}\n{text}\n", paint(OPEN, &level));
        } else {
            anstream::println!("  {}\n{}\n", paint(FAINT, &level), paint(FAINT, &text));
        }
    }
    if shown == 0 {
        anstream::println!("  You have seen none of its {levels} hints yet.\n");
    }
    if shown < levels {
        anstream::println!("One more:  {}", command(&format!("hint {name}")));
    } else {
        anstream::println!(
            "That was the last hint. The reference: {}",
            command(&format!("solution {name} --reveal"))
        );
    }
    anstream::println!("Try again: {}", command(&format!("check {name}")));
    Ok(ExitCode::SUCCESS)
}
