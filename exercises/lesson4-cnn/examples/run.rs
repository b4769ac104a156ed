//! Trains the nets of lesson 4 with your own functions: on MNIST where it is to be had, else on drawn digits.
//!
//! `cargo xtask run lesson4`, with `--model NAME` or `--all`. Pictures and `run.json` go to `target/workshop/lesson4/`.

use dlkit::data::{Images, mnist_or_digits};
use dlkit::plot::{
    Figure, MapRow, confusion, digit_sheet, function_plot, loss_curves, maps, weights,
};
use dlkit::prelude::*;
use dlkit::run::{Run, Trained};
use lesson4::step1_cross_correlation::Grid;
use lesson4::{
    step1_cross_correlation, step2_filters, step4_channels, step5_pooling, step7_learning_a_kernel,
    step8_networks, step9_shifts,
};

const BATCH_SIZE: usize = 128;
const SEED: Seed = Seed(42);
/// How far the test digits are moved at most.
const FARTHEST: i64 = 5;

pub(crate) fn main() -> Result<()> {
    let mut run = Run::from_args("lesson4", &["keras-cnn", "long", "compare", "kernel"])?;
    let device = device()?;
    let images = mnist_or_digits()?;
    println!("Data: {}", images.source);
    if images.source.is_stand_in() {
        println!("  (about as hard; the figures of Keras below are for the real MNIST)");
    }
    if run.trains("keras-cnn") {
        println!("\nkeras-cnn: keras-io's net, 5 epochs");
        let model = step8_networks::keras_cnn(SEED, &device)?;
        let keras = "98.85 and 98.85 %";
        read_digits(
            "keras-cnn",
            model,
            keras,
            &images,
            &mut run,
            |model, train| model.fit(train, settings(5)),
        )?;
    }
    if run.trains("long") {
        println!("\nlong: moved and turned images, a falling learning rate, 12 epochs");
        let model = step9_shifts::augmented_cnn(SEED, &device)?;
        let keras = "99.22 % after 15 epochs with dropout";
        read_digits("long", model, keras, &images, &mut run, |model, train| {
            step9_shifts::fit_long(model, train, 12, BATCH_SIZE, Progress::Auto)
        })?;
    }
    if run.trains("compare") {
        compare(&images, &device, &mut run)?;
    }
    if run.trains("kernel") {
        kernel(&images, &mut run)?;
    }
    run.finish(images.source.name())?;
    Ok(())
}

fn settings(epochs: usize) -> Fit<'static> {
    Fit {
        epochs,
        batch_size: BATCH_SIZE,
        ..Fit::default()
    }
}

/// Training and test images with the axis of the channels, on the model's device.
fn prepared(images: &Images, device: &Device) -> Result<(Dataset, Dataset)> {
    let images = images.to_device(device)?;
    Ok((
        step8_networks::with_channel(&images.train_dataset()?)?,
        step8_networks::with_channel(&images.test_dataset()?)?,
    ))
}

/// Trains a conv net and looks at what it has learned.
fn read_digits(
    name: &str,
    mut model: Model,
    keras: &str,
    images: &Images,
    run: &mut Run,
    fit: impl FnOnce(&mut Model, &Dataset) -> Result<History>,
) -> Result<()> {
    println!("{}", model.summary());
    let (train, test) = prepared(images, &model.device().clone())?;
    let history = fit(&mut model, &train)?;
    let probabilities = model.predict(test.inputs())?.to_device(&Device::Cpu)?;
    let accuracy = ConfusionMatrix::new(&probabilities, &images.test_labels)?.accuracy();
    let moved = step9_shifts::accuracy_when_shifted(&model, &test, 2)?;
    run.record(
        Trained::new(name)
            .parameters(model.parameters())
            .epochs(history.epochs())
            .seconds(history.seconds)
            .score("test_accuracy", accuracy)
            .score("moved_by_2_accuracy", moved),
    );
    println!("  here {:.2} %, Keras on MNIST {keras}", 100. * accuracy);
    run.save(
        &format!("{name}-curves"),
        &loss_curves(history.curves())?.titled(format!("{name}: training")),
    )?;
    draw_answers(run, name, &probabilities, images)?;
    let filters = variable(&model, "conv2d/kernel")?.squeeze(1)?;
    run.save(
        &format!("{name}-filters"),
        &weights(&filters)?.titled(format!("{name}: the 32 filters of the first layer")),
    )?;
    let digit = test.inputs().narrow(0, 0, 1)?.to_device(&Device::Cpu)?;
    look_inside(name, &model, &digit, run)
}

