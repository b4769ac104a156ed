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
    // solution: As unroll, but from the state that is given; also give back the last state.
    let mut h = state.clone();
    let mut states = Vec::new();
    for t in 0..piece.dim(1)? {
        h = cell.step(&piece.narrow(1, t, 1)?.squeeze(1)?, &h)?;
        states.push(h.clone());
    }
    Ok((Tensor::stack(&states, 1)?, h))
    // end solution
}

/// The states of long sequences `(batch, steps, features)`, worked off in pieces of at most `length` steps, the state carried
/// from each to the next: `(batch, steps, units)`, the same as in one go.
///
/// 7 steps in pieces of 3 are pieces of 3, 3 and 1. Gradients, too, are those of the whole: they go back through all pieces.
///
/// # Errors
/// Those of the cell.
pub fn in_pieces(cell: &impl Recurrent, sequences: &Tensor, length: usize) -> Result<Tensor> {
    // solution: From the zero state on: narrow the next piece (the last one is shorter), run on with the state of the one before. Join the states
    // along axis 1 with Tensor::cat.
    let steps = sequences.dim(1)?;
    let mut state = zero_state(cell, sequences)?;
    let mut all = Vec::new();
    for start in (0..steps).step_by(length) {
        let piece = sequences.narrow(1, start, length.min(steps - start))?;
        let (states, last) = run_on(cell, &piece, &state)?;
        all.push(states);
        state = last;
    }
    Ok(Tensor::cat(&all, 1)?)
    // end solution
}

/// The last state `(batch, units)` for each of several batches that have nothing to do with each other, `(batch, steps,
/// features)` each.
///
/// Batches may differ in their number of sequences and of steps.
///
/// # Errors
/// Those of the cell.
pub fn each_afresh(cell: &impl Recurrent, batches: &[Tensor]) -> Result<Vec<Tensor>> {
    // solution: For every batch begin with a zero state of its own, run along it, keep the last state.
    batches
        .iter()
        .map(|batch| Ok(run_on(cell, batch, &zero_state(cell, batch)?)?.1))
        .collect()
    // end solution
}
