//! Layer normalisation of every row, forward and backward.
//!
//! The backward pass computes mean and spread of the row again: the row has to be read anyway, and is then in the cache.

use super::parallel::{self, Shared};
use super::row;
use pulp::{Simd, WithSimd};

/// `yᵢ = (xᵢ − mean) / √(variance + epsilon) · gammaᵢ + betaᵢ` for each row; `gamma` and `beta` have the row's width.
pub(crate) fn forward(x: &[f32], gamma: &[f32], beta: &[f32], epsilon: f32, out: &mut [f32]) {
    struct Rows<'a> {
        x: &'a [f32],
        gamma: &'a [f32],
        beta: &'a [f32],
        epsilon: f32,
        out: &'a mut [f32],
    }
    impl WithSimd for Rows<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let width = self.gamma.len();
            let (gamma, beta) = (self.gamma, &self.beta[..width]);
            for (x, out) in self
                .x
                .chunks_exact(width)
                .zip(self.out.chunks_exact_mut(width))
            {
                let (mean, inverse) = spread(simd, x, self.epsilon);
                for i in 0..width {
                    out[i] = (x[i] - mean) * inverse * gamma[i] + beta[i];
                }
            }
        }
    }
    assert_eq!(x.len(), out.len());
    let chunk = row::rows_in_a_task(gamma.len()) * gamma.len();
    parallel::for_each_chunk(out, chunk, |index, out| {
        let x = &x[index * chunk..][..out.len()];
        super::dispatch(Rows {
            x,
            gamma,
            beta,
            epsilon,
            out,
        });
    });
}

