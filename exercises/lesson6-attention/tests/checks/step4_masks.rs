//! Checks of step4_masks.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step4_masks::*;

pub(crate) fn the_causal_mask_shows_the_past() -> Verdict {
    let got = called("causal_mask(3)", causal_mask(3))?;
    let want = tensor(&[[1u8, 0, 0], [1, 1, 0], [1, 1, 1]])?;
    same_map(
        "causal_mask(3)",
        &got,
        &want,
        &[
            Slip::new(
                "future-for-past",
                "It shows the future and hides the past: rows are the steps that look, columns those that are looked at.",
                want.t()?.contiguous()?,
            ),
            Slip::new(
                "step-does-not-see-itself",
                "A step does not see itself: `j ≤ i`, not `j < i`. The first step would see nothing at all.",
                tensor(&[[0u8, 0, 0], [1, 0, 0], [1, 1, 0]])?,
            ),
            Slip::new(
                "mask-upside-down",
                "Each step sees only what comes after it: 1 and 0 have changed places. In this lesson 1 stands for \"may look\", 0 for hidden; other libraries \
                 have it the other way round.",
                tensor(&[[0u8, 1, 1], [0, 0, 1], [0, 0, 0]])?,
            ),
        ],
    )
}

pub(crate) fn the_padding_mask_hides_what_fills_up() -> Verdict {
    name_sizes([(3, "sequences"), (4, "steps")]);
    let got = called("padding_mask(&[2, 4, 1], 4)", padding_mask(&[2, 4, 1], 4))?;
    let want = tensor(&[[[1u8, 1, 0, 0]], [[1, 1, 1, 1]], [[1, 0, 0, 0]]])?;
    same_map(
        "padding_mask(&[2, 4, 1], 4)",
        &got,
        &want,
        &[
            Slip::new(
                "missing-axis",
                "The values are right. The axis of 1 for the queries is missing: without it the mask of \
                         sequence i would hide from query i.",
                want.squeeze(1)?,
            ),
            Slip::new(
                "mask-upside-down",
                "1 and 0 have changed places: 1 stands for a place that counts.",
                tensor(&[[[0u8, 0, 1, 1]], [[0, 0, 0, 0]], [[0, 1, 1, 1]]])?,
            ),
            Slip::new(
                "mask-upside-down",
                "It shows what comes behind the last real place, and even of that one place too few: 1 stands for a place that counts.",
                tensor(&[[[0u8, 0, 0, 1]], [[0, 0, 0, 0]], [[0, 0, 1, 1]]])?,
            ),
            Slip::new(
                "counts-from-1",
                "The places are counted from 1: the first is place 0, and always counts here.",
                tensor(&[[[0u8, 1, 1, 0]], [[0, 1, 1, 1]], [[0, 1, 0, 0]]])?,
            ),
            Slip::new(
                "axis-of-1-behind",
                "The axis of 1 stands behind the places: it takes the place of the queries, in front of them.",
                want.reshape((3, 4, 1))?,
            ),
            Slip::new(
                "off-by-one",
                "One place too many: with a length of 2, the places 0 and 1 count.",
                tensor(&[[[1u8, 1, 1, 0]], [[1, 1, 1, 1]], [[1, 1, 0, 0]]])?,
            ),
            Slip::new(
                "filled-in-front",
                "The sequences stand at the end of their rows here: what fills up comes behind them.",
                tensor(&[[[0u8, 0, 1, 1]], [[1, 1, 1, 1]], [[0, 0, 0, 1]]])?,
            ),
        ],
    )
}

