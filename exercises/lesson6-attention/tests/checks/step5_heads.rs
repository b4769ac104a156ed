//! Checks of step5_heads.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step5_heads::*;

/// `(batch, steps, heads · d)` to `(batch, heads, steps, d)`, as it should be.
fn split(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, steps, width) = x.dims3()?;
    Ok(x.reshape((batch, steps, heads, width / heads))?
        .transpose(1, 2)?
        .contiguous()?)
}

/// The wrong turns from `(batch, steps, width)` to four axes.
fn wrong_splits(x: &Tensor, heads: usize) -> Result<Vec<Slip>> {
    let (batch, steps, width) = x.dims3()?;
    let d = width / heads;
    Ok(vec![
        Slip::new(
            "reshape-for-transpose",
            "The shape is right, but the row of numbers was only sawn into other pieces: a head holds whole steps instead of a part of every step. \
             Reshape to (batch, steps, heads, d) first, then let two axes change places.",
            x.reshape((batch, heads, steps, d))?,
        ),
        Slip::new(
            "heads-interleaved",
            "Head h got the numbers h, h + heads, h + 2·heads, … of a step. It should get d neighbours: \
                     (batch, steps, heads, d), not (batch, steps, d, heads).",
            x.reshape((batch, steps, d, heads))?
                .permute((0, 3, 1, 2))?
                .contiguous()?,
        ),
        Slip::new(
            "d-for-heads",
            "The last axis was cut into (d, heads): the heads come first, (heads, d), so that each head has d neighbours.",
            x.reshape((batch, steps, d, heads))?
                .transpose(1, 2)?
                .contiguous()?,
        ),
        Slip::new(
            "missing-transpose",
            "The last axis is cut in two, but the heads are still behind the steps: let the axes 1 and 2 change places.",
            x.reshape((batch, steps, heads, d))?,
        ),
    ])
}

pub(crate) fn each_head_gets_its_part_of_every_step() -> Verdict {
    name_sizes([(3, "steps"), (4, "numbers"), (2, "numbers of a head")]);
    let x = numbered(&[1, 3, 4])?.to_dtype(DType::F32)?;
    let got = called("split_heads of (1, 3, 4) with 2 heads", split_heads(&x, 2))?;
    same(
        "split_heads(x, 2)",
        &got,
        &split(&x, 2)?,
        &wrong_splits(&x, 2)?,
    )
}

pub(crate) fn keeps_the_sequences_apart() -> Verdict {
    name_sizes([
        (2, "sequences"),
        (5, "steps"),
        (12, "numbers"),
        (3, "heads"),
        (4, "numbers of a head"),
    ]);
    let x = numbered(&[2, 5, 12])?.to_dtype(DType::F32)?;
    let got = called("split_heads of (2, 5, 12) with 3 heads", split_heads(&x, 3))?;
    same(
        "split_heads(x, 3)",
        &got,
        &split(&x, 3)?,
        &wrong_splits(&x, 3)?,
    )
}

pub(crate) fn merging_undoes_splitting() -> Verdict {
    name_sizes([
        (2, "sequences"),
        (5, "steps"),
        (12, "numbers"),
        (3, "heads"),
        (4, "numbers of a head"),
    ]);
    let x = numbered(&[2, 5, 12])?.to_dtype(DType::F32)?;
    let heads = split(&x, 3)?;
    let got = called("merge_heads of (2, 3, 5, 4)", merge_heads(&heads))?;
    same(
        "merge_heads of what was split",
        &got,
        &x,
        &[
            Slip::new(
                "reshape-for-transpose",
                "The shape is right, but steps and heads are mixed up: let these two axes change places before \
                         the last two are joined.",
                heads.reshape((2, 5, 12))?,
            ),
            Slip::new(
                "heads-interleaved",
                "The numbers of the heads lie alternately. First all of head 0, then all of head 1.",
                heads
                    .permute((0, 2, 3, 1))?
                    .contiguous()?
                    .reshape((2, 5, 12))?,
            ),
            Slip::new(
                "not-joined",
                "Heads and steps have changed places, but the numbers of the heads are still apart: join the last two axes.",
                heads.transpose(1, 2)?.contiguous()?,
            ),
        ],
    )
}

/// Means and weights with several heads, the scores divided by √`d`.
fn reference(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    heads: usize,
    d: f64,
) -> Result<(Tensor, Tensor)> {
    let scores = (split(query, heads)?.matmul(&turned(&split(key, heads)?)?)? / d.sqrt())?;
    let weights = softmax(&scores, 3)?;
    Ok((weights.matmul(&split(value, heads)?)?, weights))
}

fn merged(x: &Tensor) -> Result<Tensor> {
    let (batch, heads, steps, d) = x.dims4()?;
    Ok(x.transpose(1, 2)?.reshape((batch, steps, heads * d))?)
}

/// A different number for each kind of thing, so that no two can be taken for each other.
fn inputs() -> Result<[Tensor; 3]> {
    name_sizes([
        (2, "sequences"),
        (5, "queries"),
        (7, "keys"),
        (12, "numbers"),
        (4, "heads"),
        (3, "numbers of a head"),
    ]);
    Ok([
        (wave(&[2, 5, 12], 0.)? * 2.)?,
        (wave(&[2, 7, 12], 1.)? * 2.)?,
        wave(&[2, 7, 12], 2.)?,
    ])
}

