//! Losses for probabilities: how surprised was the net by what really came?
//!
//! Cross-entropy is `−ln` of the probability that the net gave to the true answer, averaged. Making it small
//! also makes the divergence between the true and the predicted distribution small.

use super::{Loss, targets_like};
use crate::activation::Activation;
use crate::ops;
use anyhow::{Result, ensure};
use candle_core::{D, DType, Tensor};

/// Probabilities are kept this far from 0 and 1 before a logarithm is taken, as in Keras.
const EPSILON: f64 = 1e-7;

fn bounded(probabilities: &Tensor) -> Result<Tensor> {
    ops::bounds::clamp(probabilities, EPSILON, 1.0 - EPSILON)
}

/// For yes or no: the mean of `−(y ln p + (1 − y) ln(1 − p))`, with targets 0 or 1 (or between) in the shape of the predictions.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let target = Tensor::new(&[[1.0f32]], &Device::Cpu)?;
/// let p = Tensor::new(&[[0.5f32]], &Device::Cpu)?;
/// let loss = BinaryCrossEntropy.loss(&p, &target)?.to_scalar::<f32>()?;
/// assert!((loss - std::f32::consts::LN_2).abs() < 1e-6);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct BinaryCrossEntropy;

impl BinaryCrossEntropy {
    /// The same loss of `sigmoid(z)`, from the logits `z`: the mean of `softplus(z) − y·z`. Exact where the sigmoid has
    /// long rounded to 0 or 1: a logit of 100 with the target 0 costs 100, not infinity.
    ///
    /// # Errors
    /// When the shapes differ.
    pub fn from_logits(&self, logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let targets = targets_like(logits, targets)?;
        Ok((ops::softplus(logits)? - (logits * targets)?)?.mean_all()?)
    }
}

impl Loss for BinaryCrossEntropy {
    fn name(&self) -> &'static str {
        "binary_crossentropy"
    }

    fn loss(&self, predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let targets = targets_like(predictions, targets)?;
        let p = bounded(predictions)?;
        let of_yes = (&targets * p.log()?)?;
        let of_no = ((1.0 - &targets)? * (1.0 - p)?.log()?)?;
        Ok((of_yes + of_no)?.mean_all()?.neg()?)
    }

    fn loss_from_logits(
        &self,
        logits: &Tensor,
        activation: Activation,
        targets: &Tensor,
    ) -> Result<Option<Tensor>> {
        match activation {
            Activation::Sigmoid => self.from_logits(logits, targets).map(Some),
            _ => Ok(None),
        }
    }
}

/// For one of k classes with targets as probabilities or one-hot rows, `(n, k)`: the mean over the rows of `−Σ yᵢ ln pᵢ`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CategoricalCrossEntropy;

impl CategoricalCrossEntropy {
    /// The same loss of `softmax(z)`, from the logits `z`.
    ///
    /// # Errors
    /// When the shapes differ.
    pub fn from_logits(&self, logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
        mean_surprise(&ops::log_softmax(logits)?, targets)
    }
}

impl Loss for CategoricalCrossEntropy {
    fn name(&self) -> &'static str {
        "categorical_crossentropy"
    }

    fn loss(&self, predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
        mean_surprise(&bounded(predictions)?.log()?, targets)
    }

    fn loss_from_logits(
        &self,
        logits: &Tensor,
        activation: Activation,
        targets: &Tensor,
    ) -> Result<Option<Tensor>> {
        match activation {
            Activation::Softmax => self.from_logits(logits, targets).map(Some),
            _ => Ok(None),
        }
    }
}

fn mean_surprise(log_probabilities: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let targets = targets_like(log_probabilities, targets)?;
    Ok((log_probabilities * targets)?
        .sum(D::Minus1)?
        .mean_all()?
        .neg()?)
}

/// For one of k classes with targets as class numbers, `(n,)`: the mean of `−ln p[class]`. Predictions are `(n, k)`. The same
/// number as [`CategoricalCrossEntropy`] on one-hot targets, without the table of zeros.
///
/// An untrained net gives each class about the same probability, so its first loss is about `ln k`: 2.303 for ten classes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SparseCategoricalCrossEntropy;

