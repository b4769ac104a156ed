//! Where a class was left: `.workshop/present.json`. It is the instructor's, and has nothing to do with a student's progress.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use xtask::workspace::{Workspace, write_whole};

/// The format that is written.
const FORMAT: u32 = 1;

/// Where a lesson was left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The step, from 1; 0 for the cover.
    pub(crate) step: usize,
    /// The page of that step, from 0.
    pub(crate) page: usize,
    /// The seconds that each step has had.
    #[serde(default)]
    pub(crate) seconds: Vec<u64>,
}

/// What is remembered, and whether it may be written back.
pub(crate) struct Memory {
    path: PathBuf,
    kept: Kept,
    /// Why the file must not be touched.
    pub(crate) trouble: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    format: u32,
    #[serde(default)]
    last: Option<String>,
    #[serde(default)]
    lessons: BTreeMap<String, Place>,
}

impl Memory {
    /// Reads what is remembered. A file that cannot be understood is left as it is, and nothing is remembered.
    pub(crate) fn load(workspace: &Workspace) -> Self {
        let path = workspace.state().join("present.json");
        let shown = workspace.relative(&path);
        let read = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(format!("{shown} cannot be read ({error}).")),
            Ok(text) => match serde_json::from_str::<Kept>(&text) {
                Ok(kept) if kept.format <= FORMAT => Ok(kept),
                Ok(_) => Err(format!("{shown} was written by a newer version.")),
                Err(_) => Err(format!("{shown} is damaged.")),
            },
        };
        let (kept, trouble) = match read {
            Ok(kept) => (kept, None),
            Err(trouble) => (
                Kept::default(),
                Some(format!(
                    "{trouble} It is left as it is, and your place is not remembered."
                )),
            ),
        };
        Self {
            path,
            kept,
            trouble,
        }
    }

    /// The lesson that was presented last.
    pub(crate) fn last(&self) -> Option<&str> {
        self.kept.last.as_deref()
    }

    /// Where this lesson was left.
    pub(crate) fn place(&self, lesson: &str) -> Option<&Place> {
        self.kept.lessons.get(lesson)
    }

    /// Remembers where this lesson is.
    pub(crate) fn keep(&mut self, lesson: &str, place: Place) -> Result<()> {
        self.kept.format = FORMAT;
        self.kept.last = Some(lesson.to_owned());
        self.kept.lessons.insert(lesson.to_owned(), place);
        if self.trouble.is_some() {
            return Ok(());
        }
        write_whole(
            &self.path,
            &(serde_json::to_string_pretty(&self.kept)? + "\n"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again_and_a_damaged_file_is_left_alone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let workspace = Workspace {
            root: folder.path().to_path_buf(),
        };
        let place = Place {
            step: 2,
            page: 3,
            seconds: vec![60, 5],
        };
        Memory::load(&workspace).keep("lesson3", place.clone())?;
        let again = Memory::load(&workspace);
        assert_eq!(again.last(), Some("lesson3"));
        assert_eq!(again.place("lesson3"), Some(&place));
        let file = folder.path().join(".workshop/present.json");
        fs::write(&file, "{\"format\": 1, ")?;
        let mut damaged = Memory::load(&workspace);
        assert!(
            damaged
                .trouble
                .as_deref()
                .is_some_and(|words| words.contains("is damaged"))
        );
        damaged.keep("lesson3", place)?;
        assert_eq!(fs::read_to_string(&file)?, "{\"format\": 1, ");
        Ok(())
    }
}
