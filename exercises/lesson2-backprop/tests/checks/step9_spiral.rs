//! The loop against one of the checks' own, then two probes that no luck passes: one batch by heart, and the spiral itself.

use dlkit::data::spirals;
use dlkit::plot::{Figure, against_reference, decision_boundary, side_by_side};
use dlkit::prelude::{DType, Dataset, Result, Seed, Tensor};
use dlkit_check::prelude::*;
use lesson2::matrix::Matrix;
use lesson2::step7_softmax::Net;
use lesson2::step8_optimizers::Optimizer;
use lesson2::step9_spiral::*;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

pub(super) fn counts_the_iterations() -> Verdict {
    for (samples, batch, epochs) in [
        (300, 32, 5),
        (60_000, 128, 10),
        (300, 300, 7),
        (300, 1, 2),
        (100, 25, 3),
        (5, 32, 4),
    ] {
        let per_epoch = samples / batch + usize::from(samples % batch > 0);
        expect(format!(
            "the iterations of {samples} samples in batches of {batch}, {epochs} epochs"
        ))
        .mistake(
            "last-batch-dropped",
            "The last, smaller batch of an epoch counts as well: round up.",
            (samples / batch * epochs) as f64,
        )
        .mistake(
            "one-batch-too-many",
            "A batch too many was counted: `samples / batch_size + 1` is right only where something is left over.",
            ((samples / batch + 1) * epochs) as f64,
        )
        .mistake("one-epoch-only", "That is one epoch.", per_epoch as f64)
        .mistake(
            "rounded-at-the-end",
            "The samples of all epochs were cut into batches together, and what was left over was dropped: each epoch has its own smaller last batch.",
            (samples * epochs / batch) as f64,
        )
        .mistake(
            "samples-for-batches",
            "Every sample was counted; an iteration is one batch.",
            (samples * epochs) as f64,
        )
        .mistake(
            "rounded-at-the-end",
            "Each epoch has its own smaller last batch: round up once per epoch, not at the end.",
            (samples * epochs).div_ceil(batch) as f64,
        )
        .close(
            iterations(samples, batch, epochs) as f64,
            (per_epoch * epochs) as f64,
        )?;
    }
    Ok(())
}

pub(super) fn cuts_a_shuffled_order() -> Verdict {
    let slip = |diagnosis: &str, message: String| Err(Failure::new(message).diagnosed(diagnosis));
    for (samples, size, seed) in [
        (10, 4, Seed(1)),
        (300, 32, Seed(2)),
        (6, 3, Seed(3)),
        (7, 1, Seed(4)),
        (5, 8, Seed(5)),
    ] {
        let order = seed.permutation(samples);
        let want: Vec<Vec<usize>> = order.chunks(size).map(<[usize]>::to_vec).collect();
        let got = batches(samples, size, seed);
        if got == want {
            continue;
        }
        let told = format!("{samples} samples in batches of {size}");
        let all = got.concat();
        let mut sorted = all.clone();
        sorted.sort_unstable();
        if all.len() < samples && want[..want.len() - 1] == got {
            return slip(
                "last-batch-dropped",
                format!("{told}: the last batch is missing, with what is left over."),
            );
        }
        if sorted != (0..samples).collect::<Vec<_>>() {
            return slip(
                "not-each-once",
                format!(
                    "{told}: every sample must come exactly once, but there are {} numbers in all: {:?}.",
                    all.len(),
                    &all[..all.len().min(12)]
                ),
            );
        }
        if all == sorted {
            return slip(
                "not-shuffled",
                format!(
                    "{told}: they come in the order in which they lie. Cut up `seed.permutation(samples)`."
                ),
            );
        }
        if got.len() != want.len() {
            return slip(
                "wrong-batch-size",
                format!(
                    "{told}: {} batches came out, but it should be {} of {size} or less.",
                    got.len(),
                    want.len()
                ),
            );
        }
        return slip(
            "another-order",
            format!("{told}: the order is not the one that `seed.permutation(samples)` gives."),
        );
    }
    Ok(())
}

