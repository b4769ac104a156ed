//! Checks of step1_weighted_sum.

use super::support::*;
use dlkit_check::prelude::*;
use lesson6::step1_weighted_sum::*;

pub(crate) fn finds_the_word_that_is_looked_at() -> Verdict {
    for (row, want) in WEIGHTS.iter().zip([0, 2, 1]).chain([(&[0.2, 0.3, 0.5], 2)]) {
        let got = looks_at(row);
        if got == want {
            continue;
        }
        let counts_from_1 = |row: usize, place: usize| looks_at(&WEIGHTS[row]) == place + 1;
        if [0, 2, 1]
            .into_iter()
            .enumerate()
            .all(|(row, place)| counts_from_1(row, place))
        {
            return slip(
                "counts-from-1",
                format!(
                    "looks_at({row:?}) is {got}: counted from 0, the largest weight stands at place {want}."
                ),
            );
        }
        let smallest = (0..3).min_by(|a, b| row[*a].total_cmp(&row[*b]));
        if Some(got) == smallest {
            return slip(
                "smallest-for-largest",
                format!(
                    "looks_at({row:?}) is {got}, the place of the smallest weight; wanted is that of the largest."
                ),
            );
        }
        fail!(
            "looks_at({row:?}) is {got}, but the largest weight stands at place {want} (counted from 0)."
        );
    }
    // A row of one weight: the search must start at place 0.
    match std::panic::catch_unwind(|| looks_at(&[1.])) {
        Ok(0) => Ok(()),
        _ => slip(
            "starts-past-the-first",
            "A row may have a single weight: of [1.0] the largest stands at place 0. With which place does your search begin?",
        ),
    }
}

pub(crate) fn knows_attention_weights_by_their_rows() -> Verdict {
    let rows = |rows: &[&[f64]]| rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    let french: Vec<Vec<f64>> = WEIGHTS.iter().map(|row| row.to_vec()).collect();
    if !are_attention_weights(&french) {
        return slip(
            "columns-for-rows",
            "The weights of je, t', aime are attention weights: each row sums to 1. (Its columns sum to 1.08, 0.98 and 0.94; nothing says \
             that every English word must be looked at equally often.)",
        );
    }
    if !are_attention_weights(&rows(&[&[0.1; 10], &[1. / 3., 1. / 3., 0.3333]])) {
        return slip(
            "rounding-refused",
            "Ten times 0.1 sums to 0.9999999999999999 in a computer, and [⅓, ⅓, 0.3333] is near enough: allow the sum to differ from 1 \
             by up to 0.001.",
        );
    }
    if !are_attention_weights(&rows(&[&[1., 0.]])) {
        return slip(
            "zero-refused",
            "[1, 0] are attention weights: a weight may be exactly 0, as those that a mask hides are. Only negative ones may not be there.",
        );
    }
    for (wrong, diagnosis, sentence) in [
        (
            rows(&[&[0.9, 0.3]]),
            "too-large-accepted",
            "the row sums to 1.2",
        ),
        (
            rows(&[&[0.5, 0.5], &[0.9, 0.3]]),
            "only-first-row",
            "the second row sums to 1.2. Look at every row",
        ),
        (
            rows(&[&[0.9, 0.3], &[0.5, 0.5]]),
            "only-last-row",
            "the first row sums to 1.2. Look at every row",
        ),
        (
            rows(&[&[1.2, -0.2]]),
            "negative-accepted",
            "the sum is 1, but a weight is negative",
        ),
        (
            rows(&[&[0.5, 0.9], &[0.5, 0.1]]),
            "columns-for-rows",
            "its columns sum to 1, but its rows to 1.4 and 0.6",
        ),
        (
            rows(&[&[0.505, 0.505]]),
            "too-tolerant",
            "the row sums to 1.01, and 0.001 is all that rounding may make of it",
        ),
        (
            rows(&[&[0.3, 0.3]]),
            "too-small-accepted",
            "the row sums to 0.6 only",
        ),
    ] {
        if are_attention_weights(&wrong) {
            return slip(
                diagnosis,
                format!(
                    "are_attention_weights({wrong:?}) is true, but it should be false: {sentence}."
                ),
            );
        }
    }
    Ok(())
}

pub(crate) fn a_context_is_a_weighted_sum() -> Verdict {
    let values = [vec![10., 1.], vec![20., 2.], vec![40., -3.]];
    let got = context(&[0.2, 0.3, 0.5], &values);
    if got.len() == 3 {
        return slip(
            "one-number-a-place",
            format!(
                "The context vector of weights [0.2, 0.3, 0.5] and values {values:?} is {got:?}: one number for each of the 3 places. It should \
                 be a vector like the values, of 2 numbers: add the weighted vectors up over the places."
            ),
        );
    }
    expect("With weights [0.2, 0.3, 0.5] and values [[10, 1], [20, 2], [40, −3]], context")
        .mistake(
            "weights-ignored",
            "That is the plain sum of the vectors: multiply each by its weight.",
            [70., 0.],
        )
        .mistake(
            "mean-taken-twice",
            "The weighted sum is right, and then it was divided by the number of places. The weights sum to 1, \
                     so the sum is a mean already.",
            [28. / 3., -0.7 / 3.],
        )
        .mistake(
            "first-counted-twice",
            "The sum began with the first vector, and then the first vector's part was added as well: it begins with zeros.",
            [38., 0.3],
        )
        .mistake(
            "only-the-largest",
            "That is the vector with the largest weight alone. A context is a mixture of all of them.",
            [40., -3.],
        )
        .mistake(
            "last-place-only",
            "That is the last place's part alone: add to what is there (+=), for each place.",
            [20., -1.5],
        )
        .close_all(&got, &[28., -0.7])
}

pub(crate) fn all_contexts_are_one_product() -> Verdict {
    let weights = tensor(&[
        [0.94f32, 0.02, 0.04],
        [0.11, 0.01, 0.88],
        [0.03, 0.95, 0.02],
    ])?;
    let values = tensor(&[[1f32, 0.], [0., 10.], [5., 5.]])?;
    let got = called(
        "contexts of weights (3, 3) and values (3, 2)",
        contexts(&weights, &values),
    )?;
    same(
        "contexts(weights, values)",
        &got,
        &weights.matmul(&values)?,
        &[
            Slip::new(
                "weights-transposed",
                "Here each English word has collected from the French ones: the weights were transposed. Row i \
                         of the result belongs to row i of the weights.",
                weights.t()?.matmul(&values)?,
            ),
            Slip::new(
                "result-transposed",
                "The result is transposed: one row for each row of the weights.",
                weights.matmul(&values)?.t()?.contiguous()?,
            ),
        ],
    )
}
