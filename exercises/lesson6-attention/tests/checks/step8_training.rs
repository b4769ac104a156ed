//! Checks of step8_dates: does a net learn with it?

use super::step8_dates::{read, shifted};
use dlkit::data::dates::{Dates, ISO_CHARACTERS, iso_text};
use dlkit::prelude::*;
use dlkit::schedules::{CosineWithWarmUp, Schedule};
use dlkit_check::prelude::*;
use lesson6::step8_dates::*;

/// Means of the losses of so many batches each: the loss of a single batch jumps.
fn laps(losses: &[f64], batches: usize) -> Vec<f64> {
    let mean = |lap: &[f64]| lap.iter().sum::<f64>() / lap.len() as f64;
    losses.chunks(batches).map(mean).collect()
}

/// A net that was trained with the student's code, and the loss of each batch.
fn trained(dates: &Dates, settings: Settings) -> Found<(DateReader, Vec<f64>)> {
    let (written, answers) = dates.tensors(&dates.train)?;
    let net = DateReader::new(dates.vocabulary.size(), 32, Seed(9))?;
    let mut losses = Vec::new();
    let data = Dataset::new(written, answers)?;
    let result = train(&net, &data, settings, |_, loss| {
        dlkit::live::loss(loss);
        losses.push(loss);
        Ok(())
    });
    called("train", result)?;
    Ok((net, losses))
}

/// How the same training goes with the reference.
fn reference_losses(dates: &Dates, settings: Settings, seed: Seed) -> Result<Vec<f64>> {
    let (written, answers) = dates.tensors(&dates.train)?;
    let data = Dataset::new(written, answers)?;
    let net = DateReader::new(dates.vocabulary.size(), 32, seed)?;
    let schedule = CosineWithWarmUp {
        peak: settings.learning_rate,
        last: 0.01 * settings.learning_rate,
        warm_up: settings.steps / 10,
        total: settings.steps,
    };
    let mut optimizer = Clipped::new(Adam::new(settings.learning_rate), Clip::GlobalNorm(1.));
    let mut losses = Vec::new();
    let batches = (0..).flat_map(|epoch| {
        data.batches(settings.batch_size)
            .shuffled(settings.seed.at(epoch))
    });
    for batch in batches.take(settings.steps) {
        let batch = batch?;
        let logits = read(&net, &batch.inputs, &shifted(&batch.targets)?)?;
        let loss = SparseCategoricalCrossEntropy.from_logits(&logits, &batch.targets)?;
        optimizer.set_learning_rate(schedule.at(losses.len() + 1));
        optimizer.step(&net.variables, &loss.backward()?)?;
        losses.push(scalar(&loss)?);
    }
    Ok(losses)
}

pub(crate) fn learns_16_dates_by_heart() -> Verdict {
    let settings = Settings {
        steps: 80,
        batch_size: 16,
        learning_rate: 5e-3,
        seed: Seed(1),
    };
    let dates = Dates::generate(16, 200, Seed(9))?;
    let (net, losses) = trained(&dates, settings)?;
    let (written, answers) = dates.tensors(&dates.train)?;
    let said = called("greedy for 16 dates", greedy(&net, &written))?;
    let right = called("exact_match", exact_match(&said, &answers))?;
    let first = iso_text(&said.to_vec2::<u32>()?[0]);
    let small = losses.last().is_some_and(|loss| *loss < 0.05);
    let advice = format!(
        "\"{}\" becomes {first}. {}",
        dates.train[0].written,
        if small {
            "The loss is small, though: is the net told what it shall say, or does `greedy` not give it what it wrote?"
        } else {
            "A net that learns knows 16 dates by heart by then."
        }
    );
    training("the loss on 16 dates", &losses)
        .per("step")
        .classes(ISO_CHARACTERS)
        .reference(|| {
            [1, 2]
                .into_iter()
                .map(|seed| reference_losses(&dates, settings, Seed(seed)))
                .collect()
        })
        .explains(at_least(
            "The share of 16 dates that is written right after 80 steps on them",
            right,
            1.,
            &advice,
        ))
}

/// The reference writes 61 % of them by then; without a look at the encoder nobody writes any.
pub(crate) fn reads_dates_it_has_not_seen() -> Verdict {
    let settings = Settings {
        steps: 250,
        batch_size: 32,
        learning_rate: 6e-3,
        seed: Seed(1),
    };
    let dates = Dates::generate(6_000, 200, Seed(9))?;
    let (net, losses) = trained(&dates, settings)?;
    let (written, answers) = dates.tensors(&dates.test)?;
    let said = called("greedy for 200 dates", greedy(&net, &written))?;
    let right = called("exact_match", exact_match(&said, &answers))?;
    training("the loss over laps of 10 batches", &laps(&losses, 10))
        .per("lap")
        .classes(ISO_CHARACTERS)
        .reference(|| {
            let losses = reference_losses(&dates, settings, Seed(9))?;
            Ok(vec![laps(&losses, 10)])
        })
        .explains(at_least(
            "The share of 200 dates that the net has not trained on and writes right, after 250 steps",
            right,
            0.35,
            "If it knows 16 dates by heart but reads no new one, look at `logits`: does the decoder look at what \
                 the encoder made of the date?",
        ))
}
