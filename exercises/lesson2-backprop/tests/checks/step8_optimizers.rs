//! Each rule against its formula, step by step, and against dlkit, whose rules are Keras's.

use super::row;
use dlkit::prelude as keras;
use dlkit::prelude::{Device, Result, Tensor};
use dlkit_check::prelude::*;
use lesson2::step8_optimizers::*;
use std::cell::RefCell;

/// Gradients of a few steps for two weights: one small and one large, one that changes its sign.
const GRADIENTS: [[f64; 2]; 5] = [
    [2.0, -0.3],
    [1.0, -0.1],
    [-1.5, -0.2],
    [0.5, 0.4],
    [2.5, -0.6],
];
const START: [f64; 2] = [1.0, -2.0];

/// The weights after each step of a rule.
fn history(mut step: impl FnMut(&mut [f64], &[f64])) -> Vec<Vec<f64>> {
    let mut weights = START.to_vec();
    let mut all = Vec::new();
    for gradient in GRADIENTS {
        step(&mut weights, &gradient);
        all.push(weights.clone());
    }
    all
}

/// The weights after each step of a rule that keeps `N` numbers for each weight: `rule(memory, t, g)` changes them and gives
/// the change of the weight.
fn by_rule<const N: usize>(
    start: [f64; N],
    rule: impl Fn(&mut [f64; N], i32, f64) -> f64,
) -> Vec<Vec<f64>> {
    let mut memory = [start; 2];
    let mut t = 0;
    history(|weights, gradient| {
        t += 1;
        for i in 0..2 {
            weights[i] += rule(&mut memory[i], t, gradient[i]);
        }
    })
}

type Known = (&'static str, &'static str, Vec<Vec<f64>>);

fn judge(optimizer: &mut dyn Optimizer, want: &[Vec<f64>], known: &[Known]) -> Verdict {
    let got = history(|weights, gradient| optimizer.step(weights, gradient));
    // Many a mistake makes the same first step as another, so the whole walk tells which it is.
    let alike =
        |a: &f64, b: &f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-6 * (1.0 + b.abs());
    let fits = |(_, _, gives): &&Known| {
        gives
            .iter()
            .flatten()
            .zip(got.iter().flatten())
            .all(|(a, b)| alike(a, b))
    };
    let fitting: Vec<&Known> = known.iter().filter(fits).collect();
    for step in 0..want.len() {
        let mut comparison = expect(format!(
            "step {} with the gradient {}: the new weight ",
            step + 1,
            row(&GRADIENTS[step])
        ));
        for (diagnosis, sentence, gives) in &fitting {
            comparison = comparison.mistake(*diagnosis, *sentence, gives[step].clone());
        }
        comparison
            .advice("Go through the formula above the struct with these numbers on paper: what is remembered, and what is the step?")
            .close_all(&got[step], &want[step])?;
    }
    Ok(())
}

