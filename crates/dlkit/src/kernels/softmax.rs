//! Softmax of every row, forward and backward.

use super::math;
use super::parallel;
use super::row;
use pulp::{Simd, WithSimd};

/// Turns the scores of a row into `e^(scale·(xᵢ − max)) / Σⱼ e^(scale·(xⱼ − max))`, in place; `scale` is positive. A score of −∞ gives
/// exactly 0; a row of nothing but −∞ gives zeros.
#[inline(always)]
pub(crate) fn softmax_row<S: Simd>(simd: S, row: &mut [f32], scale: f32) {
    let largest = row::largest(simd, row);
    if largest == f32::NEG_INFINITY && !row.iter().any(|x| x.is_nan()) {
        row.fill(0.0);
        return;
    }
    let (largest, scale) = (simd.splat_f32s(largest), simd.splat_f32s(scale));
    let (head, tail) = S::as_mut_simd_f32s(row);
    let mut total = simd.splat_f32s(0.0);
    for x in head.iter_mut() {
        *x = exponential(simd, *x, largest, scale);
        total = simd.add_f32s(total, *x);
    }
    let mut sum = simd.reduce_sum_f32s(total);
    if !tail.is_empty() {
        let rest = exponential(simd, simd.partial_load_f32s(tail), largest, scale);
        simd.partial_store_f32s(tail, rest);
        for x in tail.iter() {
            sum += x;
        }
    }
    let inverse = simd.splat_f32s(1.0 / sum);
    for x in head {
        *x = simd.mul_f32s(*x, inverse);
    }
    if !tail.is_empty() {
        let rest = simd.mul_f32s(simd.partial_load_f32s(tail), inverse);
        simd.partial_store_f32s(tail, rest);
    }
}

/// `e^(scale·(x − largest))`: exactly 0 for what is masked with −∞.
#[inline(always)]
fn exponential<S: Simd>(simd: S, x: S::f32s, largest: S::f32s, scale: S::f32s) -> S::f32s {
    math::exp(simd, simd.mul_f32s(simd.sub_f32s(x, largest), scale))
}

/// `dxᵢ = yᵢ (dyᵢ − Σⱼ yⱼ dyⱼ) · scale`, in place of `dy`, from the row's softmax `y`.
#[inline(always)]
pub(crate) fn softmax_row_backward<S: Simd>(simd: S, y: &[f32], dy: &mut [f32], scale: f32) {
    let mean = row::dot(simd, y, dy);
    let (mean, scale) = (simd.splat_f32s(mean), simd.splat_f32s(scale));
    let ((y, y_tail), (dy, dy_tail)) = (S::as_simd_f32s(y), S::as_mut_simd_f32s(dy));
    for (y, dy) in y.iter().zip(dy) {
        *dy = simd.mul_f32s(simd.mul_f32s(*y, scale), simd.sub_f32s(*dy, mean));
    }
    if !y_tail.is_empty() {
        let y = simd.partial_load_f32s(y_tail);
        let rest = simd.sub_f32s(simd.partial_load_f32s(dy_tail), mean);
        simd.partial_store_f32s(dy_tail, simd.mul_f32s(simd.mul_f32s(y, scale), rest));
    }
}

/// The softmax of each row of `width` numbers.
pub(crate) fn forward(x: &[f32], out: &mut [f32], width: usize) {
    struct Rows<'a>(&'a mut [f32], usize);
    impl WithSimd for Rows<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for row in self.0.chunks_exact_mut(self.1) {
                softmax_row(simd, row, 1.0);
            }
        }
    }
    assert_eq!(x.len(), out.len());
    let chunk = row::rows_in_a_task(width) * width;
    parallel::for_each_chunk(out, chunk, |index, out| {
        out.copy_from_slice(&x[index * chunk..][..out.len()]);
        super::dispatch(Rows(out, width));
    });
}

/// The gradient for the numbers before [`forward`], from its result `y` and the result's gradient `dy`.
pub(crate) fn backward(y: &[f32], dy: &[f32], dx: &mut [f32], width: usize) {
    struct Rows<'a>(&'a [f32], &'a mut [f32], usize);
    impl WithSimd for Rows<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Self(y, dx, width) = self;
            for (y, dx) in y.chunks_exact(width).zip(dx.chunks_exact_mut(width)) {
                softmax_row_backward(simd, y, dx, 1.0);
            }
        }
    }
    assert_eq!(y.len(), dy.len());
    assert_eq!(y.len(), dx.len());
    let chunk = row::rows_in_a_task(width) * width;
    parallel::for_each_chunk(dx, chunk, |index, dx| {
        let part = index * chunk..index * chunk + dx.len();
        dx.copy_from_slice(&dy[part.clone()]);
        super::dispatch(Rows(&y[part], dx, width));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng as _;

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut rng = Seed(seed).rng();
        (0..count).map(|_| rng.random_range(-4.0..4.0)).collect()
    }

    #[test]
    fn agrees_with_the_formula_for_odd_widths() {
        for (rows, width) in [
            (1, 1),
            (3, 2),
            (5, 7),
            (4, 16),
            (2, 33),
            (700, 65),
            (1, 1000),
        ] {
            let (x, dy) = (numbers(rows * width, 1), numbers(rows * width, 2));
            let (mut y, mut dx) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
            forward(&x, &mut y, width);
            backward(&y, &dy, &mut dx, width);
            for row in 0..rows {
                let part = row * width..(row + 1) * width;
                let e: Vec<f64> = x[part.clone()]
                    .iter()
                    .map(|x| f64::from(*x).exp())
                    .collect();
                let sum: f64 = e.iter().sum();
                let along: f64 = (0..width)
                    .map(|i| e[i] / sum * f64::from(dy[part.start + i]))
                    .sum();
                for i in 0..width {
                    let wanted = e[i] / sum;
                    let found = f64::from(y[part.start + i]);
                    assert!((found / wanted - 1.0).abs() < 2e-6, "{found}, not {wanted}");
                    let wanted = wanted * (f64::from(dy[part.start + i]) - along);
                    let found = f64::from(dx[part.start + i]);
                    assert!((found - wanted).abs() < 2e-6, "{found}, not {wanted}");
                }
            }
        }
    }

    #[test]
    fn minus_infinity_is_exactly_0_and_a_row_of_it_too() {
        for width in [1usize, 5, 16, 37] {
            let mut x = numbers(2 * width, 3);
            x[width..].fill(f32::NEG_INFINITY);
            x[width - 1] = if width > 1 { f32::NEG_INFINITY } else { 0.0 };
            let mut y = vec![f32::NAN; x.len()];
            forward(&x, &mut y, width);
            assert!((y[..width].iter().sum::<f32>() - 1.0).abs() < 1e-6);
            assert!(width == 1 || y[width - 1].to_bits() == 0);
            assert!(y[width..].iter().all(|y| y.to_bits() == 0));
        }
    }

    #[test]
    fn far_out_it_is_finite_and_nan_is_not_hidden() {
        let x = [1e4, 0.0, -1e4, f32::NAN, 1.0, f32::NEG_INFINITY];
        let mut y = [0.0; 6];
        forward(&x, &mut y, 3);
        assert_eq!(&y[..3], [1.0, 0.0, 0.0]);
        assert!(y[3].is_nan());
    }
}
