//! Where data came from: said by every run, so that a figure is never taken for one on other data.

use super::places::Place;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a set of data came from. Shown with `{}` it is a line for a person; [`name`](Self::name) is for files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: &'static str,
    title: &'static str,
    contents: String,
    found: Option<(Place, PathBuf)>,
}

impl Source {
    /// Data that this library made itself; `contents` says how much of it (`"60,000 + 10,000"`).
    pub(super) fn stand_in(
        name: &'static str,
        title: &'static str,
        contents: impl Into<String>,
    ) -> Self {
        Self {
            name,
            title,
            contents: contents.into(),
            found: None,
        }
    }

    /// Data read from files in a folder.
    pub(super) fn files(
        name: &'static str,
        title: &'static str,
        contents: impl Into<String>,
        found: (Place, PathBuf),
    ) -> Self {
        Self {
            name,
            title,
            contents: contents.into(),
            found: Some(found),
        }
    }

    /// A short name without spaces: `"mnist"`, `"digits"`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// True for data made by this library in place of the real set.
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        self.found.is_none()
    }

    /// The folder that the files were read from; none for a stand-in.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.found.as_ref().map(|(_, folder)| folder.as_path())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Some((place, _)) => write!(f, "{} ({} from {place})", self.title, self.contents),
            None => write!(f, "{} ({})", self.title, self.contents),
        }
    }
}

/// `60000` as `60,000`.
pub(super) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_the_data_came_from() {
        let drawn = Source::stand_in(
            "digits",
            "Digits, the embedded stand-in for MNIST",
            "60,000 + 10,000",
        );
        assert_eq!(
            drawn.to_string(),
            "Digits, the embedded stand-in for MNIST (60,000 + 10,000)"
        );
        assert!(drawn.is_stand_in());
        let found = (Place::Environment, PathBuf::from("somewhere/mnist"));
        let files = Source::files("mnist", "MNIST", "60,000 + 10,000", found);
        assert_eq!(files.to_string(), "MNIST (60,000 + 10,000 from DLKIT_DATA)");
        assert!(!files.is_stand_in());
    }

    #[test]
    fn groups_thousands() {
        assert_eq!(
            [0, 999, 1000, 123_456, 1_234_567].map(thousands),
            ["0", "999", "1,000", "123,456", "1,234,567"]
        );
    }
}
