//! Notices saves.
//!
//! The folder is watched, not the file: many editors write a new file and put it in the old one's place. What counts is the
//! text: a file that was touched and says the same is no save. The system's word is taken as a reason to look; where none comes
//! (network shares, folders of Windows seen from WSL) a look now and then finds the save all the same, with `--poll` four times a
//! second.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{Config, RecommendedWatcher, RecursiveMode, Watcher};

use crate::event::{Change, Event};

/// How often `--poll` looks.
const POLL: Duration = Duration::from_millis(250);
/// How often to look where the system tells of changes: it may have missed one, or lost the folder.
const NOW_AND_THEN: Duration = Duration::from_secs(1);

/// Watches a folder until it is dropped.
pub(crate) struct Files {
    /// Its end ends the thread that looks.
    hints: Sender<Hint>,
}

/// Why to look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    /// Something was written.
    Look,
    /// Something was written to its end: closed, or put in its place.
    Whole,
    /// Nobody is interested any more.
    Stop,
}

impl Files {
    /// Sends [`Event::Files`] whenever something about a Rust file in `folder` has changed.
    pub(crate) fn watch(folder: &Path, poll: bool, events: Sender<Event>) -> Self {
        let (hints, heard) = mpsc::channel();
        let folder = Folder::new(folder, (!poll).then(|| hints.clone()));
        let every = if poll { POLL } else { NOW_AND_THEN };
        thread::spawn(move || folder.look_for_ever(&heard, every, &events));
        Self { hints }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = self.hints.send(Hint::Stop);
    }
}

/// The folder, and how the system tells of changes in it.
struct Folder {
    texts: Texts,
    /// Where the system's hints go; none when polling.
    hints: Option<Sender<Hint>>,
    watcher: Option<RecommendedWatcher>,
    /// What the system watches: a folder that was made anew is another one.
    watched: Option<Identity>,
}

impl Folder {
    fn new(path: &Path, hints: Option<Sender<Hint>>) -> Self {
        let mut folder = Self {
            texts: Texts::new(path),
            hints,
            watcher: None,
            watched: None,
        };
        folder.listen();
        // What is there now is no change.
        folder.texts.look(true);
        folder
    }

    /// Asks the system for hints. Where that fails, looking now and then must do.
    fn listen(&mut self) {
        let now = Identity::of(&self.texts.folder);
        if now == self.watched {
            return;
        }
        self.watched = now;
        self.watcher = None;
        let Some(hints) = self.hints.clone() else {
            return;
        };
        let heard = move |event: notify::Result<notify::Event>| {
            // An error (an overflow) is a reason to look, too.
            let hint = match event.map(|event| event.kind) {
                Ok(
                    EventKind::Access(AccessKind::Close(AccessMode::Write))
                    | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)),
                ) => Hint::Whole,
                Ok(EventKind::Access(_)) => return,
                _ => Hint::Look,
            };
            let _ = hints.send(hint);
        };
        self.watcher = RecommendedWatcher::new(heard, Config::default())
            .ok()
            .and_then(|mut watcher| {
                watcher
                    .watch(&self.texts.folder, RecursiveMode::NonRecursive)
                    .ok()?;
                Some(watcher)
            });
    }

    fn look_for_ever(mut self, heard: &Receiver<Hint>, every: Duration, events: &Sender<Event>) {
        // Written, but perhaps not to the end.
        let mut unfinished = Vec::new();
        loop {
            let hint = match heard.recv_timeout(every) {
                Ok(Hint::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(hint) => Some(hint),
                Err(RecvTimeoutError::Timeout) => None,
            };
            if hint.is_none() {
                self.listen();
            }
            let whole = hint == Some(Hint::Whole);
            let mut changes = Vec::new();
            for change in self.texts.look(hint.is_some()) {
                match change {
                    Change::Saved { names, .. } => {
                        if !whole {
                            unfinished.clone_from(&names);
                        }
                        changes.push(Change::Saved { names, whole });
                    }
                    // Between two hints a file may be on its way to its place.
                    other if hint.is_none() => changes.push(other),
                    _ => {}
                }
            }
            if whole && changes.is_empty() && !unfinished.is_empty() {
                let names = unfinished.clone();
                changes.push(Change::Saved { names, whole });
            }
            if whole {
                unfinished.clear();
            }
            for change in changes {
                if events.send(Event::Files(change)).is_err() {
                    return;
                }
            }
        }
    }
}

