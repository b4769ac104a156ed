//! Checks of step9_shifts.

use super::support::*;
use dlkit::plot::{MapRow, maps};
use dlkit::prelude::*;
use dlkit::schedules::{CosineWithWarmUp, Schedule};
use dlkit_check::prelude::*;
use lesson4::step9_shifts::*;

/// Moves images by the checks' own hand, pixel by pixel.
fn moved(images: &Tensor, down: i64, right: i64) -> Result<Tensor> {
    let (n, c, h, w) = images.dims4()?;
    let old: Vec<f32> = images.flatten_all()?.to_vec1()?;
    let mut new = vec![0f32; old.len()];
    for image in 0..n * c {
        for y in 0..h {
            for x in 0..w {
                let (from_y, from_x) = (y as i64 - down, x as i64 - right);
                if (0..h as i64).contains(&from_y) && (0..w as i64).contains(&from_x) {
                    new[(image * h + y) * w + x] =
                        old[(image * h + from_y as usize) * w + from_x as usize];
                }
            }
        }
    }
    Ok(Tensor::from_vec(new, (n, c, h, w), &Device::Cpu)?)
}

fn wrapped(images: &Tensor, down: i64, right: i64) -> Result<Tensor> {
    let roll = |t: &Tensor, by: i64, axis: usize| t.roll(by as i32, axis);
    Ok(roll(&roll(images, down, 2)?, right, 3)?)
}

/// What of them stays inside when they move along an axis.
fn part(images: &Tensor, axis: usize, by: i64) -> Result<Tensor> {
    let k = by.unsigned_abs() as usize;
    Ok(images.narrow(axis, if by < 0 { k } else { 0 }, images.dim(axis)? - k)?)
}

fn judge(images: &Tensor, down: i64, right: i64) -> Verdict {
    let name = format!(
        "shifted(images {:?}, down {down}, right {right})",
        images.dims()
    );
    let (n, _, height, width) = images.dims4()?;
    name_sizes([(n, "images"), (height, "rows"), (width, "columns")]);
    let got = called(&name, shifted(images, down, right))?;
    let want = moved(images, down, right)?;
    same(
        &name,
        &got,
        &want,
        &[
            Slip::new(
                "wrong-direction",
                "They moved the opposite way.",
                moved(images, -down, -right)?,
            ),
            Slip::new(
                "axes-swapped",
                "Down and right have changed places: rows are axis 2, columns axis 3.",
                moved(images, right, down)?,
            ),
            Slip::new("not-moved", "They did not move.", images.clone()),
            Slip::new(
                "one-axis-only",
                "They moved down, but not right.",
                moved(images, down, 0)?,
            ),
            Slip::new(
                "one-axis-only",
                "They moved right, but not down.",
                moved(images, 0, right)?,
            ),
            Slip::new(
                "wrapped-around",
                "What moved out came in again on the other side. It is lost; what moves in is black.",
                wrapped(images, down, right)?,
            ),
            Slip::new(
                "nothing-moves-in",
                "What moved out is gone, but nothing moved in, so the images have shrunk.",
                part(&part(images, 2, down)?, 3, right)?,
            ),
            Slip::new(
                "padded-at-the-end",
                "The right rows and columns were kept, but where a move is positive the black ones stand behind them: they belong before.",
                {
                    // Taking what was kept back to where it was leaves the zeros behind it.
                    let back = |by: i64| -by.max(0);
                    moved(&moved(images, down, right)?, back(down), back(right))?
                },
            ),
            Slip::new(
                "wrong-direction",
                "A negative move went the same way as a positive one.",
                moved(images, down.abs(), right.abs())?,
            ),
        ],
    )
    .drawn(|| {
        let first = |title: &str, images: &Tensor| MapRow::new(title, &images.get(0)?.get(0)?);
        let rows = [
            first("before", images)?,
            first("yours", &got)?.beside(),
            first("should be", &want)?.beside(),
        ];
        Ok(maps(&rows)?.titled(name.as_str()))
    })
}

