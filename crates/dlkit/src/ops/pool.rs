//! Pooling: one number for each window of a map, channel by channel.
//!
//! Input `(batch, channels, height, width)`; a side of `n` becomes `⌊(n − k) / s⌋ + 1` with padding valid (what is left over at the end is not
//! seen) and `⌈n / s⌉` with padding same. Of equal maxima the first in the order of reading gets the whole gradient, as in PyTorch and TensorFlow;
//! Candle's own max-pooling divides it wrongly and takes no overlapping windows.

use super::conv::{Pooling, shifted_views};
use super::custom;
use crate::kernels::conv::Side;
use crate::kernels::pool::{self, Shape};
use anyhow::{Context, Result};
use candle_core::{CpuStorage, CustomOp1, Layout, Tensor};
use std::sync::OnceLock;

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
    let (rows, columns) = sides(x, pooling)?;
    if !takes_kernel(x) {
        return max_pool2d_composed(x, pooling);
    }
    let op = Maxima {
        windows: Windows::of(x, rows, columns)?,
        chosen: OnceLock::new(),
    };
    Ok(x.contiguous()?.apply_op1(op)?)
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
    let (rows, columns) = sides(x, pooling)?;
    if !takes_kernel(x) {
        return avg_pool2d_composed(x, pooling);
    }
    let op = Means {
        windows: Windows::of(x, rows, columns)?,
        shares: shares(&rows, &columns).iter().map(|s| *s as f32).collect(),
    };
    Ok(x.contiguous()?.apply_op1(op)?)
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

/// Empty batches and maps too large for a `u32` are composed.
fn takes_kernel(x: &Tensor) -> bool {
    custom::fused(&[x]) && x.elem_count() > 0 && u32::try_from(x.elem_count()).is_ok()
}

/// The windows of a batch of images, for the kernel.
struct Windows {
    shape: Shape,
    result: [usize; 4],
}

impl Windows {
    fn of(x: &Tensor, rows: Side, columns: Side) -> Result<Self> {
        let (batch, channels, ..) = x.dims4()?;
        Ok(Self {
            shape: Shape {
                maps: batch * channels,
                rows,
                columns,
            },
            result: [batch, channels, rows.outputs, columns.outputs],
        })
    }
}

struct Maxima {
    windows: Windows,
    /// The place of each maximum, for the backward pass.
    chosen: OnceLock<Vec<u32>>,
}

impl CustomOp1 for Maxima {
    fn name(&self) -> &'static str {
        "dlkit-max-pooling"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, candle_core::Shape)> {
        let (result, chosen) = pool::max(&self.windows.shape, custom::slice(x, layout)?);
        self.chosen.get_or_init(|| chosen);
        let shape = self.windows.result.to_vec().into();
        Ok((CpuStorage::F32(result), shape))
    }

    fn bwd(
        &self,
        x: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<Option<Tensor>> {
        let Some(chosen) = self.chosen.get().filter(|_| custom::wanted(x)) else {
            return Ok(None);
        };
        let gradient = custom::Values::of(gradient)?;
        let values = pool::max_backward(&self.windows.shape, chosen, &gradient);
        custom::tensor(values, x.shape()).map(Some)
    }
}

struct Means {
    windows: Windows,
    shares: Vec<f32>,
}

impl CustomOp1 for Means {
    fn name(&self) -> &'static str {
        "dlkit-average-pooling"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, candle_core::Shape)> {
        let x = custom::slice(x, layout)?;
        let result = pool::mean(&self.windows.shape, x, &self.shares);
        let shape = self.windows.result.to_vec().into();
        Ok((CpuStorage::F32(result), shape))
    }

    fn bwd(
        &self,
        x: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<Option<Tensor>> {
        if !custom::wanted(x) {
            return Ok(None);
        }
        let gradient = custom::Values::of(gradient)?;
        let values = pool::mean_backward(&self.windows.shape, &self.shares, &gradient);
        custom::tensor(values, x.shape()).map(Some)
    }
}
