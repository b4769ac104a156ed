//! Step 5 — Several heads: look at several things at once.
//!
//! One row of weights can look at one thing well, or at two things half each. A verb may want to know its subject *and* its object. So the
//! `width` numbers of each query, key and value are cut into `heads` parts of `width / heads`; each part attends by itself, with weights of
//! its own; and what the heads bring home is laid side by side again. It costs the same number of multiplications.
//!
//! Candle multiplies the last two axes, so the heads have to become an axis in front of the steps:
//! `(batch, steps, heads · d)` ⟶ `(batch, heads, steps, d)`.

use candle_core::{D, Tensor};
use dlkit::{Result, ops};

/// Cuts the last axis into heads and puts these in front of the steps: `(batch, steps, heads · d)` to `(batch, heads, steps, d)`. Head `h`
/// gets the numbers from `h·d` to `(h + 1)·d` of every step.
///
/// One sequence of two steps, `[[1, 2, 3, 4], [5, 6, 7, 8]]`, with two heads: head 0 has `[[1, 2], [5, 6]]`, head 1 `[[3, 4], [7, 8]]`.
///
/// # Errors
/// When the width is no multiple of the heads.
pub fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    // solution: Two moves. Reshape cuts the last axis in two, (batch, steps, heads, d); a transpose lets heads and steps change places. It
    // moves no number in memory, but `matmul` wants them in order: end with `.contiguous()`.
    let (batch, steps, width) = x.dims3()?;
    anyhow::ensure!(
        width % heads == 0,
        "{heads} heads cannot share a width of {width}"
    );
    let cut = x.reshape((batch, steps, heads, width / heads))?;
    Ok(cut.transpose(1, 2)?.contiguous()?)
    // end solution
}

/// The way back: `(batch, heads, steps, d)` to `(batch, steps, heads · d)`.
///
/// # Errors
/// When the tensor has not four axes.
pub fn merge_heads(x: &Tensor) -> Result<Tensor> {
    // solution: The two moves in the other order: first let heads and steps change places, then join the last two axes.
    let (batch, heads, steps, d) = x.dims4()?;
    Ok(x.transpose(1, 2)?.reshape((batch, steps, heads * d))?)
    // end solution
}

/// Attention with several heads: queries `(batch, q, width)`, keys and values `(batch, k, width)` give `(batch, q, width)` and the weights
/// `(batch, heads, q, k)`. Each head scales by the root of its own width, `width / heads`.
///
/// # Errors
/// When the shapes do not fit, or the heads cannot share the width.
pub fn multi_head(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    heads: usize,
) -> Result<(Tensor, Tensor)> {
    // solution: Split all three; scores = Q·Kᵀ/√d with d the last dimension of a head; softmax; weights·V; merge.
    let query = split_heads(query, heads)?;
    let key = split_heads(key, heads)?;
    let value = split_heads(value, heads)?;
    let d = query.dim(D::Minus1)? as f64;
    let scores = (query.matmul(&key.transpose(2, 3)?.contiguous()?)? / d.sqrt())?;
    let weights = ops::softmax(&scores)?;
    Ok((merge_heads(&weights.matmul(&value)?)?, weights))
    // end solution
}
