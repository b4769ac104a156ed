//! Step 9 — The networks of the course: the one that was drawn, the one that was printed, the one that is good, and one that
//! gives a number instead of a digit.
//!
//! A slide draws 784 inputs, two hidden layers of 16, ten outputs. The code printed beside it adds a dense layer of 784 in front,
//! because its author took the first `Dense` for the inputs. That is another net, 48 times as large, and a better one: the
//! "97 %" on the slide is the printed code's. What is drawn reaches 93 %.
//!
//! All three take images `(n, 28, 28)` of `f32` from 0 to 1, so each starts with `Flatten`, which the slide leaves out.

use dlkit::prelude::*;

/// How all three digit readers are trained: RMSprop, the sparse categorical cross-entropy, and accuracy to watch.
fn compiled(mut model: Model) -> Model {
    model.compile(
        RmsProp::default(),
        SparseCategoricalCrossEntropy,
        [Accuracy],
    );
    model
}

/// The net as drawn, 784-16-16-10: two dense layers of 16 with sigmoid, then 10 with softmax. 13,002 parameters.
///
/// Build it for images of (28, 28), and hand it to `compiled`.
///
/// # Errors
/// When the device runs out of memory.
pub fn drawn(seed: Seed, device: &Device) -> Result<Model> {
    // solution: Flatten, 16 sigmoid, 16 sigmoid, 10 softmax; build and compile.
    let model = Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(16).sigmoid())
        .add(Dense::new(16).sigmoid())
        .add(Dense::new(10).softmax())
        .build((28, 28), seed, device)?;
    Ok(compiled(model))
    // end solution
}

/// The net as printed, 784-784-16-16-10: a dense layer of 784 with sigmoid in front of the drawn one. 628,442 parameters.
///
/// # Errors
/// When the device runs out of memory.
pub fn printed(seed: Seed, device: &Device) -> Result<Model> {
    // solution: Flatten, 784 sigmoid, 16 sigmoid, 16 sigmoid, 10 softmax; build and compile.
    let model = Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(784).sigmoid())
        .add(Dense::new(16).sigmoid())
        .add(Dense::new(16).sigmoid())
        .add(Dense::new(10).softmax())
        .build((28, 28), seed, device)?;
    Ok(compiled(model))
    // end solution
}

/// One wide layer, 784-512-10: 512 with ReLU, then 10 with softmax. 407,050 parameters.
///
/// # Errors
/// When the device runs out of memory.
pub fn relu_512(seed: Seed, device: &Device) -> Result<Model> {
    // solution: Flatten, 512 relu, 10 softmax; build and compile.
    let model = Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(512).relu())
        .add(Dense::new(10).softmax())
        .build((28, 28), seed, device)?;
    Ok(compiled(model))
    // end solution
}

/// A net for a number, such as a price, from the `columns` of a table: 15 with ReLU, 5 with ReLU, and 1 as it is.
///
/// The last layer is linear, because a price may be any number. The optimiser is Adam as it comes, the loss the mean squared
/// error, and the mean squared error is watched as well. With 13 columns: 13·15 + 15 + 15·5 + 5 + 5·1 + 1 = 296 parameters.
///
/// # Errors
/// When the device runs out of memory.
pub fn regression(columns: usize, seed: Seed, device: &Device) -> Result<Model> {
    // solution: 15 relu, 5 relu, 1 linear, built for `columns` inputs; compile with Adam, the mean squared error, and the same as
    // its metric.
    let mut model = Sequential::new()
        .add(Dense::new(15).relu())
        .add(Dense::new(5).relu())
        .add(Dense::new(1))
        .build(columns, seed, device)?;
    model.compile(Adam::default(), MeanSquaredError, [MeanSquaredError]);
    Ok(model)
    // end solution
}

/// Trains a regression net and holds the last quarter of the data back, to measure on it after each epoch.
///
/// The history then has `val_loss` beside `loss`. What is held back is never learned from: it tells when the net begins to know
/// the other three quarters by heart. The batch size stays at its default, 32.
///
/// # Errors
/// When the model is not compiled, or the data do not fit it.
pub fn fit_regression(
    model: &mut Model,
    data: &Dataset,
    epochs: usize,
    progress: Progress,
) -> Result<History> {
    // solution: Fit with the last quarter held back: `validation: Validation::Split(0.25)` among the settings.
    model.fit(
        data,
        Fit {
            epochs,
            validation: Validation::Split(0.25),
            progress,
            ..Fit::default()
        },
    )
    // end solution
}
