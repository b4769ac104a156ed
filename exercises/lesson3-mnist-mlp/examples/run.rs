//! Trains the nets of lesson 3 with your own functions: on MNIST where it is to be had, else on drawn digits.
//!
//! `cargo xtask run lesson3`, with `--model NAME` or `--all`. Pictures and `run.json` go to `target/workshop/lesson3/`.

use dlkit::data::{Images, mnist_or_digits};
use dlkit::plot::{
    Curve, Figure, Scale, confusion, curves, digit_sheet, kernel_columns, loss_curves,
};
use dlkit::prelude::*;
use dlkit::run::{Run, Trained};
use lesson3::step4_forward::{self, Mlp};
use lesson3::step6_training_loop::{self, Settings};
use lesson3::{step2_preprocessing, step9_networks};
use std::time::Instant;

/// A digit reader of step 9, with the settings of the course and what Keras reached with them.
struct Reader {
    name: &'static str,
    net: &'static str,
    build: fn(Seed, &Device) -> Result<Model>,
    epochs: usize,
    keras: &'static str,
}

const READERS: [Reader; 3] = [
    Reader {
        name: "512-relu",
        net: "784-512-10 relu",
        build: step9_networks::relu_512,
        epochs: 5,
        keras: "97.7 to 98.3 %",
    },
    Reader {
        name: "drawn",
        net: "784-16-16-10 sigmoid, as drawn",
        build: step9_networks::drawn,
        epochs: 10,
        keras: "93.2 to 93.5 %",
    },
    Reader {
        name: "printed",
        net: "784-784-16-16-10 sigmoid, as printed",
        build: step9_networks::printed,
        epochs: 10,
        keras: "96.4 to 96.9 %",
    },
];

const BATCH_SIZE: usize = 128;
const SEED: Seed = Seed(42);

pub(crate) fn main() -> Result<()> {
    let mut run = Run::from_args(
        "lesson3",
        &["512-relu", "drawn", "printed", "by-hand", "regression"],
    )?;
    let device = device()?;
    let images = mnist_or_digits()?;
    println!("Data: {}", images.source);
    if images.source.is_stand_in() {
        println!("  (about as hard; the figures of Keras below are for the real MNIST)");
    }
    for reader in &READERS {
        if run.trains(reader.name) {
            read_digits(reader, &images, &device, &mut run)?;
        }
    }
    if run.trains("by-hand") {
        by_hand(&images, &device, &mut run)?;
    }
    if run.trains("regression") {
        regression(&device, &mut run)?;
    }
    run.finish(images.source.name())?;
    Ok(())
}

/// Trains a net of step 9 and looks at what it has learned.
fn read_digits(reader: &Reader, images: &Images, device: &Device, run: &mut Run) -> Result<()> {
    let on_device = images.to_device(device)?;
    let (train, test) = (on_device.train_dataset()?, on_device.test_dataset()?);
    let mut model = (reader.build)(SEED, device)?;
    println!("\n{}: {}\n{}", reader.name, reader.net, model.summary());
    let settings = Fit {
        epochs: reader.epochs,
        batch_size: BATCH_SIZE,
        ..Fit::default()
    };
    let history = model.fit(&train, settings)?;

    let probabilities = model.predict(test.inputs())?.to_device(&Device::Cpu)?;
    let accuracy = ConfusionMatrix::new(&probabilities, &images.test_labels)?.accuracy();
    run.record(
        Trained::new(reader.name)
            .parameters(model.parameters())
            .epochs(history.epochs())
            .seconds(history.seconds)
            .score("test_accuracy", accuracy),
    );
    println!(
        "  here {:.2} %, Keras on MNIST {}",
        100. * accuracy,
        reader.keras
    );

    let title = |what: &str| format!("{}: {what}", reader.net);
    run.save(
        &format!("{}-curves", reader.name),
        &loss_curves(history.curves())?.titled(title("training")),
    )?;
    draw_answers(run, reader.name, reader.net, &probabilities, images)?;
    let kernel = model
        .variable("dense/kernel")?
        .tensor()
        .detach()
        .to_device(&Device::Cpu)?;
    let some = kernel.narrow(1, 0, kernel.dim(1)?.min(64))?.contiguous()?;
    run.save(
        &format!("{}-weights", reader.name),
        &kernel_columns(&some, (28, 28))?.titled(title("first layer")),
    )
}

