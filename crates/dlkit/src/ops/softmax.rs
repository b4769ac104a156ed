//! Softmax and its logarithm over the last axis.
//!
//! Both subtract the row's largest number first: the result is the same, and no exponential overflows. Candle's
//! `softmax_last_dim` computes the same values but has no backward pass, so it is not used here.

use anyhow::Result;
use candle_core::{D, Tensor};

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
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    let exponentials = below_the_largest(x)?.exp()?;
    Ok(exponentials.broadcast_div(&exponentials.sum_keepdim(D::Minus1)?)?)
}

/// `ln softmax(x)`, computed as `x − ln Σⱼ e^xⱼ` so that a small probability does not become ln 0. Shape `(…, k)` to `(…, k)`.
pub fn log_softmax(x: &Tensor) -> Result<Tensor> {
    let shifted = below_the_largest(x)?;
    let log_of_sum = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
    Ok(shifted.broadcast_sub(&log_of_sum)?)
}

/// `x − max(x)`. The maximum is taken as a constant: softmax does not change when a row is shifted, so no gradient is lost.
fn below_the_largest(x: &Tensor) -> Result<Tensor> {
    Ok(x.broadcast_sub(&x.detach().max_keepdim(D::Minus1)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
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
