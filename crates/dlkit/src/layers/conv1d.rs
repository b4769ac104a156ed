//! `Conv1D`: a convolution along time.
//!
//! `a[t, o] = g(b[o] + Σ_{i, c} x[t·s + i, c] · w[o, c, i])`: each output sees `k` steps in a row, all features of each. Input
//! `(batch, steps, features)`, output `(batch, steps', filters)`; `steps' = ⌊(steps − k) / s⌋ + 1` with padding valid, `⌈steps / s⌉` with same and
//! causal. With causal padding no output sees a later step (van den Oord et al., 2016). The kernel has the shape
//! `(filters, features / groups, k)`: `filters · features / groups · k + filters` parameters.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(Conv1D::new(8, 24).relu())
//!     .add(GlobalAveragePooling1D::new())
//!     .add(Dense::new(1))
//!     .build((120, 14), Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), (8 * 14 * 24 + 8) + (8 + 1));
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::activation::Activation;
use crate::init::Initializer;
use crate::ops::{self, Convolution, Padding};
use crate::variable::Variable;
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// A convolution over sequences. Keras's defaults: stride 1, no padding, linear activation, Glorot-uniform kernel, zero bias.
#[derive(Clone, Debug)]
pub struct Conv1D {
    filters: usize,
    kernel_size: usize,
    how: Convolution,
    activation: Activation,
    use_bias: bool,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
}

impl Conv1D {
    /// A layer with this many filters, each of which sees `kernel_size` steps at once.
    #[must_use]
    pub fn new(filters: usize, kernel_size: usize) -> Self {
        Self {
            filters,
            kernel_size,
            how: Convolution::default(),
            activation: Activation::Linear,
            use_bias: true,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
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

    /// With the hyperbolic tangent.
    #[must_use]
    pub fn tanh(self) -> Self {
        self.activation(Activation::Tanh)
    }

    /// With `1 / (1 + e⁻ᶻ)`.
    #[must_use]
    pub fn sigmoid(self) -> Self {
        self.activation(Activation::Sigmoid)
    }

    /// With zeros around the sequence, before it, or none.
    #[must_use]
    pub fn padding(mut self, padding: Padding) -> Self {
        self.how.padding = padding;
        self
    }

    /// With this many steps from one output to the next.
    #[must_use]
    pub fn strides(mut self, strides: usize) -> Self {
        self.how.strides = (1, strides);
        self
    }

    /// With this many steps from one weight of the kernel to the next.
    #[must_use]
    pub fn dilation_rate(mut self, dilation_rate: usize) -> Self {
        self.how.dilation = (1, dilation_rate);
        self
    }

    /// With the features cut into groups: each filter sees one group.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.how.groups = groups;
        self
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

    /// Without a bias.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Self {
            use_bias: false,
            ..self
        }
    }
}

impl Layer for Conv1D {
    fn kind(&self) -> &'static str {
        "conv1d"
    }

    fn describe(&self) -> String {
        format!(
            "conv1d(filters={}, kernel_size={}, strides={}, padding={}, dilation_rate={}, groups={}, activation={}, bias={})",
            self.filters,
            self.kernel_size,
            self.how.strides.1,
            self.how.padding.name(),
            self.how.dilation.1,
            self.how.groups,
            self.activation.describe(),
            self.use_bias
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        ensure!(self.filters > 0, "a convolution needs at least one filter");
        let &[steps, features] = input_shape else {
            anyhow::bail!("a conv1d layer takes sequences of shape (steps, features)");
        };
        let groups = self.how.groups;
        ensure!(
            groups > 0 && features % groups == 0 && self.filters % groups == 0,
            "{groups} groups divide neither {features} features nor {} filters evenly: choose a number that divides both",
            self.filters
        );
        let (_, side) = self.how.sides_of(1, steps, (1, self.kernel_size))?;
        let kernel = scope.variable(
            "kernel",
            &[self.filters, features / groups, self.kernel_size],
            self.kernel_initializer,
        )?;
        let bias = if self.use_bias {
            Some(scope.variable("bias", &[self.filters], self.bias_initializer)?)
        } else {
            None
        };
        Ok(Built {
            layer: Box::new(BuiltConv1D {
                kernel,
                bias,
                how: self.how,
                activation: self.activation,
            }),
            output_shape: vec![side.outputs, self.filters],
        })
    }
}

