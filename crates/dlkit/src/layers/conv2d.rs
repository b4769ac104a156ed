//! `Conv2D`: the same small patch of weights looks at every place of an image (LeCun et al., 1989).
//!
//! `a = g(b[o] + Σ_{c, i, j} x[c, y·s + i, x·s + j] · w[o, c, i, j])` for each filter `o`: see [`crate::ops::conv2d`]. Input
//! `(batch, channels, height, width)`, output `(batch, filters, height', width')`; a side of `n` becomes `⌊(n − k) / s⌋ + 1` with padding valid
//! and `⌈n / s⌉` with padding same. The kernel has the shape `(filters, channels / groups, k, k)`, the bias `(filters,)`:
//! `filters · channels / groups · k² + filters` parameters, whatever the size of the image.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(Conv2D::new(32, 3).relu())
//!     .add(MaxPooling2D::new(2))
//!     .add(Flatten::new())
//!     .add(Dense::new(10).softmax())
//!     .build((1, 28, 28), Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), (32 * 9 + 32) + (32 * 13 * 13 * 10 + 10));
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::activation::Activation;
use crate::init::Initializer;
use crate::ops::{self, Convolution, Padding, Pair, Pooling};
use crate::variable::Variable;
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// A convolution over images. Keras's defaults: stride 1, no padding, linear activation, Glorot-uniform kernel, zero bias.
#[derive(Clone, Debug)]
pub struct Conv2D {
    filters: usize,
    kernel_size: (usize, usize),
    how: Convolution,
    activation: Activation,
    use_bias: bool,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
}

