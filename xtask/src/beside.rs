//! Two versions of a file beside each other, or below each other where there is no room: what differs, with the functions around it.

use std::ops::Range;

use anstyle::Style;
use similar::{ChangeTag, DiffOp, TextDiff};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::style::{BAD, BOLD, FAINT, GOOD, paint};

/// Fewer columns than this are too few for two texts beside each other.
pub(crate) const NARROWEST: usize = 90;
/// More are tiring: the eye loses its line on the way.
const WIDEST: usize = 200;
/// Lines around a difference that are shown in any case.
const AROUND: usize = 2;

/// One line of either side, or of both.
struct Row<'a> {
    /// The line's number from 0, and its text.
    left: Option<(usize, &'a str)>,
    right: Option<(usize, &'a str)>,
    differs: bool,
}

impl Row<'_> {
    /// Whether it says something that is no comment: only that helps to find one's place.
    fn is_code(&self) -> bool {
        let line = self.right.or(self.left).map_or("", |(_, line)| line.trim());
        !line.is_empty() && !line.starts_with("//")
    }
}

/// The differences in `width` columns, with colour. Of the functions in `whole` (lines of `right`, from 0) everything is shown when
/// something in them differs.
pub(crate) fn differences(left: &str, right: &str, whole: &[Range<usize>], width: usize) -> String {
    let rows = rows(left, right);
    let mut text = String::new();
    let mut gap = false;
    let mut any = false;
    for (row, shown) in rows.iter().zip(shown(&rows, whole)) {
        if !shown {
            gap = true;
            continue;
        }
        if gap && any {
            text += &format!("{}\n", paint(FAINT, "  ⋯"));
        }
        (gap, any) = (false, true);
        if width < NARROWEST {
            below(&mut text, row);
        } else {
            beside(&mut text, row, width.min(WIDEST));
        }
    }
    if width < NARROWEST {
        in_blocks(&text)
    } else {
        text
    }
}

/// The names of both sides, above the differences.
pub(crate) fn head(left: &str, right: &str, width: usize) -> String {
    if width < NARROWEST {
        return format!(
            "{} {left}\n{} {right}\n\n",
            paint(BAD, "-"),
            paint(GOOD, "+")
        );
    }
    let column = column(width.min(WIDEST)) + NUMBER;
    let cell = |style: Style, name: &str, file: &str| {
        let room = column.saturating_sub(name.width() + 2);
        let file = end_of(file, room);
        let blank = " ".repeat(room.saturating_sub(file.width()));
        format!("{}  {}{blank}", paint(style, name), paint(FAINT, &file))
    };
    let (left, right) = (cell(BAD, "yours", left), cell(GOOD, "reference", right));
    format!("{left} {} {}\n", paint(FAINT, "│"), right.trim_end())
}

/// A path in so many columns: its end, after `…` when that is not all.
fn end_of(path: &str, room: usize) -> String {
    if path.width() <= room {
        return path.to_owned();
    }
    let mut used = 1;
    let end = path.chars().rev().take_while(|c| {
        used += c.width().unwrap_or(0);
        used <= room
    });
    let end: String = end.collect();
    let sign = if room > 0 { "…" } else { "" };
    sign.chars().chain(end.chars().rev()).collect()
}

fn rows<'a>(left: &'a str, right: &'a str) -> Vec<Row<'a>> {
    let (lefts, rights): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
    let diff = TextDiff::from_lines(left, right);
    let mut rows = Vec::new();
    for op in diff.ops() {
        let (old, new) = (op.old_range(), op.new_range());
        for index in 0..old.len().max(new.len()) {
            let line = |range: &Range<usize>, lines: &[&'a str]| {
                let at = range.start + index;
                (at < range.end).then(|| (at, lines.get(at).copied().unwrap_or_default()))
            };
            rows.push(Row {
                left: line(&old, &lefts),
                right: line(&new, &rights),
                differs: !matches!(op, DiffOp::Equal { .. }),
            });
        }
    }
    rows
}

