//! `y = g(x · W + b)` and its gradients. `x` is `(rows, inputs)`, `W` `(inputs, units)`, `b` `(units,)`.

use super::buffer::uninit;
use super::matmul::{Blocks, Matrix, matmul_parallel, product};
use super::parallel::{self, Shared};
use super::pointwise::{Function, Gradient, Pointwise, with_function};
use pulp::{Simd, WithSimd};

/// The sizes of a dense layer's pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) inputs: usize,
    pub(crate) units: usize,
}

/// What a forward pass gives.
pub(crate) struct Forward {
    /// `g(z)`, `(rows, units)`.
    pub(crate) outputs: Vec<f32>,
    /// `z = x · W + b`, where the backward pass needs it.
    pub(crate) sums: Option<Vec<f32>>,
}

/// The forward pass: each tile of the product gets its bias and activation while it is still in the cache.
#[allow(unsafe_code)]
pub(crate) fn forward(
    shape: Shape,
    x: &[f32],
    kernel: &[f32],
    bias: Option<&[f32]>,
    activation: Pointwise,
) -> Forward {
    let Shape {
        rows,
        inputs,
        units,
    } = shape;
    let (a, b) = (
        Matrix::new(x, rows, inputs),
        Matrix::new(kernel, inputs, units),
    );
    let mut outputs = uninit(rows * units);
    let mut sums = activation.slope_needs_input().then(|| uninit(rows * units));
    let shared = Shared::new(&mut outputs);
    let shared_sums = sums.as_mut().map(|sums| Shared::new(sums));
    Blocks::of(rows, units, inputs).for_each(|tile| {
        product(
            a.part(tile.row, tile.rows, 0, inputs),
            b.part(0, inputs, tile.column, tile.columns),
            &shared,
            tile.row * units + tile.column,
            units,
            false,
        );
        if bias.is_none() && activation == Pointwise::Linear {
            return;
        }
        for row in tile.row..tile.row + tile.rows {
            let range = row * units + tile.column..row * units + tile.column + tile.columns;
            // SAFETY: tiles do not overlap, and each is one task's.
            let values = unsafe { shared.range(range.clone()) };
            let sums = shared_sums
                .as_ref()
                // SAFETY: as above.
                .map(|sums| unsafe { sums.range(range) });
            let bias = bias.map(|bias| &bias[tile.column..tile.column + tile.columns]);
            with_function!(activation, function => super::dispatch(Finish {
                function,
                values,
                sums,
                bias,
            }));
        }
    });
    Forward { outputs, sums }
}

/// Adds the bias to a row and applies the activation, in place.
struct Finish<'a, F> {
    function: F,
    values: &'a mut [f32],
    sums: Option<&'a mut [f32]>,
    bias: Option<&'a [f32]>,
}

impl<F: Function> WithSimd for Finish<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if let Some(bias) = self.bias {
            let (values, values_end) = S::as_mut_simd_f32s(self.values);
            let (bias, bias_end) = S::as_simd_f32s(bias);
            for (value, bias) in values.iter_mut().zip(bias) {
                *value = simd.add_f32s(*value, *bias);
            }
            for (value, bias) in values_end.iter_mut().zip(bias_end) {
                *value += bias;
            }
        }
        if let Some(sums) = self.sums {
            sums.copy_from_slice(self.values);
        }
        let (values, end) = S::as_mut_simd_f32s(self.values);
        for value in values {
            *value = self.function.value(simd, *value);
        }
        if !end.is_empty() {
            let last = self.function.value(simd, simd.partial_load_f32s(end));
            simd.partial_store_f32s(end, last);
        }
    }
}

/// What a backward pass gives.
pub(crate) struct Backward {
    pub(crate) x: Option<Vec<f32>>,
    pub(crate) kernel: Option<Vec<f32>>,
    pub(crate) bias: Option<Vec<f32>>,
}

