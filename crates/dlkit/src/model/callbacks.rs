//! What can happen beside training: stop early, keep the best weights, change the learning rate, or anything of your own.

use super::{Model, saving};
use crate::optimizers::Optimizer;
use crate::schedules::Schedule;
use crate::variable::Variable;
use anyhow::{Context, Result};
use candle_core::Tensor;
use std::path::PathBuf;

/// Something that looks on while a model trains. All methods do nothing unless written.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// struct LossOf(Vec<f64>);
/// impl Callback for LossOf {
///     fn on_epoch_end(&mut self, _: usize, logs: &[(String, f64)], _: &mut Training<'_>) -> Result<()> {
///         self.0.push(logs[0].1);
///         Ok(())
///     }
/// }
///
/// let mut model = Sequential::new().add(Dense::new(1).sigmoid()).build(2, Seed(1), &Device::Cpu)?;
/// model.compile(Adam::default(), BinaryCrossEntropy, ());
/// let mut losses = LossOf(Vec::new());
/// model.fit(&dlkit::data::xor()?, Fit { epochs: 3, callbacks: vec![&mut losses], ..Fit::default() })?;
/// assert_eq!(losses.0.len(), 3);
/// # Ok(()) }
/// ```
pub trait Callback {
    /// Before the first step.
    ///
    /// # Errors
    /// An error ends the training; the same holds for every method here.
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        let _ = training;
        Ok(())
    }

    /// Before each step; both counts start at 0, and steps go on counting from epoch to epoch.
    ///
    /// # Errors
    /// See [`Callback::on_train_begin`].
    fn on_step_begin(
        &mut self,
        step: usize,
        epoch: usize,
        training: &mut Training<'_>,
    ) -> Result<()> {
        let _ = (step, epoch, training);
        Ok(())
    }

    /// After each epoch (from 0), with its figures: `loss`, the metrics, and `val_…` where there is validation data.
    ///
    /// # Errors
    /// See [`Callback::on_train_begin`].
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &[(String, f64)],
        training: &mut Training<'_>,
    ) -> Result<()> {
        let _ = (epoch, logs, training);
        Ok(())
    }

    /// After the last epoch, also when training was stopped early.
    ///
    /// # Errors
    /// See [`Callback::on_train_begin`].
    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        let _ = training;
        Ok(())
    }
}

/// What a callback may see and change.
pub struct Training<'a> {
    /// The variables of the model.
    pub variables: &'a [Variable],
    /// Its optimiser.
    pub optimizer: &'a mut dyn Optimizer,
    architecture: &'a str,
    stop: &'a mut Option<String>,
}

impl<'a> Training<'a> {
    pub(super) fn new(
        model: &'a Model,
        optimizer: &'a mut dyn Optimizer,
        stop: &'a mut Option<String>,
    ) -> Self {
        Self {
            variables: &model.variables,
            optimizer,
            architecture: &model.architecture,
            stop,
        }
    }

    /// Ends the training after this epoch, for this reason.
    pub fn stop(&mut self, reason: impl Into<String>) {
        *self.stop = Some(reason.into());
    }
}

/// A function that is called after each epoch; Keras's `LambdaCallback`.
pub struct OnEpochEnd<F>(pub F);

impl<F: FnMut(usize, &[(String, f64)])> Callback for OnEpochEnd<F> {
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &[(String, f64)],
        _: &mut Training<'_>,
    ) -> Result<()> {
        (self.0)(epoch, logs);
        Ok(())
    }
}

/// Watches one figure for its best value. Accuracies are best when large, everything else when small.
#[derive(Debug)]
struct Best {
    monitor: String,
    min_delta: f64,
    value: Option<f64>,
}

impl Best {
    fn new(monitor: impl Into<String>) -> Self {
        Self {
            monitor: monitor.into(),
            min_delta: 0.0,
            value: None,
        }
    }

