//! `SimpleRNN`: a net that reads a sequence step by step and remembers in its hidden state (Elman, 1990).
//!
//! `hₜ = tanh(xₜ · W + hₜ₋₁ · U + b)`, from `h₀ = 0`. Input `(batch, steps, features)`; output the last hidden state, `(batch, units)`, or
//! all of them. `W` (`kernel`) is `(features, units)`, `U` (`recurrent_kernel`) is `(units, units)`, `b` (`bias`) `(units,)`:
//! `units · (features + units + 1)` parameters, however long the sequence is.
//!
//! What happened long ago is multiplied with `U` once for each step since: its gradient fades or explodes. [`super::LSTM`] and
//! [`super::GRU`] are the cure.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(SimpleRNN::new(32).return_sequences())
//!     .add(SimpleRNN::new(32))
//!     .add(Dense::new(1))
//!     .build((20, 1), Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), 32 * (1 + 32 + 1) + 32 * (32 + 32 + 1) + 33);
//! # Ok(()) }
//! ```

use super::recurrent::recurrent_layer;
use super::{Built, Layer, RecurrentLayer, RecurrentSettings, Scope};
use crate::init::Initializer;
use crate::ops::Cell;
use anyhow::Result;

/// The plain recurrent layer. Keras's defaults: Glorot-uniform kernel, orthogonal recurrent kernel, zero bias, tanh.
#[derive(Clone, Debug)]
pub struct SimpleRNN {
    settings: RecurrentSettings,
}

impl SimpleRNN {
    /// A layer with this many units.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self {
            settings: RecurrentSettings::new(Cell::SimpleRnn, units),
        }
    }
}

recurrent_layer!(SimpleRNN);
