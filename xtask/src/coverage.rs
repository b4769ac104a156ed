//! Whether the lessons together teach all of the course that they carry over.
//!
//! The course's curriculum is a numbered list. Each lesson's `COVERAGE.md` has a table whose first column holds the numbers of the rows
//! that the lesson teaches, and whose last says where. A row that no lesson names would have been lost without a word. A lesson beyond
//! the course says so with a dash.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::lesson::{Lesson, Subject};
use crate::workspace::Workspace;

/// The rows of the curriculum that these six lessons are for: the neuron, learning, nets on MNIST (1–49), convolution,
/// recurrence, attention (59–82). Those between are about generalisation, those behind about history and other nets.
const COURSE: [RangeInclusive<u32>; 2] = [1..=49, 59..=82];

/// A sentence for each lesson without a table, and one about the rows that no lesson teaches.
pub(crate) fn problems(workspace: &Workspace, lessons: &[Lesson]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut taught = BTreeSet::new();
    for lesson in lessons {
        let path = lesson.folder(Subject::Solution).join("COVERAGE.md");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let rows = rows(&text);
        if rows.is_empty() && !first_cells(&text).any(|cell| cell.trim() == "–") {
            problems.push(format!(
                "{} has no table whose first column names rows of the curriculum, or a – for a lesson beyond it.",
                workspace.relative(&path)
            ));
        }
        taught.extend(rows);
    }
    let lost: Vec<String> = COURSE
        .into_iter()
        .flatten()
        .filter(|row| !taught.contains(row))
        .map(|row| row.to_string())
        .collect();
    if !lost.is_empty() {
        problems.push(format!(
            "No COVERAGE.md says which step teaches these rows of the curriculum: {}.",
            lost.join(", ")
        ));
    }
    problems
}

fn first_cells(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix('|')?.split('|').next())
}

/// The numbers in the first column of a file's tables: `24`, `26, 27`, `30–33`.
fn rows(text: &str) -> BTreeSet<u32> {
    let mut rows = BTreeSet::new();
    for part in first_cells(text).flat_map(|cell| cell.split(',')) {
        let (first, last) = part.split_once(['–', '-']).unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.trim().parse::<u32>(), last.trim().parse::<u32>()) {
            rows.extend(first..=last);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_single_rows_lists_and_ranges() {
        let table = "# 99 bottles\n\n| row | item | where |\n|---|---|---|\n| 24 | batch, 7 | step 1 |\n| 26, 27 | x | step 2 |\n  | 30–32 | y | README |\n";
        assert_eq!(rows(table), BTreeSet::from([24, 26, 27, 30, 31, 32]));
    }

    #[test]
    fn a_file_without_a_table_names_nothing() {
        assert!(rows("Rows 1 to 10 are taught in step 1.\n").is_empty());
    }
}
