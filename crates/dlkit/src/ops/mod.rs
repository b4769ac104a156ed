//! Differentiable operations on tensors, composed of Candle's own.
//!
//! Candle drops or bends some gradients without a word: `softmax_last_dim` cuts the graph, `relu` has the derivative 1 at 0,
//! `abs` has +1 there, `elu` multiplies an infinite exponential by zero. What dlkit builds on is here, and each
//! operation is tested against finite differences in f64, at zero and far out too.

mod activations;
#[cfg(test)]
pub(crate) mod agreement;
mod attention;
pub(crate) mod custom;
mod embedding;
#[cfg(test)]
pub(crate) mod finite_differences;
mod gelu;
mod layer_norm;
pub(crate) mod softmax;

pub use activations::{elu, leaky_relu, relu, selu, sigmoid, softplus, softsign, tanh};
pub use attention::{Attention, attention, attention_weights, self_attention};
pub use embedding::{embedding, embedding_with_positions};
pub use gelu::{gelu, gelu_tanh};
pub use layer_norm::layer_norm;
pub use softmax::{log_softmax, softmax};
