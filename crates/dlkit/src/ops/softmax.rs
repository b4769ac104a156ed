//! Softmax and its logarithm over the last axis.
//!
//! Both subtract the row's largest number first: the result is the same, and no exponential overflows. Candle's
//! `softmax_last_dim` computes the same values but has no backward pass, so it is not used here.

use super::bounds;
use super::custom::{self, Values};
use crate::kernels::buffer;
use crate::kernels::softmax as kernel;
use anyhow::Result;
use candle_core::{CpuStorage, CustomOp1, D, Layout, Shape, Tensor};

/// `softmax(x)ᵢ = e^xᵢ / Σⱼ e^xⱼ` over the last axis: each row is in (0, 1) and sums to 1. Shape `(…, k)` to `(…, k)`.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use candle_core::{Device, Tensor};
///
/// let logits = Tensor::new(&[[1.0f32, 2.0, 3.0], [1000.0, 1000.0, 1000.0]], &Device::Cpu)?;
/// let rows = dlkit::ops::softmax(&logits)?.to_vec2::<f32>()?;
/// assert!((rows[0][2] - 0.665_24).abs() < 1e-5);
/// assert!((rows[1][0] - 1.0 / 3.0).abs() < 1e-6); // no overflow
/// # Ok(()) }
/// ```
///
/// A number of −∞, which is how a mask says "not this one", gets exactly 0. A row of nothing but −∞ gets zeros: the formula would give 0/0,
/// and one NaN would spread through the whole net.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    if custom::fused(&[x]) && x.elem_count() > 0 {
        return Ok(x.contiguous()?.apply_op1(Softmax)?);
    }
    softmax_composed(x)
}

pub(crate) fn softmax_composed(x: &Tensor) -> Result<Tensor> {
    share_of_row(&below_the_largest(x)?.exp()?)
}

/// Each number over the sum of its row; a row of zeros stays one.
pub(crate) fn share_of_row(x: &Tensor) -> Result<Tensor> {
    let sum = x.sum_keepdim(D::Minus1)?;
    let one_if_zero = sum.eq(&sum.zeros_like()?)?.to_dtype(x.dtype())?;
    Ok(x.broadcast_div(&(sum + one_if_zero)?)?)
}

/// `ln softmax(x)`, computed as `x − ln Σⱼ e^xⱼ` so that a small probability does not become ln 0. Shape `(…, k)` to `(…, k)`.
pub fn log_softmax(x: &Tensor) -> Result<Tensor> {
    let shifted = below_the_largest(x)?;
    let log_of_sum = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
    Ok(shifted.broadcast_sub(&log_of_sum)?)
}

/// `x − max(x)`. The maximum is taken as a constant: softmax does not change when a row is shifted, so no gradient is lost.
fn below_the_largest(x: &Tensor) -> Result<Tensor> {
    let largest = x.detach().max_keepdim(D::Minus1)?;
    // −∞ − (−∞) is NaN. With a finite number instead it stays −∞, whose exponential is 0.
    let largest = bounds::at_least(&largest, f64::from(f32::MIN))?;
    Ok(x.broadcast_sub(&largest)?)
}

/// The kernel in Candle's graph.
struct Softmax;

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let x = custom::slice(x, layout)?;
        let mut out = buffer::uninit(x.len());
        kernel::forward(x, &mut out, width(layout.shape()));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, y: &Tensor, dy: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !custom::wanted(x) {
            return Ok(None);
        }
        let (y, dy) = (Values::of(y)?, Values::of(dy)?);
        let mut dx = buffer::uninit(y.len());
        kernel::backward(&y, &dy, &mut dx, width(x.shape()));
        Ok(Some(custom::tensor(dx, x.shape())?))
    }
}

/// The length of a row; a scalar is a row of one.
fn width(shape: &Shape) -> usize {
    shape.dims().last().copied().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::agreement::assert_agreement;
    use crate::ops::finite_differences::assert_gradient;
    use candle_core::Device;

    #[test]
    fn gradients_agree_with_finite_differences() {
        let logits = [
            0.3, -1.2, 2.0, 0.0, 0.0, 0.0, 5.0, -5.0, 1.0, 40.0, 39.0, -40.0,
        ];
        for shape in [vec![4, 3], vec![2, 2, 3]] {
            assert_gradient("softmax", &logits, &shape, softmax);
            assert_gradient("log_softmax", &logits, &shape, log_softmax);
        }
    }

    #[test]
    fn kernel_composed_form_and_finite_differences_agree() {
        for shape in [&[1usize][..], &[7], &[3, 5], &[2, 3, 33], &[300, 65]] {
            assert_agreement(
                "softmax",
                &[shape],
                |x| softmax(&x[0]),
                |x| softmax_composed(&x[0]),
            );
        }
    }

    #[test]
    fn minus_infinity_is_0_and_a_row_of_it_is_zeros() {
        let masked = f32::NEG_INFINITY;
        for form in [softmax, softmax_composed] {
            let x = candle_core::Var::new(
                &[[1f32, masked, 1.0], [masked, masked, masked]],
                &Device::Cpu,
            )
            .unwrap();
            let y = form(&x).unwrap();
            assert_eq!(
                y.to_vec2::<f32>().unwrap(),
                [[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]
            );
            let gradient = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            let gradient = gradient.get(&x).unwrap().to_vec2::<f32>().unwrap();
            assert_eq!(gradient, [[0.0; 3]; 2]);
        }
    }

    #[test]
    fn large_logits_stay_finite() {
        let logits = Tensor::new(&[[1e4f32, 0.0, -1e4]], &Device::Cpu).unwrap();
        assert_eq!(
            softmax(&logits).unwrap().to_vec2::<f32>().unwrap(),
            [[1.0, 0.0, 0.0]]
        );
        assert_eq!(
            log_softmax(&logits).unwrap().to_vec2::<f32>().unwrap(),
            [[0.0, -1e4, -2e4]]
        );
    }
}
