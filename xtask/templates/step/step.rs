//! Step @step@ — @title@.
//!
//! The idea in a few lines, before anything is to be written.

/// Every value times the factor, in their order.
///
/// Worked: the values 1, 2, 4 and the factor 3 give 3, 6, 12.
pub fn scaled(values: &[f64], factor: f64) -> Vec<f64> {
    // solution: Give every value times the factor.
    values.iter().map(|value| value * factor).collect()
    // end solution
}
