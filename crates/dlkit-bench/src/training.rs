//! `fit` from the first epoch to the last, on the real MNIST: what a lesson's run takes, data loading and validation included.

use std::time::Instant;

use anyhow::{Result, ensure};
use dlkit::data::Mnist;
use dlkit::prelude::*;
use serde_json::{Value, json};

use crate::rounded;
use crate::workloads::cnn;

/// A net and the settings that its twin in Keras has too.
pub(crate) struct Training {
    name: &'static str,
    /// Of one image.
    input_shape: &'static [usize],
    net: fn() -> Sequential,
    parameters: usize,
    compile: fn(&mut Model),
    /// The share of the training images that is measured on after each epoch.
    validation: f64,
}

const EPOCHS: usize = 5;
const BATCH_SIZE: usize = 128;

const ALL: [Training; 2] = [
    Training {
        name: "fit-mlp",
        input_shape: &[784],
        net: || {
            Sequential::new()
                .add(Dense::new(512).relu())
                .add(Dense::new(10).softmax())
        },
        parameters: 407_050,
        compile: |model| {
            model.compile(
                RmsProp::default(),
                SparseCategoricalCrossEntropy,
                [Accuracy],
            );
        },
        validation: 0.0,
    },
    Training {
        name: "fit-cnn",
        input_shape: &[1, 28, 28],
        net: || cnn::body().add(Dense::new(10).softmax()),
        parameters: cnn::PARAMETERS,
        compile: |model| {
            model.compile(Adam::default(), SparseCategoricalCrossEntropy, [Accuracy]);
        },
        validation: 0.1,
    },
];

/// The training of this name.
pub(crate) fn find(name: &str) -> Option<&'static Training> {
    ALL.iter().find(|training| training.name == name)
}

/// The names in the order in which they are told.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|training| training.name)
}

impl Training {
    /// Trains from this seed, and gives the seconds of `fit` and the test accuracy. Reading the files is not part of the time.
    pub(crate) fn run(&self, seed: Seed) -> Result<Value> {
        let device = device()?;
        let images = Mnist::load()?;
        let train = self.shaped(&images.train_dataset()?.to_device(&device)?)?;
        let test = self.shaped(&images.test_dataset()?.to_device(&device)?)?;
        let mut model = (self.net)().build(self.input_shape.to_vec(), seed, &device)?;
        ensure!(
            model.parameters() == self.parameters,
            "the model has {} parameters, but its twin has {}: the times would not compare",
            model.parameters(),
            self.parameters
        );
        (self.compile)(&mut model);
        let validation = if self.validation > 0.0 {
            Validation::Split(self.validation)
        } else {
            Validation::None
        };
        let start = Instant::now();
        let settings = Fit {
            epochs: EPOCHS,
            batch_size: BATCH_SIZE,
            validation,
            progress: Progress::Silent,
            ..Fit::default()
        };
        model.fit(&train, settings)?;
        let seconds = start.elapsed().as_secs_f64();
        let accuracy = model.evaluate(&test)?.accuracy()?;
        Ok(json!({
            "seconds": rounded(seconds),
            "epochs": EPOCHS,
            "test_accuracy": (accuracy * 1e4).round() / 1e4,
        }))
    }

    /// The same images in the shape that the net takes.
    fn shaped(&self, data: &Dataset) -> Result<Dataset> {
        let shape = [&[data.len()], self.input_shape].concat();
        Dataset::new(data.inputs().reshape(shape)?, data.targets().clone())
    }
}
