//! One step of the long short-term memory (Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000):
//!
//! ```text
//! i = σ(x · Wᵢ + h · Uᵢ + bᵢ)      how much of the candidate is taken in
//! f = σ(x · W_f + h · U_f + b_f)    how much of the old cell state stays
//! g = tanh(x · W_g + h · U_g + b_g) the candidate
//! o = σ(x · Wₒ + h · Uₒ + bₒ)      how much of the cell state is shown
//! c' = f · c + i · g
//! h' = o · tanh(c')
//! ```

use super::{RecurrentState, RecurrentWeights, sums};
use crate::ops::sigmoid;
use anyhow::{Context, Result};
use candle_core::Tensor;

pub(super) fn step(
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    state: &RecurrentState,
) -> Result<RecurrentState> {
    let from_input = sums(x, weights.kernel, weights.bias, 0)?;
    let from_hidden = state.hidden.matmul(weights.recurrent_kernel)?;
    let gates = (from_input + from_hidden)?.chunk(4, 1)?;
    let (i, f) = (sigmoid(&gates[0])?, sigmoid(&gates[1])?);
    let (g, o) = (gates[2].tanh()?, sigmoid(&gates[3])?);
    let before = state.cell.as_ref().context("an LSTM has a cell state")?;
    let cell = ((f * before)? + (i * g)?)?;
    Ok(RecurrentState {
        hidden: (o * cell.tanh()?)?,
        cell: Some(cell),
    })
}
