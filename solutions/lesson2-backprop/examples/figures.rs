//! Draws the figures of the lesson's README: `cargo run -p lesson2-backprop-solution --example figures-lesson2-backprop-solution`.

use std::path::Path as FilePath;

use dlkit::data::spirals;
use dlkit::files::write_whole;
use dlkit::plot::{
    Figure, GraphNode, Path, computation_graph, decision_boundary, descent_curve, descent_paths,
    function_plot,
};
use dlkit::prelude::{DType, Result, Seed, Tensor};
use lesson2_solution::matrix::Matrix;
use lesson2_solution::step2_descent::{self, two_valleys};
use lesson2_solution::step7_softmax::{Net, forward};
use lesson2_solution::step8_optimizers::{
    Adagrad, Adam, Momentum, Optimizer, RmsProp, Sgd, SlideMomentum, descend, ravine,
};
use lesson2_solution::step9_spiral::{Linear, Settings, accuracy, classes, points, train};

fn main() -> Result<()> {
    losses()?;
    landscapes()?;
    graphs()?;
    nudges()?;
    race()?;
    spiral()
}

fn losses() -> Result<()> {
    save(
        "losses",
        function_plot(
            "What an error costs",
            ("error", "loss"),
            (-3.0, 3.0),
            &[("squared", &|e| e * e), ("absolute", &|e| e.abs())],
        )?,
    )?;
    save(
        "surprise",
        function_plot(
            "What it costs to give the truth a probability of p",
            ("p", "loss"),
            (0.01, 1.0),
            &[("−ln p", &|p| -p.ln())],
        )?,
    )
}

fn landscapes() -> Result<()> {
    let walks = [-3.0, 0.0, 0.6, 3.0].map(|start| {
        let places = step2_descent::descend(two_valleys, start, 0.05, 60);
        (format!("from {start}").replace('-', "−"), places)
    });
    save(
        "valleys",
        descent_curve(
            "Two valleys: where you start decides",
            two_valleys,
            (-3.2, 3.2),
            &walks,
        )?,
    )?;
    let walks = [0.05, 0.3, 0.95, 1.05].map(|rate| {
        (
            format!("η = {rate}"),
            step2_descent::descend(|w| w * w, -1.0, rate, 10),
        )
    });
    save(
        "rates",
        descent_curve("Ten steps down w² from −1", |w| w * w, (-1.7, 1.7), &walks)?,
    )
}

fn graphs() -> Result<()> {
    let line = [
        GraphNode::new("x", 2.0, 3.0, []),
        GraphNode::new("w", 3.0, 2.0, []),
        GraphNode::new("b", 1.0, 1.0, []),
        GraphNode::new("y_true", 4.0, -1.0, []),
        GraphNode::new("×", 6.0, 1.0, [0, 1]),
        GraphNode::new("+", 7.0, 1.0, [4, 2]),
        GraphNode::new("|a − b|", 3.0, 1.0, [5, 3]),
    ];
    save(
        "graph-line",
        computation_graph("loss = |y_true − (x · w + b)|", &line)?,
    )?;
    let product = [
        GraphNode::new("x", -2.0, -4.0, []),
        GraphNode::new("y", 5.0, -4.0, []),
        GraphNode::new("z", -4.0, 3.0, []),
        GraphNode::new("+", 3.0, -4.0, [0, 1]),
        GraphNode::new("×", -12.0, 1.0, [3, 2]),
    ];
    save(
        "graph-product",
        computation_graph("f = (x + y) · z", &product)?,
    )
}

/// How wrong a measured slope is, over the size of the nudge.
fn nudges() -> Result<()> {
    let exact = 1.0_f64.cos();
    let error = |measured: f64| ((measured - exact).abs() / exact).max(1e-16).log10();
    let one = |e: f64| {
        let h = 10f64.powf(e);
        error(((1.0 + h).sin() - 1.0_f64.sin()) / h)
    };
    let both = |e: f64| {
        let h = 10f64.powf(e);
        error(((1.0 + h).sin() - (1.0 - h).sin()) / (2.0 * h))
    };
    let single = |e: f64| {
        let h = 10f32.powf(e as f32);
        error(f64::from(((1.0 + h).sin() - (1.0 - h).sin()) / (2.0 * h)))
    };
    for e in [-1.0, -3.0, -5.0, -7.0, -9.0, -11.0] {
        println!(
            "h = 1e{e}: one side {:.1}, both sides {:.1}, both in f32 {:.1}",
            one(e),
            both(e),
            single(e)
        );
    }
    save(
        "nudges",
        function_plot(
            "How wrong a measured slope is",
            ("log₁₀ of the nudge h", "log₁₀ of the relative error"),
            (-12.0, -0.5),
            &[
                ("one side", &one),
                ("both sides", &both),
                ("both sides, f32", &single),
            ],
        )?,
    )
}

