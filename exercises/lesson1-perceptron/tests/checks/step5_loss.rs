//! Cross-entropy by its formula, and its gradient against the slope that the loss itself shows.

use super::{dot, logistic, row};
use dlkit_check::prelude::*;
use lesson1::step5_loss::{EPSILON, binary_cross_entropy, error, gradient};

pub(super) fn error_is_predicted_minus_actual() -> Verdict {
    let mut draw = Draw::new(9);
    let mut cases = vec![(67.0, 56.0), (50.0, 67.0), (0.0, 0.0)];
    cases.extend((0..10).map(|_| (draw.number(-9.0, 9.0), draw.number(-9.0, 9.0))));
    for (predicted, actual) in cases {
        let want: f64 = predicted - actual;
        expect(format!(
            "the error of predicting {predicted} where it is {actual}"
        ))
        // Where the prediction is too low both slips give the same number; the first case, too high, has told them apart.
        .mistake(
            "sign",
            "That is actual minus predicted; too high should give a positive error.",
            if want > 0.0 { -want } else { want },
        )
        .mistake(
            "sign-lost",
            "The sign was lost: too low should give a negative error.",
            want.abs(),
        )
        .mistake(
            "relative-error",
            "That is the error as a share of the actual value; here the plain difference is wanted.",
            want / actual,
        )
        .mistake(
            "squared",
            "That is the squared error; here the plain one is wanted.",
            want * want,
        )
        .close(error(predicted, actual), want)?;
    }
    Ok(())
}

fn one_loss(p: &[f64], y: &[f64]) -> Verdict {
    let m = p.len() as f64;
    let total =
        |f: &dyn Fn(f64, f64) -> f64| p.iter().zip(y).map(|(p, y)| f(*p, *y)).sum::<f64>() / m;
    let ones = total(&|p, y| y * p.ln());
    let zeros = total(&|p, y| (1.0 - y) * (1.0 - p).ln());
    let want = -(ones + zeros);
    expect(format!("the loss for p {} and y {}", row(p), row(y)))
        .over(p.len())
    // Loose enough for a loss that adds EPSILON inside of the logarithm instead of clamping.
    .within(1e-5)
        .mistake(
            "missing-second-term",
            "Only the samples with y = 1 count so far: the term (1 − y) ln(1 − p) is missing.",
            -ones,
        )
        .mistake("missing-first-term", "Only the samples with y = 0 count so far: the term y ln p is missing.", -zeros)
        .mistake(
            "outer-parentheses",
            "The minus sign reached only the first term: it belongs in front of the parentheses around both.",
            zeros - ones,
        )
        .mistake(
            "classes-swapped",
            "The two logarithms have changed places: where y is 1 it is ln p that counts, and where y is 0, ln(1 − p).",
            -total(&|p, y| y * (1.0 - p).ln() + (1.0 - y) * p.ln()),
        )
        .mistake("wrong-logarithm", "That is with the logarithm to base 2; `ln` is wanted.", want / std::f64::consts::LN_2)
        .mistake("wrong-logarithm", "That is with the logarithm to base 10; `ln` is wanted.", want / std::f64::consts::LN_10)
        .mistake("squared-error", "That is the mean squared error.", total(&|p, y| (p - y) * (p - y)))
        .mistake(
            "right-answers-left-out",
            "Was nothing added up, or only where p lies on the wrong side of ½? An answer on the right side costs something, too, as long \
             as it is not sure.",
            -total(&|p, y| {
                let wrong = (p > 0.5) != (y == 1.0);
                if wrong { y * p.ln() + (1.0 - y) * (1.0 - p).ln() } else { 0.0 }
            }),
        )
        .mistake("swapped-arguments", "p and y have changed places.", -total(&|p, y| {
            let c = y.clamp(EPSILON, 1.0 - EPSILON);
            p * c.ln() + (1.0 - p) * (1.0 - c).ln()
        }))
        .mistake(
            "all-pairs",
            "Every p was compared with every y. The sample i has one p and one y: walk over both rows side by side.",
            p.iter().flat_map(|p| y.iter().map(move |y| -(y * p.ln() + (1.0 - y) * (1.0 - p).ln()))).sum::<f64>() / m,
        )
        .mistake(
            "log-of-target",
            "NaN is 0 · ln 0, and here no p is 0 or 1, but each y is: a logarithm was taken of y or of 1 − y. It belongs to the \
             probabilities.",
            f64::NAN,
        )
        .close(binary_cross_entropy(p, y), want)
}

pub(super) fn averages_over_the_samples() -> Verdict {
    one_loss(&[0.9, 0.2], &[1.0, 0.0])?;
    let mut draw = Draw::new(10);
    for m in [3, 4, 7, 12, 1] {
        for _ in 0..4 {
            one_loss(&draw.numbers(m, 0.05, 0.95), &draw.bits(m))?;
        }
    }
    Ok(())
}

