//! `fit`: the training loop. Batch, forward, loss, update; again until the epochs are over.

use super::callbacks::Callback;
use super::evaluate::Means;
use super::progress::{Display, Progress};
use super::{Compiled, History, Model, Training};
use crate::activation::Activation;
use crate::data::{Batch, Dataset};
use crate::layers::Pass;
use crate::losses;
use crate::metrics::scalar;
use crate::seed::Seed;
use anyhow::{Context, Result, ensure};
use candle_core::Tensor;
use std::time::Instant;

/// The settings of a training run, with Keras's defaults. Give the ones that differ:
///
/// ```
/// use dlkit::prelude::*;
///
/// let mut patience = EarlyStopping::new("val_loss").patience(3);
/// let fit = Fit {
///     epochs: 50,
///     validation: Validation::Split(0.25),
///     callbacks: vec![&mut patience],
///     ..Fit::default()
/// };
/// assert_eq!(fit.batch_size, 32);
/// ```
pub struct Fit<'a> {
    /// How often every sample is seen.
    pub epochs: usize,
    /// How many samples make one step; the last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// On what to measure after each epoch.
    pub validation: Validation<'a>,
    /// Whether each epoch has an order of its own; drawn from the model's seed.
    pub shuffle: bool,
    /// What else happens at each epoch and step.
    pub callbacks: Vec<&'a mut dyn Callback>,
    /// What is shown while it runs.
    pub progress: Progress,
}

impl Default for Fit<'_> {
    fn default() -> Self {
        Self {
            epochs: 1,
            batch_size: 32,
            validation: Validation::None,
            shuffle: true,
            callbacks: Vec::new(),
            progress: Progress::Auto,
        }
    }
}

/// Data that is measured after each epoch but never learned from.
#[derive(Clone, Copy, Debug, Default)]
pub enum Validation<'a> {
    /// None.
    #[default]
    None,
    /// This share (0 to 1) of the training data: its last samples, as in Keras, taken before any shuffle.
    Split(f64),
    /// A set of its own.
    Data(&'a Dataset),
}

impl Model {
    /// Trains the net and gives the history of its loss and metrics.
    ///
    /// Each epoch's training figures are means over the epoch, while the net was changing; validation figures are measured at
    /// its end, so they can be the better ones.
    ///
    /// # Errors
    /// When the model is not compiled, the data do not fit it, a trainable variable gets no gradient, or the loss is NaN
    /// or infinite. The weights are then those of the last good step.
    pub fn fit(&mut self, data: &Dataset, settings: Fit<'_>) -> Result<History> {
        crate::live::begin();
        let mut compiled = self.compiled.take();
        let result = match &mut compiled {
            Some(compiled) => self.train(compiled, data, settings),
            None => self.compiled().map(|_| History::default()),
        };
        self.compiled = compiled;
        result
    }

    fn train(
        &mut self,
        compiled: &mut Compiled,
        data: &Dataset,
        settings: Fit<'_>,
    ) -> Result<History> {
        ensure!(
            settings.batch_size > 0,
            "a batch needs at least one sample, but batch_size is 0"
        );
        ensure!(
            !data.is_empty(),
            "there is nothing to learn from: the data set is empty"
        );
        let split;
        let (train, validation) = match settings.validation {
            Validation::None => (data, None),
            Validation::Data(validation) => (data, Some(validation)),
            Validation::Split(share) => {
                split = data
                    .split(share)
                    .context("the data cannot be split for validation")?;
                (&split.0, Some(&split.1))
            }
        };
        let started = Instant::now();
        let mut history = History::default();
        let steps = train.len().div_ceil(settings.batch_size);
        let display = Display::new(settings.progress, settings.epochs, steps);
        let mut run = Run {
            settings,
            display,
            stop: None,
        };
        run.each_callback(self, compiled, |callback, training| {
            callback.on_train_begin(training)
        })?;
        for epoch in 0..run.settings.epochs {
            let mut logs = self.train_epoch(compiled, train, epoch, &mut run)?;
            if let Some(validation) = validation {
                logs.extend(self.measure(compiled, validation)?);
            }
            self.epochs_trained += 1;
            history.push(&logs);
            run.display.end_epoch(epoch, &logs);
            run.each_callback(self, compiled, |callback, training| {
                callback.on_epoch_end(epoch, &logs, training)
            })?;
            if run.stop.is_some() {
                break;
            }
        }
        run.each_callback(self, compiled, |callback, training| {
            callback.on_train_end(training)
        })?;
        if let Some(reason) = &run.stop {
            run.display.say(reason);
        }
        history.stopped = run.stop.take();
        history.seconds = started.elapsed().as_secs_f64();
        Ok(history)
    }

