//! The activation functions a layer can end with, by their Keras names.

use crate::kernels::pointwise::Pointwise;
use crate::ops;
use anyhow::Result;
use candle_core::Tensor;

/// What a layer does to its weighted sums `z` before it passes them on.
///
/// Which one for an output? `Sigmoid` for yes or no, `Softmax` for one of several classes, `Linear` for any number,
/// `Relu` or `Softplus` for a number that cannot be negative. Within the net, `Relu` is the usual first choice: the slope of
/// a sigmoid is at most ¼, so a deep stack of them hardly passes a gradient on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `z` itself; range all numbers.
    Linear,
    /// `1 / (1 + e⁻ᶻ)`; range (0, 1).
    Sigmoid,
    /// Range (−1, 1).
    Tanh,
    /// `max(z, 0)`; range [0, ∞).
    Relu,
    /// `e^zᵢ / Σ e^zⱼ` over the last axis; each row in (0, 1), its sum 1.
    Softmax,
    /// `ln(1 + eᶻ)`; range (0, ∞).
    Softplus,
    /// `z / (1 + |z|)`; range (−1, 1).
    Softsign,
    /// `z` above 0, `α(eᶻ − 1)` below; range (−α, ∞). Keras's α is 1.
    Elu(f64),
    /// Scaled elu that keeps mean 0 and variance 1.
    Selu,
    /// `eᶻ`; range (0, ∞).
    Exponential,
    /// `z` above 0, `slope · z` below. Keras's slope is 0.2.
    LeakyRelu(f64),
    /// `z · Φ(z)`: a smooth relu.
    Gelu,
    /// `z/2 · (1 + tanh(√(2/π) (z + 0.044715 z³)))`: gelu by way of tanh, as GPT-2 has it; Keras's `gelu(approximate=True)`.
    GeluTanh,
}

impl Activation {
    /// Applies the function to a tensor of any shape.
    ///
    /// ```
    /// # fn main() -> dlkit::Result<()> {
    /// use dlkit::prelude::*;
    ///
    /// let z = Tensor::new(&[-3.0f32, 0.0, 1.0], &Device::Cpu)?;
    /// let a = Activation::Sigmoid.apply(&z)?.to_vec1::<f32>()?;
    /// assert!((a[0] - 0.0474).abs() < 1e-4 && a[1] == 0.5 && (a[2] - 0.7311).abs() < 1e-4);
    /// # Ok(()) }
    /// ```
    pub fn apply(self, z: &Tensor) -> Result<Tensor> {
        match self {
            Self::Linear => Ok(z.clone()),
            Self::Sigmoid => ops::sigmoid(z),
            Self::Tanh => ops::tanh(z),
            Self::Relu => ops::relu(z),
            Self::Softmax => ops::softmax(z),
            Self::Softplus => ops::softplus(z),
            Self::Softsign => ops::softsign(z),
            Self::Elu(alpha) => ops::elu(z, alpha),
            Self::Selu => ops::selu(z),
            Self::Exponential => Ok(z.exp()?),
            Self::LeakyRelu(slope) => ops::leaky_relu(z, slope),
            Self::Gelu => ops::gelu(z),
            Self::GeluTanh => ops::gelu_tanh(z),
        }
    }

    /// The same function in a kernel, where there is one.
    pub(crate) fn pointwise(self) -> Option<Pointwise> {
        match self {
            Self::Linear => Some(Pointwise::Linear),
            Self::Relu => Some(Pointwise::Relu),
            Self::Sigmoid => Some(Pointwise::Sigmoid),
            Self::Tanh => Some(Pointwise::Tanh),
            Self::GeluTanh => Some(Pointwise::GeluTanh),
            _ => None,
        }
    }

    /// Its name in Keras, such as `"relu"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::Softmax => "softmax",
            Self::Softplus => "softplus",
            Self::Softsign => "softsign",
            Self::Elu(_) => "elu",
            Self::Selu => "selu",
            Self::Exponential => "exponential",
            Self::LeakyRelu(_) => "leaky_relu",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_tanh",
        }
    }

    /// Its name with its setting, where it has one: `leaky_relu(0.2)`.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Elu(setting) | Self::LeakyRelu(setting) => format!("{}({setting})", self.name()),
            _ => self.name().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn every_activation_passes_a_gradient_on() {
        use Activation::*;
        let all = [
            Linear,
            Sigmoid,
            Tanh,
            Relu,
            Softmax,
            Softplus,
            Softsign,
            Elu(1.0),
            Selu,
            Exponential,
            LeakyRelu(0.2),
            Gelu,
            GeluTanh,
        ];
        for activation in all {
            let z = Var::new(&[[0.5f32, -0.5, 2.0]], &Device::Cpu).unwrap();
            let first = activation
                .apply(z.as_tensor())
                .unwrap()
                .narrow(1, 0, 1)
                .unwrap();
            let gradients = first.sum_all().unwrap().backward().unwrap();
            let gradient = gradients.get(&z).map(|g| g.to_vec2::<f32>().unwrap());
            assert!(
                gradient.is_some_and(|g| g[0][0] > 0.0),
                "{}",
                activation.name()
            );
        }
    }
}
