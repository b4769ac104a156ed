//! Small weights: a task takes a group of a few samples through the whole sequence.
//!
//! The lanes of a vector are units. For one vector of units, the sums of all columns of all samples of the group are in
//! registers while the input and the hidden state are walked through: each weight that is loaded serves every sample, each number of
//! the input every column. On the way back the gradients of these sums are in registers in the same way, while the
//! weights' gradients pass by.
//!
//! The size of a group follows from the number of registers, never from the number of threads. A last, smaller group computes
//! its last sample several times over: the same numbers, written to the same place; on the way back their gradients are zero.

use super::{Cell, Packed, Walk, Width};
use crate::kernels::parallel::{self, Shared};
use crate::kernels::{buffer, dispatch};
use pulp::{Simd, WithSimd};
use std::marker::PhantomData;
use std::ops::Range;

/// Samples of a group where there are 32 registers, and where there are 16: with four columns 24 and 12 of them hold sums.
pub(super) const MANY: usize = 6;
const FEW: usize = 3;

/// Tasks of the way back at most: each has gradients of all weights to itself, and these are added in the end.
pub(super) const MOST_TASKS: usize = 64;

impl Width {
    /// How many samples go together.
    fn group(self) -> usize {
        if self.registers >= 32 { MANY } else { FEW }
    }
}

pub(super) fn forward<K: Cell<C, G>, const C: usize, const G: usize>(
    walk: &Walk,
    width: Width,
    packed: &Packed,
    records: usize,
    x: &[f32],
    trace: &mut [f32],
    out: &mut [f32],
) {
    let group = width.group();
    let trace_of_one = records * (C + K::STATES) * packed.padded;
    let out_of_one = walk.rows() * walk.units;
    let (trace, out) = (Shared::new(trace), Shared::new(out));
    parallel::for_each(walk.batch.div_ceil(group), |index| {
        let samples = index * group..walk.batch.min((index + 1) * group);
        #[allow(unsafe_code)]
        // SAFETY: the records and the outputs of this group's samples, which no other task has.
        let (trace, out) = unsafe {
            (
                trace.range(samples.start * trace_of_one..samples.end * trace_of_one),
                out.range(samples.start * out_of_one..samples.end * out_of_one),
            )
        };
        dispatch(GroupForward::<K, C, G> {
            walk,
            packed,
            records,
            samples,
            x,
            trace,
            out,
            cell: PhantomData,
        });
    });
}

struct GroupForward<'a, K, const C: usize, const G: usize> {
    walk: &'a Walk,
    packed: &'a Packed,
    records: usize,
    samples: Range<usize>,
    /// Of all samples.
    x: &'a [f32],
    /// Of this group.
    trace: &'a mut [f32],
    out: &'a mut [f32],
    cell: PhantomData<K>,
}

impl<K: Cell<C, G>, const C: usize, const G: usize> WithSimd for GroupForward<'_, K, C, G> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // `const`: the other size is not compiled for these instructions.
        if const { S::REGISTER_COUNT >= 32 } {
            self.run::<S, MANY>(simd);
        } else {
            self.run::<S, FEW>(simd);
        }
    }
}

