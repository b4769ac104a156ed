//! One step of the gated recurrent unit (Cho et al., 2014) in the form of Keras and PyTorch, where the reset gate acts after the
//! recurrent product (`reset_after`), with two biases `b` and `d`:
//!
//! ```text
//! z = σ(x · W_z + b_z + h · U_z + d_z)              how much of the old state stays
//! r = σ(x · W_r + b_r + h · U_r + d_r)              how much of it the candidate sees
//! n = tanh(x · W_n + b_n + r · (h · U_n + d_n))     the candidate
//! h' = z · h + (1 − z) · n
//! ```

use super::{RecurrentState, RecurrentWeights, sums};
use crate::ops::sigmoid;
use anyhow::Result;
use candle_core::Tensor;

pub(super) fn step(
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    state: &RecurrentState,
) -> Result<RecurrentState> {
    let hidden = &state.hidden;
    let from_input = sums(x, weights.kernel, weights.bias, 0)?.chunk(3, 1)?;
    let from_hidden = sums(hidden, weights.recurrent_kernel, weights.bias, 1)?.chunk(3, 1)?;
    let z = sigmoid(&(&from_input[0] + &from_hidden[0])?)?;
    let r = sigmoid(&(&from_input[1] + &from_hidden[1])?)?;
    let candidate = (&from_input[2] + (r * &from_hidden[2])?)?.tanh()?;
    // z · h + (1 − z) · n, with one product less.
    let kept = (z * (hidden - &candidate)?)?;
    Ok(RecurrentState {
        hidden: (candidate + kept)?,
        cell: None,
    })
}
