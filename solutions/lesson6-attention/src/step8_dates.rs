//! Step 8 — From dates as people write them to ISO: an encoder reads, a decoder writes, and attention shows where it looked.
//!
//! `Thursday, May 3rd 1979` ⟶ `1979-05-03`. The encoder turns the characters that were written into vectors. The decoder writes the answer
//! one character at a time: it sees what it has written so far (with a causal mask), looks at the encoder's vectors (queries from the answer,
//! keys and values from the encoder: *cross-attention*), and says how likely each of eleven characters is next.
//!
//! While it learns, it is given the right answer so far, not its own: **teacher forcing**. So all ten characters are learned at once, and the
//! answer has to be shifted by one place: at place `i` the decoder may know the characters before `i`, and shall say character `i`.

use candle_core::{D, DType, Device, Tensor};
use dlkit::Result;
use dlkit::data::dates::{ISO, ISO_CHARACTERS, START, WRITTEN};
use dlkit::layers::{
    BuiltLayer, BuiltTransformerDecoderBlock, BuiltTransformerEncoderBlock, Scope,
};
use dlkit::prelude::*;
use dlkit::schedules::{CosineWithWarmUp, Schedule};

/// What can say how an answer goes on. Decoding works with anything that can.
pub trait Translator {
    /// What was written `(n, 30)` and the answer so far, beginning with [`START`], `(n, t)`, give logits `(n, t, 11)`: row `i` says what
    /// comes after the first `i + 1` characters of `so_far`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn logits(&self, written: &Tensor, so_far: &Tensor) -> Result<Tensor>;
}

/// An encoder block and a decoder block with what stands around them.
pub struct DateReader {
    /// Ids `(n, 30)` to vectors `(n, 30, width)`, with positions.
    pub embed_written: Box<dyn BuiltLayer>,
    /// `encode(&vectors, Some(&padding), &pass)` keeps the shape.
    pub encoder: BuiltTransformerEncoderBlock,
    /// Ids `(n, t)` to vectors `(n, t, width)`, with positions.
    pub embed_answer: Box<dyn BuiltLayer>,
    /// `decode(&answer, &encoded, Some(&padding), &pass)` gives `(n, t, width)`.
    pub decoder: BuiltTransformerDecoderBlock,
    /// Vectors `(n, t, width)` to logits `(n, t, 11)`.
    pub output: Box<dyn BuiltLayer>,
    /// All that learns.
    pub variables: Vec<Variable>,
}

impl DateReader {
    /// A net with vectors of `width` numbers, for written dates of `vocabulary` different ids.
    ///
    /// # Errors
    /// When the four heads cannot share the width.
    pub fn new(vocabulary: usize, width: usize, seed: Seed) -> Result<Self> {
        let mut scope = Scope::new(seed, &Device::Cpu);
        let start = Initializer::Normal(0.5);
        let embedding =
            |ids: usize| TokenAndPositionEmbedding::new(ids, width).embeddings_initializer(start);
        let embed_written = scope.build(&embedding(vocabulary), &[WRITTEN])?.layer;
        let encoder = TransformerEncoderBlock::new(4)
            .mlp_ratio(2)
            .normalize_first()
            .build_block(&[WRITTEN, width], &mut scope)?;
        // One more id than there are characters: START.
        let embed_answer = scope.build(&embedding(ISO_CHARACTERS + 1), &[ISO])?.layer;
        let decoder = TransformerDecoderBlock::new(4)
            .mlp_ratio(2)
            .normalize_first()
            .build_with_encoder(&[ISO, width], &mut scope)?;
        let output = scope
            .build(&Dense::new(ISO_CHARACTERS), &[ISO, width])?
            .layer;
        Ok(Self {
            embed_written,
            encoder,
            embed_answer,
            decoder,
            output,
            variables: scope.variables().to_vec(),
        })
    }

    /// Where the net looks while it writes: for each of the ten characters of `answer` `(n, 10)` the weights over the 30 places of `written`,
    /// the mean of the heads, `(n, 10, 30)`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn alignment(&self, written: &Tensor, answer: &Tensor) -> Result<Tensor> {
        let pass = Pass::inference();
        let padding = written.ne(0u32)?;
        let embedded = self.embed_written.forward(written, &pass)?;
        let encoded = self.encoder.encode(&embedded, Some(&padding), &pass)?;
        let so_far = self
            .embed_answer
            .forward(&shift_right(answer, START)?, &pass)?;
        let (_, weights) =
            self.decoder
                .decode_with_weights(&so_far, &encoded, Some(&padding), &pass)?;
        Ok(weights.mean(1)?)
    }
}

/// What the decoder is given while it learns: the answers `(n, t)` moved one place to the right, with `start` in the first place and
/// without their last character.
///
/// `[[1, 9, 7]]` with start 11 becomes `[[11, 1, 9]]`.
///
/// # Errors
/// When `answers` has not two axes.
pub fn shift_right(answers: &Tensor, start: u32) -> Result<Tensor> {
    // solution: A column of `start`, and beside it (`Tensor::cat` along axis 1) all columns of the answers but the last.
    let (n, length) = answers.dims2()?;
    let first = Tensor::full(start, (n, 1), answers.device())?;
    Ok(Tensor::cat(
        &[&first, &answers.narrow(1, 0, length - 1)?],
        1,
    )?)
    // end solution
}

