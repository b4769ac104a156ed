//! 784 → Dense 512 relu → Dense 10, a batch of 128, sparse cross-entropy, Adam 1e-3.

use anyhow::Result;
use dlkit::prelude::*;

use super::{Workload, labels, model, uniform};

pub(super) fn workload() -> Result<Workload> {
    let net = Sequential::new()
        .add(Dense::new(512).relu())
        .add(Dense::new(10));
    let model = model(net, &[784], 784 * 512 + 512 + 512 * 10 + 10)?;
    let inputs = uniform(&[128, 784], model.device())?;
    let targets = labels(128, 10, model.device())?;
    Ok(Workload {
        model,
        activation: Activation::Softmax,
        loss: Box::new(SparseCategoricalCrossEntropy),
        optimizer: Adam::new(1e-3),
        inputs,
        targets,
    })
}
