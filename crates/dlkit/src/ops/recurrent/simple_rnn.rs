//! One step of the plain recurrent cell (Elman, 1990): `h' = tanh(x · W + h · U + b)`.

use super::{RecurrentState, RecurrentWeights, sums};
use anyhow::Result;
use candle_core::Tensor;

pub(super) fn step(
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    state: &RecurrentState,
) -> Result<RecurrentState> {
    let from_input = sums(x, weights.kernel, weights.bias, 0)?;
    let from_hidden = state.hidden.matmul(weights.recurrent_kernel)?;
    Ok(RecurrentState {
        hidden: (from_input + from_hidden)?.tanh()?,
        cell: None,
    })
}