/// Steps 2 to 6 together: your preprocessing, net, loss and loop.
fn by_hand(images: &Images, device: &Device, run: &mut Run) -> Result<()> {
    const NET: &str = "784-128-10 by hand";
    let rows = |images: &Tensor| -> Result<Tensor> {
        Ok(step2_preprocessing::preprocess(images)?.to_device(device)?)
    };
    let train = Dataset::new(
        rows(&images.train_images)?,
        images.train_labels.to_device(device)?,
    )?;
    let net = Mlp::new(784, 128, 10, SEED, device)?;
    let settings = Settings {
        epochs: 10,
        batch_size: BATCH_SIZE,
        learning_rate: 0.1,
        seed: SEED,
    };
    println!(
        "\nby-hand: {NET}, {} epochs of plain gradient descent, η = {}",
        settings.epochs, settings.learning_rate
    );
    let started = Instant::now();
    let losses = step6_training_loop::train(&net, &train, settings)?;
    let seconds = started.elapsed().as_secs_f64();

    let logits = step4_forward::forward(&net, &rows(&images.test_images)?)?;
    let logits = logits.detach().to_device(&Device::Cpu)?;
    run.record(
        Trained::new("by-hand")
            .parameters(step4_forward::parameter_count(&net))
            .epochs(losses.len())
            .seconds(seconds)
            .score(
                "test_accuracy",
                ConfusionMatrix::new(&logits, &images.test_labels)?.accuracy(),
            ),
    );
    let figure = curves(
        &format!("{NET}: training"),
        "loss",
        &[Curve::new("loss", losses)],
        Scale::Linear,
    )?;
    run.save("by-hand-curves", &figure)?;
    draw_answers(run, "by-hand", NET, &logits, images)
}

/// Draws which digits are taken for which, the first test images with what was said, and the first that were misread.
fn draw_answers(run: &Run, name: &str, net: &str, scores: &Tensor, images: &Images) -> Result<()> {
    let matrix = ConfusionMatrix::new(scores, &images.test_labels)?;
    if let Some((truth, said, count)) = matrix.most_confused() {
        println!("  most often, a {truth} is taken for a {said}: {count} times");
    }
    run.save(
        &format!("{name}-confusion"),
        &confusion(matrix.counts(), &images.class_names)?.titled(format!("{net}: confusion")),
    )?;

    let said = scores.argmax(D::Minus1)?;
    let sheet = |which: &[u32], title: &str| -> Result<Figure> {
        let which = Tensor::new(which, &Device::Cpu)?;
        let pick = |tensor: &Tensor| tensor.index_select(&which, 0);
        let figure = digit_sheet(
            &pick(&images.test_images)?,
            &pick(&images.test_labels)?,
            Some(&pick(&said)?),
        )?;
        Ok(figure.titled(format!("{net}: {title}")))
    };
    let first: Vec<u32> = (0..40.min(said.dim(0)? as u32)).collect();
    run.save(
        &format!("{name}-digits"),
        &sheet(&first, "the first test images")?,
    )?;
    let answers: Vec<u32> = said.to_vec1()?;
    let labels: Vec<u32> = images.test_labels.to_vec1()?;
    let misread: Vec<u32> = (0u32..)
        .zip(answers.iter().zip(&labels))
        .filter(|(_, (a, l))| a != l)
        .map(|(i, _)| i)
        .take(40)
        .collect();
    if !misread.is_empty() {
        run.save(
            &format!("{name}-misread"),
            &sheet(&misread, "test images that it misreads")?,
        )?;
    }
    Ok(())
}

/// The regression net of step 9 on made-up houses.
fn regression(device: &Device, run: &mut Run) -> Result<()> {
    const COLUMNS: usize = 13;
    let data = houses(506, COLUMNS, device)?;
    let mut model = step9_networks::regression(COLUMNS, SEED, device)?;
    println!(
        "\nregression: the prices of 506 made-up houses, the last quarter held back\n{}",
        model.summary()
    );
    let history = step9_networks::fit_regression(&mut model, &data, 300, Progress::Auto)?;
    let (_, held_back) = data.split(0.25)?;
    let error = model.evaluate(&held_back)?.loss();
    run.record(
        Trained::new("regression")
            .parameters(model.parameters())
            .epochs(history.epochs())
            .seconds(history.seconds)
            .score("validation_mse", error),
    );
    let mean = scalar(&held_back.targets().mean_all()?)?;
    let spread = scalar(&(held_back.targets() - mean)?.sqr()?.mean_all()?)?;
    println!("  always saying the mean price would give {spread:.4}");
    let losses: Vec<(String, Vec<f64>)> = history
        .curves()
        .iter()
        .filter(|(name, _)| name.ends_with("loss"))
        .cloned()
        .collect();
    run.save(
        "regression-curves",
        &loss_curves(&losses)?.titled("13-15-5-1: training"),
    )
}

/// A table of `n` houses and their prices. Each column is a normal number; the price depends on some of them, not in a straight
/// line, and a little on chance.
fn houses(n: usize, columns: usize, device: &Device) -> Result<Dataset> {
    let table = Initializer::Normal(1.).tensor(&[n, columns], SEED.derive("houses"), device)?;
    let chance = Initializer::Normal(0.3).tensor(&[n, 1], SEED.derive("chance"), device)?;
    let column = |i: usize| table.narrow(1, i, 1);
    let rooms = (column(0)? * 1.5)?;
    let river = (column(1)?.relu()? * 2.)?;
    let noise = (column(2)? * column(3)?)?;
    let price = ((rooms + river)? - noise)?;
    Dataset::new(table.clone(), (price + chance)?)
}

fn scalar(tensor: &Tensor) -> Result<f64> {
    Ok(tensor.to_dtype(DType::F64)?.to_scalar()?)
}