/// What tells a folder from another one in its place.
#[derive(PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    #[cfg(unix)]
    fn of(folder: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(folder).ok()?;
        Some(Self(metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    fn of(folder: &Path) -> Option<Self> {
        let made = fs::metadata(folder).ok()?.created().ok()?;
        let since = made.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Self(since.as_secs(), since.subsec_nanos().into()))
    }
}

/// What the files said when they were looked at last.
struct Texts {
    folder: PathBuf,
    there: bool,
    known: BTreeMap<String, Known>,
}

struct Known {
    text: Vec<u8>,
    /// Its time and length: while they stay, the text is not read again now and then.
    stamp: Option<(SystemTime, u64)>,
    missing: bool,
    /// It was empty when it was looked at last, and is waited for.
    empty: bool,
}

impl Texts {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            there: true,
            known: BTreeMap::new(),
        }
    }

    /// Looks again; `read` reads every file, however old it seems. A file that is empty for the moment is one that is being
    /// written: it is waited for until two looks without a hint have found nothing in it.
    fn look(&mut self, read: bool) -> Vec<Change> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            // Between two hints it may be on its way back.
            let news = !read && std::mem::replace(&mut self.there, false);
            return news.then_some(Change::FolderGone).into_iter().collect();
        };
        let came_back = !std::mem::replace(&mut self.there, true);
        let mut saved = Vec::new();
        let mut seen = Vec::new();
        let mut changes = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if path.extension().is_none_or(|extension| extension != "rs") || name.starts_with('.') {
                continue;
            }
            let name = name.to_owned();
            seen.push(name.clone());
            let stamp = fs::metadata(&path)
                .ok()
                .and_then(|found| Some((found.modified().ok()?, found.len())));
            let known = self.known.get(&name);
            let was_missing = known.is_some_and(|known| known.missing);
            if !read && !was_missing && stamp.is_some() && known.is_some_and(|k| k.stamp == stamp) {
                continue;
            }
            let Ok(text) = fs::read(&path) else {
                continue;
            };
            if text.is_empty() {
                let Some(known) = self.known.get_mut(&name).filter(|_| !read) else {
                    continue;
                };
                if std::mem::replace(&mut known.empty, true) && !known.text.is_empty() {
                    known.text.clear();
                    changes.push(Change::Emptied(name));
                }
                continue;
            }
            if was_missing || known.is_none_or(|known| known.text != text) {
                saved.push(name.clone());
            }
            let (missing, empty) = (false, false);
            self.known.insert(
                name,
                Known {
                    text,
                    stamp,
                    missing,
                    empty,
                },
            );
        }
        if !saved.is_empty() || came_back {
            saved.sort();
            changes.push(Change::Saved {
                names: saved,
                whole: false,
            });
        }
        for (name, known) in &mut self.known {
            // Gone when two looks have not seen it: the first may have come between the two halves of a replacement.
            let here = read || known.missing || seen.contains(name);
            if !here && known.stamp.take().is_none() {
                known.missing = true;
                changes.push(Change::Gone(name.clone()));
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};

    /// The next change that is a save, whole or not.
    fn saved(events: &Receiver<Event>) -> Vec<String> {
        loop {
            match events.recv_timeout(Duration::from_secs(20)) {
                Ok(Event::Files(Change::Saved { names, .. })) => return names,
                Ok(_) => {}
                Err(error) => panic!("no save was noticed: {error}"),
            }
        }
    }

    /// Waits for this change.
    fn wait_for(events: &Receiver<Event>, wanted: &Change) {
        loop {
            match events.recv_timeout(Duration::from_secs(20)) {
                Ok(Event::Files(change)) if change == *wanted => return,
                Ok(_) => {}
                Err(error) => panic!("no {wanted:?}: {error}"),
            }
        }
    }

    #[test]
    fn a_save_is_noticed_however_it_is_made() -> std::io::Result<()> {
        for poll in [false, true] {
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("step1.rs");
            fs::write(&file, "one")?;
            let (sender, events) = channel();
            let _files = Files::watch(folder.path(), poll, sender);
            fs::write(&file, "two, in place")?;
            assert_eq!(saved(&events), ["step1.rs"], "poll: {poll}");
            while events.recv_timeout(2 * POLL).is_ok() {}
            let beside = folder.path().join("step1.rs~");
            fs::write(&beside, "three, put in its place")?;
            fs::rename(&beside, &file)?;
            assert_eq!(saved(&events), ["step1.rs"], "poll: {poll}");
            while events.recv_timeout(2 * POLL).is_ok() {}
            fs::remove_file(&file)?;
            wait_for(&events, &Change::Gone("step1.rs".to_owned()));
            fs::write(&file, "three, put in its place")?;
            assert_eq!(saved(&events), ["step1.rs"], "made again, poll: {poll}");
            while events.recv_timeout(2 * POLL).is_ok() {}
            fs::write(&file, "")?;
            wait_for(&events, &Change::Emptied("step1.rs".to_owned()));
            fs::write(&file, "three, put in its place")?;
            assert_eq!(saved(&events), ["step1.rs"], "filled again, poll: {poll}");
        }
        Ok(())
    }

    #[test]
    fn a_folder_that_goes_and_comes_is_told_and_watched_again() -> std::io::Result<()> {
        for poll in [false, true] {
            let above = tempfile::tempdir()?;
            let folder = above.path().join("src");
            fs::create_dir(&folder)?;
            fs::write(folder.join("step1.rs"), "one")?;
            let (sender, events) = channel();
            let _files = Files::watch(&folder, poll, sender);
            fs::remove_dir_all(&folder)?;
            wait_for(&events, &Change::FolderGone);
            fs::create_dir(&folder)?;
            fs::write(folder.join("step1.rs"), "two")?;
            saved(&events);
            while events.recv_timeout(2 * NOW_AND_THEN).is_ok() {}
            fs::write(folder.join("step1.rs"), "three")?;
            assert_eq!(saved(&events), ["step1.rs"], "poll: {poll}");
        }
        Ok(())
    }

    #[test]
    fn only_another_text_is_a_save() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("step1.rs");
        fs::write(&file, [0xff, 0xfe, b'x'])?;
        let mut texts = Texts::new(folder.path());
        assert_eq!(texts.look(true).len(), 1);
        fs::write(&file, [0xff, 0xfe, b'x'])?;
        assert_eq!(texts.look(true), [], "touched only");
        fs::write(&file, "")?;
        assert_eq!(texts.look(true), [], "in the middle of a save");
        fs::write(&file, "y")?;
        assert_eq!(texts.look(true).len(), 1);
        for other in [
            "step1.rs.swp",
            ".step1.rs.123.tmp",
            ".#step1.rs",
            "notes.md",
        ] {
            fs::write(folder.path().join(other), "something")?;
        }
        assert_eq!(texts.look(true), [], "an editor's own files");
        Ok(())
    }
}
