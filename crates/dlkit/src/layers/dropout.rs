//! `Dropout`: while training, sets a random share of its inputs to zero (Srivastava et al., 2014).
//!
//! What is left is divided by the share that stays, so that sums keep their size; when not training, nothing
//! happens. The number of parameters does not change. Input and output have the same shape.
//!
//! The mask is a hash of (seed of the step, name of the layer, position), not a row of draws: it is the same whatever the
//! number of threads.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(Dense::new(512).relu())
//!     .add(Dropout::new(0.5)) // half of the 512, other ones each step
//!     .add(Dense::new(10).softmax())
//!     .build(784, Seed(42), &Device::Cpu)?;
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::ops;
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// Sets a share `rate` of the inputs to zero while training.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    rate: f64,
}

impl Dropout {
    /// A layer that drops this share, from 0 up to but not including 1.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }
}

impl Layer for Dropout {
    fn kind(&self) -> &'static str {
        "dropout"
    }

    fn describe(&self) -> String {
        format!("dropout(rate={})", self.rate)
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        ensure!(
            (0.0..1.0).contains(&self.rate),
            "the dropout rate is {}, but it must be at least 0 and below 1 (0.2 drops a fifth)",
            self.rate
        );
        let layer = BuiltDropout {
            rate: self.rate,
            name: scope.full_name("mask"),
        };
        Ok(Built {
            layer: Box::new(layer),
            output_shape: input_shape.to_vec(),
        })
    }
}

struct BuiltDropout {
    rate: f64,
    name: String,
}

impl BuiltLayer for BuiltDropout {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        match pass.training_seed() {
            Some(seed) if self.rate > 0.0 => {
                ops::dropout(input, self.rate, seed.derive(&self.name))
            }
            _ => Ok(input.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use candle_core::Device;

    fn layer(rate: f64) -> Box<dyn BuiltLayer> {
        Scope::new(Seed(1), &Device::Cpu)
            .build(&Dropout::new(rate), &[1000])
            .unwrap()
            .layer
    }

    fn ones() -> Tensor {
        Tensor::ones((100, 1000), candle_core::DType::F32, &Device::Cpu).unwrap()
    }

    fn run(rate: f64, pass: Pass) -> Vec<f32> {
        layer(rate)
            .forward(&ones(), &pass)
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1()
            .unwrap()
    }

    #[test]
    fn drops_its_share_and_keeps_the_sum() {
        for rate in [0.1, 0.2, 0.5, 0.9] {
            let y = run(rate, Pass::training(Seed(3)));
            let dropped = y.iter().filter(|v| **v == 0.0).count() as f64 / y.len() as f64;
            let mean = y.iter().map(|v| f64::from(*v)).sum::<f64>() / y.len() as f64;
            assert!(
                (dropped - rate).abs() < 0.006,
                "{dropped} instead of {rate}"
            );
            assert!((mean - 1.0).abs() < 0.03, "mean {mean} at rate {rate}");
        }
    }

    #[test]
    fn is_off_when_not_training() {
        assert!(run(0.5, Pass::inference()).iter().all(|v| *v == 1.0));
    }

    #[test]
    fn same_seed_same_mask_and_another_step_another_mask() {
        let step = |n| run(0.5, Pass::training(Seed(3).at(n)));
        assert_eq!(step(0), step(0));
        let same = step(0)
            .iter()
            .zip(step(1))
            .filter(|(a, b)| **a == *b)
            .count();
        assert!(
            (45_000..55_000).contains(&same),
            "{same} of 100,000 are equal: the steps are not independent"
        );
    }

    #[test]
    fn what_is_dropped_gets_no_gradient() {
        let x = candle_core::Var::from_tensor(&ones()).unwrap();
        let y = layer(0.5).forward(&x, &Pass::training(Seed(9))).unwrap();
        let gradient = y
            .sum_all()
            .unwrap()
            .backward()
            .unwrap()
            .get(&x)
            .unwrap()
            .flatten_all()
            .unwrap();
        assert_eq!(
            gradient.to_vec1::<f32>().unwrap(),
            y.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        );
    }

    #[test]
    fn a_rate_of_one_is_refused() {
        assert!(
            Scope::new(Seed(1), &Device::Cpu)
                .build(&Dropout::new(1.0), &[5])
                .is_err()
        );
    }
}
