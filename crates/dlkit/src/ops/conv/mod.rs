//! Convolution: the same small kernel of weights at every place of an image.
//!
//! `z[n, o, y, x] = b[o] + Σ_{c, i, j} x[n, c, y·s + i·d − top, x·s + j·d − left] · w[o, c, i, j]` with stride `s` and dilation `d`; outside of the
//! image stand zeros. Images are `(batch, channels, height, width)`, kernels `(outputs, channels / groups, height, width)`. A side of `n`
//! becomes `⌊(n + padding − d · (k − 1) − 1) / s⌋ + 1`. What Keras and TensorFlow call a convolution is, as here, a correlation:
//! the kernel is not turned around. The layout of the kernel is Candle's and PyTorch's.
//!
//! The composed form lines up all patches as the columns of a matrix and multiplies (Chellapilla, Puri and Simard, 2006), since the gradient of
//! Candle's own convolution is very slow. On the CPU a kernel of our own takes its place, which never writes that matrix down.

mod fused;
mod geometry;
#[cfg(test)]
mod tests;

pub use geometry::{Convolution, Padding, Pair, Pooling};

use super::custom;
use crate::kernels::conv::{Shape, Side};
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// The convolution of a batch of images `(batch, channels, height, width)` with a kernel `(outputs, channels / groups, height, width)`; a bias is `(outputs,)`.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::ops::{Convolution, conv2d};
/// use dlkit::prelude::*;
///
/// // The difference of neighbours finds the edge between dark and bright.
/// let image = Tensor::new(&[[[[0.0f32, 0.0, 1.0, 1.0]]]], &Device::Cpu)?;
/// let kernel = Tensor::new(&[[[[-1.0f32, 1.0]]]], &Device::Cpu)?;
/// let edges = conv2d(&image, &kernel, None, &Convolution::default())?;
/// assert_eq!(edges.flatten_all()?.to_vec1::<f32>()?, [0.0, 1.0, 0.0]);
/// # Ok(()) }
/// ```
///
/// # Errors
/// When the shapes do not fit each other, or the kernel is larger than the padded image.
pub fn conv2d(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    how: &Convolution,
) -> Result<Tensor> {
    convolve(x, kernel, bias, how, Behind::default())
}

/// `max(conv2d(…), 0)` in one operation.
///
/// # Errors
/// As for [`conv2d`].
pub fn conv2d_relu(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    how: &Convolution,
) -> Result<Tensor> {
    let behind = Behind {
        relu: true,
        ..Behind::default()
    };
    convolve(x, kernel, bias, how, behind)
}

/// The maxima of the windows of [`conv2d`], or with `relu` of [`conv2d_relu`], in one operation: outputs that no window sees are not
/// computed, and the backward pass visits only the places of the maxima.
///
/// # Errors
/// As for [`conv2d`], and when the window does not fit on the map.
pub fn conv2d_max_pool(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    how: &Convolution,
    relu: bool,
    pooling: &Pooling,
) -> Result<Tensor> {
    // Where windows overlap, one operation would compute the same places several times.
    let apart = pooling.strides.0 >= pooling.size.0 && pooling.strides.1 >= pooling.size.1;
    if apart && pooling.size.0 * pooling.size.1 <= Shape::LARGEST_WINDOW {
        let behind = Behind {
            relu,
            pooling: Some(*pooling),
            ..Behind::default()
        };
        return convolve(x, kernel, bias, how, behind);
    }
    let behind = Behind {
        relu,
        ..Behind::default()
    };
    super::max_pool2d(&convolve(x, kernel, bias, how, behind)?, pooling)
}

/// What else a convolution does in the same operation.
#[derive(Clone, Copy, Default)]
struct Behind {
    relu: bool,
    pooling: Option<Pooling>,
    /// Images and maps are `(batch, height, width, channels)`.
    channels_last: bool,
}

fn convolve(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    how: &Convolution,
    behind: Behind,
) -> Result<Tensor> {
    let first = if behind.channels_last {
        x.permute((0, 3, 1, 2))?
    } else {
        x.clone()
    };
    let (rows, columns) = how.sides(&first, kernel, bias)?;
    let pooling = match &behind.pooling {
        Some(pooling) => Some(pooling.sides(rows.outputs, columns.outputs)?),
        None => None,
    };
    let inputs = [x, kernel, bias.unwrap_or(kernel)];
    if custom::fused(&inputs) && inputs.iter().all(|input| input.elem_count() > 0) {
        let shape = Shape {
            batch: x.dim(0)?,
            channels: first.dim(1)?,
            outputs: kernel.dim(0)?,
            groups: how.groups,
            rows,
            columns,
            channels_last: behind.channels_last,
            relu: behind.relu,
            pooling,
        };
        return fused::Fused::apply(shape, x, kernel, bias);
    }
    let mut z = conv2d_composed(&first, kernel, bias, how)?;
    if behind.relu {
        z = super::relu(&z)?;
    }
    if let Some(pooling) = &behind.pooling {
        z = super::max_pool2d(&z, pooling)?;
    }
    Ok(if behind.channels_last {
        z.permute((0, 2, 3, 1))?.contiguous()?
    } else {
        z
    })
}

