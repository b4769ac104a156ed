//! Something that belongs to an axis: added, multiplied or summed along it.

use super::{Difference, Pattern};
use crate::number::number;

pub(super) fn recognise(difference: &Difference<'_>) -> Vec<Pattern> {
    if difference.distinct() < 4 {
        return Vec::new();
    }
    // Shares along the wrong lines also have a factor for each: the first explains the second.
    normalised(difference)
        .or_else(|| running_sum(difference))
        .or_else(|| per_line(difference))
        .into_iter()
        .collect()
}

/// Shares that should add up to 1 along one axis, and do so along another, or all together.
fn normalised(difference: &Difference<'_>) -> Option<Pattern> {
    if difference.want.iter().any(|w| *w < 0.) {
        return None;
    }
    let to_one = |row: &[f64], axis: usize| {
        let mut sums = vec![0.; row.len()];
        for (i, value) in row.iter().enumerate() {
            sums[difference.with(i, axis, 0)] += value;
        }
        (0..row.len())
            .filter(|i| difference.coordinate(*i, axis) == 0)
            .all(|i| (sums[i] - 1.).abs() <= 1e-4)
    };
    let axis = difference
        .axes(2)
        .find(|axis| to_one(difference.want, *axis))?;
    let wanted = difference.axis_name(axis);
    if to_one(difference.got, axis) {
        return None;
    }
    if let Some(other) = difference
        .axes(2)
        .find(|axis| to_one(difference.got, *axis))
    {
        return Some(Pattern::new(
            "normalised-along-another-axis",
            format!(
                "The shares add up to 1 along axis {other}, and they should along axis {axis}: over which axis does the sum below the fraction run?"
            ),
        ));
    }
    let total: f64 = difference.got.iter().sum();
    ((total - 1.).abs() <= 1e-4).then(|| {
        Pattern::new(
            "normalised-over-everything",
            format!("All values together add up to 1; along {wanted} each line should by itself."),
        )
    })
}

/// A sum that was not started anew, or one that was never carried on.
fn running_sum(difference: &Difference<'_>) -> Option<Pattern> {
    for axis in difference.axes(3) {
        let sums = |row: &[f64]| -> Vec<f64> {
            let mut sums = row.to_vec();
            for i in 0..row.len() {
                let at = difference.coordinate(i, axis);
                if at > 0 {
                    sums[i] += sums[difference.with(i, axis, at - 1)];
                }
            }
            sums
        };
        let along = difference.axis_name(axis);
        if difference.gives(sums(difference.want)) {
            return Some(Pattern::new(
                "running-sum",
                format!(
                    "Along {along} each value has all the earlier ones in it: something is added to that should start anew each time."
                ),
            ));
        }
        let scale = difference.scale();
        let sums = sums(difference.got);
        if sums
            .iter()
            .zip(difference.want)
            .all(|(a, b)| difference.near_on(scale, *a, *b))
        {
            return Some(Pattern::new(
                "not-accumulated",
                format!(
                    "Along {along} each value stands alone; the sum of all those before it is missing."
                ),
            ));
        }
    }
    None
}

/// The same offsets in each row, or a factor of its own for each; the other way round for columns.
fn per_line(difference: &Difference<'_>) -> Option<Pattern> {
    let &[rows, columns] = difference.dims else {
        return None;
    };
    if rows < 2 || columns < 2 || rows.max(columns) < 3 {
        return None;
    }
    // `axis` is the one along which the offset or the factor stays the same; the lines along it are counted by the other.
    for axis in [0, 1] {
        if difference.dims[axis] < 2 {
            continue;
        }
        let (line, lines) = if axis == 0 {
            ("column", columns)
        } else {
            ("row", rows)
        };
        let start = |i: usize| difference.with(i, axis, 0);
        let (got, want) = (difference.got, difference.want);
        let offsets: Vec<f64> = (0..got.len())
            .map(|i| got[start(i)] - want[start(i)])
            .collect();
        if difference.gives(want.iter().zip(&offsets).map(|(w, offset)| w + offset)) {
            let shown: Vec<String> = (0..lines.min(3))
                .map(|k| number(offsets[if axis == 0 { k } else { k * columns }]))
                .collect();
            let more = if lines > 3 { ", …" } else { "" };
            let diagnosis = if axis == 0 {
                "offset-per-column"
            } else {
                "offset-per-row"
            };
            return Some(Pattern::new(
                diagnosis,
                format!(
                    "Each {line} is right but for a number of its own that is added to it ({}{more}): look for what is added once for each {line}.",
                    shown.join(", ")
                ),
            ));
        }
        if let Some(factors) = factors(difference, axis)
            && difference.gives(want.iter().zip(&factors).map(|(w, factor)| w * factor))
        {
            let diagnosis = if axis == 0 {
                "factor-per-column"
            } else {
                "factor-per-row"
            };
            return Some(Pattern::new(
                diagnosis,
                format!(
                    "Each {line} is right but for a factor of its own: look at what each {line} is multiplied with or divided by."
                ),
            ));
        }
    }
    None
}

