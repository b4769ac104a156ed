//! The rules that divide by the size of the gradients: Adagrad and RMSprop.

use super::{by_rule, judge};
use dlkit_check::prelude::*;
use lesson2::step8_optimizers::*;

pub(crate) fn adagrad_grows_tired() -> Verdict {
    let rate = 0.3;
    judge(
        &mut Adagrad::new(rate, 2),
        &by_rule([0.1], |[s], _, g| {
            *s += g * g;
            -rate * g / (*s + EPSILON).sqrt()
        }),
        &[
            (
                "size-ignored",
                "That is plain gradient descent: nothing is divided by the root of the sum.",
                by_rule([], |_, _, g| -rate * g),
            ),
            (
                "not-squared",
                "The sizes of the gradients were added up; add their squares.",
                by_rule([0.1], |[s], _, g| {
                    *s += g.abs();
                    -rate * g / (*s + EPSILON).sqrt()
                }),
            ),
            (
                "sum-not-kept",
                "The sum of squares must be kept from step to step, in `self.sum_of_squares`.",
                by_rule([], |_, _, g| -rate * g / (0.1 + g * g + EPSILON).sqrt()),
            ),
            (
                "replaced-instead-of-added",
                "The square replaced the sum: `+=`, not `=`.",
                by_rule([], |_, _, g| -rate * g / (g * g + EPSILON).sqrt()),
            ),
            (
                "root-missing",
                "It was divided by the sum itself; divide by its root.",
                by_rule([0.1], |[s], _, g| {
                    *s += g * g;
                    -rate * g / (*s + EPSILON)
                }),
            ),
            (
                "not-squared",
                "The gradients were added up as they are, so that they cancel; add their squares.",
                by_rule([0.1], |[s], _, g| {
                    *s += g;
                    -rate * g / (*s + EPSILON).sqrt()
                }),
            ),
            (
                "divided-too-early",
                "The sum was used before this step's square had been added.",
                by_rule([0.1], |[s], _, g| {
                    let old = *s;
                    *s += g * g;
                    -rate * g / (old + EPSILON).sqrt()
                }),
            ),
            (
                "uphill",
                "It climbs: the step is subtracted.",
                by_rule([0.1], |[s], _, g| {
                    *s += g * g;
                    rate * g / (*s + EPSILON).sqrt()
                }),
            ),
        ],
    )?;
    // Where sum and gradient are tiny, ε decides.
    let mut w = [1.0];
    let mut tiny = Adagrad {
        learning_rate: 0.1,
        sum_of_squares: vec![0.0],
    };
    tiny.step(&mut w, &[1e-4]);
    let s: f64 = 1e-8;
    expect("the weight 1 after a step with the gradient 0.0001 from s = 0, where ε decides")
        .within(1e-9)
        .mistake(
            "epsilon-outside",
            "ε was added to the root; Keras has it inside, √(s + ε).",
            1.0 - 0.1 * 1e-4 / (s.sqrt() + EPSILON),
        )
        .mistake("epsilon-missing", "ε is missing: √(s + ε).", 0.9)
        .close(w[0], 1.0 - 0.1 * 1e-4 / (s + EPSILON).sqrt())
}

pub(crate) fn rmsprop_divides_by_the_recent_size() -> Verdict {
    let (rate, rho) = (0.05, 0.8);
    judge(
        &mut RmsProp::new(rate, rho, 2),
        &by_rule([0.0], |[v], _, g| {
            *v = rho * *v + (1.0 - rho) * g * g;
            -rate * g / (*v + EPSILON).sqrt()
        }),
        &[
            (
                "size-ignored",
                "That is plain gradient descent: nothing is divided by the root of the mean square.",
                by_rule([], |_, _, g| -rate * g),
            ),
            (
                "uphill",
                "It climbs: the step is subtracted.",
                by_rule([0.0], |[v], _, g| {
                    *v = rho * *v + (1.0 - rho) * g * g;
                    rate * g / (*v + EPSILON).sqrt()
                }),
            ),
            (
                "shares-swapped",
                "ρ and 1 − ρ have changed places: ρ is the share of the *old* mean square that is kept.",
                {
                    by_rule([0.0], |[v], _, g| {
                        *v = (1.0 - rho) * *v + rho * g * g;
                        -rate * g / (*v + EPSILON).sqrt()
                    })
                },
            ),
            (
                "share-missing",
                "The new square has the weight 1 − ρ, so that v stays a mean.",
                by_rule([0.0], |[v], _, g| {
                    *v = rho * *v + g * g;
                    -rate * g / (*v + EPSILON).sqrt()
                }),
            ),
            (
                "root-missing",
                "It was divided by the mean square itself; divide by its root.",
                by_rule([0.0], |[v], _, g| {
                    *v = rho * *v + (1.0 - rho) * g * g;
                    -rate * g / (*v + EPSILON)
                }),
            ),
            (
                "mean-not-kept",
                "The mean square must be kept from step to step, in `self.mean_square`.",
                by_rule([], |_, _, g| {
                    -rate * g / ((1.0 - rho) * g * g + EPSILON).sqrt()
                }),
            ),
            (
                "sum-instead-of-mean",
                "That is Adagrad, which adds the squares up; here old ones are forgotten.",
                by_rule([0.0], |[v], _, g| {
                    *v += g * g;
                    -rate * g / (*v + EPSILON).sqrt()
                }),
            ),
            (
                "divided-too-early",
                "The mean square was used before this step's square had entered it.",
                by_rule([0.0], |[v], _, g| {
                    let old = *v;
                    *v = rho * *v + (1.0 - rho) * g * g;
                    -rate * g / (old + EPSILON).sqrt()
                }),
            ),
            (
                "not-squared",
                "The gradient entered the mean as it is, so that v may be negative, and its root NaN; its square belongs there.",
                by_rule([0.0], |[v], _, g| {
                    *v = rho * *v + (1.0 - rho) * g;
                    -rate * g / (*v + EPSILON).sqrt()
                }),
            ),
            (
                "sign-only",
                "That is the sign of the gradient alone: divide by the root of the *mean* square, not of this square.",
                by_rule([], |_, _, g| -rate * g / (g * g + EPSILON).sqrt()),
            ),
        ],
    )?;
    // Where the gradient is tiny, ε decides, and inside of the root it is √10⁻⁷ = 0.0003.
    let mut w = [1.0];
    RmsProp::new(0.1, 0.9, 1).step(&mut w, &[1e-4]);
    let v: f64 = 0.1 * 1e-8;
    expect("the weight 1 after a step with the gradient 0.0001, where ε decides")
        .within(1e-9)
        .mistake(
            "epsilon-outside",
            "ε was added to the root; Keras has it inside, √(v + ε).",
            1.0 - 0.1 * 1e-4 / (v.sqrt() + EPSILON),
        )
        .mistake(
            "epsilon-missing",
            "ε is missing: √(v + ε).",
            1.0 - 0.1 * 1e-4 / v.sqrt(),
        )
        .close(w[0], 1.0 - 0.1 * 1e-4 / (v + EPSILON).sqrt())
}