pub(super) fn takes_the_largest_probability() -> Verdict {
    let p = Matrix::from_rows([
        [0.2, 0.7, 0.1],
        [0.5, 0.1, 0.4],
        [0.1, 0.3, 0.6],
        [0.4, 0.4, 0.2],
        [0.2, 0.4, 0.4],
    ]);
    let got: Vec<f64> = classes(&p).into_iter().map(|c| c as f64).collect();
    let rows: Vec<String> = (0..p.rows()).map(|i| super::row(p.row(i))).collect();
    expect(format!("for the rows {} the class of row ", rows.join(", ")))
        .mistake(
            "compared-with-one-half",
            "In this row no probability is above ½. Is each compared with ½? The largest of its row counts, however small it is.",
            [1.0, 0.0, 2.0, 0.0, 0.0],
        )
        .mistake(
            "last-of-equals",
            "Among equal probabilities the first one is wanted.",
            [1.0, 0.0, 2.0, 1.0, 2.0],
        )
        .mistake(
            "smallest",
            "Those are the columns of the smallest numbers.",
            [2.0, 1.0, 0.0, 2.0, 0.0],
        )
        .mistake(
            "counted-from-one",
            "Classes are counted from 0, as columns are.",
            [2.0, 1.0, 3.0, 1.0, 2.0],
        )
        .close_all(&got, &[1.0, 0.0, 2.0, 0.0, 1.0])
}

pub(super) fn accuracy_is_the_share_of_right_answers() -> Verdict {
    let cases: [(&[usize], &[usize], f64); 4] = [
        (&[1, 0, 2, 2, 1], &[1, 0, 0, 2, 1], 0.8),
        (&[1, 1], &[0, 0], 0.0),
        (&[3], &[3], 1.0),
        (&[0, 0, 2], &[0, 1, 0], 1.0 / 3.0),
    ];
    for (said, truth, want) in cases {
        expect(format!("the accuracy of {said:?} where {truth:?} is true"))
            .over(said.len())
            .mistake(
                "count-instead-of-share",
                "That is the number of right answers; divide by how many there are.",
                want * said.len() as f64,
            )
            .mistake(
                "percent",
                "That is in percent; a share goes from 0 to 1.",
                want * 100.0,
            )
            .mistake(
                "inverted",
                "That is the share of the wrong answers.",
                1.0 - want,
            )
            .mistake(
                "integer-division",
                "Whole numbers were divided: convert to f64 first.",
                if want == 1.0 { f64::NAN } else { 0.0 },
            )
            .close(accuracy(said, truth), want)?;
    }
    Ok(())
}

const PARTS: [&str; 4] = ["W1", "b1", "W2", "b2"];

/// What the four balls were asked to do.
#[derive(Default)]
struct Asked {
    /// How often each was asked for a step.
    steps: [usize; 4],
    /// The first one that was given something that is not its own.
    mixed: Option<String>,
}

/// Momentum of the checks' own, which keeps a record of what it was asked.
struct Ball {
    rate: f64,
    velocity: Vec<f64>,
    part: usize,
    asked: Rc<RefCell<Asked>>,
}

impl Optimizer for Ball {
    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        let mut asked = self.asked.borrow_mut();
        asked.steps[self.part] += 1;
        let own = self.velocity.len();
        if weights.len() != own || gradient.len() != own {
            let (name, weights, gradient) = (PARTS[self.part], weights.len(), gradient.len());
            asked.mixed.get_or_insert_with(|| {
                format!(
                    "the optimiser of {name}, which has {own} numbers, was given {weights} weights and a gradient of {gradient}. Each part of the net \
                     goes with its own gradient and its own optimiser, in the order of `parts_mut`."
                )
            });
            return;
        }
        for i in 0..own {
            self.velocity[i] = 0.9 * self.velocity[i] - self.rate * gradient[i];
            weights[i] += self.velocity[i];
        }
    }
}

fn balls(net: &Net, rate: f64, asked: &Rc<RefCell<Asked>>) -> [Box<dyn Optimizer>; 4] {
    let mut part = 0;
    net.parts().map(|numbers| {
        part += 1;
        Box::new(Ball {
            rate,
            velocity: vec![0.0; numbers.len()],
            part: part - 1,
            asked: Rc::clone(asked),
        }) as Box<dyn Optimizer>
    })
}

