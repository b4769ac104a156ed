//! What a person watches while a net trains. A metric needs no gradient, so it can be what one really wants to know.

use crate::losses::{Loss, MeanAbsoluteError, MeanSquaredError};
use anyhow::{Result, ensure};
use candle_core::{D, DType, Tensor};

/// A number that says how good predictions are, averaged over samples. Implement it for a metric of your own.
pub trait Metric {
    /// Its Keras name, such as `"accuracy"`; the history lists it under this name and, for validation data, with `val_` in front.
    fn name(&self) -> &str;

    /// The mean over the samples of one batch. Over many batches these are averaged, each by its number of samples.
    ///
    /// # Errors
    /// When the shapes of predictions and targets do not fit each other.
    fn value(&self, predictions: &Tensor, targets: &Tensor) -> Result<f64>;
}

/// The share of right answers, 0 to 1.
///
/// As in Keras, the shapes say what is compared: predictions `(n, 1)` are yes above 0.5; predictions `(n, k)` choose the class
/// with the largest number, and targets are class numbers `(n,)` or one-hot rows `(n, k)`.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let predictions = Tensor::new(&[[0.1f32, 0.9], [0.8, 0.2]], &Device::Cpu)?;
/// let classes = Tensor::new(&[1u32, 1], &Device::Cpu)?;
/// assert_eq!(Accuracy.value(&predictions, &classes)?, 0.5);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Accuracy;

impl Metric for Accuracy {
    fn name(&self) -> &str {
        "accuracy"
    }

    fn value(&self, predictions: &Tensor, targets: &Tensor) -> Result<f64> {
        let (answers, wanted) = (answers(predictions)?, classes_of(targets, predictions)?);
        ensure!(
            answers.len() == wanted.len(),
            "there are {} predictions but {} targets",
            answers.len(),
            wanted.len()
        );
        let right = answers
            .iter()
            .zip(&wanted)
            .filter(|(answer, wanted)| answer == wanted)
            .count();
        Ok(right as f64 / answers.len().max(1) as f64)
    }
}

impl Metric for MeanSquaredError {
    fn name(&self) -> &str {
        Loss::name(self)
    }

    fn value(&self, predictions: &Tensor, targets: &Tensor) -> Result<f64> {
        scalar(&self.loss(&predictions.detach(), targets)?)
    }
}

impl Metric for MeanAbsoluteError {
    fn name(&self) -> &str {
        Loss::name(self)
    }

    fn value(&self, predictions: &Tensor, targets: &Tensor) -> Result<f64> {
        scalar(&self.loss(&predictions.detach(), targets)?)
    }
}

/// A scalar tensor of any float type as f64.
pub(crate) fn scalar(tensor: &Tensor) -> Result<f64> {
    Ok(tensor.to_dtype(DType::F64)?.to_scalar()?)
}

/// The class that each row of predictions chooses: the largest of k numbers, or yes (1) above 0.5 where there is one.
fn answers(predictions: &Tensor) -> Result<Vec<u32>> {
    let predictions = predictions.detach();
    let chosen = match predictions.dims() {
        [_] | [_, 1] => predictions.gt(0.5)?,
        _ => predictions.argmax(D::Minus1)?,
    };
    Ok(chosen.flatten_all()?.to_dtype(DType::U32)?.to_vec1()?)
}

fn classes_of(targets: &Tensor, predictions: &Tensor) -> Result<Vec<u32>> {
    let one_hot = predictions.dims().len() > 1
        && predictions.dim(D::Minus1)? > 1
        && targets.dims() == predictions.dims();
    let classes = if one_hot {
        targets.argmax(D::Minus1)?
    } else {
        targets.clone()
    };
    Ok(classes.flatten_all()?.to_dtype(DType::U32)?.to_vec1()?)
}

/// Who was taken for whom: `count(actual, predicted)` over all samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    counts: Vec<Vec<usize>>,
}

