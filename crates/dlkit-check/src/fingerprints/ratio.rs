//! A constant factor between what came out and what should have.

use super::{Difference, Pattern};
use crate::number::number;
use crate::sizes::size;

/// Factors that have a name, or at least are ones that people forget.
pub(super) fn certain(difference: &Difference<'_>) -> Vec<Pattern> {
    let Some(ratio) = constant(difference) else {
        return Vec::new();
    };
    let near = |k: f64| (ratio - k).abs() <= difference.tolerance.max(1e-6) * k.abs();
    if let Some(n) = difference.samples.filter(|n| *n > 1) {
        if near(n as f64) {
            return vec![Pattern::new(
                "missing-batch-mean",
                format!(
                    "It is exactly {n} times too large, and there are {n} samples: add up over the samples, then divide by their \
                     number."
                ),
            )];
        }
        if near(1. / n as f64) {
            return vec![Pattern::new(
                "mean-taken-twice",
                format!(
                    "It is exactly {n} times too small, and there are {n} samples: the mean was taken twice."
                ),
            )];
        }
    }
    if near(-1.) {
        return vec![Pattern::new(
            "sign",
            "The size is right and the sign is the wrong way round.",
        )];
    }
    if near(100.) || near(0.01) {
        let (is, should) = if near(100.) {
            ("in percent", "a fraction")
        } else {
            ("a fraction", "in percent")
        };
        return vec![Pattern::new(
            "percent",
            format!("It is {is}, and it should be {should}."),
        )];
    }
    // One value alone always has a ratio: it says something only when several share a factor that people forget.
    if enough(difference) {
        named(difference, ratio, near)
    } else {
        Vec::new()
    }
}

/// Any other factor that all values share: that much is certain, even if nobody knows where it comes from.
pub(super) fn any(difference: &Difference<'_>) -> Vec<Pattern> {
    match constant(difference) {
        // What is nearer to 1 is rounding and no factor.
        Some(ratio)
            if enough(difference)
                && difference.distinct() >= 3
                && (ratio - 1.).abs() > super::EXACT =>
        {
            vec![Pattern::new(
                "constant-factor",
                format!(
                    "Every value is {} times what it should be: a factor is wrong, all else is right.",
                    number(ratio)
                ),
            )]
        }
        _ => Vec::new(),
    }
}

fn enough(difference: &Difference<'_>) -> bool {
    let values = difference.want.iter().filter(|value| **value != 0.).count();
    values >= 3 && difference.tolerance <= super::EXACT
}

fn named(difference: &Difference<'_>, ratio: f64, near: impl Fn(f64) -> bool) -> Vec<Pattern> {
    let every = |what: &str| {
        format!(
            "Every value is {} times what it should be{what}",
            number(ratio)
        )
    };
    let axis = |test: &dyn Fn(f64) -> bool| {
        let sizes = difference.dims.iter().copied().filter(|n| *n > 2);
        sizes.into_iter().find(|n| test(*n as f64))
    };
    let sign = ratio.signum();
    if let Some(n) = axis(&|n| near(sign * n.sqrt()) || near(sign / n.sqrt())) {
        return vec![Pattern::new(
            "missing-root",
            every(&format!(
                ", and that is the root of {}, or one over it: is something divided by the root where it should be, and only there?",
                size(n)
            )),
        )];
    }
    if near(std::f64::consts::LN_2) || near(std::f64::consts::LOG2_E) {
        return vec![Pattern::new(
            "logarithm-base",
            every(", which is what the binary logarithm makes of the natural one, or the reverse."),
        )];
    }
    if near(std::f64::consts::LN_10) || near(std::f64::consts::LOG10_E) {
        return vec![Pattern::new(
            "logarithm-base",
            every(
                ", which is what the logarithm to base 10 makes of the natural one, or the reverse.",
            ),
        )];
    }
    let whole = near(ratio.round()) || near(1. / (1. / ratio).round());
    if !whole {
        return Vec::new();
    }
    let counted = axis(&|n| near(sign * n) || near(sign / n));
    vec![Pattern::new(
        "constant-factor",
        match counted {
            Some(n) if ratio.abs() > 1. => every(&format!(
                ", and there are {}: is something added up over them that should be averaged, or counted once for each?",
                size(n)
            )),
            Some(n) => every(&format!(
                ", and there are {}: is something divided by their number that should not be?",
                size(n)
            )),
            None if near(2.) || near(0.5) => every(
                ": look for the 2 that a square's derivative brings, or for something counted twice or by half.",
            ),
            None => every("."),
        },
    )]
}

/// The factor between two rows, if it is the same everywhere and neither 0 nor 1.
fn constant(difference: &Difference<'_>) -> Option<f64> {
    let (got, want) = (difference.got, difference.want);
    let largest = |row: &[f64]| row.iter().fold(0_f64, |m, x| m.max(x.abs()));
    let (scale_got, scale_want) = (largest(got), largest(want));
    if scale_got < 1e-9 || scale_want < 1e-9 {
        return None;
    }
    let place = (0..want.len()).max_by(|a, b| want[*a].abs().total_cmp(&want[*b].abs()))?;
    let ratio = got[place] / want[place];
    let same = got
        .iter()
        .zip(want)
        .all(|(g, w)| (g - ratio * w).abs() <= difference.tolerance * scale_got);
    (same && ratio.is_finite() && ratio != 0.).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{names, of_samples, wave};

    fn scaled(factor: f64, n: usize) -> Vec<f64> {
        wave(n).iter().map(|x| factor * x).collect()
    }

    #[test]
    fn names_a_sum_where_a_mean_was_due() {
        let named = |got: &[f64], want: &[f64]| of_samples(got, want, &[got.len()], Some(4));
        assert_eq!(named(&[4., -8.], &[1., -2.]), ["missing-batch-mean"]);
        assert_eq!(named(&[0.25], &[1.]), ["mean-taken-twice"]);
    }

    #[test]
    fn names_a_flipped_sign_and_a_factor() {
        assert_eq!(names(&[1., 0.], &[-1., 0.], &[2]), ["sign"]);
        for factor in [3., 0.5, -0.25, 0.250_536] {
            assert_eq!(
                names(&scaled(factor, 6), &wave(6), &[6]),
                ["constant-factor"],
                "{factor}"
            );
        }
        assert!(names(&scaled(1.000_04, 6), &wave(6), &[6]).is_empty());
    }

    #[test]
    fn names_the_size_of_an_axis_and_its_root() {
        let root = scaled(7_f64.sqrt(), 21);
        assert_eq!(names(&root, &wave(21), &[3, 7]), ["missing-root"]);
        let below = scaled(1. / 7_f64.sqrt(), 21);
        assert_eq!(names(&below, &wave(21), &[3, 7]), ["missing-root"]);
        assert_eq!(
            names(&scaled(7., 21), &wave(21), &[3, 7]),
            ["constant-factor"]
        );
    }

    #[test]
    fn names_percent_and_other_logarithms() {
        assert_eq!(names(&[93.], &[0.93], &[]), ["percent"]);
        let bits = scaled(std::f64::consts::LOG2_E, 5);
        assert_eq!(names(&bits, &wave(5), &[5]), ["logarithm-base"]);
    }
}
