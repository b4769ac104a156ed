//! How weights start: not at zero, and not all alike.
//!
//! Two units that start equal receive equal gradients and stay equal for ever; weights that are too large or too small make
//! the signal explode or fade from layer to layer. The schemes here choose the spread from the number of inputs
//! (`fan_in`) and outputs (`fan_out`) of a layer.

use crate::seed::Seed;
use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use rand::Rng as _;
use rand_distr::{Distribution, StandardNormal};

/// A rule that fills a new weight. The names are Keras's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initializer {
    /// All 0: right for biases, never for weights.
    Zeros,
    /// All 1.
    Ones,
    /// All the same number.
    Constant(f64),
    /// Uniform in ±√(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010): keeps the variance through sigmoid and tanh
    /// layers. Keras's default for `Dense`.
    GlorotUniform,
    /// Normal with standard deviation √(2 / (fan_in + fan_out)), cut off at two standard deviations as in Keras.
    GlorotNormal,
    /// Uniform in ±√(6 / fan_in) (He et al., 2015): makes up for the half that relu sets to zero.
    HeUniform,
    /// Normal with standard deviation √(2 / fan_in), cut off at two standard deviations as in Keras.
    HeNormal,
    /// A random matrix with orthonormal rows or columns (Saxe et al., 2014): lengths survive many multiplications, as in a
    /// recurrent net. The last axis of the shape is the columns, all others together the rows.
    Orthogonal,
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform between ± this number.
    Uniform(f64),
}

impl Initializer {
    /// A tensor of `shape` (f32) filled by this rule. The same seed gives the same numbers on every device.
    ///
    /// # Errors
    /// [`Initializer::Orthogonal`] needs at least two axes.
    ///
    /// ```
    /// # fn main() -> dlkit::Result<()> {
    /// use dlkit::prelude::*;
    ///
    /// let kernel = Initializer::GlorotUniform.tensor(&[784, 512], Seed(42), &Device::Cpu)?;
    /// let limit = (6.0f32 / (784.0 + 512.0)).sqrt();
    /// assert!(kernel.flatten_all()?.to_vec1::<f32>()?.iter().all(|w| w.abs() <= limit));
    /// # Ok(()) }
    /// ```
    pub fn tensor(self, shape: &[usize], seed: Seed, device: &Device) -> Result<Tensor> {
        let count: usize = shape.iter().product();
        let (fan_in, fan_out) = fans(shape);
        let mut rng = seed.rng();
        let values: Vec<f32> = match self {
            Self::Zeros => vec![0.0; count],
            Self::Ones => vec![1.0; count],
            Self::Constant(value) => vec![value as f32; count],
            Self::Uniform(limit) => uniform(count, limit, &mut rng),
            Self::Normal(deviation) => (0..count)
                .map(|_| (deviation * draw_normal(&mut rng)) as f32)
                .collect(),
            Self::GlorotUniform => uniform(count, (6.0 / (fan_in + fan_out)).sqrt(), &mut rng),
            Self::HeUniform => uniform(count, (6.0 / fan_in).sqrt(), &mut rng),
            Self::GlorotNormal => {
                truncated_normal(count, (2.0 / (fan_in + fan_out)).sqrt(), &mut rng)
            }
            Self::HeNormal => truncated_normal(count, (2.0 / fan_in).sqrt(), &mut rng),
            Self::Orthogonal => {
                ensure!(
                    shape.len() >= 2,
                    "an orthogonal initialiser needs a matrix, but the shape is {shape:?}"
                );
                let columns = shape[shape.len() - 1];
                orthogonal(count / columns.max(1), columns, &mut rng)
            }
        };
        Ok(Tensor::from_vec(values, shape, &Device::Cpu)?
            .to_dtype(DType::F32)?
            .to_device(device)?)
    }
}

/// Inputs and outputs of one unit for a kernel of this shape. A matrix is `(inputs, outputs)` as in Keras; a convolution's
/// kernel is `(outputs, inputs, height, width)` as in Candle, where each patch counts.
fn fans(shape: &[usize]) -> (f64, f64) {
    let (fan_in, fan_out) = match *shape {
        [] => (1, 1),
        [n] => (n, n),
        [inputs, outputs] => (inputs, outputs),
        [outputs, inputs, ref patch @ ..] => {
            let patch: usize = patch.iter().product();
            (inputs * patch, outputs * patch)
        }
    };
    (fan_in.max(1) as f64, fan_out.max(1) as f64)
}

