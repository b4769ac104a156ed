//! Checks of step6_training_loop.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step6_training_loop::*;
use std::cell::RefCell;

/// The smallest thing that learns: y = w·x with the mean squared error. It writes down what the loop asks of it.
struct Line {
    w: Var,
    batches: RefCell<Vec<Vec<f32>>>,
    losses: RefCell<Vec<f64>>,
}

impl Line {
    fn new(w: f32) -> Result<Self> {
        Ok(Self {
            w: Var::new(w, &Device::Cpu)?,
            batches: RefCell::default(),
            losses: RefCell::default(),
        })
    }

    fn w(&self) -> Result<f64> {
        Ok(scalar(&self.w)?)
    }
}

impl Learner for Line {
    fn parameters(&self) -> Vec<Var> {
        vec![self.w.clone()]
    }

    fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
        self.batches.borrow_mut().push(inputs.to_vec1()?);
        Ok(inputs.broadcast_mul(&self.w)?)
    }

    fn loss(&self, answer: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let loss = (answer - targets)?.sqr()?.mean_all()?;
        self.losses.borrow_mut().push(scalar(&loss)?);
        Ok(loss)
    }
}

/// Inputs 1, 2, … n with targets three times as large.
fn line_data(n: usize) -> Result<Dataset> {
    let x = Tensor::arange(1f32, n as f32 + 1., &Device::Cpu)?;
    Dataset::new(x.clone(), (x * 3.)?)
}

pub(crate) fn moves_against_the_gradient() -> Verdict {
    // With 0.3 no two of the slips below lead to the same place.
    let (eta, gradient) = (0.1, 0.3);
    let first = Var::new(1f32, &Device::Cpu)?;
    let second = Var::new(&[2f32, -4.], &Device::Cpu)?;
    let third = Var::new(&[8f32, 6., 3.], &Device::Cpu)?;
    // d(0.3·first)/dfirst = 0.3, d(sum(second²)/2)/dsecond = second, and so for the third
    let halves = ((second.sqr()?.sum_all()? + third.sqr()?.sum_all()?)? / 2.)?;
    let loss = ((first.as_tensor() * gradient)? + halves)?;
    let gradients = loss.backward()?;
    let parameters = [first.clone(), second.clone(), third.clone()];
    called(
        "update of three parameters",
        update(&parameters, &gradients, eta),
    )?;
    let w = scalar(&first)?;
    let said = "W = 1, a gradient of 0.3 and η = 0.1";
    for (value, diagnosis, sentence) in [
        (
            1.03,
            "update-sign",
            "it moved uphill, along the gradient: W ← W − η·gradient makes the loss smaller",
        ),
        (
            1.0,
            "update-lost",
            "it did not move. A tensor that you compute changes nothing by itself: give it to `Var::set`",
        ),
        (
            0.7,
            "learning-rate-ignored",
            "that is the whole gradient: multiply it by the learning rate",
        ),
        (
            0.9,
            "gradient-ignored",
            "that is η alone: the gradient does not come in",
        ),
        (0.94, "updated-twice", "these are two steps in one"),
        (
            0.997,
            "learning-rate-twice",
            "the step is too small by one more η: it was multiplied in twice",
        ),
        (
            -2.,
            "divided-by-the-learning-rate",
            "the gradient was divided by η: it is multiplied by it",
        ),
        (
            -0.03,
            "update-replaces",
            "that is −η·gradient alone: subtract it from the old W",
        ),
    ] {
        if (w - value).abs() < 1e-6 {
            return slip(
                diagnosis,
                format!("After the update with {said}, W is {w:.4}: {sentence}. Wanted: 0.97."),
            );
        }
    }
    expect(format!("W after the update with {said}"))
        .within(1e-6)
        .advice(format!(
            "It moved by {:.4}, and η times the gradient is 0.03: what else is multiplied or added?",
            w - 1.
        ))
        .close(w, 0.97)?;
    let third_moves = third.to_vec1::<f32>()? != [8., 6., 3.];
    if third_moves && second.to_vec1::<f32>()? == [2., -4.] {
        return slip(
            "every-second-parameter",
            "Of three parameters the first and the third were updated, and the second stayed as it was. Where weights and biases take turns in the \
             list, no bias would ever learn.",
        );
    }
    let want = Tensor::new(&[1.8f32, -3.6], &Device::Cpu)?;
    same(
        "The second parameter after the update, from [2, −4] with the gradient [2, −4] and η = 0.1,",
        &second,
        &want,
        &[
            Slip::new(
                "only-first-parameter",
                "Only the first parameter of the list was updated.",
                Tensor::new(&[2f32, -4.], &Device::Cpu)?,
            ),
            Slip::new(
                "weight-in-the-step",
                "The step was multiplied by W as well: which two numbers make it?",
                Tensor::new(&[1.6f32, -5.6], &Device::Cpu)?,
            ),
        ],
    )?;
    same(
        "The third parameter after the update, from [8, 6, 3] with the gradient [8, 6, 3] and η = 0.1,",
        &third,
        &Tensor::new(&[7.2f32, 5.4, 2.7], &Device::Cpu)?,
        &[],
    )
}

