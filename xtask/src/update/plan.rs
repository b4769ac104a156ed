//! What is to become of each file that a new version has changed.

use serde::{Deserialize, Serialize};

use super::merge::{Favour, merge};
use crate::strip;

/// One file that the new version has changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Delta {
    /// Where it goes.
    pub(super) path: String,
    /// Where the student's lies, when that is another place.
    pub(super) from: Option<String>,
    /// As it was when the student got it.
    pub(super) base: Option<Vec<u8>>,
    /// As it is in the new version.
    pub(super) theirs: Option<Vec<u8>>,
    pub(super) executable: bool,
    /// It is one that a student writes.
    pub(super) step: bool,
    /// Nobody knows what the student got: keep a copy of whatever is there.
    pub(super) unsure: bool,
}

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fate {
    Added,
    /// The student had not touched it.
    Replaced,
    /// It has another place, and is otherwise as it was.
    Moved,
    /// The student's changes and the new version's are both in it.
    Merged,
    /// The same, but the words of a task are not: the student has done it already.
    Reworded,
    /// Both had changed the same lines; the student's are in it. The first lines of such places.
    Met(Vec<usize>),
    /// The two do not come together; the student's stays whole.
    Stays,
    /// The two do not come together in a file that is not the student's to write.
    Overruled,
    Removed,
    /// The same, but the student had written in it.
    RemovedEdited,
}

impl Fate {
    /// Whether the student's file is to be copied away first.
    pub(super) fn keeps(&self) -> bool {
        !matches!(
            self,
            Self::Added | Self::Replaced | Self::Moved | Self::Removed
        )
    }

    /// Whether the student should be able to look at the new version.
    pub(super) fn shows_theirs(&self) -> bool {
        matches!(self, Self::Reworded | Self::Met(_) | Self::Stays)
    }
}

/// What is to be written in place of `ours` (`None`: nothing is to be there), or `None` when all is well as it is.
pub(super) fn decide(delta: &Delta, ours: Option<&[u8]>) -> Option<(Option<Vec<u8>>, Fate)> {
    let base = delta.base.as_deref();
    let untouched = |ours| base.is_some_and(|base| same(base, ours));
    let Some(theirs) = delta.theirs.as_deref() else {
        let fate = if untouched(ours?) {
            Fate::Removed
        } else {
            Fate::RemovedEdited
        };
        return Some((None, fate));
    };
    let new = |fate| Some((Some(theirs.to_vec()), fate));
    let Some(ours) = ours else {
        return new(Fate::Added);
    };
    // Nothing new in it, or nothing but its place.
    if same(ours, theirs) || base.is_some_and(|base| same(base, theirs)) {
        return delta
            .from
            .is_some()
            .then(|| (Some(ours.to_vec()), Fate::Moved));
    }
    if untouched(ours) {
        return new(Fate::Replaced);
    }
    let stays = || Some((Some(ours.to_vec()), Fate::Stays));
    let (Some(base), Ok(ours_text), Ok(theirs_text)) = (
        base.and_then(|base| std::str::from_utf8(base).ok()),
        std::str::from_utf8(ours),
        std::str::from_utf8(theirs),
    ) else {
        return if delta.step {
            stays()
        } else {
            new(Fate::Overruled)
        };
    };
    if !delta.step {
        let merged = merge(base, ours_text, theirs_text, Favour::Theirs);
        return if merged.met.is_empty() {
            Some((Some(merged.text.into_bytes()), Fate::Merged))
        } else {
            new(Fate::Overruled)
        };
    }
    let merged = merge(base, ours_text, theirs_text, Favour::Ours);
    // Two texts of which each makes sense may make none together.
    if !strip::parses(&merged.text) && strip::parses(ours_text) {
        return stays();
    }
    let fate = if merged.met.is_empty() {
        Fate::Merged
    } else if merged.met.iter().all(|met| met.reworded) {
        Fate::Reworded
    } else {
        let real = merged.met.iter().filter(|met| !met.reworded);
        Fate::Met(real.map(|met| met.line).collect())
    };
    Some((Some(merged.text.into_bytes()), fate))
}

