//! Draws the figures of the lesson's README, all from data that dlkit draws itself, so that they can be drawn again anywhere.
//!
//! `cargo run -p lesson4-cnn-solution --example figures-lesson4-cnn-solution`

use dlkit::data::Digits;
use dlkit::plot::{Figure, MapRow, function_plot, maps, weights};
use dlkit::prelude::*;
use lesson4_solution::step1_cross_correlation::{Grid, cross_correlate};
use lesson4_solution::step6_receptive_field::{KERAS_CNN, seen};
use lesson4_solution::{
    step2_filters, step4_channels, step5_pooling, step7_learning_a_kernel, step8_networks,
    step9_shifts,
};
use std::path::Path;

const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../exercises/lesson4-cnn/figures"
);
const SEED: Seed = Seed(42);

fn main() -> Result<()> {
    let digits = Digits::generate(12_000, 2_000, SEED)?;
    let images = (digits.test_images.narrow(0, 0, 40)?.to_dtype(DType::F32)? / 255.)?;
    let labels: Vec<u32> = digits.test_labels.narrow(0, 0, 40)?.to_vec1()?;
    by_hand()?;
    filters(&images)?;
    pooling()?;
    field(&images.get(0)?)?;
    kernel(&images, &labels)?;
    nets(
        &step8_networks::with_channel(&digits.train_dataset()?)?,
        &step8_networks::with_channel(&digits.test_dataset()?)?,
    )
}

