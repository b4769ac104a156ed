//! Step 9 — Shifts: what a net knows about digits that do not stand in the middle, and how to teach it.
//!
//! Every digit of the training set stands in the middle of its picture. Move the test digits by a few pixels: for a person nothing
//! has changed. For a dense net everything has, because each pixel has weights of its own. A convolution gives the same map,
//! moved; pooling forgets small moves; but the dense layer at the end still has weights of its own for each of the 5×5 places.
//! So a conv net bears more, and not everything.
//!
//! What helps is to show it moved digits while it learns. dlkit has layers that move and turn each image a little, anew in every
//! step, and let it pass untouched when the net is asked. That is called data augmentation.

use crate::step8_networks::compiled;
use dlkit::prelude::*;
use dlkit::schedules::CosineWithWarmUp;

/// All images `(n, c, h, w)` moved down by `down` and right by `right` pixels (up and left where negative). What moves in is
/// black, 0; what moves out is lost.
///
/// `[[1, 2], [3, 4]]` moved right by 1 becomes `[[0, 1], [0, 3]]`, moved up by 1 (`down` = −1) `[[3, 4], [0, 0]]`.
///
/// # Errors
/// When `images` does not have four axes, or they would move out of the picture altogether.
pub fn shifted(images: &Tensor, down: i64, right: i64) -> Result<Tensor> {
    todo!(
        "One axis after the other. To move by k > 0 keep all but the last k rows and put k rows of \
         zeros before them; to move by −k keep all but the first k and put the zeros behind."
    )
}

/// The accuracy of `model` when all images are moved by `pixels`: the mean of four, moved down, up, right and left.
///
/// With 0 pixels it is the accuracy on the images as they are.
///
/// # Errors
/// When the images do not fit the model, or it was compiled without accuracy.
pub fn accuracy_when_shifted(model: &Model, test: &Dataset, pixels: i64) -> Result<f64> {
    todo!(
        "For each of the four directions: shift the inputs, keep the targets, evaluate. Add up the \
         accuracies, divide by 4."
    )
}

/// keras-io's net with two layers of augmentation in front, and without its dropout. Each image is moved by up to 0.08 of its height
/// and of its width (2 pixels of 28), then turned by up to 0.03 of a full turn (11°). What moves in from outside is black:
/// `.fill(Fill::Constant(0.))`. `RandomTranslation::new(height, width)` and `RandomRotation::new(turns)` take these parts.
///
/// Dropout and augmentation serve the same end: that the net does not learn its images by heart. For a net as small as this one
/// both together are too much. Neither has parameters: 34,826 as before. Hand it to `compiled`.
///
/// # Errors
/// When the device runs out of memory.
pub fn augmented_cnn(seed: Seed, device: &Device) -> Result<Model> {
    todo!(
        "RandomTranslation and RandomRotation first, each with its fill; then the layers of \
         keras_cnn but for the dropout."
    )
}

/// How the learning rate goes in a long run: half a cosine from 0.001 down to 0 over all `steps` of it, without a warm-up.
///
/// Large steps find the valley, small ones its bottom: at a constant rate a net jumps about the lowest point for ever. At the start
/// 0.001, at a quarter of the steps 0.00085, in the middle 0.0005, at the end 0.
///
/// [`CosineWithWarmUp`] is a struct of four fields: `peak`, the largest rate, from which the cosine falls; `last`, the rate at the end;
/// `warm_up`, for how many steps the rate first rises from 0 to `peak`; and `total`, after how many steps in all `last` is reached.
pub fn schedule(steps: usize) -> CosineWithWarmUp {
    todo!(
        "A CosineWithWarmUp with its four fields: from which rate, to which, after which rise, in \
         how many steps?"
    )
}

/// Trains `model` for `epochs` epochs in batches of `batch_size`, with the learning rate of [`schedule`] in every step.
///
/// How many steps that are, you know from lesson 3: the last, smaller batch of each epoch counts. A
/// `LearningRateScheduler::new(schedule, ScheduleUnit::Step)` among the `callbacks` of `fit` sets the rate before each step.
///
/// # Errors
/// When the model is not compiled, or the data do not fit it.
pub fn fit_long(
    model: &mut Model,
    train: &Dataset,
    epochs: usize,
    batch_size: usize,
    progress: Progress,
) -> Result<History> {
    todo!(
        "Steps of an epoch (rounded up) times epochs; a scheduler with the schedule for so many \
         steps; fit, with `callbacks: vec![&mut scheduler]` among its settings."
    )
}
