//! Step 9 — A net on the spiral, with no autograd.
//!
//! Three spiral arms, a hundred points each, and a net that has to tell them apart. A linear classifier gets half of them.
//! Everything that trains the net is yours: forward and backward of step 7, an optimiser of step 8, and the loop of this step.
//!
//! The loop has four steps, for a net of 2-100-3 as for the largest in the world: take a **batch**, go **forward**, compute the
//! **loss** and its gradient, **update** the weights.

use crate::matrix::Matrix;
use crate::step6_matrices::dense;
use crate::step7_softmax::{Net, backward, forward, loss, softmax};
use crate::step8_optimizers::Optimizer;
use dlkit::prelude::*;

/// How long and in which portions to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often every sample is seen.
    pub epochs: usize,
    /// How many samples the net looks at before it changes its weights. All of them: batch gradient descent. One: stochastic
    /// gradient descent. Between: mini-batches.
    pub batch_size: usize,
    /// Where the shuffling starts.
    pub seed: Seed,
}

/// The points `(n, 2)` and their classes, from a data set such as `dlkit::data::spirals`. It is complete.
///
/// # Errors
/// When the inputs are not `(n, p)` or the targets not one label for each.
pub fn points(data: &Dataset) -> Result<(Matrix, Vec<usize>)> {
    let rows = data.inputs().to_dtype(DType::F64)?.to_vec2::<f64>()?;
    let labels = data.targets().to_vec1::<u32>()?;
    let labels = labels.into_iter().map(|label| label as usize).collect();
    Ok((Matrix::from_rows(rows), labels))
}

/// How often the weights change in all: an *iteration* is one batch, an *epoch* is over when every sample has been seen once.
/// The last batch of an epoch may be smaller, and counts. No argument is 0.
///
/// Worked: 300 samples in batches of 32 are 10 iterations an epoch (nine of 32, one of 12); 5 epochs make 50.
pub fn iterations(samples: usize, batch_size: usize, epochs: usize) -> usize {
    // solution: Count the batches of all epochs.
    samples.div_ceil(batch_size) * epochs
    // end solution
}

/// The batches of one epoch: the numbers 0 to `samples` − 1 in the random order that `seed.permutation(samples)` gives, cut
/// into pieces of `batch_size`. The last piece holds what is left.
///
/// Worked: 5 samples in the order 3, 0, 4, 1, 2 and batches of 2: `[[3, 0], [4, 1], [2]]`.
pub fn batches(samples: usize, batch_size: usize, seed: Seed) -> Vec<Vec<usize>> {
    // solution: Shuffle the numbers and cut them into batches.
    let order = seed.permutation(samples);
    order.chunks(batch_size).map(<[usize]>::to_vec).collect()
    // end solution
}

/// Trains the net in place. `optimizers` has one for each part of the net, in the order of [`Net::parts_mut`]. Epoch e (from 0)
/// takes its batches from the seed `settings.seed.at(e)`. Gives for each epoch the mean loss over all samples, each measured
/// when its batch was forward.
///
/// `x.select(&batch)` gives the rows of a batch. The net that the next batch sees is the updated one.
///
/// Worked: with 300 samples in batches of 32 an epoch's loss is the sum of batch loss × batch size, divided by 300: the last,
/// smaller batch counts less.
pub fn train(
    net: &mut Net,
    x: &Matrix,
    labels: &[usize],
    settings: Settings,
    optimizers: &mut [Box<dyn Optimizer>; 4],
) -> Vec<f64> {
    // solution: For each epoch and each batch: forward, loss, backward, and a step for each of the four parts.
    let samples = x.rows();
    let mut losses = Vec::with_capacity(settings.epochs);
    for epoch in 0..settings.epochs {
        let mut sum = 0.0;
        for batch in batches(samples, settings.batch_size, settings.seed.at(epoch as u64)) {
            let some = x.select(&batch);
            let truth: Vec<usize> = batch.iter().map(|&i| labels[i]).collect();
            let pass = forward(net, &some);
            sum += loss(&pass.probabilities, &truth) * batch.len() as f64;
            let gradients = backward(net, &some, &pass, &truth);
            let parts = net.parts_mut().into_iter().zip(gradients.parts());
            for (optimizer, (weights, gradient)) in optimizers.iter_mut().zip(parts) {
                optimizer.step(weights, gradient);
            }
        }
        losses.push(sum / samples as f64);
    }
    losses
    // end solution
}

/// The class with the largest probability, for each row. (Among equal ones the first.)
///
/// Worked: the rows (0.2, 0.7, 0.1) and (0.5, 0.1, 0.4) give 1 and 0.
pub fn classes(probabilities: &Matrix) -> Vec<usize> {
    // solution: Give the column of the largest number of each row.
    (0..probabilities.rows())
        .map(|i| {
            let row = probabilities.row(i);
            (0..row.len()).fold(0, |best, j| if row[j] > row[best] { j } else { best })
        })
        .collect()
    // end solution
}

/// The share of the samples whose class is right, from 0 to 1. There is at least one.
///
/// Worked: the classes 1, 0, 2, 2 where 1, 0, 0, 2 are true: 0.75.
pub fn accuracy(classes: &[usize], labels: &[usize]) -> f64 {
    // solution: Give the share of right answers.
    let right = classes.iter().zip(labels).filter(|(said, is)| said == is);
    right.count() as f64 / labels.len() as f64
    // end solution
}

/// A linear classifier, `softmax(x·w + b)`, to compare with. It is complete.
#[derive(Clone, Debug)]
pub struct Linear {
    /// `(inputs, classes)`.
    pub w: Matrix,
    /// `(classes)`.
    pub b: Vec<f64>,
}

impl Linear {
    /// Trained on all samples at once by plain gradient descent, from zeros. With one layer the loss is convex: there is one
    /// valley.
    pub fn trained(
        x: &Matrix,
        labels: &[usize],
        classes: usize,
        learning_rate: f64,
        steps: usize,
    ) -> Self {
        let mut linear = Self {
            w: Matrix::zeros(x.columns(), classes),
            b: vec![0.0; classes],
        };
        let turned = x.transposed();
        for _ in 0..steps {
            let mut slopes = linear.probabilities(x);
            for (i, &label) in labels.iter().enumerate() {
                slopes[(i, label)] -= 1.0;
            }
            let step = learning_rate / labels.len() as f64;
            linear.w = linear.w.with(&turned.dot(&slopes), |w, g| w - step * g);
            for (b, g) in linear.b.iter_mut().zip(slopes.column_sums()) {
                *b -= step * g;
            }
        }
        linear
    }

    /// What it answers, `(n, classes)`.
    pub fn probabilities(&self, x: &Matrix) -> Matrix {
        softmax(&dense(x, &self.w, &self.b))
    }
}
