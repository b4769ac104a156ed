//! Step 8 — Optimisers.
//!
//! The gradient says which way is down. How far to go, and what to remember of the steps before, is the optimiser's part. Each
//! one here is two or three lines; they go through weights and gradient number by number, and none knows what a net is. Names,
//! formulas and defaults are Keras's.

/// Keras's guard against division by zero.
pub const EPSILON: f64 = 1e-7;

/// Turns a gradient into a step. An optimiser belongs to one row of weights, because it remembers things about each of them.
pub trait Optimizer {
    /// Changes the weights in place; `gradient[i]` is the slope of the loss along `weights[i]`.
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]);
}

/// Plain gradient descent: `w ← w − η g`.
#[derive(Clone, Debug)]
pub struct Sgd {
    /// η.
    pub learning_rate: f64,
}

impl Optimizer for Sgd {
    /// Worked: w = 1, g = 0.5, η = 0.1 give 0.95.
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        // solution: Step against the gradient.
        for i in 0..weights.len() {
            weights[i] -= self.learning_rate * gradient[i];
        }
        // end solution
    }
}

/// Gradient descent with momentum, the usual rule: a ball that rolls. `v ← μ v − η g`, then `w ← w + v`.
#[derive(Clone, Debug)]
pub struct Momentum {
    /// η.
    pub learning_rate: f64,
    /// μ: the share of its speed that the ball keeps, usually 0.9.
    pub momentum: f64,
    /// v of each weight; 0 at the start.
    pub velocity: Vec<f64>,
}

impl Momentum {
    /// For `size` weights, at rest.
    pub fn new(learning_rate: f64, momentum: f64, size: usize) -> Self {
        let velocity = vec![0.0; size];
        Self {
            learning_rate,
            momentum,
            velocity,
        }
    }
}

impl Optimizer for Momentum {
    /// Worked: η = 0.1, μ = 0.9, w = 1 and twice g = 1: v = −0.1 and w = 0.9; then v = −0.19 and w = 0.71.
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        // solution: Change the velocity, then move by it.
        for i in 0..weights.len() {
            self.velocity[i] = self.momentum * self.velocity[i] - self.learning_rate * gradient[i];
            weights[i] += self.velocity[i];
        }
        // end solution
    }
}

/// The momentum of the slide, which is not quite the usual one:
///
/// ```text
/// past_velocity, momentum = 0.0, 0.1
/// while loss > 0.01:
///     velocity = past_velocity * momentum - learning_rate * gradient
///     w = w + momentum * velocity - learning_rate * gradient
///     past_velocity = velocity
/// ```
///
/// Here `velocity` is what the loop calls `past_velocity` at its beginning. Where the usual rule moves by v, this one moves by
/// μ v − η g: it takes the momentum of the *next* step at once. Keras has it as `nesterov=True`.
#[derive(Clone, Debug)]
pub struct SlideMomentum {
    /// η.
    pub learning_rate: f64,
    /// μ, on the slide 0.1.
    pub momentum: f64,
    /// The last velocity of each weight; 0 at the start.
    pub velocity: Vec<f64>,
}

impl SlideMomentum {
    /// For `size` weights, at rest.
    pub fn new(learning_rate: f64, momentum: f64, size: usize) -> Self {
        let velocity = vec![0.0; size];
        Self {
            learning_rate,
            momentum,
            velocity,
        }
    }
}

impl Optimizer for SlideMomentum {
    /// Worked: η = 0.1, μ = 0.9, w = 1 and twice g = 1: v = −0.1 and w = 1 − 0.09 − 0.1 = 0.81; then v = −0.19 and w = 0.539.
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        // solution: Carry out the two lines of the loop for each weight, and remember the velocity.
        for i in 0..weights.len() {
            let velocity = self.momentum * self.velocity[i] - self.learning_rate * gradient[i];
            weights[i] += self.momentum * velocity - self.learning_rate * gradient[i];
            self.velocity[i] = velocity;
        }
        // end solution
    }
}

/// Adagrad: a weight that has moved much moves less. `s ← s + g²`, then `w ← w − η g / √(s + ε)` with ε = [`EPSILON`].
#[derive(Clone, Debug)]
pub struct Adagrad {
    /// η.
    pub learning_rate: f64,
    /// s of each weight; Keras starts it at 0.1, so that the first steps are not huge.
    pub sum_of_squares: Vec<f64>,
}

impl Adagrad {
    /// For `size` weights.
    pub fn new(learning_rate: f64, size: usize) -> Self {
        let sum_of_squares = vec![0.1; size];
        Self {
            learning_rate,
            sum_of_squares,
        }
    }
}

impl Optimizer for Adagrad {
    /// Worked: η = 0.1, w = 1, s = 0.1 and g = 2: s = 4.1 and w = 1 − 0.2 / √4.1 = 0.9012.
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        // solution: Add to the sum of squares, then step by the gradient divided by its root.
        for i in 0..weights.len() {
            self.sum_of_squares[i] += gradient[i] * gradient[i];
            let size = (self.sum_of_squares[i] + EPSILON).sqrt();
            weights[i] -= self.learning_rate * gradient[i] / size;
        }
        // end solution
    }
}

