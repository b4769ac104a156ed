//! The new version from a folder: an archive that was unpacked, a stick.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::outline::{Outline, is_step};
use super::plan::{Delta, same};
use crate::strip;
use crate::workspace::Workspace;

/// Folders that are no part of the workshop, wherever they are.
const NOT_OURS: [&str; 6] = [
    ".git",
    ".workshop",
    ".venv",
    "target",
    "__pycache__",
    ".idea",
];
/// Where everything is the workshop's: what a new version lacks there goes away.
const OURS: [&str; 5] = [".cargo/", ".ci/", "crates/", "solutions/", "xtask/"];

/// Another copy of the workshop.
pub(super) struct Copy {
    pub(super) root: PathBuf,
}

impl Copy {
    /// The copy in this folder.
    pub(super) fn open(workspace: &Workspace, folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let root = folder
            .canonicalize()
            .with_context(|| format!("{shown} is not there."))?;
        let here = workspace
            .root
            .canonicalize()
            .with_context(|| format!("{} is not there any more.", workspace.root.display()))?;
        let root = if is_copy(&root) {
            root
        } else {
            inner(&root, &here, folder)?
        };
        ensure!(
            here != root,
            "{shown} is this workshop itself. Name the folder of the newer copy."
        );
        let version = |root: &Path| version(&root.join("Cargo.toml"));
        if let (Some(there), Some(here)) = (version(&root), version(&workspace.root)) {
            let words = |version: &[u32]| {
                let parts: Vec<String> = version.iter().map(u32::to_string).collect();
                parts.join(".")
            };
            ensure!(
                there >= here,
                "{shown} holds an older version ({}) than this one ({}).",
                words(&there),
                words(&here)
            );
        }
        Ok(Self { root })
    }

    /// The `lesson.toml` of every lesson, with its folder's name.
    pub(super) fn manifests(root: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(root.join("exercises"));
        let folders = entries.into_iter().flatten().flatten();
        let mut all: Vec<(String, String)> = folders
            .filter_map(|entry| {
                let text = fs::read_to_string(entry.path().join("lesson.toml")).ok()?;
                Some((entry.file_name().to_str()?.to_owned(), text))
            })
            .collect();
        all.sort();
        all
    }

    /// What differs between the copy and the workspace. Nobody has kept what the student got, but an exercise follows from its solution:
    /// from the one that is still here.
    pub(super) fn deltas(
        &self,
        workspace: &Workspace,
        older: &[Outline],
        newer: &[Outline],
    ) -> Result<Vec<Delta>> {
        let mut theirs = Vec::new();
        list(&self.root, &self.root, &mut theirs)?;
        let mut ours = Vec::new();
        list(&workspace.root, &workspace.root, &mut ours)?;
        // All of a lesson that is no more.
        let stays = |old: &Outline| newer.iter().any(|new| new.package == old.package);
        let lessons: Vec<String> = older
            .iter()
            .filter(|lesson| !stays(lesson))
            .map(|lesson| format!("exercises/{}/", lesson.package))
            .collect();
        let gone = ours.into_iter().filter(|path| {
            let ours = OURS.iter().any(|folder| path.starts_with(folder))
                || lessons.iter().any(|folder| path.starts_with(folder));
            !theirs.contains(path) && (ours || is_step(older, path))
        });
        let mut deltas = Vec::new();
        for path in gone {
            deltas.push(Delta {
                base: before(workspace, older, &path)?,
                step: is_step(older, &path),
                unsure: true,
                path,
                ..Delta::default()
            });
        }
        for path in theirs {
            let file = self.root.join(&path);
            let mut text =
                fs::read(&file).with_context(|| format!("{} cannot be read.", file.display()))?;
            let step = is_step(newer, &path);
            if step && let Some(generated) = generated(&self.root, &path) {
                // Somebody may have written in that copy. Where rustfmt is missing, only its layout differs: then the file is right.
                let bare = |text: &str| text.split_whitespace().collect::<String>();
                if bare(&generated) != bare(&String::from_utf8_lossy(&text)) {
                    text = generated.into_bytes();
                }
            }
            let now = fs::read(workspace.root.join(&path)).ok();
            if now.is_some_and(|now| same(&now, &text)) {
                continue;
            }
            deltas.push(Delta {
                base: before(workspace, older, &path)?,
                executable: executable(&file),
                theirs: Some(text),
                step,
                unsure: !step,
                path,
                ..Delta::default()
            });
        }
        Ok(deltas)
    }
}

/// The one copy in a folder, for what unpacks an archive often puts a folder around it. Which of several is meant nobody can know.
fn inner(root: &Path, here: &Path, shown: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(root)
        .with_context(|| format!("{} cannot be read.", shown.display()))?
        .flatten();
    let mut copies: Vec<PathBuf> = entries
        .filter_map(|entry| entry.path().canonicalize().ok())
        .filter(|path| path != here && is_copy(path))
        .collect();
    copies.sort();
    copies.dedup();
    let shown = shown.display();
    match &copies[..] {
        [copy] => Ok(copy.clone()),
        [] if here.parent() == Some(root) => bail!(
            "{shown} holds no copy of the workshop but this one. Name the folder of the newer copy."
        ),
        [] => bail!(
            "{shown} holds no copy of the workshop: there is no exercises/…/lesson.toml in it."
        ),
        several => {
            let list: String = several
                .iter()
                .map(|copy| format!("\n  {}", copy.display()))
                .collect();
            bail!("{shown} holds several copies of the workshop. Name the one that you mean:{list}")
        }
    }
}

fn is_copy(folder: &Path) -> bool {
    !Copy::manifests(folder).is_empty()
}

/// What the student got: for an exercise what its solution gives, for the rest what is there.
fn before(workspace: &Workspace, older: &[Outline], path: &str) -> Result<Option<Vec<u8>>> {
    if is_step(older, path) {
        return Ok(generated(&workspace.root, path).map(String::into_bytes));
    }
    let file = workspace.root.join(path);
    match fs::read(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("{} cannot be read.", workspace.relative(&file)))
        }
    }
}

/// The untouched exercise of `exercises/…/src/stepN_….rs`, from its solution in the same copy.
fn generated(root: &Path, path: &str) -> Option<String> {
    let solution = path.strip_prefix("exercises/")?;
    let text = fs::read_to_string(root.join("solutions").join(solution)).ok()?;
    strip::strip(&text, path).ok()
}

/// All files of a copy, as paths from its root with forward slashes.
fn list(root: &Path, folder: &Path, paths: &mut Vec<String>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read.", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
                list(root, &path, paths)?;
            }
        } else if kind.is_file()
            && let Some(path) = path.strip_prefix(root).ok().and_then(Path::to_str)
        {
            paths.push(path.replace('\\', "/"));
        }
    }
    Ok(())
}

fn version(manifest: &Path) -> Option<Vec<u32>> {
    let text = fs::read_to_string(manifest).ok()?;
    let table: toml::Table = toml::from_str(&text).ok()?;
    let version = table.get("workspace")?.get("package")?.get("version")?;
    version
        .as_str()?
        .split('.')
        .map(|part| part.parse().ok())
        .collect()
}

#[cfg(unix)]
fn executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn executable(_file: &Path) -> bool {
    false
}
