//! Step 4 — Masks: who may look at whom.
//!
//! A net that predicts the next word must not look at it: the **causal** mask lets step `i` see steps 0 to `i`. And sequences of
//! different lengths in one batch are filled up to the longest: the **padding** mask hides what only fills up.
//!
//! A mask is a tensor of bytes: 1 for "may look", 0 for "may not". It works on the scores, *before* the softmax: a score of −∞ has the
//! weight e^−∞ = 0, and the others sum to 1. Set to 0 afterwards, a weight would be missing from the sum.

use candle_core::{D, DType, Device, Tensor};
use dlkit::Result;

/// The causal mask for `steps` steps, `(steps, steps)` of `U8`: entry `(i, j)` is 1 when step `i` may look at step `j`, that is `j ≤ i`.
///
/// For 3 steps: `[[1, 0, 0], [1, 1, 0], [1, 1, 1]]`.
///
/// # Errors
/// When memory runs out.
pub fn causal_mask(steps: usize) -> Result<Tensor> {
    // solution: For each row and column a byte: 1 where the column is not after the row. `Tensor::from_vec` makes a square of them.
    let mask: Vec<u8> = (0..steps * steps)
        .map(|at| u8::from(at % steps <= at / steps))
        .collect();
    Ok(Tensor::from_vec(mask, (steps, steps), &Device::Cpu)?)
    // end solution
}

/// The padding mask of sequences with these true lengths, filled up to `steps`: `(batch, 1, steps)` of `U8`. The axis of 1 stands for the
/// queries: a place that only fills up is hidden from all of them.
///
/// Lengths `[2, 3]` and 3 steps: `[[[1, 1, 0]], [[1, 1, 1]]]`.
///
/// # Errors
/// When memory runs out.
pub fn padding_mask(lengths: &[usize], steps: usize) -> Result<Tensor> {
    // solution: For each length, `steps` bytes: 1 for the places before the length.
    let mask: Vec<u8> = lengths
        .iter()
        .flat_map(|&length| (0..steps).map(move |place| u8::from(place < length)))
        .collect();
    Ok(Tensor::from_vec(
        mask,
        (lengths.len(), 1, steps),
        &Device::Cpu,
    )?)
    // end solution
}

/// The weights `(batch, q, k)` of scores `(batch, q, k)` under a mask that broadcasts to that shape: softmax over the places that may be
/// looked at, exactly 0 for the others. A row that may look at nothing becomes zeros, not NaN.
///
/// Scores `[0, ln 3, 7]` with the mask `[1, 1, 0]`: `[0.25, 0.75, 0]`.
///
/// # Errors
/// When the mask does not broadcast to the scores.
pub fn masked_weights(scores: &Tensor, mask: &Tensor) -> Result<Tensor> {
    // solution: Broadcast the mask; where it is 0, put a very low finite score (with −∞ itself, a row that is
    // hidden whole would have the largest score −∞, and −∞ − (−∞) is not a number). Softmax: largest of the row away, exp. Multiply by the
    // mask, so that what is hidden is exactly 0 also in a row that is hidden whole; divide by the sum, but never by less than a tiny number.
    let mask = mask.broadcast_as(scores.shape())?.contiguous()?;
    let low = Tensor::full(-1e9f32, scores.shape(), scores.device())?;
    let scores = mask.where_cond(scores, &low)?;
    let shifted = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?;
    let exponentials = (shifted.exp()? * mask.to_dtype(DType::F32)?)?;
    let sum = exponentials.sum_keepdim(D::Minus1)?.maximum(1e-9)?;
    Ok(exponentials.broadcast_div(&sum)?)
    // end solution
}

/// Attention under a mask: what of `value` `(batch, k, e)` the queries `(batch, q, d)` get to see, `(batch, q, e)`.
///
/// `scores` are already divided by √d, as in step 3.
///
/// # Errors
/// When the shapes do not fit.
pub fn masked_attention(scores: &Tensor, value: &Tensor, mask: &Tensor) -> Result<Tensor> {
    // solution: The masked weights, times the values.
    Ok(masked_weights(scores, mask)?.matmul(value)?)
    // end solution
}
