//! An update on its way to the files. Everything that is to be written is laid down first, and only then is a file touched; so an update
//! that was killed in the middle can be finished from what it laid down, also by a runner that knows nothing else about it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::git::Repository;
use super::plan::{Delta, Fate, decide};
use crate::workspace::{Workspace, write_whole};

/// What an update does, in the order in which it does it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Plan {
    /// Where copies go, relative to the workspace.
    pub(super) backups: String,
    pub(super) changes: Vec<Change>,
    /// The commits to move from and to, in a clone.
    pub(super) commits: Option<(String, String)>,
    /// What to say when it is done.
    pub(super) summary: String,
}

/// What becomes of one file.
#[derive(Serialize, Deserialize)]
pub(super) struct Change {
    path: String,
    from: Option<String>,
    executable: bool,
    step: bool,
    /// Copy the file away first.
    keep: bool,
    fate: Fate,
    #[serde(skip)]
    before: Option<Vec<u8>>,
    #[serde(skip)]
    after: Option<Vec<u8>>,
    #[serde(skip)]
    theirs: Option<Vec<u8>>,
}

impl Change {
    pub(super) fn new(
        delta: &Delta,
        before: Option<Vec<u8>>,
        after: Option<Vec<u8>>,
        fate: &Fate,
    ) -> Self {
        Self {
            path: delta.path.clone(),
            from: delta.from.clone(),
            executable: delta.executable,
            step: delta.step,
            keep: before.is_some() && (delta.unsure || fate.keeps()),
            fate: fate.clone(),
            theirs: delta.theirs.clone().filter(|_| fate.shows_theirs()),
            before,
            after,
        }
    }

    /// New files first and removals last, manifests between: whenever it ends, Cargo finds what a manifest names. Members may name what only
    /// the new root has.
    fn turn(&self) -> u8 {
        match self.fate {
            Fate::Removed | Fate::RemovedEdited => 4,
            _ if self.path == "Cargo.toml" => 2,
            _ if self.path.ends_with("Cargo.toml") || self.path == "Cargo.lock" => 3,
            Fate::Added => 0,
            _ => 1,
        }
    }
}

