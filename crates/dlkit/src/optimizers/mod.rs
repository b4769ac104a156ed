//! Optimisers: how a gradient becomes a step. One file each, with Keras's name, update rule and defaults.
//!
//! In a training loop of your own:
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let w = Var::new(&[3.0f32], &Device::Cpu)?;
//! let mut optimizer = Sgd::new(0.1);
//! for _ in 0..100 {
//!     let loss = w.as_tensor().sqr()?.sum_all()?; // smallest at w = 0
//!     optimizer.step(&[Variable::new("w", &w)], &loss.backward()?)?;
//! }
//! assert!(w.to_vec1::<f32>()?[0].abs() < 1e-3);
//! # Ok(()) }
//! ```

mod adagrad;
mod adam;
mod clipping;
mod rmsprop;
mod sgd;

pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use clipping::{Clip, Clipped};
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use crate::variable::Variable;
use anyhow::{Result, ensure};
use candle_core::Tensor;
use candle_core::backprop::GradStore;

/// Keras's guard against division by zero.
pub(crate) const EPSILON: f64 = 1e-7;

/// Turns gradients into new weights.
///
/// An optimiser belongs to one list of variables: what it remembers of each (a velocity, a mean square) is kept by
/// position in the list.
pub trait Optimizer {
    /// Its Keras name, such as `"rmsprop"`.
    fn name(&self) -> &'static str;

    /// How far a step goes.
    fn learning_rate(&self) -> f64;

    /// Changes how far the next step goes; schedules call this.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// Called once at the start of each step, for rules that count steps.
    fn begin_step(&mut self) {}

    /// The new value of the variable at this position, from its value and gradient (the same shape, outside of any graph).
    ///
    /// # Errors
    /// When the position was another shape before: the optimiser has been used for another model.
    fn update(&mut self, position: usize, weight: &Tensor, gradient: &Tensor) -> Result<Tensor>;

    /// One step: updates every trainable variable from its gradient.
    ///
    /// # Errors
    /// When trainable variables have no gradient; the message names them, and nothing is changed. Candle says nothing where an
    /// operation has no backward pass or the loss does not depend on a variable: the weight would just never learn.
    fn step(&mut self, variables: &[Variable], gradients: &GradStore) -> Result<()> {
        let missing: Vec<&str> = trainable(variables)
            .filter(|variable| gradients.get(variable.var()).is_none())
            .map(Variable::name)
            .collect();
        ensure!(
            missing.is_empty(),
            "no gradient reaches {}: the loss does not depend on it, or an operation between them has no backward pass \
             (a detached tensor, or one of Candle's fused operations such as softmax_last_dim)",
            missing.join(", ")
        );
        self.begin_step();
        for (position, variable) in trainable(variables).enumerate() {
            if let Some(gradient) = gradients.get(variable.var()) {
                let weight =
                    self.update(position, &variable.tensor().detach(), &gradient.detach())?;
                variable.var().set(&weight)?;
            }
        }
        Ok(())
    }
}

fn trainable(variables: &[Variable]) -> impl Iterator<Item = &Variable> {
    variables.iter().filter(|variable| variable.is_trainable())
}

/// What an optimiser remembers: one tensor for each variable, made when first asked for.
#[derive(Debug, Default)]
pub(crate) struct Slots(Vec<Tensor>);

impl Slots {
    /// The tensor for this variable, filled with `start` the first time.
    fn get(&mut self, position: usize, weight: &Tensor, start: f64) -> Result<Tensor> {
        if position == self.0.len() {
            self.0.push((weight.zeros_like()? + start)?);
        }
        let slot = self
            .0
            .get(position)
            .filter(|slot| slot.shape() == weight.shape());
        ensure!(
            slot.is_some(),
            "this optimiser has been used for another model: what it remembers of variable {position} does not have the shape {:?}; \
             make a new optimiser for each model",
            weight.dims()
        );
        Ok(self.0[position].clone())
    }

    fn set(&mut self, position: usize, value: &Tensor) {
        self.0[position] = value.clone();
    }
}

#[cfg(test)]
mod tests;
