//! `GRU`: the gated recurrent unit (Cho et al., 2014), an LSTM's idea with one state and a quarter less weights.
//!
//! ```text
//! z = σ(x · W_z + b_z + h · U_z + d_z)              how much of the old state stays
//! r = σ(x · W_r + b_r + h · U_r + d_r)              how much of it the candidate sees
//! n = tanh(x · W_n + b_n + r · (h · U_n + d_n))     the candidate
//! h' = z · h + (1 − z) · n
//! ```
//!
//! Input `(batch, steps, features)`; output the last hidden state, `(batch, units)`, or all of them. `kernel` is `(features, 3 · units)`,
//! `recurrent_kernel` `(units, 3 · units)`, in the order z, r, n. As in Keras (`reset_after=True`) and PyTorch, `r` acts after the
//! product with `U`, so there are two biases: `bias` is `(2, 3 · units)`. `3 · units · (features + units + 2)` parameters.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(GRU::new(16))
//!     .add(Dense::new(1))
//!     .build((120, 14), Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), 3 * 16 * (14 + 16 + 2) + 17);
//! # Ok(()) }
//! ```

use super::recurrent::recurrent_layer;
use super::{Built, Layer, RecurrentLayer, RecurrentSettings, Scope};
use crate::init::Initializer;
use crate::ops::Cell;
use anyhow::Result;

/// The gated recurrent unit. Keras's defaults: Glorot-uniform kernel, orthogonal recurrent kernel, zero biases.
#[derive(Clone, Debug)]
pub struct GRU {
    settings: RecurrentSettings,
}

impl GRU {
    /// A layer with this many units.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self {
            settings: RecurrentSettings::new(Cell::Gru, units),
        }
    }
}

recurrent_layer!(GRU);
