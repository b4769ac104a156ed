//! Step 3 — Batches: a few images at a time, in a new order each epoch, and none of them lost.
//!
//! * **Batch**: the samples that the net looks at before it changes its weights once.
//! * **Iteration** or step: one such change.
//! * **Epoch**: as many iterations as it takes to have seen every sample once.

use candle_core::Tensor;
use dlkit::Result;
use dlkit::seed::Seed;

/// How many iterations one epoch has, when the last batch may be smaller than the others.
///
/// 10 samples in batches of 4 are 4 + 4 + 2: 3 steps. 60,000 in batches of 128 are 469: 468 full ones, and one of 96.
pub fn steps_per_epoch(samples: usize, batch_size: usize) -> usize {
    todo!("Divide, and round up: what is left over is a step as well.")
}

/// The same images `(n, …)` and labels `(n,)` in a random order that depends on `seed` alone.
///
/// Each image must keep its label. `seed.permutation(n)` gives the numbers `0..n` in a random order, the same one for the
/// same seed; with the order `[2, 0, 1]` the images `A B C` become `C A B`, and the labels `7 8 9` become `9 7 8`.
///
/// # Errors
/// When there are fewer labels than images.
pub fn shuffle(images: &Tensor, labels: &Tensor, seed: Seed) -> Result<(Tensor, Tensor)> {
    todo!("Draw one order for the n samples, and pick images and labels by that same order.")
}

/// Cuts images `(n, …)` and labels `(n,)` into batches of `batch_size`, in order; the last one holds what is left.
///
/// 10 samples in batches of 4: the samples 0–3, then 4–7, then 8 and 9.
///
/// # Errors
/// When there are fewer labels than images.
pub fn batches(
    images: &Tensor,
    labels: &Tensor,
    batch_size: usize,
) -> Result<Vec<(Tensor, Tensor)>> {
    todo!(
        "Walk through the samples in strides of batch_size; the last stride takes only as many as \
         there are."
    )
}