/// The weights of a layer, for looking at them.
fn variable(model: &Model, name: &str) -> Result<Tensor> {
    let weights = model.variable(name)?.tensor().detach();
    Ok(weights.to_device(&Device::Cpu)?)
}

/// Sends a digit through your own convolution (step 4) and pooling (step 5) with the weights of the trained net, draws what comes out of
/// each, and holds the end against what the net itself says.
fn look_inside(name: &str, model: &Model, digit: &Tensor, run: &Run) -> Result<()> {
    let of = |layer: &str, part: &str| variable(model, &format!("{layer}/{part}"));
    let conv = |x: &Tensor, layer: &str| -> Result<Tensor> {
        let maps = step4_channels::conv_layer(x, &of(layer, "kernel")?, &of(layer, "bias")?)?;
        Ok(maps.relu()?)
    };
    let first = conv(digit, "conv2d")?;
    let first_pooled = pooled(&first)?;
    let second = conv(&first_pooled, "conv2d_1")?;
    let second_pooled = pooled(&second)?;
    let votes = second_pooled
        .flatten_from(1)?
        .matmul(&of("dense", "kernel")?)?
        .broadcast_add(&of("dense", "bias")?)?;
    let yours: u32 = votes.argmax(D::Minus1)?.squeeze(0)?.to_scalar()?;
    let says = model
        .predict(&digit.to_device(model.device())?)?
        .to_device(&Device::Cpu)?;
    let likely = dlkit::ops::softmax(&votes)?;
    let apart: f32 = (likely - says)?.abs()?.max_all()?.to_scalar()?;
    println!(
        "  your own convolution and pooling, with these weights, read the first test digit as {yours}; the probabilities differ from the net's by at most {apart:.1e}"
    );
    let row = |title: &str, maps: &Tensor| -> Result<MapRow> {
        let maps = maps.squeeze(0)?;
        let some = maps.narrow(0, 0, maps.dim(0)?.min(10))?;
        Ok(MapRow::new(title, &some)?.at_most(116.))
    };
    let figure = maps(&[
        row("the digit, 28 × 28", digit)?,
        row("10 of 32 maps of the first convolution, 26 × 26", &first)?,
        row("pooled, 13 × 13", &first_pooled)?,
        row("10 of 64 maps of the second convolution, 11 × 11", &second)?,
        row("pooled, 5 × 5", &second_pooled)?,
    ])?;
    run.save(
        &format!("{name}-maps"),
        &figure.titled(format!("{name}: a digit on its way through the net")),
    )
}

/// Your max-pooling, map by map: `(1, c, h, w)` to `(1, c, h / 2, w / 2)`.
fn pooled(maps: &Tensor) -> Result<Tensor> {
    let pooled: Vec<Tensor> = maps
        .squeeze(0)?
        .to_dtype(DType::F64)?
        .to_vec3::<f64>()?
        .iter()
        .map(|map| as_tensor(&step5_pooling::max_pool(map, 2).values))
        .collect::<Result<_>>()?;
    Ok(Tensor::stack(&pooled, 0)?.unsqueeze(0)?)
}

fn as_tensor(grid: &Grid) -> Result<Tensor> {
    let values: Vec<f32> = grid.iter().flatten().map(|v| *v as f32).collect();
    Ok(Tensor::from_vec(
        values,
        (grid.len(), grid[0].len()),
        &Device::Cpu,
    )?)
}

fn as_grid(picture: &Tensor) -> Result<Grid> {
    Ok(picture.to_dtype(DType::F64)?.to_vec2()?)
}