impl Translator for DateReader {
    fn logits(&self, written: &Tensor, so_far: &Tensor) -> Result<Tensor> {
        // solution: The padding mask is 1 where `written` is not 0 (`ne`). Embed what was written and encode it; embed the answer so far and
        // decode it with a look at the encoded; the output layer makes logits. Each wants a `Pass`: `Pass::inference()`.
        let pass = Pass::inference();
        let padding = written.ne(0u32)?;
        let embedded = self.embed_written.forward(written, &pass)?;
        let encoded = self.encoder.encode(&embedded, Some(&padding), &pass)?;
        let so_far = self.embed_answer.forward(so_far, &pass)?;
        let decoded = self
            .decoder
            .decode(&so_far, &encoded, Some(&padding), &pass)?;
        self.output.forward(&decoded, &pass)
        // end solution
    }
}

/// The loss of a batch with teacher forcing: the mean cross-entropy of every character of the answers `(n, 10)`, a scalar.
///
/// `SparseCategoricalCrossEntropy.from_logits(&logits, &answers)` takes logits `(n, t, classes)`.
///
/// # Errors
/// When the shapes do not fit.
pub fn loss(net: &impl Translator, written: &Tensor, answers: &Tensor) -> Result<Tensor> {
    // solution: Give the net the shifted answers; compare its logits with the answers as they are.
    let logits = net.logits(written, &shift_right(answers, START)?)?;
    SparseCategoricalCrossEntropy.from_logits(&logits, answers)
    // end solution
}

/// Writes the answers, `(n, 10)` of `U32`, one character at a time: the most likely one, which is then part of what the net is given.
///
/// # Errors
/// Those of the net.
pub fn greedy(net: &impl Translator, written: &Tensor) -> Result<Tensor> {
    // solution: Begin with a column of START. Ten times: logits, of the last place only the largest (`argmax` along the last axis), and
    // that becomes one more column. START itself is no part of the answer.
    let n = written.dim(0)?;
    let mut so_far = Tensor::full(START, (n, 1), written.device())?;
    for place in 0..ISO {
        let logits = net.logits(written, &so_far)?;
        let next = logits.narrow(1, place, 1)?.argmax(D::Minus1)?;
        so_far = Tensor::cat(&[&so_far, &next], 1)?;
    }
    Ok(so_far.narrow(1, 1, ISO)?)
    // end solution
}

/// The share of rows that are right in **every** place: `(n, t)` said and true, from 0 to 1.
///
/// Said `[[1, 2], [3, 4]]` and true `[[1, 2], [3, 5]]`: 0.5. (Of the characters, three in four are right. Nobody wants three quarters of a
/// date.)
///
/// # Errors
/// When the shapes differ.
pub fn exact_match(said: &Tensor, truth: &Tensor) -> Result<f64> {
    // solution: Compare place by place; a row is right when the smallest of its comparisons is 1; the mean over the rows.
    let right = said.eq(truth)?.min(1)?;
    let share = right.to_dtype(DType::F64)?.mean_all()?;
    Ok(share.to_scalar()?)
    // end solution
}

/// How long and how fast to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many batches.
    pub steps: usize,
    /// How many dates a batch.
    pub batch_size: usize,
    /// The largest learning rate: it rises to that over the first tenth of the steps, and falls along a cosine to almost 0.
    pub learning_rate: f64,
    /// Decides the order of the dates.
    pub seed: Seed,
}

/// Trains the net with your [`loss`] and Adam, and calls `after` with the number of each step and its loss. This is the loop of lesson 3 with a
/// learning rate that changes.
///
/// # Errors
/// Those of the net and of `after`.
pub fn train(
    net: &DateReader,
    data: &Dataset,
    settings: Settings,
    mut after: impl FnMut(usize, f64) -> Result<()>,
) -> Result<()> {
    let schedule = CosineWithWarmUp {
        peak: settings.learning_rate,
        last: 0.01 * settings.learning_rate,
        warm_up: settings.steps / 10,
        total: settings.steps,
    };
    let mut optimizer = Clipped::new(Adam::new(settings.learning_rate), Clip::GlobalNorm(1.));
    let mut step = 0;
    for epoch in 0.. {
        let seed = settings.seed.at(epoch);
        for batch in data.batches(settings.batch_size).shuffled(seed) {
            if step == settings.steps {
                return Ok(());
            }
            let batch = batch?;
            optimizer.set_learning_rate(schedule.at(step + 1));
            let loss = loss(net, &batch.inputs, &batch.targets)?;
            optimizer.step(&net.variables, &loss.backward()?)?;
            step += 1;
            after(step, f64::from(loss.to_scalar::<f32>()?))?;
        }
    }
    Ok(())
}
