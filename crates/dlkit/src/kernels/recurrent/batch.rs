//! Large weights: all samples take a step together.
//!
//! The input's sums of all steps are one matrix product before the first step. Each step is then a product of the hidden states
//! with the recurrent kernel and one pass through the cell; the way back is the same in reverse, and leaves the gradients of all
//! sums, from which the gradients of weights and input are one product each.

use super::groups::Back;
use super::{Cell, Packed, Walk};
use crate::kernels::matmul::{Matrix, matmul_parallel};
use crate::kernels::parallel::{self, Shared};
use crate::kernels::{buffer, dispatch};
use pulp::{Simd, WithSimd};
use std::marker::PhantomData;

/// Samples that a task takes through the cell: some thousand numbers' worth.
fn samples_of_a_task(padded: usize) -> usize {
    (4096 / padded).max(1)
}

pub(super) fn forward<K: Cell<C, G>, const C: usize, const G: usize>(
    walk: &Walk,
    packed: &Packed,
    records: usize,
    x: &[f32],
    trace: &mut [f32],
    out: &mut [f32],
) {
    let (batch, steps, units, padded) = (walk.batch, walk.steps, walk.units, packed.padded);
    let (sums, record) = (G * padded, (C + K::STATES) * padded);
    let (rows, hidden) = (walk.rows(), C * padded);
    let slot = |step: usize| if records == 2 { step & 1 } else { step };

    let mut from_input = buffer::uninit(batch * steps * sums);
    matmul_parallel(
        Matrix::new(x, batch * steps, walk.features),
        Matrix::new(&packed.input, walk.features, sums),
        &mut from_input,
        false,
    );
    let mut from_hidden = buffer::uninit(batch * sums);
    let together = samples_of_a_task(padded);
    for step in 0..steps {
        matmul_parallel(
            Matrix::strided(
                &trace[slot(step) * record + hidden..],
                batch,
                padded,
                records * record,
                1,
            ),
            Matrix::new(&packed.recurrent, padded, sums),
            &mut from_hidden,
            false,
        );
        let out = Shared::new(out);
        parallel::for_each_chunk(trace, together * records * record, |task, trace| {
            for (sample, trace) in trace.chunks_exact_mut(records * record).enumerate() {
                let sample = task * together + sample;
                dispatch(StepForward::<K, C, G> {
                    packed,
                    from_input: &from_input[(sample * steps + walk.element(step)) * sums..][..sums],
                    from_hidden: &from_hidden[sample * sums..][..sums],
                    trace,
                    before: slot(step) * record,
                    after: slot(step + 1) * record,
                    cell: PhantomData,
                });
                let give = |state: usize, row: usize| {
                    let from = slot(step + 1) * record + hidden + state * padded;
                    let to = (sample * rows + row) * units;
                    #[allow(unsafe_code)]
                    // SAFETY: a row of this sample, which no other task has.
                    unsafe { out.range(to..to + units) }
                        .copy_from_slice(&trace[from..from + units]);
                };
                if let Some(row) = walk.row(step) {
                    give(0, row);
                }
                if walk.cell_row && step + 1 == steps {
                    give(1, rows - 1);
                }
            }
        });
    }
}

/// One sample through the cell.
struct StepForward<'a, K, const C: usize, const G: usize> {
    packed: &'a Packed,
    from_input: &'a [f32],
    from_hidden: &'a [f32],
    /// The sample's records, and where those before and after the step start.
    trace: &'a mut [f32],
    before: usize,
    after: usize,
    cell: PhantomData<K>,
}

impl<K: Cell<C, G>, const C: usize, const G: usize> WithSimd for StepForward<'_, K, C, G> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let padded = self.packed.padded;
        for at in (0..padded).step_by(S::F32_LANES) {
            let vector =
                |from: &[f32], column: usize| load_from::<S>(&from[column * padded + at..]);
            let mut sums = [simd.splat_f32s(0.0); C];
            for c in 0..C {
                sums[c] = vector(&self.packed.bias, c);
            }
            for g in 0..G {
                sums[g] = simd.add_f32s(sums[g], vector(self.from_input, g));
            }
            for g in 0..G {
                let c = K::RECURRENT_FROM + g;
                sums[c] = simd.add_f32s(sums[c], vector(self.from_hidden, g));
            }
            let mut states = [simd.splat_f32s(0.0); 2];
            for state in 0..K::STATES {
                states[state] = vector(&self.trace[self.before..], C + state);
            }
            let (kept, states) = K::forward(simd, sums, states);
            let after = &mut self.trace[self.after..];
            for c in 0..C {
                store_to::<S>(&mut after[c * padded + at..], kept[c]);
            }
            for state in 0..K::STATES {
                store_to::<S>(&mut after[(C + state) * padded + at..], states[state]);
            }
        }
    }
}

