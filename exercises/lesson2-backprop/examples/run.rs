//! Trains the nets of lesson 2 with your own gradients and your own optimisers, draws what they do, and writes the figures to
//! `run.json`.
//!
//! `cargo xtask run lesson2`, with `--model spiral`, `--model ravine`, `--model two-layers`, `--model optimizers` or `--all`.

use std::time::Instant;

use dlkit::data::{spirals, two_moons};
use dlkit::plot::{Curve, Path, Scale, curves, decision_boundary, descent_paths};
use dlkit::prelude::{Context, DType, Dataset, Device, Initializer, Result, Seed, Tensor};
use dlkit::run::{Run, Trained};
use lesson2::matrix::Matrix;
use lesson2::step6_matrices::{
    START, dense, dense_backward, net_gradients, relu_backward, sigmoid,
};
use lesson2::step7_softmax::{Net, forward};
use lesson2::step8_optimizers::{
    Adagrad, Adam, Momentum, Optimizer, RmsProp, Sgd, SlideMomentum, descend, ravine,
};
use lesson2::step9_spiral::{
    Linear, Settings, accuracy, batches, classes, iterations, points, train,
};

const SEED: Seed = Seed(42);

pub(crate) fn main() -> Result<()> {
    let mut run = Run::from_args("lesson2", &["spiral", "ravine", "two-layers", "optimizers"])?;
    if run.trains("spiral") {
        spiral(&mut run)?;
    }
    if run.trains("ravine") {
        race(&mut run)?;
    }
    if run.trains("two-layers") {
        two_layers(&mut run)?;
    }
    if run.trains("optimizers") {
        optimizers(&mut run)?;
    }
    run.finish("spirals, two moons and truth tables")?;
    Ok(())
}

/// 2-100-3 on the spiral by hand, beside a linear classifier.
fn spiral(run: &mut Run) -> Result<()> {
    const EPOCHS: usize = 200;
    const ROUND: usize = 20;
    const BATCH: usize = 32;
    let data = spirals(100, 3, 0.2, SEED.derive("train"))?;
    let unseen = spirals(100, 3, 0.2, SEED.derive("test"))?;
    let ((x, labels), (test_x, test_labels)) = (points(&data)?, points(&unseen)?);

    let linear = Linear::trained(&x, &labels, 3, 0.5, 500);
    let share = |p: &Matrix, labels: &[usize]| accuracy(&classes(p), labels);
    let linear_train = share(&linear.probabilities(&x), &labels);
    let linear_test = share(&linear.probabilities(&test_x), &test_labels);
    println!(
        "linear: train {:.1} %, test {:.1} %",
        100.0 * linear_train,
        100.0 * linear_test
    );

    let mut net = Net::random(2, 100, 3, SEED)?;
    let parameters = net.parts().iter().map(|part| part.len()).sum();
    println!(
        "2-100-3: {parameters} parameters, {} iterations in {EPOCHS} epochs of batches of {BATCH}",
        iterations(x.rows(), BATCH, EPOCHS)
    );
    let mut optimizers: [Box<dyn Optimizer>; 4] = net
        .parts()
        .map(|part| Box::new(Momentum::new(0.1, 0.9, part.len())) as Box<dyn Optimizer>);
    let started = Instant::now();
    let mut losses = Vec::new();
    for round in 0..EPOCHS / ROUND {
        let settings = Settings {
            epochs: ROUND,
            batch_size: BATCH,
            seed: SEED.derive("shuffle").at(round as u64),
        };
        losses.extend(train(&mut net, &x, &labels, settings, &mut optimizers));
        let reached = share(&forward(&net, &x).probabilities, &labels);
        let loss = losses.last().context("no epoch was trained")?;
        println!(
            "  epoch {:>3}: loss {loss:.4}, train accuracy {:.1} %",
            (round + 1) * ROUND,
            100.0 * reached
        );
    }
    let seconds = started.elapsed().as_secs_f64();
    run.record(
        Trained::new("spiral")
            .parameters(parameters)
            .epochs(EPOCHS)
            .seconds(seconds)
            .score(
                "train_accuracy",
                share(&forward(&net, &x).probabilities, &labels),
            )
            .score(
                "test_accuracy",
                share(&forward(&net, &test_x).probabilities, &test_labels),
            )
            .score("linear_accuracy", linear_train),
    );
    run.save(
        "spiral-loss",
        &curves(
            "2-100-3 on the spiral, by hand",
            "loss",
            &[Curve::new("training", losses)],
            Scale::Log,
        )?,
    )?;
    let figure = decision_boundary(&data, |plane| answers(plane, |x| linear.probabilities(x)))?;
    run.save(
        "spiral-linear",
        &figure.titled(format!(
            "Linear: {:.0} % of the spiral",
            100.0 * linear_train
        )),
    )?;
    let figure = decision_boundary(&data, |plane| {
        answers(plane, |x| forward(&net, x).probabilities)
    })?;
    run.save(
        "spiral-boundary",
        &figure.titled("100 ReLUs by hand, on the spiral"),
    )
}

