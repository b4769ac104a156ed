//! Recurrent cells over whole sequences: all steps forward in one call, all steps backward in another.
//!
//! A net of one operation per step spends its time between the operations, and its graph is as deep as the sequence is long. Here a
//! [`Cell`] says what one step does to one vector of units, and there are two ways to take it along the sequence:
//!
//! * [`groups`]: a task takes a few samples through all steps. The gates' sums stay in registers, weights in the cache,
//!   and no thread waits for another before the end. For weights that fit into the cache.
//! * [`batch`]: all samples take a step together, so that large weights are read once for many samples: two matrix
//!   products a step forward and one backward, the weights' gradients as one product at the end.
//!
//! Both keep the same *trace* for the way back. For each sample and step it has a record: the columns of the cell (gates after their
//! activation) and the states after the step, each padded to whole vectors of units. Record 0 of a sample is its start, where only
//! the states count. The way back only reads it, so a graph can be walked back twice.

mod batch;
mod groups;
mod gru;
mod lstm;
mod simple_rnn;
#[cfg(test)]
mod tests;

use super::{buffer, dispatch};
use pulp::Simd;

/// Which cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    SimpleRnn,
    Lstm,
    Gru,
}

impl Kind {
    /// How many gates Keras's kernels have side by side.
    pub(crate) fn gates(self) -> usize {
        match self {
            Self::SimpleRnn => 1,
            Self::Lstm => 4,
            Self::Gru => 3,
        }
    }

    /// How many states are carried: the hidden state, and the LSTM's cell state.
    pub(crate) fn states(self) -> usize {
        match self {
            Self::Lstm => 2,
            _ => 1,
        }
    }

    /// Rows of the bias: Keras's GRU has one for the input's sums and one for the recurrent sums.
    pub(crate) fn bias_rows(self) -> usize {
        match self {
            Self::Gru => 2,
            _ => 1,
        }
    }
}

/// What a kernel walks along: the sizes, the direction, and what it gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    pub(crate) batch: usize,
    pub(crate) steps: usize,
    pub(crate) features: usize,
    pub(crate) units: usize,
    /// From the last element of the sequence to the first.
    pub(crate) backwards: bool,
    /// Gives the hidden state of every step, not only of the last one.
    pub(crate) sequences: bool,
    /// Where every state is given: at the place of the element that was read, not in the order of reading.
    pub(crate) in_place: bool,
    /// One more row for the final cell state of an LSTM.
    pub(crate) cell_row: bool,
}

impl Walk {
    /// The element of the sequence that step `step` reads.
    fn element(&self, step: usize) -> usize {
        if self.backwards {
            self.steps - 1 - step
        } else {
            step
        }
    }

    /// The row of a sample's output where the hidden state after `step` goes, if it is given.
    fn row(&self, step: usize) -> Option<usize> {
        match (self.sequences, self.in_place) {
            (true, true) => Some(self.element(step)),
            (true, false) => Some(step),
            (false, _) => (step + 1 == self.steps).then_some(0),
        }
    }

    /// Rows of hidden states in the output of a sample.
    pub(crate) fn hidden_rows(&self) -> usize {
        if self.sequences { self.steps } else { 1 }
    }

    /// Rows of `units` numbers in the output of a sample.
    pub(crate) fn rows(&self) -> usize {
        self.hidden_rows() + usize::from(self.cell_row)
    }

    /// How many numbers the weights have, one matrix over the other: kernel, recurrent kernel, bias.
    pub(crate) fn weights(&self, kind: Kind) -> usize {
        (self.features + self.units + kind.bias_rows()) * kind.gates() * self.units
    }
}

/// What one step does to a vector of units.
///
/// A cell has `C` columns: sums that the input, the hidden state or both contribute to. The input's `G` gates go to the columns
/// `0..G`, the recurrent ones to `RECURRENT_FROM..RECURRENT_FROM + G`.
trait Cell<const C: usize, const G: usize>: Copy + Send + Sync + 'static {
    const RECURRENT_FROM: usize;
    /// Which of Keras's gates goes to column `g`.
    const INPUT_GATES: [usize; G];
    /// Hidden state, and cell state if it has one.
    const STATES: usize;
    const BIAS_ROWS: usize;

    /// From the sums and the states before (hidden, cell): what is kept for the way back, and the states after.
    fn forward<S: Simd>(
        simd: S,
        sums: [S::f32s; C],
        before: [S::f32s; 2],
    ) -> ([S::f32s; C], [S::f32s; 2]);

    /// From the gradients of the states after: those of the sums, and those of the states before, as far as they do not pass
    /// through the sums.
    fn backward<S: Simd>(
        simd: S,
        kept: [S::f32s; C],
        before: [S::f32s; 2],
        after: [S::f32s; 2],
        gradient: [S::f32s; 2],
    ) -> ([S::f32s; C], [S::f32s; 2]);
}

/// How wide the chosen instructions are.
#[derive(Clone, Copy, Debug)]
struct Width {
    lanes: usize,
    registers: usize,
}

