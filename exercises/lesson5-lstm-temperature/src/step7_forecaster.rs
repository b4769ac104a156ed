//! Step 7 — The forecaster of the course: LSTM(16) and one linear neuron.
//!
//! ```python
//! inputs = keras.Input(shape=(sequence_length, n_features))        # .build((length, columns), …)
//! x = layers.LSTM(16)(inputs)                                      # .add(LSTM::new(16))
//! outputs = layers.Dense(1)(x)                                     # .add(Dense::new(1))
//! model.compile("rmsprop", loss="mse", metrics=["mae"])            # model.compile(…)
//! model.fit(…, validation_data=…, callbacks=[ModelCheckpoint(save_best_only=True)])
//! ```
//!
//! dlkit's `LSTM` is your step 6 as one kernel, with its gradient. Trained on windows with one answer each, it begins every
//! window with a zero state: the windows of a shuffled batch have nothing to do with each other.
//!
//! A net like this soon begins to learn its own years by heart. So it is measured on the validation part after each epoch, and in
//! the end it gets the weights of its best epoch back.

use candle_core::Device;
use dlkit::Result;
use dlkit::prelude::*;

/// The net: `LSTM(16)`, then `Dense(1)` without activation (a temperature may be any number). Compiled with RMSprop, the mean
/// squared error, and the mean absolute error as metric.
///
/// # Errors
/// When the device runs out of memory.
pub fn build(length: usize, columns: usize, seed: Seed, device: &Device) -> Result<Model> {
    todo!(
        "A Sequential of the two layers, built for (length, columns) with the seed, and compiled."
    )
}

/// How long to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many epochs at most.
    pub epochs: usize,
    /// How many windows share one update.
    pub batch_size: usize,
    /// How many epochs in a row may bring no better validation loss before training ends.
    pub patience: usize,
    /// What is shown.
    pub progress: Progress,
}

/// Trains a compiled model, validates after each epoch, stops when that has not helped for `patience` epochs, and leaves the
/// model with the weights of its best epoch: the one with the smallest `val_loss`.
///
/// `EarlyStopping` is a callback; a mutable reference to it goes into the settings' `callbacks`.
///
/// # Errors
/// When the data do not fit the model.
pub fn train(
    model: &mut Model,
    train: &Dataset,
    validation: &Dataset,
    settings: Settings,
) -> Result<History> {
    todo!(
        "An EarlyStopping that watches \"val_loss\" with the patience of the settings and restores \
         the best weights; then fit with the validation data and this callback."
    )
}

/// The mean absolute error of a trained model on `data`, in degrees. The targets are scaled temperatures; `deviation` is the
/// standard deviation that they were divided by.
///
/// `scores.get("mean_absolute_error")` is an `Option`, which is `None` for a model that was compiled without this metric:
/// `.context("…")?` makes an error with your sentence of it.
///
/// # Errors
/// When the data do not fit the model.
pub fn mae_in_degrees(model: &Model, data: &Dataset, deviation: f64) -> Result<f64> {
    todo!(
        "Evaluate; take the score named \"mean_absolute_error\" (an error if there is none); \
         multiply."
    )
}
