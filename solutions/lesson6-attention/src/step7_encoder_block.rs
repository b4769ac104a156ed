//! Step 7 — The encoder block: attention between the steps, a small net on each step, both as residuals.
//!
//! Two things let dozens of such blocks stand on each other. A **residual** `x + f(x)`: `f` only says what to change, and the gradient
//! gets past it through the `x`. And **layer normalisation**, which brings the numbers of every step back to mean 0 and variance 1:
//!
//! ```text
//! x ← x + attention(norm₁(x))
//! x ← x + feed_forward(norm₂(x))
//! ```
//!
//! That is *pre-norm*, the order of GPT-2. The first transformer normalised behind the sum, `norm(x + f(x))`, which puts every
//! normalisation in the way of the gradient, and wants a careful warm-up.

use candle_core::{D, Device, Tensor, Var};
use dlkit::init::Initializer;
use dlkit::ops::{self, Attention};
use dlkit::seed::Seed;
use dlkit::{Result, activation::Activation};

/// What is added to the variance, so that equal numbers do not divide by 0.
pub const EPSILON: f64 = 1e-5;

/// The weights of a block for steps of `width` numbers. Kernels are `(inputs, outputs)`.
pub struct EncoderBlock {
    /// How many heads share the width.
    pub heads: usize,
    /// Scale and shift of the first normalisation, each `(width,)`.
    pub norm1: [Var; 2],
    /// Kernels of query, key, value and of what the heads bring home, each `(width, width)`.
    pub attention: [Var; 4],
    /// Scale and shift of the second normalisation, each `(width,)`.
    pub norm2: [Var; 2],
    /// Kernel `(width, 4·width)` and bias `(4·width,)` on the way up.
    pub up: [Var; 2],
    /// Kernel `(4·width, width)` and bias `(width,)` on the way down.
    pub down: [Var; 2],
}

impl EncoderBlock {
    /// A block with random kernels.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(width: usize, heads: usize, seed: Seed) -> Result<Self> {
        let make = |name: &str, shape: &[usize], rule: Initializer| -> Result<Var> {
            let start = rule.tensor(shape, seed.derive(name), &Device::Cpu)?;
            Ok(Var::from_tensor(&start)?)
        };
        let glorot = Initializer::GlorotUniform;
        let norm = |name: &str| -> Result<[Var; 2]> {
            Ok([
                make(name, &[width], Initializer::Ones)?,
                make(name, &[width], Initializer::Zeros)?,
            ])
        };
        let dense = |name: &str, from: usize, to: usize| -> Result<[Var; 2]> {
            Ok([
                make(name, &[from, to], glorot)?,
                make(name, &[to], Initializer::Zeros)?,
            ])
        };
        let square = |name: &str| make(name, &[width, width], glorot);
        Ok(Self {
            heads,
            norm1: norm("norm1")?,
            attention: [
                square("query")?,
                square("key")?,
                square("value")?,
                square("output")?,
            ],
            norm2: norm("norm2")?,
            up: dense("up", width, 4 * width)?,
            down: dense("down", 4 * width, width)?,
        })
    }

    /// All variables.
    pub fn parameters(&self) -> Vec<&Var> {
        self.norm1
            .iter()
            .chain(&self.attention)
            .chain(&self.norm2)
            .chain(&self.up)
            .chain(&self.down)
            .collect()
    }
}

/// Layer normalisation: every step of `x` `(batch, steps, width)` by itself gets mean 0 and variance 1 over its `width` numbers, and is then
/// multiplied by `gamma` and shifted by `beta`, both `(width,)`:
/// `(x − mean) / √(variance + EPSILON) · gamma + beta`.
///
/// The step `[1, 3]` with gamma `[1, 1]` and beta `[0, 0]`: mean 2, variance 1, so `[−1, 1]`.
///
/// # Errors
/// When the widths differ.
pub fn layer_norm(x: &Tensor, gamma: &Tensor, beta: &Tensor) -> Result<Tensor> {
    // solution: Along the last axis, kept: the mean, away with it; the mean of the squares of what is left, plus EPSILON; divide by its
    // root; times gamma, plus beta.
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    let normal = centred.broadcast_div(&(variance + EPSILON)?.sqrt()?)?;
    Ok(normal.broadcast_mul(gamma)?.broadcast_add(beta)?)
    // end solution
}

/// The small net on each step: `relu(x · up + bias) · down + bias`, from `width` to `4·width` and back.
///
/// `ops::dense(x, kernel, Some(bias), activation)` is a dense layer.
///
/// # Errors
/// When the shapes do not fit.
pub fn feed_forward(x: &Tensor, up: &[Var; 2], down: &[Var; 2]) -> Result<Tensor> {
    // solution: Two dense layers, the first with Activation::Relu, the second with Activation::Linear.
    let hidden = ops::dense(x, &up[0], Some(&up[1]), Activation::Relu)?;
    ops::dense(&hidden, &down[0], Some(&down[1]), Activation::Linear)
    // end solution
}

/// The block: `(batch, steps, width)` to the same shape.
///
/// `ops::attention(&query, &key, &value, &Attention::new(heads))` is your steps 2 to 5 in one; the fourth kernel of `block.attention` mixes what
/// the heads brought home.
///
/// # Errors
/// When the shapes do not fit.
pub fn encoder_block(block: &EncoderBlock, x: &Tensor) -> Result<Tensor> {
    // solution: Normalise, make query, key and value, attend, mix, and add to x. Then normalise that, feed forward, and add again.
    let normal = layer_norm(x, &block.norm1[0], &block.norm1[1])?;
    let [query, key, value, output] = &block.attention;
    let means = ops::attention(
        &normal.broadcast_matmul(query)?,
        &normal.broadcast_matmul(key)?,
        &normal.broadcast_matmul(value)?,
        &Attention::new(block.heads),
    )?;
    let x = (x + means.broadcast_matmul(output)?)?;
    let normal = layer_norm(&x, &block.norm2[0], &block.norm2[1])?;
    Ok((&x + feed_forward(&normal, &block.up, &block.down)?)?)
    // end solution
}
