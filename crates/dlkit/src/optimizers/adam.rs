//! Adam: momentum and RMSprop together, both corrected for having started at zero.
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g;   v ← β₂ v + (1 − β₂) g²
//! α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ);   w ← w − α m / (√v + ε)
//! ```
//!
//! Source: Kingma and Ba (2015), in the form of Keras `optimizers/adam.py`: ε is outside the root, and next to the uncorrected
//! `√v`. AdamW (Loshchilov and Hutter, 2019) first shrinks the weight itself: `w ← w − η λ w`.

use super::{EPSILON, Optimizer, Rule, Slots};
use anyhow::Result;
use candle_core::Tensor;

/// Adam. Keras's defaults: learning rate 0.001, β₁ 0.9, β₂ 0.999, ε 1e-7.
#[derive(Debug)]
pub struct Adam {
    learning_rate: f64,
    beta_1: f64,
    beta_2: f64,
    weight_decay: f64,
    steps: i32,
    means: Slots,
    mean_squares: Slots,
}

impl Adam {
    /// With this learning rate.
    #[must_use]
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            beta_1: 0.9,
            beta_2: 0.999,
            weight_decay: 0.0,
            steps: 0,
            means: Slots::default(),
            mean_squares: Slots::default(),
        }
    }

    /// How much of the old mean (β₁) and mean square (β₂) is kept each step.
    #[must_use]
    pub fn betas(self, beta_1: f64, beta_2: f64) -> Self {
        Self {
            beta_1,
            beta_2,
            ..self
        }
    }
}

impl Adam {
    /// The learning rate of this step, with both means' start at zero made up for.
    fn corrected_rate(&self) -> f64 {
        let correction =
            (1.0 - self.beta_2.powi(self.steps)).sqrt() / (1.0 - self.beta_1.powi(self.steps));
        self.learning_rate * correction
    }
}

impl Default for Adam {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for Adam {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn begin_step(&mut self) {
        self.steps += 1;
    }

    fn update(&mut self, position: usize, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let mean = ((self.means.get(position, weight, 0.0)? * self.beta_1)?
            + (gradient * (1.0 - self.beta_1))?)?;
        let old = (self.mean_squares.get(position, weight, 0.0)? * self.beta_2)?;
        let mean_square = (old + (gradient.sqr()? * (1.0 - self.beta_2))?)?;
        self.means.set(position, &mean);
        self.mean_squares.set(position, &mean_square);

        let step = ((mean * self.corrected_rate())? / (mean_square.sqrt()? + EPSILON)?)?;
        if self.weight_decay == 0.0 {
            return Ok((weight - step)?);
        }
        Ok(((weight * (1.0 - self.learning_rate * self.weight_decay))? - step)?)
    }

    fn rule(&mut self, position: usize, size: usize) -> Result<Option<Rule<'_>>> {
        Ok(Some(Rule::Adam {
            rate: self.corrected_rate() as f32,
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: EPSILON as f32,
            keep: (1.0 - self.learning_rate * self.weight_decay) as f32,
            mean: self.means.numbers(position, size, 0.0)?,
            mean_square: self.mean_squares.numbers(position, size, 0.0)?,
        }))
    }
}

/// Adam with decoupled weight decay. Keras's defaults: as for [`Adam`], and a weight decay of 0.004.
#[derive(Debug)]
pub struct AdamW(Adam);

impl AdamW {
    /// With this learning rate.
    #[must_use]
    pub fn new(learning_rate: f64) -> Self {
        Self(Adam {
            weight_decay: 0.004,
            ..Adam::new(learning_rate)
        })
    }

    /// The share λ of a weight that is taken away each step, times the learning rate.
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self(Adam {
            weight_decay,
            ..self.0
        })
    }

    /// As for [`Adam::betas`].
    #[must_use]
    pub fn betas(self, beta_1: f64, beta_2: f64) -> Self {
        Self(self.0.betas(beta_1, beta_2))
    }
}

impl Default for AdamW {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Optimizer for AdamW {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn learning_rate(&self) -> f64 {
        self.0.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.0.learning_rate = learning_rate;
    }

    fn begin_step(&mut self) {
        self.0.begin_step();
    }

    fn update(&mut self, position: usize, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        self.0.update(position, weight, gradient)
    }

    fn rule(&mut self, position: usize, size: usize) -> Result<Option<Rule<'_>>> {
        self.0.rule(position, size)
    }
}
