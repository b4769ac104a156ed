//! Batch normalisation: each channel with mean 0 and variance 1, then stretched and shifted as the net likes.
//!
//! ```text
//! x̂ = (x − μ) / √(σ² + ε);   y = γ x̂ + β
//! ```
//!
//! In training μ and σ² are those of the batch, and the gradient goes through them too; afterwards they are given.

use super::custom::{self, Values};
use crate::kernels::batch_norm::{self as kernel, Layout as Lay};
use anyhow::{Result, ensure};
use candle_core::{CpuStorage, CustomOp3, Layout, Shape, Tensor};

/// What [`batch_norm`] gives.
#[derive(Clone, Debug)]
pub struct BatchNormalized {
    /// The normalised batch, in the shape of the input.
    pub output: Tensor,
    /// The mean of each channel, outside of any graph, `(channels,)`.
    pub mean: Tensor,
    /// The biased variance of each channel (divided by the count, not by one less), outside of any graph, `(channels,)`.
    pub variance: Tensor,
}

/// Normalises a batch by its own mean and variance along `axis`, the axis of the channels; `gamma` and `beta` are `(channels,)`.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let x = Tensor::new(&[[1.0f32, 10.0], [3.0, 30.0]], &Device::Cpu)?;
/// let (gamma, beta) = (Tensor::new(&[1.0f32, 5.0], &Device::Cpu)?, Tensor::new(&[0.0f32, 7.0], &Device::Cpu)?);
/// let normalised = dlkit::ops::batch_norm(&x, &gamma, &beta, 0.0, 1)?;
/// assert_eq!(normalised.output.to_vec2::<f32>()?, [[-1.0, 2.0], [1.0, 12.0]]);
/// assert_eq!(normalised.variance.to_vec1::<f32>()?, [1.0, 100.0]);
/// # Ok(()) }
/// ```
pub fn batch_norm(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: f64,
    axis: usize,
) -> Result<BatchNormalized> {
    let lay = check(x, &[gamma, beta], axis)?;
    if !custom::fused(&[x, gamma, beta]) {
        return composed(x, gamma, beta, epsilon, lay);
    }
    let x = x.contiguous()?;
    let statistics = kernel::statistics(&Values::of(&x)?, lay);
    let op = BatchNorm::new(lay, &statistics.mean, &statistics.variance, epsilon, true);
    Ok(BatchNormalized {
        output: x.apply_op3(&gamma.contiguous()?, &beta.contiguous()?, op)?,
        mean: custom::tensor(statistics.mean, lay.channels)?,
        variance: custom::tensor(statistics.variance, lay.channels)?,
    })
}

/// The same by a mean and a variance `(channels,)` that are given, as constants: what a trained net does.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let of = |number: f32| Tensor::new(&[number], &Device::Cpu);
/// let x = Tensor::new(&[[4.0f32], [8.0]], &Device::Cpu)?;
/// let y = dlkit::ops::batch_norm_by(&x, &of(1.0)?, &of(0.0)?, &of(2.0)?, &of(4.0)?, 0.0, 1)?;
/// assert_eq!(y.to_vec2::<f32>()?, [[1.0], [3.0]]);
/// # Ok(()) }
/// ```
pub fn batch_norm_by(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    mean: &Tensor,
    variance: &Tensor,
    epsilon: f64,
    axis: usize,
) -> Result<Tensor> {
    let lay = check(x, &[gamma, beta, mean, variance], axis)?;
    if !custom::fused(&[x, gamma, beta, mean, variance]) {
        return composed_by(x, gamma, beta, mean, variance, epsilon, lay);
    }
    let op = BatchNorm::new(
        lay,
        &Values::of(mean)?,
        &Values::of(variance)?,
        epsilon,
        false,
    );
    Ok(x.contiguous()?
        .apply_op3(&gamma.contiguous()?, &beta.contiguous()?, op)?)
}

fn check(x: &Tensor, of_channels: &[&Tensor], axis: usize) -> Result<Lay> {
    ensure!(
        axis < x.rank(),
        "there is no axis {axis} to normalise in a batch of shape {:?}",
        x.dims()
    );
    let lay = Lay {
        outer: x.dims()[..axis].iter().product(),
        channels: x.dims()[axis],
        inner: x.dims()[axis + 1..].iter().product(),
    };
    ensure!(
        lay.len() > 0,
        "a batch of shape {:?} has no numbers, so it has no mean either",
        x.dims()
    );
    for tensor in of_channels {
        ensure!(
            tensor.dims() == [lay.channels],
            "axis {axis} of a batch of shape {:?} has {} channels, but one of gamma, beta, mean and variance has the shape {:?}",
            x.dims(),
            lay.channels,
            tensor.dims()
        );
    }
    Ok(lay)
}

