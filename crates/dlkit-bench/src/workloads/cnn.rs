//! keras-io's convolutional net for MNIST: Conv 32 3×3 relu, max-pool 2, Conv 64 3×3 relu, max-pool 2, flatten, dropout 0.5,
//! Dense 10; a batch of 128 images of 28×28, sparse cross-entropy, Adam 1e-3.

use anyhow::Result;
use dlkit::prelude::*;

use super::{Workload, labels, model, uniform};

/// All but the last layer, which has a softmax where `fit` trains it.
pub(crate) fn body() -> Sequential {
    Sequential::new()
        .add(Conv2D::new(32, 3).relu())
        .add(MaxPooling2D::new(2))
        .add(Conv2D::new(64, 3).relu())
        .add(MaxPooling2D::new(2))
        .add(Flatten::new())
        .add(Dropout::new(0.5))
}

pub(crate) const PARAMETERS: usize = (9 * 32 + 32) + (9 * 32 * 64 + 64) + (5 * 5 * 64 * 10 + 10);

pub(super) fn workload() -> Result<Workload> {
    let model = model(body().add(Dense::new(10)), &[1, 28, 28], PARAMETERS)?;
    let inputs = uniform(&[128, 1, 28, 28], model.device())?;
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