pub(crate) fn images_move_in_all_four_directions() -> Verdict {
    // Sides of which none is the other when a move takes something away.
    let images = wave(&[2, 1, 8, 12], 0.)?;
    for (down, right) in [(2, -1), (-1, 3), (0, 2), (0, -2), (1, 0), (-3, 0), (0, 0)] {
        judge(&images, down, right)?;
    }
    judge(&wave(&[1, 3, 4, 4], 1.)?, -1, 2)
}

pub(crate) fn what_moves_in_is_black() -> Verdict {
    let white = Tensor::ones((1, 1, 5, 5), DType::F32, &Device::Cpu)?;
    for (down, right) in [(2, 0), (-2, 0), (0, 2), (0, -2)] {
        let got = called(
            "shifted(a white image 5×5 by 2 pixels)",
            shifted(&white, down, right),
        )?;
        shape("shifted(a white image 5×5)", &got, &[1, 1, 5, 5])?;
        let bright = scalar(&got.sum_all()?)?;
        if bright == 25. {
            return slip(
                "edge-not-black",
                format!(
                    "A white image, moved by (down {down}, right {right}), is still all white: two rows or columns of black must have moved in."
                ),
            );
        }
        let whites = || -> Verdict {
            ensure!(
                bright == 15.,
                "A white image 5×5, moved by (down {down}, right {right}), has a sum of {bright}, but 15 white pixels should be left."
            );
            Ok(())
        };
        whites()
            .drawn(|| maps_compared("the moved white image", &got, &moved(&white, down, right)?))?;
    }
    Ok(())
}

pub(crate) fn shifted_accuracy_is_the_mean_of_four() -> Verdict {
    let (train, test) = digits(300, 200)?;
    // A small dense net after one short training: its accuracies in the four directions differ.
    let mut model = compiled(
        Sequential::new()
            .add(Flatten::new())
            .add(Dense::new(16).relu())
            .add(Dense::new(10).softmax()),
    )?;
    model.fit(&train, quietly(8, 32))?;
    let accuracy = |down: i64, right: i64| -> Result<f64> {
        model
            .evaluate(&Dataset::new(
                moved(test.inputs(), down, right)?,
                test.targets().clone(),
            )?)?
            .accuracy()
    };
    for pixels in [0, 2] {
        let name = format!("accuracy_when_shifted(model, test, {pixels})");
        let [down, up, right, left] = [
            accuracy(pixels, 0)?,
            accuracy(-pixels, 0)?,
            accuracy(0, pixels)?,
            accuracy(0, -pixels)?,
        ];
        let got = called(&name, accuracy_when_shifted(&model, &test, pixels))?;
        let diagonals = (accuracy(pixels, pixels)?
            + accuracy(-pixels, -pixels)?
            + accuracy(pixels, -pixels)?
            + accuracy(-pixels, pixels)?)
            / 4.;
        let mut comparison = expect(name).within(1e-6);
        if pixels > 0 {
            comparison = comparison
                .mistake("one-direction", "The images moved right alone have this accuracy: is it the mean of all four directions?", right)
                .mistake("one-direction", "The images moved down alone have this accuracy: is it the mean of all four directions?", down)
                .mistake("two-directions", "That is the mean of down and right: up and left count too.", (down + right) / 2.)
                .mistake("two-directions", "That is the mean of right and left: up and down count too.", (left + right) / 2.)
                .mistake("not-moved", "That is the accuracy of the images as they are: evaluate the moved ones.", accuracy(0, 0)?)
                .mistake("diagonal", "The images moved along the four diagonals: move them down alone, up alone, right alone and left alone.", diagonals)
                .mistake("diagonal", "The images moved down and right at once: one direction at a time.", accuracy(pixels, pixels)?);
        }
        comparison
            .mistake(
                "sum-for-mean",
                "That is the sum of the four accuracies: divide by 4.",
                down + up + right + left,
            )
            .close(got, (down + up + right + left) / 4.)?;
    }
    Ok(())
}

