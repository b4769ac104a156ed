//! The right numbers at other places.

use super::{Difference, Pattern};

pub(super) fn recognise(difference: &Difference<'_>) -> Vec<Pattern> {
    let len = difference.want.len();
    if difference.distinct() < 3 || difference.dims.iter().product::<usize>() != len {
        return Vec::new();
    }
    let found: Vec<Pattern> = permuted_axes(difference)
        .into_iter()
        .chain(reversed(difference))
        .chain(shifted(difference))
        .collect();
    if !found.is_empty() {
        return found;
    }
    exchanged(difference)
        .or_else(|| poured(difference))
        .or_else(|| reordered(difference))
        .into_iter()
        .collect()
}

/// What `want` would be if `source(i)` were the place of the value that belongs at the flat index i.
fn from<'a>(
    difference: &'a Difference<'_>,
    source: impl Fn(usize) -> usize + 'a,
) -> impl Iterator<Item = f64> + 'a {
    (0..difference.want.len()).map(move |i| difference.want[source(i)])
}

fn reversed(difference: &Difference<'_>) -> Option<Pattern> {
    let axis = difference.axes(2).find(|&axis| {
        let last = difference.dims[axis] - 1;
        let mirrored = |i| difference.with(i, axis, last - difference.coordinate(i, axis));
        difference.gives(from(difference, mirrored))
    })?;
    Some(Pattern::new(
        "reversed",
        match (difference.dims.len(), axis) {
            (1, _) => "These are the right values in reverse order.".to_owned(),
            (2, 0) => {
                "The rows are the right ones in reverse order, the last one first.".to_owned()
            }
            (2, _) => "In each row the right values stand in reverse order.".to_owned(),
            _ => format!("Along axis {axis} everything is in reverse order."),
        },
    ))
}

/// Each value is the one that belongs one place further; what fell off the edge does not count.
fn shifted(difference: &Difference<'_>) -> Option<Pattern> {
    for axis in difference.axes(3) {
        let n = difference.dims[axis];
        for (step, word) in [(1, "later"), (n - 1, "earlier")] {
            let inside = |i: usize| {
                let at = difference.coordinate(i, axis);
                if step == 1 { at + 1 < n } else { at > 0 }
            };
            let source =
                |i: usize| difference.with(i, axis, (difference.coordinate(i, axis) + step) % n);
            let scale = difference.scale();
            let fits = (0..difference.got.len())
                .filter(|i| inside(*i))
                .all(|i| difference.near_on(scale, difference.got[i], difference.want[source(i)]));
            // Along an axis in which nothing changes, a shift cannot be seen.
            let visible = (0..difference.got.len())
                .filter(|i| inside(*i))
                .filter(|i| {
                    !difference.near_on(scale, difference.want[*i], difference.want[source(*i)])
                })
                .count();
            if fits && visible >= 2 {
                return Some(Pattern::new(
                    "shifted-by-one",
                    format!(
                        "Along {} each value is the one that belongs one place {word}: an index is off by one.",
                        difference.axis_name(axis)
                    ),
                ));
            }
        }
    }
    None
}

/// Axes that have changed places and happen to have equal sizes, so that the shape does not tell.
fn permuted_axes(difference: &Difference<'_>) -> Option<Pattern> {
    let rank = difference.dims.len();
    for a in 0..rank {
        for b in a + 1..rank {
            if difference.dims[a] != difference.dims[b] || difference.dims[a] < 2 {
                continue;
            }
            let turned = |i: usize| {
                let (at_a, at_b) = (difference.coordinate(i, a), difference.coordinate(i, b));
                difference.with(difference.with(i, a, at_b), b, at_a)
            };
            if difference.gives(from(difference, turned)) {
                return Some(if rank == 2 {
                    Pattern::new("transposed", "It is the transpose of what it should be.")
                } else {
                    Pattern::new(
                        "axes-exchanged",
                        format!("Axes {a} and {b} have changed places."),
                    )
                });
            }
        }
    }
    None
}

/// Two entries of an axis that have changed places, everything else is right.
fn exchanged(difference: &Difference<'_>) -> Option<Pattern> {
    let scale = difference.scale();
    for axis in difference.axes(3) {
        let n = difference.dims[axis];
        // In a slice something is wrong, or it is not.
        let mut wrong = vec![false; n];
        for i in 0..difference.got.len() {
            if !difference.near_on(scale, difference.got[i], difference.want[i]) {
                wrong[difference.coordinate(i, axis)] = true;
            }
        }
        let places: Vec<usize> = (0..n).filter(|at| wrong[*at]).collect();
        let &[first, second] = places.as_slice() else {
            continue;
        };
        let other = |i: usize| match difference.coordinate(i, axis) {
            at if at == first => difference.with(i, axis, second),
            at if at == second => difference.with(i, axis, first),
            _ => i,
        };
        if difference.gives(from(difference, other)) {
            return Some(Pattern::new(
                "entries-exchanged",
                match (difference.dims.len(), axis) {
                    (1, _) => format!("Values {first} and {second} have changed places."),
                    (2, 0) => format!("Rows {first} and {second} have changed places."),
                    (2, _) => format!("Columns {first} and {second} have changed places."),
                    _ => format!(
                        "Along axis {axis}, entries {first} and {second} have changed places."
                    ),
                },
            ));
        }
    }
    None
}

