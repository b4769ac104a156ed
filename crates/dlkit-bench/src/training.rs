//! `fit` from the first epoch to the last, on the real MNIST: what a lesson's run takes, data loading and validation included.

use std::time::Instant;

use anyhow::{Result, ensure};
use dlkit::data::Mnist;
use dlkit::prelude::*;
use serde_json::{Value, json};

use crate::rounded;

/// A net and the settings that its twin in Keras has too.
pub(crate) struct Training {
    name: &'static str,
    net: fn() -> Sequential,
    parameters: usize,
    compile: fn(&mut Model),
    /// The share of the training images that is measured on after each epoch.
    validation: f64,
}

const EPOCHS: usize = 5;
const BATCH_SIZE: usize = 128;

const ALL: [Training; 1] = [Training {
    name: "fit-mlp",
    net: || {
        Sequential::new()
            .add(Flatten::new())
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
}];

/// The training of this name.
pub(crate) fn find(name: &str) -> Option<&'static Training> {
    ALL.iter().find(|training| training.name == name)
}

/// The names in the order in which they are told.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|training| training.name)
}

impl Training {
    /// Trains, and gives the seconds of `fit` and the test accuracy. Reading the files is not part of the time.
    pub(crate) fn run(&self) -> Result<Value> {
        let device = device()?;
        let images = Mnist::load()?;
        let train = images.train_dataset()?.to_device(&device)?;
        let test = images.test_dataset()?.to_device(&device)?;
        let mut model = (self.net)().build((28, 28), Seed(42), &device)?;
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
}