pub(super) fn is_finite_when_sure_and_wrong() -> Verdict {
    let sure: [(f64, f64, f64); 4] = [
        (0.0, 1.0, -EPSILON.ln()),
        (1.0, 0.0, -EPSILON.ln()),
        (0.0, 0.0, EPSILON),
        (1.0, 1.0, EPSILON),
    ];
    for (p, y, want) in sure {
        let got = binary_cross_entropy(&[p], &[y]);
        if !got.is_finite() {
            let finite = |p: f64, y: f64| binary_cross_entropy(&[p], &[y]).is_finite();
            let half_done = if finite(0.0, 1.0) {
                " The lower bound is kept already, so look at the upper one: ln(1 − p) is taken, too."
            } else if finite(1.0, 0.0) {
                " The upper bound is kept already, so look at the lower one."
            } else {
                ""
            };
            let message = format!(
                "the loss for p = {p} and y = {y} is {got}: the logarithm of 0 is −∞ (and 0 · ∞ is NaN). Clamp p into \
                 EPSILON ..= 1 − EPSILON before you take a logarithm.{half_done}"
            );
            return Err(Failure::new(message).diagnosed("log-of-zero"));
        }
        expect(format!("the loss for p = {p} and y = {y}"))
            .within(1e-5)
            .mistake(
                "epsilon-twice",
                "That is ln(2 · EPSILON): EPSILON came in twice. Push p away from 0 and 1 once, by clamping, and then take plain logarithms.",
                want - std::f64::consts::LN_2,
            )
            .advice("Clamp p into EPSILON ..= 1 − EPSILON.")
            .close(got, want)?;
    }
    Ok(())
}

pub(super) fn gradient_matches_the_slope_of_the_loss() -> Verdict {
    let mut draw = Draw::new(11);
    // First more samples than inputs, and more than one: then no two mistakes give the same numbers.
    for (m, n) in [(4, 3), (1, 2), (4, 2), (5, 3), (9, 1), (3, 5)] {
        for _ in 0..3 {
            let x = draw.rows(m, n, -2.0, 2.0);
            let y = draw.bits(m);
            let at = draw.numbers(n + 1, -1.0, 1.0);
            let outputs = |w: &[f64]| {
                x.iter()
                    .map(|x| logistic(dot(x, &w[..n]) + w[n]))
                    .collect::<Vec<f64>>()
            };
            let loss = |w: &[f64]| {
                let surprise = |(p, y): (&f64, &f64)| -(y * p.ln() + (1.0 - y) * (1.0 - p).ln());
                outputs(w).iter().zip(&y).map(surprise).sum::<f64>() / m as f64
            };
            let p = outputs(&at);
            let got = gradient(&x, &p, &y);
            let by_hand = |factor: &dyn Fn(usize) -> f64, input: &dyn Fn(usize, usize) -> f64| {
                (0..n)
                    .map(|j| (0..m).map(|i| factor(i) * input(i, j)).sum::<f64>() / m as f64)
                    .collect::<Vec<f64>>()
            };
            let (error, slope) = (|i: usize| p[i] - y[i], |i: usize| p[i] * (1.0 - p[i]));
            expect(format!("{m} × {n} inputs: dL/dw"))
                .over(m)
                .mistake(
                    "extra-slope",
                    "There is a factor σ′ = p(1 − p) too many: with cross-entropy it cancels.",
                    by_hand(&|i| error(i) * slope(i), &|i, j| x[i][j]),
                )
                .mistake(
                    "missing-input",
                    "Each error must be multiplied by the input xᵢⱼ that the weight wⱼ sees.",
                    by_hand(&error, &|_, _| 1.0),
                )
                .mistake(
                    "missing-target",
                    "The target is missing: the error is p − y.",
                    by_hand(&|i| p[i], &|i, j| x[i][j]),
                )
                .mistake(
                    "wrong-divisor",
                    "The sum was divided by the number of inputs; divide it by the number of samples.",
                    by_hand(&|i| error(i) * m as f64 / n as f64, &|i, j| x[i][j]),
                )
                .mistake(
                    "wrong-divisor",
                    "The sum was divided by samples times inputs; divide it by the number of samples alone.",
                    by_hand(&|i| error(i) / n as f64, &|i, j| x[i][j]),
                )
                .mistake(
                    "last-sample-only",
                    "That is the share of the last sample alone: add to the gradient with `+=`.",
                    (0..n)
                        .map(|j| error(m - 1) * x[m - 1][j] / m as f64)
                        .collect::<Vec<f64>>(),
                )
                .gradient(|w| loss(&[w, &at[n..]].concat()), &at[..n], &got.weights)?;
            expect(format!("{m} × {n} inputs: dL/db"))
                .over(m)
                .mistake(
                    "forgotten-bias",
                    "The bias has a gradient too: the mean error.",
                    [0.0],
                )
                .mistake(
                    "wrong-divisor",
                    "The sum was divided by the number of inputs; divide it by the number of samples.",
                    [(0..m).map(error).sum::<f64>() / n as f64],
                )
                .gradient(|b| loss(&[&at[..n], b].concat()), &at[n..], &[got.bias])?;
        }
    }
    Ok(())
}
