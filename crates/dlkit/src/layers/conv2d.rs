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