fn composed(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: f64,
    lay: Lay,
) -> Result<BatchNormalized> {
    let rows = x.reshape((lay.outer, lay.channels, lay.inner))?;
    let mean = rows.mean_keepdim(2)?.mean_keepdim(0)?;
    let centred = rows.broadcast_sub(&mean)?;
    let variance = centred.sqr()?.mean_keepdim(2)?.mean_keepdim(0)?;
    let normalised = centred.broadcast_div(&(&variance + epsilon)?.sqrt()?)?;
    Ok(BatchNormalized {
        output: scaled(&normalised, gamma, beta)?.reshape(x.shape())?,
        mean: mean.detach().flatten_all()?,
        variance: variance.detach().flatten_all()?,
    })
}

fn composed_by(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    mean: &Tensor,
    variance: &Tensor,
    epsilon: f64,
    lay: Lay,
) -> Result<Tensor> {
    let rows = x.reshape((lay.outer, lay.channels, lay.inner))?;
    let deviation = (of_channel(&variance.detach())? + epsilon)?.sqrt()?;
    let normalised = rows
        .broadcast_sub(&of_channel(&mean.detach())?)?
        .broadcast_div(&deviation)?;
    Ok(scaled(&normalised, gamma, beta)?.reshape(x.shape())?)
}

fn scaled(rows: &Tensor, gamma: &Tensor, beta: &Tensor) -> Result<Tensor> {
    Ok(rows
        .broadcast_mul(&of_channel(gamma)?)?
        .broadcast_add(&of_channel(beta)?)?)
}

/// `(channels,)` as `(1, channels, 1)`.
fn of_channel(tensor: &Tensor) -> Result<Tensor> {
    Ok(tensor.reshape((1, tensor.elem_count(), 1))?)
}

struct BatchNorm {
    lay: Lay,
    mean: Vec<f32>,
    /// `1 / √(σ² + ε)` of each channel.
    inverse: Vec<f32>,
    /// Whether mean and variance come from this batch, so that they move with it.
    of_batch: bool,
}

impl BatchNorm {
    fn new(lay: Lay, mean: &[f32], variance: &[f32], epsilon: f64, of_batch: bool) -> Self {
        let inverse = variance
            .iter()
            .map(|variance| (1.0 / (f64::from(*variance) + epsilon).sqrt()) as f32);
        Self {
            lay,
            mean: mean.to_vec(),
            inverse: inverse.collect(),
            of_batch,
        }
    }

    /// `γ / √(σ² + ε)`.
    fn scale(&self, gamma: &[f32]) -> Vec<f32> {
        self.inverse.iter().zip(gamma).map(|(a, b)| a * b).collect()
    }
}

impl CustomOp3 for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        gamma: &CpuStorage,
        gamma_layout: &Layout,
        beta: &CpuStorage,
        beta_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let y = kernel::normalise(
            custom::slice(x, x_layout)?,
            self.lay,
            &self.mean,
            &self.scale(custom::slice(gamma, gamma_layout)?),
            custom::slice(beta, beta_layout)?,
        );
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gamma: &Tensor,
        beta: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (x_values, dy) = (Values::of(x)?, Values::of(dy)?);
        let channels = self.lay.channels;
        let (sums, along) = kernel::sums(&x_values, &dy, self.lay, &self.mean);
        let dx = if custom::wanted(x) {
            let scale = self.scale(&Values::of(gamma)?);
            let (mut slope, mut offset) = (vec![0.0; channels], vec![0.0; channels]);
            if self.of_batch {
                // The mean and the variance move with x: of dy the part along 1 and the part along x̂ cancel.
                let count = self.lay.shared() as f64;
                for c in 0..channels {
                    let (scale, inverse) = (f64::from(scale[c]), f64::from(self.inverse[c]));
                    slope[c] = (scale * inverse * inverse * along[c] / count) as f32;
                    offset[c] = (scale * sums[c] / count) as f32;
                }
            }
            let dx = kernel::input_gradient(
                &x_values,
                &dy,
                self.lay,
                &self.mean,
                [&scale, &slope, &offset],
            );
            Some(custom::tensor(dx, x.shape())?)
        } else {
            None
        };
        let of_channels = |t: &Tensor, values: Vec<f32>| {
            if custom::wanted(t) {
                custom::tensor(values, channels).map(Some)
            } else {
                Ok(None)
            }
        };
        let along_normalised = (along.iter().zip(&self.inverse))
            .map(|(along, inverse)| (along * f64::from(*inverse)) as f32);
        Ok((
            dx,
            of_channels(gamma, along_normalised.collect())?,
            of_channels(beta, sums.iter().map(|sum| *sum as f32).collect())?,
        ))
    }
}

#[cfg(test)]
mod tests;
