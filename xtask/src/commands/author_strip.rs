//! `author strip`: writes the exercises from the solutions.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::backup;
use crate::lesson::{Lesson, Subject};
use crate::select::select;
use crate::strip;
use crate::style::{FAINT, GOOD, count, paint};
use crate::workspace::{Workspace, write_whole};

pub(crate) fn run(workspace: &Workspace, only: Option<&str>) -> Result<ExitCode> {
    let lessons = match only {
        Some(only) => vec![select(workspace, only)?.lesson],
        None => Lesson::load_all(workspace)?,
    };
    for lesson in &lessons {
        // First all texts, then all files: a mistake in one step's marks leaves the lesson as it was.
        let texts: Vec<String> = lesson
            .manifest
            .steps
            .iter()
            .map(|step| exercise_text(workspace, lesson, &step.file))
            .collect::<Result<_>>()?;
        let mut written = 0;
        for (step, text) in lesson.manifest.steps.iter().zip(&texts) {
            let file = lesson.step_file(Subject::Exercise, step);
            let now = std::fs::read_to_string(&file).ok();
            if now.as_ref() == Some(text) {
                continue;
            }
            anstream::println!("{} {}", paint(GOOD, "wrote"), workspace.relative(&file));
            if now.is_some() && !committed(workspace, &file) {
                let kept = backup::keep(workspace, lesson.name(), &file)?;
                anstream::println!(
                    "{}",
                    paint(
                        FAINT,
                        &format!("  what was there: {}", workspace.relative(&kept))
                    )
                );
            }
            write_whole(&file, text)?;
            written += 1;
        }
        let all = count(texts.len(), "step");
        anstream::println!(
            "{}: {all}, {written} written, the rest unchanged.",
            lesson.name()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What the exercise's file `src/FILE` must hold.
pub(crate) fn exercise_text(workspace: &Workspace, lesson: &Lesson, file: &str) -> Result<String> {
    let path = lesson.folder(Subject::Solution).join("src").join(file);
    let shown = workspace.relative(&path);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("{shown} cannot be read."))?;
    strip::strip(&text, &shown)
}

/// Whether git holds the file exactly as it is now, so that nothing can be lost.
fn committed(workspace: &Workspace, file: &std::path::Path) -> bool {
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.current_dir(&workspace.root)
            .args(arguments)
            .arg("--")
            .arg(file)
            .stderr(std::process::Stdio::null());
        git.output()
            .ok()
            .filter(|output| output.status.success())
            .map(|output| output.stdout)
    };
    let tracked = git(&["ls-files", "--error-unmatch"]).is_some();
    tracked && git(&["status", "--porcelain"]).is_some_and(|changes| changes.is_empty())
}