fn augmented() -> Sequential {
    let black = Fill::Constant(0.);
    without_dropout(
        Sequential::new()
            .add(RandomTranslation::new(0.08, 0.08).fill(black))
            .add(RandomRotation::new(0.03).fill(black)),
    )
}

pub(crate) fn augmentation_is_for_training_alone() -> Verdict {
    let model = called(
        "augmented_cnn(Seed(4), &Device::Cpu)",
        augmented_cnn(SEED, &Device::Cpu),
    )?;
    ensure!(
        model.parameters() == 34_826,
        "augmented_cnn has {} parameters, but augmentation has none: it should have the 34,826 of keras-io's net. Its layers are: {}.",
        model.parameters(),
        layers(&model)
    );
    let (_, images) = digits(1, 8)?;
    same(
        "augmented_cnn(Seed(4)).predict(8 digits)",
        &called("Predicting 8 digits", model.predict(images.inputs()))?,
        &built(keras_net())?.predict(images.inputs())?,
        &[Slip::new(
            "missing-softmax",
            "The votes come out as they are: the last layer has a softmax, as in keras_cnn.",
            built(maps_of(Sequential::new()).add(Dense::new(10)))?.predict(images.inputs())?,
        )],
    )
}

pub(crate) fn the_augmented_net_moves_and_turns() -> Verdict {
    let model = called(
        "augmented_cnn(Seed(4), &Device::Cpu)",
        augmented_cnn(SEED, &Device::Cpu),
    )?;
    // Bright up to the edge, so that it shows what moves in.
    let images = (wave(&[8, 1, 28, 28], 0.)?.abs()? * 0.5)?;
    let pass = Pass::training(Seed(9));
    let says =
        |net: Sequential| -> Result<Tensor> { Ok(built(net)?.forward(&images, &pass)?.detach()) };
    let black = Fill::Constant(0.);
    let translation = || RandomTranslation::new(0.08, 0.08);
    let rotation = || RandomRotation::new(0.03);
    same(
        "augmented_cnn(Seed(4)).forward(8 images, in training)",
        &called(
            "A training pass of augmented_cnn",
            model.forward(&images, &pass),
        )?
        .detach(),
        &says(augmented())?,
        &[
            Slip::new(
                "no-augmentation",
                "The images come in as they are: the two layers of augmentation stand first.",
                says(without_dropout(Sequential::new()))?,
            ),
            Slip::new(
                "missing-rotation",
                "The images move, but do not turn.",
                says(without_dropout(
                    Sequential::new().add(translation().fill(black)),
                ))?,
            ),
            Slip::new(
                "missing-translation",
                "The images turn, but do not move.",
                says(without_dropout(
                    Sequential::new().add(rotation().fill(black)),
                ))?,
            ),
            Slip::new(
                "wrong-fill",
                "Where the image is turned, its edge is mirrored, as without `.fill(…)`; what comes in should be black.",
                says(without_dropout(
                    Sequential::new()
                        .add(translation().fill(black))
                        .add(rotation()),
                ))?,
            ),
            Slip::new(
                "wrong-fill",
                "Where the image is moved, its edge is mirrored, as without `.fill(…)`; what comes in should be black.",
                says(without_dropout(
                    Sequential::new()
                        .add(translation())
                        .add(rotation().fill(black)),
                ))?,
            ),
            Slip::new(
                "wrong-fill",
                "At the edge the image is mirrored, as without `.fill(…)`; what moves in should be black.",
                says(without_dropout(
                    Sequential::new().add(translation()).add(rotation()),
                ))?,
            ),
            Slip::new(
                "dropout-too",
                "It moves and turns, but there is a dropout before the last layer, too: leave it out here.",
                says({
                    let net = Sequential::new()
                        .add(translation().fill(black))
                        .add(rotation().fill(black));
                    net.add(Conv2D::new(32, 3).relu())
                        .add(MaxPooling2D::new(2))
                        .add(Conv2D::new(64, 3).relu())
                        .add(MaxPooling2D::new(2))
                        .add(Flatten::new())
                        .add(Dropout::new(0.5))
                        .add(Dense::new(10).softmax())
                })?,
            ),
            Slip::new(
                "too-far",
                "The images move by up to 0.8 of their height and width, most of them out of the picture: 0.08.",
                says(without_dropout(
                    Sequential::new()
                        .add(RandomTranslation::new(0.8, 0.8).fill(black))
                        .add(rotation().fill(black)),
                ))?,
            ),
            Slip::new(
                "too-far",
                "The images turn by up to 0.3 of a full turn, so that they lie on their side: 0.03.",
                says(without_dropout(
                    Sequential::new()
                        .add(translation().fill(black))
                        .add(RandomRotation::new(0.3).fill(black)),
                ))?,
            ),
            Slip::new(
                "other-order",
                "They turn first and move then; move first.",
                says(without_dropout(
                    Sequential::new()
                        .add(rotation().fill(black))
                        .add(translation().fill(black)),
                ))?,
            ),
        ],
    )
}