fn as_tensor(grid: &Grid) -> Result<Tensor> {
    let values: Vec<f32> = grid.iter().flatten().map(|v| *v as f32).collect();
    let shape = (grid.len(), grid[0].len());
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

fn grid<const W: usize, const H: usize>(rows: [[i32; W]; H]) -> Grid {
    rows.map(|row| row.map(f64::from).to_vec()).to_vec()
}

fn by_hand() -> Result<()> {
    let picture = grid([[0, 1, 2], [3, 4, 5], [6, 7, 8]]);
    let kernel = grid([[0, 1], [2, 3]]);
    let map = cross_correlate(&picture, &kernel);
    let row = |title: &str, grid: &Grid, side: f64| -> Result<MapRow> {
        Ok(MapRow::new(title, &as_tensor(grid)?)?
            .at_most(side)
            .numbered())
    };
    let figure = maps(&[
        row("picture", &picture, 180.)?,
        row("kernel", &kernel, 120.)?.beside(),
        row("map", &map, 120.)?.beside(),
    ])?;
    write("by-hand", &figure.titled("Cross-correlation"))
}

fn filters(images: &Tensor) -> Result<()> {
    let one = step2_filters::one()?;
    let filters = [
        step2_filters::vertical()?,
        step2_filters::horizontal()?,
        step2_filters::diagonal()?,
    ];
    let names = ["vertical", "horizontal", "diagonal"];
    let found: Vec<Tensor> = filters
        .iter()
        .map(|filter| step2_filters::response(&one, filter))
        .collect::<Result<_>>()?;
    let figure = maps(&[
        MapRow::new("the \"1\"", &one)?
            .at_most(200.)
            .without_scale(),
        MapRow::new("filters", &Tensor::stack(&filters, 0)?)?
            .at_most(110.)
            .numbered()
            .beside(),
        MapRow::new("what they find", &Tensor::stack(&found, 0)?)?
            .named(names)
            .numbered(),
    ])?;
    write("one", &figure.titled("Three filters on the \"1\""))?;

    let some = images.narrow(0, 0, 8)?;
    let mut rows = vec![MapRow::new("digits", &some)?.at_most(120.).without_scale()];
    for (name, filter) in names.iter().zip(&filters) {
        let filter = step2_filters::balanced(filter)?;
        let found: Vec<Tensor> = (0..8)
            .map(|i| step2_filters::detected(&some.get(i)?, &filter))
            .collect::<Result<_>>()?;
        rows.push(
            MapRow::new(
                format!("{name}, balanced and rectified"),
                &Tensor::stack(&found, 0)?,
            )?
            .at_most(120.),
        );
    }
    write(
        "strokes",
        &maps(&rows)?.titled("Where in a digit are which strokes?"),
    )
}

fn pooling() -> Result<()> {
    let map = grid([
        [1, 5, 2, 0, 7],
        [3, 4, 8, 1, 0],
        [0, 2, 1, 1, 3],
        [6, 2, 1, 1, 2],
        [4, 0, 9, 3, 5],
    ]);
    let pooled = step5_pooling::max_pool(&map, 2);
    let gradients = grid([[10, 20], [30, 40]]);
    let back = step5_pooling::max_pool_backward(&pooled.winners, &gradients, (5, 5));
    let row = |title: &str, grid: &Grid, side: f64| -> Result<MapRow> {
        Ok(MapRow::new(title, &as_tensor(grid)?)?
            .at_most(side)
            .numbered())
    };
    let figure = maps(&[
        row("a map of 5 × 5", &map, 210.)?,
        row("pooled in blocks of 2", &pooled.values, 84.)?.beside(),
        row("gradients arrive", &gradients, 84.)?.beside(),
        row("and go back", &back, 210.)?.beside(),
    ])?;
    write("pooling", &figure.titled("Max-pooling, there and back"))
}

/// The pixels that one number sees, behind each of the four layers.
fn field(digit: &Tensor) -> Result<()> {
    let pixels: Grid = digit.to_dtype(DType::F64)?.to_vec2()?;
    let places = [(8, 9), (4, 4), (3, 3), (1, 1)];
    let names = ["convolution 3", "pooling 2", "convolution 3", "pooling 2"];
    let fields: Vec<Tensor> = (0..4)
        .map(|last| {
            let layers = &KERAS_CNN[..=last];
            let (rows, columns) = (seen(layers, places[last].0), seen(layers, places[last].1));
            let shaded: Grid = pixels
                .iter()
                .enumerate()
                .map(|(y, row)| {
                    let inside = |x: usize| rows.contains(&y) && columns.contains(&x);
                    row.iter()
                        .enumerate()
                        .map(|(x, p)| if inside(x) { 0.25 + 0.75 * p } else { -0.5 * p })
                        .collect()
                })
                .collect();
            as_tensor(&shaded)
        })
        .collect::<Result<_>>()?;
    let row = MapRow::new("after each layer", &Tensor::stack(&fields, 0)?)?
        .named(names)
        .without_scale();
    write(
        "field",
        &maps(&[row])?.titled("What one number sees of a digit"),
    )
}

fn kernel(images: &Tensor, labels: &[u32]) -> Result<()> {
    let which = labels.iter().position(|label| *label == 7).unwrap_or(0);
    let digit = images.get(which)?;
    let hidden = grid([[1, 0, -1], [2, 0, -2], [1, 0, -1]]);
    let picture: Grid = digit.to_dtype(DType::F64)?.to_vec2()?;
    let target = cross_correlate(&picture, &hidden);
    let kernels: Vec<Tensor> = [0, 10, 100, 3000]
        .into_iter()
        .map(|steps| {
            let learned = step7_learning_a_kernel::learn(&picture, &target, 3, 0.5, steps, SEED);
            as_tensor(&learned.kernel)
        })
        .chain([as_tensor(&hidden)])
        .collect::<Result<_>>()?;
    let figure = maps(&[
        MapRow::new("picture", &digit)?.at_most(170.),
        MapRow::new(
            "the map that a hidden kernel made of it",
            &as_tensor(&target)?,
        )?
        .at_most(170.)
        .beside(),
        MapRow::new("the kernel", &Tensor::stack(&kernels, 0)?)?
            .named([
                "random",
                "10 steps",
                "100 steps",
                "3,000 steps",
                "the hidden one",
            ])
            .numbered(),
    ])?;
    write(
        "kernel",
        &figure.titled("A kernel is found by gradient descent"),
    )
}

fn nets(train: &Dataset, test: &Dataset) -> Result<()> {
    let mut cnn = step8_networks::keras_cnn(SEED, &Device::Cpu)?;
    let width = step8_networks::equal_width(cnn.parameters());
    let mut rival = step8_networks::mlp(width, SEED, &Device::Cpu)?;
    let mut augmented = step9_shifts::augmented_cnn(SEED, &Device::Cpu)?;
    for model in [&mut cnn, &mut rival] {
        let settings = Fit {
            epochs: 5,
            batch_size: 64,
            ..Fit::default()
        };
        model.fit(train, settings)?;
    }
    step9_shifts::fit_long(&mut augmented, train, 8, 64, Progress::Auto)?;

    let kernel = cnn.variable("conv2d/kernel")?.tensor().detach();
    let filters = weights(&kernel.squeeze(1)?)?;
    write(
        "filters",
        &filters.titled("The 32 filters of the first layer"),
    )?;

    let digit = test.inputs().narrow(0, 0, 1)?;
    let conv = |x: &Tensor, layer: &str| -> Result<Tensor> {
        let of = |part: &str| -> Result<Tensor> {
            Ok(cnn.variable(&format!("{layer}/{part}"))?.tensor().detach())
        };
        Ok(step4_channels::conv_layer(x, &of("kernel")?, &of("bias")?)?.relu()?)
    };
    let pool = |x: &Tensor| dlkit::ops::max_pool2d(x, &dlkit::ops::Pooling::new(2));
    let first = conv(&digit, "conv2d")?;
    let first_pooled = pool(&first)?;
    let second = conv(&first_pooled, "conv2d_1")?;
    let row = |title: &str, maps: &Tensor| -> Result<MapRow> {
        let maps = maps.squeeze(0)?;
        let some = maps.narrow(0, 0, maps.dim(0)?.min(10))?;
        Ok(MapRow::new(title, &some)?.at_most(110.))
    };
    let figure = maps(&[
        row("the digit, 28 × 28", &digit)?,
        row("10 of 32 maps of the first convolution, 26 × 26", &first)?,
        row("pooled, 13 × 13", &first_pooled)?,
        row("10 of 64 maps of the second convolution, 11 × 11", &second)?,
        row("pooled, 5 × 5", &pool(&second)?)?,
    ])?;
    write("maps", &figure.titled("A digit on its way through the net"))?;

    let row = |model: &Model| -> Result<Vec<f64>> {
        (0..=5)
            .map(|pixels| step9_shifts::accuracy_when_shifted(model, test, pixels))
            .collect()
    };
    let rows = [row(&augmented)?, row(&cnn)?, row(&rival)?];
    for (name, row) in ["augmented", "keras-io's", "dense"].iter().zip(&rows) {
        println!("  {name}: {row:.3?}");
    }
    let line = |row: &[f64]| {
        let row = row.to_vec();
        move |x: f64| {
            let from = (x.floor() as usize).min(row.len() - 2);
            100. * (row[from] + (x - from as f64) * (row[from + 1] - row[from]))
        }
    };
    let (long, conv, dense) = (line(&rows[0]), line(&rows[1]), line(&rows[2]));
    let figure = function_plot(
        "2,000 unseen digits, moved",
        ("moved by, in pixels", "accuracy in %"),
        (0., 5.),
        &[
            ("with augmentation", &long),
            ("keras-io's net", &conv),
            (&format!("784-{width}-10"), &dense),
        ],
    )?;
    write("shifts", &figure)
}

/// Writes the SVG alone: that is what the README shows.
fn write(name: &str, figure: &Figure) -> Result<()> {
    std::fs::create_dir_all(FOLDER)?;
    let path = Path::new(FOLDER).join(format!("{name}.svg"));
    std::fs::write(&path, figure.svg()?)?;
    if let Some(folder) = std::env::var_os("DLKIT_OUT") {
        figure.save(Path::new(&folder).join(name))?;
    }
    println!("wrote {name}.svg");
    Ok(())
}
