//! A small GPT: token and position embeddings of width 128, two pre-norm causal blocks (4 heads, dense layers of four times the
//! width with tanh-GELU), Dense 65; a batch of 64 texts of 64 tokens, sparse cross-entropy, Adam 1e-3.

use anyhow::Result;
use dlkit::prelude::*;

use super::{Workload, labels, model};

const TOKENS: usize = 64;
const VOCABULARY: usize = 65;
const WIDTH: usize = 128;

pub(super) fn workload() -> Result<Workload> {
    let block = TransformerDecoderBlock::new(4)
        .normalize_first()
        .activation(Activation::GeluTanh);
    let net = Sequential::new()
        .add(TokenAndPositionEmbedding::new(VOCABULARY, WIDTH))
        .add(block)
        .add(block)
        .add(Dense::new(VOCABULARY));
    let embeddings = (VOCABULARY + TOKENS) * WIDTH;
    let attention = 2 * WIDTH + 4 * (WIDTH * WIDTH + WIDTH);
    let dense = 2 * WIDTH + (WIDTH * 4 * WIDTH + 4 * WIDTH) + (4 * WIDTH * WIDTH + WIDTH);
    let last = WIDTH * VOCABULARY + VOCABULARY;
    let model = model(net, &[TOKENS], embeddings + 2 * (attention + dense) + last)?;
    let inputs = labels(64 * TOKENS, VOCABULARY, model.device())?.reshape((64, TOKENS))?;
    Ok(Workload {
        model,
        activation: Activation::Softmax,
        loss: Box::new(SparseCategoricalCrossEntropy),
        optimizer: Adam::new(1e-3),
        targets: inputs.clone(),
        inputs,
    })
}
