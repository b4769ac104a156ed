//! Step 6 — Positions: attention by itself does not know what comes first.
//!
//! Nothing in softmax(Q·Kᵀ/√d)·V says which word stands where. Shuffle the words and the results are shuffled with them, and are otherwise
//! the same: *dog bites man* is *man bites dog*. So each step gets something added that tells its place. Here it is a row of waves of
//! different lengths, like the hands of many clocks:
//!
//! > p(t, 2i) = sin(t / 10000^(2i/width)), p(t, 2i + 1) = cos(t / 10000^(2i/width))

use candle_core::{Device, Tensor};
use dlkit::Result;

/// The table of positions, `(steps, width)` of `F32`: row `t` belongs to step `t`. Even columns hold sines, odd ones cosines; columns `2i`
/// and `2i + 1` have the same wavelength.
///
/// For 2 steps and width 4: `[[0, 1, 0, 1], [sin 1, cos 1, sin 0.01, cos 0.01]] = [[0, 1, 0, 1], [0.8415, 0.5403, 0.0100, 0.9999]]`.
///
/// # Errors
/// When memory runs out.
pub fn position_table(steps: usize, width: usize) -> Result<Tensor> {
    // solution: For each step t and column c: i = c / 2 in whole numbers, angle = t / 10000^(2i/width), sine for an even column and
    // cosine for an odd one.
    let mut table = Vec::with_capacity(steps * width);
    for t in 0..steps {
        for c in 0..width {
            let exponent = (c / 2 * 2) as f64 / width as f64;
            let angle = t as f64 / 10_000f64.powf(exponent);
            table.push(if c.is_multiple_of(2) {
                angle.sin()
            } else {
                angle.cos()
            } as f32);
        }
    }
    Ok(Tensor::from_vec(table, (steps, width), &Device::Cpu)?)
    // end solution
}

/// A batch of sequences `(batch, steps, width)` with the position table added: the same rows to every sequence.
///
/// # Errors
/// When `x` has not three axes.
pub fn with_positions(x: &Tensor) -> Result<Tensor> {
    // solution: Make the table for the steps and the width of x, and add it by broadcasting.
    let (_, steps, width) = x.dims3()?;
    Ok(x.broadcast_add(&position_table(steps, width)?)?)
    // end solution
}

/// How much a function of sequences `(batch, steps, width)` minds their order: the largest difference between "shuffle, then the
/// function" and "the function, then the same shuffle". 0 means that the order is nothing to it.
///
/// `order` says which step comes first, second, …: `[2, 0, 1]` puts the last of three steps first.
///
/// # Errors
/// Those of the function.
pub fn minds_the_order(
    function: impl Fn(&Tensor) -> Result<Tensor>,
    x: &Tensor,
    order: &[u32],
) -> Result<f64> {
    // solution: index_select along axis 1 shuffles. Compute both, and give the largest absolute entry of their difference.
    let order = Tensor::new(order, x.device())?;
    let shuffled_first = function(&x.index_select(&order, 1)?)?;
    let shuffled_last = function(x)?.index_select(&order, 1)?;
    let largest = (shuffled_first - shuffled_last)?.abs()?.max_all()?;
    Ok(f64::from(largest.to_scalar::<f32>()?))
    // end solution
}
