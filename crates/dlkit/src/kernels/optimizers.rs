//! An optimiser's step on one variable: weight and memory are changed in place, in one pass.

use super::parallel::{self, Shared};
use pulp::{Simd, WithSimd};

/// An update rule with the memory that belongs to the variable. `g` is the gradient, `w` the weight.
#[derive(Debug)]
pub enum Rule<'a> {
    /// `w ← w − rate · g`.
    Descent {
        /// How far a step goes.
        rate: f32,
    },
    /// `v ← momentum · v − rate · g`, then `w ← w + v`, or `w ← w + momentum · v − rate · g` with Nesterov's look ahead.
    Momentum {
        /// How far a step goes.
        rate: f32,
        /// The share of the velocity that is kept.
        momentum: f32,
        /// Whether the new velocity is applied once more.
        nesterov: bool,
        /// `v`, as many numbers as the weight.
        velocity: &'a mut [f32],
    },
    /// `s ← s + g²`, then `w ← w − rate · g / √(s + ε)`.
    Adagrad {
        /// How far a step goes.
        rate: f32,
        /// ε.
        epsilon: f32,
        /// `s`, as many numbers as the weight.
        sum_of_squares: &'a mut [f32],
    },
    /// `s ← ρ s + (1 − ρ) g²`, then a step of `rate · g / √(s + ε)`, by way of a velocity when there is momentum.
    RmsProp {
        /// How far a step goes.
        rate: f32,
        /// The share ρ of the mean square that is kept. In `f64`, so that `1 − ρ` is exact.
        rho: f64,
        /// ε.
        epsilon: f32,
        /// The share of the velocity that is kept.
        momentum: f32,
        /// `s`, as many numbers as the weight.
        mean_square: &'a mut [f32],
        /// As many numbers as the weight, or none without momentum.
        velocity: &'a mut [f32],
    },
    /// `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, then `w ← keep · w − rate · m / (√v + ε)`.
    Adam {
        /// How far a step goes, the correction for the first steps included.
        rate: f32,
        /// β₁; both in `f64`, because `1 − 0.999` in `f32` is wrong in its fifth digit.
        beta_1: f64,
        /// β₂.
        beta_2: f64,
        /// ε.
        epsilon: f32,
        /// 1 less the share that weight decay takes.
        keep: f32,
        /// `m`, as many numbers as the weight.
        mean: &'a mut [f32],
        /// `v`, as many numbers as the weight.
        mean_square: &'a mut [f32],
    },
}

/// Applies the rule to `weight`.
#[allow(unsafe_code)]
pub(crate) fn update(rule: &mut Rule<'_>, weight: &mut [f32], gradient: &[f32]) {
    /// A task's share of numbers.
    const NUMBERS: usize = 1 << 14;
    let len = weight.len();
    assert_eq!(len, gradient.len());
    let weights = Shared::new(weight);
    let (first, second, rule) = split(rule);
    let has = [!first.is_empty(), !second.is_empty()];
    assert!((!has[0] || first.len() == len) && (!has[1] || second.len() == len));
    let (first, second) = (Shared::new(first), Shared::new(second));
    parallel::for_each(len.div_ceil(NUMBERS), |task| {
        let range = task * NUMBERS..len.min((task + 1) * NUMBERS);
        let of = |memory: usize| if has[memory] { range.clone() } else { 0..0 };
        super::dispatch(Step {
            rule,
            gradient: &gradient[range.clone()],
            // SAFETY: each task has a range of its own, here and below.
            first: unsafe { first.range(of(0)) },
            // SAFETY: as above.
            second: unsafe { second.range(of(1)) },
            // SAFETY: as above.
            weight: unsafe { weights.range(range) },
        });
    });
}

/// A rule's numbers without its memory.
#[derive(Clone, Copy)]
enum Numbers {
    Descent {
        rate: f32,
    },
    Momentum {
        rate: f32,
        momentum: f32,
        nesterov: bool,
    },
    Adagrad {
        rate: f32,
        epsilon: f32,
    },
    RmsProp {
        rate: f32,
        rho: f64,
        epsilon: f32,
        momentum: f32,
    },
    Adam {
        rate: f32,
        beta_1: f64,
        beta_2: f64,
        epsilon: f32,
        keep: f32,
    },
}

