//! Checks of step7_forecaster.

use super::support::*;
use dlkit::data::{Climate, StandardScaler, Windows};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step7_forecaster::*;

pub(crate) fn is_an_lstm_of_16_and_one_neuron() -> Verdict {
    let model = built("build", build(6, 2, Seed(4), &Device::Cpu), 6)?;
    let net = Sequential::new;
    is_the_net(
        "build",
        model,
        net().add(LSTM::new(16)),
        [
            ("another-cell", "That is a GRU.", net().add(GRU::new(16))),
            (
                "another-cell",
                "That is a simple recurrent layer.",
                net().add(SimpleRNN::new(16)),
            ),
            (
                "read-from-the-end",
                "The LSTM reads the window from its end.",
                net().add(LSTM::new(16).go_backwards()),
            ),
            (
                "all-states",
                "The LSTM gives the states of all hours, and Dense says a number to each: `return_sequences` is for a layer that reads them all.",
                net().add(LSTM::new(16).return_sequences()),
            ),
        ],
        6,
    )
}

pub(crate) fn has_2001_parameters_with_14_columns() -> Verdict {
    let model = called(
        "build for 14 columns",
        build(120, 14, Seed(4), &Device::Cpu),
    )?;
    expect("The number of parameters with 14 columns")
        .mistake(
            "missing-dense",
            "That is the LSTM alone: `Dense(1)` makes a forecast of its 16 numbers.",
            1_984.,
        )
        .close(model.parameters() as f64, 2_001.)?;
    let other = called("build for 6 columns", build(48, 6, Seed(4), &Device::Cpu))?;
    close(
        "The number of parameters with 6 columns",
        other.parameters() as f64,
        1_489.,
    )
}

fn settings(epochs: usize, patience: usize) -> Settings {
    Settings {
        epochs,
        batch_size: 16,
        patience,
        progress: Progress::Silent,
    }
}

/// The first epoch, from 1, that is one more in a row without a smaller loss than patience allows.
fn end_of_patience(losses: &[f64], patience: usize) -> Option<usize> {
    let (mut best, mut waited) = (f64::INFINITY, 0);
    for (epoch, &loss) in losses.iter().enumerate() {
        if loss < best {
            (best, waited) = (loss, 0);
        } else {
            waited += 1;
        }
        if waited > patience {
            return Some(epoch + 1);
        }
    }
    None
}

/// The place of the smallest.
fn smallest(figures: &[f64]) -> usize {
    (0..figures.len())
        .min_by(|a, b| figures[*a].total_cmp(&figures[*b]))
        .unwrap_or(0)
}

fn small_net(learning_rate: f64) -> Result<Model> {
    let mut model = Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(1))
        .build((4, 2), Seed(4), &Device::Cpu)?;
    model.compile(
        Sgd::new(learning_rate),
        MeanSquaredError,
        [MeanAbsoluteError],
    );
    Ok(model)
}

pub(crate) fn validates_after_each_epoch() -> Verdict {
    let mut model = small_net(0.01)?;
    let (data, validation) = (tides(64, 4, 0.)?, tides(32, 4, 200.)?);
    let ended = train(&mut model, &data, &validation, settings(3, 3));
    if let Err(error) = &ended
        && format!("{error:#}").contains("a callback watches")
    {
        return slip(
            "unknown-figure",
            format!(
                "train gave an error: {error:#}. What a callback watches is called as in the history, in full."
            ),
        );
    }
    let history = called("train for 3 epochs", ended)?;
    let Some(got) = history.last("val_loss") else {
        return slip(
            "no-validation",
            "The history has no `val_loss`: fit was given no validation data.",
        );
    };
    if history.epochs() != 3 {
        return slip(
            "other-epochs",
            format!(
                "3 epochs were asked for, and the history has {}. Do the epochs of the settings reach fit, and the patience EarlyStopping?",
                history.epochs()
            ),
        );
    }
    let want = model.evaluate(&validation)?.loss();
    // The last quarter of what it learns from, in place of the validation data.
    let (_, split) = data.split(0.25)?;
    expect("val_loss after 3 epochs")
        .within(1e-4)
        .mistake(
            "validated-on-training-data",
            "That is the loss on the training data. Which data does fit learn from, and on which does it validate?",
            model.evaluate(&data)?.loss(),
        )
        .mistake(
            "validation-split",
            "It was measured on a quarter of the training data, which is lost for learning. There is a validation part of its own.",
            model.evaluate(&split)?.loss(),
        )
        .close(got, want)?;
    // Batches of 16: 4 steps an epoch. Another size gives other losses.
    let loss = |data: &Dataset, batch_size: usize, shuffle: bool| -> Result<f64> {
        let settings = Fit {
            epochs: 3,
            batch_size,
            shuffle,
            progress: Progress::Silent,
            ..Fit::default()
        };
        let history = small_net(0.01)?.fit(data, settings)?;
        Ok(history.last("loss").unwrap_or(f64::NAN))
    };
    let verdict = expect("The loss of the last epoch, in batches of 16,")
        .within(1e-4)
        .mistake(
            "trained-on-validation-data",
            "It learned from the validation part: what it is validated on is no news to it then.",
            loss(&validation, 16, true)?,
        )
        .mistake(
            "not-shuffled",
            "The windows came in the order of time. The order *in* a window matters; the windows themselves are shuffled, which fit does by \
             itself.",
            loss(&data, 16, false)?,
        )
        .mistake(
            "default-batch-size",
            "These are batches of 32, the default of fit: the batch size of the settings did not reach it.",
            loss(&data, 32, true)?,
        )
        .mistake(
            "one-batch",
            "All windows came in one batch, so there was one update in each epoch.",
            loss(&data, 64, true)?,
        )
        .advice("It is compared with fit on the same data, batch size and epochs: does fit get something else?")
        .close(
            history.last("loss").unwrap_or(f64::NAN),
            loss(&data, 16, true)?,
        );
    verdict.or_else(|failure| {
        if failure.diagnosis.is_some() {
            return Err(failure);
        }
        // In one batch of all windows no order matters, and with one target for all no pairs do.
        let as_fit = |data: &Dataset| -> Found<bool> {
            let settings = Settings {
                batch_size: 64,
                ..settings(3, 3)
            };
            let history = called(
                "train in one batch",
                train(&mut small_net(0.01)?, data, &validation, settings),
            )?;
            let got = history.last("loss").unwrap_or(f64::NAN);
            Ok(close_within("the loss", got, loss(data, 64, true)?, 1e-4).is_ok())
        };
        let alike = Dataset::new(data.inputs().clone(), data.targets().ones_like()?)?;
        if as_fit(&data)? || !as_fit(&alike)? {
            return Err(failure);
        }
        slip(
            "inputs-and-targets-apart",
            format!(
                "{} When all windows have the same target, the loss is the right one: so each target comes to fit beside another window than its \
                 own.",
                failure.message
            ),
        )
    })
}

