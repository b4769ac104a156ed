//! Differentiable operations on tensors.
//!
//! Each takes a kernel for numbers of type `f32` on the CPU: one node of the graph for what belongs together, with a backward pass of its own.
//! On other devices, in `f64`, and when the environment variable `DLKIT_KERNELS` is `composed`, the same function is composed of
//! Candle's own operations, and gives the same results within rounding.
//!
//! Candle drops or bends some gradients without a word: `softmax_last_dim` cuts the graph, `relu` has the derivative 1 at 0,
//! `abs` has +1 there, `elu` multiplies an infinite exponential by zero. What dlkit builds on is here, and each
//! operation is tested against finite differences in f64, at zero and far out too.

mod activations;
#[cfg(test)]
pub(crate) mod agreement;
mod attention;
mod batch_norm;
pub(crate) mod bounds;
mod conv;
pub(crate) mod custom;
mod dense;
mod dropout;
mod embedding;
#[cfg(test)]
pub(crate) mod finite_differences;
mod gelu;
mod layer_norm;
mod pool;
mod recurrent;
mod softmax;
mod softmax_cross_entropy;

pub use activations::{elu, gelu_tanh, leaky_relu, relu, selu, sigmoid, softplus, softsign, tanh};
pub use attention::{Attention, attention, attention_weights, mean_of_values, self_attention};
pub use batch_norm::{BatchNormalized, batch_norm, batch_norm_by};
pub use conv::{Convolution, Padding, Pair, Pooling, conv1d, conv2d, conv2d_max_pool, conv2d_relu};
pub use dense::dense;
pub use dropout::{dropout, gaussian_noise};
pub use embedding::{embedding, embedding_with_positions};
pub use gelu::gelu;
pub use layer_norm::layer_norm;
pub use pool::{avg_pool2d, max_pool2d};
pub use recurrent::{
    Cell, Direction, RecurrentState, RecurrentWeights, recurrent, recurrent_with_state,
};
pub use softmax::{log_softmax, softmax};
pub(crate) use softmax_cross_entropy::sparse_cross_entropy;
