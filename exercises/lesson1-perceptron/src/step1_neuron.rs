//! Step 1 — One neuron by hand.
//!
//! A neuron holds one number, its *activation*, between 0 (silent) and 1 (fully on): 0.8, 0.9, 0.1. The first layer of a net
//! just holds the picture: a 28 × 28 digit fills 784 neurons, one a pixel.
//!
//! Every later neuron asks one question about the activations before it. It multiplies each with a *weight* (how much do I
//! care, and in which direction?), adds everything up, and adds a *bias* (how easily am I convinced?). The answer is a number,
//! and what counts is how positive it is.

/// The weighted sum of one neuron: `z = w₁x₁ + w₂x₂ + … + wₙxₙ + b`.
///
/// `inputs` and `weights` have the same length, which may be 0: then `z` is the bias alone.
///
/// Worked: inputs (1, −1), weights (1, −1), bias −1 give `1·1 + (−1)·(−1) − 1 = 1`.
pub fn weighted_sum(inputs: &[f64], weights: &[f64], bias: f64) -> f64 {
    todo!("Give this neuron's weighted sum.")
}

/// The weighted sums of one neuron for many data points, in their order. The same weights and the same bias look at every
/// point, and no point knows of the others.
///
/// Worked: weights (1, −1) and bias −1 turn the points (−1, 1), (−1, −2), (1, −1) into −3, 0, 1: "clearly no", "cannot say",
/// "rather yes".
pub fn weighted_sums(points: &[Vec<f64>], weights: &[f64], bias: f64) -> Vec<f64> {
    todo!("Give the neuron's sum for every point.")
}

/// What the input neurons hold for a picture: each pixel's grey level, 0 (black) to 255 (white), as an activation from 0 to 1.
///
/// Worked: the pixels 0, 51, 255 become the activations 0, 0.2, 1.
pub fn input_activations(pixels: &[u8]) -> Vec<f64> {
    todo!("Give each pixel's brightness, from 0 to 1.")
}