impl Width {
    fn of_instructions() -> Self {
        struct Ask;
        impl pulp::WithSimd for Ask {
            type Output = Width;
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> Width {
                Width {
                    lanes: S::F32_LANES,
                    registers: S::REGISTER_COUNT,
                }
            }
        }
        dispatch(Ask)
    }
}

/// The weights as the loops want them: the gates in the order of the columns, each padded with zeros to whole vectors.
/// With zeros for its weights a padding unit stays at zero and has no influence.
struct Packed {
    /// `units`, rounded up to whole vectors.
    padded: usize,
    /// `(features, G, padded)`.
    input: Vec<f32>,
    /// `(padded, G, padded)`.
    recurrent: Vec<f32>,
    /// `(C, padded)`: what both bias rows add to each column.
    bias: Vec<f32>,
}

impl Packed {
    fn new<K: Cell<C, G>, const C: usize, const G: usize>(
        walk: &Walk,
        weights: &[f32],
        lanes: usize,
    ) -> Self {
        let mut packed = Self::zeros::<C, G>(walk, lanes);
        let (features, units) = (walk.features, walk.units);
        let row = G * units;
        let (input, rest) = weights.split_at(features * row);
        let (recurrent, bias) = rest.split_at(units * row);
        for g in 0..G {
            let (to, keras) = (g * packed.padded, K::INPUT_GATES[g] * units);
            for k in 0..features {
                let to = k * G * packed.padded + to;
                packed.input[to..to + units].copy_from_slice(&input[k * row + keras..][..units]);
            }
            for u in 0..units {
                packed.bias[to + u] += bias[keras + u];
            }
        }
        for g in 0..G {
            let to = g * packed.padded;
            for k in 0..units {
                let to = k * G * packed.padded + to;
                let from = &recurrent[k * row + g * units..][..units];
                packed.recurrent[to..to + units].copy_from_slice(from);
            }
            if K::BIAS_ROWS == 2 {
                let to = (K::RECURRENT_FROM + g) * packed.padded;
                for u in 0..units {
                    packed.bias[to + u] += bias[row + g * units + u];
                }
            }
        }
        packed
    }

    fn zeros<const C: usize, const G: usize>(walk: &Walk, lanes: usize) -> Self {
        let padded = walk.units.next_multiple_of(lanes);
        Self {
            padded,
            input: vec![0.0; walk.features * G * padded],
            recurrent: vec![0.0; padded * G * padded],
            bias: vec![0.0; C * padded],
        }
    }

    /// The way back of [`Packed::new`], for gradients: into Keras's shapes and order.
    fn unpack<K: Cell<C, G>, const C: usize, const G: usize>(&self, walk: &Walk) -> Vec<f32> {
        let (features, units) = (walk.features, walk.units);
        let row = G * units;
        let mut weights = vec![0.0; (features + units + K::BIAS_ROWS) * row];
        let (input, rest) = weights.split_at_mut(features * row);
        let (recurrent, bias) = rest.split_at_mut(units * row);
        for g in 0..G {
            let (from, keras) = (g * self.padded, K::INPUT_GATES[g] * units);
            for k in 0..features {
                let from = &self.input[k * G * self.padded + from..][..units];
                input[k * row + keras..][..units].copy_from_slice(from);
            }
            bias[keras..keras + units].copy_from_slice(&self.bias[from..from + units]);
        }
        for g in 0..G {
            for k in 0..units {
                let from = &self.recurrent[(k * G + g) * self.padded..][..units];
                recurrent[k * row + g * units..][..units].copy_from_slice(from);
            }
            if K::BIAS_ROWS == 2 {
                let from = &self.bias[(K::RECURRENT_FROM + g) * self.padded..][..units];
                bias[row + g * units..][..units].copy_from_slice(from);
            }
        }
        weights
    }
}

/// What the way forward leaves for the way back.
pub(crate) struct Trace {
    /// `(batch, records, columns + states, padded units)`.
    values: Vec<f32>,
}

/// The way forward. `x` is `(batch, steps, features)`, `weights` Keras's kernel, recurrent kernel and bias one over the other,
/// `start` the states before the first step, `(batch, states, units)`. The output is `(batch, rows, units)`. Without `keep` the
/// trace is of no use for the way back.
pub(crate) fn forward(
    kind: Kind,
    walk: &Walk,
    x: &[f32],
    weights: &[f32],
    start: &[f32],
    keep: bool,
) -> (Vec<f32>, Trace) {
    assert_eq!(x.len(), walk.batch * walk.steps * walk.features);
    assert_eq!(weights.len(), walk.weights(kind));
    assert_eq!(start.len(), walk.batch * kind.states() * walk.units);
    match kind {
        Kind::SimpleRnn => {
            forward_of::<simple_rnn::SimpleRnn, 1, 1>(kind, walk, x, weights, start, keep)
        }
        Kind::Lstm => forward_of::<lstm::Lstm, 4, 4>(kind, walk, x, weights, start, keep),
        Kind::Gru => forward_of::<gru::Gru, 4, 3>(kind, walk, x, weights, start, keep),
    }
}

