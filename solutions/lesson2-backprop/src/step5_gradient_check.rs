//! Step 5 — The gradient check.
//!
//! A wrong gradient gives no error. The net still learns, a little, and everybody blames the learning rate. So before a
//! gradient is trusted, it is compared with the slopes that the function itself shows when it is nudged. That is slow, and it
//! is done once, on small numbers, in double precision.
//!
//! Then use it: among the backward functions of [`suspects`] some are wrong. Your check has to find out which.

/// How far each coordinate is nudged, to both sides.
pub const NUDGE: f64 = 1e-5;

/// Slopes smaller than this are zero as far as finite differences can tell.
pub const TINY: f64 = 1e-8;

/// A right gradient has a relative error around 10⁻¹⁰ to 10⁻⁷, a wrong one between 0.01 and 2. This is between them.
pub const BOUND: f64 = 1e-5;

/// A function of several numbers, and what somebody claims to be its gradient.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// What it is called.
    pub name: &'static str,
    /// The function.
    pub f: fn(&[f64]) -> f64,
    /// The slope along each coordinate, or so they say.
    pub gradient: fn(&[f64]) -> Vec<f64>,
    /// Where to compare them.
    pub at: Vec<f64>,
}

/// The slope of `f` along each coordinate of `at`, measured from both sides: coordinate i moves by ±[`NUDGE`], all others stay.
///
/// Worked: f(x) = x₀² + 3x₁ at (2, 1) gives (4, 3).
pub fn numeric_gradient(f: impl Fn(&[f64]) -> f64, at: &[f64]) -> Vec<f64> {
    // solution: Nudge one coordinate after the other, and put each back.
    let mut point = at.to_vec();
    let mut slopes = Vec::with_capacity(at.len());
    for i in 0..at.len() {
        point[i] = at[i] + NUDGE;
        let after = f(&point);
        point[i] = at[i] - NUDGE;
        let before = f(&point);
        point[i] = at[i];
        slopes.push((after - before) / (2.0 * NUDGE));
    }
    slopes
    // end solution
}

/// How different two slopes are: `|a − b| / max(|a|, |b|)`, from 0 (equal) to 2 (opposite signs). When both are below [`TINY`]
/// in absolute value they are both zero, and the error is 0.
///
/// Worked: 0.01 and 0.02 differ by half: 0.5. So do 100 and 200; the absolute difference would be 0.01 and 100. And 0 and 10⁻¹²
/// do not differ at all.
pub fn relative_error(a: f64, b: f64) -> f64 {
    // solution: Give the difference, relative to the larger one.
    let larger = a.abs().max(b.abs());
    if larger < TINY {
        0.0
    } else {
        (a - b).abs() / larger
    }
    // end solution
}

/// Does `f` have a corner along coordinate `i` at this point? Measure the slope from the left, `(f(x) − f(x − h)) / h`, and
/// from the right, `(f(x + h) − f(x)) / h`, with h = [`NUDGE`]. It is a corner when they differ by more than a thousandth of
/// the larger of their absolute values; where both are smaller than 1, 1 counts as the larger.
///
/// Worked: |x| at 0 has −1 and 1, a corner; x² at 0 has −0.00001 and 0.00001, none. At x = 0.3 neither has one.
pub fn is_kink(f: impl Fn(&[f64]) -> f64, at: &[f64], i: usize) -> bool {
    // solution: Compare the slopes from the left and from the right.
    let moved = |by: f64| {
        let mut point = at.to_vec();
        point[i] += by;
        f(&point)
    };
    let left = (moved(0.0) - moved(-NUDGE)) / NUDGE;
    let right = (moved(NUDGE) - moved(0.0)) / NUDGE;
    (right - left).abs() > 1e-3 * left.abs().max(right.abs()).max(1.0)
    // end solution
}

/// The largest relative error between a claimed gradient and the measured one, over all coordinates that are no corner: at a
/// corner there is no slope to compare with. 0 when nothing is left to compare.
///
/// Worked: f(x) = x₀² + 3x₁ at (2, 1) with the claim (4, 6): the errors are about 0 and 0.5, so 0.5.
pub fn gradient_error(f: impl Fn(&[f64]) -> f64, claimed: &[f64], at: &[f64]) -> f64 {
    // solution: Give the worst relative error, corners left out.
    let measured = numeric_gradient(&f, at);
    let mut worst = 0.0_f64;
    for i in 0..at.len() {
        if !is_kink(&f, at, i) {
            worst = worst.max(relative_error(claimed[i], measured[i]));
        }
    }
    worst
    // end solution
}

/// The names of the suspects whose gradient is wrong, in their order: those with an error above [`BOUND`].
///
/// Worked: one suspect with f(x) = x₀² that claims 2x₀, one that claims x₀: only the second one's name is given.
pub fn wrong_ones(suspects: &[Suspect]) -> Vec<&'static str> {
    // solution: Check each suspect, and name the wrong ones.
    suspects
        .iter()
        .filter(|suspect| {
            let claimed = (suspect.gradient)(&suspect.at);
            gradient_error(suspect.f, &claimed, &suspect.at) > BOUND
        })
        .map(|suspect| suspect.name)
        .collect()
    // end solution
}

/// Eight backward functions as one meets them. Guess first; then let your check decide.
pub fn suspects() -> Vec<Suspect> {
    vec![
        Suspect {
            name: "sum of squares",
            f: |x| x.iter().map(|x| x * x).sum(),
            gradient: |x| x.iter().map(|x| 2.0 * x).collect(),
            at: vec![3.0, -1.0, 0.5],
        },
        Suspect {
            name: "mean of squares",
            f: |x| x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64,
            gradient: |x| x.iter().map(|x| 2.0 * x).collect(),
            at: vec![3.0, -1.0, 0.5],
        },
        Suspect {
            name: "sum of tanh",
            f: |x| x.iter().map(|x| x.tanh()).sum(),
            gradient: |x| x.iter().map(|x| 1.0 - x * x).collect(),
            at: vec![0.02, -0.6, 1.5],
        },
        Suspect {
            name: "sum of relu",
            f: |x| x.iter().map(|x| x.max(0.0)).sum(),
            gradient: |x| x.iter().map(|x| f64::from(u8::from(*x > 0.0))).collect(),
            at: vec![0.0, -2.0, 1.0],
        },
        Suspect {
            name: "product",
            f: |x| x[0] * x[1] * x[2],
            gradient: |x| vec![x[1] * x[2], x[0] * x[2], x[0] * x[1]],
            at: vec![2.0, 0.0, -4.0],
        },
        Suspect {
            name: "length",
            f: |x| x.iter().map(|x| x * x).sum::<f64>().sqrt(),
            gradient: |x| {
                let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
                x.iter().map(|x| x / length).collect()
            },
            at: vec![0.1, -0.2, 0.3],
        },
        Suspect {
            name: "cross-entropy of a sigmoid, y = 1",
            f: |x| (1.0 + (-x[0]).exp()).ln(),
            gradient: |x| vec![1.0 / (1.0 + (-x[0]).exp()) - 1.0],
            at: vec![-2.0],
        },
        Suspect {
            name: "cross-entropy of a softmax, class 1",
            f: |x| {
                let sum: f64 = x.iter().map(|z| z.exp()).sum();
                sum.ln() - x[1]
            },
            gradient: |x| {
                let sum: f64 = x.iter().map(|z| z.exp()).sum();
                let p: Vec<f64> = x.iter().map(|z| z.exp() / sum).collect();
                vec![p[0], p[1] * (1.0 - p[1]), p[2]]
            },
            at: vec![0.5, -1.0, 2.0],
        },
    ]
}
