//! Step 5 — The state: carried on within a sequence, reset between two.
//!
//! The state is all that a cell knows of the past. Whoever has it can stop in the middle of a sequence and go on later, as if nothing
//! had happened: that is how a net follows a thermometer hour by hour, without reading five days again every time. And whoever forgets
//! to reset it begins the weather of one town with the memory of another.

use crate::step4_recurrence::{Recurrent, zero_state};
use candle_core::Tensor;
use dlkit::Result;

/// Runs on from a state `(batch, units)` along a piece `(batch, steps, features)`: gives the states after every step, `(batch,
/// steps, units)`, and the state with which the next piece goes on, `(batch, units)`.
///
/// # Errors
/// Those of the cell.
pub fn run_on(cell: &impl Recurrent, piece: &Tensor, state: &Tensor) -> Result<(Tensor, Tensor)> {
    todo!("As unroll, but from the state that is given; also give back the last state.")
}

/// The states of long sequences `(batch, steps, features)`, worked off in pieces of at most `length` steps, the state carried
/// from each to the next: `(batch, steps, units)`, the same as in one go.
///
/// 7 steps in pieces of 3 are pieces of 3, 3 and 1. Gradients, too, are those of the whole: they go back through all pieces.
///
/// # Errors
/// Those of the cell.
pub fn in_pieces(cell: &impl Recurrent, sequences: &Tensor, length: usize) -> Result<Tensor> {
    todo!(
        "From the zero state on: narrow the next piece (the last one is shorter), run on with the \
         state of the one before. Join the states along axis 1 with Tensor::cat."
    )
}

/// The last state `(batch, units)` for each of several batches that have nothing to do with each other, `(batch, steps,
/// features)` each.
///
/// Batches may differ in their number of sequences and of steps.
///
/// # Errors
/// Those of the cell.
pub fn each_afresh(cell: &impl Recurrent, batches: &[Tensor]) -> Result<Vec<Tensor>> {
    todo!("For every batch begin with a zero state of its own, run along it, keep the last state.")
}
