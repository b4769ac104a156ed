//! Step 8 — XOR, learned.
//!
//! Nobody sets nine numbers by hand twice. Now the net finds them itself, with dlkit, whose words are Keras's: describe the
//! layers, build, compile, fit. For XOR the net is 2-4-1: two inputs, four hidden neurons with tanh, one output with a sigmoid.

use dlkit::prelude::*;

/// A net for points in the plane and a yes-or-no answer: `hidden` neurons with tanh, then one neuron with a sigmoid, built for
/// 2 inputs with this seed on this device, and compiled with Adam at learning rate 0.1, binary cross-entropy and the metric
/// `Accuracy`.
///
/// A dense layer is `Dense::new(neurons)`, and its activation a method: `.tanh()`, `.sigmoid()`. `cargo doc --open -p dlkit`
/// shows the rest.
///
/// Worked: 4 hidden neurons make 17 parameters, as you counted in step 3.
///
/// # Errors
/// When the device has no room for it.
pub fn build(hidden: usize, seed: Seed, device: &Device) -> Result<Model> {
    // solution: Describe the two layers, build them, compile the model and return it.
    let mut model = Sequential::new()
        .add(Dense::new(hidden).tanh())
        .add(Dense::new(1).sigmoid())
        .build(2, seed, device)?;
    model.compile(Adam::new(0.1), BinaryCrossEntropy, [Accuracy]);
    Ok(model)
    // end solution
}

/// Trains the net for so many epochs, in batches of 32, showing its progress as asked, and gives the history.
///
/// The settings of `fit` are the fields of [`Fit`]: `epochs`, `batch_size`, `progress` and more. No check sees the screen: whether
/// the progress is shown as asked is yours to look at.
///
/// Worked: `train(&mut model, &xor, 300, Progress::Silent)?` gives a history of 300 epochs.
///
/// # Errors
/// What `fit` says.
pub fn train(
    model: &mut Model,
    data: &Dataset,
    epochs: usize,
    progress: Progress,
) -> Result<History> {
    // solution: Fit the model to the data with these settings.
    let settings = Fit {
        epochs,
        batch_size: 32,
        progress,
        ..Fit::default()
    };
    model.fit(data, settings)
    // end solution
}

/// The net's decision for each point of a tensor of shape (n, 2): `true` where it gives more than ½.
///
/// Worked: a trained XOR net gives false, true, true, false for the points 00, 01, 10, 11.
///
/// # Errors
/// What `predict` says.
pub fn classify(model: &Model, points: &Tensor) -> Result<Vec<bool>> {
    // solution: Give a yes or a no for each point.
    let probabilities = model.predict(points)?.flatten_all()?.to_vec1::<f32>()?;
    Ok(probabilities.into_iter().map(|p| p > 0.5).collect())
    // end solution
}