impl<K: Cell<C, G>, const C: usize, const G: usize> GroupForward<'_, K, C, G> {
    #[inline(always)]
    #[allow(unsafe_code)]
    fn run<S: Simd, const R: usize>(self, simd: S) {
        let Walk {
            steps,
            features,
            units,
            ..
        } = *self.walk;
        let padded = self.packed.padded;
        let record = (C + K::STATES) * padded;
        let count = self.samples.len();
        assert!(count >= 1 && padded.is_multiple_of(S::F32_LANES));
        assert!(self.x.len() >= self.samples.end * steps * features);
        assert_eq!(self.trace.len(), count * self.records * record);
        assert_eq!(self.packed.input.len(), features * G * padded);
        assert_eq!(self.packed.recurrent.len(), padded * G * padded);
        assert_eq!(self.packed.bias.len(), C * padded);
        assert!(self.records == steps + 1 || self.records == 2);

        let rows = self.walk.rows();
        let (input, recurrent) = (self.packed.input.as_ptr(), self.packed.recurrent.as_ptr());
        let bias = self.packed.bias.as_ptr();
        let hidden = C * padded;
        let slot = |step: usize| if self.records == 2 { step & 1 } else { step };
        for step in 0..steps {
            let mut x = [std::ptr::null::<f32>(); R];
            let mut before = [std::ptr::null::<f32>(); R];
            let mut after = [std::ptr::null_mut::<f32>(); R];
            let trace = self.trace.as_mut_ptr();
            for r in 0..R {
                let sample = r.min(count - 1);
                let at =
                    ((self.samples.start + sample) * steps + self.walk.element(step)) * features;
                x[r] = self.x[at..].as_ptr();
                let records = sample * self.records;
                // SAFETY: `records + slot` is below `count · self.records`, the number of records in the trace.
                unsafe {
                    before[r] = trace.add((records + slot(step)) * record);
                    after[r] = trace.add((records + slot(step + 1)) * record);
                }
            }
            for block in (0..padded).step_by(S::F32_LANES) {
                // SAFETY: `block` and one vector more stay within `padded`, the length of each column, gate and state; the assertions
                // above hold the sizes of weights and trace, and `x[r]` starts `features` numbers inside of the slice.
                // `before` and `after` are different records.
                unsafe {
                    let mut sums = [[simd.splat_f32s(0.0); C]; R];
                    for c in 0..C {
                        let bias = load::<S>(bias.add(c * padded + block));
                        for r in 0..R {
                            sums[r][c] = bias;
                        }
                    }
                    for k in 0..features {
                        let row = input.add(k * G * padded + block);
                        let mut weights = [simd.splat_f32s(0.0); G];
                        for g in 0..G {
                            weights[g] = load::<S>(row.add(g * padded));
                        }
                        for r in 0..R {
                            let value = simd.splat_f32s(*x[r].add(k));
                            for g in 0..G {
                                sums[r][g] = simd.mul_add_e_f32s(value, weights[g], sums[r][g]);
                            }
                        }
                    }
                    for k in 0..units {
                        let row = recurrent.add(k * G * padded + block);
                        let mut weights = [simd.splat_f32s(0.0); G];
                        for g in 0..G {
                            weights[g] = load::<S>(row.add(g * padded));
                        }
                        for r in 0..R {
                            let value = simd.splat_f32s(*before[r].add(hidden + k));
                            for g in 0..G {
                                let c = K::RECURRENT_FROM + g;
                                sums[r][c] = simd.mul_add_e_f32s(value, weights[g], sums[r][c]);
                            }
                        }
                    }
                    // By way of memory: were `sums` itself read in a loop that is not unrolled, the compiler would keep it there,
                    // and write it at every multiplication above.
                    for r in 0..R {
                        for c in 0..C {
                            store::<S>(after[r].add(c * padded + block), sums[r][c]);
                        }
                    }
                    // Not for the copies of the last sample: its sums are overwritten here.
                    for r in 0..count {
                        let mut sums = [simd.splat_f32s(0.0); C];
                        for c in 0..C {
                            sums[c] = load::<S>(after[r].add(c * padded + block));
                        }
                        let states = load_states::<S, K, C, G>(simd, before[r], padded, block);
                        let (kept, states) = K::forward(simd, sums, states);
                        for c in 0..C {
                            store::<S>(after[r].add(c * padded + block), kept[c]);
                        }
                        for state in 0..K::STATES {
                            store::<S>(after[r].add((C + state) * padded + block), states[state]);
                        }
                    }
                }
            }
            if let Some(row) = self.walk.row(step) {
                for sample in 0..count {
                    let from = (sample * self.records + slot(step + 1)) * record + hidden;
                    let to = (sample * rows + row) * units;
                    self.out[to..to + units].copy_from_slice(&self.trace[from..from + units]);
                }
            }
        }
        if self.walk.cell_row {
            for sample in 0..count {
                let from = (sample * self.records + slot(steps)) * record + hidden + padded;
                let to = (sample * rows + rows - 1) * units;
                self.out[to..to + units].copy_from_slice(&self.trace[from..from + units]);
            }
        }
    }
}

