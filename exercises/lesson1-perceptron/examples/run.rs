//! Trains the nets of lesson 1 with your own functions, draws what they do, and writes the figures to `run.json`.
//!
//! `cargo xtask run lesson1`, with `--model neuron`, `--model xor`, `--model moons` or `--all`.

use std::time::Instant;

use dlkit::plot::{Curve, Scale, curves, decision_boundary, loss_curves};
use dlkit::prelude::*;
use dlkit::run::{Run, Trained};
use lesson1::{step1_neuron, step2_activations, step5_loss, step6_training, step8_xor_trained};

pub(crate) fn main() -> Result<()> {
    let mut run = Run::from_args("lesson1", &["xor", "neuron", "moons"])?;
    if run.trains("neuron") {
        neuron(&mut run)?;
    }
    if run.trains("xor") {
        xor(&mut run)?;
    }
    if run.trains("moons") {
        moons(&mut run)?;
    }
    run.finish("truth tables and two moons")?;
    Ok(())
}

/// The neuron of steps 1, 2 and 5, trained by the descent of step 6: it learns OR and cannot learn XOR.
fn neuron(run: &mut Run) -> Result<()> {
    const STEPS: usize = 500;
    let mut seconds = 0.0;
    let mut losses = Vec::new();
    let mut shares = Vec::new();
    for (name, data) in [("or", dlkit::data::or()?), ("xor", dlkit::data::xor()?)] {
        let points = rows(data.inputs())?;
        let targets: Vec<f64> = rows(data.targets())?.concat();
        let started = Instant::now();
        let descent = step6_training::descend(&[0.5, -0.5, 0.0], 1.0, STEPS, |parameters| {
            let p = probabilities(parameters, &points);
            let slopes = step5_loss::gradient(&points, &p, &targets);
            let loss = step5_loss::binary_cross_entropy(&p, &targets);
            (loss, [slopes.weights, vec![slopes.bias]].concat())
        });
        seconds += started.elapsed().as_secs_f64();
        let p = probabilities(&descent.parameters, &points);
        // On XOR every p ends at ½, give or take the last digit of an f64: that is no answer, and must not count as one.
        let rounded: Vec<f64> = p.iter().map(|p| (1e6 * p).round() / 1e6).collect();
        shares.push((name, step6_training::accuracy(&rounded, &targets)));
        losses.push(Curve::new(name.to_uppercase(), descent.losses));
        let figure = decision_boundary(&data, |plane| {
            let p = probabilities(&descent.parameters, &rows(plane)?);
            let p: Vec<f32> = p.into_iter().map(|p| p as f32).collect();
            Ok(Tensor::from_vec(p, plane.dim(0)?, plane.device())?)
        })?;
        run.save(
            &format!("neuron-{name}"),
            &figure.titled(format!("One neuron on {}", name.to_uppercase())),
        )?;
    }
    let figure = curves("One neuron", "loss", &losses, Scale::Linear)?;
    run.save("neuron-loss", &figure)?;
    let mut trained = Trained::new("neuron")
        .parameters(3)
        .steps(STEPS)
        .seconds(seconds);
    for (name, share) in shares {
        trained = trained.score(format!("{name}_accuracy"), share);
    }
    run.record(trained);
    Ok(())
}

/// What the neuron with the parameters w₁, w₂, b answers to each point.
fn probabilities(parameters: &[f64], points: &[Vec<f64>]) -> Vec<f64> {
    let (weights, bias) = parameters.split_at(2);
    step1_neuron::weighted_sums(points, weights, bias[0])
        .into_iter()
        .map(step2_activations::sigmoid)
        .collect()
}

/// A tensor (n, k) as plain rows.
fn rows(tensor: &Tensor) -> Result<Vec<Vec<f64>>> {
    Ok(tensor.to_dtype(DType::F64)?.to_vec2()?)
}

/// The net of step 8 on XOR. Its four rows are all there is, so they are also what it is tested on.
fn xor(run: &mut Run) -> Result<()> {
    let data = dlkit::data::xor()?;
    let mut model = step8_xor_trained::build(4, Seed(42), &device()?)?;
    println!("{}", model.summary());
    println!(
        "XOR has four rows and no more: they are trained on, and the accuracy is that on the same four."
    );
    net("xor", "2-4-1 on XOR", &mut model, (&data, &data), 300, run)
}

/// A net of step 8 on the two moons, tested on moons that it has not seen.
fn moons(run: &mut Run) -> Result<()> {
    let train = dlkit::data::two_moons(1000, 0.15, Seed(6))?;
    let test = dlkit::data::two_moons(1000, 0.15, Seed(7))?;
    let mut model = step8_xor_trained::build(8, Seed(42), &device()?)?;
    net(
        "moons",
        "2-8-1 on two moons",
        &mut model,
        (&train, &test),
        40,
        run,
    )
}

fn net(
    name: &str,
    title: &str,
    model: &mut Model,
    (train, test): (&Dataset, &Dataset),
    epochs: usize,
    run: &mut Run,
) -> Result<()> {
    let history = step8_xor_trained::train(model, train, epochs, Progress::Auto)?;
    run.record(
        Trained::new(name)
            .parameters(model.parameters())
            .epochs(history.epochs())
            .seconds(history.seconds)
            .score("test_accuracy", model.evaluate(test)?.accuracy()?),
    );
    run.save(
        &format!("{name}-loss"),
        &loss_curves(history.curves())?.titled(title),
    )?;
    let boundary = decision_boundary(test, |points| model.predict(points))?;
    run.save(&format!("{name}-boundary"), &boundary.titled(title))
}
