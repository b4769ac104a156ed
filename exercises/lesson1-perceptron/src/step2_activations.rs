//! Step 2 — Activations.
//!
//! A weighted sum can be any number. An *activation function* turns it into what the neuron passes on, and it is the only thing
//! that keeps a stack of layers from collapsing into a single one: a weighted sum of weighted sums is just a weighted sum.

/// What a net's output has to say, and so which activation its last layer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Spam or not, 1 or 0: the probability of a yes.
    YesOrNo,
    /// Which of ten digits: a probability for each, together 1.
    OneOfSeveral,
    /// A temperature in °C, a profit: any number, also a negative one.
    AnyNumber,
    /// A price, a length: a number that is never negative.
    NumberFromZero,
}

/// The four activations that an output layer usually has, by their Keras names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// The sum itself.
    Linear,
    /// From 0 to ∞.
    Relu,
    /// From 0 to 1.
    Sigmoid,
    /// A row from 0 to 1 that adds up to 1.
    Softmax,
}

/// The logistic sigmoid `σ(z) = 1 / (1 + e⁻ᶻ)`, between 0 and 1.
///
/// Worked: σ(−3) = 0.0474, σ(0) = 0.5, σ(1) = 0.7311. Far out it must come to rest at 0 and 1: σ(−1000) = 0, σ(1000) = 1.
pub fn sigmoid(z: f64) -> f64 {
    todo!("Give σ(z).")
}

/// The hyperbolic tangent `tanh(z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)`, between −1 and 1: a sigmoid that is centred on 0, for
/// `tanh(z) = 2σ(2z) − 1`.
///
/// Worked: tanh(0) = 0, tanh(1) = 0.7616, tanh(−1000) = −1. The first formula gives ∞/∞ = NaN at 1000; the second does not.
pub fn tanh(z: f64) -> f64 {
    todo!("Give tanh(z), also far out.")
}

/// The rectified linear unit: `relu(z) = max(0, z)`, from 0 to ∞.
///
/// Worked: relu(−3) = 0, relu(0) = 0, relu(2.5) = 2.5.
pub fn relu(z: f64) -> f64 {
    todo!("Give relu(z).")
}

/// Softmax turns a row of scores into probabilities that add up to 1: `softmax(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ`.
///
/// e¹⁰⁰⁰ overflows to ∞, but subtracting the same number from every score changes nothing (it cancels in the fraction), so
/// subtract the largest score first: then the largest exponent is 0.
///
/// Worked: the scores (1, 2, 3) become (0.0900, 0.2447, 0.6652); (1001, 1002, 1003) become exactly the same. No scores give no
/// probabilities.
pub fn softmax(scores: &[f64]) -> Vec<f64> {
    todo!("Give the probabilities, for large scores too.")
}

/// The slope of the sigmoid: `σ′(z) = σ(z) · (1 − σ(z))`. It is never steeper than ¼, and almost flat where the neuron is sure:
/// this is how gradients vanish.
///
/// Worked: σ′(0) = 0.25, σ′(−3) = 0.0452, σ′(10) = 0.0000454.
pub fn sigmoid_slope(z: f64) -> f64 {
    todo!("Give the slope at z.")
}

/// Which activation belongs on the output layer for this task?
///
/// Worked: a probability of a yes lies between 0 and 1, and there is only one of it: sigmoid.
pub fn output_activation(task: Task) -> Activation {
    todo!("Choose an activation for each task.")
}
