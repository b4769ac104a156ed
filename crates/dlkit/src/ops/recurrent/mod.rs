//! Recurrent cells along a sequence: `(batch, steps, features)` in, hidden states out.
//!
//! On the CPU in f32 the whole sequence is one node of the graph, by a kernel of its own: its depth does not grow with the number of
//! steps, so that ten thousand of them do not overflow the stack when the graph is walked back. Elsewhere the steps are
//! composed of Candle's operations, the formulas of the files [`lstm`], [`gru`] and [`simple_rnn`].

mod gru;
mod lstm;
mod simple_rnn;
#[cfg(test)]
mod tests;

use super::custom::{self, Values};
use crate::kernels::recurrent::{self as kernel, Kind, Trace};
use anyhow::{Context, Result, ensure};
use candle_core::{CpuStorage, CustomOp3, Layout, Shape, Tensor};
use std::sync::OnceLock;

/// What is computed at each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// `h = tanh(x · W + h · U + b)`.
    SimpleRnn,
    /// Long short-term memory: a cell state beside the hidden state, three gates.
    Lstm,
    /// Gated recurrent unit: two gates, no state of its own.
    Gru,
}

impl Cell {
    /// How many gates stand side by side in the kernels: 1, 4 or 3 times `units` columns.
    #[must_use]
    pub fn gates(self) -> usize {
        self.kind().gates()
    }

    /// How many rows the bias has: 2 for the GRU, one for the input's sums and one for the recurrent sums, else 1.
    #[must_use]
    pub fn bias_rows(self) -> usize {
        self.kind().bias_rows()
    }

    fn kind(self) -> Kind {
        match self {
            Self::SimpleRnn => Kind::SimpleRnn,
            Self::Lstm => Kind::Lstm,
            Self::Gru => Kind::Gru,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::SimpleRnn => "SimpleRNN",
            Self::Lstm => "LSTM",
            Self::Gru => "GRU",
        }
    }
}

/// The weights of a cell, in Keras's shapes and order of gates (LSTM: input, forget, candidate, output; GRU: update, reset, candidate).
#[derive(Clone, Copy, Debug)]
pub struct RecurrentWeights<'a> {
    /// What the input is multiplied with, `(features, gates · units)`.
    pub kernel: &'a Tensor,
    /// What the hidden state is multiplied with, `(units, gates · units)`.
    pub recurrent_kernel: &'a Tensor,
    /// `(gates · units,)`, for a GRU `(2, 3 · units)`; `None` for no bias.
    pub bias: Option<&'a Tensor>,
}

/// What a recurrent cell remembers between two steps.
#[derive(Clone, Debug)]
pub struct RecurrentState {
    /// The hidden state, `(batch, units)`.
    pub hidden: Tensor,
    /// The LSTM's cell state, `(batch, units)`.
    pub cell: Option<Tensor>,
}

impl RecurrentState {
    /// The same numbers without their history: gradients stop here. For sequences that are cut into pieces, so that the graph does
    /// not grow from piece to piece.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self {
            hidden: self.hidden.detach(),
            cell: self.cell.as_ref().map(Tensor::detach),
        }
    }
}

/// How a sequence is walked along, and which hidden states come out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    /// The hidden states of all steps, `(batch, steps, units)`, instead of the last one, `(batch, units)`.
    pub return_sequences: bool,
    /// From the last element to the first.
    pub go_backwards: bool,
    /// With both: each state stands where its element does, instead of in the order of reading (which is Keras's).
    pub in_place: bool,
}

/// Takes a cell along a sequence `(batch, steps, features)`, from a state or from zeros.
///
/// # Errors
/// When the shapes do not fit each other.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::ops::{self, Cell, Direction, RecurrentWeights};
/// use dlkit::prelude::*;
///
/// let cpu = Device::Cpu;
/// let x = Tensor::ones((2, 5, 3), DType::F32, &cpu)?;
/// let kernel = Tensor::full(0.1f32, (3, 4 * 8), &cpu)?;
/// let recurrent_kernel = Tensor::full(0.1f32, (8, 4 * 8), &cpu)?;
/// let weights = RecurrentWeights { kernel: &kernel, recurrent_kernel: &recurrent_kernel, bias: None };
/// let last = ops::recurrent(Cell::Lstm, &x, weights, None, Direction::default())?;
/// assert_eq!(last.dims(), [2, 8]);
/// # Ok(()) }
/// ```
pub fn recurrent(
    cell: Cell,
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    start: Option<&RecurrentState>,
    direction: Direction,
) -> Result<Tensor> {
    Ok(walk(cell, x, weights, start, direction, false)?.0)
}

