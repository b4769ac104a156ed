//! Step 3 — Baselines: what common sense says, and a net that does not know what comes after what.
//!
//! "Tomorrow at this hour it will be as warm as now" costs nothing and is hard to beat: day and season are in it for free.
//! Whatever a net reaches must be held against that. 2.5 °C sounds good, until one knows that common sense is off by 2.4.

use candle_core::{D, Device, Tensor};
use dlkit::Result;
use dlkit::prelude::*;

/// The mean absolute error of predictions `(m, 1)` against targets `(m, 1)`, in their unit.
///
/// Predictions 1, 2 and targets 2, 5: (1 + 3)/2 = 2.
///
/// # Errors
/// When the shapes differ.
pub fn mae(predictions: &Tensor, targets: &Tensor) -> Result<f64> {
    // solution: The difference, its absolute value, the mean over all; as f64.
    let error = (predictions - targets)?.abs()?.mean_all()?;
    Ok(f64::from(error.to_scalar::<f32>()?))
    // end solution
}

/// The forecast of common sense for each window of `inputs` `(m, length, columns)`: the value that column `column` has in the
/// window's last row. `(m, 1)`.
///
/// 24 hours later it is the same time of the day again: this is "as warm as 24 hours before".
///
/// # Errors
/// When there is no such column.
pub fn common_sense(inputs: &Tensor, column: usize) -> Result<Tensor> {
    // solution: Narrow to the last row of each window, then to the column; (m, 1, 1) loses one axis.
    let last = inputs.narrow(1, inputs.dim(1)? - 1, 1)?;
    Ok(last.narrow(D::Minus1, column, 1)?.squeeze(1)?)
    // end solution
}

/// Which share of common sense's error a forecast saves: 1 is perfect, 0 as good as common sense, below 0 worse.
///
/// An error of 1.8 °C where common sense has 2.4 °C: 1 − 1.8/2.4 = 0.25.
pub fn skill(error: f64, common_sense_error: f64) -> f64 {
    // solution: One minus the ratio of the errors.
    1. - error / common_sense_error
    // end solution
}

/// A dense net on the window laid out as one row: `Flatten`, 16 with ReLU, 1 as it is. Compiled with RMSprop, the mean squared
/// error, and the mean absolute error as metric.
///
/// To this net a window is 720 numbers side by side. That one of them came an hour after another it cannot know.
///
/// # Errors
/// When the device runs out of memory.
pub fn dense_net(length: usize, columns: usize, seed: Seed, device: &Device) -> Result<Model> {
    // solution: A Sequential of the three layers, built for (length, columns); compile it.
    let mut model = Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(16).relu())
        .add(Dense::new(1))
        .build((length, columns), seed, device)?;
    model.compile(RmsProp::default(), MeanSquaredError, [MeanAbsoluteError]);
    Ok(model)
    // end solution
}

/// The same windows `(m, length, columns)` with their hours in another order: hour `order[i]` comes to place `i`, in every window
/// alike.
///
/// The order 2, 0, 1 makes c a b of a b c. Is a dense net worse with it? Train one, and see.
///
/// # Errors
/// When `order` names an hour that there is not.
pub fn reorder(inputs: &Tensor, order: &[u32]) -> Result<Tensor> {
    // solution: One index_select along the axis of the hours.
    let order = Tensor::new(order, inputs.device())?;
    Ok(inputs.contiguous()?.index_select(&order, 1)?)
    // end solution
}