/// The three texts that are laid down for a change.
fn parts(change: &mut Change) -> [(&'static str, &mut Option<Vec<u8>>); 3] {
    [
        ("before", &mut change.before),
        ("after", &mut change.after),
        ("theirs", &mut change.theirs),
    ]
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.state().join("update")
}

/// Where a new version's file is laid beside the copy of the student's.
pub(super) fn beside(path: &str) -> String {
    match path.strip_suffix(".rs") {
        Some(stem) => format!("{stem}.new.rs"),
        None => format!("{path}.new"),
    }
}

/// Whether an update was interrupted.
pub(crate) fn unfinished(workspace: &Workspace) -> bool {
    folder(workspace).join("plan.json").is_file()
}

/// A folder for what is laid down, empty.
pub(super) fn scratch(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.state().join("update.new");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made.", folder.display()))?;
    Ok(folder)
}

/// Lays everything down; from here on the update can be finished.
pub(super) fn lay_down(workspace: &Workspace, mut plan: Plan) -> Result<()> {
    let scratch = scratch(workspace)?;
    plan.changes.sort_by_key(Change::turn);
    let mut all = || -> Result<()> {
        for (index, change) in plan.changes.iter_mut().enumerate() {
            for (part, text) in parts(change) {
                if let Some(text) = text {
                    fs::write(scratch.join(format!("{index}.{part}")), text)?;
                }
            }
        }
        fs::write(scratch.join("plan.json"), serde_json::to_string(&plan)?)?;
        fs::rename(&scratch, folder(workspace))?;
        Ok(())
    };
    let laid = all();
    if laid.is_err() {
        let _ = fs::remove_dir_all(workspace.state().join("update.new"));
    }
    laid.context("The new version cannot be written to .workshop/, so nothing has changed.")
}

/// Does what was laid down, from wherever it stopped, and gives what to say.
pub(super) fn finish(workspace: &Workspace) -> Result<String> {
    let laid = folder(workspace);
    let text = fs::read_to_string(laid.join("plan.json"))
        .context("What the update had laid down cannot be read.")?;
    let mut plan: Plan = serde_json::from_str(&text).context(
        ".workshop/update/plan.json is damaged. Move .workshop/update away and update again.",
    )?;
    for (index, change) in plan.changes.iter_mut().enumerate() {
        for (part, text) in parts(change) {
            *text = fs::read(laid.join(format!("{index}.{part}"))).ok();
        }
    }
    let backups = workspace.root.join(&plan.backups);
    let packages = Packages::of(&plan.changes);
    for folder in &packages.new {
        put_whole(workspace, &plan.changes, folder, &laid.join("new"))?;
    }
    for change in plan.changes.iter().filter(|change| !packages.goes(change)) {
        carry_out(workspace, change, &backups).with_context(|| {
            format!(
                "{} cannot be brought up to date. Nothing is lost; `cargo xtask update` finishes it.",
                change.path
            )
        })?;
    }
    for folder in &packages.gone {
        take_whole(workspace, folder, &laid.join("gone"), &backups)?;
    }
    if let Some((from, to)) = &plan.commits
        && let Some(repository) = Repository::find(workspace)
    {
        let head = repository.head()?;
        if head == *from {
            repository.move_to(to)?;
        } else if head != *to {
            plan.summary += "\nYou made a commit in between. Run `cargo xtask update` once more.\n";
        }
    }
    // At once, so that it does not begin anew when it is killed here.
    let done = workspace.state().join("update.done");
    let _ = fs::remove_dir_all(&done);
    fs::rename(&laid, &done).with_context(|| format!("{} cannot be moved.", laid.display()))?;
    let _ = fs::remove_dir_all(&done);
    Ok(plan.summary)
}

/// Folders that become a member of the workspace, or are one no longer. They come and go whole: Cargo refuses every command, also the one that
/// would finish the update, while there is a member without a manifest or a manifest without its source.
struct Packages {
    new: BTreeSet<String>,
    gone: BTreeSet<String>,
}

impl Packages {
    fn of(changes: &[Change]) -> Self {
        let with = |wanted: &dyn Fn(&Change) -> bool| {
            let manifests = changes.iter().filter(|change| wanted(change));
            let folders = manifests.filter_map(|change| {
                let folder = change.path.strip_suffix("/Cargo.toml")?;
                // `exercises/lesson1-…`: what the root's manifest means by `exercises/*`.
                (folder.split('/').count() == 2).then(|| folder.to_owned())
            });
            folders.collect()
        };
        Self {
            new: with(&|change| change.before.is_none() && change.after.is_some()),
            gone: with(&|change| change.after.is_none()),
        }
    }

    /// Whether the file goes away together with its folder.
    fn goes(&self, change: &Change) -> bool {
        let mut folders = self.gone.iter();
        change.after.is_none() && folders.any(|folder| lies_in(&change.path, folder))
    }
}

fn lies_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// Makes a new member: all its files beside, then the folder into its place.
fn put_whole(workspace: &Workspace, changes: &[Change], folder: &str, beside: &Path) -> Result<()> {
    let place = workspace.root.join(folder);
    if place.exists() {
        // Either it is done, or somebody has files there; then one file at a time must do.
        return Ok(());
    }
    for change in changes
        .iter()
        .filter(|change| lies_in(&change.path, folder))
    {
        if let Some(text) = change.after.as_ref().filter(|_| change.from.is_none()) {
            let file = beside.join(&change.path);
            write_whole(&file, text)?;
            if change.executable {
                make_executable(&file)?;
            }
        }
    }
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::rename(beside.join(folder), &place).with_context(|| format!("{folder} cannot be made."))
}

/// Takes a member away with everything in it, also what the student has put there, and lays that with the copies.
fn take_whole(workspace: &Workspace, folder: &str, aside: &Path, backups: &Path) -> Result<()> {
    let place = workspace.root.join(folder);
    let aside = aside.join(folder);
    if place.exists() && !aside.exists() {
        if let Some(parent) = aside.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(&place, &aside).with_context(|| format!("{folder} cannot be moved."))?;
    }
    if aside.exists() {
        pour(&aside, &backups.join(folder))?;
    }
    Ok(())
}

/// Moves all files of a folder into another; what is there already stays.
fn pour(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("{} cannot be made.", to.display()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if place.is_dir() && entry.file_type()?.is_dir() {
            pour(&entry.path(), &place)?;
        } else if !place.exists() {
            fs::rename(entry.path(), &place)
                .with_context(|| format!("{} cannot be moved.", place.display()))?;
        }
    }
    Ok(())
}

fn carry_out(workspace: &Workspace, change: &Change, backups: &Path) -> Result<()> {
    let path = workspace.root.join(&change.path);
    let old = workspace
        .root
        .join(change.from.as_ref().unwrap_or(&change.path));
    let now = match fs::read(&old) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    // Done before it was interrupted.
    let done = match &change.from {
        Some(_) => now.is_none() && path.is_file(),
        None => now == change.after,
    };
    let in_backups = backups.join(change.from.as_ref().unwrap_or(&change.path));
    if change.keep
        && !in_backups.is_file()
        && let Some(before) = &change.before
    {
        write_whole(&in_backups, before)?;
    }
    if let Some(theirs) = &change.theirs {
        write_whole(&backups.join(beside(&change.path)), theirs)?;
    }
    if done {
        return Ok(());
    }
    let mut after = change.after.clone();
    if now != change.before
        && let Some(now) = &now
    {
        // Saved since the update was laid down: that is brought in as well.
        crate::backup::keep_in(backups, &old, now)?;
        let since = Delta {
            path: change.path.clone(),
            base: change.before.clone(),
            theirs: after,
            step: change.step,
            ..Delta::default()
        };
        after = decide(&since, Some(now)).map_or(Some(now.clone()), |(after, _)| after);
    }
    match after {
        Some(text) => put(workspace, &path, &text, change.executable)?,
        None => remove(workspace, &path)?,
    }
    if old != path {
        remove(workspace, &old)?;
    }
    Ok(())
}

/// Writes a file beside what was laid down and renames it into its place: when this is killed, nothing is left where students look.
fn put(workspace: &Workspace, path: &Path, text: &[u8], executable: bool) -> Result<()> {
    let beside = folder(workspace).join("writing");
    write_whole(&beside, text)?;
    if executable {
        make_executable(&beside)?;
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(fs::rename(&beside, path)?)
}

/// Removes a file and the folders that are empty without it.
fn remove(workspace: &Workspace, path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let folders = path.ancestors().skip(1);
    for folder in folders.take_while(|folder| *folder != workspace.root) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    // Whoever may read it may run it.
    let mode = mode | (mode & 0o444) >> 2;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> Result<()> {
    Ok(())
}