/// A reshape where a transpose was due: the numbers of the transposed array, poured into the wanted shape as they lie.
fn poured(difference: &Difference<'_>) -> Option<Pattern> {
    let dims = difference.dims;
    let rank = dims.len();
    for a in 0..rank {
        for b in a + 1..rank {
            if dims[a] < 2 || dims[b] < 2 {
                continue;
            }
            let mut turned_dims = dims.to_vec();
            turned_dims.swap(a, b);
            let turned = Difference {
                dims: &turned_dims,
                ..*difference
            };
            // Where the i-th number of the array with exchanged axes lies in the wanted one.
            let place = |i: usize| {
                (0..rank).fold(0, |flat, axis| {
                    let from = if axis == a {
                        b
                    } else if axis == b {
                        a
                    } else {
                        axis
                    };
                    flat * dims[axis] + turned.coordinate(i, from)
                })
            };
            if difference.gives(from(difference, place)) {
                return Some(Pattern::new(
                    "reshaped-not-transposed",
                    format!(
                        "These are the right numbers with axes {a} and {b} mixed up: `reshape` keeps the numbers in the order in which they lie; \
                         to make axes change places there is `transpose`."
                    ),
                ));
            }
        }
    }
    None
}

fn reordered(difference: &Difference<'_>) -> Option<Pattern> {
    if difference.want.len() < 4 || difference.distinct() < 4 {
        return None;
    }
    let sorted = |row: &[f64]| {
        let mut row = row.to_vec();
        row.sort_by(f64::total_cmp);
        row
    };
    let scale = difference.scale();
    let same = sorted(difference.got)
        .iter()
        .zip(&sorted(difference.want))
        .all(|(a, b)| difference.near_on(scale, *a, *b));
    same.then(|| {
        Pattern::new(
            "another-order",
            "These are the right numbers in another order.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{names, wave};

    #[test]
    fn a_large_table_is_looked_at_in_no_time() {
        let want = wave(500 * 784);
        let mut got = want[784..2 * 784].to_vec();
        got.extend_from_slice(&want[..784]);
        got.extend_from_slice(&want[2 * 784..]);
        assert_eq!(names(&got, &want, &[500, 784]), ["entries-exchanged"]);
    }

    #[test]
    fn names_a_transpose_and_exchanged_axes() {
        let want = wave(9);
        let turned: Vec<f64> = (0..9).map(|i| want[i % 3 * 3 + i / 3]).collect();
        assert_eq!(names(&turned, &want, &[3, 3]), ["transposed"]);
        let want = wave(18);
        let turned: Vec<f64> = (0..18)
            .map(|i| want[i / 9 * 9 + i % 3 * 3 + i / 3 % 3])
            .collect();
        assert_eq!(names(&turned, &want, &[2, 3, 3]), ["axes-exchanged"]);
    }

    #[test]
    fn names_what_is_mirrored() {
        let want = wave(6);
        let back: Vec<f64> = want.iter().rev().copied().collect();
        assert_eq!(names(&back, &want, &[6]), ["reversed"]);
        let rows = [&want[3..], &want[..3]].concat();
        assert_eq!(names(&rows, &want, &[2, 3]), ["reversed"]);
    }

    #[test]
    fn names_an_index_that_is_off_by_one() {
        let all = wave(8);
        assert_eq!(names(&all[1..], &all[..7], &[7]), ["shifted-by-one"]);
        assert_eq!(names(&all[..7], &all[1..], &[7]), ["shifted-by-one"]);
        // By rows of two.
        assert_eq!(names(&all[2..], &all[..6], &[3, 2]), ["shifted-by-one"]);
    }

    #[test]
    fn names_two_entries_that_changed_places() {
        let want = wave(12);
        let mut got = want.clone();
        for row in 0..3 {
            got.swap(4 * row + 1, 4 * row + 3);
        }
        assert_eq!(names(&got, &want, &[3, 4]), ["entries-exchanged"]);
    }

    #[test]
    fn tells_a_reshape_from_a_transpose() {
        // (2, 3) should become its transpose (3, 2), and was reshaped.
        let before = wave(6);
        let want: Vec<f64> = (0..6).map(|i| before[i % 2 * 3 + i / 2]).collect();
        assert_eq!(names(&before, &want, &[3, 2]), ["reshaped-not-transposed"]);
    }

    #[test]
    fn names_another_order() {
        let want = wave(6);
        let got = [2, 0, 4, 1, 5, 3].map(|i| want[i]);
        assert_eq!(names(&got, &want, &[6]), ["another-order"]);
    }
}
