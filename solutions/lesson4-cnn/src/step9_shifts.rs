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
    // solution: One axis after the other. To move by k > 0 keep all but the last k rows and put k rows of zeros before them; to
    // move by −k keep all but the first k and put the zeros behind.
    let along = |images: &Tensor, axis: usize, by: i64| -> Result<Tensor> {
        let k = by.unsigned_abs() as usize;
        let kept = images.dim(axis)?.checked_sub(k).with_context(|| {
            format!(
                "the images have {} places to move along, not {k}",
                images.dims()[axis]
            )
        })?;
        Ok(if by >= 0 {
            images.narrow(axis, 0, kept)?.pad_with_zeros(axis, k, 0)?
        } else {
            images.narrow(axis, k, kept)?.pad_with_zeros(axis, 0, k)?
        })
    };
    along(&along(images, 2, down)?, 3, right)
    // end solution
}

/// The accuracy of `model` when all images are moved by `pixels`: the mean of four, moved down, up, right and left.
///
/// With 0 pixels it is the accuracy on the images as they are.
///
/// # Errors
/// When the images do not fit the model, or it was compiled without accuracy.
pub fn accuracy_when_shifted(model: &Model, test: &Dataset, pixels: i64) -> Result<f64> {
    // solution: For each of the four directions: shift the inputs, keep the targets, evaluate. Add up the accuracies, divide by 4.
    let mut sum = 0.;
    for (down, right) in [(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)] {
        let moved = Dataset::new(shifted(test.inputs(), down, right)?, test.targets().clone())?;
        sum += model.evaluate(&moved)?.accuracy()?;
    }
    Ok(sum / 4.)
    // end solution
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
    // solution: RandomTranslation and RandomRotation first, each with its fill; then the layers of keras_cnn but for the dropout.
    let model = Sequential::new()
        .add(RandomTranslation::new(0.08, 0.08).fill(Fill::Constant(0.)))
        .add(RandomRotation::new(0.03).fill(Fill::Constant(0.)))
        .add(Conv2D::new(32, 3).relu())
        .add(MaxPooling2D::new(2))
        .add(Conv2D::new(64, 3).relu())
        .add(MaxPooling2D::new(2))
        .add(Flatten::new())
        .add(Dense::new(10).softmax())
        .build((1, 28, 28), seed, device)?;
    Ok(compiled(model))
    // end solution
}

/// How the learning rate goes in a long run: half a cosine from 0.001 down to 0 over all `steps` of it, without a warm-up.
///
/// Large steps find the valley, small ones its bottom: at a constant rate a net jumps about the lowest point for ever. At the start
/// 0.001, at a quarter of the steps 0.00085, in the middle 0.0005, at the end 0.
///
/// [`CosineWithWarmUp`] is a struct of four fields: `peak`, the largest rate, from which the cosine falls; `last`, the rate at the end;
/// `warm_up`, for how many steps the rate first rises from 0 to `peak`; and `total`, after how many steps in all `last` is reached.
pub fn schedule(steps: usize) -> CosineWithWarmUp {
    // solution: A CosineWithWarmUp with its four fields: from which rate, to which, after which rise, in how many steps?
    CosineWithWarmUp {
        peak: 0.001,
        last: 0.,
        warm_up: 0,
        total: steps,
    }
    // end solution
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
    // solution: Steps of an epoch (rounded up) times epochs; a scheduler with the schedule for so many steps; fit, with
    // `callbacks: vec![&mut scheduler]` among its settings.
    let steps = epochs * train.len().div_ceil(batch_size);
    let mut scheduler = LearningRateScheduler::new(schedule(steps), ScheduleUnit::Step);
    model.fit(
        train,
        Fit {
            epochs,
            batch_size,
            progress,
            callbacks: vec![&mut scheduler],
            ..Fit::default()
        },
    )
    // end solution
}
