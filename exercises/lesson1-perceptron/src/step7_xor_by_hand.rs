//! Step 7 — XOR by hand.
//!
//! Exclusive or: one or the other, but not both. 00→0, 01→1, 10→1, 11→0. Its ones lie on one diagonal of a square and its zeros
//! on the other, and no straight line has one diagonal on each side. A single neuron *is* a straight line. So: more than one.
//!
//! The units of this step fire (1) when `w₁x₁ + w₂x₂ + b > 0`, and give 0 otherwise.

/// The four rows of XOR: both inputs, then the answer.
pub const XOR: [([f64; 2], f64); 4] = [
    ([0.0, 0.0], 0.0),
    ([0.0, 1.0], 1.0),
    ([1.0, 0.0], 1.0),
    ([1.0, 1.0], 0.0),
];

/// One threshold unit with two inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// `w₁` and `w₂`.
    pub weights: [f64; 2],
    /// `b`: minus the threshold.
    pub bias: f64,
}

impl Unit {
    /// 1 where `w₁x₁ + w₂x₂ + b > 0`, else 0.
    pub fn answer(&self, x: [f64; 2]) -> f64 {
        let z = self.weights[0] * x[0] + self.weights[1] * x[1] + self.bias;
        if z > 0.0 { 1.0 } else { 0.0 }
    }
}

/// Two hidden units side by side, and an output unit that sees only those two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// Both look at the inputs.
    pub hidden: [Unit; 2],
    /// Looks at the answers of the hidden units.
    pub output: Unit,
}

/// How many of the four rows of [`XOR`] this unit alone gets right.
///
/// Worked: weights (1, 1), bias −0.5 is OR; it is right for 00, 01 and 10 and wrong for 11: 3 rows.
pub fn rows_right(unit: &Unit) -> usize {
    todo!("Count the right rows.")
}

/// The most rows of [`XOR`] that any single unit gets right when its two weights and its bias are taken from `values`, every
/// combination of them. Guess the answer before you see it. Without any values it is 0.
///
/// Worked: the values (0, 1) make 2·2·2 = 8 units. The best of them (weights 1 and 1, bias 0) is OR: 3 rows.
pub fn best_single_unit(values: &[f64]) -> usize {
    todo!("Find the best unit's count.")
}

/// The network forward: both hidden units answer to `x`, the output unit answers to their two answers.
///
/// Worked: hidden units OR (weights 1, 1, bias −0.5) and AND (weights 1, 1, bias −1.5), x = (1, 1): the output unit sees (1, 1).
/// For x = (0, 1) it sees (1, 0).
pub fn forward(network: &Network, x: [f64; 2]) -> f64 {
    todo!("Give the network's answer to x.")
}

/// A network that computes XOR, with its nine numbers set by hand.
///
/// Worked: "at least one" is OR: weights (1, 1), bias −0.5. Which unit says "not both", and which one puts the
/// two together?
pub fn xor_network() -> Network {
    todo!("Choose the nine numbers.")
}
