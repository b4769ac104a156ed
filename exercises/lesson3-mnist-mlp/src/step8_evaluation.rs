//! Step 8 — Evaluation: how good is the net, on images it has never seen, and which digits does it take for which?
//!
//! A net can learn its training images by heart. What it is worth shows on others: the 10,000 test images. Accuracy says how
//! often it is right; a confusion matrix says in what way it is wrong.

use candle_core::{D, Tensor};
use dlkit::Result;
use dlkit::data::Dataset;

/// Counts: `matrix[truth][said]` is how many images of the digit `truth` the net took for `said`.
pub type Confusion = Vec<Vec<usize>>;

/// What [`evaluate`] finds out.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Accuracy on the images that the net has learned from: what it knows by heart counts.
    pub train_accuracy: f64,
    /// Accuracy on images that it has not learned from: the figure to report.
    pub test_accuracy: f64,
    /// The confusion matrix of the test images.
    pub test_confusion: Confusion,
}

/// The digit that the net says for each image: the column of the largest of its probabilities `(n, classes)`.
///
/// `[[0.1, 0.9], [0.8, 0.2]]` says `[1, 0]`.
///
/// # Errors
/// When `probabilities` does not have two axes.
pub fn predicted_digits(probabilities: &Tensor) -> Result<Vec<u32>> {
    todo!("Take the index of the largest entry along the row, for every row, as a Vec.")
}

/// The confusion matrix `classes` × `classes` of what is true and what was said, image by image.
///
/// True `[0, 1, 1, 1]` and said `[0, 1, 1, 0]` with 2 classes: `[[1, 0], [1, 2]]` — one 1 was taken for a 0.
pub fn confusion_matrix(truth: &[u32], said: &[u32], classes: usize) -> Confusion {
    todo!(
        "Start with zeros; each image adds one, in the row of its true digit and the column of the \
         said one."
    )
}

/// The accuracy that a confusion matrix tells: the images on its diagonal out of all images.
///
/// `[[1, 0], [1, 2]]` has 3 of 4 on the diagonal: 0.75.
pub fn accuracy(matrix: &Confusion) -> f64 {
    todo!("The diagonal holds the right answers: divide its sum by the sum of all entries.")
}

/// The most frequent mistake, `(truth, said, how often)`: the largest entry beside the diagonal.
///
/// `[[1, 0], [1, 2]]` gives `(1, 0, 1)`: a 1 was taken for a 0, once. When several are equally frequent, any of them will do.
pub fn most_confused(matrix: &Confusion) -> (usize, usize, usize) {
    todo!(
        "Go through all pairs of a true and a said digit that differ, and keep the one with the \
         largest count."
    )
}

/// Judges a net, given as a function from inputs `(n, …)` to probabilities `(n, classes)`, on both sets.
///
/// The targets of both sets are labels `(n,)` of dtype `U32`.
///
/// # Errors
/// Those of `predict`.
pub fn evaluate(
    predict: impl Fn(&Tensor) -> Result<Tensor>,
    train: &Dataset,
    test: &Dataset,
    classes: usize,
) -> Result<Report> {
    todo!(
        "For each of the two sets: predict its inputs, read off the digits, and count them against \
         its own targets. Then take the accuracy of each matrix."
    )
}
