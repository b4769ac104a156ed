//! Adam, which has the most to get wrong.

use super::{by_rule, history, judge};
use dlkit_check::prelude::*;
use lesson2::step8_optimizers::*;

/// Adam with slips: whether it corrects (from which t), what is squared, what is multiplied on.
fn adam(correct: impl Fn(i32) -> f64, step: impl Fn(f64, f64, f64) -> f64) -> Vec<Vec<f64>> {
    by_rule([0.0, 0.0], |[m, v], t, g| {
        *m = 0.9 * *m + 0.1 * g;
        *v = 0.999 * *v + 0.001 * g * g;
        -0.01 * correct(t) * step(*m, *v, g)
    })
}

pub(crate) fn adam_corrects_its_start() -> Verdict {
    // Whoever does not count, or counts too late, divides 0 by 0 at first, and NaN stays. What was counted tells which it is.
    let mut counting = Adam::new(0.01, 1);
    counting.step(&mut [1.0], &[1.0]);
    let without_t = if counting.steps == 0 {
        (
            "steps-not-counted",
            "With t = 0 the correction is 0/0, which is NaN: nobody counts the steps in `self.steps`.",
        )
    } else {
        (
            "counted-too-late",
            "With t = 0 the correction is 0/0, which is NaN: t is 1 in the first step, so count before computing it.",
        )
    };
    let correction = |t: i32| (1.0 - 0.999_f64.powi(t)).sqrt() / (1.0 - 0.9_f64.powi(t));
    let usual = |m: f64, v: f64, _: f64| m / (v.sqrt() + EPSILON);
    judge(
        &mut Adam::new(0.01, 2),
        &adam(correction, usual),
        &[
            (
                "correction-missing",
                "The correction for the start at 0 is missing: √(1 − β₂ᵗ) / (1 − β₁ᵗ).",
                adam(|_| 1.0, usual),
            ),
            (
                "steps-not-counted",
                "The correction is that of the first step every time: count the steps in `self.steps`.",
                adam(|_| correction(1), usual),
            ),
            (without_t.0, without_t.1, adam(|t| correction(t - 1), usual)),
            (
                "product-for-power",
                "From the second step on it is NaN: in βᵗ the t is a power; β · t soon is above 1.",
                adam(
                    |t| (1.0 - 0.999 * f64::from(t)).sqrt() / (1.0 - 0.9 * f64::from(t)),
                    usual,
                ),
            ),
            (
                "corrected-means-kept",
                "The first step is right, the second is not: the corrected means were kept. The correction is for the step alone, m and v go on without it.",
                by_rule([0.0, 0.0], |[m, v], t, g| {
                    *m = (0.9 * *m + 0.1 * g) / (1.0 - 0.9_f64.powi(t));
                    *v = (0.999 * *v + 0.001 * g * g) / (1.0 - 0.999_f64.powi(t));
                    -0.01 * *m / (v.sqrt() + EPSILON)
                }),
            ),
            (
                "counted-per-weight",
                "t has grown for each weight; it counts steps.",
                {
                    let mut memory = [[0.0, 0.0]; 2];
                    let mut t = 0;
                    history(|weights, gradient| {
                        for i in 0..2 {
                            t += 1;
                            let [m, v] = &mut memory[i];
                            *m = 0.9 * *m + 0.1 * gradient[i];
                            *v = 0.999 * *v + 0.001 * gradient[i] * gradient[i];
                            weights[i] -= 0.01 * correction(t) * usual(*m, *v, 0.0);
                        }
                    })
                },
            ),
            (
                "counted-per-weight",
                "t has grown by 2 in each step, as if it counted the weights; it counts steps.",
                adam(|t| correction(2 * t), usual),
            ),
            (
                "shares-swapped",
                "v takes its share of g² with 1 − β₂; 1 − β₁ belongs to m.",
                by_rule([0.0, 0.0], |[m, v], t, g| {
                    *m = 0.9 * *m + 0.1 * g;
                    *v = 0.999 * *v + 0.1 * g * g;
                    -0.01 * correction(t) * usual(*m, *v, g)
                }),
            ),
            (
                "shares-swapped",
                "β₁ and β₂ have changed places: β₁ belongs to m, β₂ to v.",
                by_rule([0.0, 0.0], |[m, v], t, g| {
                    *m = 0.999 * *m + 0.001 * g;
                    *v = 0.9 * *v + 0.1 * g * g;
                    -0.01 * correction(t) * usual(*m, *v, g)
                }),
            ),
            (
                "shares-swapped",
                "m takes its share of g with 1 − β₁, and keeps β₁ of itself.",
                by_rule([0.0, 0.0], |[m, v], t, g| {
                    *m = 0.999 * *m + 0.001 * g;
                    *v = 0.999 * *v + 0.001 * g * g;
                    -0.01 * correction(t) * usual(*m, *v, g)
                }),
            ),
            (
                "share-missing",
                "The new gradient enters m with the weight 1 − β₁, so that m stays a mean.",
                by_rule([0.0, 0.0], |[m, v], t, g| {
                    *m = 0.9 * *m + g;
                    *v = 0.999 * *v + 0.001 * g * g;
                    -0.01 * correction(t) * usual(*m, *v, g)
                }),
            ),
            (
                "share-missing",
                "The new square enters v with the weight 1 − β₂, so that v stays a mean.",
                by_rule([0.0, 0.0], |[m, v], t, g| {
                    *m = 0.9 * *m + 0.1 * g;
                    *v = 0.999 * *v + g * g;
                    -0.01 * correction(t) * usual(*m, *v, g)
                }),
            ),
            (
                "not-squared",
                "The gradient entered v as it is, so that v may be negative, and its root NaN; its square belongs there.",
                by_rule([0.0, 0.0], |[m, v], t, g| {
                    *m = 0.9 * *m + 0.1 * g;
                    *v = 0.999 * *v + 0.001 * g;
                    -0.01 * correction(t) * usual(*m, *v, g)
                }),
            ),
            (
                "size-ignored",
                "Nothing is divided by the root of v: that is momentum with a corrected start.",
                adam(correction, |m, _, _| m),
            ),
            (
                "uphill",
                "It climbs: the step is subtracted.",
                adam(correction, |m, v, _| -m / (v.sqrt() + EPSILON)),
            ),
            (
                "corrections-swapped",
                "The two corrections have changed places: √(1 − β₂ᵗ) / (1 − β₁ᵗ).",
                adam(
                    |t| (1.0 - 0.9_f64.powi(t)).sqrt() / (1.0 - 0.999_f64.powi(t)),
                    usual,
                ),
            ),
            (
                "epsilon-inside",
                "ε was added under the root; for Adam it stands outside, √v + ε.",
                adam(correction, |m, v, _| m / (v + EPSILON).sqrt()),
            ),
            (
                "slide-formula",
                "The step was multiplied with the gradient once more, as on the slide: m is the (mean) gradient already.",
                adam(correction, |m, v, g| m / (v.sqrt() + EPSILON) * g),
            ),
            (
                "slide-formula",
                "The step was multiplied with the gradient once more and is not corrected, as on the slide: m is the (mean) gradient already.",
                adam(|_| 1.0, |m, v, g| m / (v.sqrt() + EPSILON) * g),
            ),
            (
                "gradient-instead-of-mean",
                "The step goes by this gradient; it should go by the mean m.",
                adam(correction, |_, v, g| g / (v.sqrt() + EPSILON)),
            ),
            (
                "root-missing",
                "It was divided by v; divide by its root.",
                adam(correction, |m, v, _| m / (v + EPSILON)),
            ),
            (
                "correction-of-the-mean-only",
                "Only m was corrected; √(1 − β₂ᵗ) is missing.",
                adam(|t| 1.0 / (1.0 - 0.9_f64.powi(t)), usual),
            ),
            (
                "correction-without-root",
                "v stands under a root, and so does its correction: √(1 − β₂ᵗ).",
                adam(
                    |t| (1.0 - 0.999_f64.powi(t)) / (1.0 - 0.9_f64.powi(t)),
                    usual,
                ),
            ),
            (
                "correction-upside-down",
                "The correction is upside down: early steps must grow by it, not shrink.",
                adam(|t| 1.0 / correction(t), usual),
            ),
        ],
    )?;
    // Where the gradient is tiny, ε decides.
    let mut w = [1.0];
    Adam::new(0.1, 1).step(&mut w, &[1e-4]);
    let (m, v): (f64, f64) = (0.1 * 1e-4, 0.001 * 1e-8);
    let gives = |divisor: f64| 1.0 - 0.1 * correction(1) * m / divisor;
    expect("the weight 1 after Adam's first step with the gradient 0.0001, where ε decides")
        .within(1e-9)
        .mistake(
            "epsilon-beside-the-corrected-root",
            "ε was added to the corrected root, as in the paper and in PyTorch; in the formula above, which is Keras's, it is added to √v itself.",
            gives(v.sqrt() + EPSILON * 0.001_f64.sqrt()),
        )
        .mistake("epsilon-missing", "ε is missing: √v + ε.", gives(v.sqrt()))
        .close(w[0], gives(v.sqrt() + EPSILON))
}
