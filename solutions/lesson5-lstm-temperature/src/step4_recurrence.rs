//! Step 4 — A cell that remembers: `h' = tanh(x·W + h·U + b)`.
//!
//! A dense layer forgets each input as soon as it has answered. A recurrent cell keeps a *state* `h`, a few numbers per sequence,
//! and is given two things at every step: what comes now, and what it made of everything so far. The same W, U and b serve at
//! every step.
//!
//! To *unroll* it is to write the loop out: the first step makes h₁ of x₁ and zeros, the second h₂ of x₂ and h₁, and so on.

use candle_core::{DType, Tensor};
use dlkit::Result;

/// The weights of a recurrent cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What the input is multiplied with, `(features, units)`.
    pub w: Tensor,
    /// What the state is multiplied with, `(units, units)`.
    pub u: Tensor,
    /// `(units,)`.
    pub b: Tensor,
}

/// Anything that makes a new state of an input and a state.
pub trait Recurrent {
    /// How many numbers the state has.
    fn units(&self) -> usize;

    /// From inputs `(batch, features)` and states `(batch, units)` to new states `(batch, units)`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn step(&self, x: &Tensor, h: &Tensor) -> Result<Tensor>;
}

impl Recurrent for Cell {
    fn units(&self) -> usize {
        self.b.dims()[0]
    }

    fn step(&self, x: &Tensor, h: &Tensor) -> Result<Tensor> {
        step(self, x, h)
    }
}

/// One step: `tanh(x·W + h·U + b)`, with `x` `(batch, features)` and `h` `(batch, units)`.
///
/// With one feature and one unit, W = 1, U = 0.5, b = 0: from x = 0 and h = 0.7616 comes tanh(0 + 0.3808) = 0.3634.
///
/// # Errors
/// When the shapes do not fit.
pub fn step(cell: &Cell, x: &Tensor, h: &Tensor) -> Result<Tensor> {
    // solution: Two products, their sum, the bias to every row, tanh of it all.
    let sum = (x.matmul(&cell.w)? + h.matmul(&cell.u)?)?;
    Ok(sum.broadcast_add(&cell.b)?.tanh()?)
    // end solution
}

/// What a cell knows before the first step: zeros `(batch, units)`, for sequences `(batch, steps, features)`.
///
/// # Errors
/// When the sequences do not have three axes.
pub fn zero_state(cell: &impl Recurrent, sequences: &Tensor) -> Result<Tensor> {
    let (batch, _, _) = sequences.dims3()?;
    Ok(Tensor::zeros(
        (batch, cell.units()),
        DType::F32,
        sequences.device(),
    )?)
}

/// Takes the cell along sequences `(batch, steps, features)`, from zeros, and gives the state after every step: `(batch, steps,
/// units)`.
///
/// `sequences.narrow(1, t, 1)?.squeeze(1)?` is what all sequences of the batch hold at time `t`. With the cell above, the
/// sequence 1, 0 gives the states 0.7616, 0.3634.
///
/// # Errors
/// Those of the cell.
pub fn unroll(cell: &impl Recurrent, sequences: &Tensor) -> Result<Tensor> {
    // solution: Begin with the zero state. For every time step: make the next state of the input at that time and the state so far; keep it.
    // Stack the states along axis 1.
    let mut h = zero_state(cell, sequences)?;
    let mut states = Vec::new();
    for t in 0..sequences.dim(1)? {
        let x = sequences.narrow(1, t, 1)?.squeeze(1)?;
        h = cell.step(&x, &h)?;
        states.push(h.clone());
    }
    Ok(Tensor::stack(&states, 1)?)
    // end solution
}

/// What the cell makes of whole sequences: of the states `(batch, steps, units)` the last, `(batch, units)`.
///
/// # Errors
/// When the states do not have three axes.
pub fn last_state(states: &Tensor) -> Result<Tensor> {
    // solution: Narrow to the last step, and drop that axis.
    Ok(states.narrow(1, states.dim(1)? - 1, 1)?.squeeze(1)?)
    // end solution
}