/// Draws which digits are taken for which, and the first that were misread.
fn draw_answers(run: &Run, name: &str, scores: &Tensor, images: &Images) -> Result<()> {
    let matrix = ConfusionMatrix::new(scores, &images.test_labels)?;
    if let Some((truth, said, count)) = matrix.most_confused() {
        println!("  most often, a {truth} is taken for a {said}: {count} times");
    }
    run.save(
        &format!("{name}-confusion"),
        &confusion(matrix.counts(), &images.class_names)?.titled(format!("{name}: confusion")),
    )?;
    let said = scores.argmax(D::Minus1)?;
    let answers: Vec<u32> = said.to_vec1()?;
    let labels: Vec<u32> = images.test_labels.to_vec1()?;
    let misread: Vec<u32> = (0u32..)
        .zip(answers.iter().zip(&labels))
        .filter(|(_, (a, l))| a != l)
        .map(|(i, _)| i)
        .take(40)
        .collect();
    if misread.is_empty() {
        return Ok(());
    }
    let which = Tensor::new(misread, &Device::Cpu)?;
    let pick = |tensor: &Tensor| tensor.index_select(&which, 0);
    let sheet: Figure = digit_sheet(
        &pick(&images.test_images)?,
        &pick(&images.test_labels)?,
        Some(&pick(&said)?),
    )?;
    run.save(
        &format!("{name}-misread"),
        &sheet.titled(format!("{name}: test digits that it misreads")),
    )
}

/// keras-io's net against a dense net with as many parameters, on moved digits.
fn compare(images: &Images, device: &Device, run: &mut Run) -> Result<()> {
    let (train, test) = prepared(images, device)?;
    let mut cnn = step8_networks::keras_cnn(SEED, device)?;
    let width = step8_networks::equal_width(cnn.parameters());
    let mut rival = step8_networks::mlp(width, SEED, device)?;
    let names = ["keras-io's net".to_owned(), format!("784-{width}-10")];
    println!(
        "\ncompare: {} with {} parameters against {} with {}",
        names[0],
        cnn.parameters(),
        names[1],
        rival.parameters()
    );
    let mut rows: Vec<Vec<f64>> = Vec::new();
    let mut seconds = 0.;
    for model in [&mut cnn, &mut rival] {
        seconds += model.fit(&train, settings(5))?.seconds;
        rows.push(
            (0..=FARTHEST)
                .map(|pixels| step9_shifts::accuracy_when_shifted(model, &test, pixels))
                .collect::<Result<_>>()?,
        );
    }
    println!(
        "  test digits moved by    {}",
        columns(
            &(0..=FARTHEST)
                .map(|p| format!("{p} px"))
                .collect::<Vec<_>>()
        )
    );
    for (name, row) in names.iter().zip(&rows) {
        let texts: Vec<String> = row.iter().map(|a| format!("{:.2} %", 100. * a)).collect();
        println!("  {name:<22}  {}", columns(&texts));
    }
    run.record(
        Trained::new("compare")
            .parameters(cnn.parameters())
            .epochs(5)
            .seconds(seconds)
            .score("test_accuracy", rows[0][0])
            .score("dense_accuracy", rows[1][0])
            .score("moved_by_2_accuracy", rows[0][2])
            .score("dense_moved_by_2_accuracy", rows[1][2]),
    );
    let line = |row: &[f64]| {
        let row = row.to_vec();
        move |x: f64| {
            let from = (x.floor() as usize).min(row.len() - 2);
            100. * (row[from] + (x - from as f64) * (row[from + 1] - row[from]))
        }
    };
    let (conv, dense) = (line(&rows[0]), line(&rows[1]));
    let figure = function_plot(
        "Test digits that are not where they were",
        ("moved by, in pixels", "accuracy in %"),
        (0., FARTHEST as f64),
        &[(names[0].as_str(), &conv), (names[1].as_str(), &dense)],
    )?;
    run.save("compare-shifts", &figure)
}

fn columns(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{text:>9}")).collect()
}

