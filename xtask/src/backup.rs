//! Keeps a copy of a student's file before it is replaced.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::calendar::Moment;
use crate::workspace::Workspace;

/// Copies the file into `.workshop/backups/` under a name that is still free, and gives that name.
pub(crate) fn keep(workspace: &Workspace, lesson: &str, file: &Path) -> Result<PathBuf> {
    let text =
        fs::read(file).with_context(|| format!("{} cannot be read.", workspace.relative(file)))?;
    keep_in(&workspace.state().join("backups").join(lesson), file, &text)
}

/// Puts a file's text into a folder under the file's name, the date and what makes that name free, and gives the whole.
pub(crate) fn keep_in(folder: &Path, file: &Path, text: &[u8]) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made.", folder.display()))?;
    let stem = file
        .file_stem()
        .context("a file has a name")?
        .to_string_lossy();
    let moment = now();
    for attempt in 0..1000 {
        let mark = if attempt == 0 {
            String::new()
        } else {
            format!("-{attempt}")
        };
        let path = folder.join(format!("{stem}-{moment}{mark}.rs"));
        // Only a new file: two resets in one second must not share a backup.
        match fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
        {
            Ok(mut backup) => {
                std::io::Write::write_all(&mut backup, text)
                    .with_context(|| format!("{} cannot be written.", path.display()))?;
                return Ok(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("{} cannot be written.", path.display()));
            }
        }
    }
    anyhow::bail!("{} is full of backups of this second.", folder.display())
}

/// This moment, as it stands in names: `2026-01-31-235959`, in UTC.
pub(crate) fn now() -> String {
    let now = Moment::now();
    let time = format!("{:02}{:02}{:02}", now.hour, now.minute, now.second);
    format!("{}-{time}", now.date())
}
