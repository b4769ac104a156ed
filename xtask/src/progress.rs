//! What the runner remembers of a student: `.workshop/progress.json`.
//!
//! The file is written whole or not at all. One that is damaged, or written by a newer runner, is left as it is: the runner
//! says so and carries on without remembering.

mod kept;

use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

pub(crate) use self::kept::bare;
use self::kept::{Kept, Names, OfStep, Unreadable};
use crate::lesson::Lesson;
use crate::style;
use crate::workspace::{Workspace, short, write_whole};

/// From one try to the next, somebody who works takes less than this; a longer gap was a meal or a night.
const AT_WORK: u64 = 10 * 60;
/// What counts when somebody comes back from such a gap: they have thought and written before they tried.
const COMING_BACK: u64 = 60;

/// What is remembered, and whether it may be written back.
pub struct Progress {
    workspace: Workspace,
    /// As the file was when it was read, and as it is to be.
    base: Kept,
    kept: Kept,
    /// The short name of the lesson that was checked last, if it is still here.
    last: Option<String>,
    /// The lessons whose names are up to date in `kept`.
    adopted: Vec<Names>,
    /// The file calls something by a former name.
    stale: bool,
    /// Why the file must not be touched.
    untouchable: Option<String>,
}

impl Progress {
    /// Reads what is remembered; a missing file means nothing yet.
    pub fn load(workspace: &Workspace) -> Self {
        let workspace = Workspace {
            root: workspace.root.clone(),
        };
        let (kept, format, untouchable) = match read(&workspace) {
            Ok((kept, format)) => (kept, format, None),
            Err(why) => (Kept::default(), kept::FORMAT, Some(why)),
        };
        let mut progress = Self {
            base: kept.clone(),
            last: last(&workspace, &kept),
            kept,
            workspace,
            adopted: Vec::new(),
            stale: false,
            untouchable,
        };
        if format < kept::FORMAT {
            // By today's numbers, before an update shifts them.
            for folder in progress.workspace.lesson_folders().unwrap_or_default() {
                if let Ok(lesson) = Lesson::load(&progress.workspace, &folder) {
                    progress.adopt(&lesson);
                }
            }
        }
        progress
    }

    /// The same, and says on standard error when nothing will be remembered.
    pub fn load_aloud(workspace: &Workspace) -> Self {
        let progress = Self::load(workspace);
        if let Some(trouble) = progress.trouble() {
            style::note(&format!(
                "{trouble}. It is left as it is and this run is not remembered. To begin anew, move it away."
            ));
        }
        progress
    }

    /// Reads the file again: another process, such as a `check` that was started from here, may have written it. What was not
    /// saved is forgotten.
    pub fn reload(&mut self) {
        *self = Self::load(&self.workspace);
    }

    /// Why nothing is remembered, when that is so.
    pub fn trouble(&self) -> Option<&str> {
        self.untouchable.as_deref()
    }

    /// Writes what changed into the file as it is now: another run may have written since it was read.
    ///
    /// # Errors
    ///
    /// When the file cannot be written; then it is as it was.
    pub fn save(&mut self) -> Result<()> {
        if self.untouchable.is_some() || (self.kept == self.base && !self.stale) {
            return Ok(());
        }
        let path = path(&self.workspace);
        // The lock goes when the file is closed, also when this process is killed.
        let _lock = self.lock();
        let (mut theirs, format) = match read(&self.workspace) {
            Ok(read) => read,
            Err(why) => {
                style::note(&format!(
                    "{why}. It is left as it is and this run is not remembered."
                ));
                self.untouchable = Some(why);
                return Ok(());
            }
        };
        if format < kept::FORMAT && path.exists() {
            let old = path.with_file_name(format!("progress.format{format}.json"));
            fs::copy(&path, &old)
                .with_context(|| format!("{} cannot be written.", self.workspace.relative(&old)))?;
        }
        for names in &self.adopted {
            theirs.adopt(names);
        }
        let merged = Kept::merged(&self.base, &self.kept, &theirs);
        write_whole(&path, &(serde_json::to_string_pretty(&merged)? + "\n"))
            .context("What you did is not remembered.")?;
        self.base = merged.clone();
        self.kept = merged;
        self.stale = false;
        Ok(())
    }

    /// The same for a command whose answer matters more: what cannot be remembered is said and is no failure.
    pub fn save_or_say(&mut self) {
        if let Err(error) = self.save() {
            style::note(&format!("{error:#}"));
        }
    }

