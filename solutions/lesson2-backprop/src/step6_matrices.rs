//! Step 6 — Backward on matrices.
//!
//! A layer is a node of the graph like any other; its numbers just come in matrices. Forward it is `z = x·w + b`, one row a
//! sample. Backward it is handed the slopes of the loss along its result, one for each number of z, called the *upstream*
//! gradient here (the literature says delta, the contribution of each neuron to the error). It has to give the slopes along x,
//! w and b.
//!
//! A rule that finds most mistakes: **a gradient has the shape of what it belongs to.** And where something is used for every
//! sample, as w and b are, its slopes add up over the samples.

use crate::matrix::Matrix;

/// Where a well-known script of eleven lines starts (NumPy's generator with seed 1, `2 * random - 1`): the first three are the
/// weights of its net without hidden layer, 3-1; the first twelve, in rows of four, and the last four are those of its 3-4-1
/// net for XOR.
pub const START: [f64; 16] = [
    -0.165_955_990_594_852,
    0.440_648_986_884_316_2,
    -0.999_771_250_365_310_2,
    -0.395_334_854_736_320_46,
    -0.706_488_218_365_773_9,
    -0.815_322_810_462_404_4,
    -0.627_479_577_244_658_2,
    -0.308_878_545_913_904_5,
    -0.206_465_051_538_660_13,
    0.077_633_468_006_713_89,
    -0.161_610_971_193_410_4,
    0.370_439_000_793_519,
    -0.591_095_500_536_965_1,
    0.756_234_872_781_890_8,
    -0.945_224_813_604_147_8,
    0.340_935_020_356_804_45,
];

/// The slopes of the loss along everything that a dense layer reads.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseGradients {
    /// Along the inputs, `(n, p)`: what the layer before is handed.
    pub x: Matrix,
    /// Along the weights, `(p, h)`.
    pub w: Matrix,
    /// Along the biases, `(h)`.
    pub b: Vec<f64>,
}

/// A dense layer forward: `z = x·w + b`, `(n, p) · (p, h) → (n, h)`. It is complete.
///
/// Worked: x = (1, 2), w with the rows (1, 0) and (3, −1), b = (0.5, 0.5) give z = (7.5, −1.5).
pub fn dense(x: &Matrix, w: &Matrix, b: &[f64]) -> Matrix {
    x.dot(w).plus_row(b)
}

/// The sigmoid of each number. It is complete.
pub fn sigmoid(z: &Matrix) -> Matrix {
    z.map(|z| 1.0 / (1.0 + (-z).exp()))
}

/// A dense layer backward, from the slopes along z, `(n, h)`. For one sample: weight `w[i][j]` is multiplied with `x[i]` and
/// goes into `z[j]`, so its slope is `x[i] · upstream[j]`; and `x[i]` goes into every `z[j]` through `w[i][j]`. Look at the
/// shapes: there is only one product of matrices that fits each.
///
/// Worked: x = (1, 2), w with the rows (1, 0) and (3, −1), upstream (10, 1) give b (10, 1), w with the rows (10, 1) and (20,
/// 2), and x (1·10 + 0·1, 3·10 − 1·1) = (10, 29).
pub fn dense_backward(x: &Matrix, w: &Matrix, upstream: &Matrix) -> DenseGradients {
    // solution: Give the slopes along x, w and b.
    DenseGradients {
        x: upstream.dot(&w.transposed()),
        w: x.transposed().dot(upstream),
        b: upstream.column_sums(),
    }
    // end solution
}

/// ReLU backward. `z` is what ReLU was given, `upstream` the slopes along what it gave; both `(n, h)`. It lets a slope through
/// where z is above 0 and stops it elsewhere, at exactly 0 too.
///
/// Worked: z = (2, −1, 0), upstream (5, 6, 7) give (5, 0, 0).
pub fn relu_backward(z: &Matrix, upstream: &Matrix) -> Matrix {
    // solution: Give the slopes along z.
    z.with(upstream, |z, slope| if z > 0.0 { slope } else { 0.0 })
    // end solution
}

/// Sigmoid backward. `a` is what the sigmoid **gave**, a = σ(z), because its slope is said best by it: a(1 − a).
///
/// Worked: a = (0.5, 0.9), upstream (4, 1) give (1, 0.09).
pub fn sigmoid_backward(a: &Matrix, upstream: &Matrix) -> Matrix {
    // solution: Give the slopes along z.
    a.with(upstream, |a, slope| slope * a * (1.0 - a))
    // end solution
}

/// The gradients of a whole net: Loss = L(A(B(X·W))), layer in layer, where L is half the sum of the squared errors, `½ Σ
/// (output − y)²`, so that its slope along an output is simply output − y. Every layer is `a ← σ(a·w)`, without biases; there
/// is one matrix of weights for each, from the inputs to the output, and at least one. Gives a gradient for each, in that
/// order.
///
/// Forward keep every layer's activations. Then walk back: from the slopes along a layer's activations to those along its sums,
/// then to its weights, then to the activations before it, and so on.
///
/// Worked: x = (1), y = (0), weights (0) and (2): the hidden activation is σ(0) = 0.5, the output σ(1) = 0.7311. The slope
/// along the output's sum is 0.7311 · 0.7311 · 0.2689 = 0.1437; so the second gradient is 0.5 · 0.1437 = 0.0719, and the first
/// 0.1437 · 2 · 0.5 · 0.5 · 1 = 0.0719.
pub fn net_gradients(x: &Matrix, y: &Matrix, weights: &[Matrix]) -> Vec<Matrix> {
    // solution: Go forward and keep every activation, then go back and collect a gradient at each layer.
    let mut activations = vec![x.clone()];
    for w in weights {
        let last = &activations[activations.len() - 1];
        activations.push(sigmoid(&last.dot(w)));
    }
    let mut upstream = activations[weights.len()].with(y, |a, y| a - y);
    let mut gradients = Vec::new();
    for layer in (0..weights.len()).rev() {
        let delta = sigmoid_backward(&activations[layer + 1], &upstream);
        let slopes = dense_backward(&activations[layer], &weights[layer], &delta);
        gradients.push(slopes.w);
        upstream = slopes.x;
    }
    gradients.reverse();
    gradients
    // end solution
}