/// RMSprop: each step is divided by the recent size of its gradient. `v ← ρ v + (1 − ρ) g²`, then `w ← w − η g / √(v + ε)`.
#[derive(Clone, Debug)]
pub struct RmsProp {
    /// η.
    pub learning_rate: f64,
    /// ρ: how much of the old mean square is kept, usually 0.9.
    pub rho: f64,
    /// v of each weight; 0 at the start.
    pub mean_square: Vec<f64>,
}

impl RmsProp {
    /// For `size` weights.
    pub fn new(learning_rate: f64, rho: f64, size: usize) -> Self {
        let mean_square = vec![0.0; size];
        Self {
            learning_rate,
            rho,
            mean_square,
        }
    }
}

impl Optimizer for RmsProp {
    /// Worked: η = 0.1, ρ = 0.9, w = 1, v = 0 and g = 2: v = 0.4 and w = 1 − 0.2 / √0.4 = 0.6838. With g = 200 it would be the
    /// same w.
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        // solution: Change the mean square, then step by the gradient divided by its root.
        for i in 0..weights.len() {
            let square = gradient[i] * gradient[i];
            self.mean_square[i] = self.rho * self.mean_square[i] + (1.0 - self.rho) * square;
            let size = (self.mean_square[i] + EPSILON).sqrt();
            weights[i] -= self.learning_rate * gradient[i] / size;
        }
        // end solution
    }
}

/// Adam: momentum and RMSprop together, both corrected for having started at 0.
///
/// `m ← β₁ m + (1 − β₁) g` and `v ← β₂ v + (1 − β₂) g²`. Both begin at 0 and are therefore too small at first: after t steps m
/// by the factor 1 − β₁ᵗ, v by 1 − β₂ᵗ. So the step is
///
/// `w ← w − η · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)`
///
/// with t = 1 in the first step. (A slide of the course multiplies by g once more and leaves the correction out: both are
/// slips.)
#[derive(Clone, Debug)]
pub struct Adam {
    /// η.
    pub learning_rate: f64,
    /// β₁, usually 0.9.
    pub beta_1: f64,
    /// β₂, usually 0.999.
    pub beta_2: f64,
    /// m of each weight.
    pub mean: Vec<f64>,
    /// v of each weight.
    pub mean_square: Vec<f64>,
    /// t: how many steps have been made.
    pub steps: i32,
}

impl Adam {
    /// For `size` weights, with the usual β₁ = 0.9 and β₂ = 0.999.
    pub fn new(learning_rate: f64, size: usize) -> Self {
        Self {
            learning_rate,
            beta_1: 0.9,
            beta_2: 0.999,
            mean: vec![0.0; size],
            mean_square: vec![0.0; size],
            steps: 0,
        }
    }
}

impl Optimizer for Adam {
    /// Worked: η = 0.1, w = 1 and first g = 2: m = 0.2, v = 0.004, the correction is √0.001 / 0.1, so w = 1 − 0.1 · 1 = 0.9.
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        // solution: Count the step, change both means, then step with the corrected rate.
        self.steps += 1;
        let correction =
            (1.0 - self.beta_2.powi(self.steps)).sqrt() / (1.0 - self.beta_1.powi(self.steps));
        let rate = self.learning_rate * correction;
        for i in 0..weights.len() {
            let g = gradient[i];
            self.mean[i] = self.beta_1 * self.mean[i] + (1.0 - self.beta_1) * g;
            self.mean_square[i] = self.beta_2 * self.mean_square[i] + (1.0 - self.beta_2) * g * g;
            weights[i] -= rate * self.mean[i] / (self.mean_square[i].sqrt() + EPSILON);
        }
        // end solution
    }
}

/// A ravine to race in: 20 times as steep across as along. The loss is `0.05 w₁² + w₂²`, lowest at (0, 0); its gradient is
/// `(0.1 w₁, 2 w₂)`.
pub fn ravine(w: &[f64]) -> (f64, Vec<f64>) {
    (
        0.05 * w[0] * w[0] + w[1] * w[1],
        vec![0.1 * w[0], 2.0 * w[1]],
    )
}

/// The slide's loop, for any optimiser: while the loss is above `enough`, and for at most `most` steps, ask for loss and
/// gradient *where you are now* and step. Gives every place, `start` first; each step adds one.
///
/// Worked: on w² with the gradient 2w from 1, `Sgd` with η = 0.25 and enough = 0.3: at 1 the loss is 1, at 0.5 it is 0.25,
/// which is enough. The places are 1 and 0.5.
pub fn descend(
    optimizer: &mut dyn Optimizer,
    loss_and_gradient: impl Fn(&[f64]) -> (f64, Vec<f64>),
    start: &[f64],
    enough: f64,
    most: usize,
) -> Vec<Vec<f64>> {
    // solution: Step until the loss is small enough, and keep every place.
    let mut weights = start.to_vec();
    let mut places = vec![weights.clone()];
    for _ in 0..most {
        let (loss, gradient) = loss_and_gradient(&weights);
        if loss <= enough {
            break;
        }
        optimizer.step(&mut weights, &gradient);
        places.push(weights.clone());
    }
    places
    // end solution
}