fn forward_of<K: Cell<C, G>, const C: usize, const G: usize>(
    kind: Kind,
    walk: &Walk,
    x: &[f32],
    weights: &[f32],
    start: &[f32],
    keep: bool,
) -> (Vec<f32>, Trace) {
    let width = Width::of_instructions();
    let packed = Packed::new::<K, C, G>(walk, weights, width.lanes);
    // Without a way back two records do: before a step and after it.
    let records = if keep { walk.steps + 1 } else { 2 };
    let mut trace = Trace {
        values: buffer::uninit(walk.batch * records * (C + K::STATES) * packed.padded),
    };
    let mut out = buffer::uninit(walk.batch * walk.rows() * walk.units);
    start_records::<K, C, G>(walk, &packed, records, start, &mut trace.values);
    if fits_cache(kind, walk, width.lanes) {
        groups::forward::<K, C, G>(
            walk,
            width,
            &packed,
            records,
            x,
            &mut trace.values,
            &mut out,
        );
    } else {
        batch::forward::<K, C, G>(walk, &packed, records, x, &mut trace.values, &mut out);
    }
    (out, trace)
}

/// Writes the states before the first step into the records 0.
fn start_records<K: Cell<C, G>, const C: usize, const G: usize>(
    walk: &Walk,
    packed: &Packed,
    records: usize,
    start: &[f32],
    trace: &mut [f32],
) {
    let (units, padded) = (walk.units, packed.padded);
    let record = (C + K::STATES) * padded;
    for sample in 0..walk.batch {
        for state in 0..K::STATES {
            let to = &mut trace[sample * records * record + (C + state) * padded..][..padded];
            to[..units].copy_from_slice(&start[(sample * K::STATES + state) * units..][..units]);
            to[units..].fill(0.0);
        }
    }
}

/// What the way back gives; the gradient of `x` only when it was asked for.
pub(crate) struct Gradients {
    pub(crate) x: Option<Vec<f32>>,
    pub(crate) weights: Vec<f32>,
    pub(crate) start: Vec<f32>,
}

/// The way back: from the gradient of the output, in its shape, to those of the three inputs.
pub(crate) fn backward(
    kind: Kind,
    walk: &Walk,
    x: &[f32],
    weights: &[f32],
    trace: &Trace,
    gradient: &[f32],
    wants_x: bool,
) -> Gradients {
    assert_eq!(x.len(), walk.batch * walk.steps * walk.features);
    assert_eq!(weights.len(), walk.weights(kind));
    assert_eq!(gradient.len(), walk.batch * walk.rows() * walk.units);
    match kind {
        Kind::SimpleRnn => backward_of::<simple_rnn::SimpleRnn, 1, 1>(
            kind, walk, x, weights, trace, gradient, wants_x,
        ),
        Kind::Lstm => {
            backward_of::<lstm::Lstm, 4, 4>(kind, walk, x, weights, trace, gradient, wants_x)
        }
        Kind::Gru => {
            backward_of::<gru::Gru, 4, 3>(kind, walk, x, weights, trace, gradient, wants_x)
        }
    }
}

fn backward_of<K: Cell<C, G>, const C: usize, const G: usize>(
    kind: Kind,
    walk: &Walk,
    x: &[f32],
    weights: &[f32],
    trace: &Trace,
    gradient: &[f32],
    wants_x: bool,
) -> Gradients {
    let width = Width::of_instructions();
    let packed = Packed::new::<K, C, G>(walk, weights, width.lanes);
    let record = (C + K::STATES) * packed.padded;
    assert_eq!(
        trace.values.len(),
        walk.batch * (walk.steps + 1) * record,
        "the trace of a way forward that kept nothing"
    );
    let mut x_gradient = wants_x.then(|| buffer::uninit(x.len()));
    let mut start = buffer::uninit(walk.batch * K::STATES * walk.units);
    let way = groups::Back {
        walk,
        packed: &packed,
        x,
        trace: &trace.values,
        gradient,
    };
    let packed_gradient = if fits_cache(kind, walk, width.lanes) {
        groups::backward::<K, C, G>(&way, width, x_gradient.as_deref_mut(), &mut start)
    } else {
        batch::backward::<K, C, G>(&way, width.lanes, x_gradient.as_deref_mut(), &mut start)
    };
    Gradients {
        x: x_gradient,
        weights: packed_gradient.unpack::<K, C, G>(walk),
        start,
    }
}

/// Whether the weights are small enough to be read from the cache at every step of every group. Without vector instructions
/// the matrix product's own are the faster way in any case.
fn fits_cache(kind: Kind, walk: &Walk, lanes: usize) -> bool {
    /// In numbers: 64 units with 32 features for an LSTM. On the way back weights, transposed weights and gradients share the
    /// second-level cache; beyond, both ways are about equally fast on one thread.
    const MOST: usize = 24 << 10;
    lanes > 1 && walk.weights(kind) <= MOST
}