pub(crate) fn says_so_when_a_parameter_has_no_gradient() -> Verdict {
    let used = Var::new(1f32, &Device::Cpu)?;
    let forgotten = Var::new(1f32, &Device::Cpu)?;
    let gradients = used.sqr()?.backward()?;
    if update(&[used, forgotten], &gradients, 0.1).is_ok() {
        return slip(
            "missing-gradient-ignored",
            "One of two parameters had no gradient, and `update` returned Ok. Such a parameter never learns, and nothing else would \
             tell: return an error.",
        );
    }
    Ok(())
}

pub(crate) fn a_step_is_forward_loss_and_update() -> Verdict {
    // x = 1, 2 and y = 3, 6 with w = 0.5: the errors are −2.5 and −5, so the loss is (6.25 + 25)/2 = 15.625 and the gradient
    // (2·1·(−2.5) + 2·2·(−5))/2 = −12.5.
    let line = Line::new(0.5)?;
    let data = line_data(2)?;
    let loss = called(
        "train_step on two samples",
        train_step(&line, data.inputs(), data.targets(), 0.1),
    )?;
    let w = line.w()?;
    let said = "one step on y = w·x with w = 0.5, x = 1, 2, y = 3, 6 and η = 0.1";
    let near = |value: f64| (w - value).abs() < 1e-5;
    if near(0.5) {
        return slip(
            "update-lost",
            format!(
                "After {said}, w is still 0.5. The gradient is −12.5: after `backward`, the gradients must go to `update`, which must change w."
            ),
        );
    }
    if near(-0.75) {
        return slip(
            "update-sign",
            format!(
                "After {said}, w is −0.75: uphill. The gradient is −12.5, so w should become 0.5 + 0.1·12.5 = 1.75."
            ),
        );
    }
    if near(0.2) {
        return slip(
            "backward-from-the-answer",
            format!(
                "After {said}, w is 0.2: that is a step along the sum of the answers, whose slope is 1 + 2 = 3. Candle goes backward from any tensor; \
                 the one that is to become smaller is the loss."
            ),
        );
    }
    // Both along the first gradient, or each along its own.
    if near(3.) || near(2.375) {
        return slip(
            "updated-twice",
            format!("After {said}, w is {w:.3}: these are two updates in one step. Wanted: 1.75."),
        );
    }
    close_within(&format!("w after {said}"), w, 1.75, 1e-5)?;
    if (loss - 3.90625).abs() < 1e-5 {
        return slip(
            "loss-after-update",
            format!(
                "The loss of {said} is 3.90625: that is the loss after the update. Give the one that the gradients came from, 15.625."
            ),
        );
    }
    close_within(&format!("The loss of {said}"), loss, 15.625, 1e-5)
}

fn settings(epochs: usize, batch_size: usize, seed: u64) -> Settings {
    Settings {
        epochs,
        batch_size,
        learning_rate: 1e-4,
        seed: Seed(seed),
    }
}

fn batches_seen(n: usize, settings: Settings) -> Found<Vec<Vec<f32>>> {
    let line = Line::new(1.)?;
    let call = format!(
        "train on {n} samples, {} epochs, batches of {}",
        settings.epochs, settings.batch_size
    );
    called(&call, train(&line, &line_data(n)?, settings))?;
    let mut seen = line.batches.into_inner();
    // Whoever asks for the answer twice in a step is told so elsewhere.
    seen.dedup();
    Ok(seen)
}

pub(crate) fn an_epoch_sees_every_sample_once() -> Verdict {
    let seen = batches_seen(10, settings(1, 4, 5))?;
    let mut samples = seen.concat();
    samples.sort_by(f32::total_cmp);
    let sizes: Vec<usize> = seen.iter().map(Vec::len).collect();
    if sizes == [4, 4] {
        return slip(
            "last-batch-lost",
            "In one epoch of 10 samples in batches of 4 the net saw 4 + 4 of them: the last batch, of 2, is missing.",
        );
    }
    if sizes.is_empty() || sizes == [4, 4, 2, 4, 4, 2] {
        return slip(
            "wrong-number-of-epochs",
            format!(
                "One epoch was asked for, and there were {}: where does the count of the epochs start, and where does it end?",
                sizes.len() / 3
            ),
        );
    }
    if sizes == [10] {
        return slip(
            "no-batches",
            "In one epoch of 10 samples in batches of 4 the net got all 10 at once: go through `data.batches(batch_size)`.",
        );
    }
    if sizes == [4] {
        return slip(
            "one-batch-an-epoch",
            "One epoch stopped after its first batch: an epoch goes through all of them.",
        );
    }
    ensure!(
        sizes == [4, 4, 2],
        "One epoch of 10 samples in batches of 4 ran the net on batches of {sizes:?}; wanted [4, 4, 2]."
    );
    let want: Vec<f32> = (1..=10).map(|i| i as f32).collect();
    ensure!(
        samples == want,
        "One epoch must see each of the samples 1 to 10 once; it saw {samples:?}."
    );
    Ok(())
}

