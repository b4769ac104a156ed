//! Gelu in its exact form, `x · Φ(x)` with the distribution function of the normal distribution, forward and backward.

use super::math;
use super::parallel;
use pulp::{Simd, WithSimd};
use std::f32::consts::FRAC_1_SQRT_2;

/// Numbers in one task.
const TASK: usize = 1 << 14;

/// `1/√(2π)`: the density of the normal distribution at 0.
const DENSITY: f32 = 0.398_942_3;

/// `x · Φ(x)`.
#[inline(always)]
fn value<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (below, _) = normal(simd, x);
    simd.mul_f32s(x, below)
}

/// Its derivative, `Φ(x) + x φ(x)`.
#[inline(always)]
fn slope<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (below, bell) = normal(simd, x);
    let density = simd.mul_f32s(bell, simd.splat_f32s(DENSITY));
    simd.mul_add_f32s(x, density, below)
}

/// `Φ(x)` and `e^(−x²/2)`. The complementary error function is `(a₁t + … + a₅t⁵) e^(−z²)` with `t = 1 / (1 + p z)` for z ≥ 0, to
/// 1.5e-7 (Hastings; Abramowitz and Stegun 7.1.26).
#[inline(always)]
fn normal<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
    // At 20 the bell is 0 in single precision; a square of more could overflow. NaN must stay: it is compared with nothing.
    let size = simd.abs_f32s(x);
    let z = simd.mul_f32s(size, simd.splat_f32s(FRAC_1_SQRT_2));
    let far = simd.less_than_f32s(simd.splat_f32s(20.0), z);
    let near = simd.select_f32s(far, simd.splat_f32s(20.0), z);
    let exponential = math::exp(simd, simd.neg_f32s(simd.mul_f32s(near, near)));
    let bell = simd.select_f32s(far, zero, exponential);
    let t = simd.div_f32s(
        one,
        simd.mul_add_f32s(near, simd.splat_f32s(0.327_591_1), one),
    );
    let mut poly = simd.splat_f32s(1.061_405_4);
    for a in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        poly = simd.mul_add_f32s(poly, t, simd.splat_f32s(a));
    }
    let half = simd.splat_f32s(0.5);
    let above = simd.mul_f32s(simd.mul_f32s(simd.mul_f32s(poly, t), bell), half);
    let positive = simd.less_than_f32s(zero, x);
    (
        simd.select_f32s(positive, simd.sub_f32s(one, above), above),
        bell,
    )
}

/// `out = gelu(x)`.
pub(crate) fn forward(x: &[f32], out: &mut [f32]) {
    struct Part<'a>(&'a [f32], &'a mut [f32]);
    impl WithSimd for Part<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Self(x, out) = self;
            let ((x, x_tail), (out, out_tail)) = (S::as_simd_f32s(x), S::as_mut_simd_f32s(out));
            for (x, out) in x.iter().zip(out) {
                *out = value(simd, *x);
            }
            let rest = value(simd, simd.partial_load_f32s(x_tail));
            simd.partial_store_f32s(out_tail, rest);
        }
    }
    assert_eq!(x.len(), out.len());
    parallel::for_each_chunk(out, TASK, |index, out| {
        super::dispatch(Part(&x[index * TASK..][..out.len()], out));
    });
}

/// `dx = dy · gelu′(x)`.
pub(crate) fn backward(x: &[f32], dy: &[f32], dx: &mut [f32]) {
    struct Part<'a>(&'a [f32], &'a [f32], &'a mut [f32]);
    impl WithSimd for Part<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Self(x, dy, dx) = self;
            let ((x, x_tail), (dy, dy_tail)) = (S::as_simd_f32s(x), S::as_simd_f32s(dy));
            let (dx, dx_tail) = S::as_mut_simd_f32s(dx);
            for ((x, dy), dx) in x.iter().zip(dy).zip(dx) {
                *dx = simd.mul_f32s(slope(simd, *x), *dy);
            }
            let slope = slope(simd, simd.partial_load_f32s(x_tail));
            let rest = simd.mul_f32s(slope, simd.partial_load_f32s(dy_tail));
            simd.partial_store_f32s(dx_tail, rest);
        }
    }
    assert!(x.len() == dy.len() && x.len() == dx.len());
    parallel::for_each_chunk(dx, TASK, |index, dx| {
        let part = index * TASK..index * TASK + dx.len();
        super::dispatch(Part(&x[part.clone()], &dy[part], dx));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(x: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (mut y, mut dx) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
        forward(x, &mut y);
        backward(x, &vec![1.0; x.len()], &mut dx);
        (y, dx)
    }

    fn points() -> Vec<f32> {
        (-4001..4000).map(|i| i as f32 / 400.0).collect()
    }

    /// Φ by Simpson's rule from −12, with 400 pieces for each unit.
    fn distribution(x: f64) -> f64 {
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let pieces = 2 * (200.0 * (x + 12.0)).ceil().max(1.0) as usize;
        let step = (x + 12.0) / pieces as f64;
        let inside: f64 = (1..pieces)
            .map(|i| (2 + i % 2 * 2) as f64 * density(-12.0 + i as f64 * step))
            .sum();
        (density(-12.0) + inside + density(x)) * step / 3.0
    }

    #[test]
    fn it_is_its_formula() {
        let points: Vec<f32> = points().into_iter().step_by(40).collect();
        let (y, slope) = run(&points);
        for (i, x) in points.into_iter().enumerate() {
            let x = f64::from(x);
            let below = distribution(x);
            assert!(
                (f64::from(y[i]) - x * below).abs() < 2e-6,
                "gelu({x}): {}",
                y[i]
            );
            let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let wanted = below + x * density;
            assert!(
                (f64::from(slope[i]) - wanted).abs() < 2e-6,
                "gelu'({x}): {}",
                slope[i]
            );
        }
    }

    #[test]
    fn far_out_it_is_relu_and_nan_stays() {
        let x = [-1e30, -1e4, -30.0, 0.0, 30.0, 1e4, 1e30, f32::NAN];
        let (y, mut slope) = run(&x);
        assert_eq!(y[..7], [0.0, 0.0, 0.0, 0.0, 30.0, 1e4, 1e30]);
        assert!((slope[3] - 0.5).abs() < 1e-7);
        slope[3] = 0.0;
        assert_eq!(slope[..7], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert!(y[7].is_nan() && slope[7].is_nan());
    }
}