/// The two memories of a rule (empty where it has none), and its numbers.
fn split<'r>(rule: &'r mut Rule<'_>) -> (&'r mut [f32], &'r mut [f32], Numbers) {
    match rule {
        Rule::Descent { rate } => (&mut [], &mut [], Numbers::Descent { rate: *rate }),
        Rule::Momentum {
            rate,
            momentum,
            nesterov,
            velocity,
        } => (
            velocity,
            &mut [],
            Numbers::Momentum {
                rate: *rate,
                momentum: *momentum,
                nesterov: *nesterov,
            },
        ),
        Rule::Adagrad {
            rate,
            epsilon,
            sum_of_squares,
        } => (
            sum_of_squares,
            &mut [],
            Numbers::Adagrad {
                rate: *rate,
                epsilon: *epsilon,
            },
        ),
        Rule::RmsProp {
            rate,
            rho,
            epsilon,
            momentum,
            mean_square,
            velocity,
        } => (
            mean_square,
            velocity,
            Numbers::RmsProp {
                rate: *rate,
                rho: *rho,
                epsilon: *epsilon,
                momentum: *momentum,
            },
        ),
        Rule::Adam {
            rate,
            beta_1,
            beta_2,
            epsilon,
            keep,
            mean,
            mean_square,
        } => (
            mean,
            mean_square,
            Numbers::Adam {
                rate: *rate,
                beta_1: *beta_1,
                beta_2: *beta_2,
                epsilon: *epsilon,
                keep: *keep,
            },
        ),
    }
}

/// The step on one range. The loops are plain: compiled for the chosen instructions, they become vectors by themselves, roots and
/// divisions too.
struct Step<'a> {
    rule: Numbers,
    weight: &'a mut [f32],
    gradient: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl WithSimd for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let pairs = self.weight.iter_mut().zip(self.gradient);
        match self.rule {
            Numbers::Descent { rate } => {
                for (w, g) in pairs {
                    *w -= rate * g;
                }
            }
            Numbers::Momentum {
                rate,
                momentum,
                nesterov,
            } => {
                // The velocity's weight in the step, and the gradient's: without looking ahead 1 and 0.
                let (of_velocity, of_gradient) = if nesterov {
                    (momentum, rate)
                } else {
                    (1.0, 0.0)
                };
                for ((w, g), velocity) in pairs.zip(self.first) {
                    *velocity = momentum * *velocity - rate * g;
                    *w += of_velocity * *velocity - of_gradient * g;
                }
            }
            Numbers::Adagrad { rate, epsilon } => {
                for ((w, g), sum) in pairs.zip(self.first) {
                    *sum += g * g;
                    *w -= rate * g / (*sum + epsilon).sqrt();
                }
            }
            Numbers::RmsProp {
                rate,
                rho,
                epsilon,
                momentum,
            } => {
                let (rho, rest) = (rho as f32, (1.0 - rho) as f32);
                let steps = pairs.zip(self.first).map(|((w, g), mean)| {
                    *mean = rho * *mean + rest * (g * g);
                    (w, rate * g / (*mean + epsilon).sqrt())
                });
                if momentum == 0.0 {
                    for (w, step) in steps {
                        *w -= step;
                    }
                } else {
                    for ((w, step), velocity) in steps.zip(self.second) {
                        *velocity = momentum * *velocity + step;
                        *w -= *velocity;
                    }
                }
            }
            Numbers::Adam {
                rate,
                beta_1,
                beta_2,
                epsilon,
                keep,
            } => {
                let (rest_1, rest_2) = ((1.0 - beta_1) as f32, (1.0 - beta_2) as f32);
                let (beta_1, beta_2) = (beta_1 as f32, beta_2 as f32);
                for (((w, g), mean), square) in pairs.zip(self.first).zip(self.second) {
                    *mean = beta_1 * *mean + rest_1 * g;
                    *square = beta_2 * *square + rest_2 * (g * g);
                    *w = keep * *w - rate * *mean / (square.sqrt() + epsilon);
                }
            }
        }
    }
}
