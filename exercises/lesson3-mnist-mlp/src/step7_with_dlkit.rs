//! Step 7 — The same with dlkit: what you wrote in six steps is three lines.
//!
//! ```text
//! Keras                                                     dlkit
//! model = Sequential([Flatten(), Dense(512, "relu"), …])    Sequential::new().add(Flatten::new()).add(Dense::new(512).relu())…
//! model.compile("rmsprop", "sparse_categorical_…", …)       model.compile(RmsProp::default(), SparseCategoricalCrossEntropy, …)
//! model.fit(x, y, epochs=5, batch_size=128)                 model.fit(&train, Fit { epochs: 5, batch_size: 128, ..Fit::default() })?
//! ```
//!
//! `Flatten` is your step 2, `Dense` your step 4, the loss your step 5, and `fit` your steps 3 and 6. It has one thing that you
//! did not write: RMSprop, which divides each weight's step by the usual size of its gradient.

use dlkit::prelude::*;

/// Builds and compiles the net 784-64-10 for images `(n, 28, 28)` of `f32` from 0 to 1.
///
/// Flatten, a dense layer of 64 with ReLU, a dense layer of 10 with softmax: 784·64 + 64 + 64·10 + 10 = 50,890 parameters.
/// Compiled with RMSprop as it comes, the sparse categorical cross-entropy, and the accuracy as the figure to watch.
/// `build((28, 28), seed, device)` says the shape of one image; the batch axis is not part of it.
///
/// # Errors
/// When the device runs out of memory.
pub fn build(seed: Seed, device: &Device) -> Result<Model> {
    todo!(
        "Write the three layers down in a Sequential, build it for inputs of (28, 28), and compile \
         it."
    )
}

/// Trains `model` on `data` for `epochs` epochs, in batches of `batch_size`, and shows the progress as `progress` says.
///
/// The history that comes back holds a curve of `loss` and one of `accuracy`, with one value for each epoch.
///
/// # Errors
/// When the model is not compiled, or the data do not fit it.
pub fn train(
    model: &mut Model,
    data: &Dataset,
    epochs: usize,
    batch_size: usize,
    progress: Progress,
) -> Result<History> {
    todo!("Call fit with these settings, and leave all others as they are by default.")
}

/// The loss and the accuracy of `model` on the test data: `(0.08, 0.975)` means that 97.5 % of the digits were read right.
///
/// # Errors
/// When the model was compiled without accuracy, or the data do not fit it.
pub fn test_scores(model: &Model, test: &Dataset) -> Result<(f64, f64)> {
    todo!("Evaluate the model on the test data; the scores know the loss and the accuracy.")
}
