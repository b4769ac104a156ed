//! Step 9 — A small GPT: only the decoder, trained to say which character comes next.
//!
//! Whoever can say how likely each next character is can also write: draw one, put it behind the text, ask again. That is all that a GPT does;
//! the large ones do it with parts of words, more blocks, and much more text.
//!
//! A name is a row `. e m m a .` with marks for beginning and end, filled up with 0. Every place but the last is an input, every place but
//! the first a target, and the causal mask lets all of them be learned at once.

use candle_core::{DType, Device, Tensor};
use dlkit::prelude::*;
use dlkit::schedules::{CosineWithWarmUp, Schedule};
use dlkit::{Result, ops};

/// How large the net is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How many different ids there are, with 0.
    pub vocabulary: usize,
    /// How many places it reads at once.
    pub length: usize,
    /// How many numbers stand for a place.
    pub width: usize,
    /// How many heads share the width.
    pub heads: usize,
    /// How many blocks stand on each other.
    pub blocks: usize,
}

/// The net: ids `(n, length)` to logits `(n, length, vocabulary)`. A `TokenAndPositionEmbedding`; then `blocks` times a
/// `TransformerDecoderBlock`, pre-norm, with `Activation::GeluTanh`; then a `LayerNormalization`; then a `Dense` without an activation.
///
/// 28 ids, length 16, width 32, one block: `(28 + 16)·32 + (12·32² + 13·32) + 2·32 + (32·28 + 28) = 15,100` parameters.
///
/// # Errors
/// When the heads cannot share the width.
pub fn build(size: Size, seed: Seed) -> Result<Model> {
    todo!(
        "`Sequential::new().add(…)`, the blocks in a loop (`net = net.add(block)`), and \
         `.build(size.length, seed, &Device::Cpu)`."
    )
}

/// Rows `(n, length + 1)` as inputs `(n, length)` and targets `(n, length)`: the target of a place is the character that comes next.
///
/// `[[1, 5, 7, 1]]`: inputs `[[1, 5, 7]]`, targets `[[5, 7, 1]]`.
///
/// # Errors
/// When `rows` has not two axes.
pub fn inputs_and_targets(rows: &Tensor) -> Result<(Tensor, Tensor)> {
    todo!("Two narrows along axis 1, both of length − 1: one from place 0, one from place 1.")
}

/// The mean cross-entropy in nats per character, of logits `(n, t, vocabulary)` and targets `(n, t)` of `U32`: a scalar. A target of 0 only
/// fills up, and does not count: neither in the sum, nor in the number that it is divided by.
///
/// Three targets, of which one is 0, and the other two have the probabilities ½ and ¼: `(0.693 + 1.386)/2 = 1.040`.
///
/// # Errors
/// When the shapes do not fit, or nothing counts.
pub fn loss(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    todo!(
        "`ops::log_softmax`, pick each target's entry with `gather` along the last axis; times a \
         mask that is 1 where the target is not 0; the sum, divided by the sum of the mask, and \
         the sign turned."
    )
}

/// Draws an id: `logits` has one number for each, `draw` is a random number from 0 to 1. The probabilities are softmax of
/// `logits / temperature`, without the id 0, which only fills up. They lie end to end from 0 to 1; the id on whose stretch `draw` falls
/// is it.
///
/// Logits `[9, 0, ln 3]` at temperature 1: ids 1 and 2 have ¼ and ¾. A draw of 0.2 gives 1, a draw of 0.3 gives 2.
pub fn draw_id(logits: &[f64], temperature: f64, draw: f64) -> u32 {
    todo!(
        "Exponentials of (logit − largest)/temperature for the ids from 1 on, and their sum. Go \
         through them with a running sum, until it exceeds draw times the sum."
    )
}

/// How a text is written.
#[derive(Clone, Copy, Debug)]
pub struct Writing {
    /// How many places the net reads at once: [`Size::length`].
    pub length: usize,
    /// The id that ends the text, if one does.
    pub end: Option<u32>,
    /// After how many characters it stops in any case.
    pub most: usize,
    /// Below 1 for the likely, above 1 for the daring.
    pub temperature: f64,
}

/// Goes on with a text. `start` are its first ids (at least one), `logits` is the net, from `(1, length)` to `(1, length, vocabulary)`, and
/// `draw` gives the next random number from 0 to 1. Gives only the new ids, without the end.
///
/// The net reads the last `length` ids. When there are fewer, the row is filled up with 0 *behind* them: the causal mask sees to it that they
/// do no harm. What comes next stands at the place of the last id.
///
/// # Errors
/// Those of the net.
pub fn write(
    logits: impl Fn(&Tensor) -> Result<Tensor>,
    start: &[u32],
    writing: Writing,
    mut draw: impl FnMut() -> f64,
) -> Result<Vec<u32>> {
    todo!(
        "Keep all ids in a Vec. In a loop: take the last `length` of them and resize with 0; \
         logits of that row, and of these the ones at the place of the last id; draw_id; stop at \
         the end, else push."
    )
}

/// How long and how fast to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many batches.
    pub steps: usize,
    /// The largest learning rate: it rises to that over the first tenth of the steps, and falls along a cosine to a tenth.
    pub learning_rate: f64,
}

/// Trains the net with your [`loss`] and AdamW on the rows `(n, length + 1)` that `batch` gives for each step, and calls `after` with the number of
/// each step and its loss.
///
/// # Errors
/// Those of the net, of `batch` and of `after`.
pub fn train(
    net: &Model,
    settings: Settings,
    mut batch: impl FnMut(usize) -> Result<Tensor>,
    mut after: impl FnMut(usize, f64) -> Result<()>,
) -> Result<()> {
    let schedule = CosineWithWarmUp {
        peak: settings.learning_rate,
        last: 0.1 * settings.learning_rate,
        warm_up: settings.steps / 10,
        total: settings.steps,
    };
    let mut optimizer = Clipped::new(AdamW::new(settings.learning_rate), Clip::GlobalNorm(1.));
    for step in 1..=settings.steps {
        let (inputs, targets) = inputs_and_targets(&batch(step)?)?;
        let pass = Pass::training(net.seed().derive("pass").at(step as u64));
        let loss = loss(
            &net.forward(&inputs.contiguous()?, &pass)?,
            &targets.contiguous()?,
        )?;
        optimizer.set_learning_rate(schedule.at(step));
        optimizer.step(net.variables(), &loss.backward()?)?;
        after(step, f64::from(loss.to_scalar::<f32>()?))?;
    }
    Ok(())
}

/// The loss on rows `(n, length + 1)` that were not learned from, in nats per character: every character that counts once.
///
/// # Errors
/// Those of the net.
pub fn measure(net: &Model, rows: &Tensor) -> Result<f64> {
    let (mut sum, mut characters) = (0., 0.);
    for start in (0..rows.dim(0)?).step_by(256) {
        let some = rows.narrow(0, start, 256.min(rows.dim(0)? - start))?;
        let (inputs, targets) = inputs_and_targets(&some)?;
        let count = targets
            .ne(0u32)?
            .to_dtype(DType::F64)?
            .sum_all()?
            .to_scalar::<f64>()?;
        let loss = loss(
            &net.forward(&inputs.contiguous()?, &Pass::inference())?,
            &targets.contiguous()?,
        )?;
        sum += count * f64::from(loss.to_scalar::<f32>()?);
        characters += count;
    }
    Ok(sum / characters)
}
