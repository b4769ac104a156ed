//! `reset`: the untouched exercise again.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::backup;
use crate::lesson::Subject;
use crate::links;
use crate::progress::Progress;
use crate::select::{Selection, select};
use crate::strip;
use crate::style::{ACT, paint};
use crate::workspace::{Workspace, write_whole};

pub(crate) fn run(workspace: &Workspace, words: &str) -> Result<ExitCode> {
    let mut progress = Progress::load_aloud(workspace);
    let said = reset(workspace, words, &mut progress)?;
    links::print(workspace, &said);
    Ok(ExitCode::SUCCESS)
}

/// Gives back the untouched exercise, keeps what was there, and says what it did.
///
/// # Errors
///
/// When there is no such step, or a file cannot be read or written; then nothing of that file is lost.
pub fn reset(workspace: &Workspace, words: &str, progress: &mut Progress) -> Result<String> {
    let Selection { lesson, step } = select(workspace, words)?;
    let mut said = String::new();
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
        said += &format!(
            "Step {number} starts afresh: {}\n",
            paint(ACT, &workspace.relative(&file))
        );
        if file.exists() {
            let kept = backup::keep(workspace, lesson.name(), &file)?;
            said += &format!("  what was there:      {}\n", workspace.relative(&kept));
        }
        write_whole(&file, &fresh)?;
    }
    progress.save()?;
    if said.is_empty() {
        said += "Nothing to do: the code is untouched.\n";
    }
    Ok(said)
}
