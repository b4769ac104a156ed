//! Stochastic gradient descent, with momentum and Nesterov's variant.
//!
//! ```text
//! plain      w ← w − η g
//! momentum   v ← μ v − η g;   w ← w + v
//! Nesterov   v ← μ v − η g;   w ← w + μ v − η g
//! ```
//!
//! Source: Keras `optimizers/sgd.py`; Sutskever et al., *On the importance of initialization and momentum* (2013).

use super::{Optimizer, Rule, Slots};
use anyhow::Result;
use candle_core::Tensor;

/// Gradient descent. Keras's defaults: learning rate 0.01, no momentum.
#[derive(Debug)]
pub struct Sgd {
    learning_rate: f64,
    momentum: f64,
    nesterov: bool,
    velocities: Slots,
}

impl Sgd {
    /// Plain gradient descent with this learning rate.
    #[must_use]
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            momentum: 0.0,
            nesterov: false,
            velocities: Slots::default(),
        }
    }

    /// With momentum: a share (0 to 1, often 0.9) of the last step is taken again.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// With Nesterov's momentum, which looks one step ahead.
    #[must_use]
    pub fn nesterov(self) -> Self {
        Self {
            nesterov: true,
            ..self
        }
    }
}

impl Default for Sgd {
    fn default() -> Self {
        Self::new(0.01)
    }
}

impl Optimizer for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn update(&mut self, position: usize, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let step = (gradient * -self.learning_rate)?;
        if self.momentum == 0.0 {
            return Ok((weight + step)?);
        }
        let velocity = ((self.velocities.get(position, weight, 0.0)? * self.momentum)? + &step)?;
        self.velocities.set(position, &velocity);
        if self.nesterov {
            return Ok(((weight + (velocity * self.momentum)?)? + step)?);
        }
        Ok((weight + velocity)?)
    }

    fn rule(&mut self, position: usize, size: usize) -> Result<Option<Rule<'_>>> {
        let rate = self.learning_rate as f32;
        if self.momentum == 0.0 {
            return Ok(Some(Rule::Descent { rate }));
        }
        Ok(Some(Rule::Momentum {
            rate,
            momentum: self.momentum as f32,
            nesterov: self.nesterov,
            velocity: self.velocities.numbers(position, size, 0.0)?,
        }))
    }
}
