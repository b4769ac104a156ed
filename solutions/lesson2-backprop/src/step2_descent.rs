//! Step 2 — Slopes, and the way down.
//!
//! Picture the loss as a landscape over the weights. Here there is one weight only, so the landscape is a curve. To find its
//! lowest place with closed eyes: start somewhere, feel the slope under your feet, take a step downhill, and do it again until
//! the ground is flat. That is *gradient descent*.
//!
//! The slope is felt by nudging the weight to both sides and looking how the loss changes: *finite differences*.

/// How far [`slope`] nudges.
pub const NUDGE: f64 = 1e-5;

/// Ground that is flatter than this is flat.
pub const FLAT: f64 = 1e-7;

/// A landscape with two valleys: the left one, around w = −2.11, is deeper (−1.03) than the right one, around w = 1.86 (0.97).
/// Between them lies a hill at w = 0.25.
pub fn two_valleys(w: f64) -> f64 {
    (w * w - 4.0).powi(2) / 8.0 + w / 2.0
}

/// The slope of `f` at `w`, measured from both sides: `( f(w + h) − f(w − h) ) / 2h` with h = [`NUDGE`].
///
/// Worked: f(w) = w² at w = 3 with a large h = 0.5: (12.25 − 6.25) / 1 = 6, exactly the true slope 2w. From one side only it
/// would be (12.25 − 9) / 0.5 = 6.5.
pub fn slope(f: impl Fn(f64) -> f64, w: f64) -> f64 {
    // solution: Measure the slope from both sides.
    (f(w + NUDGE) - f(w - NUDGE)) / (2.0 * NUDGE)
    // end solution
}

/// Gradient descent along one weight: `w ← w − η · slope`. It stops when the ground is [`FLAT`] (the slope's absolute value is
/// below it), and after `most` steps in any case. Gives every place it stood at, `start` first; each step adds one.
///
/// Worked: f(w) = w², start 1, η = 0.25, most 2: slopes 2 and 1, so the places are 1, 0.5, 0.25.
pub fn descend(f: impl Fn(f64) -> f64, start: f64, learning_rate: f64, most: usize) -> Vec<f64> {
    // solution: Walk downhill and write down where you stood.
    let mut places = vec![start];
    let mut w = start;
    for _ in 0..most {
        let steepness = slope(&f, w);
        if steepness.abs() < FLAT {
            break;
        }
        w -= learning_rate * steepness;
        places.push(w);
    }
    places
    // end solution
}

/// The best of several descents: from each start walk at most `most` steps, and give the final place with the lowest `f`. There
/// is at least one start. A descent that ends at NaN is never the best.
///
/// Worked: on [`two_valleys`] the starts 3 and −3 end near 1.86 and −2.11; the second one is lower.
pub fn best_of(f: impl Fn(f64) -> f64, starts: &[f64], learning_rate: f64, most: usize) -> f64 {
    // solution: Descend from each start and give the lowest place where one ended.
    let mut best = f64::NAN;
    for &start in starts {
        let places = descend(&f, start, learning_rate, most);
        let end = places[places.len() - 1];
        if best.is_nan() || f(end) < f(best) {
            best = end;
        }
    }
    best
    // end solution
}

/// Is `f` convex as far as this chord can tell? On a convex curve the chord from a to b lies nowhere below the curve:
/// `f((1 − t)a + t b) ≤ (1 − t) f(a) + t f(b)`. Try t = 0.1, 0.2, …, 0.9, and let 10⁻¹² go for rounding.
///
/// Worked: w² from −1 to 2 at t = 0.5: f(0.5) = 0.25, and the chord is at 2.5: fine. For −w² it is −0.25 and −2.5: not convex.
pub fn convex_along(f: impl Fn(f64) -> f64, a: f64, b: f64) -> bool {
    // solution: Compare curve and chord at nine places.
    (1..10).all(|tenth| {
        let t = f64::from(tenth) / 10.0;
        f((1.0 - t) * a + t * b) <= (1.0 - t) * f(a) + t * f(b) + 1e-12
    })
    // end solution
}
