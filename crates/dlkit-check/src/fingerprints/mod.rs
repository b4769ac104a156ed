//! Mistakes that the numbers alone betray, whatever the quantity: each leaves a fingerprint in the difference.
//!
//! | file | betrays |
//! |---|---|
//! | `ratio` | a constant factor: the sign, a missing mean, the size of an axis or its root, percent, another logarithm |
//! | `function` | a known function of the right value: its square, its logarithm, rounded down, cut off at zero … |
//! | `order` | the right numbers at other places: turned, mirrored, shifted by one, two entries exchanged |
//! | `axis` | something that belongs to an axis: a constant added to each column, a factor for each row, a running sum |
//!
//! A fingerprint counts only when *all* values fit it, and enough of them that no luck does: a cause that is not proved is not
//! claimed. Two that fit are both named.

mod axis;
mod function;
mod order;
mod ratio;

use std::cell::Cell;

/// A recognised mistake: its short name, and a sentence that names it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    pub(crate) diagnosis: &'static str,
    pub(crate) sentence: String,
}

impl Pattern {
    fn new(diagnosis: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            diagnosis,
            sentence: sentence.into(),
        }
    }
}

/// Two arrays of one shape that differ.
pub(crate) struct Difference<'a> {
    pub(crate) got: &'a [f64],
    pub(crate) want: &'a [f64],
    pub(crate) dims: &'a [usize],
    /// The number of samples that the quantity averages over, if it does.
    pub(crate) samples: Option<usize>,
    /// Relative to the largest value.
    pub(crate) tolerance: f64,
}

/// Above this tolerance (training results, accuracies) values that agree say nothing about their cause.
const EXACT: f64 = 1e-3;

