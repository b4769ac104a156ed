//! Nets built with the same seed here and there give the same numbers, so every difference is a mistake.

use dlkit::plot::{decision_boundary, side_by_side};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson1::step8_xor_trained::*;

/// The net as the step describes it, or with other activations.
fn net(hidden: usize, inner: Activation, outer: Activation, seed: Seed) -> Result<Model> {
    let mut model = Sequential::new()
        .add(Dense::new(hidden).activation(inner))
        .add(Dense::new(1).activation(outer))
        .build(2, seed, &Device::Cpu)?;
    model.compile(Adam::new(0.1), BinaryCrossEntropy, [Accuracy]);
    Ok(model)
}

fn losses(history: &History) -> Vec<f64> {
    history.get("loss").unwrap_or_default().to_vec()
}

fn fitted(model: &mut Model, data: &Dataset, epochs: usize, batch_size: usize) -> Result<Vec<f64>> {
    let settings = Fit {
        epochs,
        batch_size,
        progress: Progress::Silent,
        ..Fit::default()
    };
    Ok(losses(&model.fit(data, settings)?))
}

/// The losses of the first three epochs on XOR: they tell loss functions and optimisers apart.
fn first_losses(mut model: Model) -> Result<Vec<f64>> {
    fitted(&mut model, &dlkit::data::xor()?, 3, 32)
}

fn reference(hidden: usize, seed: Seed) -> Result<Model> {
    net(hidden, Activation::Tanh, Activation::Sigmoid, seed)
}

/// Points all over the plane; the last one is the origin, where a net with biases of 0 gives exactly ½.
fn points() -> Result<Tensor> {
    let mut grid: Vec<f32> = (0..50).map(|i| 0.13 * i as f32 - 3.0).collect();
    grid.extend([0.0, 0.0]);
    Ok(Tensor::from_vec(grid, (26, 2), &Device::Cpu)?)
}

