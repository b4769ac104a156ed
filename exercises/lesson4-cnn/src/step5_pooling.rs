//! Step 5 — Max-pooling: keep the strongest answer of each block, and send the gradient back to where it came from.
//!
//! A block of 2×2 keeps its largest number: the map becomes half as high and half as wide. *That* something was found stays,
//! *where* exactly is given up. A stroke that moves by one pixel often stays in its block, and nothing behind the pooling notices.
//!
//! ```text
//! map          pooled       who won
//! 1 5 2 0
//! 3 4 8 1      5 8          (0, 1) (1, 2)
//! 0 2 1 1      6 1          (3, 0) (2, 2)      of the four ones, the first
//! 6 2 1 1
//! ```
//!
//! Backward: a small change of the winner changes the output by as much, a small change of any other pixel changes nothing. So the
//! winner gets the whole gradient of its block, and all others get 0.

use crate::step1_cross_correlation::Grid;

/// What [`max_pool`] gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// The largest number of each block.
    pub values: Grid,
    /// Where in the map it stood, as (row, column): needed on the way back.
    pub winners: Vec<Vec<(usize, usize)>>,
}

/// The largest number of each block of `size` × `size`, and where it stood.
///
/// The blocks lie side by side from the top left. A map of 11 rows has five blocks of 2 rows; the eleventh row is in none of
/// them, and is left out. Of equal numbers in one block, the first wins: in reading order, row by row from the left.
pub fn max_pool(map: &Grid, size: usize) -> Pooled {
    todo!(
        "Block (y, x) starts at (y·size, x·size). Its first pixel is the winner so far; each \
         further pixel that is larger (not: as large) takes its place."
    )
}

/// The gradient with respect to the map `(height, width)`, from the gradient with respect to the pooled values.
///
/// With the map above and the gradients `[[10, 20], [30, 40]]`: 10 at (0, 1), 20 at (1, 2), 30 at (3, 0), 40 at (2, 2), and 0
/// everywhere else.
pub fn max_pool_backward(
    winners: &[Vec<(usize, usize)>],
    gradients: &Grid,
    (height, width): (usize, usize),
) -> Grid {
    todo!("Start with zeros for the whole map; then each winner gets the gradient of its block.")
}
