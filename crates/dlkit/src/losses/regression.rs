//! Losses for numbers: how far is each prediction from its target?

use super::{Loss, targets_like};
use anyhow::Result;
use candle_core::Tensor;

/// The mean of `(ŷ − y)²`. A large error counts much more than two of half its size. Also a metric.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let actual = Tensor::new(&[[56.0f32], [67.0]], &Device::Cpu)?;
/// let predicted = Tensor::new(&[[67.0f32], [50.0]], &Device::Cpu)?;
/// let loss = MeanSquaredError.loss(&predicted, &actual)?.to_scalar::<f32>()?;
/// assert_eq!(loss, (121.0 + 289.0) / 2.0);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MeanSquaredError;

impl Loss for MeanSquaredError {
    fn name(&self) -> &'static str {
        "mean_squared_error"
    }

    fn loss(&self, predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let targets = targets_like(predictions, targets)?;
        Ok((predictions - targets)?.sqr()?.mean_all()?)
    }
}

/// The mean of `|ŷ − y|`, in the unit of the target. Every unit of error counts the same; the slope jumps at 0. Also a metric.
#[derive(Clone, Copy, Debug, Default)]
pub struct MeanAbsoluteError;

impl Loss for MeanAbsoluteError {
    fn name(&self) -> &'static str {
        "mean_absolute_error"
    }

    fn loss(&self, predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let targets = targets_like(predictions, targets)?;
        let error = (predictions - targets)?;
        // Candle's `abs` has the slope +1 at 0; an error of exactly 0 must not move anything.
        let sign = error.detach().sign()?;
        Ok((error * sign)?.mean_all()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::finite_differences::assert_gradient;
    use candle_core::{Device, Var};

    const PREDICTIONS: [f64; 6] = [0.5, -1.0, 2.0, 3.0, 0.25, -4.0];

    fn targets() -> Tensor {
        Tensor::new(&[[1.0, -3.0], [2.5, 0.0], [0.0, 4.0]], &Device::Cpu).unwrap()
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        assert_gradient("mse", &PREDICTIONS, &[3, 2], |p| {
            MeanSquaredError.loss(p, &targets())
        });
        assert_gradient("mae", &PREDICTIONS, &[3, 2], |p| {
            MeanAbsoluteError.loss(p, &targets())
        });
    }

    #[test]
    fn no_error_no_gradient() {
        let p = Var::new(&[[2.0f32], [3.0]], &Device::Cpu).unwrap();
        let targets = Tensor::new(&[2.0f32, 4.0], &Device::Cpu).unwrap();
        let gradients = MeanAbsoluteError
            .loss(&p, &targets)
            .unwrap()
            .backward()
            .unwrap();
        assert_eq!(
            gradients.get(&p).unwrap().to_vec2::<f32>().unwrap(),
            [[0.0], [-0.5]]
        );
    }

    #[test]
    fn a_row_against_a_column_is_refused() {
        let column = Tensor::zeros((4, 1), candle_core::DType::F32, &Device::Cpu).unwrap();
        let row = Tensor::zeros((1, 4), candle_core::DType::F32, &Device::Cpu).unwrap();
        let message = MeanSquaredError
            .loss(&column, &row)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("[4, 1]") && message.contains("[1, 4]"),
            "{message}"
        );
    }
}