impl SparseCategoricalCrossEntropy {
    /// The same loss of `softmax(z)`, from the logits `z`, `(n, k)`.
    ///
    /// # Errors
    /// When there is not one class number per row, or one is not below k.
    pub fn from_logits(&self, logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let targets = class_numbers(logits, targets)?;
        ops::sparse_cross_entropy(&as_rows(logits)?, &targets)
    }
}

impl Loss for SparseCategoricalCrossEntropy {
    fn name(&self) -> &'static str {
        "sparse_categorical_crossentropy"
    }

    fn loss(&self, predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let targets = class_numbers(predictions, targets)?;
        let logs = bounded(&as_rows(predictions)?)?.log()?;
        Ok(logs.gather(&targets.unsqueeze(1)?, 1)?.mean_all()?.neg()?)
    }

    fn loss_from_logits(
        &self,
        logits: &Tensor,
        activation: Activation,
        targets: &Tensor,
    ) -> Result<Option<Tensor>> {
        match activation {
            Activation::Softmax => self.from_logits(logits, targets).map(Some),
            _ => Ok(None),
        }
    }
}

/// `(…, classes)` as `(rows, classes)`.
fn as_rows(predictions: &Tensor) -> Result<Tensor> {
    match predictions.rank() {
        2 => Ok(predictions.clone()),
        _ => Ok(predictions.flatten_to(predictions.rank().saturating_sub(2))?),
    }
}

