//! Mistakes that a difference alone betrays, whatever the quantity: the sign, a constant factor, a missing mean.

use crate::number::number;

/// A recognised mistake: its short name, and a sentence that names it.
pub(crate) struct Pattern {
    pub(crate) diagnosis: &'static str,
    pub(crate) sentence: String,
}

/// Looks at two rows of equal length that differ. `samples` is the number of samples that the quantity averages over, if it
/// does; `tolerance` is relative.
pub(crate) fn recognise(
    got: &[f64],
    want: &[f64],
    samples: Option<usize>,
    tolerance: f64,
) -> Option<Pattern> {
    if let Some(pattern) = not_finite(got, want) {
        return Some(pattern);
    }
    let ratio = constant_ratio(got, want, tolerance)?;
    let near = |k: f64| (ratio - k).abs() <= tolerance.max(1e-6) * k.abs();
    if let Some(n) = samples.filter(|n| *n > 1) {
        let n_f = n as f64;
        if near(n_f) {
            return Some(Pattern {
                diagnosis: "missing-batch-mean",
                sentence: format!(
                    "It is exactly {n} times too large, and there are {n} samples: add up over the samples, then divide by their \
                     number."
                ),
            });
        }
        if near(1.0 / n_f) {
            return Some(Pattern {
                diagnosis: "mean-taken-twice",
                sentence: format!(
                    "It is exactly {n} times too small, and there are {n} samples: the mean was taken twice."
                ),
            });
        }
    }
    if near(-1.0) {
        return Some(Pattern {
            diagnosis: "sign",
            sentence: "The size is right and the sign is the wrong way round.".into(),
        });
    }
    // One value alone always has a ratio, and a crooked one explains nothing: it says something only when several values share
    // a factor that people forget, a whole number or one over a whole number.
    let values = want.iter().filter(|value| **value != 0.0).count();
    let simple = near(ratio.round()) || near(1.0 / (1.0 / ratio).round());
    (values >= 3 && simple).then(|| Pattern {
        diagnosis: "constant-factor",
        sentence: format!("Every value is {} times what it should be.", number(ratio)),
    })
}

fn not_finite(got: &[f64], want: &[f64]) -> Option<Pattern> {
    let broken = |test: fn(f64) -> bool| got.iter().zip(want).any(|(g, w)| test(*g) && !test(*w));
    if broken(f64::is_nan) {
        return Some(Pattern {
            diagnosis: "not-a-number",
            sentence: "NaN comes from 0/0, ∞ − ∞, ∞/∞, 0·∞ or the logarithm or root of a negative number: look for one of these."
                .into(),
        });
    }
    broken(f64::is_infinite).then(|| Pattern {
        diagnosis: "infinite",
        sentence: "An infinity comes from a division by 0, from ln 0 or from exp of a large number: look for one of these.".into(),
    })
}

/// The factor between two rows, if it is the same everywhere and neither 0 nor 1.
fn constant_ratio(got: &[f64], want: &[f64], tolerance: f64) -> Option<f64> {
    let largest = |row: &[f64]| row.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let (scale_got, scale_want) = (largest(got), largest(want));
    if scale_got < 1e-9 || scale_want < 1e-9 {
        return None;
    }
    let place = (0..want.len()).max_by(|a, b| want[*a].abs().total_cmp(&want[*b].abs()))?;
    let ratio = got[place] / want[place];
    let same = got
        .iter()
        .zip(want)
        .all(|(g, w)| (g - ratio * w).abs() <= tolerance * scale_got);
    (same && ratio.is_finite() && ratio != 0.0).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(got: &[f64], want: &[f64], samples: Option<usize>) -> Option<&'static str> {
        recognise(got, want, samples, 1e-6).map(|p| p.diagnosis)
    }

    #[test]
    fn names_a_sum_where_a_mean_was_due() {
        assert_eq!(
            name(&[4.0, -8.0], &[1.0, -2.0], Some(4)),
            Some("missing-batch-mean")
        );
        assert_eq!(name(&[0.25], &[1.0], Some(4)), Some("mean-taken-twice"));
    }

    #[test]
    fn names_a_flipped_sign_and_a_factor() {
        assert_eq!(name(&[1.0, 0.0], &[-1.0, 0.0], None), Some("sign"));
        for factor in [3.0, 0.5, -0.25] {
            let want = [1.0, 2.0, -3.0];
            assert_eq!(
                name(&want.map(|x| factor * x), &want, None),
                Some("constant-factor")
            );
        }
    }

    #[test]
    fn names_nan_and_infinity() {
        assert_eq!(
            name(&[f64::NAN, 1.0], &[1.0, 1.0], None),
            Some("not-a-number")
        );
        assert_eq!(name(&[f64::INFINITY], &[1.0], None), Some("infinite"));
    }

    #[test]
    fn stays_silent_where_the_difference_tells_nothing() {
        assert_eq!(name(&[2.0], &[1.0], None), None);
        assert_eq!(name(&[2.0, 4.0], &[1.0, 2.0], None), None);
        let crooked = [1.0, 2.0, 3.0].map(|x| 0.250_536 * x);
        assert_eq!(name(&crooked, &[1.0, 2.0, 3.0], None), None);
        assert_eq!(name(&[1.0, 5.0], &[1.0, 2.0], None), None);
        assert_eq!(name(&[0.0, 0.0], &[1.0, 2.0], None), None);
    }
}
