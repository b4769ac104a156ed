//! The two momenta.

use super::{by_rule, judge};
use dlkit_check::prelude::*;
use lesson2::step8_optimizers::*;

pub(crate) fn momentum_rolls_on() -> Verdict {
    let (rate, mu) = (0.1, 0.8);
    let usual = |[v]: &mut [f64; 1], _: i32, g: f64| {
        *v = mu * *v - rate * g;
        *v
    };
    let plain = by_rule([], |_, _, g| -rate * g);
    judge(
        &mut Momentum::new(rate, mu, 2),
        &by_rule([0.0], usual),
        &[
            (
                "velocity-forgotten",
                "That is plain gradient descent: the velocity of the step before has no effect. Is it kept in `self.velocity`?",
                plain,
            ),
            (
                "gradient-missing",
                "The weights do not move: nothing ever pushes the velocity, which starts at 0.",
                by_rule([], |_, _, _| 0.0),
            ),
            (
                "rate-times-momentum",
                "The old velocity was not multiplied with μ.",
                by_rule([0.0], |[v], _, g| {
                    *v -= rate * g;
                    *v
                }),
            ),
            (
                "sign",
                "It climbs. The velocity points downhill, for its gradient comes with a minus, − η g; and the weight moves *by* it.",
                by_rule([0.0], |[v], _, g| {
                    *v = mu * *v + rate * g;
                    *v
                }),
            ),
            (
                "mean-of-gradients",
                "The gradient was weighed with 1 − μ, as in Adam; here it has its whole weight.",
                {
                    by_rule([0.0], |[v], _, g| {
                        *v = mu * *v - (1.0 - mu) * rate * g;
                        *v
                    })
                },
            ),
            (
                "shares-swapped",
                "The old velocity was kept with 1 − μ; μ is the share that is kept.",
                by_rule([0.0], |[v], _, g| {
                    *v = (1.0 - mu) * *v - rate * g;
                    *v
                }),
            ),
            (
                "rate-twice",
                "The weight moved by η times the velocity; η is in the velocity already.",
                by_rule([0.0], |[v], _, g| {
                    *v = mu * *v - rate * g;
                    rate * *v
                }),
            ),
            (
                "rate-ignored",
                "The learning rate has no effect: the velocity changes by − η g.",
                by_rule([0.0], |[v], _, g| {
                    *v = mu * *v - g;
                    *v
                }),
            ),
            (
                "slide-rule",
                "That is the rule of the slide, which looks ahead; the usual one moves by v.",
                by_rule([0.0], |[v], _, g| {
                    *v = mu * *v - rate * g;
                    mu * *v - rate * g
                }),
            ),
            (
                "moved-before-the-velocity",
                "It moved by the old velocity: first change v, then move by it.",
                by_rule([0.0], |[v], _, g| {
                    let old = *v;
                    *v = mu * *v - rate * g;
                    old
                }),
            ),
        ],
    )
}

pub(crate) fn slide_momentum_looks_ahead() -> Verdict {
    let (rate, mu) = (0.1, 0.8);
    judge(
        &mut SlideMomentum::new(rate, mu, 2),
        &by_rule([0.0], |[v], _, g| {
            *v = mu * *v - rate * g;
            mu * *v - rate * g
        }),
        &[
            (
                "usual-rule",
                "It moves as the usual rule does. In the slide's second line momentum is multiplied with the *new* velocity, and then the gradient's \
                 part is subtracted once more.",
                {
                    by_rule([0.0], |[v], _, g| {
                        *v = mu * *v - rate * g;
                        *v
                    })
                },
            ),
            (
                "past-velocity-not-kept",
                "`past_velocity` is 0 in every step: keep the velocity in `self.velocity` at the end. Without it, momentum is nothing but a learning rate \
                 1 + μ times as large.",
                by_rule([], |_, _, g| -(1.0 + mu) * rate * g),
            ),
            (
                "gradient-missing",
                "That is plain gradient descent: nothing ever pushes the velocity, which starts at 0. Look at the first line of the loop.",
                by_rule([], |_, _, g| -rate * g),
            ),
            (
                "sign",
                "In the second line the gradient's part was added; it is subtracted.",
                by_rule([0.0], |[v], _, g| {
                    *v = mu * *v - rate * g;
                    mu * *v + rate * g
                }),
            ),
            (
                "gradient-step-missing",
                "The last term, − learning_rate · gradient, is missing in the second line.",
                by_rule([0.0], |[v], _, g| {
                    *v = mu * *v - rate * g;
                    mu * *v
                }),
            ),
        ],
    )
}

pub(crate) fn the_two_momenta_differ() -> Verdict {
    // After one step from rest the slide's rule is μ η g ahead of the usual one; with the same gradient all the time, its place
    // is always the one that the usual rule would reach by coasting on: w + μ v.
    let (rate, mu) = (0.05, 0.9);
    let (mut usual, mut slide) = (Momentum::new(rate, mu, 1), SlideMomentum::new(rate, mu, 1));
    let (mut w, mut ahead) = (vec![3.0], vec![3.0]);
    for (t, g) in [1.0, -0.5, 2.0, 0.25, 1.5].into_iter().enumerate() {
        let before = w[0];
        usual.step(&mut w, &[g]);
        let velocity = w[0] - before;
        slide.step(&mut ahead, &[g]);
        expect(format!("where the slide's momentum stands after step {}, beside the usual place + μ · velocity", t + 1))
            .mistake("no-difference", "Both rules gave the same place. They have the same velocities, but the slide's rule is a step of coasting ahead.", w[0])
            .advice("With the same gradients both have the same velocity, and the slide's rule is ahead by μ times it.")
            .close(ahead[0], w[0] + mu * velocity)?;
    }
    Ok(())
}