/// What a net by hand says to a tensor of points.
fn answers(plane: &Tensor, net: impl Fn(&Matrix) -> Matrix) -> Result<Tensor> {
    let p = net(&Matrix::from_rows(
        plane.to_dtype(DType::F64)?.to_vec2::<f64>()?,
    ));
    Ok(Tensor::from_slice(p.values(), p.shape(), plane.device())?.to_dtype(DType::F32)?)
}

/// All optimisers down the same ravine, each with a learning rate that suits it.
fn race(run: &mut Run) -> Result<()> {
    const START: [f64; 2] = [-8.0, 2.0];
    const ENOUGH: f64 = 1e-4;
    let racers: Vec<(&str, &str, Box<dyn Optimizer>)> = vec![
        ("SGD, η = 0.9", "sgd", Box::new(Sgd { learning_rate: 0.9 })),
        (
            "momentum 0.5, η = 0.5",
            "momentum",
            Box::new(Momentum::new(0.5, 0.5, 2)),
        ),
        (
            "the slide's momentum 0.5, η = 0.5",
            "slide_momentum",
            Box::new(SlideMomentum::new(0.5, 0.5, 2)),
        ),
        ("Adagrad, η = 2", "adagrad", Box::new(Adagrad::new(2.0, 2))),
        (
            "RMSprop, η = 0.1",
            "rmsprop",
            Box::new(RmsProp::new(0.1, 0.9, 2)),
        ),
        ("Adam, η = 0.5", "adam", Box::new(Adam::new(0.5, 2))),
    ];
    let started = Instant::now();
    let mut trained = Trained::new("ravine").parameters(2).steps(300);
    let (mut paths, mut losses) = (Vec::new(), Vec::new());
    println!("0.05 w₁² + w₂² from (−8, 2), until the loss is {ENOUGH}:");
    for (name, key, mut optimizer) in racers {
        let places = descend(&mut *optimizer, ravine, &START, ENOUGH, 300);
        let heights: Vec<f64> = places.iter().map(|w| ravine(w).0.max(1e-12)).collect();
        let last = heights[heights.len() - 1];
        let steps = places.len() - 1;
        println!("  {name:34} {steps:>3} steps, loss {last:.6}");
        trained = trained.score(format!("{key}_steps"), steps as f64);
        paths.push(Path::new(name, &places));
        losses.push(Curve::new(name, heights));
    }
    run.record(trained.seconds(started.elapsed().as_secs_f64()));
    let height = |a: f64, b: f64| ravine(&[a, b]).0;
    // Two pictures: six paths over each other can be told apart by nobody.
    let figure = descent_paths(
        "SGD and momentum in the ravine",
        height,
        (-9.0, 2.0),
        (-2.5, 2.5),
        &paths[..3],
    )?;
    run.save("ravine-momentum", &figure)?;
    let figure = descent_paths(
        "Adaptive steps in the ravine",
        height,
        (-9.0, 2.0),
        (-2.5, 2.5),
        &paths[3..],
    )?;
    run.save("ravine-adaptive", &figure)?;
    run.save(
        "ravine-loss",
        &curves(
            "Down the ravine: each epoch is one step",
            "loss",
            &losses,
            Scale::Log,
        )?,
    )
}

