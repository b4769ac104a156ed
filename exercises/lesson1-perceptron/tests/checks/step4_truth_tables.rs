//! Any weights that compute the table are right; wrong ones are told which table they compute.

use super::{corners, logistic, row};
use dlkit_check::prelude::*;
use lesson1::step4_truth_tables::*;

const ROWS: [[f64; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];

fn sum(inputs: [f64; 2], weights: [f64; 2]) -> f64 {
    inputs[0] * weights[0] + inputs[1] * weights[1]
}

fn table(weights: [f64; 2]) -> [u8; 4] {
    ROWS.map(|inputs| u8::from(sum(inputs, weights) > 1.0))
}

/// A wrong rule: its short name, what to say of it, and its answer.
type Rule = (&'static str, &'static str, fn([f64; 2], [f64; 2]) -> bool);

pub(super) fn fires_above_one_only() -> Verdict {
    let mut draw = Draw::new(7);
    let mut cases = vec![
        ([1.0, 1.0], [1.0, 1.0]),
        ([1.0, 0.0], [0.25, 2.0]),
        ([0.0, 1.0], [2.0, 0.75]),
    ];
    for _ in 0..40 {
        let mut two = || [draw.number(-2.0, 2.0), draw.number(-2.0, 2.0)];
        cases.push((two(), two()));
    }
    cases.extend([([1.0, 0.0], [1.0, 1.0]), ([0.0, 1.0], [3.0, 1.0])]);
    let got: Vec<bool> = cases.iter().map(|(x, w)| fires(*x, *w)).collect();
    let Some(i) = (0..cases.len()).find(|i| got[*i] != (sum(cases[*i].0, cases[*i].1) > 1.0))
    else {
        return Ok(());
    };
    let (inputs, weights) = cases[i];
    let facts = format!(
        "inputs {} and weights {} give the sum {:.4}, so the neuron should {}fire, but yours {}",
        row(&inputs),
        row(&weights),
        sum(inputs, weights),
        if got[i] { "not " } else { "" },
        if got[i] { "does." } else { "does not." }
    );
    // One yes or no fits many rules; all of them together fit only one.
    let rules: [Rule; 8] = [
        (
            "each-product-alone",
            "It is the sum of both products that must be above 1, not one of them alone.",
            |x, w| x[0] * w[0] > 1.0 || x[1] * w[1] > 1.0,
        ),
        (
            "inputs-ignored",
            "Your rule looks at the weights alone: each one is multiplied by its input.",
            |_, w| w[0] + w[1] > 1.0,
        ),
        (
            "threshold-included",
            "Exactly 1 is not enough: `>`, not `>=`.",
            |x, w| sum(x, w) >= 1.0,
        ),
        ("wrong-threshold", "The threshold is 1, not 0.", |x, w| {
            sum(x, w) > 0.0
        }),
        ("wrong-threshold", "The threshold is 1, not 0.", |x, w| {
            sum(x, w) >= 0.0
        }),
        ("wrong-threshold", "The threshold is 1, not ½.", |x, w| {
            sum(x, w) > 0.5
        }),
        (
            "inputs-swapped",
            "Your first weight meets the second input, and the second weight the first.",
            |x, w| sum(x, [w[1], w[0]]) > 1.0,
        ),
        (
            "inverted",
            "Every answer is the wrong way round.",
            |x, w| sum(x, w) <= 1.0,
        ),
    ];
    let follows = |rule: &&Rule| {
        cases
            .iter()
            .zip(&got)
            .all(|((x, w), got)| rule.2(*x, *w) == *got)
    };
    Err(match rules.iter().find(follows) {
        Some((diagnosis, sentence, _)) => {
            Failure::new(format!("{facts} {sentence}")).diagnosed(*diagnosis)
        }
        None => Failure::new(facts),
    })
}

pub(super) fn answers_the_rows_in_order() -> Verdict {
    let mut draw = Draw::new(8);
    let mut cases = vec![
        [1.0, 1.0],
        [2.0, 0.0],
        [0.0, 2.0],
        [2.0, 2.0],
        [0.0, 0.0],
        [3.0, -2.5],
    ];
    cases.extend((0..30).map(|_| [draw.number(-1.0, 3.0), draw.number(-1.0, 3.0)]));
    for weights in cases {
        let (got, want) = (truth_table(weights), table(weights));
        let facts = format!(
            "the truth table of weights {} is {got:?}, but it should be {want:?}.",
            row(&weights)
        );
        if got != want && got == [want[0], want[2], want[1], want[3]] {
            let message = format!(
                "{facts} The rows 01 and 10 have changed places: the order is 00, 01, 10, 11."
            );
            return Err(Failure::new(message).diagnosed("rows-swapped"));
        }
        if got != want && got == [want[3], want[2], want[1], want[0]] {
            let message = format!(
                "{facts} That is from the last row to the first: the order is 00, 01, 10, 11."
            );
            return Err(Failure::new(message).diagnosed("reversed"));
        }
        if got != want && got == want.map(|y| 1 - y) {
            return Err(
                Failure::new(format!("{facts} Every answer is the wrong way round."))
                    .diagnosed("inverted"),
            );
        }
        ensure!(got == want, "{facts}");
    }
    Ok(())
}

/// Wants weights that compute a table; says which row is wrong, and which table it is instead.
fn computes(name: &str, weights: [f64; 2], want: [u8; 4]) -> Verdict {
    ensure!(
        weights.iter().all(|w| w.is_finite()),
        "the weights for {name} are {weights:?}: they must be numbers."
    );
    let got = table(weights);
    let Some(wrong) = (0..4).find(|i| got[*i] != want[*i]) else {
        return Ok(());
    };
    judged(name, weights, want, wrong).drawn(|| {
        // A line has no slope to show how sure it is; this one is sure a little way off.
        let answer = |x: &[f64]| logistic(8.0 * (sum([x[0], x[1]], weights) - 1.0));
        corners(
            &format!("your line for {name}, and the answers that are wanted"),
            want,
            answer,
        )
    })
}

fn judged(name: &str, weights: [f64; 2], want: [u8; 4], wrong: usize) -> Verdict {
    let got = table(weights);
    let inputs = ROWS[wrong];
    let known = [
        ([0, 0, 0, 1], "AND"),
        ([0, 1, 1, 1], "OR"),
        ([0, 0, 1, 1], "the first input"),
        ([0, 1, 0, 1], "the second input"),
        ([0, 0, 0, 0], "a 0 for every row"),
    ];
    let is_instead = known
        .iter()
        .find(|(table, _)| *table == got)
        .map(|(_, name)| *name);
    let message = format!(
        "weights {} for {name}: inputs {} give the sum {:.4}, so the answer is {}, but it should be {}.{}",
        row(&weights),
        row(&inputs),
        sum(inputs, weights),
        got[wrong],
        want[wrong],
        is_instead.map_or(String::new(), |it| format!(" These weights compute {it}."))
    );
    Err(match is_instead {
        Some("OR") => Failure::new(message).diagnosed("or-instead"),
        Some("AND") => Failure::new(message).diagnosed("and-instead"),
        Some("a 0 for every row") => Failure::new(format!(
            "{message} No sum is above 1: those of the rows 01, 10 and 11 are w₂, w₁ and w₁ + w₂."
        ))
        .diagnosed("never-fires"),
        Some("the second input") => Failure::new(message).diagnosed("inputs-swapped"),
        _ => Failure::new(message),
    })
}

pub(super) fn weights_for_and() -> Verdict {
    let weights = and_weights();
    computes("AND", weights, [0, 0, 0, 1])?;
    if weights == [1.0, 1.0] {
        let sentence = "(1, 1) computes AND, but it is the example: find another pair.";
        return Err(Failure::new(sentence).diagnosed("the-example-itself"));
    }
    Ok(())
}

pub(super) fn weights_for_or() -> Verdict {
    computes("OR", or_weights(), [0, 1, 1, 1])
}

pub(super) fn weights_for_first_input() -> Verdict {
    computes("y = x₁", first_input_weights(), [0, 0, 1, 1])
}
