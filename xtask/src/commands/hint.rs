//! `hint`: one more level each time.

use std::process::ExitCode;

use anyhow::Result;

use crate::progress::Progress;
use crate::select::select_or_resume;
use crate::style::{ACT, BOLD, FAINT, paint, wrap};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, words: Option<&str>) -> Result<ExitCode> {
    let mut progress = Progress::load_aloud(workspace);
    let selection = select_or_resume(workspace, words, &progress)?;
    let lesson = selection.lesson;
    let name = lesson.name().to_owned();
    let number = selection
        .step
        .or_else(|| progress.first_open_step(&lesson))
        .unwrap_or(1);
    let step = lesson.step(number);
    let levels = step.hints.len();
    if levels == 0 {
        anyhow::bail!(
            "Step {number} of {name} has no hints. Read its part of exercises/{}/README.md.",
            lesson.package
        );
    }
    let shown = (progress.hints_shown(&lesson, number) + 1).min(levels);
    progress.set_hints_shown(&lesson, number, shown);
    progress.save_or_say();

    let level = format!("hint {shown} of {levels}");
    anstream::println!(
        "{} — {}  {}\n",
        paint(BOLD, &format!("Step {number}")),
        step.title,
        paint(FAINT, &level)
    );
    for (index, hint) in step.hints.iter().take(shown).enumerate() {
        let text = wrap(hint, 2);
        anstream::println!(
            "{}\n",
            if index + 1 == shown {
                text
            } else {
                paint(FAINT, &text)
            }
        );
    }
    if shown < levels {
        anstream::println!(
            "One more: {}",
            paint(ACT, &format!("cargo xtask hint {name}.{number}"))
        );
    } else {
        let command = format!("cargo xtask solution {name}.{number} --reveal");
        anstream::println!(
            "That was the last hint. The reference: {}",
            paint(ACT, &command)
        );
    }
    Ok(ExitCode::SUCCESS)
}
