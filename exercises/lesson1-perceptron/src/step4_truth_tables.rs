//! Step 4 — Truth tables.
//!
//! The oldest neuron has no curve at all: it fires or it does not. With two inputs that are 0 or 1 it draws a straight line
//! through the plane and says 1 on one side of it. Here you set its weights by hand.
//!
//! The rule of this step: the output is 1 if `Σ xᵢwᵢ > 1`, and 0 otherwise. The threshold 1 is the same as a bias of −1.

/// The rule: does a neuron with these weights fire? Exactly 1 is not enough.
///
/// Worked: inputs (1, 1) and weights (1, 1) give 2 > 1, so `true`; inputs (1, 0) give 1, so `false`.
pub fn fires(inputs: [f64; 2], weights: [f64; 2]) -> bool {
    todo!("Apply the rule.")
}

/// What a neuron with these weights answers to the four rows of a truth table, in the order 00, 01, 10, 11: 1 where it fires.
///
/// Worked: weights (1, 1) give `[0, 0, 0, 1]`, so that neuron computes AND.
pub fn truth_table(weights: [f64; 2]) -> [u8; 4] {
    todo!("Give the four answers.")
}

/// Weights that make the neuron compute AND: `[0, 0, 0, 1]`. Find a pair that is not the one of the examples above.
///
/// Worked: (1, 1) would do, since only 1 + 1 is above 1. What do the four rows ask of other pairs?
pub fn and_weights() -> [f64; 2] {
    todo!("Choose two weights.")
}

/// Weights that make the neuron compute OR: `[0, 1, 1, 1]`.
///
/// Worked: (1, 1) does not do: 0·1 + 1·1 = 1 is not above 1.
pub fn or_weights() -> [f64; 2] {
    todo!("Choose two weights.")
}

/// Weights for the table 00→0, 01→0, 10→1, 11→1. Look closely: it is not OR, because 01 gives 0. The output is simply the first
/// input, y = x₁, and the second one does not matter.
///
/// Worked: the row 10→1 asks for `w₁ > 1`. What do the other rows ask for?
pub fn first_input_weights() -> [f64; 2] {
    todo!("Choose two weights.")
}