/// The two nets of the script of eleven lines, from the very numbers that it starts with.
fn two_layers(run: &mut Run) -> Result<()> {
    let x = Matrix::from_rows([
        [0.0, 0.0, 1.0],
        [0.0, 1.0, 1.0],
        [1.0, 0.0, 1.0],
        [1.0, 1.0, 1.0],
    ]);
    let one = Matrix::from_values(3, 1, START[..3].to_vec());
    let two = [
        Matrix::from_values(3, 4, START[..12].to_vec()),
        Matrix::from_values(4, 1, START[12..].to_vec()),
    ];
    let table = Matrix::from_rows([[0.0], [0.0], [1.0], [1.0]]);
    let xor = Matrix::from_rows([[0.0], [1.0], [1.0], [0.0]]);
    let started = Instant::now();
    let (outputs, _) = learn(&x, &table, vec![one], 10_000);
    println!("y = x₁, 3-1, 10,000 steps:   {}", row(&outputs));
    println!("  published:                 .00966449 .00786506 .99358898 .99211957");
    let (outputs, errors) = learn(&x, &xor, two.to_vec(), 60_000);
    println!("XOR, 3-4-1, 60,000 steps:    {}", row(&outputs));
    println!("  mean error every 10,000:   {}", row(&errors));
    println!(
        "  published:                 0.49641003 0.00858453 0.00578946 0.00462918 0.00395877 0.00351012"
    );
    let right = outputs
        .iter()
        .zip(xor.values())
        .filter(|(a, y)| (**a > 0.5) == (**y > 0.5))
        .count();
    let error: f64 = outputs
        .iter()
        .zip(xor.values())
        .map(|(a, y)| (a - y).abs() / 4.0)
        .sum();
    run.record(
        Trained::new("two-layers")
            .parameters(16)
            .steps(60_000)
            .seconds(started.elapsed().as_secs_f64())
            .score("test_accuracy", right as f64 / 4.0)
            .score("mean_error", error),
    );
    Ok(())
}

/// Full-batch descent with η = 1; gives the last outputs, and the mean error before every 10,000th step.
fn learn(x: &Matrix, y: &Matrix, mut weights: Vec<Matrix>, steps: usize) -> (Vec<f64>, Vec<f64>) {
    let outputs = |weights: &[Matrix]| {
        let a = weights.iter().fold(x.clone(), |a, w| sigmoid(&a.dot(w)));
        a.values().to_vec()
    };
    let y_count = y.values().len() as f64;
    let (mut errors, mut said) = (Vec::new(), Vec::new());
    for step in 0..steps {
        if step % 10_000 == 0 {
            let a = outputs(&weights);
            errors.push(
                a.iter()
                    .zip(y.values())
                    .map(|(a, y)| (a - y).abs() / y_count)
                    .sum(),
            );
        }
        if step + 1 == steps {
            said = outputs(&weights);
        }
        let gradients = net_gradients(x, y, &weights);
        for (w, g) in weights.iter_mut().zip(&gradients) {
            *w = w.with(g, |w, g| w - g);
        }
    }
    // As the script does it: what the last forward pass gave, before the last update.
    (said, errors)
}

fn row(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(|v| format!("{v:.8}")).collect();
    texts.join(" ")
}

/// Dense(256 relu) then Dense(1 sigmoid) on two moons, with each optimiser of the slide and its learning rate.
fn optimizers(run: &mut Run) -> Result<()> {
    const EPOCHS: usize = 20;
    let (data, unseen) = (
        two_moons(400, 0.15, SEED)?,
        two_moons(400, 0.15, SEED.derive("test"))?,
    );
    type Make = fn(usize) -> Box<dyn Optimizer>;
    let racers: [(&str, &str, Make); 6] = [
        ("SGD(0.1)", "sgd", |_| Box::new(Sgd { learning_rate: 0.1 })),
        ("RMSprop(0.1)", "rmsprop", |n| {
            Box::new(RmsProp::new(0.1, 0.9, n))
        }),
        ("Adagrad(0.1)", "adagrad", |n| {
            Box::new(Adagrad::new(0.1, n))
        }),
        ("Adam(0.1)", "adam", |n| Box::new(Adam::new(0.1, n))),
        ("Adam(0.01)", "adam_0.01", |n| Box::new(Adam::new(0.01, n))),
        ("Adam(0.001), the default", "adam_0.001", |n| {
            Box::new(Adam::new(0.001, n))
        }),
    ];
    let started = Instant::now();
    let mut trained = Trained::new("optimizers")
        .parameters(2 * 256 + 256 + 256 + 1)
        .epochs(EPOCHS);
    let mut losses = Vec::new();
    for (name, key, make) in racers {
        let (curve, share) = yes_or_no(&data, &unseen, EPOCHS, make)?;
        println!(
            "  {name:26} loss {:.4}, test accuracy {:.1} %",
            curve[EPOCHS - 1],
            100.0 * share
        );
        trained = trained.score(format!("{key}_loss"), curve[EPOCHS - 1]);
        if key == "adam_0.01" {
            trained = trained.score("test_accuracy", share);
        }
        losses.push(Curve::new(name, curve));
    }
    run.record(trained.seconds(started.elapsed().as_secs_f64()));
    run.save(
        "optimizers-loss",
        &curves(
            "256 ReLUs on two moons",
            "binary cross-entropy",
            &losses,
            Scale::Log,
        )?,
    )
}

