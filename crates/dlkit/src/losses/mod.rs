//! What training makes small: one number that says how wrong a batch of predictions is.
//!
//! Every loss here is the mean over all elements of the batch, as in Keras. When a net ends in softmax or sigmoid, training
//! hands the loss the numbers *before* that activation (the logits): `ln(softmax(z))` from logits is exact, from
//! probabilities that have rounded to 0 it is −∞.

mod cross_entropy;
mod regression;

pub use cross_entropy::{
    BinaryCrossEntropy, CategoricalCrossEntropy, SparseCategoricalCrossEntropy,
};
pub use regression::{MeanAbsoluteError, MeanSquaredError};

use crate::activation::Activation;
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// A measure of error to be made small, with a gradient. Implement it for a loss of your own.
pub trait Loss {
    /// Its Keras name, such as `"mean_squared_error"`.
    fn name(&self) -> &'static str;

    /// The mean loss of a batch, a scalar tensor joined to the graph of `predictions`.
    ///
    /// # Errors
    /// When the shapes of predictions and targets do not fit each other.
    fn loss(&self, predictions: &Tensor, targets: &Tensor) -> Result<Tensor>;

    /// The same, from the logits in front of the net's last activation, or `None` where there is no better way than to apply
    /// the activation and call [`Loss::loss`].
    ///
    /// # Errors
    /// As for [`Loss::loss`].
    fn loss_from_logits(
        &self,
        logits: &Tensor,
        activation: Activation,
        targets: &Tensor,
    ) -> Result<Option<Tensor>> {
        let _ = (logits, activation, targets);
        Ok(None)
    }
}

/// The loss of what a net gives before its last activation: from the logits where the loss knows how.
pub(crate) fn of_output(
    loss: &dyn Loss,
    logits: &Tensor,
    activation: Activation,
    targets: &Tensor,
) -> Result<Tensor> {
    match loss.loss_from_logits(logits, activation, targets)? {
        Some(loss) => Ok(loss),
        None => loss.loss(&activation.apply(logits)?, targets),
    }
}

/// Targets in the shape and dtype of the predictions. `(n,)` is taken for `(n, 1)`; any other difference is an error,
/// because broadcasting `(n, 1)` against `(n,)` would give an n × n table of differences without a word.
pub(crate) fn targets_like(predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let targets = match (predictions.dims(), targets.dims()) {
        (&[n, 1], &[m]) if n == m => targets.unsqueeze(1)?,
        _ => targets.clone(),
    };
    ensure!(
        predictions.dims() == targets.dims(),
        "the predictions have the shape {:?} but the targets {:?}: they must be equal, one target for each prediction",
        predictions.dims(),
        targets.dims()
    );
    Ok(targets.to_dtype(predictions.dtype())?)
}
