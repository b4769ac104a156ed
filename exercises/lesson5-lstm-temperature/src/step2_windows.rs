//! Step 2 — Windows: a stretch of the past, and the one number of the future that is asked for.
//!
//! A net is given 120 hours in a row and shall say the temperature 24 hours after the last of them. Every hour at which that is
//! possible gives one sample. With windows of `length` 3 and a `horizon` of 2, seven rows give three:
//!
//! ```text
//! row         0  1  2  3  4  5  6
//! start = 0  [x  x  x] .  y
//! start = 1     [x  x  x] .  y
//! start = 2        [x  x  x] .  y
//! ```
//!
//! The first window ends at row 2, and its target is row 2 + 2 = 4. Two mistakes are made here all the time, and neither gives an
//! error: a target that is one row off, and a target that lies *inside* the window, which makes every net a prophet.

use candle_core::Tensor;
use dlkit::Result;

/// The row of the target of the window that begins at row `start`: `horizon` rows after the window's last row.
///
/// A window of 3 that begins at row 0 has the rows 0, 1, 2. With a horizon of 2 its target is row 4.
pub fn target_row(start: usize, length: usize, horizon: usize) -> usize {
    todo!("Which row is the window's last? The target lies horizon rows after that.")
}

/// How many windows there are in `rows` rows when the windows *and their targets* must lie within them.
///
/// 7 rows, windows of 3, horizon 2: three windows. 17,509 rows, windows of 120, horizon 24: 17,366. Too few rows for one window: 0.
pub fn count(rows: usize, length: usize, horizon: usize) -> usize {
    todo!(
        "The target of the last window is the last row. Mind that usize cannot go below 0: \
         `saturating_sub`."
    )
}

/// All windows of `rows` `(n, columns)`: inputs `(m, length, columns)` and targets `(m, 1)`, the later values of column `column`.
///
/// The rows of all columns go into the inputs, the temperature's own past too.
///
/// # Errors
/// When there are too few rows for one window.
pub fn windows(
    rows: &Tensor,
    column: usize,
    length: usize,
    horizon: usize,
) -> Result<(Tensor, Tensor)> {
    todo!(
        "For each start narrow `length` rows along axis 0, and stack these pieces. The targets are \
         m rows in a row of one column, beginning with the target of the first window: two \
         narrows."
    )
}