/// What the way back reads.
#[derive(Clone, Copy)]
pub(super) struct Back<'a> {
    pub(super) walk: &'a Walk,
    pub(super) packed: &'a Packed,
    pub(super) x: &'a [f32],
    pub(super) trace: &'a [f32],
    /// Of the output.
    pub(super) gradient: &'a [f32],
}

/// Kernels with the sums' side first: row `(g, u)` holds what gate `g` of unit `u` takes from each input. Both sides are padded to whole
/// vectors.
struct Transposed {
    /// `(G, padded, padded)`.
    recurrent: Vec<f32>,
    /// `(G, padded, padded features)`, where the gradient of the input is wanted.
    input: Vec<f32>,
    padded_features: usize,
}

impl Transposed {
    fn new(walk: &Walk, packed: &Packed, gates: usize, lanes: usize, wants_x: bool) -> Self {
        let padded = packed.padded;
        let turn = |from: &[f32], rows: usize, width: usize| {
            let columns = gates * padded;
            let mut to = vec![0.0; columns * width];
            for row in 0..rows {
                for column in 0..columns {
                    to[column * width + row] = from[row * columns + column];
                }
            }
            to
        };
        let padded_features = walk.features.next_multiple_of(lanes);
        Self {
            recurrent: turn(&packed.recurrent, padded, padded),
            input: if wants_x {
                turn(&packed.input, walk.features, padded_features)
            } else {
                Vec::new()
            },
            padded_features,
        }
    }
}

/// Fills the gradients of `x` and of the start, and gives those of the weights.
pub(super) fn backward<K: Cell<C, G>, const C: usize, const G: usize>(
    back: &Back<'_>,
    width: Width,
    x_gradient: Option<&mut [f32]>,
    start_gradient: &mut [f32],
) -> Packed {
    let (walk, packed) = (back.walk, back.packed);
    let group = width.group();
    let groups = walk.batch.div_ceil(group);
    let groups_of_a_task = groups.div_ceil(MOST_TASKS);
    let tasks = groups.div_ceil(groups_of_a_task);

    let wants_x = x_gradient.is_some();
    let transposed = Transposed::new(walk, packed, G, width.lanes, wants_x);
    let x_of_one = if wants_x {
        walk.steps * walk.features
    } else {
        0
    };
    let start_of_one = K::STATES * walk.units;
    let sizes = (
        packed.input.len(),
        packed.recurrent.len(),
        packed.bias.len(),
    );
    let weights = sizes.0 + sizes.1 + sizes.2;
    let mut parts = buffer::uninit(tasks * weights);

    let x_gradient = Shared::new(x_gradient.unwrap_or_default());
    let start_gradient = Shared::new(start_gradient);
    parallel::for_each_chunk(&mut parts, weights, |task, part| {
        part.fill(0.0);
        let (input, rest) = part.split_at_mut(sizes.0);
        let (recurrent, bias) = rest.split_at_mut(sizes.1);
        for index in task * groups_of_a_task..groups.min((task + 1) * groups_of_a_task) {
            let samples = index * group..walk.batch.min((index + 1) * group);
            #[allow(unsafe_code)]
            // SAFETY: the places of this group's samples, which no other task has.
            let (x_gradient, start_gradient) = unsafe {
                (
                    x_gradient.range(samples.start * x_of_one..samples.end * x_of_one),
                    start_gradient.range(samples.start * start_of_one..samples.end * start_of_one),
                )
            };
            dispatch(GroupBackward::<K, C, G> {
                back,
                transposed: &transposed,
                samples,
                wants_x,
                x_gradient,
                start_gradient,
                input,
                recurrent,
                bias,
                cell: PhantomData,
            });
        }
    });

    let mut sum = Packed::zeros::<C, G>(walk, width.lanes);
    for part in parts.chunks_exact(weights) {
        let (input, rest) = part.split_at(sizes.0);
        let (recurrent, bias) = rest.split_at(sizes.1);
        for (sum, part) in [
            (&mut sum.input, input),
            (&mut sum.recurrent, recurrent),
            (&mut sum.bias, bias),
        ] {
            sum.iter_mut().zip(part).for_each(|(a, b)| *a += b);
        }
    }
    sum
}