pub(crate) fn the_mask_works_before_the_softmax() -> Verdict {
    let scores = tensor(&[[[0f32, 3f32.ln(), 2.]]])?;
    let mask = tensor(&[[1u8, 1, 0]])?;
    let got = called(
        "masked_weights of scores (1, 1, 3) and a mask (1, 3)",
        masked_weights(&scores, &mask),
    )?;
    let plain = softmax(&scores, 2)?;
    let float = mask.to_dtype(DType::F32)?;
    same_map(
        "With the scores [0, ln 3, 2] and the mask [1, 1, 0], masked_weights",
        &got,
        &tensor(&[[[0.25f32, 0.75, 0.]]])?,
        &[
            Slip::new(
                "mask-after-softmax",
                "The hidden weight was set to 0 after the softmax: it is missing from the sum now. Hide the score before.",
                plain.broadcast_mul(&float)?,
            ),
            Slip::new(
                "missing-normalisation",
                "These are the exponentials of the distances to the largest visible score: divide each by the sum of its row.",
                tensor(&[[[1f32 / 3., 1., 0.]]])?,
            ),
            Slip::new(
                "missing-normalisation",
                "These are the exponentials: divide each by the sum of its row.",
                tensor(&[[[1f32, 3., 0.]]])?,
            ),
            Slip::new(
                "visible-far-below-hidden",
                "Nothing is left: beside the hidden scores the visible ones are so low that e to them is 0. Which of them were to be low, and is that number low? \
                 (`mask.where_cond(a, b)` takes a where the mask is 1.)",
                tensor(&[[[0f32, 0., 0.]]])?,
            ),
            Slip::new(
                "mask-added-as-it-is",
                "The mask was added to the scores as it is, and so the hidden score is only 1 lower than without a mask: e to that is far from 0.",
                softmax(&scores.broadcast_add(&float)?, 2)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "Every visible place has the weight 1: the exponentials were divided by their sum along the queries. A row sums to 1 over its keys, the last axis.",
                tensor(&[[[1f32, 1., 0.]]])?,
            ),
            Slip::new(
                "largest-wrong-axis",
                "All visible places have the same weight, whatever their scores: from each score itself was taken. The largest is that of the row, the last axis.",
                tensor(&[[[0.5f32, 0.5, 0.]]])?,
            ),
            Slip::new(
                "mask-ignored",
                "That is the softmax of all three scores: the mask does nothing.",
                plain.clone(),
            ),
            Slip::new(
                "score-times-mask",
                "The hidden score was made 0, and e⁰ is 1: a score of 0 hides nothing. Which score has the exponential 0?",
                softmax(&scores.broadcast_mul(&float)?, 2)?,
            ),
            Slip::new(
                "mask-upside-down",
                "It hides what may be looked at and shows the rest: 1 stands for \"may look\".",
                tensor(&[[[0f32, 0., 1.]]])?,
            ),
        ],
    )?;
    let scores = (wave(&[2, 4, 4], 0.)? * 3.)?;
    let mask = tensor(&CAUSAL)?;
    let got = called(
        "masked_weights of scores (2, 4, 4) and a mask (4, 4)",
        masked_weights(&scores, &mask),
    )?;
    let over = |axis: usize| -> Result<Tensor> {
        let exponentials = scores.exp()?.broadcast_mul(&mask.to_dtype(DType::F32)?)?;
        Ok(exponentials.broadcast_div(&exponentials.sum_keepdim(axis)?)?)
    };
    same_map(
        "Under a causal mask, masked_weights",
        &got,
        &over(2)?,
        &[Slip::new(
            "softmax-wrong-axis",
            "The columns sum to 1 instead of the rows: each query shares its one look among the keys, the last axis.",
            over(1)?,
        )],
    )
}

const CAUSAL: [[u8; 4]; 4] = [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]];

pub(crate) fn each_sequence_has_its_own_padding() -> Verdict {
    name_sizes([(2, "sequences"), (3, "queries"), (4, "keys")]);
    let scores = (wave(&[2, 3, 4], 0.)? * 3.)?;
    let mask = tensor(&[[[1u8, 1, 0, 0]], [[1, 1, 1, 0]]])?;
    let got = called(
        "masked_weights of scores (2, 3, 4) and a padding mask (2, 1, 4)",
        masked_weights(&scores, &mask),
    )?;
    let masked = |mask: &Tensor| -> Result<Tensor> {
        let exponentials = scores.exp()?.broadcast_mul(&mask.to_dtype(DType::F32)?)?;
        Ok(exponentials.broadcast_div(&exponentials.sum_keepdim(2)?)?)
    };
    same_map(
        "Under a padding mask of two sequences, masked_weights",
        &got,
        &masked(&mask)?,
        &[Slip::new(
            "mask-of-the-first",
            "Both sequences were given the mask of the first: a mask may have an axis for the batch, and one of 1 for the queries.",
            masked(&mask.narrow(0, 0, 1)?)?,
        )],
    )
}

pub(crate) fn a_row_without_anything_to_see_is_zero() -> Verdict {
    let scores = tensor(&[[[1f32, 2., 3.], [1., 2., 3.]]])?;
    let mask = tensor(&[[0u8, 0, 0], [1, 0, 0]])?;
    let got = called(
        "masked_weights with a row that is hidden whole",
        masked_weights(&scores, &mask),
    )?;
    let values: Vec<f32> = got.flatten_all()?.to_vec1()?;
    if values.iter().any(|value| value.is_nan()) {
        return slip(
            "hidden-row-nan",
            format!(
                "The weights of a row that may look at nothing are {:?}. Two things give that. Where \"hidden\" is −∞, the largest of such a row is −∞ too, and −∞ − (−∞) is no number: a low \
                 finite number hides as well. And where all exponentials of a row are 0, so is their sum, and 0/0 is no number. One NaN spreads through \
                 the whole net.",
                &values[..3]
            ),
        );
    }
    same_map(
        "The weights with a row that is hidden whole",
        &got,
        &tensor(&[[[0f32, 0., 0.], [1., 0., 0.]]])?,
        &[
            Slip::new(
                "hidden-row-looks-everywhere",
                "A row that may look at nothing looks at everything equally: equally low scores are equal \
                         scores. Multiply by the mask after the exponentials.",
                tensor(&[[[1f32 / 3., 1. / 3., 1. / 3.], [1., 0., 0.]]])?,
            ),
            Slip::new(
                "hidden-row-looks-everywhere",
                "A row that may look at nothing has the weights it would have without a mask: a low number was \
                         added to all of its scores alike. Multiply by the mask after the exponentials.",
                tensor(&[[[0.0900306f32, 0.2447285, 0.6652409], [1., 0., 0.]]])?,
            ),
        ],
    )
}

