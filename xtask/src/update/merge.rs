//! Brings a student's file and a new version of the exercise together, line by line.
//!
//! Nothing is ever marked as a conflict, for such marks do not compile. Where both changed the same lines, one side's are taken and
//! the place is told. Changes on neighbouring lines are none: a new signature above a body that the student wrote is the usual case.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Whose lines are taken where both changed the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Favour {
    Ours,
    Theirs,
}

/// What came out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) text: String,
    /// Where both sides had changed the same lines.
    pub(super) met: Vec<Met>,
}

/// Lines that both sides had changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Met {
    /// The first of these lines in the merged text, from 1.
    pub(super) line: usize,
    /// Only the words of a task that the student has done already are new.
    pub(super) reworded: bool,
}

/// One side's change: lines of the base, and the lines in their place.
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
}

/// The three-way merge. A file that was saved with Windows's line ends stays so.
pub(super) fn merge(base: &str, ours: &str, theirs: &str, favour: Favour) -> Merged {
    let windows = ours.contains("\r\n");
    let plain = |text: &str| text.replace("\r\n", "\n");
    let (base, ours, theirs) = (plain(base), plain(ours), plain(theirs));
    let base: Vec<&str> = base.split_inclusive('\n').collect();
    let ours: Vec<&str> = ours.split_inclusive('\n').collect();
    let theirs: Vec<&str> = theirs.split_inclusive('\n').collect();
    let mut merged = merge_lines(&base, &ours, &theirs, favour);
    if windows {
        merged.text = merged.text.replace('\n', "\r\n");
    }
    merged
}

fn merge_lines(base: &[&str], ours: &[&str], theirs: &[&str], favour: Favour) -> Merged {
    let our_hunks = hunks(base, ours);
    let their_hunks = hunks(base, theirs);
    let (mut our_next, mut their_next) = (our_hunks.as_slice(), their_hunks.as_slice());
    let mut lines: Vec<&str> = Vec::new();
    let mut met = Vec::new();
    let mut at = 0;
    loop {
        // The next group of changes that overlap each other, from whichever side. Lines put in before what the other side has
        // changed come first, and overlap nothing.
        let first = [our_next.first(), their_next.first()];
        let first = first.into_iter().flatten();
        let Some(first) = first.min_by_key(|hunk| (hunk.base.start, hunk.base.end)) else {
            break;
        };
        let mut group = first.base.clone();
        let (mut our_count, mut their_count) = (0, 0);
        loop {
            let before = (our_count, their_count);
            for (count, hunks) in [(&mut our_count, our_next), (&mut their_count, their_next)] {
                while let Some(hunk) = hunks
                    .get(*count)
                    .filter(|hunk| hunk.base == group || hunk.base.start < group.end)
                {
                    group.end = group.end.max(hunk.base.end);
                    *count += 1;
                }
            }
            if (our_count, their_count) == before {
                break;
            }
        }
        let (our_group, our_rest) = our_next.split_at(our_count);
        let (their_group, their_rest) = their_next.split_at(their_count);
        (our_next, their_next) = (our_rest, their_rest);
        lines.extend(&base[at..group.start]);
        at = group.end;
        let our_lines = side(base, ours, &group, our_group);
        let their_lines = side(base, theirs, &group, their_group);
        if their_group.is_empty() || our_lines == their_lines {
            lines.extend(our_lines);
        } else if our_group.is_empty() {
            lines.extend(their_lines);
        } else {
            met.push(Met {
                line: lines.len() + 1,
                reworded: is_task(&base[group.clone()]) && is_task(&their_lines),
            });
            lines.extend(match favour {
                Favour::Ours => our_lines,
                Favour::Theirs => their_lines,
            });
        }
    }
    lines.extend(&base[at..]);
    Merged {
        text: lines.concat(),
        met,
    }
}

fn hunks(base: &[&str], side: &[&str]) -> Vec<Hunk> {
    let ops = capture_diff_slices(Algorithm::Patience, base, side);
    ops.iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .map(|op| Hunk {
            base: op.old_range(),
            side: op.new_range(),
        })
        .collect()
}

