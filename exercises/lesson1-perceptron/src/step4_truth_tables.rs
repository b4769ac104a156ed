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
    todo!("Add up input times weight and compare the sum with 1.")
}

/// What a neuron with these weights answers to the four rows of a truth table, in the order 00, 01, 10, 11: 1 where it fires.
///
/// Worked: weights (1, 1) give `[0, 0, 0, 1]`, so that neuron computes AND.
pub fn truth_table(weights: [f64; 2]) -> [u8; 4] {
    todo!("Apply the rule to (0, 0), (0, 1), (1, 0) and (1, 1). `u8::from(true)` is 1.")
}

/// Weights that make the neuron compute AND: `[0, 0, 0, 1]`. Find a pair that is not the one of the examples above.
///
/// Worked: (1, 1) would do, since only 1 + 1 is above 1. Which others? Each weight alone must stay at or below 1, and their sum
/// must be above it.
pub fn and_weights() -> [f64; 2] {
    todo!("Two numbers, each at most 1, with a sum above 1; not (1, 1).")
}

/// Weights that make the neuron compute OR: `[0, 1, 1, 1]`.
///
/// Worked: (1, 1) does not do: 0·1 + 1·1 = 1 is not above 1. One input alone must be enough.
pub fn or_weights() -> [f64; 2] {
    todo!("Make each weight large enough to pass the threshold on its own.")
}

/// Weights for the table 00→0, 01→0, 10→1, 11→1. Look closely: it is not OR, because 01 gives 0. The output is simply the first
/// input, y = x₁, and the second one does not matter.
///
/// Worked: the table asks for `w₁ > 1`, for `w₁ + w₂ > 1` and for `w₂ ≤ 1`.
pub fn first_input_weights() -> [f64; 2] {
    todo!("The first weight passes the threshold alone; the second has no say.")
}
