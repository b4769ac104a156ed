//! Trains the models of lesson @number@ with your own functions, draws what they do, and writes the figures to `run.json`.
//!
//! `cargo xtask run @lesson@`

use std::time::Instant;

use dlkit::plot::{Curve, Scale, curves};
use dlkit::prelude::*;
use dlkit::run::{Run, Trained};
use @lesson@::@module@::scaled;

pub(crate) fn main() -> Result<()> {
    let mut run = Run::from_args("@lesson@", &["factor"])?;
    if run.trains("factor") {
        factor(&mut run)?;
    }
    run.finish("three pairs of numbers")?;
    Ok(())
}

/// Finds the factor that makes 2, 4, 6 of 1, 2, 3: the smallest training there is.
fn factor(run: &mut Run) -> Result<()> {
    const STEPS: usize = 50;
    let (inputs, targets) = ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]);
    let started = Instant::now();
    let mut factor = 0.0;
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        let outputs = scaled(&inputs, factor);
        let errors: Vec<f64> = outputs.iter().zip(targets).map(|(y, t)| y - t).collect();
        let slopes = errors.iter().zip(inputs).map(|(e, x)| 2.0 * e * x);
        factor -= 0.05 * slopes.sum::<f64>() / 3.0;
        losses.push(errors.iter().map(|e| e * e).sum::<f64>() / 3.0);
    }
    let last = losses.last().copied().unwrap_or(f64::NAN);
    let curve = Curve::new("training", losses);
    run.save(
        "factor-loss",
        &curves("One factor", "loss", &[curve], Scale::Log)?,
    )?;
    run.record(
        Trained::new("factor")
            .parameters(1)
            .epochs(STEPS)
            .seconds(started.elapsed().as_secs_f64())
            .score("test_mse", last),
    );
    Ok(())
}