/// The class numbers of `targets` as `(rows,)` of `u32`, proved to fit predictions of this shape.
fn class_numbers(predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let classes = predictions.dim(D::Minus1)?;
    let rows = predictions.elem_count() / classes.max(1);
    ensure!(
        targets.elem_count() == rows,
        "the predictions have the shape {:?}, so {rows} class numbers are needed, but the targets have the shape {:?}{}",
        predictions.dims(),
        targets.dims(),
        if targets.dims() == predictions.dims() {
            " (one-hot rows? then the loss is CategoricalCrossEntropy)"
        } else {
            ""
        }
    );
    let targets = targets.flatten_all()?.to_dtype(DType::U32)?;
    let largest = targets.max(0)?.to_scalar::<u32>()? as usize;
    ensure!(
        largest < classes,
        "the targets hold the class number {largest}, but the net has {classes} outputs, for the classes 0 to {}",
        classes.saturating_sub(1)
    );
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::finite_differences::assert_gradient;
    use candle_core::{Device, Var};

    const LOGITS: [f64; 6] = [0.5, -1.0, 2.0, 3.0, 0.0, -4.0];

    fn yes_or_no() -> Tensor {
        Tensor::new(&[[1.0, 0.0, 1.0], [0.0, 0.25, 0.0]], &Device::Cpu).unwrap()
    }

    fn one_hot() -> Tensor {
        Tensor::new(&[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], &Device::Cpu).unwrap()
    }

    fn classes() -> Tensor {
        Tensor::new(&[1u32, 0], &Device::Cpu).unwrap()
    }

    fn value(tensor: Result<Tensor>) -> f64 {
        tensor
            .unwrap()
            .to_dtype(DType::F64)
            .unwrap()
            .to_scalar()
            .unwrap()
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        assert_gradient("bce from logits", &LOGITS, &[2, 3], |z| {
            BinaryCrossEntropy.from_logits(z, &yes_or_no())
        });
        assert_gradient("cce from logits", &LOGITS, &[2, 3], |z| {
            CategoricalCrossEntropy.from_logits(z, &one_hot())
        });
        assert_gradient("scce from logits", &LOGITS, &[2, 3], |z| {
            SparseCategoricalCrossEntropy.from_logits(z, &classes())
        });
        let p = [0.5, 0.25, 0.25, 0.1, 0.2, 0.7];
        assert_gradient("bce", &p, &[2, 3], |p| {
            BinaryCrossEntropy.loss(p, &yes_or_no())
        });
        assert_gradient("cce", &p, &[2, 3], |p| {
            CategoricalCrossEntropy.loss(p, &one_hot())
        });
        assert_gradient("scce", &p, &[2, 3], |p| {
            SparseCategoricalCrossEntropy.loss(p, &classes())
        });
    }

    #[test]
    fn from_logits_and_from_probabilities_agree() {
        let z = Tensor::from_slice(&LOGITS, (2, 3), &Device::Cpu).unwrap();
        let pairs = [
            (
                BinaryCrossEntropy.from_logits(&z, &yes_or_no()),
                BinaryCrossEntropy.loss(&ops::sigmoid(&z).unwrap(), &yes_or_no()),
            ),
            (
                CategoricalCrossEntropy.from_logits(&z, &one_hot()),
                CategoricalCrossEntropy.loss(&ops::softmax(&z).unwrap(), &one_hot()),
            ),
            (
                SparseCategoricalCrossEntropy.from_logits(&z, &classes()),
                SparseCategoricalCrossEntropy.loss(&ops::softmax(&z).unwrap(), &classes()),
            ),
            (
                CategoricalCrossEntropy.from_logits(&z, &one_hot()),
                SparseCategoricalCrossEntropy.from_logits(&z, &classes()),
            ),
        ];
        for (a, b) in pairs {
            let (a, b) = (value(a), value(b));
            assert!((a - b).abs() < 1e-9, "{a} and {b}");
        }
    }

    #[test]
    fn logits_of_plus_and_minus_100_cost_100_and_0() {
        for (logit, target, wanted) in [
            (100.0f32, 0.0f32, 100.0),
            (-100.0, 1.0, 100.0),
            (100.0, 1.0, 0.0),
            (-100.0, 0.0, 0.0),
        ] {
            let z = Var::new(&[[logit]], &Device::Cpu).unwrap();
            let target = Tensor::new(&[[target]], &Device::Cpu).unwrap();
            let loss = BinaryCrossEntropy.from_logits(&z, &target).unwrap();
            let gradient = loss
                .backward()
                .unwrap()
                .get(&z)
                .unwrap()
                .to_vec2::<f32>()
                .unwrap()[0][0];
            assert_eq!(loss.to_scalar::<f32>().unwrap(), wanted);
            let slope = if wanted == 0.0 { 0.0 } else { logit.signum() };
            assert!(
                (gradient - slope).abs() < 1e-30,
                "{gradient} instead of {slope}"
            );
        }
        let z = Tensor::new(&[[100.0f32, 0.0, -100.0]], &Device::Cpu).unwrap();
        let last = Tensor::new(&[2u32], &Device::Cpu).unwrap();
        assert_eq!(
            value(SparseCategoricalCrossEntropy.from_logits(&z, &last)),
            200.0
        );
    }

    #[test]
    fn probabilities_of_0_and_1_stay_finite() {
        let p = Tensor::new(&[[0.0f32, 1.0]], &Device::Cpu).unwrap();
        let wrong = Tensor::new(&[[1.0f32, 0.0]], &Device::Cpu).unwrap();
        let loss = value(BinaryCrossEntropy.loss(&p, &wrong));
        assert!((15.0..17.0).contains(&loss), "{loss}");
    }

    #[test]
    fn an_even_guess_over_ten_classes_costs_ln_10() {
        let z = Tensor::zeros((5, 10), DType::F32, &Device::Cpu).unwrap();
        let targets = Tensor::new(&[0u8, 3, 9, 1, 1], &Device::Cpu).unwrap();
        assert!(
            (value(SparseCategoricalCrossEntropy.from_logits(&z, &targets)) - 10f64.ln()).abs()
                < 1e-6
        );
    }

    #[test]
    fn a_class_that_the_net_does_not_have_is_named() {
        let z = Tensor::zeros((2, 10), DType::F32, &Device::Cpu).unwrap();
        let targets = Tensor::new(&[0u32, 10], &Device::Cpu).unwrap();
        let message = SparseCategoricalCrossEntropy
            .from_logits(&z, &targets)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("class number 10") && message.contains("10 outputs"),
            "{message}"
        );
        let one_hot = Tensor::zeros((2, 10), DType::F32, &Device::Cpu).unwrap();
        let message = SparseCategoricalCrossEntropy
            .loss(&z, &one_hot)
            .unwrap_err()
            .to_string();
        assert!(message.contains("one-hot"), "{message}");
    }
}