/// Which rows are near a difference, or in the same function as one.
fn shown(rows: &[Row<'_>], whole: &[Range<usize>]) -> Vec<bool> {
    let mut shown = vec![false; rows.len()];
    for at in (0..rows.len()).filter(|at| rows[*at].differs) {
        let near = at.saturating_sub(AROUND)..(at + AROUND + 1).min(rows.len());
        for row in near {
            shown[row] |= rows[row].differs || rows[row].is_code();
        }
    }
    // A row that only the left side has lies in the function of the last line on the right before it.
    let mut last = 0;
    let places: Vec<usize> = rows
        .iter()
        .map(|row| {
            last = row.right.map_or(last, |(at, _)| at);
            last
        })
        .collect();
    for range in whole {
        let inside = |at: &usize| range.contains(&places[*at]);
        if (0..rows.len()).filter(inside).any(|at| rows[at].differs) {
            (0..rows.len())
                .filter(inside)
                .for_each(|at| shown[at] = true);
        }
    }
    shown
}

fn below(text: &mut String, row: &Row<'_>) {
    let line = |style: Style, sign: &str, line: Option<(usize, &str)>| {
        line.map_or_else(String::new, |(_, line)| {
            format!("{}\n", paint(style, format!("{sign} {line}").trim_end()))
        })
    };
    *text += &if row.differs {
        line(BAD, "-", row.left) + &line(GOOD, "+", row.right)
    } else {
        line(FAINT, " ", row.right)
    };
}

/// Lines that were paired one by one as blocks: first all that go, then all that come.
fn in_blocks(text: &str) -> String {
    let mut blocks = String::new();
    let mut come = String::new();
    for line in text.split_inclusive('\n') {
        let plain = anstream::adapter::strip_str(line).to_string();
        if plain.starts_with('+') {
            come += line;
            continue;
        }
        if !plain.starts_with('-') {
            blocks += &std::mem::take(&mut come);
        }
        blocks += line;
    }
    blocks + &come
}

/// Columns for a line's number and the blank behind it.
const NUMBER: usize = 5;

/// Columns for the text of one side.
fn column(width: usize) -> usize {
    (width - 3) / 2 - NUMBER
}

fn beside(text: &mut String, row: &Row<'_>, width: usize) {
    let column = column(width);
    let (left, right) = match (row.left, row.right) {
        (Some((_, left)), Some((_, right))) if row.differs => (
            marked(left, right, ChangeTag::Delete),
            marked(left, right, ChangeTag::Insert),
        ),
        (left, right) => {
            let all = |line: Option<(usize, &str)>| match line {
                Some((_, line)) => vec![(row.differs, line.to_owned())],
                None => Vec::new(),
            };
            (all(left), all(right))
        }
    };
    let (left, right) = (wrapped(&left, column), wrapped(&right, column));
    for index in 0..left.len().max(right.len()).max(1) {
        let cell = |lines: &[Vec<(bool, String)>], number: Option<usize>, style: Style| {
            let number = number
                .filter(|_| index == 0)
                .map_or_else(String::new, |number| (number + 1).to_string());
            let mut cell = paint(FAINT, &format!("{number:>4} "));
            let mut used = 0;
            for (differs, part) in lines.get(index).into_iter().flatten() {
                used += part.width();
                cell += &match (row.differs, *differs) {
                    (false, _) => paint(FAINT, part),
                    (true, false) => paint(style.effects(anstyle::Effects::new()), part),
                    (true, true) => paint(style, part),
                };
            }
            (cell, column.saturating_sub(used))
        };
        let (yours, blank) = cell(&left, row.left.map(|(at, _)| at), BAD);
        let (theirs, _) = cell(&right, row.right.map(|(at, _)| at), GOOD);
        let sign = if row.differs {
            paint(BOLD, "│")
        } else {
            paint(FAINT, "│")
        };
        let line = format!("{yours}{} {sign} {theirs}", " ".repeat(blank));
        *text += line.trim_end();
        text.push('\n');
    }
}

/// The line of one side in parts that differ from the other side's and parts that do not.
fn marked(left: &str, right: &str, side: ChangeTag) -> Vec<(bool, String)> {
    let diff = TextDiff::from_words(left, right);
    if diff.ratio() < 0.5 {
        let line = if side == ChangeTag::Delete {
            left
        } else {
            right
        };
        return vec![(true, line.to_owned())];
    }
    diff.iter_all_changes()
        .filter(|change| change.tag() == side || change.tag() == ChangeTag::Equal)
        .map(|change| (change.tag() == side, change.value().to_owned()))
        .collect()
}

/// A line in pieces of at most `column` columns. What is cut off goes on below, further in than the line began.
fn wrapped(parts: &[(bool, String)], column: usize) -> Vec<Vec<(bool, String)>> {
    let start: String = parts.iter().map(|(_, part)| part.as_str()).collect();
    let indent = start.len() - start.trim_start().len();
    let hang = (indent + 4).min(column / 2);
    let mut lines: Vec<Vec<(bool, String)>> = Vec::new();
    let mut current: Vec<(bool, String)> = Vec::new();
    let mut used = 0;
    for (differs, part) in parts {
        for word in part.split_inclusive([' ', ',', '(']) {
            let wide = word.trim_end().width();
            if used > hang && used + wide > column {
                lines.push(std::mem::replace(
                    &mut current,
                    vec![(false, " ".repeat(hang))],
                ));
                used = hang;
            }
            // A word that is longer than the column is cut where the column ends.
            let mut piece = String::new();
            for c in word.chars() {
                let c = if c == '\t' { ' ' } else { c };
                let wide = c.width().unwrap_or(0);
                if used + wide > column && c != ' ' {
                    current.push((*differs, std::mem::take(&mut piece)));
                    lines.push(std::mem::replace(
                        &mut current,
                        vec![(false, " ".repeat(hang))],
                    ));
                    used = hang;
                }
                if used + wide <= column {
                    piece.push(c);
                    used += wide;
                }
            }
            current.push((*differs, piece));
        }
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const YOURS: &str = "//! Step.\n\nuse a;\n\npub fn given() {}\n\n// 1\n// 2\n// 3\n// 4\npub fn sum(x: &[f64]) -> f64 {\n    let n = 1;\n    \
        // the mean\n    let m = 2;\n    let o = 3;\n    x.iter().sum::<f64>() / n\n}\n";

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn reference() -> String {
        YOURS.replace("sum::<f64>() / n", "sum::<f64>() / x.len() as f64 + the_bias_of_this_neuron + something_else_that_is_long(x, n)")
    }

    /// Where the functions of `YOURS` stand.
    const WHOLE: [Range<usize>; 1] = [Range { start: 10, end: 17 }];

    #[test]
    fn what_differs_stands_beside_each_other_with_the_whole_function() {
        for width in [90, 101, 120, 160, 400] {
            let text = plain(&differences(YOURS, &reference(), &WHOLE, width));
            for line in text.lines() {
                assert!(line.width() <= width.min(WIDEST), "{width}: {line}");
                assert!(line.contains('│'), "{line}");
            }
            let halves: Vec<&str> = text.lines().next().expect("a line").split('│').collect();
            assert!(
                halves.iter().all(|half| half.contains("pub fn sum")),
                "{text}"
            );
            assert!(
                text.contains("// the mean") && !text.contains("given"),
                "{text}"
            );
            let rights: String = text
                .lines()
                .filter_map(|line| line.split_once('│'))
                .map(|(_, right)| right.trim())
                .collect();
            let together: String = rights.chars().filter(|c| !c.is_whitespace()).collect();
            assert!(
                together.contains("something_else_that_is_long(x,n)"),
                "nothing is lost: {text}"
            );
        }
    }

    #[test]
    fn a_name_that_is_too_long_for_its_side_shows_that_it_is_cut() {
        let long = "exercises/lesson1-perceptron/src/step1_neuron.rs";
        let text = plain(&head(long, "solutions/step1.rs", 90));
        let (left, right) = text.split_once('│').expect("two sides");
        assert!(
            left.starts_with("yours  …") && left.ends_with("/step1_neuron.rs "),
            "{text}"
        );
        assert_eq!(left.width(), column(90) + NUMBER + 1, "{text}");
        assert_eq!(right.trim(), "reference  solutions/step1.rs");
        assert_eq!(
            (end_of("a/b", 0), end_of("a/b", 2)),
            (String::new(), "…b".to_owned())
        );
    }

    #[test]
    fn only_what_differs_in_a_line_is_marked() {
        let parts = marked("let a = b + c;", "let a = b - c;", ChangeTag::Insert);
        let differs: String = parts
            .iter()
            .filter(|(differs, _)| *differs)
            .map(|(_, part)| part.as_str())
            .collect();
        assert_eq!(differs, "-");
        assert_eq!(
            marked("todo!(\"x\")", "a + b", ChangeTag::Insert),
            [(true, "a + b".to_owned())]
        );
    }

    #[test]
    fn wide_signs_and_tabs_keep_the_columns() {
        let yours = "\tlet 名前 = \"数字数字数字数字数字数字数字数字数字数字数字数字数字数字\";\n";
        let text = plain(&differences(yours, "let x = 1;\n", &[], 90));
        assert!(text.lines().count() > 1, "{text}");
        for line in text.lines() {
            let (left, _) = line.split_once('│').expect("two sides");
            assert_eq!(left.width(), column(90) + NUMBER + 1, "{text}");
        }
    }

    #[test]
    fn where_there_is_no_room_all_that_goes_stands_above_all_that_comes() {
        let text = plain(&differences("a\nb\nc\n", "a\nx\ny\nc\n", &[], 0));
        assert_eq!(text, "  a\n- b\n+ x\n+ y\n  c\n");
    }

    #[test]
    fn far_lines_are_left_out() {
        let many: String = (0..40).map(|n| format!("line {n}\n")).collect();
        let text = plain(&differences(
            &many,
            &many.replace("line 3\n", "x\n").replace("line 30\n", "y\n"),
            &[],
            0,
        ));
        assert!(text.contains("⋯") && text.lines().count() == 13, "{text}");
    }
}
