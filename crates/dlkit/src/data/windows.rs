//! Cuts a record in time into windows: a stretch of the past as input, one value of the future as target.
//!
//! A window that begins at row `s` holds the rows `s`, `s + 1`, …, `s + length − 1`, and its target is the value `horizon` rows
//! after its *last* row, at row `s + length − 1 + horizon`. The −1 is easily lost. With windows of 3 and a horizon of 2:
//!
//! ```text
//! row      0  1  2  3  4  5  6
//! s = 0   [x  x  x] .  y
//! s = 1      [x  x  x] .  y
//! s = 2         [x  x  x] .  y
//! ```
//!
//! Of `n` rows come `n − (length − 1) − horizon` windows. All rows of a window *and its target* lie within the rows that were given:
//! cut the record into its parts first and each part into windows then, and no part sees another.
//!
//! ```
//! use dlkit::data::Windows;
//! use dlkit::prelude::*;
//!
//! # fn main() -> dlkit::Result<()> {
//! let rows = Tensor::arange(0f32, 7., &Device::Cpu)?.reshape((7, 1))?;
//! let windows = Windows::new(3, 2);
//! let data = windows.cut(&rows, 0)?;
//! assert_eq!(data.inputs().dims(), [3, 3, 1]);
//! assert_eq!(data.inputs().squeeze(2)?.to_vec2::<f32>()?[1], [1., 2., 3.]);
//! assert_eq!(data.targets().squeeze(1)?.to_vec1::<f32>()?, [4., 5., 6.]);
//! # Ok(())
//! # }
//! ```

use super::Dataset;
use crate::Result;
use anyhow::{Context, ensure};
use candle_core::Tensor;

/// How windows are cut from a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    length: usize,
    horizon: usize,
    every: usize,
}

impl Windows {
    /// Windows of `length` rows whose target lies `horizon` rows after their last row. One begins at every row.
    #[must_use]
    pub fn new(length: usize, horizon: usize) -> Self {
        Self {
            length,
            horizon,
            every: 1,
        }
    }

    /// One window at every `step`-th row only. Windows that overlap by all but one row say nearly the same: leaving some out
    /// costs little and saves time and memory.
    #[must_use]
    pub fn every(self, step: usize) -> Self {
        Self {
            every: step,
            ..self
        }
    }

    /// The number of windows in `rows` rows; 0 when there are too few for one.
    #[must_use]
    pub fn count(self, rows: usize) -> usize {
        (rows + 1)
            .saturating_sub(self.length + self.horizon)
            .div_ceil(self.every.max(1))
    }

    /// The row of the target of the window that begins at row `start`.
    #[must_use]
    pub fn target_row(self, start: usize) -> usize {
        start + self.length - 1 + self.horizon
    }

    /// All windows of `rows` `(n, features)`: inputs `(m, length, features)`, and as targets `(m, 1)` the later values of the feature
    /// number `target`.
    ///
    /// Each row is copied into as many windows as hold it: 35,000 windows of 120 hours and 6 features are 101 MB.
    ///
    /// # Errors
    /// When `rows` does not have two axes, there is no such feature, or there are too few rows for a single window.
    pub fn cut(self, rows: &Tensor, target: usize) -> Result<Dataset> {
        let (n, features) = rows
            .dims2()
            .context("windows are cut from rows of the shape (n, features)")?;
        ensure!(
            self.length > 0 && self.every > 0,
            "a window needs at least one row, and the next one must begin later, but these have {} rows and begin at every {}th",
            self.length,
            self.every
        );
        ensure!(
            target < features,
            "there is no feature {target} to forecast: the rows have {features}, and the first is 0"
        );
        let m = self.count(n);
        ensure!(
            m > 0,
            "{n} rows are too few for a window of {} whose target lies {} later: at least {} are needed",
            self.length,
            self.horizon,
            self.length + self.horizon
        );
        let starts = (0..m).map(|i| i * self.every);
        let index = |row: usize| u32::try_from(row).context("a record holds fewer than 2³² rows");
        let mut inside = Vec::with_capacity(m * self.length);
        for start in starts.clone() {
            for row in start..start + self.length {
                inside.push(index(row)?);
            }
        }
        let later: Vec<u32> = starts
            .map(|start| index(self.target_row(start)))
            .collect::<Result<_>>()?;
        let rows = rows.contiguous()?;
        let inputs = rows
            .index_select(&Tensor::new(inside, rows.device())?, 0)?
            .reshape((m, self.length, features))?;
        let targets = rows
            .narrow(1, target, 1)?
            .contiguous()?
            .index_select(&Tensor::new(later, rows.device())?, 0)?;
        Dataset::new(inputs, targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn rows(n: usize) -> Tensor {
        // Row i holds i and 100 + i.
        let values: Vec<f32> = (0..n).flat_map(|i| [i as f32, 100. + i as f32]).collect();
        Tensor::from_vec(values, (n, 2), &Device::Cpu).unwrap()
    }

    #[test]
    fn the_target_lies_the_horizon_after_the_last_row() {
        let data = Windows::new(4, 3).cut(&rows(20), 1).unwrap();
        let inputs = data.inputs().to_vec3::<f32>().unwrap();
        let targets = data.targets().to_vec2::<f32>().unwrap();
        assert_eq!(data.len(), 20 - 3 - 3);
        for (window, target) in inputs.iter().zip(&targets) {
            assert_eq!(window.len(), 4);
            assert_eq!(target[0], window[3][1] + 3.);
        }
        assert_eq!(targets.last().unwrap()[0], 119.); // to the last row, not beyond
    }

    #[test]
    fn counts_as_many_as_it_cuts() {
        for (length, horizon, every) in [(1, 1, 1), (3, 2, 1), (3, 0, 2), (5, 4, 3), (2, 3, 7)] {
            let windows = Windows::new(length, horizon).every(every);
            for n in length + horizon..25 {
                let cut = windows.cut(&rows(n), 0).unwrap().len();
                assert_eq!(cut, windows.count(n), "{windows:?} of {n}");
                let last = windows.target_row((cut - 1) * every);
                assert!(last < n && last + every >= n, "{windows:?} of {n}");
            }
            assert_eq!(windows.count(length + horizon - 1), 0);
        }
    }

    #[test]
    fn says_how_many_rows_are_needed() {
        let error = Windows::new(120, 24).cut(&rows(100), 0).unwrap_err();
        assert!(error.to_string().contains("at least 144"), "{error}");
        let error = Windows::new(2, 1).cut(&rows(10), 2).unwrap_err();
        assert!(error.to_string().contains("no feature 2"), "{error}");
        assert!(Windows::new(0, 1).cut(&rows(10), 0).is_err());
        assert!(Windows::new(2, 1).every(0).cut(&rows(10), 0).is_err());
    }
}