struct GroupBackward<'a, K, const C: usize, const G: usize> {
    back: &'a Back<'a>,
    transposed: &'a Transposed,
    samples: Range<usize>,
    wants_x: bool,
    /// Of this group.
    x_gradient: &'a mut [f32],
    start_gradient: &'a mut [f32],
    /// Of this task: gradients are added here.
    input: &'a mut [f32],
    recurrent: &'a mut [f32],
    bias: &'a mut [f32],
    cell: PhantomData<K>,
}

impl<K: Cell<C, G>, const C: usize, const G: usize> WithSimd for GroupBackward<'_, K, C, G> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // `const`: the other size is not compiled for these instructions.
        if const { S::REGISTER_COUNT >= 32 } {
            self.run::<S, MANY>(simd);
        } else {
            self.run::<S, FEW>(simd);
        }
    }
}

impl<K: Cell<C, G>, const C: usize, const G: usize> GroupBackward<'_, K, C, G> {
    #[inline(always)]
    #[allow(unsafe_code)]
    fn run<S: Simd, const R: usize>(self, simd: S) {
        let Back {
            walk,
            packed,
            gradient,
            ..
        } = *self.back;
        let Walk {
            steps,
            features,
            units,
            ..
        } = *walk;
        let padded = packed.padded;
        let padded_features = self.transposed.padded_features;
        let record = (C + K::STATES) * padded;
        let hidden = C * padded;
        let count = self.samples.len();
        assert!(count >= 1 && padded.is_multiple_of(S::F32_LANES));
        assert!(padded_features.is_multiple_of(S::F32_LANES) && padded_features >= features);
        assert!(self.back.x.len() >= self.samples.end * steps * features);
        assert!(self.back.trace.len() >= self.samples.end * (steps + 1) * record);
        assert_eq!(self.input.len(), features * G * padded);
        assert_eq!(self.recurrent.len(), padded * G * padded);
        assert_eq!(self.bias.len(), C * padded);
        assert_eq!(self.transposed.recurrent.len(), G * padded * padded);
        if self.wants_x {
            assert_eq!(self.transposed.input.len(), G * padded * padded_features);
            assert_eq!(self.x_gradient.len(), count * steps * features);
        }

        // The gradients of the sums of one step, `(R, C, padded)`, and of the states, `(R, 2, padded)`.
        let mut d_sums = vec![0.0f32; R * C * padded];
        let mut d_states = vec![0.0f32; R * 2 * padded];
        let mut d_x = vec![0.0f32; padded_features];
        let rows = walk.rows();
        if walk.cell_row {
            for r in 0..count {
                let from = ((self.samples.start + r) * rows + rows - 1) * units;
                d_states[(2 * r + 1) * padded..][..units]
                    .copy_from_slice(&gradient[from..from + units]);
            }
        }
        let (input, recurrent) = (self.input.as_mut_ptr(), self.recurrent.as_mut_ptr());
        let bias = self.bias.as_mut_ptr();

        for step in (0..steps).rev() {
            if let Some(row) = walk.row(step) {
                for r in 0..count {
                    let from = ((self.samples.start + r) * rows + row) * units;
                    let from = &gradient[from..from + units];
                    let to = &mut d_states[2 * r * padded..][..units];
                    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
                }
            }
            let mut x = [std::ptr::null::<f32>(); R];
            let mut before = [std::ptr::null::<f32>(); R];
            let mut after = [std::ptr::null::<f32>(); R];
            for r in 0..R {
                let sample = self.samples.start + r.min(count - 1);
                x[r] = self.back.x[(sample * steps + walk.element(step)) * features..].as_ptr();
                let at = (sample * (steps + 1) + step) * record;
                before[r] = self.back.trace[at..].as_ptr();
                after[r] = self.back.trace[at + record..].as_ptr();
            }
            let d_sums = d_sums.as_mut_ptr();
            let d_states = d_states.as_mut_ptr();

            // Back through the cell.
            for block in (0..padded).step_by(S::F32_LANES) {
                for r in 0..R {
                    // SAFETY: `block` and one vector more stay within `padded`, the length of each column and state; the records and
                    // the two buffers have the sizes asserted and allocated above.
                    unsafe {
                        let mut kept = [simd.splat_f32s(0.0); C];
                        for c in 0..C {
                            kept[c] = load::<S>(after[r].add(c * padded + block));
                        }
                        let d = d_states.add(2 * r * padded + block);
                        let (sums, states) = K::backward(
                            simd,
                            kept,
                            load_states::<S, K, C, G>(simd, before[r], padded, block),
                            load_states::<S, K, C, G>(simd, after[r], padded, block),
                            [load::<S>(d), load::<S>(d.add(padded))],
                        );
                        for c in 0..C {
                            store::<S>(d_sums.add((r * C + c) * padded + block), sums[c]);
                        }
                        store::<S>(d, states[0]);
                        store::<S>(d.add(padded), states[1]);
                    }
                }
            }

            // Back through the hidden state's product, into the step before.
            let turned = self.transposed.recurrent.as_ptr();
            for block in (0..padded).step_by(S::F32_LANES) {
                // SAFETY: as above; the transposed kernel has `G · padded` rows of `padded` numbers.
                unsafe {
                    let sums = back_through::<S, C, G, R>(
                        simd,
                        d_sums.add(K::RECURRENT_FROM * padded),
                        padded,
                        units,
                        turned.add(block),
                        padded,
                    );
                    for r in 0..R {
                        let d = d_states.add(2 * r * padded + block);
                        store::<S>(d, simd.add_f32s(load::<S>(d), sums[r]));
                    }
                }
            }

            // Back through the input's product.
            if self.wants_x {
                let turned = self.transposed.input.as_ptr();
                for block in (0..padded_features).step_by(S::F32_LANES) {
                    let width = S::F32_LANES.min(features - block);
                    // SAFETY: as above; the transposed kernel has `G · padded` rows of `padded_features` numbers.
                    let sums = unsafe {
                        back_through::<S, C, G, R>(
                            simd,
                            d_sums,
                            padded,
                            units,
                            turned.add(block),
                            padded_features,
                        )
                    };
                    for r in 0..count {
                        // SAFETY: `d_x` has room for all vectors of features.
                        unsafe { store::<S>(d_x.as_mut_ptr().add(block), sums[r]) };
                        let to = (r * steps + walk.element(step)) * features + block;
                        self.x_gradient[to..to + width].copy_from_slice(&d_x[block..block + width]);
                    }
                }
            }

            // The weights' gradients.
            for block in (0..padded).step_by(S::F32_LANES) {
                // SAFETY: as above; `x[r]` and `before[r]` are read at `features` and `units` places.
                unsafe {
                    let mut d = [[simd.splat_f32s(0.0); C]; R];
                    for r in 0..R {
                        for c in 0..C {
                            d[r][c] = load::<S>(d_sums.add((r * C + c) * padded + block));
                        }
                    }
                    for k in 0..features {
                        let row = input.add(k * G * padded + block);
                        let mut sums = [simd.splat_f32s(0.0); G];
                        for g in 0..G {
                            sums[g] = load::<S>(row.add(g * padded));
                        }
                        for r in 0..R {
                            let value = simd.splat_f32s(*x[r].add(k));
                            for g in 0..G {
                                sums[g] = simd.mul_add_e_f32s(value, d[r][g], sums[g]);
                            }
                        }
                        for g in 0..G {
                            store::<S>(row.add(g * padded), sums[g]);
                        }
                    }
                    for k in 0..units {
                        let row = recurrent.add(k * G * padded + block);
                        let mut sums = [simd.splat_f32s(0.0); G];
                        for g in 0..G {
                            sums[g] = load::<S>(row.add(g * padded));
                        }
                        for r in 0..R {
                            let value = simd.splat_f32s(*before[r].add(hidden + k));
                            for g in 0..G {
                                let c = K::RECURRENT_FROM + g;
                                sums[g] = simd.mul_add_e_f32s(value, d[r][c], sums[g]);
                            }
                        }
                        for g in 0..G {
                            store::<S>(row.add(g * padded), sums[g]);
                        }
                    }
                    for c in 0..C {
                        let at = bias.add(c * padded + block);
                        let mut sum = load::<S>(at);
                        for r in 0..R {
                            sum = simd.add_f32s(sum, d[r][c]);
                        }
                        store::<S>(at, sum);
                    }
                }
            }
        }
        for r in 0..count {
            for state in 0..K::STATES {
                self.start_gradient[(r * K::STATES + state) * units..][..units]
                    .copy_from_slice(&d_states[(2 * r + state) * padded..][..units]);
            }
        }
    }
}

