//! Draws the figures of the lesson's README: `cargo run -p lesson1-perceptron-solution --example figures-lesson1-perceptron-solution`.

use std::path::Path;

use dlkit::files::write_whole;
use dlkit::plot::{
    Curve, Figure, Scale, curves, decision_boundary, function_plot, network_diagram,
};
use dlkit::prelude::*;
use lesson1_solution::step2_activations::{relu, sigmoid, sigmoid_slope, tanh};
use lesson1_solution::{step4_truth_tables, step6_training, step7_xor_by_hand, step8_xor_trained};

fn main() -> Result<()> {
    let z = ("z", "a");
    save(
        "activations",
        function_plot(
            "Three activations",
            z,
            (-3.0, 3.0),
            &[("sigmoid", &sigmoid), ("tanh", &tanh), ("ReLU", &relu)],
        )?,
    )?;
    save(
        "sigmoid-slope",
        function_plot(
            "The sigmoid and its slope",
            z,
            (-6.0, 6.0),
            &[("σ(z)", &sigmoid), ("σ′(z)", &sigmoid_slope)],
        )?,
    )?;
    let drawn = [
        ("pixels", 784),
        ("hidden", 16),
        ("hidden", 16),
        ("digits", 10),
    ];
    save("network", network_diagram(&drawn)?.titled("784-16-16-10"))?;

    let tables = [
        (
            "and",
            "AND",
            dlkit::data::and()?,
            step4_truth_tables::and_weights(),
        ),
        (
            "or",
            "OR",
            dlkit::data::or()?,
            step4_truth_tables::or_weights(),
        ),
        (
            "first-input",
            "y = x₁",
            dlkit::data::first_input()?,
            step4_truth_tables::first_input_weights(),
        ),
    ];
    for (file, title, data, weights) in tables {
        let figure = plane(&data, |x| {
            f64::from(u8::from(step4_truth_tables::fires(x, weights)))
        })?;
        save(file, figure.titled(title))?;
    }

    let xor = dlkit::data::xor()?;
    let or = step7_xor_by_hand::Unit {
        weights: [1.0, 1.0],
        bias: -0.5,
    };
    save(
        "xor-one-neuron",
        plane(&xor, |x| or.answer(x))?.titled("XOR and one line: (1, 1) comes out wrong"),
    )?;
    let network = step7_xor_by_hand::xor_network();
    let figure = plane(&xor, |x| step7_xor_by_hand::forward(&network, x))?;
    save(
        "xor-by-hand",
        figure.titled("XOR by hand: OR, and not both"),
    )?;

    let mut model = step8_xor_trained::build(4, Seed(42), &Device::Cpu)?;
    let history = step8_xor_trained::train(&mut model, &xor, 300, Progress::Silent)?;
    let figure = decision_boundary(&xor, |points| model.predict(points))?;
    save("xor-trained", figure.titled("XOR, learned by 2-4-1"))?;

    let moons = dlkit::data::two_moons(400, 0.15, Seed(6))?;
    let mut on_moons = step8_xor_trained::build(8, Seed(42), &Device::Cpu)?;
    step8_xor_trained::train(&mut on_moons, &moons, 60, Progress::Silent)?;
    let figure = decision_boundary(&moons, |points| on_moons.predict(points))?;
    save("moons", figure.titled("Two moons, learned by 2-8-1"))?;

    let single = Curve::new("one neuron", one_neuron_on_xor());
    let net = Curve::new("2-4-1", history.get("loss").unwrap_or_default());
    save(
        "xor-loss",
        curves("Learning XOR", "loss", &[single, net], Scale::Linear)?,
    )
}

/// The losses of a single neuron on XOR: it ends at ln 2, the loss of a coin.
fn one_neuron_on_xor() -> Vec<f64> {
    let descent = step6_training::descend(&[1.0, -0.5, 0.3], 1.0, 300, |w| {
        let (mut loss, mut slopes) = (0.0, vec![0.0; 3]);
        for (x, y) in step7_xor_by_hand::XOR {
            let p = sigmoid(w[0] * x[0] + w[1] * x[1] + w[2]);
            loss -= (y * p.ln() + (1.0 - y) * (1.0 - p).ln()) / 4.0;
            for (slope, input) in slopes.iter_mut().zip([x[0], x[1], 1.0]) {
                *slope += (p - y) * input / 4.0;
            }
        }
        (loss, slopes)
    });
    descent.losses
}

/// Colours the plane by a function of its points.
fn plane(data: &Dataset, answer: impl Fn([f64; 2]) -> f64) -> Result<Figure> {
    decision_boundary(data, |points| {
        let rows = points.to_vec2::<f32>()?;
        let answers: Vec<f32> = rows
            .iter()
            .map(|p| answer([f64::from(p[0]), f64::from(p[1])]) as f32)
            .collect();
        Ok(Tensor::from_vec(answers, rows.len(), points.device())?)
    })
}

fn save(name: &str, figure: Figure) -> Result<()> {
    let figures =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../exercises/lesson1-perceptron/figures");
    write_whole(
        &figures.join(format!("{name}.svg")),
        figure.svg()?.as_bytes(),
    )
}
