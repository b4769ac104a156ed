//! Step 9 — Clearly better than common sense: ask for the change, and say what time it is.
//!
//! The net of step 7 has to learn first what common sense knows from the start: that it will be about as warm as now. Three
//! thoughts, none of them a larger net:
//!
//! 1. **Ask for the change.** The target is how much warmer or colder it will be than now; the forecast is "now, plus what the
//!    net says". A net that says 0 is common sense, and everything that it learns comes on top.
//! 2. **Say what time it is.** Hour and season decide how a day goes on. As a number the hour 23 would be far from hour 0; as a
//!    point on a circle, (sin, cos), they are neighbours.
//! 3. **Ask several.** Nets that began with other weights make other mistakes. The mean of their forecasts makes less.

use candle_core::{Device, Tensor};
use dlkit::Result;
use dlkit::data::Dataset;
use dlkit::prelude::Model;
use std::f64::consts::TAU;

/// Hours of a day, and of a year.
pub const DAY: f64 = 24.;
/// Hours of a year, leap years counted in.
pub const YEAR: f64 = 365.25 * 24.;

/// Adds four columns to scaled rows `(n, columns)`: √2·sin and √2·cos of the day, √2·sin and √2·cos of the year, in this order:
/// `(n, columns + 4)`.
///
/// `hours[i]` is the time of row `i` in hours since a New Year's Day, 0 o'clock. The angle of the day is 2π · hours/24, that of
/// the year 2π · hours/8766; √2 gives the waves the standard deviation 1 that the other columns have. At 6 o'clock on that day:
/// √2·sin = 1.414, √2·cos = 0 for the day, 0.006 and 1.414 for the year.
///
/// # Errors
/// When there are not as many hours as rows.
pub fn with_clock(rows: &Tensor, hours: &[f64]) -> Result<Tensor> {
    todo!(
        "Four numbers for each hour, as f32, in a tensor (n, 4); join it to the rows along axis 1."
    )
}

/// The same windows with another question: how much will column `column` have changed since the window's last row? Inputs stay,
/// targets `(m, 1)` become target − last value.
///
/// # Errors
/// When there is no such column.
pub fn changes(data: &Dataset, column: usize) -> Result<Dataset> {
    todo!(
        "Take what is now (`now`, below, gives it for every window) away from the targets; the \
         inputs stay."
    )
}

/// The forecast of a model that was trained on changes, for windows `(m, length, columns)`: what is now, plus what the model
/// says. `(m, 1)`, scaled.
///
/// # Errors
/// When the windows do not fit the model.
pub fn forecast(model: &Model, inputs: &Tensor, column: usize) -> Result<Tensor> {
    todo!("What is now (`now`, below), plus `model.predict(inputs)`.")
}

/// The value of a column in the last row of each window, `(m, 1)`.
fn now(inputs: &Tensor, column: usize) -> Result<Tensor> {
    let last = inputs.narrow(1, inputs.dim(1)? - 1, 1)?;
    Ok(last.narrow(2, column, 1)?.squeeze(1)?)
}

/// The mean of several forecasts of the same shape, entry by entry.
///
/// # Errors
/// When there is none, or their shapes differ.
pub fn average(forecasts: &[Tensor]) -> Result<Tensor> {
    todo!("Stack them along a new axis 0, and take the mean along it.")
}