pub(crate) fn trains_for_as_many_epochs_as_asked() -> Verdict {
    let steps = batches_seen(10, settings(5, 4, 5))?.len();
    if steps == 3 {
        return slip(
            "one-epoch",
            "5 epochs were asked for, and the net saw its batches once. Is there a `return` in the loop?",
        );
    }
    if steps == 12 || steps == 18 {
        return slip(
            "wrong-number-of-epochs",
            format!(
                "5 epochs of 3 batches are 15 steps, but there were {steps}, as for {} epochs: where does the count of the epochs start, where does \
                 it end, and does anything leave the loop before?",
                steps / 3
            ),
        );
    }
    if steps == 5 {
        return slip(
            "one-batch-an-epoch",
            "5 epochs of 3 batches are 15 steps, but there were 5, one an epoch.",
        );
    }
    ensure!(
        steps == 15,
        "5 epochs of 3 batches are 15 steps, but there were {steps}."
    );
    Ok(())
}

pub(crate) fn each_epoch_has_an_order_of_its_own() -> Verdict {
    let seen = batches_seen(64, settings(2, 16, 5))?;
    let (first, second) = seen.split_at(seen.len() / 2);
    if first.concat().windows(2).all(|pair| pair[0] < pair[1]) {
        return slip(
            "not-shuffled",
            "The first epoch took the samples in the order in which they lie: shuffle the batches, with `.shuffled(seed)`. In a \
             file sorted by digit the net would see only zeros, then only ones, …",
        );
    }
    if first == second {
        return slip(
            "same-order-every-epoch",
            "The second epoch had exactly the batches of the first: give each epoch a seed of its own, `seed.at(epoch as u64)`.",
        );
    }
    ensure!(
        seen == batches_seen(64, settings(2, 16, 5))?,
        "The same training with the same seed took the samples in another order: it cannot be repeated."
    );
    if seen == batches_seen(64, settings(2, 16, 6))? {
        return slip(
            "seed-not-used",
            "Seed(5) and Seed(6) gave the same order: use the seed of `training`.",
        );
    }
    Ok(())
}

pub(crate) fn the_history_is_the_mean_loss_of_each_epoch() -> Verdict {
    let line = Line::new(1.)?;
    let history = called(
        "train for 3 epochs",
        train(&line, &line_data(10)?, settings(3, 4, 5)),
    )?;
    let losses = line.losses.into_inner();
    if history.len() == 9 {
        return slip(
            "one-entry-per-step",
            "3 epochs give a history of 3 numbers, but there are 9, one for each batch: an epoch has one number, when all its batches are done.",
        );
    }
    ensure!(
        history.len() == 3,
        "3 epochs give a history of 3 numbers, but there are {}.",
        history.len()
    );
    if losses.len() == 18 {
        return slip(
            "loss-twice",
            "3 epochs of 3 batches need 9 losses, but the learner was asked for 18: once in each step is enough.",
        );
    }
    ensure!(
        losses.len() == 9,
        "3 epochs of 3 batches need 9 losses, but the learner was asked for {}.",
        losses.len()
    );
    for (epoch, (got, steps)) in history.iter().zip(losses.chunks(3)).enumerate() {
        let sum: f64 = steps.iter().sum();
        let near = |value: f64| (got - value).abs() < 1e-4 * value.abs();
        if near(sum) {
            return slip(
                "missing-mean",
                format!(
                    "Epoch {epoch}: {got:.4} is the sum of its three losses: divide by their number."
                ),
            );
        }
        if near(steps[2]) {
            return slip(
                "last-loss-for-mean",
                format!(
                    "Epoch {epoch}: {got:.4} is the loss of its last batch alone; an epoch is told by the mean of all its batches."
                ),
            );
        }
        let so_far: f64 = losses[..3 * (epoch + 1)].iter().sum();
        if epoch > 0 && near(so_far / 3.) {
            return slip(
                "total-not-reset",
                format!(
                    "Epoch {epoch}: {got:.4} holds the losses of the epochs before as well: does each epoch begin to add from 0?"
                ),
            );
        }
        if near(sum / 4.) || near(sum / 10.) {
            return slip(
                "wrong-count",
                format!(
                    "Epoch {epoch}: the sum of its losses was divided by the wrong number: it has 3 batches."
                ),
            );
        }
        close_within(
            &format!("The mean loss of epoch {epoch}"),
            *got,
            sum / 3.,
            1e-4,
        )?;
    }
    Ok(())
}

