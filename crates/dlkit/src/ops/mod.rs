//! Differentiable operations on tensors, composed of Candle's own.
//!
//! Candle drops or bends some gradients without a word: `softmax_last_dim` cuts the graph, `relu` has the derivative 1 at 0,
//! `abs` has +1 there, `elu` multiplies an infinite exponential by zero. What dlkit builds on is here, and each
//! operation is tested against finite differences in f64, at zero and far out too.

mod activations;
mod conv;
#[cfg(test)]
pub(crate) mod finite_differences;
mod pool;
mod softmax;

pub use activations::{elu, gelu, leaky_relu, relu, selu, sigmoid, softplus, softsign, tanh};
pub use conv::{Convolution, Padding, Pair, Pooling, conv1d, conv2d, conv2d_max_pool, conv2d_relu};
pub use pool::{avg_pool2d, max_pool2d};
pub use softmax::{log_softmax, softmax};