fn draw_normal(rng: &mut crate::seed::Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn uniform(count: usize, limit: f64, rng: &mut crate::seed::Rng) -> Vec<f32> {
    (0..count)
        .map(|_| (limit * (2.0 * rng.random::<f64>() - 1.0)) as f32)
        .collect()
}

/// Normal numbers beyond two standard deviations are drawn again; what remains is widened so that its standard deviation
/// is the one asked for (0.8796… is that of the cut-off standard normal, the constant that Keras uses).
fn truncated_normal(count: usize, deviation: f64, rng: &mut crate::seed::Rng) -> Vec<f32> {
    let scale = deviation / 0.879_625_661_034_239_8;
    let mut draw = || loop {
        let z = draw_normal(rng);
        if z.abs() <= 2.0 {
            return (scale * z) as f32;
        }
    };
    (0..count).map(|_| draw()).collect()
}

/// Gram–Schmidt on random normal vectors, in f64 and twice (once loses orthogonality to rounding): the shorter side's
/// vectors become orthonormal. Row-major `(rows, columns)`.
fn orthogonal(rows: usize, columns: usize, rng: &mut crate::seed::Rng) -> Vec<f32> {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut vector: Vec<f64> = (0..length).map(|_| draw_normal(rng)).collect();
        for _ in 0..2 {
            for earlier in &basis {
                let overlap: f64 = vector.iter().zip(earlier).map(|(a, b)| a * b).sum();
                vector
                    .iter_mut()
                    .zip(earlier)
                    .for_each(|(a, b)| *a -= overlap * b);
            }
        }
        let norm = vector.iter().map(|a| a * a).sum::<f64>().sqrt();
        if norm > 1e-6 {
            vector.iter_mut().for_each(|a| *a /= norm);
            basis.push(vector);
        }
    }
    let at = |row: usize, column: usize| {
        if rows <= columns {
            basis[row][column]
        } else {
            basis[column][row]
        }
    };
    (0..rows * columns)
        .map(|i| at(i / columns, i % columns) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(initializer: Initializer, shape: &[usize]) -> Vec<f32> {
        let tensor = initializer.tensor(shape, Seed(1), &Device::Cpu).unwrap();
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }

    fn deviation(values: &[f32]) -> f64 {
        (values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    }

    #[test]
    fn the_spread_is_the_formulas() {
        let shape = [300, 200];
        for (initializer, wanted) in [
            (Initializer::GlorotUniform, (2.0f64 / 500.0).sqrt()),
            (Initializer::GlorotNormal, (2.0f64 / 500.0).sqrt()),
            (Initializer::HeUniform, (2.0f64 / 300.0).sqrt()),
            (Initializer::HeNormal, (2.0f64 / 300.0).sqrt()),
            (Initializer::Normal(0.5), 0.5),
            (Initializer::Uniform(0.3), 0.3 / 3f64.sqrt()),
        ] {
            let found = deviation(&values(initializer, &shape));
            assert!(
                (found / wanted - 1.0).abs() < 0.02,
                "{initializer:?}: {found} instead of {wanted}"
            );
        }
    }

    #[test]
    fn a_convolution_counts_its_whole_patch() {
        let found = deviation(&values(Initializer::HeNormal, &[64, 32, 3, 3]));
        assert!((found / (2.0f64 / 288.0).sqrt() - 1.0).abs() < 0.02);
    }

    #[test]
    fn orthogonal_vectors_are_orthonormal() {
        for (rows, columns) in [(16, 64), (64, 16), (9, 9), (1, 5)] {
            let w = Initializer::Orthogonal
                .tensor(&[rows, columns], Seed(5), &Device::Cpu)
                .unwrap();
            let product = if rows <= columns {
                w.matmul(&w.t().unwrap())
            } else {
                w.t().unwrap().matmul(&w)
            };
            for (i, row) in product
                .unwrap()
                .to_vec2::<f32>()
                .unwrap()
                .iter()
                .enumerate()
            {
                for (j, value) in row.iter().enumerate() {
                    assert!(
                        (value - f32::from(u8::from(i == j))).abs() < 1e-5,
                        "{rows}×{columns} at {i},{j}: {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn orthogonal_refuses_a_vector() {
        assert!(
            Initializer::Orthogonal
                .tensor(&[5], Seed(1), &Device::Cpu)
                .is_err()
        );
    }
}
