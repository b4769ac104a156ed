//! Where data files may lie on this machine.

use crate::Result;
use anyhow::ensure;
use std::path::{Path, PathBuf};
use std::{env, fmt};

/// Which of the places where data may lie had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The folder that the environment variable `DLKIT_DATA` names.
    Environment,
    /// The workspace's own cache, `.workshop/data`.
    Cache,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "DLKIT_DATA",
            Self::Cache => "the workspace's cache",
        })
    }
}

/// The folders that are looked through, in order.
pub(super) struct Places {
    environment: Option<PathBuf>,
    workspace: Option<PathBuf>,
}

impl Places {
    pub(super) fn new(environment: Option<PathBuf>, workspace: Option<PathBuf>) -> Self {
        Self {
            environment,
            workspace,
        }
    }

    /// As `DLKIT_DATA` and `DLKIT_WORKSPACE` say. Without the latter (which the runner sets) the workspace is found by walking
    /// up from the current folder.
    ///
    /// A `DLKIT_DATA` that names no folder is an error: to pass over a slip of the finger would train on other data.
    pub(super) fn from_environment() -> Result<Self> {
        let workspace = env::var_os("DLKIT_WORKSPACE")
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
            .or_else(|| workspace_above(&env::current_dir().ok()?));
        let Some(value) = env::var_os("DLKIT_DATA").filter(|value| !value.is_empty()) else {
            return Ok(Self::new(None, workspace));
        };
        let asked = PathBuf::from(value);
        let data = located(&asked, workspace.as_deref());
        ensure!(
            data.is_dir(),
            "DLKIT_DATA is {}, but there is no such folder; correct it, or unset it to do without",
            asked.display()
        );
        Ok(Self::new(Some(data), workspace))
    }

    /// The folders in which the set of this name may lie.
    pub(super) fn folders(&self, name: &str) -> Vec<(Place, PathBuf)> {
        let environment = self.environment.as_ref();
        let workspace = self.workspace.as_ref();
        [
            environment.map(|data| (Place::Environment, data.join(name))),
            workspace.map(|root| (Place::Cache, root.join(".workshop").join("data").join(name))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The first of these folders that is there.
    pub(super) fn find(&self, name: &str) -> Option<(Place, PathBuf)> {
        self.folders(name)
            .into_iter()
            .find(|(_, folder)| folder.is_dir())
    }

    /// What to tell someone who wonders why nothing was found.
    pub(super) fn description(&self, name: &str) -> String {
        let folders = self.folders(name);
        let looked: Vec<String> = folders
            .iter()
            .map(|(place, folder)| format!("{} ({place})", folder.display()))
            .collect();
        let mut text = match looked.len() {
            0 => "There was nowhere to look.".to_owned(),
            _ => format!("Looked for: {}.", looked.join(", ")),
        };
        if self.environment.is_none() {
            text.push_str(" DLKIT_DATA is not set.");
        }
        text
    }
}

/// Cargo runs tests in the package's folder, people type paths in the workspace's: a relative path may mean either.
fn located(asked: &Path, workspace: Option<&Path>) -> PathBuf {
    match workspace {
        Some(root) if !asked.is_dir() && root.join(asked).is_dir() => root.join(asked),
        _ => asked.to_path_buf(),
    }
}

/// The nearest folder, from `start` upward, whose `Cargo.toml` has a `[workspace]`.
fn workspace_above(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .find(|folder| {
            std::fs::read_to_string(folder.join("Cargo.toml"))
                .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
        })
        .map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_workspace_above_a_package() {
        let root = tempfile::tempdir().unwrap();
        let package = root.path().join("crates").join("one");
        std::fs::create_dir_all(&package).unwrap();
        assert_eq!(workspace_above(&package), None);
        std::fs::write(
            root.path().join("Cargo.toml"),
            "[workspace]\nmembers = []\n",
        )
        .unwrap();
        std::fs::write(package.join("Cargo.toml"), "[package]\nname = \"one\"\n").unwrap();
        assert_eq!(workspace_above(&package).as_deref(), Some(root.path()));
    }

    #[test]
    fn a_relative_path_may_be_meant_from_the_workspace() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("some-data-of-ours")).unwrap();
        let asked = Path::new("some-data-of-ours");
        assert_eq!(located(asked, Some(root.path())), root.path().join(asked));
        assert_eq!(located(asked, None), asked);
    }
}
