//! Checks of step6_positions.

use super::support::*;
use dlkit::ops::{Attention, attention};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step6_positions::*;

/// A table made by a rule from step, column and width.
fn table(steps: usize, width: usize, rule: impl Fn(f64, usize, f64) -> f64) -> Result<Tensor> {
    let values: Vec<f32> = (0..steps * width)
        .map(|at| rule((at / width) as f64, at % width, width as f64) as f32)
        .collect();
    Ok(Tensor::from_vec(values, (steps, width), &Device::Cpu)?)
}

fn wave_of(column: usize, angle: f64) -> f64 {
    if column.is_multiple_of(2) {
        angle.sin()
    } else {
        angle.cos()
    }
}

fn right(steps: usize, width: usize) -> Result<Tensor> {
    table(steps, width, |t, c, w| {
        wave_of(c, t / 10_000f64.powf((c - c % 2) as f64 / w))
    })
}

pub(crate) fn the_table_holds_waves() -> Verdict {
    let (steps, width) = (7, 6);
    let got = called("position_table(7, 6)", position_table(steps, width))?;
    let made = |rule: fn(f64, usize, f64) -> f64| table(steps, width, rule);
    same_map(
        "position_table(7, 6)",
        &got,
        &right(steps, width)?,
        &[
            Slip::new(
                "column-for-pair",
                "Each column has a wavelength of its own. Columns 2i and 2i + 1 share one: the exponent is \
                         2i/width with i = column/2 in whole numbers.",
                made(|t, c, w| wave_of(c, t / 10_000f64.powf(c as f64 / w)))?,
            ),
            Slip::new(
                "integer-division",
                "Every column has the same wavelength: 2i/width of whole numbers is 0 for all of them. Make them `f64` before you divide.",
                made(|t, c, _| wave_of(c, t))?,
            ),
            Slip::new(
                "halves-for-pairs",
                "The left half holds sines and the right half cosines. Here they take turns: sine in an even column, cosine in an odd one.",
                made(|t, c, w| {
                    let angle = t / 10_000f64.powf((c - c % 2) as f64 / w);
                    wave_of(usize::from(c as f64 >= w / 2.), angle)
                })?,
            ),
            Slip::new(
                "share-of-the-steps",
                "The step was divided by the number of steps. Step 3 is to have the same row in a short and in a long sequence.",
                made(|t, c, w| wave_of(c, t / 7. / 10_000f64.powf((c - c % 2) as f64 / w)))?,
            ),
            Slip::new(
                "wrong-base",
                "The waves get longer too slowly: the base of the power is 10,000, not 1,000.",
                made(|t, c, w| wave_of(c, t / 1_000f64.powf((c - c % 2) as f64 / w)))?,
            ),
            Slip::new(
                "pairs-from-1",
                "The pairs of columns are counted from 1: the first pair has i = 0, and its angle is t itself.",
                made(|t, c, w| wave_of(c, t / 10_000f64.powf((c - c % 2 + 2) as f64 / w)))?,
            ),
            Slip::new(
                "exponent-halved",
                "The waves get longer only half as fast: the exponent is 2i/width, and i is half the column.",
                made(|t, c, w| wave_of(c, t / 10_000f64.powf((c / 2) as f64 / w)))?,
            ),
            Slip::new(
                "exponent-doubled",
                "The waves get longer twice as fast, and each column has its own: i in 2i/width is half the column, in whole numbers.",
                made(|t, c, w| wave_of(c, t / 10_000f64.powf((2 * c) as f64 / w)))?,
            ),
            Slip::new(
                "exponent-doubled",
                "The waves get longer twice as fast: the exponent is 2i/width, and it was doubled once more.",
                made(|t, c, w| wave_of(c, t / 10_000f64.powf((2 * (c - c % 2)) as f64 / w)))?,
            ),
            Slip::new(
                "steps-for-width",
                "The exponent was divided by the number of steps, 7: it is 2i/width.",
                made(|t, c, _| wave_of(c, t / 10_000f64.powf((c - c % 2) as f64 / 7.)))?,
            ),
            Slip::new(
                "exponent-not-divided",
                "The exponent is 2i/width: the division by the width is missing, and all but the first pair hardly turn.",
                made(|t, c, _| wave_of(c, t / 10_000f64.powf((c - c % 2) as f64)))?,
            ),
            Slip::new(
                "wave-divided",
                "The wave itself was divided by 10000^…, and so it gets smaller: it is the angle t that is divided, before sine and cosine.",
                made(|t, c, w| wave_of(c, t) / 10_000f64.powf((c - c % 2) as f64 / w))?,
            ),
            Slip::new(
                "only-cosines",
                "Every column holds a cosine: the even ones are sines.",
                made(|t, c, w| (t / 10_000f64.powf((c - c % 2) as f64 / w)).cos())?,
            ),
            Slip::new(
                "sine-and-cosine-swapped",
                "Even columns hold the sine, odd ones the cosine: row 0 is 0, 1, 0, 1, …",
                made(|t, c, w| wave_of(c + 1, t / 10_000f64.powf((c - c % 2) as f64 / w)))?,
            ),
            Slip::new(
                "only-sines",
                "Every column holds a sine: the odd ones are cosines.",
                made(|t, c, w| (t / 10_000f64.powf((c - c % 2) as f64 / w)).sin())?,
            ),
            Slip::new(
                "multiplied-for-divided",
                "The angle is t divided by 10000^…, not multiplied: the later columns must turn slowly.",
                made(|t, c, w| wave_of(c, t * 10_000f64.powf((c - c % 2) as f64 / w)))?,
            ),
            Slip::new(
                "counts-from-1",
                "The first step is step 0: its row is 0, 1, 0, 1, …",
                made(|t, c, w| wave_of(c, (t + 1.) / 10_000f64.powf((c - c % 2) as f64 / w)))?,
            ),
        ],
    )
}