pub(crate) fn each_head_looks_by_itself() -> Verdict {
    let [q, k, v] = inputs()?;
    let (got, used) = called(
        "multi_head with queries (2, 5, 12), keys and values (2, 7, 12) and 4 heads",
        multi_head(&q, &k, &v, 4),
    )?;
    let (means, weights) = reference(&q, &k, &v, 4, 3.)?;
    let scores = (split(&q, 4)?.matmul(&turned(&split(&k, 4)?)?)? / 3f64.sqrt())?;
    let verdict = same(
        "The means of multi_head",
        &got,
        &merged(&means)?,
        &[
            Slip::new(
                "one-head",
                "That is attention with a single head: query, key and value are to be split.",
                merged(&reference(&q, &k, &v, 1, 12.)?.0)?,
            ),
            Slip::new(
                "scaled-by-width",
                "The scores were divided by √12, the root of the whole width. A head compares only its own part: d = 12/4 = 3.",
                merged(&reference(&q, &k, &v, 4, 12.)?.0)?,
            ),
            Slip::new(
                "scaled-by-steps",
                "The scores were divided by √5, the root of the number of queries. d is how many numbers a head compares, the last axis: 12/4 = 3.",
                merged(&reference(&q, &k, &v, 4, 5.)?.0)?,
            ),
            Slip::new(
                "scaled-by-steps",
                "The scores were divided by √7, the root of the number of keys. d is how many numbers a head compares, the last axis: 12/4 = 3.",
                merged(&reference(&q, &k, &v, 4, 7.)?.0)?,
            ),
            Slip::new(
                "scaled-by-d",
                "The scores were divided by d = 3, not by its root.",
                merged(&reference(&q, &k, &v, 4, 9.)?.0)?,
            ),
            Slip::new(
                "scale-upside-down",
                "The scores were multiplied by √d. Divide.",
                merged(&reference(&q, &k, &v, 4, 1. / 3.)?.0)?,
            ),
            Slip::new(
                "keys-reshaped",
                "A reshape of the keys only saws the row of their numbers into other pieces: let their last two axes change places.",
                merged(
                    &softmax(
                        &(split(&q, 4)?.matmul(&split(&k, 4)?.reshape((2, 4, 3, 7))?)?
                            / 3f64.sqrt())?,
                        3,
                    )?
                    .matmul(&split(&v, 4)?)?,
                )?,
            ),
            Slip::new(
                "key-for-value",
                "That is a mean of the keys: the values are what a query brings home.",
                merged(&reference(&q, &k, &k, 4, 3.)?.0)?,
            ),
            Slip::new(
                "value-for-key",
                "The queries were compared with the values: the keys are what a query is compared with.",
                merged(&reference(&q, &v, &v, 4, 3.)?.0)?,
            ),
            Slip::new(
                "missing-softmax",
                "The scores themselves were taken for weights: softmax comes first.",
                merged(&scores.matmul(&split(&v, 4)?)?)?,
            ),
            Slip::new(
                "scaled-by-heads",
                "The scores were divided by √4, the root of the number of heads. d is how many numbers a head compares: 12/4 = 3.",
                merged(&reference(&q, &k, &v, 4, 4.)?.0)?,
            ),
            Slip::new(
                "missing-scale",
                "The division by √d is missing.",
                merged(&reference(&q, &k, &v, 4, 1.)?.0)?,
            ),
            Slip::new(
                "heads-averaged",
                "That is the mean of what the heads bring home, as narrow as one of them: they are laid side by side, with `merge_heads`.",
                means.mean(1)?,
            ),
            Slip::new(
                "not-merged",
                "The heads are still apart: `merge_heads` is missing.",
                means.clone(),
            ),
            Slip::new(
                "reshape-for-transpose",
                "The heads were joined by a reshape alone: steps and heads are mixed up. Use `merge_heads`.",
                means.reshape((2, 5, 12))?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs over the queries. Each query has weights over the keys: the last axis.",
                merged(&softmax(&scores, 2)?.matmul(&split(&v, 4)?)?)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs over the heads. Each query has weights over the keys: the last axis.",
                merged(&softmax(&scores, 1)?.matmul(&split(&v, 4)?)?)?,
            ),
        ],
    );
    with_weights(verdict, &used, &weights)
}

pub(crate) fn gives_the_weights_of_every_head() -> Verdict {
    let [q, k, v] = inputs()?;
    let (_, got) = called(
        "multi_head with queries (2, 5, 12), keys and values (2, 7, 12) and 4 heads",
        multi_head(&q, &k, &v, 4),
    )?;
    let (_, want) = reference(&q, &k, &v, 4, 3.)?;
    same_map(
        "The weights of multi_head",
        &got,
        &want,
        &[
            Slip::new(
                "heads-averaged",
                "That is the mean of the heads: give the weights of each, (batch, heads, queries, keys).",
                want.mean(1)?,
            ),
            Slip::new(
                "scores-for-weights",
                "These are the scores: give the weights, after the softmax.",
                (split(&q, 4)?.matmul(&turned(&split(&k, 4)?)?)? / 3f64.sqrt())?,
            ),
        ],
    )
}
