//! Step 8 — The relatives: GRU, bidirectional, stacked.
//!
//! * The **GRU** has two gates and one state instead of three and two: a quarter less weights, and often as good.
//! * A **bidirectional** layer reads the sequence from both ends with two cells, and sets what they say side by side. For a word
//!   with a gap that is right, since what comes after says much. For a forecast? The window ends now either way.
//! * **Stacked** layers: the second one reads the states of the first. So the first must give all of its states, not only the
//!   last. Two or three layers are usually enough.
//!
//! All three end with `Dense(1)` and are compiled as in step 7.

use candle_core::Device;
use dlkit::Result;
use dlkit::prelude::*;

fn compiled(mut model: Model) -> Model {
    model.compile(RmsProp::default(), MeanSquaredError, [MeanAbsoluteError]);
    model
}

/// `GRU(16)`, `Dense(1)`.
///
/// With 6 columns: 3·16·(6 + 16 + 2) + 17 = 1,169 parameters.
///
/// # Errors
/// When the device runs out of memory.
pub fn gru(length: usize, columns: usize, seed: Seed, device: &Device) -> Result<Model> {
    todo!("As in step 7, with GRU::new(16); hand the built model to `compiled`.")
}

/// An `LSTM(16)` from each end, `Dense(1)` on their 32 numbers.
///
/// With 6 columns: 2·1,472 + 33 = 2,977 parameters.
///
/// # Errors
/// When the device runs out of memory.
pub fn bidirectional(length: usize, columns: usize, seed: Seed, device: &Device) -> Result<Model> {
    todo!("`Bidirectional::new` takes the layer that it doubles.")
}

/// Two `LSTM(16)`, the second reading all states of the first, then `Dense(1)`.
///
/// With 6 columns: 1,472 + 4·16·(16 + 16 + 1) + 17 = 3,601 parameters.
///
/// # Errors
/// When the device runs out of memory.
pub fn stacked(length: usize, columns: usize, seed: Seed, device: &Device) -> Result<Model> {
    todo!("Two LSTM layers; the first one returns its sequences.")
}
