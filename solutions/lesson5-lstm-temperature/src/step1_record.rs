//! Step 1 — The record: cut in time, scaled with what the past knows.
//!
//! A record of the weather is a tensor `(n, columns)`: an hour a row, in the order of time. A forecast is about hours that have
//! not come yet, so the parts are cut in time, and nothing is shuffled across the cuts: the first half to learn from, the next
//! quarter to validate, the last one to test.
//!
//! The columns are of very different sizes (about 990 mbar, about 9 °C, about 2 m/s). Each is brought to mean 0 and standard
//! deviation 1, with the mean and the deviation of the *training* part. Those of the whole record would tell the net about years
//! that it is not supposed to know.

use candle_core::Tensor;
use dlkit::Result;

/// A record in three parts, one after the other in time; each `(rows, columns)`.
#[derive(Clone, Debug)]
pub struct Parts {
    /// To learn from.
    pub train: Tensor,
    /// To choose by: which epoch, which net.
    pub validation: Tensor,
    /// To report on, once, at the end.
    pub test: Tensor,
}

/// What is needed to scale a column and to undo it.
#[derive(Clone, Debug)]
pub struct Scaling {
    /// The mean of each column, `(columns,)`.
    pub mean: Tensor,
    /// The standard deviation of each column, `(columns,)`.
    pub std: Tensor,
}

/// Cuts a record `(n, columns)` into its first half, its next quarter, and the rest.
///
/// The half and the quarter are rounded down: of 11 rows the parts get rows 0–4, 5–6 and 7–10, which is 5, 2 and 4.
///
/// # Errors
/// When the record does not have two axes.
pub fn split(record: &Tensor) -> Result<Parts> {
    // solution: Find out how many rows there are; narrow along axis 0 three times, each part beginning where the one before ends.
    let rows = record.dim(0)?;
    let (half, quarter) = (rows / 2, rows / 4);
    Ok(Parts {
        train: record.narrow(0, 0, half)?,
        validation: record.narrow(0, half, quarter)?,
        test: record.narrow(0, half + quarter, rows - half - quarter)?,
    })
    // end solution
}

/// The mean and the standard deviation of each column of `train` `(n, columns)`.
///
/// The deviation is the root of the mean squared distance from the mean (divided by n). For the column 1, 3, 5 the mean is 3, and the
/// deviation √((4 + 0 + 4)/3) = 1.633.
///
/// # Errors
/// When `train` has no rows.
pub fn fit(train: &Tensor) -> Result<Scaling> {
    // solution: The mean along axis 0; then the mean along axis 0 of the squared distances from it, and its root.
    let mean = train.mean(0)?;
    let variance = train.broadcast_sub(&mean)?.sqr()?.mean(0)?;
    Ok(Scaling {
        mean,
        std: variance.sqrt()?,
    })
    // end solution
}

/// Scales rows `(n, columns)`, of whichever part: (value − mean) / deviation, column by column.
///
/// # Errors
/// When the columns are not as many as were fitted.
pub fn scale(scaling: &Scaling, rows: &Tensor) -> Result<Tensor> {
    // solution: Take the mean away from every row, and divide every row by the deviation.
    Ok(rows
        .broadcast_sub(&scaling.mean)?
        .broadcast_div(&scaling.std)?)
    // end solution
}

/// The whole preparation: cuts the record, fits on the training part alone, scales all three parts with that.
///
/// # Errors
/// Those of [`split`], [`fit`] and [`scale`].
pub fn prepare(record: &Tensor) -> Result<(Parts, Scaling)> {
    // solution: Split; fit on the training part; scale the three parts with the same scaling; give both back.
    let parts = split(record)?;
    let scaling = fit(&parts.train)?;
    let scaled = Parts {
        train: scale(&scaling, &parts.train)?,
        validation: scale(&scaling, &parts.validation)?,
        test: scale(&scaling, &parts.test)?,
    };
    Ok((scaled, scaling))
    // end solution
}

/// Turns scaled values of one column back into its units: value · deviation + mean. Any shape.
///
/// With a mean of 9 °C and a deviation of 8 °C, the scaled temperature 0.5 is 13 °C.
///
/// # Errors
/// When there is no such column.
pub fn unscale(scaling: &Scaling, column: usize, scaled: &Tensor) -> Result<Tensor> {
    // solution: Read the two numbers of this column (`get(column)`, `to_scalar::<f32>()`), multiply with the deviation, add the mean.
    let number =
        |of: &Tensor| -> Result<f64> { Ok(f64::from(of.get(column)?.to_scalar::<f32>()?)) };
    Ok(scaled.affine(number(&scaling.std)?, number(&scaling.mean)?)?)
    // end solution
}

/// Turns an *error* between scaled values of one column, such as a mean absolute error, back into its units.
///
/// An error is a difference, and in a difference the mean cancels. With a mean of 9 °C and a deviation of 8 °C, an error of 0.5
/// is 4 °C.
///
/// # Errors
/// When there is no such column.
pub fn error_in_units(scaling: &Scaling, column: usize, error: f64) -> Result<f64> {
    // solution: Multiply the error with the deviation of this column.
    Ok(error * f64::from(scaling.std.get(column)?.to_scalar::<f32>()?))
    // end solution
}
