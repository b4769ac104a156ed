//! Descent on bowls, whose every step is known, then on real tables and clouds.

use super::{dot, everywhere, logistic, row};
use dlkit::plot::{decision_boundary, side_by_side};
use dlkit::prelude::{DType, Result, Seed, Tensor};
use dlkit_check::prelude::*;
use lesson1::step6_training::*;

pub(super) fn update_steps_against_the_gradient() -> Verdict {
    let mut draw = Draw::new(12);
    // First a case in which no two mistakes give the same numbers, then the worked one.
    let mut cases = vec![
        (vec![1.0, -2.0, 3.0], vec![0.5, 2.0, -1.5], 0.1),
        (vec![1.0, -2.0], vec![0.5, -1.0], 0.1),
    ];
    cases.extend([1, 3, 6].map(|n| {
        (
            draw.numbers(n, -2.0, 2.0),
            draw.numbers(n, -2.0, 2.0),
            draw.number(0.01, 0.9),
        )
    }));
    for (start, slopes, rate) in cases {
        let each = |f: &dyn Fn(f64, f64) -> f64| {
            start
                .iter()
                .zip(&slopes)
                .map(|(w, g)| f(*w, *g))
                .collect::<Vec<f64>>()
        };
        let want = each(&|w, g| w - rate * g);
        let mut last_left_out = want.clone();
        last_left_out[start.len() - 1] = start[start.len() - 1];
        let mut got = start.clone();
        update(&mut got, &slopes, rate);
        expect(format!(
            "from {} with gradient {} and η = {:.3}: w",
            row(&start),
            row(&slopes),
            rate
        ))
        .mistake(
            "uphill",
            "The step goes up the slope: subtract, do not add.",
            each(&|w, g| w + rate * g),
        )
        .mistake(
            "missing-learning-rate",
            "The learning rate is missing.",
            each(&|w, g| w - g),
        )
        .mistake(
            "divided-by-the-learning-rate",
            "The slope was divided by the learning rate; it is multiplied by it.",
            each(&|w, g| w - g / rate),
        )
        .mistake(
            "gradient-ignored",
            "Each parameter moved by the learning rate alone: the slope does not come in.",
            each(&|w, _| w - rate),
        )
        .mistake(
            "learning-rate-twice",
            "The step is too small by one more learning rate: it was multiplied in twice.",
            each(&|w, g| w - rate * rate * g),
        )
        .mistake(
            "replaced",
            "The parameters were replaced by the step: use `-=`, not `=`.",
            each(&|_, g| -rate * g),
        )
        .mistake(
            "replaced",
            "The parameters were replaced by the step: use `-=`, not `=`.",
            each(&|_, g| rate * g),
        )
        .mistake(
            "not-updated",
            "The parameters did not change: change them in place.",
            start.clone(),
        )
        .mistake(
            "bias-not-updated",
            "The last parameter (the bias) did not move.",
            last_left_out,
        )
        .close_all(&got, &want)?;
    }
    Ok(())
}

/// A bowl L = Σ cᵢ (wᵢ − tᵢ)², and where gradient descent goes in it.
fn bowl<'a>(c: &'a [f64], t: &'a [f64]) -> impl Fn(&[f64]) -> (f64, Vec<f64>) + use<'a> {
    move |w| {
        let loss = (0..w.len()).map(|i| c[i] * (w[i] - t[i]).powi(2)).sum();
        (
            loss,
            (0..w.len()).map(|i| 2.0 * c[i] * (w[i] - t[i])).collect(),
        )
    }
}