pub(super) fn builds_the_described_net() -> Verdict {
    name_sizes([(26, "points"), (2, "inputs")]);
    let first_weights = |seed| -> Found<Vec<Vec<f32>>> {
        let model = called("build", build(4, seed, &Device::Cpu))?;
        let kernel = model
            .variables()
            .first()
            .map(|kernel| kernel.tensor().to_vec2());
        Ok(kernel.transpose()?.unwrap_or_default())
    };
    if first_weights(Seed(1))? == first_weights(Seed(2))? {
        let sentence = "With Seed(1) and with Seed(2) the untrained net has the same weights: they must come from the seed that `build` is \
                        given.";
        return slip("seed-not-used", sentence);
    }
    for (hidden, seed) in [(4, Seed(1)), (1, Seed(2)), (9, Seed(3))] {
        let model = called("build", build(hidden, seed, &Device::Cpu))?;
        expect(format!("the number of parameters with `hidden` = {hidden}"))
            .mistake(
                "missing-hidden-layer",
                "That is a single neuron: the hidden layer is missing.",
                3.0,
            )
            .mistake(
                "hidden-size-ignored",
                "That is a net with 4 hidden neurons: use the argument `hidden`.",
                17.0,
            )
            .mistake(
                "extra-layer",
                "That is a net with two hidden layers; here it has one.",
                ((hidden + 5) * hidden + 1) as f64,
            )
            .mistake(
                "two-outputs",
                "That is a net with two output neurons; a yes or a no needs one.",
                (5 * hidden + 2) as f64,
            )
            .mistake(
                "forgotten-bias",
                "The biases are missing.",
                3.0 * hidden as f64,
            )
            .close(model.parameters() as f64, 4.0 * hidden as f64 + 1.0)?;
        use Activation::{Linear, Relu, Sigmoid, Tanh};
        let outputs = |inner, outer| net(hidden, inner, outer, seed)?.predict(&points()?);
        expect("the untrained net on 26 points, a row for each: p")
            .within(1e-5)
            .mistake(
                "missing-activation",
                "The hidden layer has no activation: give it `.tanh()`.",
                &outputs(Linear, Sigmoid)?,
            )
            .mistake(
                "wrong-activation",
                "The hidden layer has ReLU; here it is tanh.",
                &outputs(Relu, Sigmoid)?,
            )
            .mistake(
                "wrong-activation",
                "The hidden layer has a sigmoid; here it is tanh.",
                &outputs(Sigmoid, Sigmoid)?,
            )
            .mistake(
                "missing-output-activation",
                "The output has no activation: give it `.sigmoid()`.",
                &outputs(Tanh, Linear)?,
            )
            .mistake(
                "wrong-activation",
                "The output has tanh; a probability needs a sigmoid.",
                &outputs(Tanh, Tanh)?,
            )
            .advice(
                "Is it tanh inside and sigmoid outside, and is the seed the one that was given?",
            )
            .tensors_close(&model.predict(&points()?)?, &outputs(Tanh, Sigmoid)?)?;
        let scores = called(
            "evaluating the net on XOR",
            model.evaluate(&dlkit::data::xor()?),
        )?;
        if scores.accuracy().is_err() {
            let sentence =
                "the net does not measure its accuracy: give `compile` the metrics `[Accuracy]`.";
            return Err(Failure::new(sentence).diagnosed("missing-metric"));
        }
        let compiled = |compile: &dyn Fn(&mut Model)| {
            let mut model = reference(hidden, seed)?;
            compile(&mut model);
            first_losses(model)
        };
        expect("the first three epochs on XOR: loss")
            .within(1e-4)
            .mistake(
                "wrong-loss",
                "That is the mean squared error; compile it with BinaryCrossEntropy.",
                compiled(&|m| m.compile(Adam::new(0.1), MeanSquaredError, [Accuracy]))?,
            )
            .mistake(
                "wrong-learning-rate",
                "That is Adam with its default learning rate of 0.001; it should be 0.1.",
                compiled(&|m| m.compile(Adam::default(), BinaryCrossEntropy, [Accuracy]))?,
            )
            .mistake(
                "wrong-learning-rate",
                "That is Adam with a learning rate of 0.01; it should be 0.1.",
                compiled(&|m| m.compile(Adam::new(0.01), BinaryCrossEntropy, [Accuracy]))?,
            )
            .mistake(
                "wrong-optimizer",
                "That is RMSprop; compile it with Adam.",
                compiled(&|m| m.compile(RmsProp::new(0.1), BinaryCrossEntropy, [Accuracy]))?,
            )
            .mistake(
                "wrong-optimizer",
                "That is plain gradient descent; compile it with Adam.",
                compiled(&|m| m.compile(Sgd::new(0.1), BinaryCrossEntropy, [Accuracy]))?,
            )
            .advice("Look at `compile`: Adam::new(0.1), BinaryCrossEntropy.")
            .close_all(
                &first_losses(model).context("the net that you built cannot be trained")?,
                &first_losses(reference(hidden, seed)?)?,
            )?;
    }
    Ok(())
}

pub(super) fn trains_in_batches_of_32() -> Verdict {
    let data = dlkit::data::two_moons(100, 0.1, Seed(4))?;
    for epochs in [2, 4] {
        let of_size = |size| fitted(&mut reference(4, Seed(5))?, &data, epochs, size);
        let mut model = reference(4, Seed(5))?;
        let history = called("train", train(&mut model, &data, epochs, Progress::Silent))?;
        if history.epochs() != epochs {
            let message = format!(
                "`train` was asked for {epochs} epochs, but its history tells of {}.",
                history.epochs()
            );
            return Err(Failure::new(message).diagnosed("epochs-ignored"));
        }
        expect("epochs on two moons: loss")
            .within(1e-4)
            .mistake(
                "wrong-batch-size",
                "That is what one batch of all samples gives; the batch size is 32.",
                of_size(100)?,
            )
            .mistake(
                "wrong-batch-size",
                "That is what one sample at a time gives; the batch size is 32.",
                of_size(1)?,
            )
            .advice("Batches of 32, and everything else as in `Fit::default()`.")
            .close_all(&losses(&history), &of_size(32)?)?;
    }
    Ok(())
}

