//! Step 5 — How wrong is it?
//!
//! To improve, a neuron needs one number that says how wrong it is: the *loss*. For yes-or-no answers that number is the
//! *binary cross-entropy*. And it needs to know in which direction each weight makes it worse: the *gradient*.

/// Keeps probabilities away from 0 and 1, where the logarithm is infinite. Keras uses the same number.
pub const EPSILON: f64 = 1e-7;

/// In which direction the loss grows: its slope along each weight, and along the bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// `dL/dwⱼ` for each weight.
    pub weights: Vec<f64>,
    /// `dL/db`.
    pub bias: f64,
}

/// The error of one prediction: predicted minus actual. Positive means too high.
///
/// Worked: predicted 67 where the actual value is 56 is an error of 11.
pub fn error(predicted: f64, actual: f64) -> f64 {
    todo!("Give the error.")
}

/// Binary cross-entropy: how surprised the neuron is by the truth, averaged over the m samples:
///
/// `L = −1/m Σᵢ ( yᵢ ln pᵢ + (1 − yᵢ) ln(1 − pᵢ) )`
///
/// The outer parentheses matter: the sum covers both terms. A target `y` is 0 or 1, so one of the two always vanishes.
///
/// `ln 0` is −∞, so first push each p into `EPSILON ..= 1 − EPSILON` (`p.clamp(low, high)`): a net that is sure and wrong gets
/// a large loss, not an infinite one.
///
/// Worked: p = (0.9, 0.2) and y = (1, 0) give `−½ (ln 0.9 + ln 0.8) = 0.1643`; p = 0.5 for a single y = 1 gives `ln 2 = 0.6931`.
pub fn binary_cross_entropy(probabilities: &[f64], targets: &[f64]) -> f64 {
    todo!("Give the mean loss over the samples.")
}

/// The gradient of that loss for one neuron with a sigmoid, when `pᵢ = σ(w·xᵢ + b)`:
///
/// `dL/dwⱼ = 1/m Σᵢ (pᵢ − yᵢ) xᵢⱼ` and `dL/db = 1/m Σᵢ (pᵢ − yᵢ)`.
///
/// The slope σ′ of the sigmoid has cancelled against the derivative of the logarithm: what stays is error times input.
/// `inputs` holds one row for each sample; there is at least one.
///
/// Worked: a single sample x = (2, 3) with y = 1 and p = 0.75 gives `dL/dw = (−0.5, −0.75)` and `dL/db = −0.25`: all three
/// should grow.
pub fn gradient(inputs: &[Vec<f64>], probabilities: &[f64], targets: &[f64]) -> Gradient {
    todo!("Give the slope along each weight and along the bias.")
}
