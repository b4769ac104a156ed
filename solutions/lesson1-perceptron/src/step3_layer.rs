//! Step 3 — A layer, and layers in a row.
//!
//! A layer is several neurons that look at the same inputs. Write each neuron's weights as a row of a matrix `W`, and the whole
//! layer is one line: `a⁽¹⁾ = g(W a⁽⁰⁾ + b)`. The next layer takes `a⁽¹⁾` as its inputs, and so a net is a function
//! `h_W: ℝᵖ → ℝᴷ` from p numbers to K numbers.

/// The numbers of one layer. Row `k` of `weights` belongs to neuron `k`, with one weight for each input.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// `W`, a row for each neuron.
    pub weights: Vec<Vec<f64>>,
    /// `b`, a number for each neuron.
    pub biases: Vec<f64>,
}

/// One layer forward: neuron `k` gives `a_k = g(Σⱼ W_kj xⱼ + b_k)`, where `g` is the activation function.
///
/// Worked: inputs (1, 2), W with the rows (1, 1) and (1, −1), biases (0, 0), g = ReLU give (3, −1) before the activation and
/// (3, 0) after it.
///
/// You may write the sums out or call step 1's `crate::step1_neuron::weighted_sum`; that one adds the bias itself.
pub fn layer(neurons: &Layer, inputs: &[f64], activation: impl Fn(f64) -> f64) -> Vec<f64> {
    // solution: Give each neuron's activation.
    neurons
        .weights
        .iter()
        .zip(&neurons.biases)
        .map(|(row, bias)| {
            let sum: f64 = row.iter().zip(inputs).map(|(w, x)| w * x).sum();
            activation(sum + bias)
        })
        .collect()
    // end solution
}

/// A whole net forward: each layer's activations are the next layer's inputs. All layers but the last have ReLU; the last one
/// is linear and gives its sums as they are. A net without layers gives its inputs back.
///
/// Worked: inputs (1, 2); first W with the rows (1, 1), (1, −1) gives (3, 0); second W with the rows (2, 1), (−1, 3) gives
/// (6, −3), so (6, 0); the output's row (1, 5) gives 6. All biases are 0. (Forget the ReLU and it gives −25.)
pub fn forward(layers: &[Layer], inputs: &[f64]) -> Vec<f64> {
    // solution: Send the inputs through all layers.
    let mut activations = inputs.to_vec();
    for (i, l) in layers.iter().enumerate() {
        let is_last = i + 1 == layers.len();
        activations = layer(l, &activations, |z| if is_last { z } else { z.max(0.0) });
    }
    activations
    // end solution
}

/// How many numbers a net with these layer sizes can learn. Between a layer of n and a layer of m neurons there are n · m
/// weights, and each of the m neurons has a bias.
///
/// Worked: the sizes 2, 4, 1 give `2·4 + 4 + 4·1 + 1 = 17`. The famous 784, 16, 16, 10 is yours to count. The inputs alone (a
/// single size, or none) have nothing to learn.
pub fn parameters(sizes: &[usize]) -> usize {
    // solution: Count the weights and the biases.
    sizes
        .windows(2)
        .map(|pair| pair[0] * pair[1] + pair[1])
        .sum()
    // end solution
}