/// Plain gradient descent; `losses` holds one more than the steps, for the loss at the end.
fn descent(
    start: &[f64],
    rate: f64,
    steps: usize,
    f: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> (Vec<f64>, Vec<f64>) {
    let mut w = start.to_vec();
    let mut losses = vec![f(&w).0];
    for _ in 0..steps {
        let slopes = f(&w).1;
        w.iter_mut().zip(&slopes).for_each(|(w, g)| *w -= rate * g);
        losses.push(f(&w).0);
    }
    (w, losses)
}

/// What the descent writes down: the loss before each step.
fn losses(
    start: &[f64],
    rate: f64,
    steps: usize,
    f: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Vec<f64> {
    let mut losses = descent(start, rate, steps, f).1;
    losses.truncate(steps);
    losses
}

pub(super) fn descends_into_a_bowl() -> Verdict {
    let mut draw = Draw::new(13);
    // First a bowl in which no two mistakes end at the same place, then the worked one.
    let mut cases = vec![
        (vec![1.5, -1.0], vec![0.75, 1.25], vec![0.25, 0.5], 0.2, 4),
        (vec![1.0], vec![1.0], vec![0.0], 0.25, 2),
    ];
    for (n, steps) in [(2, 1), (3, 5), (1, 20), (2, 0)] {
        cases.push((
            draw.numbers(n, -2.0, 2.0),
            draw.numbers(n, 0.5, 1.5),
            draw.numbers(n, -1.0, 1.0),
            0.1,
            steps,
        ));
    }
    for (start, c, t, rate, steps) in cases {
        let f = bowl(&c, &t);
        let (end, losses) = descent(&start, rate, steps, &f);
        let slopes = f(&start).1;
        let straight: Vec<f64> = start
            .iter()
            .zip(&slopes)
            .map(|(w, g)| w - rate * g * steps as f64)
            .collect();
        let uphill = descent(&start, -rate, steps, &f).0;
        let got = descend(&start, rate, steps, &f);
        expect(format!(
            "steps: {steps}, from {}, η = {rate}: w",
            row(&start)
        ))
        .mistake(
            "gradient-not-recomputed",
            "Every step used the gradient of the start: ask for it anew at the current parameters.",
            straight,
        )
        .mistake(
            "missing-learning-rate",
            "The learning rate has no say in the steps.",
            descent(&start, 1.0, steps, &f).0,
        )
        .mistake(
            "not-updated",
            "The parameters did not move at all.",
            start.clone(),
        )
        .mistake(
            "uphill",
            "The descent climbs: subtract, do not add.",
            uphill,
        )
        .mistake(
            "one-step-too-many",
            "That is where one step more leads: `0..steps`, not `0..=steps`.",
            descent(&start, rate, steps + 1, &f).0,
        )
        .mistake(
            "one-step-too-few",
            "That is where one step fewer leads.",
            descent(&start, rate, steps.saturating_sub(1), &f).0,
        )
        .close_all(&got.parameters, &end)?;
        expect(format!("steps: {steps}, losses: L"))
            .mistake(
                "loss-after-the-step",
                "Write the loss down before the step, not after it.",
                &losses[1..],
            )
            .close_all(&got.losses, &losses[..steps])?;
    }
    keeps_walking_uphill()
}

/// With a learning rate that is too large each step leads further up; a descent takes its steps all the same.
fn keeps_walking_uphill() -> Verdict {
    let (start, rate, steps) = ([1.0], 1.25, 3);
    let f = bowl(&[1.0], &[0.0]);
    let (end, losses) = descent(&start, rate, steps, &f);
    let got = descend(&start, rate, steps, &f);
    expect("steps: 3, on w² from 1 with η = 1.25, where each step leads further up: w")
        .mistake(
            "stops-when-the-loss-rises",
            "That is where the first step leads. Did it stop because the loss rose? It takes as many steps as asked for.",
            descent(&start, rate, 1, &f).0,
        )
        .mistake(
            "lowest-place-kept",
            "It did not leave its start, or came back to it. Does it keep the lowest place? Asked for is where the last step leads.",
            start.to_vec(),
        )
        .close_all(&got.parameters, &end)?;
    expect("steps: 3, losses that rise: L").close_all(&got.losses, &losses[..steps])
}

/// Loss and gradient of a neuron with weights `w[..n]` and bias `w[n]` on these samples.
fn cross_entropy<'a>(
    x: &'a [Vec<f64>],
    y: &'a [f64],
) -> impl Fn(&[f64]) -> (f64, Vec<f64>) + use<'a> {
    move |w| {
        let (m, n) = (x.len() as f64, w.len() - 1);
        let mut loss = 0.0;
        let mut slopes = vec![0.0; n + 1];
        for (x, y) in x.iter().zip(y) {
            let z = dot(x, &w[..n]) + w[n];
            loss += (z.max(0.0) - z * y + (-z.abs()).exp().ln_1p()) / m;
            for j in 0..n {
                slopes[j] += (logistic(z) - y) * x[j] / m;
            }
            slopes[n] += (logistic(z) - y) / m;
        }
        (loss, slopes)
    }
}

fn right_share(w: &[f64], x: &[Vec<f64>], y: &[f64]) -> f64 {
    let n = w.len() - 1;
    let right = x
        .iter()
        .zip(y)
        .filter(|(x, y)| (dot(x, &w[..n]) + w[n] > 0.0) == (**y == 1.0))
        .count();
    right as f64 / y.len() as f64
}

pub(super) fn learns_the_truth_tables() -> Verdict {
    let x: Vec<Vec<f64>> = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
        .map(|x| x.to_vec())
        .into();
    let tables = [
        ("AND", [0.0, 0.0, 0.0, 1.0]),
        ("OR", [0.0, 1.0, 1.0, 1.0]),
        ("the first input", [0.0, 0.0, 1.0, 1.0]),
    ];
    for (name, y) in tables {
        let got = descend(&[0.0; 3], 1.0, 500, cross_entropy(&x, &y));
        ensure!(
            got.parameters.len() == 3,
            "three parameters went in, and {} came out.",
            got.parameters.len()
        );
        let share = right_share(&got.parameters, &x, &y);
        let learned = at_least(
            &format!("the accuracy on {name} after 500 steps"),
            share,
            1.0,
            "Does every step go down the slope?",
        );
        // The reference ends below 0.07 on each of the three.
        let loss = got.losses.last().copied().unwrap_or(f64::NAN);
        let noted = at_most(
            &format!("the last loss on {name}"),
            loss,
            0.1,
            "Are the losses those of the current parameters?",
        );
        training(format!("the loss on {name}"), &got.losses)
            .per("step")
            .reference(|| Ok(vec![losses(&[0.0; 3], 1.0, 500, cross_entropy(&x, &y))]))
            .explains(learned.and(noted))?;
    }
    Ok(())
}

