//! Pooling: one number for each window of a map, channel by channel.
//!
//! Input `(batch, channels, height, width)`; a side of `n` becomes `⌊(n − k) / s⌋ + 1` with padding valid (what is left over at the end is not
//! seen) and `⌈n / s⌉` with padding same. Of equal maxima the first in the order of reading gets the whole gradient, as in PyTorch and TensorFlow;
//! Candle's own max-pooling divides it wrongly and takes no overlapping windows.

use super::conv::{Pooling, shifted_views};
use crate::kernels::conv::Side;
use anyhow::{Context, Result};
use candle_core::Tensor;

/// The largest number of each window.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::ops::{Pooling, max_pool2d};
/// use dlkit::prelude::*;
///
/// let x = Tensor::new(&[[[[1.0f32, 5.0, 2.0], [3.0, 4.0, 9.0]]]], &Device::Cpu)?;
/// let y = max_pool2d(&x, &Pooling::new(2))?;
/// assert_eq!(y.flatten_all()?.to_vec1::<f32>()?, [5.0]); // the third column is left over
/// # Ok(()) }
/// ```
///
/// # Errors
/// When `x` is not a batch of images, or the window larger than they are.
pub fn max_pool2d(x: &Tensor, pooling: &Pooling) -> Result<Tensor> {
    max_pool2d_composed(x, pooling)
}

/// The mean of each window; with padding same, of those of its places that lie inside.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::ops::{Pooling, avg_pool2d};
/// use dlkit::prelude::*;
///
/// let x = Tensor::new(&[[[[1.0f32, 5.0], [3.0, 7.0]]]], &Device::Cpu)?;
/// let y = avg_pool2d(&x, &Pooling::new(2))?;
/// assert_eq!(y.flatten_all()?.to_vec1::<f32>()?, [4.0]);
/// # Ok(()) }
/// ```
///
/// # Errors
/// When `x` is not a batch of images, or the window larger than they are.
pub fn avg_pool2d(x: &Tensor, pooling: &Pooling) -> Result<Tensor> {
    avg_pool2d_composed(x, pooling)
}

/// [`max_pool2d`] from Candle's differentiable operations: a tournament over the places of the window. Only what is truly larger wins, so the
/// first of equals stays; NaN wins and stays too.
pub(crate) fn max_pool2d_composed(x: &Tensor, pooling: &Pooling) -> Result<Tensor> {
    let (rows, columns) = sides(x, pooling)?;
    let mut views = shifted_views(x, &rows, &columns, f64::NEG_INFINITY)?.into_iter();
    let mut best = views.next().context("a window has at least one place")?;
    for view in views {
        let stays = (view.le(&best)? + best.ne(&best)?)?;
        best = stays.where_cond(&best, &view)?;
    }
    Ok(best)
}

/// [`avg_pool2d`] from Candle's differentiable operations.
pub(crate) fn avg_pool2d_composed(x: &Tensor, pooling: &Pooling) -> Result<Tensor> {
    let (rows, columns) = sides(x, pooling)?;
    let mut sum: Option<Tensor> = None;
    for view in shifted_views(x, &rows, &columns, 0.0)? {
        sum = Some(match sum {
            Some(sum) => (sum + view)?,
            None => view,
        });
    }
    let sum = sum.context("a window has at least one place")?;
    let share = Tensor::from_vec(
        shares(&rows, &columns),
        (1, 1, rows.outputs, columns.outputs),
        x.device(),
    )?;
    Ok(sum.broadcast_mul(&share.to_dtype(x.dtype())?)?)
}

/// One over the number of places inside the image, for each window.
pub(crate) fn shares(rows: &Side, columns: &Side) -> Vec<f64> {
    let mut shares = Vec::with_capacity(rows.outputs * columns.outputs);
    for y in 0..rows.outputs {
        for x in 0..columns.outputs {
            shares.push(1.0 / (rows.window(y).len() * columns.window(x).len()) as f64);
        }
    }
    shares
}

fn sides(x: &Tensor, pooling: &Pooling) -> Result<(Side, Side)> {
    let &[_, _, height, width] = x.dims() else {
        anyhow::bail!(
            "pooling takes images of shape (batch, channels, height, width), but this has the shape {:?}",
            x.dims()
        );
    };
    pooling.sides(height, width)
}
