//! Step 5 — The loss: how wrong the net is, as one number that it can make smaller. And the accuracy, which people read.
//!
//! For one image with logits `z` and the digit `y`, softmax gives the probability `pᵧ = e^zᵧ / Σⱼ e^zⱼ`, and the cross-entropy
//! is `−ln pᵧ`: 0 when the net is sure and right, large when it is sure and wrong. *Sparse* says that the label is the number
//! of the class (3) and not a row with a one in it (0 0 0 1 0 …).

use candle_core::{D, DType, Tensor};
use dlkit::Result;

/// The logarithm of softmax along each row: `ln pⱼ = zⱼ − ln Σₖ e^zₖ`. Shape `(n, k)` in and out.
///
/// Careful with large logits: e^100 does not fit in an `f32`. Softmax does not change when the same number is taken from every
/// logit of a row, so take away the largest first. `[0, ln 3]` has the probabilities 1/4 and 3/4, so it gives
/// `[−1.3863, −0.2877]`; `[1000, 1000]` gives `[−0.6931, −0.6931]`.
///
/// # Errors
/// When `logits` does not have two axes.
pub fn log_softmax(logits: &Tensor) -> Result<Tensor> {
    todo!(
        "Take the largest logit of each row from that row; then take away the logarithm of the sum \
         of the exponentials of the row."
    )
}

/// The sparse categorical cross-entropy of logits `(n, k)` and labels `(n,)` of dtype `U32`: a scalar.
///
/// It is the **mean** over the batch of `−ln p` of the right class, so that it does not grow with the batch. Two images whose
/// right digits have the probabilities 1/2 and 1/4: `(0.6931 + 1.3863) / 2 = 1.0397`.
///
/// # Errors
/// When there are not as many labels as rows, or a label is not below `k`.
pub fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
    todo!(
        "From each row of log_softmax pick the entry of its label (`gather` wants the labels as a \
         column); take the mean, and turn the sign."
    )
}

/// The share of images whose largest logit is that of their label: from 0 to 1.
///
/// Logits `[[2, 1], [0, 5], [1, 0]]` with labels `[0, 1, 1]`: the first two are right, so 2/3.
///
/// # Errors
/// When there are not as many labels as rows.
pub fn accuracy(logits: &Tensor, labels: &Tensor) -> Result<f64> {
    todo!(
        "Find the column of the largest logit in each row, compare with the labels, and take the \
         mean of the hits."
    )
}
