//! `LayerNormalization`: every sample, and every step of a sequence, gets mean 0 and spread 1 (Ba, Kiros and Hinton, 2016).
//!
//! `yᵢ = gammaᵢ · (xᵢ − mean) / √(variance + epsilon) + betaᵢ`, with mean and variance over the last axis of this one sample: unlike
//! batch normalisation it needs no other samples, so training and prediction are the same.
//!
//! Input and output `(batch, …, k)`. `2k` parameters: `gamma` starts at 1, `beta` at 0. Keras's epsilon is 0.001.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(LayerNormalization::new())
//!     .build((5, 16), Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), 32);
//! # Ok(()) }
//! ```

use super::embedding::layer_name;
use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::init::Initializer;
use crate::ops;
use crate::variable::Variable;
use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

/// Normalises over the last axis, then scales and shifts by what it learns.
#[derive(Clone, Copy, Debug)]
pub struct LayerNormalization {
    epsilon: f64,
}

impl Default for LayerNormalization {
    fn default() -> Self {
        Self { epsilon: 1e-3 }
    }
}

impl LayerNormalization {
    /// With Keras's epsilon, 0.001.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this number added to the variance, so that equal inputs do not divide by zero. PyTorch's is 1e-5.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon }
    }

    /// The layer with its weights, for rows of `width` numbers.
    pub(super) fn of_width(
        self,
        width: usize,
        scope: &mut Scope,
    ) -> Result<BuiltLayerNormalization> {
        ensure!(
            self.epsilon >= 0.0,
            "the epsilon of a layer normalisation is added to a variance, so it cannot be {}",
            self.epsilon
        );
        Ok(BuiltLayerNormalization {
            gamma: scope.variable("gamma", &[width], Initializer::Ones)?,
            beta: scope.variable("beta", &[width], Initializer::Zeros)?,
            epsilon: self.epsilon,
        })
    }
}

impl Layer for LayerNormalization {
    fn kind(&self) -> &'static str {
        "layer_normalization"
    }

    fn describe(&self) -> String {
        format!("layer_normalization(epsilon={})", self.epsilon)
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        let width = *input_shape.last().context(
            "a layer normalisation needs an input with at least one axis besides the batch",
        )?;
        Ok(Built {
            layer: Box::new(self.of_width(width, scope)?),
            output_shape: input_shape.to_vec(),
        })
    }
}

pub(super) struct BuiltLayerNormalization {
    gamma: Variable,
    beta: Variable,
    epsilon: f64,
}

impl BuiltLayer for BuiltLayerNormalization {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        let (gamma, beta) = (self.gamma.tensor(), self.beta.tensor());
        ops::layer_norm(input, gamma, beta, self.epsilon).with_context(|| {
            let name = layer_name(&self.gamma, "/gamma");
            format!("{name} was built for another input")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use candle_core::{DType, Device};

    #[test]
    fn rows_get_mean_0_and_spread_1_and_all_variables_a_gradient() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope
            .build(&LayerNormalization::new().epsilon(0.0), &[3, 8])
            .unwrap();
        assert_eq!(built.output_shape, [3, 8]);
        let x = Initializer::Uniform(5.0)
            .tensor(&[2, 3, 8], Seed(2), &Device::Cpu)
            .unwrap();
        let y = built
            .layer
            .forward(&(x + 3.0).unwrap(), &Pass::inference())
            .unwrap();
        for row in y.reshape((6, 8)).unwrap().to_vec2::<f32>().unwrap() {
            let mean = row.iter().sum::<f32>() / 8.0;
            let variance = row.iter().map(|y| y * y).sum::<f32>() / 8.0;
            assert!(
                mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5,
                "{row:?}"
            );
        }
        let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        let names: Vec<&str> = scope.variables().iter().map(Variable::name).collect();
        assert_eq!(
            names,
            ["layer_normalization/gamma", "layer_normalization/beta"]
        );
        assert!(
            scope
                .variables()
                .iter()
                .all(|v| gradients.get(v.var()).is_some())
        );
    }

    #[test]
    fn another_width_is_refused_by_name() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&LayerNormalization::new(), &[8]).unwrap();
        let x = Tensor::zeros((2, 7), DType::F32, &Device::Cpu).unwrap();
        let error = built.layer.forward(&x, &Pass::inference()).unwrap_err();
        let message = format!("{error:#}");
        assert!(
            message.contains("layer_normalization was built") && message.contains("[7]"),
            "{message}"
        );
        assert!(
            scope
                .build(&LayerNormalization::new().epsilon(-1.0), &[8])
                .is_err()
        );
    }
}