/// A net 784-hidden-10 that is right, so that nothing but the loop is judged.
struct Reader([Var; 4]);

impl Reader {
    fn new(hidden: usize, seed: Seed) -> Result<Self> {
        let glorot = |name: &str, shape: &[usize]| -> Result<Var> {
            let weights =
                Initializer::GlorotUniform.tensor(shape, seed.derive(name), &Device::Cpu)?;
            Ok(Var::from_tensor(&weights)?)
        };
        Ok(Self([
            glorot("w1", &[784, hidden])?,
            Var::zeros(hidden, DType::F32, &Device::Cpu)?,
            glorot("w2", &[hidden, 10])?,
            Var::zeros(10, DType::F32, &Device::Cpu)?,
        ]))
    }

    fn accuracy(&self, data: &Dataset) -> Result<f64> {
        let said = self.forward(data.inputs())?.argmax(D::Minus1)?;
        Ok(scalar(
            &said.eq(data.targets())?.to_dtype(DType::F32)?.mean_all()?,
        )?)
    }
}

impl Learner for Reader {
    fn parameters(&self) -> Vec<Var> {
        self.0.to_vec()
    }

    fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
        let [w1, b1, w2, b2] = &self.0;
        let hidden = inputs.matmul(w1)?.broadcast_add(b1)?.relu()?;
        Ok(hidden.matmul(w2)?.broadcast_add(b2)?)
    }

    fn loss(&self, answer: &Tensor, targets: &Tensor) -> Result<Tensor> {
        reference::cross_entropy(answer, targets)
    }
}

pub(crate) fn learns_one_batch_by_heart() -> Verdict {
    let batch = train_rows()?.take(32)?;
    let net = Reader::new(32, Seed(1))?;
    let settings = Settings {
        epochs: 150,
        batch_size: 32,
        learning_rate: 0.3,
        seed: Seed(1),
    };
    let history = called("train on 32 digits", train(&net, &batch, settings))?;
    let last = history.last().copied().unwrap_or(f64::NAN);
    let right = net.accuracy(&batch)?;
    let verdict = if right == 1. && last < 0.1 {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "After 150 epochs on the same 32 digits {:.0} % of them are read right, and the last loss is {last:.3}. A loop that learns knows 32 \
             digits by heart by then (100 %, loss below 0.1).",
            100. * right
        )))
    };
    training("the loss on 32 digits", &history)
        .classes(10)
        .reference(|| references(32, &batch, settings))
        .explains(verdict)
}

/// How a right loop trains the net, from two seeds.
fn references(hidden: usize, data: &Dataset, settings: Settings) -> Result<Vec<Vec<f64>>> {
    let run = |seed| {
        let net = Reader::new(hidden, seed)?;
        let mut history = Vec::new();
        for epoch in 0..settings.epochs {
            let order = settings.seed.at(epoch as u64);
            let mut losses = Vec::new();
            for batch in data.batches(settings.batch_size).shuffled(order) {
                let batch = batch?;
                let loss = net.loss(&net.forward(&batch.inputs)?, &batch.targets)?;
                let gradients = loss.backward()?;
                for parameter in net.parameters() {
                    let slope = gradients.get(&parameter).context("no gradient")?;
                    parameter.set(&(parameter.as_tensor() - (slope * settings.learning_rate)?)?)?;
                }
                losses.push(scalar(&loss)?);
            }
            history.push(losses.iter().sum::<f64>() / losses.len() as f64);
        }
        Ok(history)
    };
    [Seed(1), Seed(2)].into_iter().map(run).collect()
}

pub(crate) fn learns_to_read_digits() -> Verdict {
    let net = Reader::new(64, Seed(1))?;
    let test = test_rows()?;
    let before = net.accuracy(&test)?;
    let settings = Settings {
        epochs: 8,
        batch_size: 32,
        learning_rate: 0.1,
        seed: Seed(1),
    };
    let data = train_rows()?;
    let history = called("train on digits", train(&net, &data, settings))?;
    let verdict = at_least(
        "The accuracy on digits that the net has not trained on, after 8 epochs",
        net.accuracy(&test)?,
        0.78,
        &format!("Before training it was {before:.2}; does every batch change the weights?"),
    );
    training("the loss on digits", &history)
        .classes(10)
        .reference(|| references(64, &data, settings))
        .explains(verdict)
}