/// The gradients, from `gradient` = ∂L/∂y and what the forward pass kept: `z` where the activation's slope needs it, else `y`.
pub(crate) fn backward(
    shape: Shape,
    x: &[f32],
    kernel: &[f32],
    kept: &[f32],
    gradient: &[f32],
    activation: Pointwise,
    wanted: Wanted,
) -> Backward {
    let Shape {
        rows,
        inputs,
        units,
    } = shape;
    let delta = Delta::of(shape, kept, gradient, activation, wanted.bias);
    let delta_matrix = Matrix::new(delta.values.as_deref().unwrap_or(gradient), rows, units);

    let kernel_gradient = wanted.kernel.then(|| {
        let mut out = uninit(inputs * units);
        let x = Matrix::new(x, rows, inputs).transposed();
        matmul_parallel(x, delta_matrix, &mut out, false);
        out
    });
    let x_gradient = wanted.x.then(|| {
        let mut out = uninit(rows * inputs);
        let weights = Matrix::new(kernel, inputs, units).transposed();
        matmul_parallel(delta_matrix, weights, &mut out, false);
        out
    });
    Backward {
        x: x_gradient,
        kernel: kernel_gradient,
        bias: delta.bias,
    }
}

/// Which gradients somebody asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) x: bool,
    pub(crate) kernel: bool,
    pub(crate) bias: bool,
}

/// ∂L/∂z and its sums over the rows, the gradient of the bias.
struct Delta {
    /// `None` for a linear layer, whose delta is the gradient itself.
    values: Option<Vec<f32>>,
    bias: Option<Vec<f32>>,
}

impl Delta {
    #[allow(unsafe_code)]
    fn of(
        shape: Shape,
        kept: &[f32],
        gradient: &[f32],
        activation: Pointwise,
        wants_bias: bool,
    ) -> Self {
        /// Numbers for a task: a few dozen kilobytes, which the first two caches hold.
        const NUMBERS: usize = 1 << 14;
        let Shape { rows, units, .. } = shape;
        let linear = activation == Pointwise::Linear;
        if linear && !wants_bias {
            return Self {
                values: None,
                bias: None,
            };
        }
        let rows_each = (NUMBERS / units.max(1)).clamp(1, rows.max(1));
        let tasks = rows.div_ceil(rows_each);
        let mut values = (!linear).then(|| uninit(rows * units));
        let mut sums = vec![0.0; if wants_bias { tasks * units } else { 0 }];
        let shared_values = values.as_mut().map(|values| Shared::new(values));
        let shared_sums = Shared::new(&mut sums);
        parallel::for_each(tasks, |task| {
            let start = task * rows_each * units;
            let end = (start + rows_each * units).min(rows * units);
            let values = shared_values
                .as_ref()
                // SAFETY: each task has its own rows.
                .map(|values| unsafe { values.range(start..end) });
            let sums = wants_bias
                // SAFETY: each task has a row of sums of its own.
                .then(|| unsafe { shared_sums.range(task * units..(task + 1) * units) });
            with_function!(activation, function => super::dispatch(Slopes {
                function,
                kept: &kept[start..end],
                gradient: &gradient[start..end],
                values,
                sums,
                units,
            }));
        });
        let bias = wants_bias.then(|| sum_of_rows(&sums, units));
        Self { values, bias }
    }
}

/// Adds up `(rows, columns)` row by row, in their order.
pub(crate) fn sum_of_rows(rows: &[f32], columns: usize) -> Vec<f32> {
    let mut sum = vec![0.0; columns];
    for row in rows.chunks_exact(columns.max(1)) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sum
}

/// `gradient · g′` for some rows, and the sum over these rows.
struct Slopes<'a, F> {
    function: F,
    kept: &'a [f32],
    gradient: &'a [f32],
    values: Option<&'a mut [f32]>,
    sums: Option<&'a mut [f32]>,
    units: usize,
}

impl<F: Function> WithSimd for Slopes<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if let Some(values) = &mut { self.values } {
            let (function, kept, gradient) = (self.function, self.kept, self.gradient);
            Gradient {
                function,
                kept,
                gradient,
                out: values,
            }
            .with_simd(simd);
            if let Some(sums) = self.sums {
                add_rows(simd, values, self.units, sums);
            }
        } else if let Some(sums) = self.sums {
            add_rows(simd, self.gradient, self.units, sums);
        }
    }
}

#[inline(always)]
fn add_rows<S: Simd>(simd: S, rows: &[f32], units: usize, sums: &mut [f32]) {
    for row in rows.chunks_exact(units) {
        let (sum, sum_end) = S::as_mut_simd_f32s(sums);
        let (row, row_end) = S::as_simd_f32s(row);
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum = simd.add_f32s(*sum, *value);
        }
        for (sum, value) in sum_end.iter_mut().zip(row_end) {
            *sum += value;
        }
    }
}
