//! Step 6 — Training a neuron.
//!
//! The gradient says where the loss grows, so take a small step the other way, and again, and again: *gradient descent*. A
//! neuron with a sigmoid that is trained on binary cross-entropy is what statistics calls logistic regression. The perceptron
//! and logistic regression are one thing.
//!
//! Your descent does not need to know what it minimises: it gets a function that gives the loss and the gradient at a point.

/// Where a descent ended, and how it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Descent {
    /// The parameters after the last step: for a neuron w₁, w₂, …, b.
    pub parameters: Vec<f64>,
    /// The loss before each step: as many numbers as there were steps.
    pub losses: Vec<f64>,
}

/// One step against the gradient, for every parameter: `w ← w − η · dL/dw`, with the learning rate η.
///
/// Worked: parameters (1, −2), gradient (0.5, −1) and η = 0.1 give (0.95, −1.9).
pub fn update(parameters: &mut [f64], gradient: &[f64], learning_rate: f64) {
    todo!("Take one step, in place.")
}

/// Gradient descent: from `start`, `steps` steps of the given learning rate. In each one, ask `loss_and_gradient` for the loss
/// and the gradient *at the current parameters*, write the loss down, then step.
///
/// Worked: for the bowl L(w) = w² with the gradient 2w, start 1, η = 0.25 and 2 steps: the losses are 1, 0.25 and the descent
/// ends at w = 0.25.
pub fn descend(
    start: &[f64],
    learning_rate: f64,
    steps: usize,
    loss_and_gradient: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Descent {
    todo!("Walk down from the start, and remember the losses.")
}

/// The share of right answers, from 0 to 1. A probability above ½ means yes (1), any other means no (0). There is at least
/// one answer.
///
/// Worked: p = (0.9, 0.6, 0.2) and y = (1, 0, 0) are right twice out of three: 0.6667.
pub fn accuracy(probabilities: &[f64], targets: &[f64]) -> f64 {
    todo!("Give the share of right answers.")
}
