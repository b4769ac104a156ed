//! Adagrad: a weight that has moved much moves less.
//!
//! ```text
//! s ← s + g²;   w ← w − η g / √(s + ε)
//! ```
//!
//! Source: Keras `optimizers/adagrad.py`; Duchi, Hazan and Singer (2011). `s` starts at 0.1, so that the first steps are not huge.

use super::{EPSILON, Optimizer, Rule, Slots};
use anyhow::Result;
use candle_core::Tensor;

/// Adagrad. Keras's defaults: learning rate 0.001, the sum of squares starts at 0.1.
#[derive(Debug)]
pub struct Adagrad {
    learning_rate: f64,
    initial_accumulator: f64,
    sums_of_squares: Slots,
}

impl Adagrad {
    /// With this learning rate.
    #[must_use]
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            initial_accumulator: 0.1,
            sums_of_squares: Slots::default(),
        }
    }
}

impl Default for Adagrad {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Adagrad {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn update(&mut self, position: usize, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let sum = (self
            .sums_of_squares
            .get(position, weight, self.initial_accumulator)?
            + gradient.sqr()?)?;
        self.sums_of_squares.set(position, &sum);
        let step = (gradient / (sum + EPSILON)?.sqrt()?)?;
        Ok((weight - (step * self.learning_rate)?)?)
    }

    fn rule(&mut self, position: usize, size: usize) -> Result<Option<Rule<'_>>> {
        let start = self.initial_accumulator as f32;
        Ok(Some(Rule::Adagrad {
            rate: self.learning_rate as f32,
            epsilon: EPSILON as f32,
            sum_of_squares: self.sums_of_squares.numbers(position, size, start)?,
        }))
    }
}
