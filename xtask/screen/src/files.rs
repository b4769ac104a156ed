//! Notices saves.
//!
//! The folder is watched, not the file: many editors write a new file and put it in the old one's place. What counts is the
//! text: a file that was touched and says the same is no save. Where the system tells of no changes (network shares, folders of
//! Windows seen from WSL), `--poll` looks every so often.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::{Context, Result};
use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use crate::app::Event;

/// How often `--poll` looks.
const EVERY: Duration = Duration::from_millis(250);

/// Watches a lesson's source until it is dropped.
pub(crate) struct Files {
    _watcher: Box<dyn Watcher + Send>,
}

impl Files {
    /// Sends [`Event::Saved`] whenever the text of a file in `folder` has changed.
    pub(crate) fn watch(folder: &Path, poll: bool, events: Sender<Event>) -> Result<Self> {
        let mut texts = Texts::read(folder);
        let changed = move |event: notify::Result<notify::Event>| {
            // An error of the watcher (an overflow, a folder that went and came) is a reason to look, too.
            let worth_a_look = event.is_ok_and(|event| !event.kind.is_access());
            if worth_a_look && texts.have_changed() {
                let _ = events.send(Event::Saved);
            }
        };
        let mut watcher: Box<dyn Watcher + Send> = if poll {
            let config = Config::default()
                .with_poll_interval(EVERY)
                .with_compare_contents(true);
            Box::new(PollWatcher::new(changed, config).context("The files cannot be watched.")?)
        } else {
            Box::new(RecommendedWatcher::new(changed, Config::default()).context(
                "The system does not tell of changed files here. `--poll` looks for itself.",
            )?)
        };
        watcher
            .watch(folder, RecursiveMode::NonRecursive)
            .with_context(|| {
                format!(
                    "{} cannot be watched. `--poll` may do it.",
                    folder.display()
                )
            })?;
        Ok(Self { _watcher: watcher })
    }
}

/// What the files said when they were looked at last.
struct Texts {
    folder: PathBuf,
    known: BTreeMap<PathBuf, Vec<u8>>,
}

impl Texts {
    fn read(folder: &Path) -> Self {
        let mut texts = Self {
            folder: folder.to_path_buf(),
            known: BTreeMap::new(),
        };
        texts.have_changed();
        texts
    }

    /// Looks again. A file that is empty or missing for the moment is one that is being written: it is waited for.
    fn have_changed(&mut self) -> bool {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return false;
        };
        let sources = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
        let mut changed = false;
        for path in sources {
            let Ok(text) = fs::read(&path) else {
                continue;
            };
            if !text.is_empty() && self.known.get(&path) != Some(&text) {
                self.known.insert(path, text);
                changed = true;
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn wait(events: &std::sync::mpsc::Receiver<Event>) -> bool {
        events.recv_timeout(Duration::from_secs(5)).is_ok()
    }

    #[test]
    fn a_save_is_noticed_however_it_is_made() -> Result<()> {
        for poll in [false, true] {
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("step1.rs");
            fs::write(&file, "one")?;
            let (sender, events) = channel();
            let _files = Files::watch(folder.path(), poll, sender)?;
            fs::write(&file, "two")?;
            assert!(wait(&events), "written in place, poll: {poll}");
            let beside = folder.path().join("step1.rs~");
            fs::write(&beside, "three")?;
            fs::rename(&beside, &file)?;
            assert!(wait(&events), "replaced, poll: {poll}");
        }
        Ok(())
    }

    #[test]
    fn only_another_text_is_a_save() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("step1.rs");
        fs::write(&file, [0xff, 0xfe, b'x'])?;
        let mut texts = Texts::read(folder.path());
        fs::write(&file, [0xff, 0xfe, b'x'])?;
        assert!(!texts.have_changed(), "touched only");
        fs::write(&file, "")?;
        assert!(!texts.have_changed(), "in the middle of a save");
        fs::write(&file, "y")?;
        assert!(texts.have_changed());
        fs::write(folder.path().join("step1.rs.swp"), "swap")?;
        assert!(!texts.have_changed(), "an editor's own file");
        Ok(())
    }
}