/// Trains with the student's loop, and looks at who was asked for what.
fn trained(net: &mut Net, x: &Matrix, labels: &[usize], settings: Settings) -> Found<Vec<f64>> {
    let asked = Rc::new(RefCell::new(Asked::default()));
    let mut optimizers = balls(net, 0.1, &asked);
    let losses = train(net, x, labels, settings, &mut optimizers);
    let asked = asked.borrow();
    if let Some(message) = &asked.mixed {
        return Err(Failure::new(message.clone()).diagnosed("optimizer-of-another-part"));
    }
    let most = asked.steps.iter().copied().max().unwrap_or(0);
    if let Some(part) = asked.steps.iter().position(|steps| *steps < most) {
        return Err(Failure::new(format!(
            "the optimiser of {} was asked for {} steps, another one for {most}: after each batch all four parts take a step.",
            PARTS[part], asked.steps[part]
        ))
        .diagnosed("part-left-out"));
    }
    Ok(losses)
}

/// The loss of a batch and its gradient, in the order of `parts`.
fn loss_and_gradient(net: &Net, x: &Matrix, labels: &[usize]) -> (f64, Net) {
    let (loss, _, gradients) = there_and_back(net, net, x, labels);
    (loss, gradients)
}

/// Forward through one net and back through another, which is what happens when one is a copy that has been left behind. Gives
/// the loss, what `loss` would make of the logits, and the gradients.
fn there_and_back(net: &Net, back: &Net, x: &Matrix, labels: &[usize]) -> (f64, f64, Net) {
    let z1 = x.dot(&net.w1).plus_row(&net.b1);
    let a1 = z1.map(|z| z.max(0.0));
    let logits = a1.dot(&net.w2).plus_row(&net.b2);
    let n = labels.len() as f64;
    let mut slopes = Matrix::zeros(x.rows(), net.b2.len());
    let (mut loss, mut of_logits) = (0.0, 0.0);
    for (i, &label) in labels.iter().enumerate() {
        let sum: f64 = logits.row(i).iter().map(|z| z.exp()).sum();
        for j in 0..net.b2.len() {
            let p = logits[(i, j)].exp() / sum;
            slopes[(i, j)] = (p - f64::from(u8::from(j == label))) / n;
        }
        loss -= (logits[(i, label)].exp() / sum).ln() / n;
        of_logits -= logits[(i, label)].max(1e-300).ln() / n;
    }
    let along_z1 = slopes
        .dot(&back.w2.transposed())
        .with(&z1, |u, z| if z > 0.0 { u } else { 0.0 });
    let gradients = Net {
        w1: x.transposed().dot(&along_z1),
        b1: along_z1.column_sums(),
        w2: a1.transposed().dot(&slopes),
        b2: slopes.column_sums(),
    };
    (loss, of_logits, gradients)
}

#[derive(Clone, Copy, PartialEq)]
enum Slip {
    None,
    NotShuffled,
    SameOrderEachEpoch,
    LabelsLeftBehind,
    FirstLabels,
    SeedAsItIs,
    MeanOfBatches,
    LastBatchOnly,
    StaleGradient,
    NeverUpdated,
    StaleForward,
    NextSeed,
    GradientOfAll,
    LossAfterUpdate,
    LossOfLogits,
    Uphill,
    LabelsReversed,
    NotWeighed,
    OverBatches,
    BatchesAddUp,
    AllAddUp,
    FirstRows,
    SumOfBatch,
    MeanTwice,
    TwoSteps,
    FullWeight,
}