/// The mean of a row and `1 / √(variance + epsilon)`.
#[inline(always)]
fn spread<S: Simd>(simd: S, x: &[f32], epsilon: f32) -> (f32, f32) {
    let n = x.len() as f32;
    let mean = row::sum(simd, x) / n;
    let variance = row::squares_around(simd, x, mean) / n;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// From the gradient `dy` of the result: writes that of `x` to `dx`, those of `gamma` and `beta` to `dgamma` and `dbeta`.
pub(crate) fn backward(
    x: &[f32],
    gamma: &[f32],
    epsilon: f32,
    dy: &[f32],
    dx: &mut [f32],
    dgamma: &mut [f32],
    dbeta: &mut [f32],
) {
    let width = gamma.len();
    assert!(x.len() == dy.len() && x.len() == dx.len());
    assert!(width == dgamma.len() && width == dbeta.len());
    let chunk = row::rows_in_a_task(width) * width;
    // What each task adds up for gamma and beta; added in the tasks' order below.
    let tasks = x.len().div_ceil(chunk.max(1));
    let mut partial = vec![0.0; tasks * 2 * width];
    let shared = Shared::new(&mut partial);
    parallel::for_each_chunk(dx, chunk, |index, dx| {
        let part = index * chunk..index * chunk + dx.len();
        #[allow(unsafe_code)]
        // SAFETY: each task has its own range.
        let partial = unsafe { shared.range(2 * index * width..2 * (index + 1) * width) };
        let (dgamma, dbeta) = partial.split_at_mut(width);
        super::dispatch(Backward {
            x: &x[part.clone()],
            gamma,
            epsilon,
            dy: &dy[part],
            dx,
            dgamma,
            dbeta,
        });
    });
    dgamma.fill(0.0);
    dbeta.fill(0.0);
    for part in partial.chunks_exact(2 * width.max(1)) {
        for i in 0..width {
            dgamma[i] += part[i];
            dbeta[i] += part[width + i];
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    gamma: &'a [f32],
    epsilon: f32,
    dy: &'a [f32],
    dx: &'a mut [f32],
    dgamma: &'a mut [f32],
    dbeta: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.gamma.len();
        let gamma = self.gamma;
        let (dgamma, dbeta) = (&mut self.dgamma[..width], &mut self.dbeta[..width]);
        let rows = self.x.chunks_exact(width).zip(self.dy.chunks_exact(width));
        for ((x, dy), dx) in rows.zip(self.dx.chunks_exact_mut(width)) {
            let (mean, inverse) = spread(simd, x, self.epsilon);
            // First dx holds the gradient of the normalised row, n; the sums Σ dn and Σ dn · n follow from it.
            for i in 0..width {
                let n = (x[i] - mean) * inverse;
                dgamma[i] += dy[i] * n;
                dbeta[i] += dy[i];
                dx[i] = dy[i] * gamma[i];
            }
            let along = row::sum(simd, dx) / width as f32;
            // Σ dn · n = inverse · (Σ dn · x − mean · Σ dn) would cancel badly for a large mean: subtract first.
            let across = centered_dot(simd, dx, x, mean) * inverse / width as f32;
            for i in 0..width {
                let n = (x[i] - mean) * inverse;
                dx[i] = inverse * (dx[i] - along - n * across);
            }
        }
    }
}

/// `Σ aᵢ (xᵢ − center)`.
#[inline(always)]
fn centered_dot<S: Simd>(simd: S, a: &[f32], x: &[f32], center: f32) -> f32 {
    let ((a, a_tail), (x, x_tail)) = (S::as_simd_f32s(a), S::as_simd_f32s(x));
    let at = simd.splat_f32s(center);
    let mut sum = simd.splat_f32s(0.0);
    for (a, x) in a.iter().zip(x) {
        sum = simd.mul_add_f32s(*a, simd.sub_f32s(*x, at), sum);
    }
    let mut result = simd.reduce_sum_f32s(sum);
    for (a, x) in a_tail.iter().zip(x_tail) {
        result += a * (x - center);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng as _;

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut rng = Seed(seed).rng();
        (0..count).map(|_| rng.random_range(-2.0..2.0)).collect()
    }

    fn wide(values: &[f32]) -> Vec<f64> {
        values.iter().map(|v| f64::from(*v)).collect()
    }

    fn assert_close(name: &str, found: &[f32], wanted: &[f64]) {
        let scale = wanted.iter().fold(1.0f64, |m, w| m.max(w.abs()));
        for (found, wanted) in found.iter().zip(wanted) {
            let error = (f64::from(*found) - wanted).abs() / scale;
            assert!(error < 1e-5, "{name}: {found}, not {wanted}");
        }
    }

    #[test]
    fn agrees_with_the_formula_for_odd_widths() {
        const EPSILON: f64 = 1e-3;
        for (rows, width) in [(1, 1), (3, 2), (5, 7), (4, 16), (300, 65), (1, 1000)] {
            let count = rows * width;
            let (x, dy) = (numbers(count, 1), numbers(count, 2));
            let (gamma, beta) = (numbers(width, 3), numbers(width, 4));
            let (mut y, mut dx) = (vec![f32::NAN; count], vec![f32::NAN; count]);
            let (mut dgamma, mut dbeta) = (vec![f32::NAN; width], vec![f32::NAN; width]);
            forward(&x, &gamma, &beta, EPSILON as f32, &mut y);
            backward(
                &x,
                &gamma,
                EPSILON as f32,
                &dy,
                &mut dx,
                &mut dgamma,
                &mut dbeta,
            );

            let (x, dy, gamma, beta) = (wide(&x), wide(&dy), wide(&gamma), wide(&beta));
            let mut wanted = [(); 2].map(|()| vec![0.0; count]);
            let mut sums = [(); 2].map(|()| vec![0.0; width]);
            for start in (0..count).step_by(width) {
                let row = &x[start..start + width];
                let mean = row.iter().sum::<f64>() / width as f64;
                let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64;
                let deviation = (variance + EPSILON).sqrt();
                let n: Vec<f64> = row.iter().map(|x| (x - mean) / deviation).collect();
                let dn: Vec<f64> = (0..width).map(|i| dy[start + i] * gamma[i]).collect();
                let along = dn.iter().sum::<f64>() / width as f64;
                let across = dn.iter().zip(&n).map(|(a, b)| a * b).sum::<f64>() / width as f64;
                for i in 0..width {
                    wanted[0][start + i] = n[i] * gamma[i] + beta[i];
                    wanted[1][start + i] = (dn[i] - along - n[i] * across) / deviation;
                    sums[0][i] += dy[start + i] * n[i];
                    sums[1][i] += dy[start + i];
                }
            }
            assert_close("y", &y, &wanted[0]);
            assert_close("dx", &dx, &wanted[1]);
            assert_close("dgamma", &dgamma, &sums[0]);
            assert_close("dbeta", &dbeta, &sums[1]);
        }
    }
}
