//! Step 1 — A weighted sum: each word of a translation looks at the words of the original, at some more than at others.
//!
//! `I love you` is `je t'aime` in French, word by word *I you love*. A net that translates gives each French word three weights,
//! one for each English word. None of them is negative, and they sum to 1. What the French word learns of the English ones is the weighted sum of
//! their vectors: its **context vector**.

use candle_core::Tensor;
use dlkit::Result;

/// The English words: the columns of [`WEIGHTS`].
pub const ENGLISH: [&str; 3] = ["I", "love", "you"];

/// The French words: the rows of [`WEIGHTS`].
pub const FRENCH: [&str; 3] = ["je", "t'", "aime"];

/// How much each French word looks at each English one.
pub const WEIGHTS: [[f64; 3]; 3] = [[0.94, 0.02, 0.04], [0.11, 0.01, 0.88], [0.03, 0.95, 0.02]];

/// Which place this row of weights looks at most: the index of the largest one.
///
/// `[0.11, 0.01, 0.88]` looks at place 2.
pub fn looks_at(weights: &[f64]) -> usize {
    todo!("Go through the weights and keep the place of the largest one so far.")
}

/// Whether these are attention weights: in every row no number is negative, and the row sums to 1 (within 0.001, for rounding).
///
/// `[[0.5, 0.5], [0.9, 0.3]]` are not: the second row sums to 1.2.
pub fn are_attention_weights(rows: &[Vec<f64>]) -> bool {
    todo!(
        "Every row must pass two tests: all of its numbers are at least 0, and its sum is nearly \
         1."
    )
}

/// The context vector of one row of weights: the sum of all value vectors, each multiplied by its weight. `values[i]` is the vector of
/// place `i`; all have the same length.
///
/// Weights `[0.25, 0.75]` and values `[[4, 0], [0, 8]]` give `[0.25·4 + 0.75·0, 0.25·0 + 0.75·8] = [1, 6]`.
pub fn context(weights: &[f64], values: &[Vec<f64>]) -> Vec<f64> {
    todo!(
        "Start with a vector of zeros, as long as a value vector. For each place add its weight \
         times its vector."
    )
}

/// All context vectors at once: weights `(q, k)` and values `(k, d)` give `(q, d)`. Row `i` is the context vector of row `i` of the
/// weights.
///
/// # Errors
/// When there are not as many columns of weights as rows of values.
pub fn contexts(weights: &Tensor, values: &Tensor) -> Result<Tensor> {
    todo!("One matrix product does it for all rows.")
}
