//! Step 6 — Long short-term memory: a cell with a notebook and three gates.
//!
//! A plain cell rewrites its whole state at every step: what it saw 100 hours ago has gone through a hundred products with U and
//! a hundred tanh. The LSTM has a second state beside h, the *cell state* c, that nothing is multiplied with but a number from 0
//! to 1:
//!
//! ```text
//! i = σ(x·Wᵢ + h·Uᵢ + bᵢ)       input gate: how much of the candidate is written down
//! f = σ(x·W_f + h·U_f + b_f)     forget gate: how much of what is written stays
//! g = tanh(x·W_g + h·U_g + b_g)  the candidate
//! o = σ(x·Wₒ + h·Uₒ + bₒ)       output gate: how much of it is said
//! c' = f·c + i·g
//! h' = o·tanh(c')
//! ```
//!
//! The four W stand side by side in one kernel `(features, 4·units)`, in Keras's order **i, f, g, o** (Keras calls g "c"), and so
//! do the four U and the four b. So one product makes all four sums.

use candle_core::{D, DType, Device, Tensor};
use dlkit::Result;
use dlkit::ops::sigmoid;

/// The weights of an LSTM with Keras's shapes.
#[derive(Clone, Debug)]
pub struct Lstm {
    /// `(features, 4·units)`.
    pub kernel: Tensor,
    /// `(units, 4·units)`.
    pub recurrent_kernel: Tensor,
    /// `(4·units,)`.
    pub bias: Tensor,
}

/// The three gates (0 to 1) and the candidate (−1 to 1) at one step, `(batch, units)` each.
#[derive(Clone, Debug)]
pub struct Gates {
    /// i: how much of the candidate is written down.
    pub input: Tensor,
    /// f: how much of the cell state stays.
    pub forget: Tensor,
    /// g: what could be written down.
    pub candidate: Tensor,
    /// o: how much of the cell state is said.
    pub output: Tensor,
}

/// What an LSTM carries from step to step, `(batch, units)` each.
#[derive(Clone, Debug)]
pub struct State {
    /// h: what it says.
    pub hidden: Tensor,
    /// c: what it knows.
    pub cell: Tensor,
}

/// The gates and the candidate for inputs `x` `(batch, features)` and a hidden state `h` `(batch, units)`.
///
/// `sums.chunk(4, 1)?` cuts a tensor `(batch, 4·units)` into four of `(batch, units)`. [`dlkit::ops::sigmoid`] is σ.
///
/// # Errors
/// When the shapes do not fit.
pub fn gates(lstm: &Lstm, x: &Tensor, h: &Tensor) -> Result<Gates> {
    todo!(
        "All four sums at once, x·kernel + h·recurrent_kernel + bias; cut them in four; σ for i, f \
         and o, tanh for g."
    )
}

/// The next state from the gates and the cell state `c` `(batch, units)` so far: c' = f·c + i·g and h' = o·tanh(c').
///
/// With i = 0.5, f = 0.9, g = 0.4, o = 1 and c = 2: c' = 1.8 + 0.2 = 2, h' = tanh(2) = 0.9640.
///
/// # Errors
/// When the shapes do not fit.
pub fn next_state(gates: &Gates, c: &Tensor) -> Result<State> {
    todo!("The two formulas, entry by entry.")
}

/// Takes an LSTM along sequences `(batch, steps, features)`, both states from zeros, and gives the hidden state after the last step,
/// `(batch, units)`.
///
/// # Errors
/// When the shapes do not fit.
pub fn run(lstm: &Lstm, sequences: &Tensor) -> Result<Tensor> {
    todo!(
        "Zeros for both states. At each time step the gates from the input and the hidden state, \
         then the next state."
    )
}

/// The bias that an LSTM begins with, `(4·units,)`: 1 for the forget gate, 0 for all else.
///
/// σ(1) = 0.73, so that at first most of the cell state stays, and gradients reach far back. For two units: 0 0 1 1 0 0 0 0.
///
/// # Errors
/// When the device runs out of memory.
pub fn initial_bias(units: usize, device: &Device) -> Result<Tensor> {
    todo!("Zeros, ones, and zeros of twice the length, joined by Tensor::cat.")
}

/// How many numbers an LSTM with so many features and units can learn: both kernels and the bias.
///
/// For 1 feature and 1 unit: 4·(1 + 1 + 1) = 12.
pub fn parameter_count(features: usize, units: usize) -> usize {
    todo!("The entries of (features, 4·units), (units, 4·units) and (4·units).")
}