/// For each sample, one vector of `Σ d[g, u] · weights[g, u]` over gates and units. Units take turns with two sums, so that
/// fewer additions wait for the one before.
///
/// # Safety
/// `d` holds `R` times `C · padded` numbers, of which the first `G · padded` of each are read; `weights` has `G · padded`
/// rows that lie `width` apart, each with a whole vector.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn back_through<S: Simd, const C: usize, const G: usize, const R: usize>(
    simd: S,
    d: *const f32,
    padded: usize,
    units: usize,
    weights: *const f32,
    width: usize,
) -> [S::f32s; R] {
    let mut sums = [[simd.splat_f32s(0.0); 2]; R];
    // SAFETY: by the contract of this function; so are all reads below.
    let d: [*const f32; R] = std::array::from_fn(|r| unsafe { d.add(r * C * padded) });
    for g in 0..G {
        for pair in 0..units / 2 {
            for turn in 0..2 {
                let at = g * padded + 2 * pair + turn;
                unsafe {
                    let row = load::<S>(weights.add(at * width));
                    for r in 0..R {
                        let value = simd.splat_f32s(*d[r].add(at));
                        sums[r][turn] = simd.mul_add_e_f32s(value, row, sums[r][turn]);
                    }
                }
            }
        }
        if units % 2 == 1 {
            let at = g * padded + units - 1;
            unsafe {
                let row = load::<S>(weights.add(at * width));
                for r in 0..R {
                    let value = simd.splat_f32s(*d[r].add(at));
                    sums[r][0] = simd.mul_add_e_f32s(value, row, sums[r][0]);
                }
            }
        }
    }
    std::array::from_fn(|r| simd.add_f32s(sums[r][0], sums[r][1]))
}

/// The states of a record; zero for a state that the cell does not have.
///
/// # Safety
/// `record` points to a whole record, and `block` and one vector more stay within `padded`.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn load_states<S: Simd, K: Cell<C, G>, const C: usize, const G: usize>(
    simd: S,
    record: *const f32,
    padded: usize,
    block: usize,
) -> [S::f32s; 2] {
    let mut states = [simd.splat_f32s(0.0); 2];
    for state in 0..K::STATES {
        // SAFETY: by the contract of this function.
        states[state] = unsafe { load::<S>(record.add((C + state) * padded + block)) };
    }
    states
}

/// # Safety
/// A whole vector can be read at `from`.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn load<S: Simd>(from: *const f32) -> S::f32s {
    // SAFETY: by the contract of this function; a vector is plain numbers and needs no alignment here.
    unsafe { from.cast::<S::f32s>().read_unaligned() }
}

/// # Safety
/// A whole vector can be written at `to`.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn store<S: Simd>(to: *mut f32, values: S::f32s) {
    // SAFETY: by the contract of this function; no alignment is needed here.
    unsafe { to.cast::<S::f32s>().write_unaligned(values) }
}