fn fit(net: &Net, x: &Matrix, labels: &[usize], settings: Settings, slip: Slip) -> (Vec<f64>, Net) {
    let mut net = net.clone();
    let mut optimizers = balls(&net, 0.1, &Rc::default());
    let mut losses = Vec::new();
    let mut kept: Option<Net> = None;
    for epoch in 0..settings.epochs as u64 {
        if slip == Slip::BatchesAddUp {
            kept = None;
        }
        let seed = match slip {
            Slip::SameOrderEachEpoch => settings.seed.at(0),
            Slip::SeedAsItIs => settings.seed,
            Slip::NextSeed => settings.seed.at(epoch + 1),
            _ => settings.seed.at(epoch),
        };
        let order = if slip == Slip::NotShuffled {
            (0..x.rows()).collect()
        } else {
            seed.permutation(x.rows())
        };
        let (mut sum, mut of_batches, mut last) = (0.0, Vec::new(), 0.0);
        let frozen = net.clone();
        for (k, batch) in order.chunks(settings.batch_size).enumerate() {
            let some = if slip == Slip::FirstRows {
                x.select(&(0..batch.len()).collect::<Vec<_>>())
            } else {
                x.select(batch)
            };
            let start = k * settings.batch_size;
            let truth: Vec<usize> = match slip {
                Slip::FirstLabels => labels[..batch.len()].to_vec(),
                Slip::LabelsLeftBehind => labels[start..start + batch.len()].to_vec(),
                Slip::LabelsReversed => batch.iter().rev().map(|&i| labels[i]).collect(),
                _ => batch.iter().map(|&i| labels[i]).collect(),
            };
            let seen = if slip == Slip::StaleGradient {
                &frozen
            } else {
                &net
            };
            let there = if slip == Slip::StaleForward {
                &frozen
            } else {
                seen
            };
            let (mut loss, of_logits, mut gradients) = there_and_back(there, seen, &some, &truth);
            match slip {
                Slip::LossOfLogits => loss = of_logits,
                Slip::GradientOfAll => (_, gradients) = loss_and_gradient(&net, x, labels),
                Slip::Uphill | Slip::SumOfBatch | Slip::MeanTwice => {
                    let by = match slip {
                        Slip::Uphill => -1.0,
                        Slip::SumOfBatch => batch.len() as f64,
                        _ => 1.0 / batch.len() as f64,
                    };
                    for part in gradients.parts_mut() {
                        part.iter_mut().for_each(|g| *g *= by);
                    }
                }
                Slip::BatchesAddUp | Slip::AllAddUp => {
                    if let Some(kept) = &kept {
                        for (part, before) in gradients.parts_mut().into_iter().zip(kept.parts()) {
                            part.iter_mut()
                                .zip(before)
                                .for_each(|(g, before)| *g += before);
                        }
                    }
                    kept = Some(gradients.clone());
                }
                _ => {}
            }
            if slip != Slip::NeverUpdated {
                for (optimizer, (weights, gradient)) in optimizers
                    .iter_mut()
                    .zip(net.parts_mut().into_iter().zip(gradients.parts()))
                {
                    optimizer.step(weights, gradient);
                    if slip == Slip::TwoSteps {
                        optimizer.step(weights, gradient);
                    }
                }
            }
            if slip == Slip::LossAfterUpdate {
                (loss, _) = loss_and_gradient(&net, &some, &truth);
            }
            sum += loss * batch.len() as f64;
            of_batches.push(loss);
            last = loss;
        }
        losses.push(match slip {
            Slip::MeanOfBatches => of_batches.iter().sum::<f64>() / of_batches.len() as f64,
            Slip::LastBatchOnly => last,
            Slip::NotWeighed => of_batches.iter().sum::<f64>() / x.rows() as f64,
            Slip::FullWeight => {
                of_batches.iter().sum::<f64>() * settings.batch_size as f64 / x.rows() as f64
            }
            Slip::OverBatches => sum / of_batches.len() as f64,
            _ => sum / x.rows() as f64,
        });
    }
    (losses, net)
}

/// A few points of the spiral, and a net for them.
fn small(n_per_class: usize, hidden: usize) -> Result<(Matrix, Vec<usize>, Net)> {
    let (x, labels) = points(&spirals(n_per_class, 3, 0.2, Seed(3))?)?;
    Ok((x, labels, Net::random(2, hidden, 3, Seed(5))?))
}

