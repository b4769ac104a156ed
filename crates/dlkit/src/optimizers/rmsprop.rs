//! RMSprop: each weight's step is divided by the recent size of its gradient.
//!
//! ```text
//! v ← ρ v + (1 − ρ) g²;   w ← w − η g / √(v + ε)
//! with momentum:  m ← μ m + η g / √(v + ε);   w ← w − m
//! ```
//!
//! Source: Hinton's lecture 6e (2012) and Keras `optimizers/rmsprop.py`, which has ε inside the root. PyTorch has it outside,
//! and ρ = 0.99.

use super::{EPSILON, Optimizer, Rule, Slots};
use anyhow::Result;
use candle_core::Tensor;

/// RMSprop. Keras's defaults: learning rate 0.001, ρ 0.9, no momentum, ε 1e-7.
#[derive(Debug)]
pub struct RmsProp {
    learning_rate: f64,
    rho: f64,
    momentum: f64,
    mean_squares: Slots,
    velocities: Slots,
}

impl RmsProp {
    /// With this learning rate.
    #[must_use]
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            rho: 0.9,
            momentum: 0.0,
            mean_squares: Slots::default(),
            velocities: Slots::default(),
        }
    }

    /// How much of the old mean square is kept each step, 0 to 1.
    #[must_use]
    pub fn rho(self, rho: f64) -> Self {
        Self { rho, ..self }
    }

    /// With momentum on top.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }
}

impl Default for RmsProp {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for RmsProp {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn update(&mut self, position: usize, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let old = (self.mean_squares.get(position, weight, 0.0)? * self.rho)?;
        let mean_square = (old + (gradient.sqr()? * (1.0 - self.rho))?)?;
        self.mean_squares.set(position, &mean_square);
        let step = ((gradient * self.learning_rate)? / (mean_square + EPSILON)?.sqrt()?)?;
        if self.momentum == 0.0 {
            return Ok((weight - step)?);
        }
        let velocity = ((self.velocities.get(position, weight, 0.0)? * self.momentum)? + step)?;
        self.velocities.set(position, &velocity);
        Ok((weight - velocity)?)
    }

    fn rule(&mut self, position: usize, size: usize) -> Result<Option<Rule<'_>>> {
        Ok(Some(Rule::RmsProp {
            rate: self.learning_rate as f32,
            rho: self.rho,
            epsilon: EPSILON as f32,
            momentum: self.momentum as f32,
            mean_square: self.mean_squares.numbers(position, size, 0.0)?,
            velocity: if self.momentum == 0.0 {
                &mut []
            } else {
                self.velocities.numbers(position, size, 0.0)?
            },
        }))
    }
}