pub(crate) fn a_hidden_place_stays_hidden() -> Verdict {
    let scores = tensor(&[[[-300f32, 5.]]])?;
    let got = called(
        "masked_weights of scores [−300, 5]",
        masked_weights(&scores, &tensor(&[[1u8, 0]])?),
    )?;
    let weights: Vec<f32> = got.flatten_all()?.to_vec1()?;
    if weights[1] > 0. || weights[0] < 0.999 {
        return slip(
            "mask-not-low-enough",
            format!(
                "The scores [−300, 5] under the mask [1, 0] give {weights:?} instead of [1, 0]: the number that stands for \"hidden\" is not far enough below a real score of −300, \
                 or the hidden score decides what is taken away as the largest."
            ),
        );
    }
    Ok(())
}

pub(crate) fn the_gradient_is_a_number() -> Verdict {
    let scores = Var::from_tensor(&wave(&[1, 2, 3], 0.)?)?;
    let weights = called(
        "masked_weights",
        masked_weights(&scores, &tensor(&[[0u8, 0, 0], [1, 1, 0]])?),
    )?;
    let gradients = (weights * wave(&[1, 2, 3], 1.)?)?.sum_all()?.backward()?;
    let Some(gradient) = gradients.get(&scores) else {
        return slip(
            "gradient-cut",
            "No gradient gets through masked_weights to the scores: nothing in front of it could learn.",
        );
    };
    let values: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
    if values.iter().any(|value| !value.is_finite()) {
        return slip(
            "nan-gradient",
            format!(
                "The gradients of the scores are {values:?}. The weights are numbers, but on the way there \
                         something was infinite or 0/0: the backward pass goes through it as well."
            ),
        );
    }
    ensure!(
        values[3] != 0. && values[5] == 0.,
        "The gradients of the second row are {:?}: those of the two places that may be looked at must not be \
                 0, that of the hidden one must.",
        &values[3..]
    );
    Ok(())
}

pub(crate) fn the_future_does_not_leak() -> Verdict {
    let mask = tensor(&CAUSAL)?;
    let (scores, value) = (wave(&[1, 4, 4], 0.)?, wave(&[1, 4, 2], 1.)?);
    let float = mask.to_dtype(DType::F32)?;
    let masked = |scores: &Tensor| -> Result<Tensor> {
        let exponentials = scores.exp()?.broadcast_mul(&float)?;
        Ok(exponentials.broadcast_div(&exponentials.sum_keepdim(2)?)?)
    };
    let right = masked(&scores)?;
    let run = |scores: &Tensor, value: &Tensor| {
        called("masked_attention", masked_attention(scores, value, &mask))
    };
    let got = run(&scores, &value)?;
    shape("masked_attention", &got, &[1, 4, 2])?;
    if distance(&got, &scores.matmul(&value)?)? < 1e-5 {
        return slip(
            "scores-for-weights",
            "The scores themselves were multiplied by the values: `masked_weights` makes weights of them first, with the mask.",
        );
    }
    // Steps 2 and 3 are replaced: what they hand over, and how well they fit.
    let changed_value = Tensor::cat(&[value.narrow(1, 0, 2)?, wave(&[1, 2, 2], 5.)?], 1)?;
    let changed_scores = Tensor::cat(&[scores.narrow(2, 0, 2)?, (wave(&[1, 4, 2], 7.)? * 4.)?], 2)?;
    let changed = run(&changed_scores, &changed_value)?;
    let past = distance(&got.narrow(1, 0, 2)?, &changed.narrow(1, 0, 2)?)?;
    if past > 1e-6 {
        let leak = slip(
            "future-leak",
            format!(
                "Steps 2 and 3 were replaced, and what steps 0 and 1 see under a causal mask changed by \
                         {past:.4}: they look at the future."
            ),
        );
        // Values that are the unit vectors show the weights.
        let unit = Tensor::eye(4, DType::F32, &Device::Cpu)?.unsqueeze(0)?;
        return match masked_attention(&scores, &unit, &mask) {
            Ok(seen) => leak.drawn(|| {
                compared(
                    "Who (row) looks at whom (column)",
                    &seen.squeeze(0)?,
                    &right.squeeze(0)?,
                )
            }),
            Err(_) => leak,
        };
    }
    let future = distance(&got.narrow(1, 2, 2)?, &changed.narrow(1, 2, 2)?)?;
    ensure!(
        future > 1e-3,
        "Steps 2 and 3 were replaced, and nothing changed anywhere: do the values come in?"
    );
    let scaled = "The scores come divided by √d already, and were divided once more.";
    same(
        "masked_attention",
        &got,
        &right.matmul(&value)?,
        &[
            Slip::new(
                "scaled-twice",
                scaled,
                masked(&(&scores / 2.)?)?.matmul(&value)?,
            ),
            Slip::new(
                "scaled-twice",
                scaled,
                masked(&(&scores / 2f64.sqrt())?)?.matmul(&value)?,
            ),
        ],
    )
}
