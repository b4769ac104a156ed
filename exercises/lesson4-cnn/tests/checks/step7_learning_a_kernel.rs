//! Checks of step7_learning_a_kernel.

use super::panics::*;
use super::support::*;
use dlkit::seed::Seed;
use dlkit_check::prelude::*;
use lesson4::step1_cross_correlation::Grid;
use lesson4::step7_learning_a_kernel::*;

fn difference(a: &Grid, b: &Grid) -> Grid {
    a.iter()
        .zip(b)
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a - b).collect())
        .collect()
}

fn loss(errors: &Grid) -> f64 {
    let all = errors.concat();
    all.iter().map(|e| e * e).sum::<f64>() / all.len() as f64
}

fn slopes(picture: &Grid, errors: &Grid) -> Grid {
    times(&plain(picture, errors), 2. / errors.concat().len() as f64)
}

pub(crate) fn an_error_is_map_minus_target() -> Verdict {
    let (map, target) = (random(3, 4, 1), random(3, 4, 2));
    let grids = [extent("map", &map)];
    same_grid(
        "errors(map, target)",
        &tried(
            "errors(map, target)",
            &grids,
            || errors(&map, &target),
            no_cause,
        )?,
        &difference(&map, &target),
        &[
            (
                "sign",
                "That is target minus map: with this sign the descent would climb.",
                difference(&target, &map),
            ),
            (
                "squared-too-early",
                "The errors are squared already; that is `mean_squared`'s work, and the gradient needs their signs.",
                difference(&map, &target)
                    .iter()
                    .map(|row| row.iter().map(|e| e * e).collect())
                    .collect(),
            ),
        ],
    )
}

pub(crate) fn the_loss_is_the_mean_of_the_squares() -> Verdict {
    let errors = grid([[2, 0, -1], [3, 1, 0]]);
    let name = "mean_squared([[2, 0, −1], [3, 1, 0]])";
    let grids = [extent("grid of errors", &errors)];
    let got = tried(name, &grids, || mean_squared(&errors), no_cause)?;
    expect(name)
        .mistake(
            "sum-for-mean",
            "That is the sum of the squares: divide by how many numbers there are, 6.",
            15.,
        )
        .mistake(
            "mean-of-rows",
            "You divided by the number of rows; there are rows × columns numbers.",
            15. / 2.,
        )
        .mistake(
            "mean-of-rows",
            "You divided by the number of columns; there are rows × columns numbers.",
            15. / 3.,
        )
        .mistake(
            "not-squared",
            "That is the mean of the errors: square each of them first.",
            5. / 6.,
        )
        .mistake(
            "absolute-for-square",
            "That is the mean of the magnitudes: square each error.",
            7. / 6.,
        )
        .mistake(
            "half-of-squares",
            "That is half the mean of the squares; there is no ½ here.",
            15. / 12.,
        )
        .mistake(
            "root-of-mean",
            "That is the root of the mean of the squares; no root is taken here.",
            2.5f64.sqrt(),
        )
        .close(got, 2.5)
}

/// Calls the student's `kernel_gradient`; an index may be one of the picture, of the errors, or of the gradient.
fn gradient_of(name: &str, picture: &Grid, errors: &Grid) -> Found<Grid> {
    let (_, height, width) = extent("picture", picture);
    let (_, down, across) = extent("grid of errors", errors);
    let (k, l) = (height - down + 1, width - across + 1);
    let grids = [
        extent("picture", picture),
        extent("grid of errors", errors),
        ("gradient", k, l),
    ];
    let explain = || {
        Some((
            "outside-the-picture",
            format!(
                "A picture of {height}×{width} with errors of {down}×{across} belongs to a kernel of {k}×{l}: for each of its weights (i, j), the \
                 error (y, x) meets the pixel (y + i, x + j)."
            ),
        ))
    };
    tried(name, &grids, || kernel_gradient(picture, errors), explain)
}