pub(super) fn trains_batch_by_batch() -> Verdict {
    let (x, labels, start) = small(9, 6)?;
    for (batch_size, epochs) in [(8, 3), (27, 2), (5, 2)] {
        let settings = Settings {
            epochs,
            batch_size,
            seed: Seed(11),
        };
        let mut net = start.clone();
        let got = trained(&mut net, &x, &labels, settings)?;
        let (want, wanted) = fit(&start, &x, &labels, settings, Slip::None);
        let losses = |slip| fit(&start, &x, &labels, settings, slip).0;
        super::same_length("the losses, one for each epoch,", got.len(), want.len())?;
        expect(format!("27 points in batches of {batch_size}: the loss of epoch "))
            .mistake("batch-not-weighed", "The batches' losses were added up as they are and then divided by the number of samples: each is a mean over its batch already.", losses(Slip::NotWeighed))
            .mistake("batch-weighed-as-full", "Every batch was weighed with `batch_size`, but the last one holds fewer.", losses(Slip::FullWeight))
            .mistake("divided-by-batches", "Each batch was weighed with its size, and then the sum was divided by the number of batches: how many samples are in it?", losses(Slip::OverBatches))
            .mistake("epoch-counted-from-one", "The orders are those of the epochs after: the first epoch is number 0.", losses(Slip::NextSeed))
            .mistake("gradient-of-all", "Every step went by the gradient of all points: back you go with the rows and the labels of this batch.", losses(Slip::GradientOfAll))
            .mistake("stale-forward", "Every batch of an epoch went forward through the net as it was when the epoch began: take the net as it is now.", losses(Slip::StaleForward))
            .mistake("loss-after-update", "Each loss was measured after the step on its own batch; measure it when the batch goes forward.", losses(Slip::LossAfterUpdate))
            .mistake("loss-of-the-logits", "The loss was taken of the logits; `loss` wants probabilities.", losses(Slip::LossOfLogits))
            .mistake("uphill", "It climbs: an optimiser takes the gradient as it is, the minus is its own.", losses(Slip::Uphill))
            .mistake("labels-reversed", "Row i of the batch was given the label of another row: are the labels in the order of the batch?", losses(Slip::LabelsReversed))
            .mistake("gradients-accumulate", "In each step the gradients of the epoch's batches before have counted once more: a step goes by the gradient of its own batch.", losses(Slip::BatchesAddUp))
            .mistake("gradients-accumulate", "In each step the gradients of all batches before have counted once more: a step goes by the gradient of its own batch.", losses(Slip::AllAddUp))
            .mistake("inputs-left-behind", "The labels are those of the batch, but the rows are the first ones of all.", losses(Slip::FirstRows))
            .mistake("missing-batch-mean", "Each gradient was multiplied with the size of its batch; that of a mean loss is a mean already.", losses(Slip::SumOfBatch))
            .mistake("mean-taken-twice", "Each gradient was divided by the size of its batch; that of a mean loss is a mean already.", losses(Slip::MeanTwice))
            .mistake("two-steps", "Every optimiser took two steps for each batch.", losses(Slip::TwoSteps))
            .mistake("not-shuffled", "The batches come in the order in which the points lie: take `batches` with the epoch's seed.", losses(Slip::NotShuffled))
            .mistake("same-order-each-epoch", "Every epoch has the same order: its seed is `settings.seed.at(epoch)`.", losses(Slip::SameOrderEachEpoch))
            .mistake("labels-left-behind", "The points were shuffled, but not their labels: the label of row i of a batch is `labels[batch[i]]`.", losses(Slip::LabelsLeftBehind))
            .mistake(
                "labels-left-behind",
                "Every batch was given the first labels of all: the label of row i of a batch is `labels[batch[i]]`.",
                losses(Slip::FirstLabels),
            )
            .mistake(
                "same-order-each-epoch",
                "Every epoch has the same order, that of `settings.seed`: its seed is `settings.seed.at(epoch)`.",
                losses(Slip::SeedAsItIs),
            )
            .mistake("mean-of-batches", "The mean was taken over the batches; the smaller last one counts too much then. Weigh each by its size.", losses(Slip::MeanOfBatches))
            .mistake("last-batch-only", "That is the loss of the last batch; add up over all of them.", losses(Slip::LastBatchOnly))
            .mistake("stale-gradient", "Every batch of an epoch saw the same net: go forward with the net as it is now.", losses(Slip::StaleGradient))
            .mistake("never-updated", "The net does not change: after `backward` comes a step of each optimiser.", losses(Slip::NeverUpdated))
            .advice("Go through the loop's five lines for one batch: its rows and labels, forward, loss, backward, update. Which of them sees something else?")
            .close_all(&got, &want)?;
        for ((name, got), want) in PARTS.into_iter().zip(net.parts()).zip(wanted.parts()) {
            if let Some(part) = start
                .parts()
                .into_iter()
                .find(|part| *part == got && got != want)
            {
                return expect(format!("{name} after {epochs} epochs, number "))
                    .mistake(
                        "never-updated",
                        "It has not changed at all, although the losses are right: was a copy of the net trained in place of the net that was handed in?",
                        part,
                    )
                    .close_all(got, want);
            }
            expect(format!("{name} after {epochs} epochs, number "))
                .advice("Does each part go with its own gradient and its own optimiser?")
                .close_all(got, want)?;
        }
    }
    Ok(())
}

