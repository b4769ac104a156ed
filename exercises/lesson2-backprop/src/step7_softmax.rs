//! Step 7 — Softmax with cross-entropy, and a whole net.
//!
//! `loss(y_true, softmax(dot(relu(dot(inputs, W1) + b1), W2) + b2))`: this one line is a net that reads digits. Read it from
//! inside to outside and you have the forward pass, from outside to inside and you have the backward pass.
//!
//! Softmax makes each probability depend on all logits of its row, so its slopes are a little table for each sample. With the
//! cross-entropy behind it nearly everything cancels, and what stays is the most used formula of deep learning: (p − y) / n.

use crate::matrix::Matrix;
use crate::step6_matrices::dense;
use dlkit::prelude::*;

/// A net with one hidden layer: W1 and b1 make the hidden sums, W2 and b2 the logits. Its gradients are kept in the same type:
/// each has the shape of what it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    /// `(inputs, hidden)`.
    pub w1: Matrix,
    /// `(hidden)`.
    pub b1: Vec<f64>,
    /// `(hidden, classes)`.
    pub w2: Matrix,
    /// `(classes)`.
    pub b2: Vec<f64>,
}

impl Net {
    /// A net with small random weights (He's normal initialisation) and biases of 0. The same seed gives the same net.
    ///
    /// # Errors
    /// When a size is 0.
    pub fn random(inputs: usize, hidden: usize, classes: usize, seed: Seed) -> Result<Self> {
        let draw = |name: &str, rows: usize, columns: usize| -> Result<Matrix> {
            let seed = seed.derive(name);
            let tensor = Initializer::HeNormal.tensor(&[rows, columns], seed, &Device::Cpu)?;
            let values = tensor.flatten_all()?.to_vec1::<f32>()?;
            let values = values.into_iter().map(f64::from).collect();
            Ok(Matrix::from_values(rows, columns, values))
        };
        Ok(Self {
            w1: draw("w1", inputs, hidden)?,
            b1: vec![0.0; hidden],
            w2: draw("w2", hidden, classes)?,
            b2: vec![0.0; classes],
        })
    }

    /// Its four parts as plain rows of numbers, in the order W1, b1, W2, b2.
    pub fn parts(&self) -> [&[f64]; 4] {
        [self.w1.values(), &self.b1, self.w2.values(), &self.b2]
    }

    /// The same, to be changed in place.
    pub fn parts_mut(&mut self) -> [&mut [f64]; 4] {
        [
            self.w1.values_mut(),
            &mut self.b1,
            self.w2.values_mut(),
            &mut self.b2,
        ]
    }
}

/// What the forward pass computes on its way, kept for the way back.
#[derive(Clone, Debug, PartialEq)]
pub struct Forward {
    /// The hidden sums, `(n, hidden)`.
    pub z1: Matrix,
    /// The hidden activations, ReLU of z1.
    pub a1: Matrix,
    /// A score for each class, `(n, classes)`.
    pub logits: Matrix,
    /// Softmax of the logits.
    pub probabilities: Matrix,
}

/// Softmax of each row. It is complete: the largest score is subtracted first, so that nothing overflows.
///
/// Worked: the row (0, ln 3) becomes (0.25, 0.75).
pub fn softmax(logits: &Matrix) -> Matrix {
    let rows = (0..logits.rows()).map(|i| {
        let row = logits.row(i);
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exponentials: Vec<f64> = row.iter().map(|z| (z - largest).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        exponentials
            .into_iter()
            .map(|e| e / sum)
            .collect::<Vec<_>>()
    });
    Matrix::from_rows(rows)
}

/// The mean of −ln of the probability that was given to the label. It is complete.
pub fn loss(probabilities: &Matrix, labels: &[usize]) -> f64 {
    let surprise = |(i, &label): (usize, &usize)| -probabilities[(i, label)].max(1e-300).ln();
    labels.iter().enumerate().map(surprise).sum::<f64>() / labels.len() as f64
}

/// Softmax backward, for any loss. `p` is what softmax gave, `upstream` the slopes along p, both `(n, k)`. The slope of pᵢ
/// along zⱼ is `pᵢ(1 − pᵢ)` for i = j and `−pᵢ pⱼ` otherwise; summed up over all i this is, in each row,
///
/// `dzⱼ = pⱼ · (upstreamⱼ − Σᵢ upstreamᵢ pᵢ)`
///
/// Worked: p = (0.25, 0.75), upstream (4, 0): the sum is 1, so dz = (0.25 · 3, 0.75 · (−1)) = (0.75, −0.75). Each row of dz
/// adds up to 0.
pub fn softmax_backward(p: &Matrix, upstream: &Matrix) -> Matrix {
    todo!("Give the slopes along the logits, row by row.")
}

/// Softmax and mean cross-entropy backward in one: the slopes of the loss along the logits are `(p − y) / n`, where y is 1 at
/// the label and 0 elsewhere. `labels` has one number for each of the n rows of `p`.
///
/// Worked: p = (0.25, 0.75) with the label 0 gives (−0.75, 0.75). As one of two samples it gives half of that.
pub fn loss_backward(p: &Matrix, labels: &[usize]) -> Matrix {
    todo!("Give (p − y) / n.")
}

/// The whole net forward, `softmax(dot(relu(dot(x, W1) + b1), W2) + b2)`, with everything on its way.
///
/// [`dense`] and [`softmax`] are there; ReLU is `z1.map(|z| z.max(0.0))`.
///
/// Worked: x = (1, 1), W1 with the rows (1, −1), (1, −1), W2 with the rows (0, ln 3), (5, 5), no biases: z1 = (2, −2), a1 = (2,
/// 0), logits (0, 2.197), probabilities (0.1, 0.9).
pub fn forward(net: &Net, x: &Matrix) -> Forward {
    todo!("Compute hidden sums, hidden activations, logits and probabilities.")
}

/// The whole net backward: the gradient of the mean cross-entropy along W1, b1, W2 and b2, from what [`forward`] kept.
///
/// You may use your functions of step 6 (`crate::step6_matrices::dense_backward`, `relu_backward`) or write the products out.
///
/// Worked: in the example above with the label 1, the slopes along the logits are (0.1, −0.1). W2 gets the rows (0.2, −0.2),
/// (0, 0); b2 gets (0.1, −0.1). The hidden activations get (−0.1099, 0); so both rows of W1 get (−0.1099, 0).
pub fn backward(net: &Net, x: &Matrix, forward: &Forward, labels: &[usize]) -> Net {
    todo!("Go back from the loss to W1, collecting the four gradients.")
}
