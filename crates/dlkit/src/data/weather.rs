//! A record of the weather, an hour a row.

use candle_core::Tensor;

/// The column that is forecast, named as in the record of Jena.
pub const TEMPERATURE: &str = "T (degC)";

/// The rows of a record, in the units of its columns.
#[derive(Clone, Debug)]
pub struct Rows {
    /// `(n, columns)`, f32, on the CPU.
    pub values: Tensor,
    /// The time of each row, in hours since the beginning of the record's first year.
    pub hours: Vec<f64>,
    /// What the columns hold, with their units.
    pub columns: Vec<String>,
    /// Which column is the temperature.
    pub temperature: usize,
}
