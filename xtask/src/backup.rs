//! Keeps a copy of a student's file before it is replaced.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

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

/// This moment, as it stands in names.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    date(since.map_or(0, |since| since.as_secs()))
}

/// `2026-01-31-235959`, in UTC. The days are counted as in Howard Hinnant's "chrono-compatible low-level date algorithms".
fn date(seconds: u64) -> String {
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}-{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn names_a_moment_as_a_calendar_does() {
        assert_eq!(date(0), "1970-01-01-000000");
        assert_eq!(date(951_782_399), "2000-02-28-235959");
        assert_eq!(date(951_782_400), "2000-02-29-000000");
        assert_eq!(date(1_767_225_599), "2025-12-31-235959");
    }
}