/// The same, with the state after the last step, from which a next piece of the sequence can go on. Gradients pass through
/// the states.
///
/// # Errors
/// As for [`recurrent`].
pub fn recurrent_with_state(
    cell: Cell,
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    start: Option<&RecurrentState>,
    direction: Direction,
) -> Result<(Tensor, RecurrentState)> {
    let (output, state) = walk(cell, x, weights, start, direction, true)?;
    Ok((output, state.context("the walk was asked for its state")?))
}

fn walk(
    cell: Cell,
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    start: Option<&RecurrentState>,
    direction: Direction,
    with_state: bool,
) -> Result<(Tensor, Option<RecurrentState>)> {
    let units = check(cell, x, weights, start)?;
    let mut tensors = vec![x, weights.kernel, weights.recurrent_kernel];
    tensors.extend(weights.bias);
    if let Some(start) = start {
        tensors.push(&start.hidden);
        tensors.extend(&start.cell);
    }
    if custom::fused(&tensors) {
        fused(cell, x, weights, start, direction, with_state, units)
    } else {
        let (output, state) = composed(cell, x, weights, start, direction, units)?;
        Ok((output, with_state.then_some(state)))
    }
}

/// Gives the number of units.
fn check(
    cell: Cell,
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    start: Option<&RecurrentState>,
) -> Result<usize> {
    let name = cell.name();
    let &[batch, steps, features] = x.dims() else {
        anyhow::bail!(
            "{name} takes sequences of the shape (batch, steps, features), but this input has the shape {:?}",
            x.dims()
        );
    };
    ensure!(
        batch > 0 && steps > 0,
        "{name} got an empty input of the shape {:?}",
        x.dims()
    );
    let (units, columns) = weights
        .recurrent_kernel
        .dims2()
        .with_context(|| format!("the recurrent kernel of {name} must be a matrix"))?;
    ensure!(
        columns == cell.gates() * units,
        "the recurrent kernel of {name} has the shape {:?}, but for {units} units it must be ({units}, {})",
        weights.recurrent_kernel.dims(),
        cell.gates() * units
    );
    ensure!(
        weights.kernel.dims() == [features, columns],
        "the kernel of {name} has the shape {:?}, but for {features} features and {units} units it must be ({features}, {columns})",
        weights.kernel.dims()
    );
    if let Some(bias) = weights.bias {
        ensure!(
            bias.elem_count() == cell.bias_rows() * columns && bias.dims().last() == Some(&columns),
            "the bias of {name} has the shape {:?}, but it must have {} row(s) of {columns} numbers",
            bias.dims(),
            cell.bias_rows()
        );
    }
    if let Some(start) = start {
        ensure!(
            (cell == Cell::Lstm) == start.cell.is_some(),
            "{}",
            if cell == Cell::Lstm {
                "the state of an LSTM needs a cell state beside the hidden one".to_string()
            } else {
                format!("{name} has no cell state: its state is the hidden one alone")
            }
        );
        for state in [Some(&start.hidden), start.cell.as_ref()]
            .into_iter()
            .flatten()
        {
            ensure!(
                state.dims() == [batch, units],
                "the state of {name} has the shape {:?}, but for this batch it must be ({batch}, {units})",
                state.dims()
            );
        }
    }
    Ok(units)
}

/// The steps one by one, from Candle's operations.
fn composed(
    cell: Cell,
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    start: Option<&RecurrentState>,
    direction: Direction,
    units: usize,
) -> Result<(Tensor, RecurrentState)> {
    let (batch, steps, _) = x.dims3()?;
    let zeros = || Tensor::zeros((batch, units), x.dtype(), x.device());
    let mut state = match start {
        Some(start) => start.clone(),
        None => RecurrentState {
            hidden: zeros()?,
            cell: if cell == Cell::Lstm {
                Some(zeros()?)
            } else {
                None
            },
        },
    };
    let mut hidden_states = Vec::new();
    for step in 0..steps {
        let element = if direction.go_backwards {
            steps - 1 - step
        } else {
            step
        };
        let element = x.narrow(1, element, 1)?.squeeze(1)?;
        state = match cell {
            Cell::SimpleRnn => simple_rnn::step(&element, weights, &state)?,
            Cell::Lstm => lstm::step(&element, weights, &state)?,
            Cell::Gru => gru::step(&element, weights, &state)?,
        };
        if direction.return_sequences {
            hidden_states.push(state.hidden.clone());
        }
    }
    if !direction.return_sequences {
        return Ok((state.hidden.clone(), state));
    }
    if direction.go_backwards && direction.in_place {
        hidden_states.reverse();
    }
    Ok((Tensor::stack(&hidden_states, 1)?, state))
}