impl Conv2D {
    /// A layer with this many filters; the size of their kernels is one number or `(height, width)`.
    #[must_use]
    pub fn new(filters: usize, kernel_size: impl Into<Pair>) -> Self {
        Self {
            filters,
            kernel_size: kernel_size.into().into(),
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

    /// With zeros around the image, or none.
    #[must_use]
    pub fn padding(mut self, padding: Padding) -> Self {
        self.how.padding = padding;
        self
    }

    /// With this many places from one output to the next: one number, or `(down, across)`.
    #[must_use]
    pub fn strides(mut self, strides: impl Into<Pair>) -> Self {
        self.how.strides = strides.into().into();
        self
    }

    /// With this many places from one weight of the kernel to the next.
    #[must_use]
    pub fn dilation_rate(mut self, dilation_rate: impl Into<Pair>) -> Self {
        self.how.dilation = dilation_rate.into().into();
        self
    }

    /// With the channels cut into groups: each filter sees one group.
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

impl Layer for Conv2D {
    fn kind(&self) -> &'static str {
        "conv2d"
    }

    fn describe(&self) -> String {
        format!(
            "conv2d(filters={}, kernel_size={:?}, strides={:?}, padding={}, dilation_rate={:?}, groups={}, activation={}, bias={})",
            self.filters,
            self.kernel_size,
            self.how.strides,
            self.how.padding.name(),
            self.how.dilation,
            self.how.groups,
            self.activation.describe(),
            self.use_bias
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        ensure!(self.filters > 0, "a convolution needs at least one filter");
        let &[channels, height, width] = input_shape else {
            anyhow::bail!(
                "a conv2d layer takes images of shape (channels, height, width); a grey image of 28 × 28 is (1, 28, 28)"
            );
        };
        ensure!(
            self.how.padding != Padding::Causal,
            "padding causal is for sequences (Conv1D): an image has no before and after"
        );
        ensure!(
            self.activation != Activation::Softmax,
            "softmax would go over the columns of the image here; put it into a Dense layer behind Flatten or GlobalAveragePooling2D"
        );
        let groups = self.how.groups;
        ensure!(
            groups > 0 && channels % groups == 0 && self.filters % groups == 0,
            "{groups} groups divide neither {channels} channels nor {} filters evenly: choose a number that divides both",
            self.filters
        );
        let (rows, columns) = self.how.sides_of(height, width, self.kernel_size)?;
        let (kernel_height, kernel_width) = self.kernel_size;
        let kernel = scope.variable(
            "kernel",
            &[self.filters, channels / groups, kernel_height, kernel_width],
            self.kernel_initializer,
        )?;
        let bias = if self.use_bias {
            Some(scope.variable("bias", &[self.filters], self.bias_initializer)?)
        } else {
            None
        };
        Ok(Built {
            layer: Box::new(BuiltConv2D {
                kernel,
                bias,
                how: self.how,
                activation: self.activation,
                pooling: None,
            }),
            output_shape: vec![self.filters, rows.outputs, columns.outputs],
        })
    }
}

#[derive(Clone)]
struct BuiltConv2D {
    kernel: Variable,
    bias: Option<Variable>,
    how: Convolution,
    activation: Activation,
    /// The max-pooling layer behind this one, whose work is done here too.
    pooling: Option<Pooling>,
}

impl BuiltConv2D {
    fn check(&self, input: &Tensor) -> Result<()> {
        let channels = self.kernel.tensor().dim(1)? * self.how.groups;
        ensure!(
            input.rank() == 4 && input.dim(1)? == channels,
            "{} takes a batch of images of shape (batch, {channels}, height, width), but this one has the shape {:?}",
            self.kernel.name().trim_end_matches("/kernel"),
            input.dims()
        );
        Ok(())
    }
}

impl BuiltLayer for BuiltConv2D {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        let relu = self.activation == Activation::Relu;
        let kernel = self.kernel.tensor();
        let bias = self.bias.as_ref().map(Variable::tensor);
        match &self.pooling {
            Some(pooling) => {
                self.check(input)?;
                ops::conv2d_max_pool(input, kernel, bias, &self.how, relu, pooling)
            }
            None if relu => {
                self.check(input)?;
                ops::conv2d_relu(input, kernel, bias, &self.how)
            }
            None => {
                let (logits, activation) = self.forward_to_logits(input, pass)?;
                activation.apply(&logits)
            }
        }
    }

    fn forward_to_logits(&self, input: &Tensor, pass: &Pass) -> Result<(Tensor, Activation)> {
        if self.pooling.is_some() {
            return Ok((self.forward(input, pass)?, Activation::Linear));
        }
        self.check(input)?;
        let bias = self.bias.as_ref().map(Variable::tensor);
        let logits = ops::conv2d(input, self.kernel.tensor(), bias, &self.how)?;
        Ok((logits, self.activation))
    }

    fn joined_with(&self, next: &dyn BuiltLayer) -> Option<Box<dyn BuiltLayer>> {
        let simple = matches!(self.activation, Activation::Linear | Activation::Relu);
        match next.max_pooling() {
            Some(pooling) if simple && self.pooling.is_none() => Some(Box::new(Self {
                pooling: Some(pooling),
                ..self.clone()
            })),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{ActivationLayer, Dense, Flatten, MaxPooling2D};
    use crate::losses::SparseCategoricalCrossEntropy;
    use crate::model::Sequential;
    use crate::seed::Seed;
    use candle_core::{DType, Device};

    fn built(layer: &Conv2D, shape: &[usize]) -> Result<(Built, Vec<Variable>)> {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(layer, shape)?;
        Ok((built, scope.variables().to_vec()))
    }

    #[test]
    fn shapes_and_parameters_are_those_of_keras() {
        for (layer, input, output, parameters) in [
            (Conv2D::new(32, 3), [1, 28, 28], [32, 26, 26], 320),
            (Conv2D::new(64, 3), [32, 13, 13], [64, 11, 11], 18_496),
            (
                Conv2D::new(8, (3, 5)).padding(Padding::Same).strides(2),
                [3, 9, 8],
                [8, 5, 4],
                368,
            ),
            (
                Conv2D::new(6, 3).groups(3).without_bias(),
                [3, 9, 8],
                [6, 7, 6],
                54,
            ),
            (Conv2D::new(4, 3).dilation_rate(2), [2, 9, 8], [4, 5, 4], 76),
        ] {
            let (built, variables) = built(&layer, &input).unwrap();
            assert_eq!(built.output_shape, output, "{layer:?}");
            let found: usize = variables.iter().map(Variable::parameters).sum();
            assert_eq!(found, parameters, "{layer:?}");
            let [channels, height, width] = input;
            let x = Tensor::zeros((2, channels, height, width), DType::F32, &Device::Cpu).unwrap();
            let y = built.layer.forward(&x, &Pass::inference()).unwrap();
            assert_eq!(y.dims()[1..], output, "{layer:?}");
        }
    }

    #[test]
    fn starts_glorot_uniform_with_zero_bias() {
        let (_, variables) = built(&Conv2D::new(64, 3), &[32, 13, 13]).unwrap();
        let kernel = variables[0].tensor().flatten_all().unwrap();
        let limit = (6.0f32 / ((32 + 64) as f32 * 9.0)).sqrt();
        let largest = kernel
            .abs()
            .unwrap()
            .max(0)
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(
            largest <= limit && largest > 0.98 * limit,
            "{largest} {limit}"
        );
        let bias = variables[1].tensor().to_vec1::<f32>().unwrap();
        assert!(bias.iter().all(|b| *b == 0.0));
    }

    fn net(activation: Activation, joined: bool) -> crate::model::Model {
        let net = Sequential::new().add(Conv2D::new(5, 3).activation(activation));
        // A linear activation between the two changes nothing but keeps them apart.
        let net = if joined {
            net
        } else {
            net.add(ActivationLayer(Activation::Linear))
        };
        net.add(MaxPooling2D::new(2))
            .add(Conv2D::new(6, 2).relu())
            .add(MaxPooling2D::new(2))
            .add(Flatten::new())
            .add(Dense::new(3).softmax())
            .build((2, 11, 10), Seed(4), &Device::Cpu)
            .unwrap()
    }

    #[test]
    fn joined_with_pooling_it_gives_the_same_and_is_described_the_same() {
        use Activation::{Linear, Relu, Tanh};
        for activation in [Relu, Linear, Tanh] {
            let x = crate::init::Initializer::Normal(1.0)
                .tensor(&[4, 2, 11, 10], Seed(7), &Device::Cpu)
                .unwrap();
            let (together, apart) = (net(activation, true), net(activation, false));
            let predict = |model: &crate::model::Model| {
                let y = model.predict(&x).unwrap();
                y.flatten_all().unwrap().to_vec1::<f32>().unwrap()
            };
            for (a, b) in predict(&together).iter().zip(predict(&apart)) {
                assert!((a - b).abs() < 1e-6, "{activation:?}: {a} {b}");
            }
            let summary = together.summary().to_string();
            for name in ["conv2d", "max_pooling2d", "conv2d_1", "max_pooling2d_1"] {
                assert!(summary.contains(name), "{summary}");
            }
        }
    }

    #[test]
    fn every_variable_gets_a_gradient_and_the_net_learns() {
        let x = crate::init::Initializer::Normal(1.0)
            .tensor(&[12, 2, 11, 10], Seed(7), &Device::Cpu)
            .unwrap();
        let y = Tensor::new(&[0u32, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], &Device::Cpu).unwrap();
        let data = crate::data::Dataset::new(x, y).unwrap();
        for activation in [Activation::Relu, Activation::Tanh] {
            let mut model = net(activation, true);
            model.compile(
                crate::optimizers::Adam::new(0.01),
                SparseCategoricalCrossEntropy,
                [crate::metrics::Accuracy],
            );
            let fit = crate::model::Fit {
                epochs: 60,
                progress: crate::model::Progress::Silent,
                ..crate::model::Fit::default()
            };
            // A training step refuses a variable that no gradient reaches.
            model.fit(&data, fit).unwrap();
            assert_eq!(model.evaluate(&data).unwrap().accuracy().unwrap(), 1.0);
        }
    }

    #[test]
    fn what_it_cannot_take_is_named() {
        let message = |layer: Conv2D, shape: &[usize]| match built(&layer, shape) {
            Ok(_) => String::new(),
            Err(error) => format!("{error:#}"),
        };
        assert!(message(Conv2D::new(0, 3), &[1, 9, 9]).contains("at least one filter"));
        assert!(message(Conv2D::new(4, 3), &[28, 28]).contains("(1, 28, 28)"));
        assert!(message(Conv2D::new(4, 3), &[1, 2, 9]).contains("does not fit"));
        assert!(message(Conv2D::new(4, 3).groups(3), &[4, 9, 9]).contains("3 groups"));
        assert!(message(Conv2D::new(4, 3).padding(Padding::Causal), &[1, 9, 9]).contains("Conv1D"));
        let softmax = Conv2D::new(4, 3).activation(Activation::Softmax);
        assert!(message(softmax, &[1, 9, 9]).contains("Dense"));

        let (built, _) = built(&Conv2D::new(4, 3), &[2, 9, 9]).unwrap();
        let x = Tensor::zeros((5, 1, 9, 9), DType::F32, &Device::Cpu).unwrap();
        let error = built
            .layer
            .forward(&x, &Pass::inference())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("conv2d takes a batch of images of shape (batch, 2,"),
            "{error}"
        );
    }
}
