//! Step 2 — Softmax: any scores become weights.
//!
//! `softmax(s)ᵢ = e^sᵢ / Σⱼ e^sⱼ` makes every number positive and lets them sum to 1. The larger the distance between two scores, the
//! larger the ratio of their weights. It does not matter where zero is: the same number added to all scores changes nothing.
//! That is of use, because e^100 does not fit in an `f32` any more.

use candle_core::{D, Tensor};
use dlkit::Result;

/// Softmax of one row of scores, in plain Rust. The row is not empty.
///
/// `[0, ln 3] = [0, 1.0986]` gives `[0.25, 0.75]`, and so does `[1000, 1001.0986]`: take the largest score from all of them first, then
/// no exponential can overflow.
pub fn softmax_of_row(scores: &[f64]) -> Vec<f64> {
    todo!("Find the largest score; take it from every score and exponentiate; divide by the sum.")
}

/// Softmax along the **last** axis of a tensor of any shape `(…, k)`: every row of `k` numbers sums to 1.
///
/// It must be made of operations that have a gradient, or nothing in front of it can learn.
///
/// # Errors
/// When the tensor is a scalar.
pub fn softmax(scores: &Tensor) -> Result<Tensor> {
    todo!(
        "The largest along D::Minus1, kept as an axis of 1; away with it; exp; divided by the sum \
         along D::Minus1."
    )
}

/// Softmax with the scores divided by a temperature first: below 1 the largest weight becomes larger still, above 1 the weights become
/// more equal.
///
/// `[0, ln 3]` at temperature ½ is softmax of `[0, 2 ln 3]`: `[0.1, 0.9]`.
///
/// # Errors
/// As for [`softmax`].
pub fn softmax_at(scores: &Tensor, temperature: f64) -> Result<Tensor> {
    todo!("Divide the scores, then softmax.")
}