pub(crate) fn the_gradient_is_the_picture_correlated_with_the_errors() -> Verdict {
    let cases = [
        (grid([[1, 2, 3]]), grid([[2, 0]])),
        // All sides differ, so that an index tells whose it is.
        (random(10, 7, 3), random(8, 6, 4)),
        (random(9, 9, 5), random(7, 7, 6)),
    ];
    for (picture, errors) in cases {
        let name = format!(
            "kernel_gradient(a picture {}×{}, errors {}×{})",
            picture.len(),
            picture[0].len(),
            errors.len(),
            errors[0].len()
        );
        let want = slopes(&picture, &errors);
        let count = errors.concat().len() as f64;
        let mut mistakes = vec![
            (
                "missing-mean",
                "The sum is right, but the 2/N is missing.",
                times(&want, count / 2.),
            ),
            (
                "missing-mean",
                "The 2 is there, but the mean is missing: divide by N, the number of errors.",
                times(&want, count),
            ),
            (
                "missing-factor-2",
                "The 2 is missing: the derivative of e² is 2e.",
                times(&want, 0.5),
            ),
            (
                "sign",
                "The sign is wrong: this gradient points downhill.",
                times(&want, -1.),
            ),
            (
                "errors-turned",
                "The errors were turned round. The weight K[i][j] meets the pixel X[y + i][x + j] with the error (y, x): nothing is turned.",
                slopes(&picture, &upside_down(&errors)),
            ),
            (
                "gradient-turned",
                "These are the right numbers in the opposite order: the gradient was turned by half a turn. Here nothing is turned, neither before nor behind.",
                upside_down(&want),
            ),
        ];
        mistakes.push((
            "picture-and-errors-swapped",
            "Nothing came out, for the picture was moved over the errors: `correlate` takes first the large grid, then the one that moves over it.",
            vec![Vec::new(); (errors.len() + 1).saturating_sub(picture.len())],
        ));
        let weights = want.concat().len() as f64;
        if weights != count {
            mistakes.push((
                "wrong-count",
                "N is how many errors there are, not how many weights.",
                times(&want, count / weights),
            ));
        }
        let got = gradient_of(&name, &picture, &errors)?;
        same_grid(&name, &got, &want, &mistakes)?;
    }
    Ok(())
}

pub(crate) fn the_gradient_is_the_slope_of_the_loss() -> Verdict {
    let (picture, target, kernel) = (random(6, 7, 1), random(4, 5, 2), random(3, 3, 3));
    let as_kernel = |weights: &[f64]| -> Grid { weights.chunks(3).map(<[f64]>::to_vec).collect() };
    let of = |weights: &[f64]| loss(&difference(&plain(&picture, &as_kernel(weights)), &target));
    let errors = difference(&plain(&picture, &kernel), &target);
    let name = "kernel_gradient(a picture 6×7, errors 4×5)";
    gradient(
        &format!("{name}, beside slopes measured by nudging each weight: ∂L/∂K"),
        of,
        &kernel.concat(),
        &gradient_of(name, &picture, &errors)?.concat(),
    )
}

/// Calls the student's `learn`.
fn learned(picture: &Grid, target: &Grid, rate: f64, steps: usize, seed: Seed) -> Found<Learned> {
    let grids = [
        extent("picture", picture),
        extent("target", target),
        ("kernel", 3, 3),
    ];
    tried(
        &format!("learn(picture, target, 3, {rate}, {steps}, {seed:?})"),
        &grids,
        || learn(picture, target, 3, rate, steps, seed),
        no_cause,
    )
}

