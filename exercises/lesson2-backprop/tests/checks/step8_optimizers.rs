//! Each rule against its formula, step by step, and against dlkit, whose rules are Keras's.

use super::row;
use dlkit::plot::{Path, descent_paths};
use dlkit::prelude as keras;
use dlkit::prelude::{Device, Result, Tensor};
use dlkit_check::prelude::*;
use lesson2::step8_optimizers::*;
use std::cell::RefCell;

#[path = "step8_optimizers/adam.rs"]
mod adam;
#[path = "step8_optimizers/adaptive.rs"]
mod adaptive;
#[path = "step8_optimizers/momentum.rs"]
mod momentum;

pub(super) use adam::adam_corrects_its_start;
pub(super) use adaptive::{adagrad_grows_tired, rmsprop_divides_by_the_recent_size};
pub(super) use momentum::{momentum_rolls_on, slide_momentum_looks_ahead, the_two_momenta_differ};

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
        .mistake(
            "from-the-start-each-time",
            "Every step began at the start: it begins where the step before has ended.",
            (0..6)
                .scan(want[0].clone(), |w, _| {
                    let (_, g) = ravine(w);
                    *w = vec![want[0][0] - 0.3 * g[0], want[0][1] - 0.3 * g[1]];
                    Some(w.clone())
                })
                .fold(want[0].clone(), |mut all, w| {
                    all.extend(w);
                    all
                }),
        )
        .close_all(&places.concat(), &want.concat())
        .drawn(|| {
            let walks = [
                Path::new("should be", &want),
                Path::new("yours", places.iter().filter(|w| w.len() == 2)),
            ];
            descent_paths(
                "In the ravine",
                |x, y| ravine(&[x, y]).0,
                (-10.0, 2.0),
                (-3.0, 3.0),
                &walks,
            )
        })?;
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
