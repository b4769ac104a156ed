//! A gradient against the slope that the function itself shows.
//!
//! The slope along each coordinate is measured by nudging it both ways, in double precision:
//! `∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h`, whose error shrinks with `h²`. As the CS231n notes on gradient checks advise,
//! the error is taken relative to the larger of the two slopes, two slopes that are both almost zero are equal, and a kink (the
//! corner of ReLU) is no fault: there every slope between the left one and the right one is accepted.

use crate::expect::{Expect, expect};
use crate::failure::{Failure, Verdict};
use crate::number::number;

/// Relative error below which an analytic gradient is taken as right. Right ones come out near 10⁻⁹, wrong ones near 1.
const RELATIVE: f64 = 1e-5;

/// Wants `got` to be the gradient of `f` at the point `at`.
///
/// # Errors
///
/// A sentence that names the worst element and, where it is recognised, the mistake.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let f = |x: &[f64]| x[0] * x[0] + 3.0 * x[1];
/// gradient("∇f", f, &[2.0, 1.0], &[4.0, 3.0])?;
/// let failure = gradient("∇f", f, &[2.0, 1.0], &[-4.0, -3.0]).unwrap_err();
/// assert_eq!(failure.diagnosis.as_deref(), Some("sign"));
/// # Ok::<(), Failure>(())
/// ```
pub fn gradient(name: &str, f: impl Fn(&[f64]) -> f64, at: &[f64], got: &[f64]) -> Verdict {
    expect(name).gradient(f, at, got)
}

impl Expect {
    /// Wants `got` to be the gradient of `f` at the point `at`; the tolerance is the gradient check's own.
    ///
    /// # Errors
    ///
    /// A sentence that names the worst element and, where it is recognised, the mistake.
    pub fn gradient(self, f: impl Fn(&[f64]) -> f64, at: &[f64], got: &[f64]) -> Verdict {
        let here = f(at);
        if !here.is_finite() {
            return Err(Failure::new(format!(
                "The slope for {} cannot be measured: the function itself is {} there.",
                self.name(),
                number(here)
            )));
        }
        let noise = 1e-8 * here.abs().max(1.0);
        let slopes: Vec<Slope> = (0..at.len())
            .map(|i| Slope::measure(&f, at, i, here))
            .collect();
        // An element within the measured slope takes part as that slope, so that only wrong ones count as different.
        let want: Vec<f64> = slopes
            .iter()
            .enumerate()
            .map(|(i, slope)| match got.get(i) {
                Some(g) if slope.allows(*g, noise) => *g,
                _ => slope.central,
            })
            .collect();
        self.within_relative(RELATIVE, noise).close_all(got, &want)
    }
}

/// How steep a function is along one coordinate, from both sides and across.
struct Slope {
    left: f64,
    right: f64,
    central: f64,
}

impl Slope {
    fn measure(f: impl Fn(&[f64]) -> f64, at: &[f64], i: usize, here: f64) -> Self {
        // The cube root of the machine epsilon balances rounding (∝ 1/h) against the truncated series (∝ h²).
        let h = 6e-6 * at[i].abs().max(1.0);
        let mut moved = at.to_vec();
        moved[i] = at[i] + h;
        let after = f(&moved);
        moved[i] = at[i] - h;
        let before = f(&moved);
        Self {
            left: (here - before) / h,
            right: (after - here) / h,
            central: (after - before) / (2.0 * h),
        }
    }

    fn allows(&self, got: f64, noise: f64) -> bool {
        let slack = noise + RELATIVE * self.central.abs().max(got.abs());
        got >= self.left.min(self.right) - slack && got <= self.left.max(self.right) + slack
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curved(x: &[f64]) -> f64 {
        x[0].sin() * x[1] + x[1].powi(3)
    }

    #[test]
    fn the_right_gradient_passes() {
        for at in [[0.3_f64, -2.0], [0.0, 0.0], [100.0, 1e-3]] {
            let got = [at[0].cos() * at[1], at[0].sin() + 3.0 * at[1] * at[1]];
            gradient("∇f", curved, &at, &got).unwrap();
        }
    }

    #[test]
    fn an_error_of_a_thousandth_is_found() {
        let at = [0.3_f64, -2.0];
        let got = [
            at[0].cos() * at[1] * 1.001,
            at[0].sin() + 3.0 * at[1] * at[1],
        ];
        let failure = gradient("∇f", curved, &at, &got).unwrap_err();
        assert!(failure.message.starts_with("∇f[0] is "), "{failure}");
    }

    #[test]
    fn a_factor_is_named() {
        let f = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let failure = gradient("dL/dw", f, &[1.0, 2.0, -3.0], &[1.0, 2.0, -3.0]).unwrap_err();
        assert_eq!(failure.diagnosis.as_deref(), Some("constant-factor"));
        let failure = expect("dL/dw")
            .over(3)
            .gradient(f, &[1.0, 2.0], &[6.0, 12.0])
            .unwrap_err();
        assert_eq!(failure.diagnosis.as_deref(), Some("missing-batch-mean"));
    }

    #[test]
    fn at_a_kink_every_slope_between_left_and_right_is_right() {
        let relu = |x: &[f64]| x[0].max(0.0);
        for slope in [0.0, 0.5, 1.0] {
            gradient("relu'", relu, &[0.0], &[slope]).unwrap();
        }
        assert!(gradient("relu'", relu, &[0.0], &[1.5]).is_err());
        assert!(gradient("relu'", relu, &[1.0], &[0.0]).is_err());
    }

    #[test]
    fn two_slopes_that_are_almost_zero_are_equal() {
        gradient("∇f", |_| 5.0, &[1.0, 2.0], &[0.0, 1e-9]).unwrap();
    }

    #[test]
    fn a_missing_element_and_a_broken_function_are_told() {
        assert!(gradient("∇f", curved, &[1.0, 2.0], &[1.0]).is_err());
        let failure = gradient("∇f", |_| f64::NAN, &[1.0], &[1.0]).unwrap_err();
        assert!(failure.message.contains("cannot be measured"), "{failure}");
    }
}