fn race() -> Result<()> {
    let height = |a: f64, b: f64| ravine(&[a, b]).0;
    let run = |name: &str, optimizer: &mut dyn Optimizer| {
        Path::new(name, descend(optimizer, ravine, &[-8.0, 2.0], 1e-4, 300))
    };
    let momentum = [
        run("SGD, η = 0.9", &mut Sgd { learning_rate: 0.9 }),
        run("momentum 0.5, η = 0.5", &mut Momentum::new(0.5, 0.5, 2)),
        run(
            "the slide's, 0.5, η = 0.5",
            &mut SlideMomentum::new(0.5, 0.5, 2),
        ),
    ];
    let adaptive = [
        run("Adagrad, η = 2", &mut Adagrad::new(2.0, 2)),
        run("RMSprop, η = 0.1", &mut RmsProp::new(0.1, 0.9, 2)),
        run("Adam, η = 0.5", &mut Adam::new(0.5, 2)),
    ];
    let (x, y) = ((-9.0, 2.0), (-2.5, 2.5));
    save(
        "ravine-momentum",
        descent_paths("SGD and momentum in the ravine", height, x, y, &momentum)?,
    )?;
    save(
        "ravine-adaptive",
        descent_paths("Adaptive steps in the ravine", height, x, y, &adaptive)?,
    )
}

fn spiral() -> Result<()> {
    let seed = Seed(42);
    let data = spirals(100, 3, 0.2, seed.derive("train"))?;
    let (x, labels) = points(&data)?;
    let linear = Linear::trained(&x, &labels, 3, 0.5, 500);
    let mut net = Net::random(2, 100, 3, seed)?;
    let mut optimizers: [Box<dyn Optimizer>; 4] = net
        .parts()
        .map(|part| Box::new(Momentum::new(0.1, 0.9, part.len())) as Box<dyn Optimizer>);
    let settings = Settings {
        epochs: 200,
        batch_size: 32,
        seed,
    };
    train(&mut net, &x, &labels, settings, &mut optimizers);
    let share = |p: &Matrix| 100.0 * accuracy(&classes(p), &labels);
    let (one, two) = (
        share(&linear.probabilities(&x)),
        share(&forward(&net, &x).probabilities),
    );
    println!("linear {one:.1} %, 100 ReLUs {two:.1} %");
    let figure = decision_boundary(&data, |plane| answers(plane, |x| linear.probabilities(x)))?;
    save(
        "spiral-linear",
        figure.titled(format!("Linear: {one:.0} %")),
    )?;
    let figure = decision_boundary(&data, |plane| {
        answers(plane, |x| forward(&net, x).probabilities)
    })?;
    save(
        "spiral-net",
        figure.titled(format!("100 ReLUs by hand: {two:.0} %")),
    )
}

/// What a net by hand says to a tensor of points.
fn answers(plane: &Tensor, net: impl Fn(&Matrix) -> Matrix) -> Result<Tensor> {
    let p = net(&Matrix::from_rows(
        plane.to_dtype(DType::F64)?.to_vec2::<f64>()?,
    ));
    Ok(Tensor::from_slice(p.values(), p.shape(), plane.device())?.to_dtype(DType::F32)?)
}

fn save(name: &str, figure: Figure) -> Result<()> {
    let figures =
        FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../exercises/lesson2-backprop/figures");
    if let Some(folder) = std::env::var_os("DLKIT_OUT") {
        figure.save(FilePath::new(&folder).join(name))?;
    }
    write_whole(
        &figures.join(format!("{name}.svg")),
        figure.svg()?.as_bytes(),
    )
}
