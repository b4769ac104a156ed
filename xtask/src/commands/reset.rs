//! `reset`: the untouched exercise again.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::backup;
use crate::lesson::Subject;
use crate::progress::Progress;
use crate::select::{Selection, select};
use crate::strip;
use crate::style::{ACT, paint};
use crate::workspace::{Workspace, write_whole};

pub(crate) fn run(workspace: &Workspace, words: &str) -> Result<ExitCode> {
    let mut progress = Progress::load_aloud(workspace);
    let Selection { lesson, step } = select(workspace, words)?;
    let mut changed = 0;
    for (number, step) in lesson
        .steps()
        .filter(|(number, _)| step.is_none_or(|asked| asked == *number))
    {
        let solution = lesson.step_file(Subject::Solution, step);
        let text = std::fs::read_to_string(&solution)
            .with_context(|| format!("{} cannot be read.", workspace.relative(&solution)))?;
        let fresh = strip::strip(&text, &workspace.relative(&solution))?;
        let file = lesson.step_file(Subject::Exercise, step);
        progress.forget(&lesson, number);
        if std::fs::read_to_string(&file).is_ok_and(|now| now == fresh) {
            continue;
        }
        anstream::println!(
            "Step {number} starts afresh: {}",
            paint(ACT, &workspace.relative(&file))
        );
        if file.exists() {
            let kept = backup::keep(workspace, lesson.name(), &file)?;
            anstream::println!("  what was there:      {}", workspace.relative(&kept));
        }
        write_whole(&file, &fresh)?;
        changed += 1;
    }
    progress.save()?;
    if changed == 0 {
        anstream::println!("Nothing to do: the code is untouched.");
    }
    Ok(ExitCode::SUCCESS)
}