/// The filters of step 2 on the "1", and your gradient descent of step 7.
fn kernel(images: &Images, run: &mut Run) -> Result<()> {
    let one = step2_filters::one()?;
    let filters = [
        step2_filters::vertical()?,
        step2_filters::horizontal()?,
        step2_filters::diagonal()?,
    ];
    let picture = as_grid(&one)?;
    let found: Vec<Tensor> = filters
        .iter()
        .map(|filter| {
            as_tensor(&step1_cross_correlation::cross_correlate(
                &picture,
                &as_grid(filter)?,
            ))
        })
        .collect::<Result<_>>()?;
    let names = ["vertical", "horizontal", "diagonal"];
    let figure = maps(&[
        MapRow::new("the \"1\"", &one)?
            .at_most(200.)
            .without_scale(),
        MapRow::new("filters", &Tensor::stack(&filters, 0)?)?
            .at_most(110.)
            .numbered()
            .beside(),
        MapRow::new("what they find", &Tensor::stack(&found, 0)?)?.named(names),
    ])?;
    println!("\nkernel: the three filters on the \"1\"");
    for (name, map) in names.iter().zip(&found) {
        let (largest, sum) = (
            map.max_all()?.to_scalar::<f32>()?,
            map.sum_all()?.to_scalar::<f32>()?,
        );
        println!(
            "  {name:<11} map {:?}, largest {largest}, sum {sum}",
            map.dims()
        );
    }
    run.save("kernel-one", &figure.titled("Three filters on the \"1\""))?;

    // What a filter for upright edges makes of a digit; which filter was it?
    let hidden: Grid = vec![vec![1., 0., -1.], vec![2., 0., -2.], vec![1., 0., -1.]];
    let digit = (images
        .test_images
        .narrow(0, 0, 1)?
        .squeeze(0)?
        .to_dtype(DType::F32)?
        / 255.)?;
    let picture = as_grid(&digit)?;
    let target = step1_cross_correlation::cross_correlate(&picture, &hidden);
    let started = std::time::Instant::now();
    const STEPS: usize = 3000;
    let learn = |steps| step7_learning_a_kernel::learn(&picture, &target, 3, 0.5, steps, SEED);
    let learned = learn(STEPS);
    let seconds = started.elapsed().as_secs_f64();
    let far = learned
        .kernel
        .iter()
        .flatten()
        .zip(hidden.iter().flatten())
        .fold(0f64, |most, (a, b)| most.max((a - b).abs()));
    println!(
        "  your gradient descent: no weight is further than {far:.4} from the filter that made the map"
    );
    run.record(
        Trained::new("kernel")
            .parameters(9)
            .steps(STEPS)
            .seconds(seconds)
            .score(
                "train_mse",
                *learned.losses.last().context("there was no step")?,
            ),
    );
    let kernels = [
        learn(0).kernel,
        learn(10).kernel,
        learn(100).kernel,
        learned.kernel.clone(),
        hidden,
    ];
    let tensors: Vec<Tensor> = kernels.iter().map(as_tensor).collect::<Result<_>>()?;
    let both = Tensor::stack(&tensors, 0)?;
    let figure = maps(&[
        MapRow::new("the digit", &digit)?.at_most(150.),
        MapRow::new("the map to be made", &as_tensor(&target)?)?
            .at_most(150.)
            .beside(),
        MapRow::new("the kernel", &both)?
            .named([
                "random",
                "10 steps",
                "100 steps",
                "3,000 steps",
                "hidden one",
            ])
            .numbered(),
    ])?;
    run.save(
        "kernel-learned",
        &figure.titled("A kernel is found by gradient descent"),
    )?;
    let losses = learned.losses;
    let log = move |step: f64| losses[(step as usize).min(losses.len() - 1)].log10();
    run.save(
        "kernel-loss",
        &function_plot(
            "Learning a kernel",
            ("step", "log₁₀ of the mean squared error"),
            (0., (STEPS - 1) as f64),
            &[("loss", &log)],
        )?,
    )
}