pub(super) fn learns_two_clouds() -> Verdict {
    let clouds = dlkit::data::gaussians(100, 2, 0.25, Seed(1))?;
    let as_f64 = |t: &Tensor| t.to_dtype(DType::F64);
    let x: Vec<Vec<f64>> = as_f64(clouds.inputs())?.to_vec2()?;
    let y: Vec<f64> = as_f64(clouds.targets())?.flatten_all()?.to_vec1()?;
    let f = cross_entropy(&x, &y);
    let got = descend(&[0.1, -0.2, 0.3], 0.5, 200, &f);
    ensure!(
        got.parameters.len() == 3,
        "three parameters went in, and {} came out.",
        got.parameters.len()
    );
    let (reference, _) = descent(&[0.1, -0.2, 0.3], 0.5, 200, &f);
    let verdict = at_least(
        "the accuracy on two clouds after 200 steps",
        right_share(&got.parameters, &x, &y),
        right_share(&reference, &x, &y) - 0.02,
        "Does every step go down the slope?",
    )
    .drawn(|| {
        let line = |title: &str, w: &[f64]| -> Result<_> {
            let neuron = |x: &[f64]| logistic(dot(x, &w[..2]) + w[2]);
            let boundary = decision_boundary(&clouds, |points| everywhere(points, neuron))?;
            Ok(boundary.titled(title))
        };
        side_by_side(
            "where your neuron draws its line, and where the reference does",
            vec![
                line("yours", &got.parameters)?,
                line("the reference", &reference)?,
            ],
        )
    });
    training("the loss on two clouds", &got.losses)
        .per("step")
        .reference(|| Ok(vec![losses(&[0.1, -0.2, 0.3], 0.5, 200, &f)]))
        .explains(verdict)
}

pub(super) fn accuracy_is_the_share_of_right_answers() -> Verdict {
    let mut draw = Draw::new(14);
    // The first case has no p but 0 and 1: there a comparison of p itself with y works, and a division of whole numbers does not. No
    // two mistakes give the same number for it: 5 of 6 are right, 3 of them a yes and 2 a no.
    let mut cases = vec![
        (
            vec![1.0, 1.0, 1.0, 1.0, 0.0, 0.0],
            vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        ),
        (vec![0.9, 0.6, 0.2], vec![1.0, 0.0, 0.0]),
    ];
    for m in [1, 2, 5, 10, 33] {
        cases.push((draw.numbers(m, 0.0, 1.0), draw.bits(m)));
    }
    for (p, y) in cases {
        let right = p
            .iter()
            .zip(&y)
            .filter(|(p, y)| (**p > 0.5) == (**y == 1.0))
            .count() as f64;
        let total = y.len() as f64;
        let hits = |class: f64| {
            p.iter()
                .zip(&y)
                .filter(|(p, y)| (**p > 0.5) == (class == 1.0) && **y == class)
                .count() as f64
        };
        let sharp = p.iter().all(|p| *p == 0.0 || *p == 1.0);
        expect(format!("the accuracy for p {} and y {}", row(&p), row(&y)))
            .mistake(
                "count-instead-of-share",
                "That is how many are right; divide by how many there are.",
                right,
            )
            .mistake(
                "error-rate",
                "That is the share of wrong answers.",
                1.0 - right / total,
            )
            .mistake(
                "hits-of-one-class",
                "Only the samples with y = 1 that got a yes were counted; a no where y = 0 is right, too.",
                hits(1.0) / total,
            )
            .mistake(
                "hits-of-one-class",
                "Only the samples with y = 0 that got a no were counted; a yes where y = 1 is right, too.",
                hits(0.0) / total,
            )
            .mistake(
                "answers-not-compared",
                "That is the share of answers that are a yes; an answer is right when it is the same as y.",
                p.iter().filter(|p| **p > 0.5).count() as f64 / total,
            )
            .mistake(
                "percent",
                "That is in percent; a share from 0 to 1 is wanted.",
                100.0 * right / total,
            )
            .mistake(
                "whole-number-division",
                "That is what a division of whole numbers leaves of it: convert to f64 first.",
                if sharp { vec![0.0] } else { Vec::new() },
            )
            .mistake(
                "threshold-missing",
                "No answer was counted as right. Is p itself compared with y? An answer is yes where p > ½.",
                if sharp { Vec::new() } else { vec![0.0] },
            )
            .close(accuracy(&p, &y), right / total)?;
    }
    expect("the accuracy for p = ½ and y = (1)")
        .mistake(
            "threshold-included",
            "Exactly ½ is not above ½, so it means no.",
            1.0,
        )
        .close(accuracy(&[0.5], &[1.0]), 0.0)?;
    expect("the accuracy for p = ½ and y = (0)")
        .mistake(
            "half-is-never-right",
            "At exactly ½ the answer is no, and where y is 0 a no is right.",
            0.0,
        )
        .close(accuracy(&[0.5], &[0.0]), 1.0)
}
