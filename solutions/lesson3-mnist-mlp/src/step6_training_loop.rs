//! Step 6 — The training loop: the four steps in which every net learns.
//!
//! 1. Take a **batch** of images with their labels.
//! 2. **Forward**: what does the net say?
//! 3. **Loss**: how wrong is that?
//! 4. **Update**: `backward` gives ∂loss/∂W for every weight; `W ← W − η·∂loss/∂W` moves each a little downhill.
//!
//! The size of the move, η, is the learning rate.

use crate::{step4_forward, step5_loss};
use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};
use dlkit::Result;
use dlkit::data::Dataset;
use dlkit::seed::Seed;

/// What a training loop has to know about a net and its loss. That is all: the loop fits any net.
pub trait Learner {
    /// All variables that shall learn.
    fn parameters(&self) -> Vec<Var>;

    /// The answer of the net to a batch of inputs `(n, …)`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn forward(&self, inputs: &Tensor) -> Result<Tensor>;

    /// How wrong that answer is for these targets `(n,)`: a scalar, the mean over the batch.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn loss(&self, answer: &Tensor, targets: &Tensor) -> Result<Tensor>;
}

/// Your net of step 4 with your loss of step 5.
impl Learner for step4_forward::Mlp {
    fn parameters(&self) -> Vec<Var> {
        [&self.w1, &self.b1, &self.w2, &self.b2]
            .map(Clone::clone)
            .to_vec()
    }

    fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
        step4_forward::forward(self, inputs)
    }

    fn loss(&self, answer: &Tensor, targets: &Tensor) -> Result<Tensor> {
        step5_loss::cross_entropy(answer, targets)
    }
}

/// How long and how fast to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many times every sample is looked at.
    pub epochs: usize,
    /// How many samples share one update.
    pub batch_size: usize,
    /// η, the size of a step against the gradient.
    pub learning_rate: f64,
    /// Decides in which order the samples come.
    pub seed: Seed,
}

/// Moves every parameter against its gradient: `W ← W − η·∂loss/∂W`.
///
/// With W = 1.0, a gradient of 0.5 and η = 0.1, W becomes 0.95. `Var::set` is what changes a variable for good.
///
/// # Errors
/// When a parameter has no gradient: then the loss does not depend on it, and it would never learn, in silence.
pub fn update(parameters: &[Var], gradients: &GradStore, learning_rate: f64) -> Result<()> {
    // solution: For each parameter: get its gradient (an error, with a sentence, if there is none), and set the parameter to
    // itself minus learning_rate times the gradient.
    for (index, parameter) in parameters.iter().enumerate() {
        let gradient = gradients.get(parameter).ok_or_else(|| {
            anyhow::anyhow!("parameter {index} has no gradient: the loss does not depend on it")
        })?;
        parameter.set(&(parameter.as_tensor() - (gradient * learning_rate)?)?)?;
    }
    Ok(())
    // end solution
}

/// One iteration on one batch: forward, loss, backward, update. Gives the loss, as it was *before* the update.
///
/// `loss.backward()?` computes all gradients, fresh each time: with Candle there is nothing to set to zero first.
///
/// # Errors
/// Those of the learner, and of [`update`].
pub fn train_step(
    learner: &impl Learner,
    inputs: &Tensor,
    targets: &Tensor,
    learning_rate: f64,
) -> Result<f64> {
    // solution: Ask the learner for its answer and for the loss of that answer; go backward from the loss; update its
    // parameters with the gradients; give back the number in the loss.
    let answer = learner.forward(inputs)?;
    let loss = learner.loss(&answer, targets)?;
    let gradients = loss.backward()?;
    update(&learner.parameters(), &gradients, learning_rate)?;
    Ok(f64::from(loss.to_scalar::<f32>()?))
    // end solution
}

/// Trains on all of `data` for some epochs. Gives the mean loss of the batches of each epoch: one number an epoch.
///
/// `data.batches(size).shuffled(seed)` is your step 3: an iterator of batches with `inputs` and `targets`. Give each epoch a
/// seed of its own, `settings.seed.at(epoch as u64)`, or the batches will be the same ones every time.
///
/// # Errors
/// Those of [`train_step`].
pub fn train(learner: &impl Learner, data: &Dataset, settings: Settings) -> Result<Vec<f64>> {
    // solution: Two loops: over the epochs, and inside over the shuffled batches. Add up the losses of the steps, and divide by
    // the number of steps at the end of each epoch.
    let mut history = Vec::new();
    for epoch in 0..settings.epochs {
        let batches = data
            .batches(settings.batch_size)
            .shuffled(settings.seed.at(epoch as u64));
        let steps = batches.len() as f64;
        let mut total = 0.;
        for batch in batches {
            let batch = batch?;
            total += train_step(
                learner,
                &batch.inputs,
                &batch.targets,
                settings.learning_rate,
            )?;
        }
        history.push(total / steps);
    }
    Ok(history)
    // end solution
}
