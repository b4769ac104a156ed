//! Softmax and cross-entropy together: from logits to the mean loss and its gradient in one pass over the rows.

use super::buffer::uninit;
use super::math::exp;
use super::parallel::{self, Shared};
use super::row;
use pulp::{Simd, WithSimd};

/// The mean over the rows of `ln Σⱼ e^zⱼ − z[class]`, and its gradient `(softmax(z) − one-hot) / rows`. The logits are `(rows, classes)`
/// row after row; each class number is below `classes`.
#[allow(unsafe_code)]
pub(crate) fn mean_loss_and_gradient(
    logits: &[f32],
    labels: &[u32],
    classes: usize,
) -> (f32, Vec<f32>) {
    let rows = labels.len();
    assert_eq!(logits.len(), rows * classes);
    let rows_each = row::rows_in_a_task(classes);
    let mut gradient = uninit(logits.len());
    let mut losses = uninit(rows);
    let shared_gradient = Shared::new(&mut gradient);
    let shared_losses = Shared::new(&mut losses);
    parallel::for_each(rows.div_ceil(rows_each), |task| {
        let (first, end) = (task * rows_each, rows.min((task + 1) * rows_each));
        // SAFETY: each task has its own rows, here and below.
        let gradient = unsafe { shared_gradient.range(first * classes..end * classes) };
        // SAFETY: as above.
        let losses = unsafe { shared_losses.range(first..end) };
        super::dispatch(Rows {
            logits: &logits[first * classes..end * classes],
            labels: &labels[first..end],
            classes,
            scale: 1.0 / rows as f32,
            gradient,
            losses,
        });
    });
    // In f64 and in the order of the rows: thousands of small losses lose digits in f32.
    let sum: f64 = losses.iter().map(|loss| f64::from(*loss)).sum();
    ((sum / rows as f64) as f32, gradient)
}

struct Rows<'a> {
    logits: &'a [f32],
    labels: &'a [u32],
    classes: usize,
    scale: f32,
    gradient: &'a mut [f32],
    losses: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self
            .logits
            .chunks_exact(self.classes)
            .zip(self.gradient.chunks_exact_mut(self.classes));
        for (((logits, gradient), label), loss) in rows.zip(self.labels).zip(self.losses) {
            let class = *label as usize;
            let largest = row::largest(simd, logits);
            let sum = exponentials(simd, logits, largest, gradient);
            *loss = sum.ln() + (largest - logits[class]);
            multiply(simd, gradient, self.scale / sum);
            gradient[class] -= self.scale;
        }
    }
}

/// Writes `e^(x − shift)` and gives the sum.
#[inline(always)]
fn exponentials<S: Simd>(simd: S, row: &[f32], shift: f32, out: &mut [f32]) -> f32 {
    let (full, end) = S::as_simd_f32s(row);
    let (out, out_end) = S::as_mut_simd_f32s(out);
    let shifts = simd.splat_f32s(shift);
    let mut sum = simd.splat_f32s(0.0);
    for (x, out) in full.iter().zip(out) {
        *out = exp(simd, simd.sub_f32s(*x, shifts));
        sum = simd.add_f32s(sum, *out);
    }
    let mut sum = simd.reduce_sum_f32s(sum);
    if !end.is_empty() {
        let last = exp(simd, simd.sub_f32s(simd.partial_load_f32s(end), shifts));
        simd.partial_store_f32s(out_end, last);
        sum += out_end.iter().sum::<f32>();
    }
    sum
}

#[inline(always)]
fn multiply<S: Simd>(simd: S, row: &mut [f32], factor: f32) {
    let factors = simd.splat_f32s(factor);
    let (full, end) = S::as_mut_simd_f32s(row);
    for x in full {
        *x = simd.mul_f32s(*x, factors);
    }
    for x in end {
        *x *= factor;
    }
}