pub(crate) fn one_step_goes_against_the_gradient() -> Verdict {
    let (picture, hidden) = (random(9, 8, 1), random(3, 3, 2));
    let target = plain(&picture, &hidden);
    let start = random_kernel(3, Seed(5));
    let learned = learned(&picture, &target, 0.1, 1, Seed(5))?;
    let errors = difference(&plain(&picture, &start), &target);
    let slope = slopes(&picture, &errors);
    let step = |rate: f64| difference(&start, &times(&slope, rate));
    same_grid(
        "learn(picture, target, 3, 0.1, 1 step).kernel",
        &learned.kernel,
        &step(0.1),
        &[
            (
                "goes-uphill",
                "It went uphill. Is learning_rate × gradient taken away, and are the errors map − target, in this order?",
                step(-0.1),
            ),
            (
                "learning-rate-ignored",
                "That is the whole gradient: multiply it by the learning rate.",
                step(1.),
            ),
            (
                "one-step-too-many",
                "That is the kernel after two steps, and one was asked for: how often does the loop run?",
                {
                    let once = step(0.1);
                    let errors = difference(&plain(&picture, &once), &target);
                    difference(&once, &times(&slopes(&picture, &errors), 0.1))
                },
            ),
            (
                "start-not-random",
                "It started from a kernel of zeros: start from `random_kernel(size, seed)`.",
                {
                    let errors = times(&target, -1.);
                    times(&slopes(&picture, &errors), -0.1)
                },
            ),
            (
                "map-for-errors",
                "The gradient was made from the map: it is made from the errors, map − target.",
                difference(
                    &start,
                    &times(&slopes(&picture, &plain(&picture, &start)), 0.1),
                ),
            ),
            (
                "target-for-errors",
                "The gradient was made from the target: it is made from the errors, map − target.",
                difference(&start, &times(&slopes(&picture, &target), 0.1)),
            ),
            (
                "update-lost",
                "The kernel is still the random one: does each weight change at the end of a step?",
                start.clone(),
            ),
            (
                "start-lost",
                "The random kernel was replaced by −learning_rate × gradient: change it by that.",
                times(&slope, -0.1),
            ),
            (
                "seed-not-used",
                "It started from another random kernel: `random_kernel(size, seed)`.",
                {
                    let other = random_kernel(3, Seed(42));
                    let errors = difference(&plain(&picture, &other), &target);
                    difference(&other, &times(&slopes(&picture, &errors), 0.1))
                },
            ),
        ],
    )?;
    ensure!(
        learned.losses.len() == 1,
        "One step should leave one loss, but there are {}.",
        learned.losses.len()
    );
    let after = loss(&difference(&plain(&picture, &step(0.1)), &target));
    expect("The loss of the first step")
        .mistake(
            "loss-after-update",
            "That is the loss after the update; keep the one from before it.",
            after,
        )
        .close(learned.losses[0], loss(&errors))
}

/// The losses of a descent by the checks' own hand.
fn descent(picture: &Grid, target: &Grid, steps: usize, seed: Seed) -> Vec<f64> {
    let mut kernel = random_kernel(3, seed);
    let mut losses = Vec::new();
    for _ in 0..steps {
        let errors = difference(&plain(picture, &kernel), target);
        losses.push(loss(&errors));
        kernel = difference(&kernel, &times(&slopes(picture, &errors), 0.3));
    }
    losses
}

pub(crate) fn the_hidden_kernel_is_found() -> Verdict {
    let picture = random(12, 12, 9);
    let hidden = grid([[1, 0, -1], [2, 0, -2], [1, 0, -1]]);
    let target = plain(&picture, &hidden);
    let learned = learned(&picture, &target, 0.3, 300, Seed(1))?;
    training("the loss of the kernel", &learned.losses)
        .per("step")
        .reference(|| {
            Ok([2, 3]
                .map(|seed| descent(&picture, &target, 300, Seed(seed)))
                .to_vec())
        })
        .explains(falls_to_nothing(&learned.losses))?;
    let far = difference(&learned.kernel, &hidden)
        .concat()
        .iter()
        .fold(0f64, |m, d| m.max(d.abs()));
    let near = || -> Verdict {
        ensure!(
            far < 1e-2,
            "The loss is small, but the kernel {:.2?} is not the hidden one, {hidden:?}: one weight is off by {far:.3}.",
            learned.kernel
        );
        Ok(())
    };
    near().drawn(|| compared_rows("the kernel that was found", &learned.kernel, &hidden))
}

fn falls_to_nothing(losses: &[f64]) -> Verdict {
    if (2..300).contains(&losses.len()) {
        return slip(
            "stopped-early",
            format!(
                "300 steps should leave 300 losses, but there are {}: does each step keep one, and does anything end the loop before its time?",
                losses.len()
            ),
        );
    }
    ensure!(
        losses.len() == 300,
        "300 steps should leave 300 losses, but there are {}.",
        losses.len()
    );
    let (first, last) = (losses[0], losses[299]);
    if (last - first).abs() < 1e-9 {
        return slip(
            "starts-anew",
            format!(
                "After 300 steps the loss is what it was, {first:.4}: every step starts from the random kernel again, or none changes the kernel."
            ),
        );
    }
    ensure!(
        last < 1e-6 * first,
        "After 300 steps the loss has gone from {first:.4} to {last:.6}. It should be a millionth of what it was: does each step start from the kernel \
         of the one before?"
    );
    Ok(())
}