/// Trains 2-256-1 with this optimiser; gives the loss of each epoch and the test accuracy.
fn yes_or_no(
    data: &Dataset,
    unseen: &Dataset,
    epochs: usize,
    make: fn(usize) -> Box<dyn Optimizer>,
) -> Result<(Vec<f64>, f64)> {
    let plain = |data: &Dataset| -> Result<(Matrix, Matrix)> {
        let rows = |tensor: &Tensor| -> Result<Matrix> {
            Ok(Matrix::from_rows(
                tensor.to_dtype(DType::F64)?.to_vec2::<f64>()?,
            ))
        };
        Ok((rows(data.inputs())?, rows(data.targets())?))
    };
    let ((x, y), (test_x, test_y)) = (plain(data)?, plain(unseen)?);
    let draw = |name: &str, rows: usize, columns: usize| -> Result<Matrix> {
        let tensor =
            Initializer::GlorotUniform.tensor(&[rows, columns], SEED.derive(name), &Device::Cpu)?;
        Ok(Matrix::from_rows(
            tensor.to_dtype(DType::F64)?.to_vec2::<f64>()?,
        ))
    };
    let (mut w1, mut b1, mut w2, mut b2) = (
        draw("w1", 2, 256)?,
        vec![0.0; 256],
        draw("w2", 256, 1)?,
        vec![0.0],
    );
    let mut optimizers = [512, 256, 256, 1].map(make);
    let mut losses = Vec::new();
    for epoch in 0..epochs {
        let mut sum = 0.0;
        for batch in batches(x.rows(), 32, SEED.derive("moons").at(epoch as u64)) {
            let (some, truth) = (x.select(&batch), y.select(&batch));
            let z1 = dense(&some, &w1, &b1);
            let a1 = z1.map(|z| z.max(0.0));
            let p = sigmoid(&dense(&a1, &w2, &b2));
            let surprise = p.with(&truth, |p, y| {
                -(y * p.max(1e-7).ln() + (1.0 - y) * (1.0 - p).max(1e-7).ln())
            });
            sum += surprise.values().iter().sum::<f64>();
            // A sigmoid with its cross-entropy: (p − y) / n, as for softmax.
            let n = batch.len() as f64;
            let outer = dense_backward(&a1, &w2, &p.with(&truth, |p, y| (p - y) / n));
            let inner = dense_backward(&some, &w1, &relu_backward(&z1, &outer.x));
            let parts = [w1.values_mut(), &mut b1, w2.values_mut(), &mut b2];
            let gradients = [inner.w.values(), &inner.b, outer.w.values(), &outer.b];
            for (optimizer, (weights, gradient)) in
                optimizers.iter_mut().zip(parts.into_iter().zip(gradients))
            {
                optimizer.step(weights, gradient);
            }
        }
        losses.push(sum / x.rows() as f64);
    }
    let hidden = dense(&test_x, &w1, &b1).map(|z| z.max(0.0));
    let p = dense(&hidden, &w2, &b2);
    let right = p
        .values()
        .iter()
        .zip(test_y.values())
        .filter(|(z, y)| (**z > 0.0) == (**y > 0.5))
        .count();
    Ok((losses, right as f64 / test_y.rows() as f64))
}
