//! A small matrix of `f64`, for the steps that look at many samples at once. It is complete; there is nothing to write here.
//!
//! One sample is one row, as in Keras: a batch of n samples with p features is a matrix `(n, p)`, and the weights from p inputs
//! to h neurons are a matrix `(p, h)`. So a layer's sums are `x.dot(&w)`, of the shape `(n, h)`.

use std::fmt;
use std::ops::{Index, IndexMut};

/// Numbers in rows and columns. `m[(i, j)]` is the one in row i and column j, both counted from 0.
///
/// Operations on two matrices panic with a sentence when their shapes do not fit.
#[derive(Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            columns,
            values: vec![0.0; rows * columns],
        }
    }

    /// From rows of equal length: `Matrix::from_rows([[1.0, 2.0], [3.0, 4.0]])`.
    #[track_caller]
    pub fn from_rows<R: AsRef<[f64]>>(rows: impl IntoIterator<Item = R>) -> Self {
        let mut matrix = Self::zeros(0, 0);
        for row in rows {
            let row = row.as_ref();
            assert!(
                matrix.rows == 0 || row.len() == matrix.columns,
                "all rows of a matrix have the same length, but one has {} and another {} numbers",
                matrix.columns,
                row.len()
            );
            matrix.rows += 1;
            matrix.columns = row.len();
            matrix.values.extend_from_slice(row);
        }
        matrix
    }

    /// From all numbers, row after row.
    #[track_caller]
    pub fn from_values(rows: usize, columns: usize, values: Vec<f64>) -> Self {
        assert!(
            values.len() == rows * columns,
            "a matrix ({rows}, {columns}) needs {} numbers, not {}",
            rows * columns,
            values.len()
        );
        Self {
            rows,
            columns,
            values,
        }
    }

    /// How many rows: how many samples.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns: how many numbers a sample has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// Row `i`.
    #[track_caller]
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// All numbers, row after row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All numbers, to be changed in place.
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// The matrix product: `(n, p) · (p, h)` gives `(n, h)`. Entry (i, j) is row i of this one times column j of the other.
    #[track_caller]
    pub fn dot(&self, other: &Self) -> Self {
        assert!(
            self.columns == other.rows,
            "in a product a·b, a needs as many columns as b has rows, but a is {:?} and b is {:?}",
            self.shape(),
            other.shape()
        );
        let h = other.columns;
        let mut product = Self::zeros(self.rows, h);
        for i in 0..self.rows {
            let sums = &mut product.values[i * h..(i + 1) * h];
            for k in 0..self.columns {
                let a = self.values[i * self.columns + k];
                let row = &other.values[k * h..(k + 1) * h];
                let mut j = 0;
                // A plain loop: it is the quickest one in a build without optimisation.
                while j < h {
                    sums[j] += a * row[j];
                    j += 1;
                }
            }
        }
        product
    }

    /// Rows become columns: `(n, p)` becomes `(p, n)`.
    pub fn transposed(&self) -> Self {
        let mut turned = Self::zeros(self.columns, self.rows);
        for i in 0..self.rows {
            for j in 0..self.columns {
                turned.values[j * self.rows + i] = self.values[i * self.columns + j];
            }
        }
        turned
    }

    /// `f` of every number.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            values: self.values.iter().map(|&a| f(a)).collect(),
            ..*self
        }
    }

    /// `f` of every pair of numbers that lie at the same place: `a.with(&b, |a, b| a * b)` multiplies entry by entry.
    #[track_caller]
    pub fn with(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        assert!(
            self.shape() == other.shape(),
            "to go through two matrices entry by entry they need the same shape, but one is {:?} and the other {:?}",
            self.shape(),
            other.shape()
        );
        let values = self.values.iter().zip(&other.values);
        Self {
            values: values.map(|(&a, &b)| f(a, b)).collect(),
            ..*self
        }
    }

    /// The same row added to every row.
    #[track_caller]
    pub fn plus_row(&self, row: &[f64]) -> Self {
        assert!(
            row.len() == self.columns,
            "a row of {} numbers cannot be added to a matrix {:?}",
            row.len(),
            self.shape()
        );
        let mut sum = self.clone();
        for i in 0..self.rows {
            let own = &mut sum.values[i * self.columns..(i + 1) * self.columns];
            for (value, add) in own.iter_mut().zip(row) {
                *value += add;
            }
        }
        sum
    }

    /// The sum of each column: one number for each, over all rows.
    pub fn column_sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns];
        for i in 0..self.rows {
            for (sum, value) in sums.iter_mut().zip(self.row(i)) {
                *sum += value;
            }
        }
        sums
    }

    /// The rows with these numbers, in this order.
    #[track_caller]
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.columns);
        for &i in rows {
            values.extend_from_slice(self.row(i));
        }
        Self::from_values(rows.len(), self.columns, values)
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    #[track_caller]
    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        assert!(
            i < self.rows && j < self.columns,
            "there is no entry ({i}, {j}) in a matrix {:?}",
            self.shape()
        );
        &self.values[i * self.columns + j]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    #[track_caller]
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        assert!(
            i < self.rows && j < self.columns,
            "there is no entry ({i}, {j}) in a matrix {:?}",
            self.shape()
        );
        &mut self.values[i * self.columns + j]
    }
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries((0..self.rows).map(|i| self.row(i)))
            .finish()
    }
}
