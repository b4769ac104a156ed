//! `LSTM`: long short-term memory (Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000).
//!
//! Beside the hidden state `h` there is a cell state `c`, which a step changes only through gates: `i` takes in, `f` keeps, `o` shows.
//!
//! ```text
//! i, f, o = σ(x · W + h · U + b)    each with its own quarter of W, U and b
//! g       = tanh(x · W + h · U + b)
//! c'      = f · c + i · g
//! h'      = o · tanh(c')
//! ```
//!
//! Where `f` is near 1, `c` passes on unchanged, and so does its gradient: that is why it remembers for hundreds of steps.
//!
//! Input `(batch, steps, features)`; output the last hidden state, `(batch, units)`, or all of them. `kernel` is `(features, 4 · units)`,
//! `recurrent_kernel` `(units, 4 · units)`, `bias` `(4 · units,)`, in the order i, f, g, o: `4 · units · (features + units + 1)`
//! parameters.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(LSTM::new(16))
//!     .add(Dense::new(1))
//!     .build((120, 14), Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), 2_001);
//! # Ok(()) }
//! ```

use super::recurrent::recurrent_layer;
use super::{Built, Layer, RecurrentLayer, RecurrentSettings, Scope};
use crate::init::Initializer;
use crate::ops::Cell;
use anyhow::Result;

/// Long short-term memory. Keras's defaults: Glorot-uniform kernel, orthogonal recurrent kernel, zero bias but for the forget gate,
/// which starts at 1: at first everything is remembered.
#[derive(Clone, Debug)]
pub struct LSTM {
    settings: RecurrentSettings,
}

impl LSTM {
    /// A layer with this many units.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self {
            settings: RecurrentSettings::new(Cell::Lstm, units),
        }
    }

    /// With a forget gate whose bias starts at 0 like the others.
    #[must_use]
    pub fn without_unit_forget_bias(mut self) -> Self {
        self.settings.unit_forget_bias = false;
        self
    }
}

recurrent_layer!(LSTM);