/// What each line along `axis` is multiplied with, written at each of its places, as its largest value tells.
fn factors(difference: &Difference<'_>, axis: usize) -> Option<Vec<f64>> {
    // A line of one value has always a factor.
    if difference.dims[axis] < 2 {
        return None;
    }
    let (got, want) = (difference.got, difference.want);
    (0..got.len())
        .map(|i| {
            let line = (0..difference.dims[axis]).map(|at| difference.with(i, axis, at));
            let largest = line.max_by(|a, b| want[*a].abs().total_cmp(&want[*b].abs()))?;
            let factor = got[largest] / want[largest];
            factor.is_finite().then_some(factor)
        })
        .collect()
}

/// "All of them lie in …" when the wrong values share one entry of an axis.
pub(super) fn in_one_slice(difference: &Difference<'_>) -> Option<String> {
    let scale = difference.scale();
    let wrong: Vec<usize> = (0..difference.got.len())
        .filter(|i| !difference.near_on(scale, difference.got[*i], difference.want[*i]))
        .collect();
    if wrong.len() < 2 {
        return None;
    }
    difference.axes(3).find_map(|axis| {
        let at = difference.coordinate(wrong[0], axis);
        if wrong.iter().any(|i| difference.coordinate(*i, axis) != at) {
            return None;
        }
        let which = if at == 0 {
            "first"
        } else if at + 1 == difference.dims[axis] {
            "last"
        } else {
            return Some(match (difference.dims.len(), axis) {
                (2, 0) => format!("All of them lie in row {at}."),
                (2, _) => format!("All of them lie in column {at}."),
                _ => format!("All of them lie at {at} of axis {axis}."),
            });
        };
        Some(match (difference.dims.len(), axis) {
            (2, 0) => format!("All of them lie in the {which} row."),
            (2, _) => format!("All of them lie in the {which} column."),
            _ => format!("All of them lie at the {which} place of axis {axis}."),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{names, wave};
    use super::super::{Difference, place};

    #[test]
    fn names_sums_that_run_on_and_sums_that_do_not() {
        let want = wave(6);
        let mut sum = 0.;
        let sums: Vec<f64> = want
            .iter()
            .map(|x| {
                sum += x;
                sum
            })
            .collect();
        assert_eq!(names(&sums, &want, &[6]), ["running-sum"]);
        assert_eq!(names(&want, &sums, &[6]), ["not-accumulated"]);
    }

    #[test]
    fn names_what_is_missing_in_each_column_or_row() {
        let want = wave(12);
        let with = |f: fn(usize, usize, f64) -> f64| -> Vec<f64> {
            (0..12).map(|i| f(i / 4, i % 4, want[i])).collect()
        };
        let dims = [3, 4];
        let scaled: Vec<f64> = want.iter().map(|x| 4. * x / 3.).collect();
        assert_eq!(names(&scaled, &want, &dims), ["constant-factor"]);
        let bias = |j: usize| 0.3 - 0.21 * (j * j) as f64;
        let columns: Vec<f64> = (0..12).map(|i| want[i] + bias(i % 4)).collect();
        assert_eq!(names(&columns, &want, &dims), ["offset-per-column"]);
        let rows: Vec<f64> = (0..12).map(|i| want[i] - bias(i / 4)).collect();
        assert_eq!(names(&rows, &want, &dims), ["offset-per-row"]);
        assert_eq!(
            names(&with(|i, _, x| x * (1.5 + i as f64)), &want, &dims),
            ["factor-per-row"]
        );
        assert_eq!(
            names(&with(|_, j, x| x / (1.5 + j as f64)), &want, &dims),
            ["factor-per-column"]
        );
    }

    #[test]
    fn names_the_axis_along_which_shares_were_taken() {
        let scores: Vec<f64> = wave(12).iter().map(|x| x.exp()).collect();
        let (rows, columns) = (|i: usize| i / 4, |i: usize| i % 4);
        let shares = |line: &dyn Fn(usize) -> usize| -> Vec<f64> {
            let sum = |i: usize| -> f64 {
                (0..12)
                    .filter(|j| line(*j) == line(i))
                    .map(|j| scores[j])
                    .sum()
            };
            (0..12).map(|i| scores[i] / sum(i)).collect()
        };
        let want = shares(&rows);
        assert_eq!(
            names(&shares(&columns), &want, &[3, 4]),
            ["normalised-along-another-axis"]
        );
        assert_eq!(
            names(&shares(&|_| 0), &want, &[3, 4]),
            ["normalised-over-everything"]
        );
    }

    #[test]
    fn tells_where_the_wrong_ones_lie() {
        let want = wave(12);
        let told = |wrong: &[usize]| {
            let mut got = want.clone();
            for i in wrong {
                got[*i] += 0.5 + *i as f64;
            }
            place(&Difference {
                got: &got,
                want: &want,
                dims: &[3, 4],
                samples: None,
                tolerance: 1e-6,
            })
        };
        assert_eq!(
            told(&[9, 10]).as_deref(),
            Some("All of them lie in the last row.")
        );
        assert_eq!(
            told(&[1, 5]).as_deref(),
            Some("All of them lie in column 1.")
        );
        assert_eq!(told(&[1, 6]), None);
        assert_eq!(told(&[1]), None);
    }
}
