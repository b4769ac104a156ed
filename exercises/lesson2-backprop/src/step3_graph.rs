//! Step 3 — The graph, forward and backward.
//!
//! Feeling every slope by nudging costs two forward passes for each weight. A net has a million weights. Backpropagation gets
//! all slopes in one go: write the computation as a *graph* of small operations, go through it forward and keep each result,
//! then go through it backward and multiply slopes.
//!
//! Each operation has to answer one question only: if my input moves a little, how much does my result move? That is its *local
//! slope*, and the *chain rule* says that along a path local slopes multiply.
//!
//! A name to read: `grad(loss, w)` is the slope of the loss along w, how much the loss grows when w grows by 1.

/// What the forward pass of `loss = |y_true − (x·w + b)|` computes on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forward {
    /// `x1 = x · w`.
    pub x1: f64,
    /// `x2 = x1 + b`.
    pub x2: f64,
    /// `loss = |y_true − x2|`.
    pub loss: f64,
}

/// The slope of the loss along everything in that graph: `grad(loss, …)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backward {
    /// Along x2.
    pub x2: f64,
    /// Along x1.
    pub x1: f64,
    /// Along b.
    pub b: f64,
    /// Along w.
    pub w: f64,
    /// Along x.
    pub x: f64,
}

/// Forward: multiply, add, compare with the truth.
///
/// Worked: x = 2, w = 3, b = 1, y_true = 4 give x1 = 6, x2 = 7 and the loss 3.
pub fn forward(x: f64, w: f64, b: f64, y_true: f64) -> Forward {
    todo!("Compute x1, x2 and the loss.")
}

/// Backward, from the loss to the inputs. The size |y_true − x2| grows with x2 where x2 is above y_true (slope 1), falls where
/// it is below (slope −1), and has a corner where both are equal; there take 0.
///
/// Worked: x = 2, w = 3, y_true = 4 and x2 = 7 give `grad(loss, x2) = 1`. An addition hands the slope on as it is: `grad(loss,
/// b) = 1 · 1 = 1`. The product has the local slope x along w: `grad(loss, w) = 1 · 1 · 2 = 2`.
pub fn backward(x: f64, w: f64, y_true: f64, forward: &Forward) -> Backward {
    todo!("Go from the loss back to the inputs, multiplying local slopes.")
}

/// The chain rule. `local` holds the slopes along a path, beginning at the end: grad(y, x3), grad(x3, x2), grad(x2, x1),
/// grad(x1, x). Gives the slope of y along each of x3, x2, x1, x: as many numbers, the last of which is
/// `grad(y, x) = grad(y, x3) · grad(x3, x2) · grad(x2, x1) · grad(x1, x)`.
///
/// Worked: the local slopes 2, 3, −1 give 2, 6, −6.
pub fn chain(local: &[f64]) -> Vec<f64> {
    todo!("Multiply on, from the end to the beginning.")
}

/// `f = (x + y) · z`, with its slopes `[grad(f, x), grad(f, y), grad(f, z)]`. Call the sum q = x + y: then f = q · z, and along
/// one factor the slope of a product is the other factor.
///
/// Worked: x = −2, y = 5, z = −4 give q = 3 and f = −12; the slope along z is 3.
pub fn sum_times(x: f64, y: f64, z: f64) -> (f64, [f64; 3]) {
    todo!("Compute f, then its three slopes.")
}

/// `f = w² + 3w`, computed as a graph in which w is used twice: one path goes through the square, another through the product
/// with 3. Gives f and its slope. Where paths meet, their slopes *add up*.
///
/// Worked: w = 2 gives f = 10; the slopes along the two paths are 2w = 4 and 3, together 7.
pub fn used_twice(w: f64) -> (f64, f64) {
    todo!("Give f and the sum of the slopes along both paths.")
}