    /// Whether this epoch is the best so far.
    fn improved(&mut self, logs: &[(String, f64)]) -> Result<bool> {
        let value = logs
            .iter()
            .find(|(name, _)| *name == self.monitor)
            .map(|(_, value)| *value)
            .with_context(|| {
                let names: Vec<&str> = logs.iter().map(|(name, _)| name.as_str()).collect();
                let hint = if self.monitor.starts_with("val_")
                    && !names.iter().any(|name| name.starts_with("val_"))
                {
                    "; fit was given no validation data"
                } else {
                    ""
                };
                format!(
                    "a callback watches \"{}\", but there is only {}{hint}",
                    self.monitor,
                    names.join(", ")
                )
            })?;
        let gain = if self.monitor.ends_with("accuracy") {
            1.0
        } else {
            -1.0
        };
        let improved = self
            .value
            .is_none_or(|best| gain * (value - best) > self.min_delta);
        if improved {
            self.value = Some(value);
        }
        Ok(improved)
    }
}

/// Stops when a figure has not become better for some epochs.
#[derive(Debug)]
pub struct EarlyStopping {
    best: Best,
    patience: usize,
    restore_best_weights: bool,
    waited: usize,
    weights: Vec<Tensor>,
}

impl EarlyStopping {
    /// Watches this figure, for example `"val_loss"`; stops at the first epoch without a gain unless given patience.
    #[must_use]
    pub fn new(monitor: impl Into<String>) -> Self {
        Self {
            best: Best::new(monitor),
            patience: 0,
            restore_best_weights: false,
            waited: 0,
            weights: Vec::new(),
        }
    }

    /// How many epochs in a row may bring no gain.
    #[must_use]
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// A gain smaller than this is none.
    #[must_use]
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.best.min_delta = min_delta;
        self
    }

    /// Puts the weights of the best epoch back at the end.
    #[must_use]
    pub fn restore_best_weights(self) -> Self {
        Self {
            restore_best_weights: true,
            ..self
        }
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.best.value = None;
        self.waited = 0;
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &[(String, f64)],
        training: &mut Training<'_>,
    ) -> Result<()> {
        if self.best.improved(logs)? {
            self.waited = 0;
            if self.restore_best_weights {
                self.weights = training
                    .variables
                    .iter()
                    .map(|v| v.tensor().copy())
                    .collect::<Result<_, _>>()?;
            }
            return Ok(());
        }
        self.waited += 1;
        if self.waited > self.patience {
            let epochs = if self.waited == 1 {
                "1 epoch".into()
            } else {
                format!("{} epochs", self.waited)
            };
            training.stop(format!(
                "stopped after epoch {}: no better {} for {epochs}",
                epoch + 1,
                self.best.monitor
            ));
        }
        Ok(())
    }

    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        for (variable, weight) in training.variables.iter().zip(self.weights.drain(..)) {
            variable.var().set(&weight)?;
        }
        Ok(())
    }
}

/// Saves the weights whenever a figure is better than ever before; Keras's `ModelCheckpoint` with `save_best_only`.
#[derive(Debug)]
pub struct ModelCheckpoint {
    path: PathBuf,
    best: Best,
}

impl ModelCheckpoint {
    /// Watches this figure, for example `"val_loss"`, and writes to this file; read it with [`Model::load`](Model::load).
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, monitor: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            best: Best::new(monitor),
        }
    }
}

impl Callback for ModelCheckpoint {
    fn on_epoch_end(
        &mut self,
        _: usize,
        logs: &[(String, f64)],
        training: &mut Training<'_>,
    ) -> Result<()> {
        if self.best.improved(logs)? {
            saving::save(&self.path, training.architecture, training.variables)?;
        }
        Ok(())
    }
}

/// Whether a schedule counts training steps or epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleUnit {
    /// Every step, as Keras's schedule objects do.
    Step,
    /// Every epoch, as Keras's `LearningRateScheduler` does.
    Epoch,
}

/// Sets the learning rate by a [`Schedule`], before each step.
pub struct LearningRateScheduler<S> {
    schedule: S,
    unit: ScheduleUnit,
}

impl<S: Schedule> LearningRateScheduler<S> {
    /// Follows the schedule, counting in this unit from 0.
    #[must_use]
    pub fn new(schedule: S, unit: ScheduleUnit) -> Self {
        Self { schedule, unit }
    }
}

impl<S: Schedule> Callback for LearningRateScheduler<S> {
    fn on_step_begin(
        &mut self,
        step: usize,
        epoch: usize,
        training: &mut Training<'_>,
    ) -> Result<()> {
        let time = if self.unit == ScheduleUnit::Step {
            step
        } else {
            epoch
        };
        training.optimizer.set_learning_rate(self.schedule.at(time));
        Ok(())
    }
}
