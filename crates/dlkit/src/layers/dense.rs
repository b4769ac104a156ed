//! `Dense`: every output sees every input.
//!
//! `a = g(x · W + b)` with the kernel `W` of shape `(inputs, units)`, the bias `b` of shape `(units,)` and the activation `g`.
//! Input `(batch, …, inputs)`, output `(batch, …, units)`: only the last axis is mixed. `inputs · units + units` parameters.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(Dense::new(512).relu())
//!     .add(Dense::new(10).softmax())
//!     .build(784, Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), 784 * 512 + 512 + 512 * 10 + 10);
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::activation::Activation;
use crate::init::Initializer;
use crate::ops;
use crate::regularizers::Regularizer;
use crate::variable::Variable;
use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

/// A fully connected layer. Keras's defaults: linear activation, Glorot-uniform kernel, zero bias.
#[derive(Clone, Debug)]
pub struct Dense {
    units: usize,
    activation: Activation,
    use_bias: bool,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    kernel_regularizer: Option<Regularizer>,
    bias_regularizer: Option<Regularizer>,
}

impl Dense {
    /// A layer with this many outputs.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self {
            units,
            activation: Activation::Linear,
            use_bias: true,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
            kernel_regularizer: None,
            bias_regularizer: None,
        }
    }

    /// With this activation.
    #[must_use]
    pub fn activation(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// With `max(z, 0)`.
    #[must_use]
    pub fn relu(self) -> Self {
        self.activation(Activation::Relu)
    }

    /// With `1 / (1 + e⁻ᶻ)`.
    #[must_use]
    pub fn sigmoid(self) -> Self {
        self.activation(Activation::Sigmoid)
    }

    /// With the hyperbolic tangent.
    #[must_use]
    pub fn tanh(self) -> Self {
        self.activation(Activation::Tanh)
    }

    /// With softmax over the units.
    #[must_use]
    pub fn softmax(self) -> Self {
        self.activation(Activation::Softmax)
    }

    /// With its kernel filled by this rule.
    #[must_use]
    pub fn kernel_initializer(self, kernel_initializer: Initializer) -> Self {
        Self {
            kernel_initializer,
            ..self
        }
    }

    /// With its bias filled by this rule.
    #[must_use]
    pub fn bias_initializer(self, bias_initializer: Initializer) -> Self {
        Self {
            bias_initializer,
            ..self
        }
    }

    /// With a price on large weights in its kernel.
    #[must_use]
    pub fn kernel_regularizer(self, regularizer: Regularizer) -> Self {
        Self {
            kernel_regularizer: Some(regularizer),
            ..self
        }
    }

    /// With a price on large numbers in its bias; seldom wanted.
    #[must_use]
    pub fn bias_regularizer(self, regularizer: Regularizer) -> Self {
        Self {
            bias_regularizer: Some(regularizer),
            ..self
        }
    }

    /// Without a bias.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Self {
            use_bias: false,
            ..self
        }
    }
}

impl Layer for Dense {
    fn kind(&self) -> &'static str {
        "dense"
    }

    fn describe(&self) -> String {
        let regularizers = [
            ("kernel_regularizer", self.kernel_regularizer),
            ("bias_regularizer", self.bias_regularizer),
        ];
        let regularizers = regularizers.map(|(name, regularizer)| match regularizer {
            Some(regularizer) => format!(", {name}={}", regularizer.describe()),
            None => String::new(),
        });
        format!(
            "dense(units={}, activation={}, bias={}{})",
            self.units,
            self.activation.describe(),
            self.use_bias,
            regularizers.concat()
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        ensure!(self.units > 0, "a dense layer needs at least one unit");
        let (&inputs, leading) = input_shape
            .split_last()
            .context("a dense layer needs an input with at least one axis besides the batch")?;
        ensure!(inputs > 0, "a dense layer needs at least one input");
        let kernel = scope.regularized_variable(
            "kernel",
            &[inputs, self.units],
            self.kernel_initializer,
            self.kernel_regularizer,
        )?;
        let bias = if self.use_bias {
            Some(scope.regularized_variable(
                "bias",
                &[self.units],
                self.bias_initializer,
                self.bias_regularizer,
            )?)
        } else {
            None
        };
        let output_shape = leading.iter().copied().chain([self.units]).collect();
        Ok(Built {
            layer: Box::new(BuiltDense {
                kernel,
                bias,
                activation: self.activation,
            }),
            output_shape,
        })
    }
}

