//! Where things lie: the workspace's root, its lessons, and the runner's own state.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The checkout that the runner works on.
pub struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
}

impl Workspace {
    /// The workspace around the current folder, or the one whose launcher was started.
    pub fn find() -> Result<Self> {
        let here = std::env::current_dir()
            .context("The current folder cannot be read; change to one that exists.")?;
        let started = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = root_above(&here).or_else(|| started.as_deref().and_then(root_above));
        let Some(root) = root else {
            bail!(
                "{} is not inside the workshop. Change to the folder that you cloned.",
                here.display()
            );
        };
        Ok(Self { root })
    }

    /// The folders under `exercises/` that hold a lesson, in the order of their numbers.
    pub fn lesson_folders(&self) -> Result<Vec<String>> {
        let folder = self.root.join("exercises");
        let entries = fs::read_dir(&folder).with_context(|| {
            format!(
                "{} cannot be read: this checkout holds no lessons.",
                folder.display()
            )
        })?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.to_owned()))
            .filter(|name| folder.join(name).join("lesson.toml").is_file())
            .collect();
        names.sort_by_key(|name| (number(name), name.clone()));
        Ok(names)
    }

    /// Where the runner keeps what it remembers; git ignores it.
    pub fn state(&self) -> PathBuf {
        self.root.join(".workshop")
    }

    /// `path` as people read it: relative to the workspace, with forward slashes.
    pub fn relative(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.display().to_string().replace('\\', "/")
    }
}

fn root_above(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .find(|folder| {
            fs::read_to_string(folder.join("Cargo.toml"))
                .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == "[workspace]"))
        })
        .map(Path::to_path_buf)
}

/// `lesson10-…` comes after `lesson9-…`.
fn number(name: &str) -> u32 {
    let digits: String = name
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or(u32::MAX)
}

/// `lesson3-mnist-mlp` → `lesson3`.
pub(crate) fn short(folder: &str) -> &str {
    folder.split('-').next().unwrap_or(folder)
}

/// Writes a file whole or not at all: beside its place first, then renamed into it.
pub fn write_whole(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    let name = path
        .file_name()
        .context("a file has a name")?
        .to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&beside, text))
        .and_then(|()| fs::rename(&beside, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })
        .with_context(|| format!("{} cannot be written.", path.display()))
}
