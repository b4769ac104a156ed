//! The four inputs of two switches, and what different gates make of them.
//!
//! All four have the inputs `(4, 2)` f32 in the order 00, 01, 10, 11, and the targets `(4, 1)` f32, 0 or 1. A line in the plane
//! can part the zeros from the ones for each of them but [`xor`]: one neuron learns the others and fails there (Minsky and
//! Papert, *Perceptrons*, 1969).
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! let xor = dlkit::data::xor()?;
//! assert_eq!(xor.inputs().to_vec2::<f32>()?, [[0., 0.], [0., 1.], [1., 0.], [1., 1.]]);
//! assert_eq!(xor.targets().to_vec2::<f32>()?, [[0.], [1.], [1.], [0.]]);
//! # Ok(())
//! # }
//! ```

use super::Dataset;
use crate::Result;
use candle_core::{Device, Tensor};

/// `y = x₁`: the second input does not matter. It is easily taken for [`or`], which differs from it in the row 01.
///
/// # Errors
/// When memory runs out: nothing else can fail.
pub fn first_input() -> Result<Dataset> {
    table(|x1, _| x1)
}

/// `y = x₁ or x₂`: 1 when at least one input is.
///
/// # Errors
/// As [`first_input`].
pub fn or() -> Result<Dataset> {
    table(|x1, x2| x1 || x2)
}

/// `y = x₁ and x₂`: 1 when both inputs are.
///
/// # Errors
/// As [`first_input`].
pub fn and() -> Result<Dataset> {
    table(|x1, x2| x1 && x2)
}

/// `y = x₁ xor x₂`: 1 when exactly one input is. No line parts the ones from the zeros.
///
/// # Errors
/// As [`first_input`].
pub fn xor() -> Result<Dataset> {
    table(|x1, x2| x1 != x2)
}

fn table(gate: impl Fn(bool, bool) -> bool) -> Result<Dataset> {
    let rows = [(false, false), (false, true), (true, false), (true, true)];
    let bit = |b: bool| if b { 1f32 } else { 0. };
    let inputs = rows.map(|(x1, x2)| [bit(x1), bit(x2)]);
    let targets = rows.map(|(x1, x2)| [bit(gate(x1, x2))]);
    Dataset::new(
        Tensor::new(&inputs, &Device::Cpu)?,
        Tensor::new(&targets, &Device::Cpu)?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(data: &Dataset) -> Vec<f32> {
        assert_eq!(data.targets().dims(), [4, 1]);
        data.targets().flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn each_gate_says_what_its_name_says() {
        assert_eq!(column(&first_input().unwrap()), [0., 0., 1., 1.]);
        assert_eq!(column(&or().unwrap()), [0., 1., 1., 1.]);
        assert_eq!(column(&and().unwrap()), [0., 0., 0., 1.]);
        assert_eq!(column(&xor().unwrap()), [0., 1., 1., 0.]);
    }
}
