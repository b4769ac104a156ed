//! How good is the net? Evaluation and prediction, batch by batch, with dropout off.

use super::{Compiled, Model};
use crate::data::Dataset;
use crate::layers::Pass;
use crate::losses;
use crate::metrics::scalar;
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// Batches of this size keep the memory small and the processor busy; the result does not depend on it.
const BATCH_SIZE: usize = 256;

/// The loss and the metrics of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    values: Vec<(String, f64)>,
}

impl Scores {
    /// The mean loss over all samples.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.values[0].1
    }

    /// A metric by its name, such as `"accuracy"`; also `"loss"`. `None` when the model was not compiled with it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values
            .iter()
            .find(|(metric, _)| metric == name)
            .map(|(_, value)| *value)
    }

    /// The share of right answers, 0 to 1, for a model compiled with the metric `Accuracy`.
    ///
    /// # Errors
    /// When the model was compiled without it.
    pub fn accuracy(&self) -> Result<f64> {
        let accuracy = self.get("accuracy");
        ensure!(
            accuracy.is_some(),
            "the model was compiled without the metric Accuracy"
        );
        Ok(accuracy.unwrap_or_default())
    }

    /// All names and values, the loss first.
    #[must_use]
    pub fn values(&self) -> &[(String, f64)] {
        &self.values
    }
}

impl std::fmt::Display for Scores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts: Vec<String> = self
            .values
            .iter()
            .map(|(name, value)| format!("{name} {value:.4}"))
            .collect();
        f.write_str(&texts.join(", "))
    }
}

impl Model {
    /// Loss and metrics on data that the net was not trained on. As in Keras the loss includes what the weights cost by the layers'
    /// [regularisers](crate::regularizers).
    ///
    /// # Errors
    /// When the model is not compiled, or the data do not fit it.
    pub fn evaluate(&self, data: &Dataset) -> Result<Scores> {
        self.scores(self.compiled()?, data)
    }

    pub(super) fn scores(&self, compiled: &Compiled, data: &Dataset) -> Result<Scores> {
        ensure!(
            !data.is_empty(),
            "there is nothing to evaluate: the data set is empty"
        );
        let penalty = match self.penalty()? {
            Some(penalty) => scalar(&penalty)?,
            None => 0.0,
        };
        let mut means = Means::new(compiled);
        for batch in data.batches(BATCH_SIZE) {
            let batch = batch?;
            self.check_inputs(&batch.inputs)?;
            let (logits, activation) = self
                .layer
                .forward_to_logits(&batch.inputs, &Pass::inference())?;
            let logits = logits.detach();
            let loss = scalar(&losses::of_output(
                compiled.loss.as_ref(),
                &logits,
                activation,
                &batch.targets,
            )?)?;
            means.add(
                compiled,
                loss + penalty,
                &activation.apply(&logits)?,
                &batch.targets,
            )?;
        }
        Ok(Scores {
            values: means.named(),
        })
    }

    /// The outputs for all inputs `(n, …)`, computed in batches, outside of any graph.
    ///
    /// # Errors
    /// When the inputs do not have the shape the net was built for.
    pub fn predict(&self, inputs: &Tensor) -> Result<Tensor> {
        self.check_inputs(inputs)?;
        let n = inputs.dim(0)?;
        ensure!(n > 0, "there is nothing to predict: the inputs are empty");
        let mut parts = Vec::with_capacity(n.div_ceil(BATCH_SIZE));
        for start in (0..n).step_by(BATCH_SIZE) {
            let batch = inputs.narrow(0, start, BATCH_SIZE.min(n - start))?;
            parts.push(self.layer.forward(&batch, &Pass::inference())?.detach());
        }
        Ok(Tensor::cat(&parts, 0)?)
    }
}

/// Running means of the loss and the metrics; each batch counts by its number of samples, so that a small last batch does
/// not weigh as much as a full one.
pub(super) struct Means {
    names: Vec<String>,
    sums: Vec<f64>,
    samples: usize,
}

impl Means {
    pub(super) fn new(compiled: &Compiled) -> Self {
        let names: Vec<String> = std::iter::once("loss".to_string())
            .chain(compiled.metrics.iter().map(|m| m.name().to_string()))
            .collect();
        Self {
            sums: vec![0.0; names.len()],
            names,
            samples: 0,
        }
    }

    pub(super) fn add(
        &mut self,
        compiled: &Compiled,
        loss: f64,
        predictions: &Tensor,
        targets: &Tensor,
    ) -> Result<()> {
        let n = predictions.dim(0)?;
        self.sums[0] += loss * n as f64;
        for (sum, metric) in self.sums[1..].iter_mut().zip(&compiled.metrics) {
            *sum += metric.value(predictions, targets)? * n as f64;
        }
        self.samples += n;
        Ok(())
    }

    /// Names and means so far.
    pub(super) fn named(&self) -> Vec<(String, f64)> {
        let means = self.sums.iter().map(|sum| sum / self.samples.max(1) as f64);
        self.names.iter().cloned().zip(means).collect()
    }
}