struct BuiltConv1D {
    kernel: Variable,
    bias: Option<Variable>,
    how: Convolution,
    activation: Activation,
}

impl BuiltConv1D {
    fn convolve(&self, input: &Tensor, relu: bool) -> Result<Tensor> {
        let features = self.kernel.tensor().dim(1)? * self.how.groups;
        ensure!(
            input.rank() == 3 && input.dim(2)? == features,
            "{} takes a batch of sequences of shape (batch, steps, {features}), but this one has the shape {:?}",
            self.kernel.name().trim_end_matches("/kernel"),
            input.dims()
        );
        let bias = self.bias.as_ref().map(Variable::tensor);
        ops::conv1d(input, self.kernel.tensor(), bias, &self.how, relu)
    }
}

impl BuiltLayer for BuiltConv1D {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        match self.activation {
            Activation::Relu => self.convolve(input, true),
            other => other.apply(&self.convolve(input, false)?),
        }
    }

    fn forward_to_logits(&self, input: &Tensor, _: &Pass) -> Result<(Tensor, Activation)> {
        Ok((self.convolve(input, false)?, self.activation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use candle_core::{DType, Device};

    #[test]
    fn shapes_and_parameters_are_those_of_keras() {
        for (layer, output, parameters) in [
            (Conv1D::new(8, 24), [97, 8], 2_696),
            (
                Conv1D::new(8, 5).padding(Padding::Same).strides(3),
                [40, 8],
                568,
            ),
            (
                Conv1D::new(8, 5).padding(Padding::Causal).dilation_rate(4),
                [120, 8],
                568,
            ),
            (
                Conv1D::new(4, 3).groups(2).without_bias().relu(),
                [118, 4],
                84,
            ),
        ] {
            let mut scope = Scope::new(Seed(1), &Device::Cpu);
            let built = scope.build(&layer, &[120, 14]).unwrap();
            assert_eq!(built.output_shape, output, "{layer:?}");
            let found: usize = scope.variables().iter().map(Variable::parameters).sum();
            assert_eq!(found, parameters, "{layer:?}");
            let x = Tensor::ones((3, 120, 14), DType::F32, &Device::Cpu).unwrap();
            let y = built.layer.forward(&x, &Pass::inference()).unwrap();
            assert_eq!(y.dims()[1..], output, "{layer:?}");
            let gradients = y.sum_all().unwrap().backward().unwrap();
            for variable in scope.variables() {
                assert!(
                    gradients.get(variable.var()).is_some(),
                    "{}",
                    variable.name()
                );
            }
        }
    }

    #[test]
    fn slides_one_filter_over_time() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&Conv1D::new(1, 2).relu(), &[4, 1]).unwrap();
        let kernel = Tensor::new(&[[[-1.0f32, 1.0]]], &Device::Cpu).unwrap();
        scope.variables()[0].var().set(&kernel).unwrap();
        let x = Tensor::new(&[[[1.0f32], [4.0], [2.0], [3.0]]], &Device::Cpu).unwrap();
        let y = built.layer.forward(&x, &Pass::inference()).unwrap();
        let y = y.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(y, [3.0, 0.0, 1.0]);
    }

    #[test]
    fn another_number_of_features_is_refused() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        assert!(scope.build(&Conv1D::new(8, 3), &[1, 28, 28]).is_err());
        let built = scope.build(&Conv1D::new(8, 3), &[20, 2]).unwrap();
        let x = Tensor::zeros((5, 20, 3), DType::F32, &Device::Cpu).unwrap();
        let error = built
            .layer
            .forward(&x, &Pass::inference())
            .unwrap_err()
            .to_string();
        assert!(error.contains("(batch, steps, 2)"), "{error}");
    }
}