/// `x · W + b`, with row `row` of the bias.
fn sums(x: &Tensor, kernel: &Tensor, bias: Option<&Tensor>, row: usize) -> Result<Tensor> {
    let sums = x.matmul(kernel)?;
    Ok(match bias {
        Some(bias) => {
            let columns = kernel.dim(1)?;
            sums.broadcast_add(&bias.reshape(((), columns))?.narrow(0, row, 1)?)?
        }
        None => sums,
    })
}

/// The kernel: one node for the whole sequence.
fn fused(
    cell: Cell,
    x: &Tensor,
    weights: RecurrentWeights<'_>,
    start: Option<&RecurrentState>,
    direction: Direction,
    with_state: bool,
    units: usize,
) -> Result<(Tensor, Option<RecurrentState>)> {
    let (batch, steps, features) = x.dims3()?;
    let kind = cell.kind();
    let columns = kind.gates() * units;
    let bias = match weights.bias {
        Some(bias) => bias.reshape((kind.bias_rows(), columns))?,
        None => Tensor::zeros((kind.bias_rows(), columns), x.dtype(), x.device())?,
    };
    let weights = Tensor::cat(&[weights.kernel, weights.recurrent_kernel, &bias], 0)?;
    let start = match start {
        Some(RecurrentState {
            hidden,
            cell: Some(cell),
        }) => Tensor::stack(&[hidden, cell], 1)?.contiguous()?,
        Some(RecurrentState { hidden, cell: None }) => hidden.unsqueeze(1)?.contiguous()?,
        None => Tensor::zeros((batch, kind.states(), units), x.dtype(), x.device())?,
    };
    let walk = kernel::Walk {
        batch,
        steps,
        features,
        units,
        backwards: direction.go_backwards,
        sequences: direction.return_sequences,
        in_place: direction.in_place,
        cell_row: with_state && cell == Cell::Lstm,
    };
    let keep = custom::wanted(x) || custom::wanted(&weights) || custom::wanted(&start);
    let output = x.contiguous()?.apply_op3(
        &weights,
        &start,
        Sequence {
            cell,
            walk,
            keep,
            trace: OnceLock::new(),
        },
    )?;
    let hidden = if walk.cell_row {
        output.narrow(1, 0, walk.hidden_rows())?
    } else {
        output.clone()
    };
    let state = if with_state {
        let last = match (
            direction.return_sequences,
            direction.go_backwards && direction.in_place,
        ) {
            (true, false) => steps - 1,
            _ => 0,
        };
        let cell_row = walk.hidden_rows();
        Some(RecurrentState {
            hidden: output.narrow(1, last, 1)?.squeeze(1)?,
            cell: if walk.cell_row {
                Some(output.narrow(1, cell_row, 1)?.squeeze(1)?)
            } else {
                None
            },
        })
    } else {
        None
    };
    if direction.return_sequences {
        Ok((hidden.contiguous()?, state))
    } else {
        Ok((hidden.squeeze(1)?, state))
    }
}

/// Inputs: the sequences, all weights one over the other, the start `(batch, states, units)`. Output: `(batch, rows, units)`, the
/// hidden states and perhaps the final cell state.
struct Sequence {
    cell: Cell,
    walk: kernel::Walk,
    /// Whether anyone will walk back.
    keep: bool,
    trace: OnceLock<Trace>,
}

impl CustomOp3 for Sequence {
    fn name(&self) -> &'static str {
        self.cell.name()
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weights: &CpuStorage,
        weights_layout: &Layout,
        start: &CpuStorage,
        start_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let (output, trace) = kernel::forward(
            self.cell.kind(),
            &self.walk,
            custom::slice(x, x_layout)?,
            custom::slice(weights, weights_layout)?,
            custom::slice(start, start_layout)?,
            self.keep,
        );
        if self.keep {
            // An operation runs forward once; were it to run again, the first trace would be as good.
            let _ = self.trace.set(trace);
        }
        let shape = (self.walk.batch, self.walk.rows(), self.walk.units);
        Ok((CpuStorage::F32(output), shape.into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weights: &Tensor,
        start: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Some(trace) = self.trace.get() else {
            candle_core::bail!("{} kept nothing for the way back", self.cell.name());
        };
        let wants_x = custom::wanted(x);
        let gradients = kernel::backward(
            self.cell.kind(),
            &self.walk,
            &Values::of(x)?,
            &Values::of(weights)?,
            trace,
            &Values::of(gradient)?,
            wants_x,
        );
        let of = |tensor: &Tensor, gradient: Vec<f32>| -> candle_core::Result<Option<Tensor>> {
            if custom::wanted(tensor) {
                Ok(Some(custom::tensor(gradient, tensor.shape().clone())?))
            } else {
                Ok(None)
            }
        };
        Ok((
            of(x, gradients.x.unwrap_or_default())?,
            of(weights, gradients.weights)?,
            of(start, gradients.start)?,
        ))
    }
}
