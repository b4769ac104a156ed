//! Step 4 — The forward pass: from pixels to ten numbers, `relu(x·W₁ + b₁)·W₂ + b₂`.
//!
//! `x` is a batch, `(n, 784)`, one image a row. Row · matrix gives a row, so the batch goes through at once and stays a batch:
//! `(n, 784) · (784, hidden) → (n, hidden)`, then `(n, hidden) · (hidden, 10) → (n, 10)`. The ten numbers of an image are its
//! *logits*: how much speaks for each digit, from −∞ to ∞. Softmax would turn them into probabilities; the loss of step 5 does
//! that itself.

use candle_core::{DType, Device, Tensor, Var};
use dlkit::Result;
use dlkit::init::Initializer;
use dlkit::seed::Seed;

/// The weights of a net with one hidden layer. A [`Var`] is a tensor that can learn: Candle computes gradients for it.
#[derive(Clone, Debug)]
pub struct Mlp {
    /// From the inputs to the hidden layer, `(inputs, hidden)`.
    pub w1: Var,
    /// The bias of the hidden layer, `(hidden,)`.
    pub b1: Var,
    /// From the hidden layer to the outputs, `(hidden, outputs)`.
    pub w2: Var,
    /// The bias of the outputs, `(outputs,)`.
    pub b2: Var,
}

impl Mlp {
    /// A net that knows nothing yet: small random weights (Glorot and Bengio, 2010), biases of zero.
    ///
    /// # Errors
    /// When the device runs out of memory.
    pub fn new(
        inputs: usize,
        hidden: usize,
        outputs: usize,
        seed: Seed,
        device: &Device,
    ) -> Result<Self> {
        let weights = |name: &str, shape: &[usize]| -> Result<Var> {
            let values = Initializer::GlorotUniform.tensor(shape, seed.derive(name), device)?;
            Ok(Var::from_tensor(&values)?)
        };
        Ok(Self {
            w1: weights("w1", &[inputs, hidden])?,
            b1: Var::zeros(hidden, DType::F32, device)?,
            w2: weights("w2", &[hidden, outputs])?,
            b2: Var::zeros(outputs, DType::F32, device)?,
        })
    }
}

/// One dense layer without activation: `x·w + b`, with `x` `(n, inputs)`, `w` `(inputs, outputs)`, `b` `(outputs,)`.
///
/// The bias is added to every row. With `x = [[1, 2]]`, `w = [[1, 0], [3, −1]]` and `b = [10, 20]`:
/// `[[1·1 + 2·3 + 10, 1·0 − 2·1 + 20]] = [[17, 18]]`.
///
/// # Errors
/// When the shapes do not fit.
pub fn dense(x: &Tensor, w: &Tensor, b: &Tensor) -> Result<Tensor> {
    // solution: Multiply the matrices, then add the bias to every row.
    Ok(x.matmul(w)?.broadcast_add(b)?)
    // end solution
}

/// The logits `(n, outputs)` of a batch `x` `(n, inputs)`: a dense layer, ReLU, a dense layer.
///
/// ReLU belongs between the two layers and nowhere else: without it both would be one linear layer, and after the second it
/// would hide by how much a digit is unlikely.
///
/// # Errors
/// When the shapes do not fit.
pub fn forward(net: &Mlp, x: &Tensor) -> Result<Tensor> {
    // solution: The hidden layer is relu(x·W₁ + b₁); the logits are hidden·W₂ + b₂.
    let hidden = dense(x, &net.w1, &net.b1)?.relu()?;
    dense(&hidden, &net.w2, &net.b2)
    // end solution
}

/// How many numbers the net can learn: all entries of its two matrices and its two biases.
///
/// For 2 inputs, 3 hidden neurons and 1 output: 2·3 + 3 + 3·1 + 1 = 13.
pub fn parameter_count(net: &Mlp) -> usize {
    // solution: Add up the number of elements of the four tensors of the net.
    [&net.w1, &net.b1, &net.w2, &net.b2]
        .iter()
        .map(|parameter| parameter.elem_count())
        .sum()
    // end solution
}