    /// The lesson that was checked last.
    pub fn last_lesson(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Remembers that this lesson is being worked on.
    pub fn touch(&mut self, lesson: &Lesson) {
        self.kept.last_lesson = Some(lesson.package.clone());
        self.last = Some(lesson.name().to_owned());
    }

    /// Whether the step passed when it was last checked.
    pub fn has_passed(&self, lesson: &Lesson, step: usize) -> bool {
        self.step(lesson, step).is_some_and(|step| step.passed)
    }

    /// The lesson's first step that has not passed.
    pub fn first_open_step(&self, lesson: &Lesson) -> Option<usize> {
        lesson
            .steps()
            .map(|(number, _)| number)
            .find(|number| !self.has_passed(lesson, *number))
    }

    /// Remembers a step's result; says whether it passed for the first time since it last did not.
    pub fn record(&mut self, lesson: &Lesson, step: usize, passed: bool) -> bool {
        let kept = self.of(lesson, step);
        let before = std::mem::replace(&mut kept.passed, passed);
        kept.tries += u32::from(!passed);
        passed && !before
    }

    /// Remembers that a step does not pass, and counts no try: what does not compile or is still to be written was not judged.
    pub fn reopen(&mut self, lesson: &Lesson, step: usize) {
        self.of(lesson, step).passed = false;
    }

    /// How often a step was checked and did not pass.
    pub fn tries(&self, lesson: &Lesson, step: usize) -> u32 {
        self.step(lesson, step).map_or(0, |step| step.tries)
    }

    /// How long a step was worked on, in whole minutes.
    pub fn minutes(&self, lesson: &Lesson, step: usize) -> u64 {
        self.step(lesson, step).map_or(0, |step| step.seconds) / 60
    }

    /// Counts the time since the last try of any step towards this one. To be called at each try that does not pass, and at the
    /// one that passes at last. A long gap was no work: of that, a minute counts.
    pub fn worked(&mut self, lesson: &Lesson, step: usize, now: SystemTime) {
        let now = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let last = std::mem::replace(&mut self.kept.last_work, now);
        // A clock that was put back tells nothing; nor does the first try of all.
        let since = now.checked_sub(last).filter(|_| last > 0).unwrap_or(0);
        let counts = if since < AT_WORK { since } else { COMING_BACK };
        self.of(lesson, step).seconds += counts;
    }

    /// How many hints of a step were shown.
    pub fn hints_shown(&self, lesson: &Lesson, step: usize) -> usize {
        self.step(lesson, step).map_or(0, |step| step.hints)
    }

    /// Remembers how many hints of a step were shown.
    pub fn set_hints_shown(&mut self, lesson: &Lesson, step: usize, shown: usize) {
        self.of(lesson, step).hints = shown;
    }

    /// Forgets that a step passed: it starts afresh.
    pub fn forget(&mut self, lesson: &Lesson, step: usize) {
        let kept = self.of(lesson, step);
        kept.passed = false;
        kept.hints = 0;
    }

    /// Calls a lesson and its steps by their names of today: what was kept under a former name is kept under the new one.
    pub fn adopt(&mut self, lesson: &Lesson) {
        let names = Names::of(lesson);
        if !self.adopted.contains(&names) {
            let before = self.base.clone();
            self.base.adopt(&names);
            self.kept.adopt(&names);
            self.stale |= self.base != before;
            self.adopted.push(names);
        }
    }

    fn step(&self, lesson: &Lesson, step: usize) -> Option<&OfStep> {
        self.kept.step(&Names::of(lesson), step)
    }

    fn of(&mut self, lesson: &Lesson, step: usize) -> &mut OfStep {
        self.adopt(lesson);
        let steps = self.kept.lessons.entry(bare(&lesson.package).to_owned());
        let step = bare(&lesson.step(step).file).to_owned();
        steps.or_default().entry(step).or_default()
    }

    /// Keeps other runs from writing for a moment. Where files cannot be locked, or somebody holds the lock for long, it goes
    /// without.
    fn lock(&self) -> Option<File> {
        let path = self.workspace.state().join("progress.lock");
        fs::create_dir_all(self.workspace.state()).ok()?;
        let file = File::create(path).ok()?;
        for _ in 0..100 {
            match file.try_lock() {
                Ok(()) => return Some(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
                Err(TryLockError::Error(_)) => return None,
            }
        }
        None
    }
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.state().join("progress.json")
}

/// The file and its format, or why it must not be touched.
fn read(workspace: &Workspace) -> Result<(Kept, u32), String> {
    let path = path(workspace);
    let shown = workspace.relative(&path);
    match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok((Kept::default(), kept::FORMAT))
        }
        Err(error) => Err(format!("{shown} cannot be read ({error})")),
        Ok(bytes) => Kept::read(&String::from_utf8_lossy(&bytes)).map_err(|why| match why {
            Unreadable::Newer => format!("{shown} was written by a newer version of the workshop"),
            Unreadable::Damaged => format!("{shown} is damaged"),
        }),
    }
}

