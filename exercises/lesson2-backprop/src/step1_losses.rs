//! Step 1 — Errors and losses.
//!
//! A loss is one number that says how wrong a net is over many samples. For numbers (a price, an age) it is built from the
//! errors; for classes it is the surprise at the truth. Whatever the loss is, the net will do anything to lower it, and nothing
//! else: what the loss does not mention does not count.

use crate::matrix::Matrix;

/// Ten pairs (actual, predicted), to be worked through by hand once.
pub const TABLE: [(f64, f64); 10] = [
    (56.0, 67.0),
    (67.0, 50.0),
    (149.0, 148.0),
    (117.0, 99.0),
    (29.0, 9.0),
    (23.0, 42.0),
    (64.0, 28.0),
    (57.0, 39.0),
    (36.0, 7.0),
    (56.0, 23.0),
];

/// Keeps probabilities away from 0, where the logarithm is infinite. Keras uses the same number.
pub const EPSILON: f64 = 1e-7;

/// The error of each prediction: predicted minus actual, so positive means too high.
///
/// Worked: actual 56 and 67, predicted 67 and 50, give the errors 11 and −17.
pub fn errors(actual: &[f64], predicted: &[f64]) -> Vec<f64> {
    todo!("Give the error of each prediction.")
}

/// The mean squared error: `MSE = 1/n Σ (ŷᵢ − yᵢ)²`. There is at least one pair. Its unit is the square of the target's.
///
/// Worked: the errors 11 and −17 have the squares 121 and 289; their mean is 205.
pub fn mean_squared_error(actual: &[f64], predicted: &[f64]) -> f64 {
    todo!("Give the mean of the squared errors.")
}

/// The mean absolute error: `MAE = 1/n Σ |ŷᵢ − yᵢ|`, in the unit of the target. There is at least one pair.
///
/// Worked: the errors 11 and −17 give (11 + 17) / 2 = 14.
pub fn mean_absolute_error(actual: &[f64], predicted: &[f64]) -> f64 {
    todo!("Give the mean of the errors' sizes.")
}

/// Binary cross-entropy, for a yes (1) or a no (0): `−1/n Σ ( yᵢ ln pᵢ + (1 − yᵢ) ln(1 − pᵢ) )`, where pᵢ is the probability
/// that was given to a yes. Mind the outer parentheses: the minus and the mean belong to both terms.
///
/// First push each p into `EPSILON ..= 1 − EPSILON`, with `p.clamp(low, high)`.
///
/// Worked: y = (1, 0), p = (0.9, 0.2) give `−½ (ln 0.9 + ln 0.8) = 0.1643`.
pub fn binary_cross_entropy(targets: &[f64], probabilities: &[f64]) -> f64 {
    todo!("Give the mean surprise at the truth.")
}

/// Categorical cross-entropy, for one of k classes: `−1/n Σᵢ Σ_c y_ic ln p_ic`. Targets and probabilities are `(n, k)`: row i
/// of the targets is 1 at the class of sample i and 0 elsewhere (one-hot), or says how probable each class really is.
///
/// First push each p up to at least `EPSILON`, with `p.max(EPSILON)`.
///
/// Worked: the target (0, 1, 0) and the answer (0.2, 0.7, 0.1) give `−ln 0.7 = 0.3567`.
pub fn categorical_cross_entropy(targets: &Matrix, probabilities: &Matrix) -> f64 {
    todo!("Give the mean over the samples of −Σ y ln p.")
}

/// The same when the truth is given as the number of the class, one for each row: `−1/n Σᵢ ln p[i, label_i]`. Keras calls it
/// *sparse*, because the zeros of the one-hot rows are not written down. Again with `p.max(EPSILON)`.
///
/// Worked: the label 1 and the answer (0.2, 0.7, 0.1) give 0.3567, too.
pub fn sparse_categorical_cross_entropy(labels: &[usize], probabilities: &Matrix) -> f64 {
    todo!("Give the mean of −ln of the probability that was given to the label.")
}