pub(super) fn decides_at_one_half() -> Verdict {
    for seed in 0..6 {
        let model = reference(3, Seed(seed))?;
        let probabilities = model.predict(&points()?)?.flatten_all()?.to_vec1::<f32>()?;
        let want: Vec<bool> = probabilities.iter().map(|p| *p > 0.5).collect();
        let got = called("classify", classify(&model, &points()?))?;
        ensure!(
            got.len() == want.len(),
            "{} points went in, but {} decisions came out.",
            want.len(),
            got.len()
        );
        let Some(i) = (0..want.len()).find(|i| got[*i] != want[*i]) else {
            continue;
        };
        let message = format!(
            "point {i}: the net gives {:.4}, so the decision should be {}.",
            probabilities[i], want[i]
        );
        let end = |answer: bool, start: f32, pick: fn(f32, f32) -> f32| {
            let of = probabilities
                .iter()
                .zip(&got)
                .filter(|(_, got)| **got == answer);
            of.map(|(p, _)| *p).fold(start, pick)
        };
        let least_yes = end(true, f32::INFINITY, f32::min);
        let most_no = end(false, f32::NEG_INFINITY, f32::max);
        // Exactly ½ is a no either way.
        let inverted = (0..want.len()).all(|i| got[i] != want[i] || probabilities[i] == 0.5);
        return Err(if inverted {
            Failure::new(format!("{message} Every decision is the wrong way round."))
                .diagnosed("inverted")
        } else if probabilities[i] == 0.5 {
            Failure::new(format!("{message} Exactly ½ is not more than ½."))
                .diagnosed("threshold-included")
        } else if least_yes >= most_no {
            let sentence = "Your decisions follow another mark: above ½ is a yes.";
            Failure::new(format!("{message} {sentence}")).diagnosed("wrong-threshold")
        } else {
            Failure::new(format!(
                "{message} Is each decision made from the probability of its own point?"
            ))
        });
    }
    Ok(())
}

pub(super) fn learns_xor() -> Verdict {
    let data = dlkit::data::xor()?;
    let mut model = called("build", build(4, Seed(42), &Device::Cpu))?;
    let history = called("train", train(&mut model, &data, 300, Progress::Silent))?;
    let got = called("classify", classify(&model, data.inputs()))?;
    let verdict = if got == [false, true, true, false] {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "after 300 epochs the net answers {got:?} to 00, 01, 10, 11, but XOR is [false, true, true, false]."
        )))
    };
    training("the loss on XOR", &losses(&history))
        .reference(|| references(4, &data, 300))
        .explains(verdict)
}

/// How the net that the step describes learns, from two seeds.
fn references(hidden: usize, data: &Dataset, epochs: usize) -> Result<Vec<Vec<f64>>> {
    [Seed(42), Seed(1)]
        .into_iter()
        .map(|seed| fitted(&mut reference(hidden, seed)?, data, epochs, 32))
        .collect()
}

pub(super) fn tells_two_moons_apart() -> Verdict {
    let (train_set, test_set) = (
        dlkit::data::two_moons(400, 0.1, Seed(6))?,
        dlkit::data::two_moons(400, 0.1, Seed(7))?,
    );
    let mut model = called("build", build(8, Seed(42), &Device::Cpu))?;
    let history = called("train", train(&mut model, &train_set, 60, Progress::Silent))?;
    let got = called("classify", classify(&model, test_set.inputs()))?;
    let targets = test_set.targets().flatten_all()?.to_vec1::<f32>()?;
    ensure!(
        got.len() == targets.len(),
        "{} points went in, but {} decisions came out.",
        targets.len(),
        got.len()
    );
    let right = got
        .iter()
        .zip(&targets)
        .filter(|(got, y)| **got == (**y > 0.5))
        .count();
    // The reference is right on every point or all but a few.
    let verdict = at_least(
        "the accuracy on 400 new points of the two moons",
        right as f64 / targets.len() as f64,
        0.97,
        "A straight line gets about 0.88: is there a curved activation in the hidden layer?",
    )
    .drawn(|| {
        let mut right = reference(8, Seed(42))?;
        fitted(&mut right, &train_set, 60, 32)?;
        let boundary = |title: &str, net: &Model| -> Result<_> {
            Ok(decision_boundary(&test_set, |points| net.predict(points))?.titled(title))
        };
        side_by_side(
            "where your net changes its mind, and where the reference does",
            vec![
                boundary("yours", &model)?,
                boundary("the reference", &right)?,
            ],
        )
    });
    training("the loss on two moons", &losses(&history))
        .reference(|| references(8, &train_set, 60))
        .explains(verdict)
}
