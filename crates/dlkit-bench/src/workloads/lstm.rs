//! LSTM 16 over 120 steps of 14 features → Dense 1; a batch of 256 sequences, mean squared error, Adam 1e-3.

use anyhow::Result;
use dlkit::prelude::*;

use super::{Workload, model, uniform};

pub(super) fn workload() -> Result<Workload> {
    let net = Sequential::new().add(LSTM::new(16)).add(Dense::new(1));
    // One bias per gate, as in Keras; PyTorch has two.
    let model = model(net, &[120, 14], 4 * 16 * (14 + 16 + 1) + (16 + 1))?;
    let inputs = uniform(&[256, 120, 14], model.device())?;
    let targets = uniform(&[256, 1], model.device())?;
    Ok(Workload {
        model,
        activation: Activation::Linear,
        loss: Box::new(MeanSquaredError),
        optimizer: Adam::new(1e-3),
        inputs,
        targets,
    })
}