/// The same text, whatever its line ends.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    let plain = |byte: &&u8| **byte != b'\r';
    one == other || one.iter().filter(plain).eq(other.iter().filter(plain))
}

/// Joins what left one place with what came to another: a step that was renamed is one file.
pub(super) fn join(mut deltas: Vec<Delta>, moved: &[(String, String)]) -> Vec<Delta> {
    for (from, to) in moved {
        let Some(gone) = deltas
            .iter()
            .position(|delta| delta.path == *from && delta.theirs.is_none())
        else {
            continue;
        };
        if deltas.iter().any(|delta| delta.path == *to) {
            let gone = deltas.swap_remove(gone);
            let came = deltas.iter_mut().find(|delta| delta.path == *to);
            if let Some(came) = came {
                came.from = Some(gone.path);
                came.base = gone.base;
            }
        }
    }
    deltas.sort_by(|one, other| one.path.cmp(&other.path));
    deltas
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(base: Option<&str>, theirs: Option<&str>, step: bool) -> Delta {
        Delta {
            path: "exercises/lesson1-sums/src/step1_sum.rs".to_owned(),
            base: base.map(Into::into),
            theirs: theirs.map(Into::into),
            step,
            ..Delta::default()
        }
    }

    fn fate(
        base: Option<&str>,
        ours: Option<&str>,
        theirs: Option<&str>,
        step: bool,
    ) -> Option<(Option<String>, Fate)> {
        let (after, fate) = decide(&delta(base, theirs, step), ours.map(str::as_bytes))?;
        Some((after.map(|after| String::from_utf8(after).unwrap()), fate))
    }

    #[test]
    fn each_case_has_its_fate() {
        let (a, b, c) = (
            Some("fn a() {}\n"),
            Some("fn b() {}\n"),
            Some("fn c() {}\n"),
        );
        let text = |text: Option<&str>| text.map(str::to_owned);
        for step in [true, false] {
            assert_eq!(fate(a, a, b, step), Some((text(b), Fate::Replaced)));
            assert_eq!(
                fate(a, Some("fn a() {}\r\n"), b, step),
                Some((text(b), Fate::Replaced))
            );
            assert_eq!(fate(a, b, b, step), None);
            assert_eq!(fate(None, None, b, step), Some((text(b), Fate::Added)));
            assert_eq!(fate(a, None, b, step), Some((text(b), Fate::Added)));
            assert_eq!(fate(a, a, None, step), Some((None, Fate::Removed)));
            assert_eq!(fate(a, c, None, step), Some((None, Fate::RemovedEdited)));
            assert_eq!(fate(a, None, None, step), None);
        }
        assert_eq!(fate(a, c, a, true), None);
        assert_eq!(fate(a, c, b, true), Some((text(c), Fate::Met(vec![1]))));
        assert_eq!(fate(a, c, b, false), Some((text(b), Fate::Overruled)));
        assert_eq!(fate(None, c, b, true), Some((text(c), Fate::Stays)));
        assert_eq!(fate(None, c, b, false), Some((text(b), Fate::Overruled)));
    }

    #[test]
    fn a_merge_that_would_be_no_rust_leaves_the_students_file_alone() {
        // The new version puts a module around the function, whose end the student has changed as well.
        let base = "fn a() {\n    one();\n    two();\n}\n";
        let ours = "fn a() {\n    one();\n    two();\n} // mine\n";
        let theirs = "mod m {\nfn a() {\n    one();\n    two();\n}}\n";
        let (after, fate) = fate(Some(base), Some(ours), Some(theirs), true).unwrap();
        assert_eq!((after.as_deref(), fate), (Some(ours), Fate::Stays));
    }

    #[test]
    fn a_renamed_file_is_one_change() {
        let gone = Delta {
            path: "old".into(),
            base: Some(b"x".into()),
            ..Delta::default()
        };
        let came = Delta {
            path: "new".into(),
            theirs: Some(b"x".into()),
            ..Delta::default()
        };
        let joined = join(vec![gone, came], &[("old".into(), "new".into())]);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].from.as_deref(), Some("old"));
        assert_eq!(
            decide(&joined[0], Some(b"x")),
            Some((Some(b"x".to_vec()), Fate::Moved))
        );
    }
}