/// A step that is far too long: the losses go up and down.
fn up_and_down(epochs: usize, patience: usize, validation: &Dataset) -> Found<(Model, History)> {
    let mut model = small_net(0.32)?;
    let history = called(
        "train",
        train(
            &mut model,
            &tides(64, 4, 0.)?,
            validation,
            settings(epochs, patience),
        ),
    )?;
    Ok((model, history))
}

pub(crate) fn keeps_the_weights_of_the_best_epoch() -> Verdict {
    // On these data each figure is best in another epoch.
    let validation = tides(32, 4, 310.)?;
    let (model, history) = up_and_down(8, 9, &validation)?;
    let figures = |name: &str| history.get(name).unwrap_or_default().to_vec();
    let losses = figures("val_loss");
    if losses.len() < 8 && end_of_patience(&losses, 0) == Some(losses.len()) {
        return slip(
            "patience-forgotten",
            format!(
                "8 epochs were asked for, with a patience of 9, but training ended after epoch {}, the first without a better val_loss. The \
                 patience of the settings does not reach EarlyStopping.",
                losses.len()
            ),
        );
    }
    ensure!(
        losses.len() == 8,
        "8 epochs were asked for, with a patience of 9, and val_loss has {}.",
        losses.len()
    );
    let by_error = losses[smallest(&figures("val_mean_absolute_error"))];
    let got = model.evaluate(&validation)?.loss();
    expect(format!(
        "The validation loss of the trained model (its epochs had {losses:.3?})"
    ))
    .within(1e-4)
    .mistake(
        "last-weights-kept",
        "These are the weights of the last epoch. `restore_best_weights` puts those of the best one back, the best by val_loss: the training \
         loss is nearly always best at the end.",
        losses[7],
    )
    .mistake(
        "another-monitor",
        "These are the weights of the epoch with the smallest mean absolute error. What shall be smallest is val_loss.",
        by_error,
    )
    .close(got, losses[smallest(&losses)])
}

pub(crate) fn stops_when_patience_is_at_its_end() -> Verdict {
    let (_, history) = up_and_down(12, 2, &tides(32, 4, 200.)?)?;
    let losses = history.get("val_loss").unwrap_or_default().to_vec();
    // In 12 epochs val_loss does get no better three times in a row.
    let end = end_of_patience(&losses, 2);
    if end == Some(losses.len()) {
        return Ok(());
    }
    match end {
        Some(end) if losses.len() == 12 => slip(
            "never-stops",
            format!(
                "With a patience of 2 training ends with the third epoch in a row without a better val_loss. That was epoch {end} \
                 ({:.2?}), but all 12 were trained. Does the callback reach fit, and is its patience that of the settings?",
                &losses[..end]
            ),
        ),
        Some(end) => slip(
            "another-patience",
            format!(
                "With a patience of 2 training ends with the third epoch in a row without a better val_loss: after epoch {end}. It ended \
                 after epoch {}. Is it the patience of the settings, and does it watch val_loss?",
                losses.len()
            ),
        ),
        None => slip(
            "stops-too-soon",
            format!(
                "With a patience of 2 training ends with the third epoch in a row without a better val_loss, but it ended after epoch {} \
                 ({losses:.2?}). Is it the patience of the settings?",
                losses.len()
            ),
        ),
    }
}

