//! `GaussianNoise`: while training, adds a random number to each input.
//!
//! `y = x + ε` with normal ε of mean 0 and a standard deviation that is given. The net sees no sample twice, so it cannot learn one
//! by heart; a small change of the input must not change the answer. When not training, nothing happens. No parameters; input and
//! output have the same shape. As the mask of dropout, the noise is a hash of the step, the layer and the position. Source: Bishop,
//! *Training with noise is equivalent to Tikhonov regularization* (1995).
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(GaussianNoise::new(0.1)) // for inputs whose spread is about 1
//!     .add(Dense::new(16).relu())
//!     .add(Dense::new(1))
//!     .build(13, Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), 13 * 16 + 16 + 17);
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::ops;
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// Adds normal noise while training.
#[derive(Clone, Copy, Debug)]
pub struct GaussianNoise {
    stddev: f64,
}

impl GaussianNoise {
    /// Noise with this standard deviation.
    #[must_use]
    pub fn new(stddev: f64) -> Self {
        Self { stddev }
    }
}

impl Layer for GaussianNoise {
    fn kind(&self) -> &'static str {
        "gaussian_noise"
    }

    fn describe(&self) -> String {
        format!("gaussian_noise(stddev={})", self.stddev)
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        ensure!(
            self.stddev >= 0.0 && self.stddev.is_finite(),
            "the standard deviation of the noise is {}, but it must be 0 or more",
            self.stddev
        );
        Ok(Built {
            layer: Box::new(BuiltGaussianNoise {
                stddev: self.stddev,
                name: scope.full_name("noise"),
            }),
            output_shape: input_shape.to_vec(),
        })
    }
}

struct BuiltGaussianNoise {
    stddev: f64,
    name: String,
}

impl BuiltLayer for BuiltGaussianNoise {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        match pass.training_seed() {
            Some(seed) if self.stddev > 0.0 => {
                ops::gaussian_noise(input, self.stddev, seed.derive(&self.name))
            }
            _ => Ok(input.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn run(stddev: f64, pass: Pass) -> Vec<f32> {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&GaussianNoise::new(stddev), &[1000]).unwrap();
        assert_eq!(built.output_shape, [1000]);
        assert!(scope.variables().is_empty());
        let x = Tensor::full(3.0f32, (100, 1000), &Device::Cpu).unwrap();
        let y = built.layer.forward(&x, &pass).unwrap();
        assert_eq!(y.dims(), [100, 1000]);
        y.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn has_the_mean_and_the_spread_that_are_asked_for() {
        for stddev in [0.1, 2.0] {
            let y = run(stddev, Pass::training(Seed(3)));
            let count = y.len() as f64;
            let mean = y.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
            let variance = y
                .iter()
                .map(|v| (f64::from(*v) - mean).powi(2))
                .sum::<f64>()
                / count;
            assert!((mean - 3.0).abs() < 4.0 * stddev / count.sqrt(), "{mean}");
            assert!((variance.sqrt() / stddev - 1.0).abs() < 0.01, "{variance}");
        }
    }

    #[test]
    fn is_off_when_not_training_and_without_a_spread() {
        assert!(run(0.5, Pass::inference()).iter().all(|v| *v == 3.0));
        assert!(run(0.0, Pass::training(Seed(1))).iter().all(|v| *v == 3.0));
    }

    #[test]
    fn each_step_and_each_layer_has_noise_of_its_own() {
        let step = |n| run(0.5, Pass::training(Seed(3).at(n)));
        assert_eq!(step(0), step(0));
        let same = step(0)
            .iter()
            .zip(step(1))
            .filter(|(a, b)| **a == *b)
            .count();
        assert!(same < 100, "{same} of 100,000 are equal");

        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let x = Tensor::zeros((1, 8), DType::F32, &Device::Cpu).unwrap();
        let mut noise = || -> Vec<Vec<f32>> {
            let built = scope.build(&GaussianNoise::new(1.0), &[8]).unwrap();
            let y = built.layer.forward(&x, &Pass::training(Seed(3))).unwrap();
            y.to_vec2().unwrap()
        };
        assert_ne!(noise(), noise());
    }

    #[test]
    fn a_negative_spread_is_refused() {
        let error = Scope::new(Seed(1), &Device::Cpu).build(&GaussianNoise::new(-1.0), &[5]);
        assert!(format!("{:#}", error.err().unwrap()).contains("-1"));
    }
}