pub(super) fn sgd_steps_against_the_gradient() -> Verdict {
    for rate in [0.1, 0.7] {
        let want = by_rule([], |_, _, g| -rate * g);
        judge(
            &mut Sgd {
                learning_rate: rate,
            },
            &want,
            &[
                (
                    "uphill",
                    "It climbs: the step is *against* the gradient, so it is subtracted.",
                    by_rule([], |_, _, g| rate * g),
                ),
                (
                    "rate-ignored",
                    "The learning rate has no effect.",
                    by_rule([], |_, _, g| -g),
                ),
                (
                    "weight-replaced",
                    "The weight was replaced by the step, not changed by it: `-=`, not `=`.",
                    GRADIENTS
                        .iter()
                        .map(|g| g.iter().map(|g| -rate * g).collect())
                        .collect(),
                ),
                (
                    "weight-replaced",
                    "The weight was replaced by the step, not changed by it: `-=`, not `=`.",
                    GRADIENTS
                        .iter()
                        .map(|g| g.iter().map(|g| rate * g).collect())
                        .collect(),
                ),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn momentum_rolls_on() -> Verdict {
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
                "The gradient was added: velocity points downhill, so − η g.",
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

pub(super) fn slide_momentum_looks_ahead() -> Verdict {
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

pub(super) fn the_two_momenta_differ() -> Verdict {
    // After one step from rest the slide's rule is μ η g ahead of the usual one; with the same gradient all the time, its place
    // is always the one that the usual rule would reach by coasting on: w + μ v.
    let (rate, mu) = (0.05, 0.9);
    let (mut usual, mut slide) = (Momentum::new(rate, mu, 1), SlideMomentum::new(rate, mu, 1));
    let (mut w, mut ahead) = (vec![3.0], vec![3.0]);
    for (t, g) in [1.0, -0.5, 2.0, 0.25, 1.5].into_iter().enumerate() {
        usual.step(&mut w, &[g]);
        slide.step(&mut ahead, &[g]);
        expect(format!("where the slide's momentum stands after step {}, beside the usual place + μ · velocity", t + 1))
            .mistake("no-difference", "Both rules gave the same place. They have the same velocities, but the slide's rule is a step of coasting ahead.", w[0])
            .advice("With the same gradients both have the same velocity, and the slide's rule is ahead by μ times it.")
            .close(ahead[0], w[0] + mu * usual.velocity[0])?;
    }
    Ok(())
}

pub(super) fn adagrad_grows_tired() -> Verdict {
    let rate = 0.3;
    judge(
        &mut Adagrad::new(rate, 2),
        &by_rule([0.1], |[s], _, g| {
            *s += g * g;
            -rate * g / (*s + EPSILON).sqrt()
        }),
        &[
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

pub(super) fn rmsprop_divides_by_the_recent_size() -> Verdict {
    let (rate, rho) = (0.05, 0.8);
    judge(
        &mut RmsProp::new(rate, rho, 2),
        &by_rule([0.0], |[v], _, g| {
            *v = rho * *v + (1.0 - rho) * g * g;
            -rate * g / (*v + EPSILON).sqrt()
        }),
        &[
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

/// Adam with slips: whether it corrects (from which t), what is squared, what is multiplied on.
fn adam(correct: impl Fn(i32) -> f64, step: impl Fn(f64, f64, f64) -> f64) -> Vec<Vec<f64>> {
    by_rule([0.0, 0.0], |[m, v], t, g| {
        *m = 0.9 * *m + 0.1 * g;
        *v = 0.999 * *v + 0.001 * g * g;
        -0.01 * correct(t) * step(*m, *v, g)
    })
}

pub(super) fn adam_corrects_its_start() -> Verdict {
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
            (
                "counted-too-late",
                "The correction is that of the step before: t is 1 in the first step, so count before computing it.",
                adam(|t| correction(t - 1), usual),
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
                "t has grown for each weight; it counts steps.",
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
    )
}

/// The weights after each step of one of dlkit's optimisers, in double precision.
fn by_dlkit(optimizer: &mut dyn keras::Optimizer) -> Result<Vec<Vec<f64>>> {
    let mut weights = Tensor::new(&START, &Device::Cpu)?;
    let mut all = Vec::new();
    for gradient in GRADIENTS {
        optimizer.begin_step();
        weights = optimizer.update(0, &weights, &Tensor::new(&gradient, &Device::Cpu)?)?;
        all.push(weights.to_vec1::<f64>()?);
    }
    Ok(all)
}

/// A name, one of the student's rules and dlkit's.
type Pair = (&'static str, Box<dyn Optimizer>, Box<dyn keras::Optimizer>);

pub(super) fn all_agree_with_dlkit() -> Verdict {
    let pairs: [Pair; 6] = [
        (
            "Sgd",
            Box::new(Sgd { learning_rate: 0.1 }),
            Box::new(keras::Sgd::new(0.1)),
        ),
        (
            "Momentum",
            Box::new(Momentum::new(0.1, 0.9, 2)),
            Box::new(keras::Sgd::new(0.1).momentum(0.9)),
        ),
        (
            "SlideMomentum, beside Keras's SGD(momentum=0.1, nesterov=True),",
            Box::new(SlideMomentum::new(0.1, 0.1, 2)),
            Box::new(keras::Sgd::new(0.1).momentum(0.1).nesterov()),
        ),
        (
            "Adagrad",
            Box::new(Adagrad::new(0.1, 2)),
            Box::new(keras::Adagrad::new(0.1)),
        ),
        (
            "RmsProp",
            Box::new(RmsProp::new(0.1, 0.9, 2)),
            Box::new(keras::RmsProp::new(0.1)),
        ),
        (
            "Adam",
            Box::new(Adam::new(0.1, 2)),
            Box::new(keras::Adam::new(0.1)),
        ),
    ];
    for (name, mut yours, mut theirs) in pairs {
        let got = history(|weights, gradient| yours.step(weights, gradient));
        for (step, (got, want)) in got.iter().zip(by_dlkit(&mut *theirs)?).enumerate() {
            expect(format!("{name} with learning rate 0.1, after step {}: weight ", step + 1))
                .advice("dlkit's optimiser, which follows Keras, gives another number: look at the formula above the struct.")
                .close_all(got, &want)?;
        }
    }
    Ok(())
}

/// Plain descent of the checks' own.
struct Plain(f64);

impl Optimizer for Plain {
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        for (w, g) in weights.iter_mut().zip(gradient) {
            *w -= self.0 * g;
        }
    }
}

pub(super) fn descends_until_it_is_enough() -> Verdict {
    let bowl = |w: &[f64]| (w[0] * w[0], vec![2.0 * w[0]]);
    for (start, rate, enough, most, want) in [
        (1.0, 0.25, 0.3, 10, vec![1.0, 0.5]),
        (1.0, 0.25, 0.25, 10, vec![1.0, 0.5]),
        (2.0, 0.25, 0.01, 3, vec![2.0, 1.0, 0.5, 0.25]),
        (
            2.0,
            0.25,
            0.01,
            20,
            vec![2.0, 1.0, 0.5, 0.25, 0.125, 0.0625],
        ),
        (0.5, 0.25, 1.0, 10, vec![0.5]),
        (1.0, 0.25, 0.0, 0, vec![1.0]),
    ] {
        let places = descend(&mut Plain(rate), bowl, &[start], enough, most);
        let got: Vec<f64> = places.iter().flatten().copied().collect();
        let name = format!("on w² from {start} with η = {rate}, enough = {enough}, most = {most}");
        let comparison = expect(format!("{name}, the row of places"));
        super::same_walk(&name, &comparison, &got, &want).map_err(|failure| {
            if got.len() > want.len() && failure.diagnosis.as_deref() == Some("too-many-steps") {
                let sentence = "Stop as soon as the loss *where you are* is `enough` or less, before stepping.";
                Failure::new(format!("{} {sentence}", failure.message)).diagnosed("too-many-steps")
            } else {
                failure
            }
        })?;
    }
    Ok(())
}

pub(super) fn asks_for_the_gradient_where_it_is() -> Verdict {
    let asked = RefCell::new(Vec::new());
    let places = descend(
        &mut Plain(0.3),
        |w| {
            asked.borrow_mut().push(w.to_vec());
            ravine(w)
        },
        &[-8.0, 2.0],
        0.0,
        6,
    );
    let mut want = vec![vec![-8.0, 2.0]];
    for i in 0..6 {
        let (_, g) = ravine(&want[i]);
        want.push(vec![want[i][0] - 0.3 * g[0], want[i][1] - 0.3 * g[1]]);
    }
    // Too short, or the start twice: along w₁ alone it can be told.
    if places.len() != want.len() || places[0] == places[1] {
        let along = |walk: &[Vec<f64>]| walk.iter().map(|w| w[0]).collect::<Vec<_>>();
        let comparison = expect("w₁ of the places in the ravine, number ");
        let name = "in the ravine with most = 6";
        super::same_walk(name, &comparison, &along(&places), &along(&want))?;
    }
    let (_, first) = ravine(&want[0]);
    let stale: Vec<f64> = (0..7)
        .flat_map(|i| [0, 1].map(|k| want[0][k] - 0.3 * f64::from(i) * first[k]))
        .collect();
    let sentence = "Every step went by the gradient at the start: ask for it again where you are, in every step.";
    expect("the places in the ravine, w₁ and w₂ in turn: number ")
        .mistake("stale-gradient", sentence, stale)
        .close_all(&places.concat(), &want.concat())?;
    ensure!(
        asked
            .borrow()
            .iter()
            .zip(&want)
            .all(|(asked, want)| asked == want),
        "the loss and the gradient were asked for somewhere else than where the walk stands."
    );
    Ok(())
}