pub(super) fn overfits_one_batch() -> Verdict {
    // Twelve points with labels that mean nothing: a net that can learn at all learns them by heart.
    let x = super::random(&mut Draw::new(6), 12, 2);
    let labels: Vec<usize> = (0..12).map(|i| (i * 7 + i / 3) % 3).collect();
    let start = Net::random(2, 40, 3, Seed(8))?;
    let mut net = start.clone();
    let settings = Settings {
        epochs: 600,
        batch_size: 12,
        seed: Seed(9),
    };
    let losses = trained(&mut net, &x, &labels, settings)?;
    let last = losses.last().copied().unwrap_or(f64::NAN);
    training("the loss on twelve points with arbitrary labels", &losses)
        .classes(3)
        .reference(|| {
            let others = [Ok(start.clone()), Net::random(2, 40, 3, Seed(18))];
            let run = |net: Result<Net>| Ok(fit(&net?, &x, &labels, settings, Slip::None).0);
            others.into_iter().map(run).collect()
        })
        .explains(at_most(
            "the loss on twelve points with arbitrary labels, after 600 steps,",
            last,
            0.1,
            "A net that cannot learn twelve points by heart has a wrong gradient or takes no steps.",
        ))
}

pub(super) fn learns_the_spiral() -> Verdict {
    let data = spirals(100, 3, 0.2, Seed(1))?;
    let (x, labels) = points(&data)?;
    let start = Net::random(2, 100, 3, Seed(2))?;
    let mut net = start.clone();
    let settings = Settings {
        epochs: 100,
        batch_size: 32,
        seed: Seed(3),
    };
    let losses = trained(&mut net, &x, &labels, settings)?;
    let pass = lesson2::step7_softmax::forward(&net, &x);
    // The checks' own loop, from the same net and from another one.
    let runs = OnceCell::new();
    let references = || -> &Vec<(Vec<f64>, Net)> {
        runs.get_or_init(|| {
            let others = [Some(start.clone()), Net::random(2, 100, 3, Seed(12)).ok()];
            let run = |net: &Net| fit(net, &x, &labels, settings, Slip::None);
            others.iter().flatten().map(run).collect()
        })
    };
    let curves = || references().iter().map(|run| run.0.clone()).collect();
    let name = "the loss on the spiral";
    let verdict = at_least(
        "the accuracy of the net 2-100-3 on the spiral",
        accuracy(&classes(&pass.probabilities), &labels),
        0.95,
        "The reference reaches 0.99. A linear classifier gets about half: does the hidden layer bend, and do all four parts learn?",
    )
    .drawn(|| {
        let curves: Vec<Vec<f64>> = curves();
        side_by_side(
            "A net 2-100-3 on the spiral",
            vec![
                against_reference(name, ("epoch", "loss"), &losses, &curves)?,
                boundary(&data, &net)?.titled("yours"),
                boundary(&data, &references()[0].1)?.titled("the reference"),
            ],
        )
    });
    training(name, &losses)
        .classes(3)
        .reference(|| Ok(curves()))
        .explains(verdict)
}

/// What a net answers everywhere in the plane.
fn boundary(data: &Dataset, net: &Net) -> Result<Figure> {
    decision_boundary(data, |plane| {
        let rows = plane.to_dtype(DType::F64)?.to_vec2::<f64>()?;
        let p = probabilities(net, &Matrix::from_rows(rows));
        Ok(Tensor::from_slice(p.values(), p.shape(), plane.device())?.to_dtype(DType::F32)?)
    })
}

/// The net forward, in the checks' own words.
fn probabilities(net: &Net, x: &Matrix) -> Matrix {
    let a1 = x.dot(&net.w1).plus_row(&net.b1).map(|z| z.max(0.0));
    super::shares(&a1.dot(&net.w2).plus_row(&net.b2))
}