/// Fills the gradients of `x` and of the start, and gives those of the weights.
pub(super) fn backward<K: Cell<C, G>, const C: usize, const G: usize>(
    back: &Back<'_>,
    lanes: usize,
    x_gradient: Option<&mut [f32]>,
    start_gradient: &mut [f32],
) -> Packed {
    let Back {
        walk,
        packed,
        x,
        trace,
        gradient,
    } = *back;
    let (batch, steps, units, padded) = (walk.batch, walk.steps, walk.units, packed.padded);
    let (sums, columns, record) = (G * padded, C * padded, (C + K::STATES) * padded);
    let (rows, elements) = (walk.rows(), batch * steps);
    let recurrent_from = K::RECURRENT_FROM * padded;

    // The gradients of all sums and the hidden states before all steps, both in the order of the input's elements.
    let mut d_sums = buffer::uninit(elements * columns);
    let mut before = buffer::uninit(elements * padded);
    let mut d_hidden = vec![0.0; batch * padded];
    let mut d_cell = vec![0.0; batch * padded];
    if walk.cell_row {
        for sample in 0..batch {
            d_cell[sample * padded..][..units]
                .copy_from_slice(&gradient[(sample * rows + rows - 1) * units..][..units]);
        }
    }
    let together = samples_of_a_task(padded);
    for step in (0..steps).rev() {
        let element = walk.element(step);
        let (shared_before, shared_cell) = (Shared::new(&mut before), Shared::new(&mut d_cell));
        let shared_hidden = Shared::new(&mut d_hidden);
        parallel::for_each_chunk(&mut d_sums, together * steps * columns, |task, d_sums| {
            for (sample, d_sums) in d_sums.chunks_exact_mut(steps * columns).enumerate() {
                let sample = task * together + sample;
                let own = sample * padded..(sample + 1) * padded;
                let at = (sample * steps + element) * padded;
                #[allow(unsafe_code)]
                // SAFETY: the places of this sample, which no other task has.
                let (d_hidden, d_cell, before) = unsafe {
                    (
                        shared_hidden.range(own.clone()),
                        shared_cell.range(own),
                        shared_before.range(at..at + padded),
                    )
                };
                if let Some(row) = walk.row(step) {
                    let from = &gradient[(sample * rows + row) * units..][..units];
                    d_hidden
                        .iter_mut()
                        .zip(from)
                        .for_each(|(d, from)| *d += from);
                }
                let records = &trace[(sample * (steps + 1) + step) * record..][..2 * record];
                before.copy_from_slice(&records[columns..columns + padded]);
                dispatch(StepBackward::<K, C, G> {
                    padded,
                    records,
                    d_hidden,
                    d_cell,
                    d_sums: &mut d_sums[element * columns..][..columns],
                    cell: PhantomData,
                });
            }
        });
        matmul_parallel(
            Matrix::strided(
                &d_sums[element * columns + recurrent_from..],
                batch,
                sums,
                steps * columns,
                1,
            ),
            Matrix::new(&packed.recurrent, padded, sums).transposed(),
            &mut d_hidden,
            true,
        );
    }
    for sample in 0..batch {
        let start = &mut start_gradient[sample * K::STATES * units..][..K::STATES * units];
        start[..units].copy_from_slice(&d_hidden[sample * padded..][..units]);
        if K::STATES == 2 {
            start[units..].copy_from_slice(&d_cell[sample * padded..][..units]);
        }
    }

    let of_input = Matrix::strided(&d_sums, elements, sums, columns, 1);
    let of_recurrent = Matrix::strided(&d_sums[recurrent_from..], elements, sums, columns, 1);
    let mut weights = Packed::zeros::<C, G>(walk, lanes);
    let x = Matrix::new(x, elements, walk.features);
    matmul_parallel(x.transposed(), of_input, &mut weights.input, false);
    let before = Matrix::new(&before, elements, padded);
    matmul_parallel(
        before.transposed(),
        of_recurrent,
        &mut weights.recurrent,
        false,
    );
    parallel::for_each_chunk(&mut weights.bias, 64, |task, bias| {
        let from = task * 64;
        for d in d_sums.chunks_exact(columns) {
            bias.iter_mut()
                .zip(&d[from..])
                .for_each(|(sum, d)| *sum += d);
        }
    });
    if let Some(x_gradient) = x_gradient {
        let kernel = Matrix::new(&packed.input, walk.features, sums);
        matmul_parallel(of_input, kernel.transposed(), x_gradient, false);
    }
    weights
}

/// One sample back through the cell.
struct StepBackward<'a, K, const C: usize, const G: usize> {
    padded: usize,
    /// The one before the step, and the one after it.
    records: &'a [f32],
    d_hidden: &'a mut [f32],
    d_cell: &'a mut [f32],
    d_sums: &'a mut [f32],
    cell: PhantomData<K>,
}

impl<K: Cell<C, G>, const C: usize, const G: usize> WithSimd for StepBackward<'_, K, C, G> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let padded = self.padded;
        let (before, after) = self.records.split_at((C + K::STATES) * padded);
        for at in (0..padded).step_by(S::F32_LANES) {
            let vector =
                |from: &[f32], column: usize| load_from::<S>(&from[column * padded + at..]);
            let mut kept = [simd.splat_f32s(0.0); C];
            for c in 0..C {
                kept[c] = vector(after, c);
            }
            let mut states = [[simd.splat_f32s(0.0); 2]; 2];
            for state in 0..K::STATES {
                states[0][state] = vector(before, C + state);
                states[1][state] = vector(after, C + state);
            }
            let gradient = [vector(self.d_hidden, 0), vector(self.d_cell, 0)];
            let (sums, gradient) = K::backward(simd, kept, states[0], states[1], gradient);
            for c in 0..C {
                store_to::<S>(&mut self.d_sums[c * padded + at..], sums[c]);
            }
            store_to::<S>(&mut self.d_hidden[at..], gradient[0]);
            store_to::<S>(&mut self.d_cell[at..], gradient[1]);
        }
    }
}

#[inline(always)]
fn load_from<S: Simd>(from: &[f32]) -> S::f32s {
    S::as_simd_f32s(&from[..S::F32_LANES]).0[0]
}

#[inline(always)]
fn store_to<S: Simd>(to: &mut [f32], values: S::f32s) {
    S::as_mut_simd_f32s(&mut to[..S::F32_LANES]).0[0] = values;
}