    fn train_epoch(
        &self,
        compiled: &mut Compiled,
        train: &Dataset,
        epoch: usize,
        run: &mut Run<'_>,
    ) -> Result<Vec<(String, f64)>> {
        let seed = self.seed.derive("epoch").at(self.epochs_trained);
        let batches = train.batches(run.settings.batch_size);
        let batches = if run.settings.shuffle {
            batches.shuffled(seed.derive("shuffle"))
        } else {
            batches
        };
        let steps = batches.len();
        let mut means = Means::new(compiled);
        for (step, batch) in batches.enumerate() {
            let batch = batch?;
            run.each_callback(self, compiled, |callback, training| {
                callback.on_step_begin(epoch * steps + step, epoch, training)
            })?;
            let here = || {
                format!(
                    "training stopped in epoch {}, step {} of {steps}",
                    epoch + 1,
                    step + 1
                )
            };
            let pass_seed = seed.derive("pass").at(step as u64);
            let (loss, logits, activation) = self
                .train_step(compiled, &batch, pass_seed)
                .with_context(here)?;
            crate::live::loss(loss);
            means.add(compiled, loss, &activation.apply(&logits)?, &batch.targets)?;
            run.display.step(epoch, step, || means.named());
        }
        Ok(means.named())
    }

    /// The four steps of training on one batch: forward, loss, gradients, update. Gives the loss and the outputs.
    fn train_step(
        &self,
        compiled: &mut Compiled,
        batch: &Batch,
        seed: Seed,
    ) -> Result<(f64, Tensor, Activation)> {
        self.check_inputs(&batch.inputs)?;
        let (logits, activation) = self
            .layer
            .forward_to_logits(&batch.inputs, &Pass::training(seed))?;
        let loss = losses::of_output(compiled.loss.as_ref(), &logits, activation, &batch.targets)?;
        let loss = match self.penalty()? {
            Some(penalty) => (loss + penalty)?,
            None => loss,
        };
        let value = scalar(&loss)?;
        ensure!(
            value.is_finite(),
            "the loss is {value}, so the weights would be lost: look for a learning rate that is too large (it is {}), inputs \
             that are not scaled, or a NaN in the data",
            compiled.optimizer.learning_rate()
        );
        compiled
            .optimizer
            .step(&self.variables, &loss.backward()?)?;
        Ok((value, logits.detach(), activation))
    }

    /// Validation figures, named `val_…`.
    fn measure(&self, compiled: &Compiled, validation: &Dataset) -> Result<Vec<(String, f64)>> {
        let scores = self
            .scores(compiled, validation)
            .context("the validation data cannot be evaluated")?;
        Ok(scores
            .values()
            .iter()
            .map(|(name, value)| (format!("val_{name}"), *value))
            .collect())
    }
}

/// What one call of `fit` carries along.
struct Run<'a> {
    settings: Fit<'a>,
    display: Display,
    stop: Option<String>,
}

impl Run<'_> {
    fn each_callback(
        &mut self,
        model: &Model,
        compiled: &mut Compiled,
        mut call: impl FnMut(&mut dyn Callback, &mut Training<'_>) -> Result<()>,
    ) -> Result<()> {
        for callback in &mut self.settings.callbacks {
            call(
                *callback,
                &mut Training::new(model, compiled.optimizer.as_mut(), &mut self.stop),
            )?;
        }
        Ok(())
    }
}
