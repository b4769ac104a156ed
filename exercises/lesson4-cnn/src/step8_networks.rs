//! Step 8 — The nets: convolution, pooling, convolution, pooling, and ten votes at the end; and a rival without convolutions.
//!
//! The net of keras-io's example for MNIST, line for line:
//!
//! ```text
//! Keras                                        dlkit                          maps after it
//! Input(shape=(28, 28, 1))                     build((1, 28, 28), …)          1 × 28 × 28
//! Conv2D(32, (3, 3), activation="relu")        Conv2D::new(32, 3).relu()      32 × 26 × 26
//! MaxPooling2D((2, 2))                         MaxPooling2D::new(2)           32 × 13 × 13
//! Conv2D(64, (3, 3), activation="relu")        Conv2D::new(64, 3).relu()      64 × 11 × 11
//! MaxPooling2D((2, 2))                         MaxPooling2D::new(2)           64 × 5 × 5
//! Flatten()                                    Flatten::new()                 1,600
//! Dropout(0.5)                                 Dropout::new(0.5)              1,600
//! Dense(10, activation="softmax")              Dense::new(10).softmax()       10
//! ```
//!
//! The maps become smaller and more: what is given up in *where* is gained in *what*. The last layer is the net of lesson 3 without its
//! hidden layer: each of the 1,600 numbers votes for and against each digit. Dropout takes away half of these votes, other ones
//! in each step, so that no vote counts alone; when the net is asked, all are there.

use dlkit::prelude::*;

/// How all nets of this lesson are compiled: Adam as it comes, the sparse categorical cross-entropy, and accuracy to watch.
pub(crate) fn compiled(mut model: Model) -> Model {
    model.compile(Adam::default(), SparseCategoricalCrossEntropy, [Accuracy]);
    model
}

/// Gives the images the axis of the channels that a convolution wants: `(n, 28, 28)` to `(n, 1, 28, 28)`. The labels stay.
///
/// # Errors
/// When the inputs do not have three axes.
pub fn with_channel(data: &Dataset) -> Result<Dataset> {
    todo!(
        "A new dataset from the inputs with an axis of length 1 in the second place, and the same \
         targets."
    )
}

/// keras-io's net for images `(1, 28, 28)`, as in the table above: 34,826 parameters. Hand it to `compiled`.
///
/// # Errors
/// When the device runs out of memory.
pub fn keras_cnn(seed: Seed, device: &Device) -> Result<Model> {
    todo!(
        "The seven layers of the table in a Sequential; build it for (1, 28, 28), and compile it."
    )
}

/// The parameters of each layer of keras-io's net that has any: first convolution, second convolution, dense.
///
/// Work them out from the table, as in step 4, by hand or by a formula. Together they are 34,826.
pub fn parameters_by_layer() -> [usize; 3] {
    todo!("filters · (channels · 9 + 1), twice; then 10 votes with 1,600 weights and a bias each.")
}

/// How wide the hidden layer of a net 784-h-10 must be to have as many parameters as `parameters`, as nearly as possible.
///
/// A net 784-h-10 has 784·h + h + h·10 + 10 = 795·h + 10 of them. For 34,826 the nearest is h = 44, with 34,990.
pub fn equal_width(parameters: usize) -> usize {
    todo!("Solve 795·h + 10 = parameters for h, and round to the nearest whole number.")
}

/// The rival: 784-h-10 with ReLU and softmax for the same images `(1, 28, 28)`, with `h` hidden neurons. Hand it to `compiled`.
///
/// # Errors
/// When the device runs out of memory.
pub fn mlp(h: usize, seed: Seed, device: &Device) -> Result<Model> {
    todo!("Flatten, h relu, 10 softmax; build it for (1, 28, 28), and compile it.")
}