pub(crate) fn the_rate_falls_along_half_a_cosine() -> Verdict {
    let got = schedule(1000);
    let want = CosineWithWarmUp {
        peak: 0.001,
        last: 0.,
        warm_up: 0,
        total: 1000,
    };
    for (time, what) in [
        (0, "at the start"),
        (500, "in the middle"),
        (250, "at a quarter"),
        (1000, "at the end"),
    ] {
        let (rate, right) = (got.at(time), want.at(time));
        if (rate - right).abs() < 1e-12 {
            continue;
        }
        let facts =
            format!("With 1,000 steps the rate {what} is {rate:.6}, but it should be {right:.6}.");
        if time == 0 && rate == 0. {
            return slip(
                "warm-up",
                format!("{facts} It rises from 0 first: set `warm_up` to 0."),
            );
        }
        if (rate - 10. * right).abs() < 1e-12 && right > 0. {
            return slip(
                "peak-too-high",
                format!("{facts} Adam's usual rate is 0.001."),
            );
        }
        fail!("{facts} `peak` is where it starts, `last` where it ends, `total` when.");
    }
    let shorter = schedule(100).at(50);
    ensure!(
        (shorter - 0.0005).abs() < 1e-9,
        "With 100 steps the rate in the middle, at step 50, is {shorter:.6}, but it should be 0.0005: `total` is `steps`."
    );
    Ok(())
}

