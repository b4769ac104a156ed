//! Differentiable operations on tensors, composed of Candle's own.
//!
//! Candle drops or bends some gradients without a word: `softmax_last_dim` cuts the graph, `relu` has the derivative 1 at 0,
//! `abs` has +1 there, `elu` multiplies an infinite exponential by zero. What dlkit builds on is here, and each
//! operation is tested against finite differences in f64, at zero and far out too.

mod activations;
#[cfg(test)]
pub(crate) mod finite_differences;
mod softmax;

pub use activations::{elu, gelu, leaky_relu, relu, selu, sigmoid, softplus, softsign, tanh};
pub use softmax::{log_softmax, softmax};
