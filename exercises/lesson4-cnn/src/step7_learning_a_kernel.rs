//! Step 7 — Learning a kernel: nobody has to invent the filters.
//!
//! Given are a picture X and a map Y that some filter made of it. Which filter was it? Begin with random weights K, look at the map
//! Ŷ that they give, and move each weight against the gradient of the mean squared error
//!
//! ```text
//! L = 1/N · Σ (Ŷ[y][x] − Y[y][x])²        over the N numbers of the map
//! ```
//!
//! The weight `K[i][j]` stands on the pixel `X[y + i][x + j]` when the map's number `(y, x)` is made. It takes part in all N of
//! them, so its gradient is a sum over all N:
//!
//! ```text
//! ∂L/∂K[i][j] = 2/N · Σ (Ŷ[y][x] − Y[y][x]) · X[y + i][x + j]
//! ```
//!
//! Look at it again: a grid of numbers that is moved over X, multiplied and added up. The gradient of a cross-correlation is a
//! cross-correlation: of the picture, with the errors in the place of the kernel. No library computes any gradient in this step.

use crate::step1_cross_correlation::Grid;
use dlkit::seed::Seed;

/// What [`learn`] finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// The kernel after the last step.
    pub kernel: Grid,
    /// The loss before each step.
    pub losses: Vec<f64>,
}

/// The cross-correlation of step 1, so that this step needs none of your others.
pub fn correlate(picture: &Grid, kernel: &Grid) -> Grid {
    let down = picture.len() + 1 - kernel.len();
    let across = picture[0].len() + 1 - kernel[0].len();
    let at = |y: usize, x: usize| -> f64 {
        let rows = kernel.iter().zip(&picture[y..]);
        rows.map(|(weights, pixels)| {
            let pairs = weights.iter().zip(&pixels[x..]);
            pairs.map(|(weight, pixel)| weight * pixel).sum::<f64>()
        })
        .sum()
    };
    (0..down)
        .map(|y| (0..across).map(|x| at(y, x)).collect())
        .collect()
}

/// A kernel of `size` × `size` random weights between −0.5 and 0.5: filters are random before they are learned.
pub fn random_kernel(size: usize, seed: Seed) -> Grid {
    let weights = seed.permutation(size * size);
    let spread = (size * size - 1).max(1) as f64;
    weights
        .chunks(size)
        .map(|row| row.iter().map(|&w| w as f64 / spread - 0.5).collect())
        .collect()
}

/// The errors `Ŷ − Y`, number by number: what came out minus what should.
///
/// `[[3, 1]]` and `[[1, 1]]` give `[[2, 0]]`.
pub fn errors(map: &Grid, target: &Grid) -> Grid {
    todo!("For each place the number of the map minus the number of the target.")
}

/// The mean of the squared errors.
///
/// `[[2, 0]]` gives (4 + 0) / 2 = 2.
pub fn mean_squared(errors: &Grid) -> f64 {
    todo!("Square each error, add them all up, divide by how many they are.")
}

/// The gradient of the mean squared error with respect to each weight, as large as the kernel.
///
/// With the picture `[[1, 2, 3]]` and the errors `[[2, 0]]` (so the kernel is 1×2): 2/2 · [2·1 + 0·2, 2·2 + 0·3] =
/// `[[2, 4]]`.
pub fn kernel_gradient(picture: &Grid, errors: &Grid) -> Grid {
    todo!("Correlate the picture with the errors, and multiply each number by 2 / N.")
}

/// Learns the kernel of `size` × `size` that makes `target` out of `picture`, by `steps` steps of gradient descent from
/// `random_kernel(size, seed)`.
///
/// Each step: the map of the kernel so far, its errors, their mean square (kept in `losses`), the gradient, and the kernel minus
/// `learning_rate` × gradient.
pub fn learn(
    picture: &Grid,
    target: &Grid,
    size: usize,
    learning_rate: f64,
    steps: usize,
    seed: Seed,
) -> Learned {
    todo!(
        "Begin with the random kernel and an empty list of losses. In each step use the functions \
         above, in their order; at the end of it change every weight."
    )
}