pub(crate) fn the_schedule_counts_every_step() -> Verdict {
    // 50 images in batches of 16: three full batches and one of 2, in each of 3 epochs.
    let (data, _) = digits(50, 1)?;
    let net = || {
        Sequential::new()
            .add(Flatten::new())
            .add(Dense::new(8).relu())
            .add(Dense::new(10).softmax())
    };
    let with = |total: Option<usize>, unit: ScheduleUnit| -> Result<Vec<f64>> {
        let mut model = compiled(net())?;
        let mut scheduler = falling(total.unwrap_or(1), unit);
        let mut settings = quietly(3, 16);
        if total.is_some() {
            settings.callbacks = vec![&mut scheduler];
        }
        Ok(losses(&model.fit(&data, settings)?))
    };
    let mut model = compiled(net())?;
    let history = called(
        "fit_long on 50 digits for 3 epochs in batches of 16",
        fit_long(&mut model, &data, 3, 16, Progress::Silent),
    )?;
    let got = losses(&history);
    ensure!(
        got.len() == 3,
        "3 epochs were asked for, and the history has {}.",
        got.len()
    );
    let near = |other: &[f64]| got.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-7);
    if near(&with(Some(12), ScheduleUnit::Step)?) {
        return Ok(());
    }
    for (diagnosis, sentence, losses) in [
        (
            "constant-rate",
            "the rate stayed what it was: give the scheduler to `fit`, among its `callbacks`",
            with(None, ScheduleUnit::Step)?,
        ),
        (
            "last-batch-lost",
            "the schedule ends after 9 steps: the last, smaller batch of each epoch is a step too",
            with(Some(9), ScheduleUnit::Step)?,
        ),
        (
            "one-epoch",
            "the schedule ends after the 4 steps of one epoch: it goes over all epochs",
            with(Some(4), ScheduleUnit::Step)?,
        ),
        (
            "epochs-for-steps",
            "the schedule ends after 3 steps: there are 3 epochs of 4 steps each",
            with(Some(3), ScheduleUnit::Step)?,
        ),
        (
            "wrong-unit",
            "the rate changes once an epoch: count steps, `ScheduleUnit::Step`",
            with(Some(12), ScheduleUnit::Epoch)?,
        ),
        (
            "wrong-unit",
            "the rate changes once an epoch, over three of them: count steps, `ScheduleUnit::Step`",
            with(Some(3), ScheduleUnit::Epoch)?,
        ),
        (
            "samples-for-steps",
            "the schedule has a step for every image: a step is a batch",
            with(Some(150), ScheduleUnit::Step)?,
        ),
    ] {
        if near(&losses) {
            return slip(
                diagnosis,
                format!("fit_long on 50 digits, 3 epochs, batches of 16: {sentence}."),
            );
        }
    }
    fail!(
        "fit_long on 50 digits, 3 epochs, batches of 16: the losses are {got:.5?}, but they should be {:.5?}. Are epochs, batch size and schedule \
         passed on, and nothing else?",
        with(Some(12), ScheduleUnit::Step)?
    );
}

pub(crate) fn it_learns_from_moved_digits() -> Verdict {
    let (train, test) = digits(1_000, 500)?;
    let mut model = called("augmented_cnn", augmented_cnn(Seed(1), &Device::Cpu))?;
    let before = called(
        "accuracy_when_shifted",
        accuracy_when_shifted(&model, &test, 2),
    )?;
    let history = called(
        "fit_long",
        fit_long(&mut model, &train, 8, 32, Progress::Silent),
    )?;
    let shifted = called(
        "accuracy_when_shifted",
        accuracy_when_shifted(&model, &test, 2),
    )?;
    training("the loss of augmented_cnn on 1,000 digits", &losses(&history))
        .classes(10)
        .reference(|| [2, 3].into_iter().map(|seed| long_run(&train, Seed(seed))).collect())
        .explains(at_least(
            "The accuracy on unseen digits moved by 2 pixels, after 8 epochs of fit_long on 1,000 digits",
            shifted,
            SHIFTED_READS,
            &format!("Before training it was {before:.2}."),
        ))
}

/// The losses of the same run by the checks' own hand.
fn long_run(train: &Dataset, seed: Seed) -> Result<Vec<f64>> {
    let mut model = augmented().build((1, 28, 28), seed, &Device::Cpu)?;
    model.compile(Adam::default(), SparseCategoricalCrossEntropy, [Accuracy]);
    let mut scheduler = falling(8 * train.len().div_ceil(32), ScheduleUnit::Step);
    let mut settings = quietly(8, 32);
    settings.callbacks = vec![&mut scheduler];
    Ok(losses(&model.fit(train, settings)?))
}

/// The rate of the step, by the checks' own hand.
fn falling(total: usize, unit: ScheduleUnit) -> LearningRateScheduler<CosineWithWarmUp> {
    let schedule = CosineWithWarmUp {
        peak: 0.001,
        last: 0.,
        warm_up: 0,
        total,
    };
    LearningRateScheduler::new(schedule, unit)
}

/// The reference reaches 0.788.
const SHIFTED_READS: f64 = 0.70;