/// The convolution of sequences `(batch, steps, features)` with a kernel `(outputs, features / groups, steps)`, with `relu` followed by `max(z, 0)`;
/// of the pairs in `how` only the second number counts.
///
/// # Errors
/// As for [`conv2d`].
pub fn conv1d(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    how: &Convolution,
    relu: bool,
) -> Result<Tensor> {
    ensure!(
        x.rank() == 3 && kernel.rank() == 3,
        "a convolution in time takes sequences of shape (batch, steps, features) and a kernel of shape (outputs, features / groups, steps), but \
         these have the shapes {:?} and {:?}",
        x.dims(),
        kernel.dims()
    );
    let how = Convolution {
        strides: (1, how.strides.1),
        dilation: (1, how.dilation.1),
        ..*how
    };
    // An image of height 1 with its channels innermost.
    let behind = Behind {
        relu,
        pooling: None,
        channels_last: true,
    };
    let z = convolve(&x.unsqueeze(1)?, &kernel.unsqueeze(2)?, bias, &how, behind)?;
    Ok(z.squeeze(1)?)
}

/// [`conv2d`] from Candle's differentiable operations: shifted views of the image, side by side, times the kernel as a matrix.
pub(crate) fn conv2d_composed(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    how: &Convolution,
) -> Result<Tensor> {
    let (rows, columns) = how.sides(x, kernel, bias)?;
    let (batch, channels, ..) = x.dims4()?;
    let outputs = kernel.dim(0)?;
    let groups = how.groups;
    // (batch, channels, patch, places): patch = every place of the kernel.
    let views = shifted_views(x, &rows, &columns, 0.0)?;
    let patch = views.len();
    let places = rows.outputs * columns.outputs;
    let patches =
        Tensor::stack(&views, 2)?.reshape((batch, groups, channels / groups * patch, places))?;
    let weights = kernel.reshape((1, groups, outputs / groups, channels / groups * patch))?;
    let z = weights.broadcast_matmul(&patches)?.reshape((
        batch,
        outputs,
        rows.outputs,
        columns.outputs,
    ))?;
    Ok(match bias {
        Some(bias) => z.broadcast_add(&bias.reshape((1, outputs, 1, 1))?)?,
        None => z,
    })
}

/// For every place of a window, in the order of reading: what the windows see there, as a tensor `(batch, channels, rows, columns)` of all
/// windows. Outside of the image they see `outside`.
pub(crate) fn shifted_views(
    x: &Tensor,
    rows: &Side,
    columns: &Side,
    outside: f64,
) -> Result<Vec<Tensor>> {
    let padded = pad(&pad(x, 2, rows, outside)?, 3, columns, outside)?;
    let mut views = Vec::with_capacity(rows.kernel * columns.kernel);
    for i in 0..rows.kernel {
        let strip = every_nth(&padded, 2, i * rows.dilation, rows)?;
        for j in 0..columns.kernel {
            views.push(every_nth(&strip, 3, j * columns.dilation, columns)?);
        }
    }
    Ok(views)
}

/// Adds what the padding asks for, and at the end enough to cut the axis into whole strides from any place of the window on.
fn pad(x: &Tensor, axis: usize, side: &Side, outside: f64) -> Result<Tensor> {
    let reach = (side.kernel - 1) * side.dilation + side.outputs * side.stride;
    let after = reach.saturating_sub(side.before + side.inputs);
    if outside == 0.0 {
        return Ok(x.pad_with_zeros(axis, side.before, after)?);
    }
    let block = |length: usize| -> Result<Option<Tensor>> {
        if length == 0 {
            return Ok(None);
        }
        let mut shape = x.dims().to_vec();
        shape[axis] = length;
        let zeros = Tensor::zeros(shape, x.dtype(), x.device())?;
        Ok(Some((zeros + outside)?))
    };
    let parts: Vec<Tensor> = [block(side.before)?, Some(x.clone()), block(after)?]
        .into_iter()
        .flatten()
        .collect();
    Ok(Tensor::cat(&parts, axis)?)
}

/// The numbers at `start`, `start + stride`, … along an axis, one for each output.
fn every_nth(x: &Tensor, axis: usize, start: usize, side: &Side) -> Result<Tensor> {
    let part = x.narrow(axis, start, side.outputs * side.stride)?;
    if side.stride == 1 {
        return Ok(part);
    }
    let mut shape = x.dims().to_vec();
    shape[axis] = side.outputs;
    shape.insert(axis + 1, side.stride);
    Ok(part
        .reshape(shape)?
        .narrow(axis + 1, 0, 1)?
        .squeeze(axis + 1)?)
}