pub(crate) fn every_sequence_gets_the_same_rows() -> Verdict {
    name_sizes([(2, "sequences"), (3, "steps"), (4, "numbers")]);
    let x = wave(&[2, 3, 4], 0.)?;
    let got = called("with_positions of (2, 3, 4)", with_positions(&x))?;
    let rows = right(3, 4)?;
    same(
        "with_positions(x)",
        &got,
        &x.broadcast_add(&rows)?,
        &[
            Slip::new(
                "sequence-for-step",
                "Each sequence got a row of its own: the rows belong to the steps, axis 1.",
                x.broadcast_add(&right(2, 4)?.unsqueeze(1)?)?,
            ),
            Slip::new(
                "multiplied-for-added",
                "The rows were multiplied, not added.",
                x.broadcast_mul(&rows)?,
            ),
            Slip::new(
                "embedding-scale",
                "x was multiplied by √width first. The first transformer did so with its embeddings; here x comes through as it is.",
                (&x * 2.)?.broadcast_add(&rows)?,
            ),
            Slip::new(
                "concatenated",
                "The rows were put behind x, so that each step is twice as wide: they are added to its numbers.",
                Tensor::cat(&[&x, &rows.broadcast_as(x.shape())?.contiguous()?], 2)?,
            ),
            Slip::new(
                "subtracted-for-added",
                "The rows were taken away, not added.",
                x.broadcast_sub(&rows)?,
            ),
            Slip::new(
                "input-lost",
                "That is the table alone: add it to x.",
                rows.broadcast_as(x.shape())?.contiguous()?,
            ),
        ],
    )
}

pub(crate) fn measures_what_a_shuffle_changes() -> Verdict {
    let x = wave(&[2, 3, 1], 0.)?;
    let order = [2, 0, 1];
    let same_for_all = called(
        "minds_the_order of a function that doubles",
        minds_the_order(|x| Ok((x * 2.)?), &x, &order),
    )?;
    if same_for_all > 1e-5 {
        return slip(
            "compared-with-the-unshuffled",
            format!(
                "A function that doubles every number does not mind the order, but yours says {same_for_all:.4}: compare f(shuffled x) with the \
                 *shuffled* f(x)."
            ),
        );
    }
    // Adds 0, 1 and 5 to the three steps. Shuffled first: [x2 + 0, x0 + 1, x1 + 5]; last: [x2 + 5, x0 + 0, x1 + 1].
    let added = tensor(&[[0f32], [1.], [5.]])?;
    let got = called(
        "minds_the_order of a function that adds 0, 1, 5",
        minds_the_order(|x| Ok(x.broadcast_add(&added)?), &x, &order),
    )?;
    expect("minds_the_order of a function that adds 0, 1 and 5 to the three steps, with the order [2, 0, 1],")
        .within(1e-4)
        .mistake("missing-abs", "The largest difference was taken with its sign: −5 is larger than 4 here. Take the amounts first.", 4.)
        .mistake("sum-for-largest", "That is the sum of the amounts; wanted is the largest.", 20.)
        .mistake("mean-for-largest", "That is the mean amount of the differences; wanted is the largest.", 10. / 3.)
        .mistake("function-lost", "0 would say that the order is nothing to it. Does the function come in twice?", 0.)
        .close(got, 5.)
}

pub(crate) fn attention_minds_the_order_only_with_positions() -> Verdict {
    let x = wave(&[2, 5, 4], 0.)?;
    let order = [3, 1, 4, 0, 2];
    let attend = |x: &Tensor| attention(x, x, x, &Attention::new(2));
    let alone = called(
        "minds_the_order of attention",
        minds_the_order(attend, &x, &order),
    )?;
    ensure!(
        alone < 1e-4,
        "Attention alone does not mind the order, but minds_the_order says {alone:.5}."
    );
    let told = |x: &Tensor| attend(&with_positions(x)?);
    let with = called(
        "minds_the_order of attention with positions",
        minds_the_order(told, &x, &order),
    )?;
    at_least(
        "What attention minds the order once positions are added",
        with,
        0.05,
        "Do they differ from step to step?",
    )
}