/// The environment variable with which this check calls itself.
const ALONE: &str = "LESSON5_TRAINS_IN_SILENCE";

pub(crate) fn shows_what_it_is_asked_to_show() -> Verdict {
    let train_in_silence = || -> Verdict {
        called(
            "train for 2 epochs",
            train(
                &mut small_net(0.01)?,
                &tides(32, 4, 0.)?,
                &tides(32, 4, 200.)?,
                settings(2, 2),
            ),
        )?;
        Ok(())
    };
    train_in_silence()?;
    if std::env::var_os(ALONE).is_some() {
        return Ok(());
    }
    // What a process prints is seen from outside: the same once more, in a process of its own.
    let again = std::process::Command::new(std::env::current_exe()?)
        .arg("step7_forecaster::shows_what_it_is_asked_to_show")
        .env(ALONE, "1")
        .output()?;
    let shown = String::from_utf8_lossy(&again.stderr);
    match shown.lines().find(|line| line.starts_with("epoch ")) {
        Some(line) => slip(
            "progress-forgotten",
            format!(
                "With `Progress::Silent` training shows nothing, but it shows {line:?}. Does the progress of the settings reach fit?"
            ),
        ),
        None => Ok(()),
    }
}

pub(crate) fn says_its_error_in_degrees() -> Verdict {
    let model = small_net(0.01)?;
    let data = tides(32, 4, 9.)?;
    let scores = model.evaluate(&data)?;
    let mae = scores.get("mean_absolute_error").unwrap_or(f64::NAN);
    let got = called(
        "mae_in_degrees with a deviation of 8",
        mae_in_degrees(&model, &data, 8.),
    )?;
    expect("mae_in_degrees(model, data, 8)")
        .within(1e-5)
        .mistake(
            "not-in-degrees",
            "That is still in scaled units: multiply with the deviation.",
            mae,
        )
        .mistake(
            "divided",
            "Scaling divided by the deviation; the way back multiplies.",
            mae / 8.,
        )
        .mistake(
            "added",
            "The deviation was added; an error is multiplied with it.",
            mae + 8.,
        )
        .mistake(
            "loss-for-mae",
            "That is the loss, the mean *squared* error.",
            8. * scores.loss(),
        )
        .mistake(
            "root-of-the-loss",
            "That is the root of the mean squared error, in which large errors count more. The mean absolute error is a score of its own.",
            8. * scores.loss().sqrt(),
        )
        .close(got, 8. * mae)
}

pub(crate) fn beats_common_sense_on_made_weather() -> Verdict {
    // A year and a half to learn from, half a year to be tested on, windows of a day and a half.
    let weather = Climate::generate(18_000, Seed(5))?;
    let train_rows = weather.values.narrow(0, 0, 13_500)?;
    let scaler = StandardScaler::fit(&train_rows)?;
    let cut = |start: usize, rows: usize| -> Result<Dataset> {
        let rows = scaler.transform(&weather.values.narrow(0, start, rows)?)?;
        Windows::new(36, 24)
            .every(2)
            .cut(&rows, weather.temperature)
    };
    let (data, test) = (cut(0, 13_500)?, cut(13_500, 4_500)?);
    let mut model = called("build", build(36, 6, Seed(1), &Device::Cpu))?;
    let settings = Settings {
        epochs: 6,
        batch_size: 64,
        patience: 9,
        progress: Progress::Silent,
    };
    let history = called(
        "train for 6 epochs",
        train(&mut model, &data, &test, settings),
    )?;
    let now = test
        .inputs()
        .narrow(1, 35, 1)?
        .narrow(2, weather.temperature, 1)?
        .squeeze(1)?;
    let common_sense = scalar(&(now - test.targets())?.abs()?.mean_all()?)?;
    let error = model
        .evaluate(&test)?
        .get("mean_absolute_error")
        .unwrap_or(f64::NAN);
    let losses = history.get("loss").unwrap_or_default();
    training("the loss on a year and a half of weather", losses)
        .reference(|| {
            (1..3)
                .map(|seed| {
                    let net = Sequential::new().add(LSTM::new(16)).add(Dense::new(1));
                    let mut net = net.build((36, 6), Seed(seed), &Device::Cpu)?;
                    net.compile(RmsProp::default(), MeanSquaredError, ());
                    let fit = Fit {
                        epochs: settings.epochs,
                        batch_size: settings.batch_size,
                        progress: Progress::Silent,
                        ..Fit::default()
                    };
                    let history = net.fit(&data, fit)?;
                    Ok(history.get("loss").unwrap_or_default().to_vec())
                })
                .collect()
        })
        .explains(at_least(
            "The share of common sense's error that LSTM(16) saves after 6 epochs",
            1. - error / common_sense,
            0.08,
            "0 is as good as saying that it stays as it is.",
        ))
}