struct BuiltDense {
    kernel: Variable,
    bias: Option<Variable>,
    activation: Activation,
}

impl BuiltDense {
    fn apply(&self, input: &Tensor, activation: Activation) -> Result<Tensor> {
        let kernel = self.kernel.tensor();
        let inputs = kernel.dim(0)?;
        let (&last, leading) = input
            .dims()
            .split_last()
            .context("a dense layer needs an input with a batch axis")?;
        ensure!(
            last == inputs && !leading.is_empty(),
            "{} takes inputs with {inputs} numbers each, but this batch has the shape {:?}{}",
            self.kernel.name().trim_end_matches("/kernel"),
            input.dims(),
            if leading
                .first()
                .is_some_and(|batch| input.elem_count() == batch * inputs)
            {
                " (flatten it first?)"
            } else {
                ""
            }
        );
        let bias = self.bias.as_ref().map(Variable::tensor);
        ops::dense(input, kernel, bias, activation)
    }
}

impl BuiltLayer for BuiltDense {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        self.apply(input, self.activation)
    }

    fn forward_to_logits(&self, input: &Tensor, _: &Pass) -> Result<(Tensor, Activation)> {
        Ok((self.apply(input, Activation::Linear)?, self.activation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::finite_differences::assert_gradient;
    use crate::seed::Seed;
    use candle_core::{DType, Device};

    #[test]
    fn computes_the_weighted_sums_of_the_deck() {
        // One neuron with w = (1, −1), b = −1, on three inputs: σ(−3), σ(0), σ(1).
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&Dense::new(1).sigmoid(), &[2]).unwrap();
        scope.variables()[0]
            .var()
            .set(&Tensor::new(&[[1.0f32], [-1.0]], &Device::Cpu).unwrap())
            .unwrap();
        scope.variables()[1]
            .var()
            .set(&Tensor::new(&[-1.0f32], &Device::Cpu).unwrap())
            .unwrap();
        let x = Tensor::new(&[[-1.0f32, 1.0], [-1.0, -2.0], [1.0, -1.0]], &Device::Cpu).unwrap();
        let a = built
            .layer
            .forward(&x, &Pass::inference())
            .unwrap()
            .to_vec2::<f32>()
            .unwrap();
        for (found, wanted) in a.iter().zip([0.047_425_87, 0.5, 0.731_058_6]) {
            assert!(
                (found[0] - wanted).abs() < 1e-6,
                "{} instead of {wanted}",
                found[0]
            );
        }
    }

    #[test]
    fn input_kernel_and_bias_all_get_the_right_gradient() {
        let point: Vec<f64> = (0..22).map(|i| (f64::from(i) * 0.7).sin()).collect();
        assert_gradient("dense", &point, &[22], |all| {
            let x = all.narrow(0, 0, 6)?.reshape((2, 3))?;
            let kernel = all.narrow(0, 6, 12)?.reshape((3, 4))?;
            ops::dense(&x, &kernel, Some(&all.narrow(0, 18, 4)?), Activation::Tanh)
        });
    }

    #[test]
    fn mixes_only_the_last_axis() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&Dense::new(5), &[7, 3]).unwrap();
        assert_eq!(built.output_shape, [7, 5]);
        let x = Tensor::zeros((2, 7, 3), DType::F32, &Device::Cpu).unwrap();
        assert_eq!(
            built.layer.forward(&x, &Pass::inference()).unwrap().dims(),
            [2, 7, 5]
        );
    }

    #[test]
    fn a_forgotten_flatten_is_named() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&Dense::new(5), &[784]).unwrap();
        let images = Tensor::zeros((2, 28, 28), DType::F32, &Device::Cpu).unwrap();
        let message = built
            .layer
            .forward(&images, &Pass::inference())
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("flatten") && message.contains("[2, 28, 28]"),
            "{message}"
        );
    }
}