/// A side's lines in place of these lines of the base.
fn side<'a>(
    base: &[&'a str],
    side: &[&'a str],
    group: &Range<usize>,
    hunks: &[Hunk],
) -> Vec<&'a str> {
    let mut lines = Vec::new();
    let mut at = group.start;
    for hunk in hunks {
        lines.extend(&base[at..hunk.base.start]);
        lines.extend(&side[hunk.side.clone()]);
        at = hunk.base.end;
    }
    lines.extend(&base[at..group.end]);
    lines
}

/// Whether the lines are nothing but (a part of) what an exercise says is to be written.
fn is_task(lines: &[&str]) -> bool {
    let text = lines.concat();
    let text = text.trim();
    text.starts_with("todo!(") || text.starts_with('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "//! Step 1.\n\n/// The sum.\nfn sum(a: f64) -> f64 {\n    todo!(\"Add.\")\n}\n\n/// The end.\nfn end() {\n    todo!(\"End.\")\n}\n";

    fn merged(ours: &str, theirs: &str) -> Merged {
        merge(BASE, ours, theirs, Favour::Ours)
    }

    #[test]
    fn changes_at_different_places_come_together() {
        let ours = BASE.replace("    todo!(\"Add.\")\n", "    let b = a;\n    a + b\n");
        let theirs = BASE.replace("The end.", "The very end.");
        let both = ours.replace("The end.", "The very end.");
        assert_eq!(
            merged(&ours, &theirs),
            Merged {
                text: both,
                met: vec![]
            }
        );
    }

    #[test]
    fn a_signature_above_what_the_student_wrote_is_no_conflict() {
        let ours = BASE.replace("todo!(\"Add.\")", "a + a");
        let theirs = BASE.replace("sum(a: f64)", "sum(a: f64, b: f64)");
        let result = merged(&ours, &theirs);
        assert_eq!(result.met, []);
        assert!(
            result
                .text
                .contains("sum(a: f64, b: f64) -> f64 {\n    a + a\n}")
        );
    }

    #[test]
    fn the_students_lines_stay_where_both_changed_the_same() {
        let ours = BASE.replace("todo!(\"Add.\")", "a + a");
        let reworded = BASE.replace("\"Add.\"", "\"Add twice.\"");
        let result = merged(&ours, &reworded);
        assert_eq!(result.text, ours);
        assert_eq!(
            result.met,
            [Met {
                line: 5,
                reworded: true
            }]
        );

        let given = BASE.replace("todo!(\"Add.\")", "given(a)");
        let result = merged(&ours, &given);
        assert_eq!((result.text.as_str(), result.met.len()), (ours.as_str(), 1));
        assert!(!result.met[0].reworded);
        let result = merge(BASE, &ours, &given, Favour::Theirs);
        assert_eq!(result.text, given);
    }

    #[test]
    fn the_same_change_on_both_sides_is_made_once() {
        let same = BASE.replace("The end.", "The very end.");
        assert_eq!(
            merged(&same, &same),
            Merged {
                text: same,
                met: vec![]
            }
        );
    }

    #[test]
    fn what_only_one_side_did_is_done_at_the_edges_too() {
        for text in ["", "x\n", "//! Step 1.\n", "no line end"] {
            assert_eq!(merged(text, BASE).text, text);
            assert_eq!(merged(BASE, text).text, text);
        }
        let ours = format!("// mine\n{BASE}// mine too\n");
        let theirs = BASE.replace("Step 1", "Step 2");
        let wanted = ours.replace("Step 1", "Step 2");
        assert_eq!(
            merged(&ours, &theirs),
            Merged {
                text: wanted,
                met: vec![]
            }
        );
    }

    #[test]
    fn line_ends_of_windows_are_neither_a_change_nor_lost() {
        let ours = BASE
            .replace("todo!(\"Add.\")", "a + a")
            .replace('\n', "\r\n");
        let theirs = BASE.replace("The end.", "The very end.");
        let wanted = ours.replace("The end.", "The very end.");
        assert_eq!(
            merged(&ours, &theirs),
            Merged {
                text: wanted,
                met: vec![]
            }
        );
    }
}