/// What people type today for the lesson that was checked last.
fn last(workspace: &Workspace, kept: &Kept) -> Option<String> {
    let last = kept.last_lesson.as_deref()?;
    let folders = workspace.lesson_folders().ok()?;
    let same = |folder: &&String| bare(folder) == bare(last) || short(folder) == last;
    let renamed = |folder: &&String| {
        let lesson = Lesson::load(workspace, folder);
        lesson.is_ok_and(|lesson| {
            lesson
                .manifest
                .was
                .iter()
                .any(|was| bare(was) == bare(last))
        })
    };
    let found = folders
        .iter()
        .find(same)
        .or_else(|| folders.iter().find(renamed))?;
    Some(short(found).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: &str = "name = \"lesson1\"\ntitle = \"t\"\nsummary = \"s\"\n[[step]]\nfile = \"step1_add.rs\"\ntitle = \"a\"\n\
        [[step]]\nfile = \"step2_square.rs\"\ntitle = \"s\"\n";

    fn workshop() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace {
            root: folder.path().to_path_buf(),
        };
        write(&workspace, "exercises/lesson1-sums/lesson.toml", LESSON);
        (folder, workspace)
    }

    fn write(workspace: &Workspace, name: &str, text: &str) {
        write_whole(&workspace.root.join(name), text).unwrap();
    }

    fn lesson(workspace: &Workspace) -> Lesson {
        Lesson::load(workspace, "lesson1-sums").unwrap()
    }

    #[test]
    fn a_night_is_no_work_and_a_clock_put_back_takes_nothing_away() {
        let (_folder, workspace) = workshop();
        let lesson = lesson(&workspace);
        let mut progress = Progress::load(&workspace);
        let mut at = |minute: u64, step| {
            let now = UNIX_EPOCH + Duration::from_secs(1_000_000 + minute * 60);
            progress.worked(&lesson, step, now);
            (progress.minutes(&lesson, 1), progress.minutes(&lesson, 2))
        };
        assert_eq!(at(0, 1), (0, 0), "the first try of all");
        assert_eq!(at(4, 1), (4, 0));
        assert_eq!(at(9, 2), (4, 5), "from there on it was this step");
        assert_eq!(at(9 + 600, 2), (4, 6), "a night");
        assert_eq!(at(500, 2), (4, 6), "a clock that was put back");
        assert_eq!(at(503, 1), (7, 6));
    }

    #[test]
    fn what_two_runs_remember_is_kept_and_a_former_format_too() {
        let (_folder, workspace) = workshop();
        let lesson = lesson(&workspace);
        let old = "{\"format\":1,\"last_lesson\":\"lesson1\",\"lessons\":{\"lesson1\":{\"passed\":[2],\"tries\":{\"1\":3}}}}";
        write(&workspace, ".workshop/progress.json", old);
        let mut first = Progress::load(&workspace);
        let mut second = Progress::load(&workspace);
        assert_eq!(first.last_lesson(), Some("lesson1"));
        for run in [&mut first, &mut second] {
            run.record(&lesson, 1, false);
        }
        second.set_hints_shown(&lesson, 2, 1);
        first.save().unwrap();
        second.save().unwrap();
        second.save().unwrap();
        first.reload();
        assert_eq!(first.tries(&lesson, 1), 5);
        assert_eq!(first.hints_shown(&lesson, 2), 1);
        assert!(first.has_passed(&lesson, 2));
        let kept = workspace.state().join("progress.format1.json");
        assert_eq!(fs::read_to_string(kept).unwrap(), old);
    }

    #[test]
    fn a_renamed_lesson_with_a_step_put_before_keeps_what_was_done() {
        let (_folder, workspace) = workshop();
        let mut before = Progress::load(&workspace);
        before.touch(&lesson(&workspace));
        before.record(&lesson(&workspace), 1, true);
        before.save().unwrap();
        fs::remove_dir_all(workspace.root.join("exercises")).unwrap();
        let later = LESSON
            .replace("[[step]]\nfile = \"step1_add.rs\"", "was = [\"lesson1-sums\"]\n[[step]]\nfile = \"step1_zero.rs\"\ntitle = \"z\"\n[[step]]\nfile = \"step2_plus.rs\"\nwas = [\"step1_add\"]")
            .replace("step2_square", "step3_square")
            .replace("\"lesson1\"", "\"lesson2\"");
        write(&workspace, "exercises/lesson2-adding/lesson.toml", &later);
        let lesson = Lesson::load(&workspace, "lesson2-adding").unwrap();
        let after = Progress::load(&workspace);
        assert_eq!(after.last_lesson(), Some("lesson2"));
        let passed = [1, 2, 3].map(|step| after.has_passed(&lesson, step));
        assert_eq!(passed, [false, true, false]);
    }

    #[test]
    fn when_nothing_can_be_written_the_old_file_stays_whole() {
        let (_folder, workspace) = workshop();
        let lesson = lesson(&workspace);
        let mut progress = Progress::load(&workspace);
        progress.record(&lesson, 1, false);
        progress.save().unwrap();
        let before = fs::read_to_string(path(&workspace)).unwrap();
        // A folder in the place of the file that is written beside: that stops everybody, root included.
        let beside = format!(".progress.json.{}.tmp", std::process::id());
        fs::create_dir_all(workspace.state().join(&beside).join("x")).unwrap();
        progress.record(&lesson, 1, false);
        let words = format!("{:#}", progress.save().unwrap_err());
        assert!(
            words.starts_with("What you did is not remembered."),
            "{words}"
        );
        assert_eq!(fs::read_to_string(path(&workspace)).unwrap(), before);
        fs::remove_dir_all(workspace.state().join(&beside)).unwrap();
        progress.save().unwrap();
        assert_eq!(Progress::load(&workspace).tries(&lesson, 1), 2);
    }
}
