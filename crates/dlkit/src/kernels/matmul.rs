//! Matrix products, by the `gemm` crate.
//!
//! The crate could use threads of its own (rayon's); here it runs on one, and the result is cut into blocks for the threads of
//! [`super::parallel`]. The blocks are the same on any number of threads, and so is the order of every sum.

use super::parallel::{self, Shared};

/// A matrix within a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row after row.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(values, rows, columns, columns, 1)
    }

    /// Element `(i, j)` is at `i · row_stride + j · column_stride`.
    pub(crate) fn strided(
        values: &'a [f32],
        rows: usize,
        columns: usize,
        row_stride: usize,
        column_stride: usize,
    ) -> Self {
        let fits = rows == 0
            || columns == 0
            || (rows - 1) * row_stride + (columns - 1) * column_stride < values.len();
        assert!(
            fits,
            "a {rows} × {columns} matrix needs more than {} numbers",
            values.len()
        );
        Self {
            values,
            rows,
            columns,
            row_stride,
            column_stride,
        }
    }

    /// Rows become columns; nothing is moved.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn pointer_at(&self, row: usize, column: usize) -> *const f32 {
        self.values[row * self.row_stride + column * self.column_stride..].as_ptr()
    }

    /// `rows` rows from `row` on, and `columns` columns from `column` on.
    pub(super) fn part(self, row: usize, rows: usize, column: usize, columns: usize) -> Self {
        Self::strided(
            &self.values[row * self.row_stride + column * self.column_stride..],
            rows,
            columns,
            self.row_stride,
            self.column_stride,
        )
    }
}

/// `out = a · b` (or `out += a · b`) on all threads. `out` is row after row.
pub(crate) fn matmul_parallel(a: Matrix<'_>, b: Matrix<'_>, out: &mut [f32], accumulate: bool) {
    assert_eq!(out.len(), a.rows * b.columns);
    let blocks = Blocks::of(a.rows, b.columns, a.columns);
    let columns = b.columns;
    let shared = Shared::new(out);
    blocks.for_each(|tile| {
        product(
            a.part(tile.row, tile.rows, 0, a.columns),
            b.part(0, b.rows, tile.column, tile.columns),
            &shared,
            tile.row * columns + tile.column,
            columns,
            accumulate,
        );
    });
}

/// `out[start + i · stride + j] = Σₖ a[i, k] · b[k, j]`, or `+=`.
#[allow(unsafe_code)]
pub(super) fn product(
    a: Matrix<'_>,
    b: Matrix<'_>,
    out: &Shared<'_, f32>,
    start: usize,
    stride: usize,
    accumulate: bool,
) {
    assert_eq!(
        a.columns, b.rows,
        "the inner sizes of a matrix product differ"
    );
    let (m, n, k) = (a.rows, b.columns, a.columns);
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            for row in 0..m {
                let at = start + row * stride;
                // SAFETY: rows of this product's own part of the output.
                unsafe { out.range(at..at + n) }.fill(0.0);
            }
        }
        return;
    }
    assert!(n <= stride || m == 1);
    // SAFETY: the part of the output that this product writes, by the caller's choice of blocks its own alone; the assertion
    // within `range` proves that it is inside the slice.
    let out = unsafe { out.pointer(start..start + (m - 1) * stride + n) };
    // SAFETY: `Matrix` has proved that every (i, j) of a and b is inside its slice, and `out` is checked above.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out,
            1,
            stride as isize,
            accumulate,
            a.pointer_at(0, 0),
            a.column_stride as isize,
            a.row_stride as isize,
            b.pointer_at(0, 0),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// How a product is cut: a grid of tiles, large enough that packing the operands for each does not cost more than the threads
/// gain.
pub(super) struct Blocks {
    rows: usize,
    columns: usize,
    tile_rows: usize,
    tile_columns: usize,
}

/// A rectangle of the result.
pub(super) struct Tile {
    pub(super) row: usize,
    pub(super) rows: usize,
    pub(super) column: usize,
    pub(super) columns: usize,
}

impl Blocks {
    /// For a result of `rows` × `columns` whose sums have `inner` terms.
    pub(super) fn of(rows: usize, columns: usize, inner: usize) -> Self {
        /// Multiply-adds worth a task of their own: some 20 µs.
        const WORTH: usize = 2_000_000;
        const MOST: usize = 16;
        let wanted = (rows * columns * inner.max(1) / WORTH).clamp(1, MOST);
        // Cut the longer side: the operand of the other side is packed once for each tile.
        let (mut tile_rows, mut tile_columns) = (rows.max(1), columns.max(1));
        if rows >= columns {
            tile_rows = rows.div_ceil(wanted).next_multiple_of(16).max(32);
        } else {
            tile_columns = columns.div_ceil(wanted).next_multiple_of(16).max(64);
        }
        Self {
            rows,
            columns,
            tile_rows,
            tile_columns,
        }
    }

    pub(super) fn for_each(&self, task: impl Fn(Tile) + Sync) {
        let across = self.columns.div_ceil(self.tile_columns);
        let down = self.rows.div_ceil(self.tile_rows);
        parallel::for_each(across * down, |index| {
            let row = index / across * self.tile_rows;
            let column = index % across * self.tile_columns;
            task(Tile {
                row,
                rows: self.tile_rows.min(self.rows - row),
                column,
                columns: self.tile_columns.min(self.columns - column),
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng as _;

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut rng = Seed(seed).rng();
        (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    fn assert_is_product(m: usize, n: usize, k: usize, accumulate: bool) {
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let start = numbers(m * n, 3);
        let a_transposed: Vec<f32> = (0..k * m).map(|i| a[i % m * k + i / m]).collect();
        let b_transposed: Vec<f32> = (0..k * n).map(|i| b[i % k * n + i / k]).collect();
        let wanted: Vec<f64> = (0..m * n)
            .map(|at| {
                let (i, j) = (at / n, at % n);
                let sum: f64 = (0..k)
                    .map(|l| f64::from(a[i * k + l]) * f64::from(b[l * n + j]))
                    .sum();
                sum + if accumulate {
                    f64::from(start[at])
                } else {
                    0.0
                }
            })
            .collect();
        let plain = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
        let turned = (
            Matrix::new(&a_transposed, k, m).transposed(),
            Matrix::new(&b_transposed, n, k).transposed(),
        );
        for (a, b) in [plain, turned, (plain.0, turned.1), (turned.0, plain.1)] {
            let mut out = start.clone();
            matmul_parallel(a, b, &mut out, accumulate);
            for (found, wanted) in out.iter().zip(&wanted) {
                let error = (f64::from(*found) - wanted).abs();
                assert!(
                    error < 1e-5 * (k as f64 + 1.0),
                    "{m}×{n}×{k}: {found} instead of {wanted}"
                );
            }
        }
    }

    #[test]
    fn agrees_with_the_triple_loop_for_odd_sizes() {
        for (m, n, k) in [
            (1, 1, 1),
            (3, 5, 7),
            (17, 33, 65),
            (129, 10, 51),
            (2, 300, 31),
            (0, 3, 2),
            (3, 2, 0),
        ] {
            assert_is_product(m, n, k, false);
            assert_is_product(m, n, k, true);
        }
    }

    #[test]
    fn agrees_where_it_is_cut_into_tiles() {
        assert_is_product(333, 150, 90, false);
        assert_is_product(70, 517, 200, true);
    }
}