impl ConfusionMatrix {
    /// Counts predictions `(n, k)` (or `(n, 1)` for yes and no) against targets, in the shapes that [`Accuracy`] takes.
    ///
    /// # Errors
    /// When their numbers differ, or a target is not one of the classes.
    pub fn new(predictions: &Tensor, targets: &Tensor) -> Result<Self> {
        let classes = predictions.dims().get(1).copied().unwrap_or(1).max(2);
        let (answers, wanted) = (answers(predictions)?, classes_of(targets, predictions)?);
        ensure!(
            answers.len() == wanted.len(),
            "there are {} predictions but {} targets",
            answers.len(),
            wanted.len()
        );
        let mut counts = vec![vec![0; classes]; classes];
        for (answer, wanted) in answers.into_iter().zip(wanted) {
            let (row, column) = (wanted as usize, answer as usize);
            ensure!(
                row < classes,
                "the target class {row} is not one of the {classes} that the predictions know"
            );
            counts[row][column] += 1;
        }
        Ok(Self { counts })
    }

    /// Row by actual class, column by predicted class.
    #[must_use]
    pub fn counts(&self) -> &[Vec<usize>] {
        &self.counts
    }

    /// The share on the diagonal, 0 to 1.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.counts.len())
            .map(|class| self.counts[class][class])
            .sum();
        let all: usize = self.counts.iter().flatten().sum();
        right as f64 / all.max(1) as f64
    }

    /// The wrong pair that happens most often: actual class, predicted class, how often. `None` when nothing is wrong.
    #[must_use]
    pub fn most_confused(&self) -> Option<(usize, usize, usize)> {
        let pairs = self.counts.iter().enumerate().flat_map(|(actual, row)| {
            row.iter()
                .enumerate()
                .map(move |(predicted, count)| (actual, predicted, *count))
        });
        pairs
            .filter(|(actual, predicted, count)| actual != predicted && *count > 0)
            .max_by_key(|pair| pair.2)
    }
}

impl std::fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self
            .counts
            .iter()
            .flatten()
            .map(|count| count.to_string().len())
            .max()
            .unwrap_or(1)
            .max(2);
        write!(f, "actual ↓ predicted →")?;
        for class in 0..self.counts.len() {
            write!(f, " {class:>width$}")?;
        }
        for (class, row) in self.counts.iter().enumerate() {
            write!(f, "\n{class:>20}")?;
            for count in row {
                write!(f, " {count:>width$}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn tensor<A: candle_core::NdArray>(values: A) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap()
    }

    #[test]
    fn accuracy_reads_the_question_from_the_shapes() {
        let three_classes = tensor(&[
            [0.1f32, 0.7, 0.2],
            [0.5, 0.3, 0.2],
            [0.0, 0.1, 0.9],
            [0.4, 0.3, 0.3],
        ]);
        assert_eq!(
            Accuracy
                .value(&three_classes, &tensor(&[1u32, 0, 2, 2]))
                .unwrap(),
            0.75
        );
        assert_eq!(
            Accuracy
                .value(&three_classes, &tensor(&[1u8, 1, 1, 1]))
                .unwrap(),
            0.25
        );
        let one_hot = tensor(&[[0f32, 1., 0.], [1., 0., 0.], [0., 0., 1.], [1., 0., 0.]]);
        assert_eq!(Accuracy.value(&three_classes, &one_hot).unwrap(), 1.0);
        let yes_or_no = tensor(&[[0.51f32], [0.5], [0.2], [0.9]]);
        assert_eq!(
            Accuracy
                .value(&yes_or_no, &tensor(&[[1f32], [0.], [0.], [0.]]))
                .unwrap(),
            0.75
        );
    }

    #[test]
    fn a_missing_target_is_an_error() {
        assert!(
            Accuracy
                .value(&tensor(&[[0.5f32], [0.7]]), &tensor(&[1f32]))
                .is_err()
        );
    }

    #[test]
    fn the_confusion_matrix_has_the_actual_class_in_its_rows() {
        let predictions = tensor(&[[0.9f32, 0.1], [0.2, 0.8], [0.3, 0.7]]);
        let matrix = ConfusionMatrix::new(&predictions, &tensor(&[0u32, 0, 1])).unwrap();
        assert_eq!(matrix.counts(), [[1, 1], [0, 1]]);
        assert_eq!(matrix.most_confused(), Some((0, 1, 1)));
        assert!((matrix.accuracy() - 2.0 / 3.0).abs() < 1e-12);
        assert!(ConfusionMatrix::new(&predictions, &tensor(&[0u32, 0, 2])).is_err());
    }
}