/// The fingerprints that fit, at most two; a stronger kind hides the weaker ones.
pub(crate) fn recognise(difference: &Difference<'_>) -> Vec<Pattern> {
    if let Some(pattern) = not_finite(difference) {
        return vec![pattern];
    }
    let finite = |row: &[f64]| row.iter().all(|x| x.is_finite());
    if !finite(difference.got) || !finite(difference.want) {
        return Vec::new();
    }
    let kinds: [fn(&Difference<'_>) -> Vec<Pattern>; 6] = [
        ratio::certain,
        all_alike,
        function::recognise,
        order::recognise,
        // One factor for all is said of all, and not of each column.
        ratio::any,
        axis::recognise,
    ];
    for (i, kind) in kinds.into_iter().enumerate() {
        if i > 0 && difference.tolerance > EXACT {
            break;
        }
        let mut found = kind(difference);
        found.dedup_by(|a, b| a.diagnosis == b.diagnosis);
        // Three ways to explain it are none.
        if !found.is_empty() && found.len() <= 2 {
            return found;
        }
    }
    Vec::new()
}

/// Where the wrong values lie, when they have a place in common: what can be said without knowing the cause.
pub(crate) fn place(difference: &Difference<'_>) -> Option<String> {
    if difference.want.len() < 6 {
        return None;
    }
    axis::in_one_slice(difference)
}

fn not_finite(difference: &Difference<'_>) -> Option<Pattern> {
    let broken = |test: fn(f64) -> bool| {
        let mut pairs = difference.got.iter().zip(difference.want);
        pairs.any(|(g, w)| test(*g) && !test(*w))
    };
    if broken(f64::is_nan) {
        return Some(Pattern::new(
            "not-a-number",
            "NaN comes from 0/0, ∞ − ∞, ∞/∞, 0·∞ or the logarithm or root of a negative number: look for one of these.",
        ));
    }
    broken(f64::is_infinite).then(|| {
        Pattern::new(
            "infinite",
            "An infinity comes from a division by 0, from ln 0 or from exp of a large number: look for one of these.",
        )
    })
}

/// Everything is 0, or everything is the same.
fn all_alike(difference: &Difference<'_>) -> Vec<Pattern> {
    let distinct = difference.distinct();
    let (Some(first), true) = (difference.got.first(), distinct >= 3) else {
        return Vec::new();
    };
    if difference.got.iter().any(|g| g != first) {
        return Vec::new();
    }
    vec![if *first == 0. {
        Pattern::new(
            "all-zero",
            "Every value is 0, as if nothing had been written there yet, or everything had been multiplied by 0.",
        )
    } else {
        Pattern::new(
            "all-equal",
            format!(
                "Every value is {}: they do not depend on what they should be computed from.",
                crate::number::number(*first)
            ),
        )
    }]
}

impl Difference<'_> {
    /// Whether these are the values that came out.
    fn gives(&self, values: impl IntoIterator<Item = f64>) -> bool {
        let scale = self.scale();
        let mut count = 0;
        let fits = values.into_iter().zip(self.got).all(|(value, got)| {
            count += 1;
            self.near_on(scale, value, *got)
        });
        fits && count == self.got.len()
    }

    fn near(&self, a: f64, b: f64) -> bool {
        self.near_on(self.scale(), a, b)
    }

    fn near_on(&self, scale: f64, a: f64, b: f64) -> bool {
        (a - b).abs() <= self.tolerance * scale.max(1e-9)
    }

    /// The largest amount on either side.
    fn scale(&self) -> f64 {
        let largest = Cell::new(0_f64);
        for value in self.got.iter().chain(self.want) {
            largest.set(largest.get().max(value.abs()));
        }
        largest.get()
    }

    /// How many different values are wanted: a fingerprint on two of them may be luck.
    fn distinct(&self) -> usize {
        let mut sorted = self.want.to_vec();
        sorted.sort_by(f64::total_cmp);
        // Clearly different, not by rounding.
        let step = (10. * self.tolerance).max(1e-9) * self.scale();
        sorted.dedup_by(|a, b| (*a - *b).abs() <= step);
        sorted.len()
    }

    /// The axes with at least `least` entries.
    fn axes(&self, least: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.dims.len()).filter(move |axis| self.dims[*axis] >= least)
    }

    /// The flat index with `to` at `axis`, in place of what stands there.
    fn with(&self, index: usize, axis: usize, to: usize) -> usize {
        let stride: usize = self.dims[axis + 1..].iter().product();
        let at = index / stride % self.dims[axis];
        index - at * stride + to * stride
    }

    /// The coordinate of a flat index along an axis.
    fn coordinate(&self, index: usize, axis: usize) -> usize {
        let stride: usize = self.dims[axis + 1..].iter().product();
        index / stride % self.dims[axis]
    }

    /// How an axis is called in a sentence: rows and columns where there are two.
    fn axis_name(&self, axis: usize) -> String {
        match (self.dims.len(), axis) {
            (1, _) => "the row".into(),
            (2, 0) => "the rows".into(),
            (2, _) => "the columns".into(),
            _ => format!("axis {axis}"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The names of the fingerprints found on arrays of this shape.
    pub(crate) fn names(got: &[f64], want: &[f64], dims: &[usize]) -> Vec<&'static str> {
        of_samples(got, want, dims, None)
    }

    pub(crate) fn of_samples(
        got: &[f64],
        want: &[f64],
        dims: &[usize],
        samples: Option<usize>,
    ) -> Vec<&'static str> {
        let difference = Difference {
            got,
            want,
            dims,
            samples,
            tolerance: 1e-6,
        };
        recognise(&difference)
            .iter()
            .map(|pattern| pattern.diagnosis)
            .collect()
    }

    /// Numbers of both signs without a pattern.
    pub(crate) fn wave(n: usize) -> Vec<f64> {
        (0..n)
            .map(|i| (1.7 * i as f64 + 0.13 * (i * i) as f64 + 0.4).sin())
            .collect()
    }

    #[test]
    fn names_nan_and_infinity() {
        assert_eq!(names(&[f64::NAN, 1.], &[1., 1.], &[2]), ["not-a-number"]);
        assert_eq!(names(&[f64::INFINITY], &[1.], &[1]), ["infinite"]);
        // A wanted infinity is nothing to compute with.
        assert!(names(&[1., 2.], &[f64::INFINITY, 2.], &[2]).is_empty());
    }

    #[test]
    fn names_what_was_never_written() {
        assert_eq!(names(&[0.; 4], &wave(4), &[4]), ["all-zero"]);
        assert_eq!(names(&[0.1; 4], &wave(4), &[4]), ["all-equal"]);
        assert!(names(&[0.; 4], &[0.2, 0., 0., 0.], &[4]).is_empty());
    }

    #[test]
    fn stays_silent_where_the_difference_tells_nothing() {
        assert!(names(&[2.], &[1.], &[1]).is_empty());
        assert!(names(&[2., 4.], &[1., 2.], &[2]).is_empty());
        assert!(names(&[1., 5.], &[1., 2.], &[2]).is_empty());
        // Any two rows of noise: nothing fits, in any shape.
        let (got, want) = (wave(24), wave(48)[24..].to_vec());
        for dims in [&[24][..], &[4, 6], &[2, 3, 4]] {
            assert!(names(&got, &want, dims).is_empty(), "{dims:?}");
        }
    }

    #[test]
    fn coarse_comparisons_name_no_causes() {
        let want = [0.91, 0.95, 0.97, 0.99];
        let squares: Vec<f64> = want.iter().map(|x| x * x).collect();
        let difference = Difference {
            got: &squares,
            want: &want,
            dims: &[4],
            samples: None,
            tolerance: 0.02,
        };
        assert!(recognise(&difference).is_empty());
    }
}
