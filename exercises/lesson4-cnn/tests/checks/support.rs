//! What several steps need.

use dlkit::data::Digits;
use dlkit::ops::{self, Convolution};
use dlkit::plot::{Figure, MapRow, maps};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson4::step1_cross_correlation::Grid;

/// A grid from whole numbers, as one writes it down.
pub(crate) fn grid<const W: usize, const H: usize>(rows: [[i32; W]; H]) -> Grid {
    rows.map(|row| row.map(f64::from).to_vec()).to_vec()
}

/// A grid of repeatable numbers between −1 and 1.
pub(crate) fn random(height: usize, width: usize, seed: u64) -> Grid {
    Draw::new(seed).rows(height, width, -1., 1.)
}

/// The picture 0, 1, 2, … in rows of `width`.
pub(crate) fn counted(height: usize, width: usize) -> Grid {
    (0..height)
        .map(|y| (0..width).map(|x| (y * width + x) as f64).collect())
        .collect()
}

pub(crate) fn size(grid: &Grid) -> String {
    let width = grid.first().map_or(0, Vec::len);
    if grid.iter().any(|row| row.len() != width) {
        let widths: Vec<usize> = grid.iter().map(Vec::len).collect();
        return format!("{} rows of the lengths {widths:?}", grid.len());
    }
    let rows = if grid.len() == 1 { "row" } else { "rows" };
    format!("{} {rows} of {width}", grid.len())
}

/// Cross-correlation with everything, plainly written, in the checks' own hand.
pub(crate) fn correlated(
    picture: &Grid,
    kernel: &Grid,
    padding: usize,
    stride: usize,
    dilation: usize,
) -> Grid {
    let (height, width) = (picture.len(), picture[0].len());
    let reach = |n: usize| dilation * (n - 1) + 1;
    let down = (height + 2 * padding - reach(kernel.len())) / stride + 1;
    let across = (width + 2 * padding - reach(kernel[0].len())) / stride + 1;
    // A pixel of the padded picture.
    let pixel = |row: usize, column: usize| {
        let inside = |place: usize, side: usize| (padding..padding + side).contains(&place);
        if inside(row, height) && inside(column, width) {
            picture[row - padding][column - padding]
        } else {
            0.
        }
    };
    let places = |side: usize| 0..side;
    let at = |y: usize, x: usize| -> f64 {
        places(kernel.len())
            .flat_map(|i| places(kernel[0].len()).map(move |j| (i, j)))
            .map(|(i, j)| {
                kernel[i][j] * pixel(y * stride + i * dilation, x * stride + j * dilation)
            })
            .sum()
    };
    places(down)
        .map(|y| places(across).map(|x| at(y, x)).collect())
        .collect()
}

pub(crate) fn plain(picture: &Grid, kernel: &Grid) -> Grid {
    correlated(picture, kernel, 0, 1, 1)
}

pub(crate) fn transposed(grid: &Grid) -> Grid {
    (0..grid[0].len())
        .map(|x| grid.iter().map(|row| row[x]).collect())
        .collect()
}

/// Turned by half a turn.
pub(crate) fn upside_down(grid: &Grid) -> Grid {
    let row = |row: &Vec<f64>| row.iter().rev().copied().collect();
    grid.iter().rev().map(row).collect()
}

pub(crate) fn times(grid: &Grid, factor: f64) -> Grid {
    grid.iter()
        .map(|row| row.iter().map(|v| v * factor).collect())
        .collect()
}

/// A well-known mistake: its short name, what to say, and the grid that it gives.
pub(crate) type Mistake = (&'static str, &'static str, Grid);

/// Compares two grids: their sizes, then their numbers. A mistake of another size can say what happened, too.
pub(crate) fn same_grid(name: &str, got: &Grid, want: &Grid, mistakes: &[Mistake]) -> Verdict {
    same_grid_or(name, got, want, mistakes, "")
}

/// The same, with what to look at when no mistake is recognised. What differs is drawn.
pub(crate) fn same_grid_or(
    name: &str,
    got: &Grid,
    want: &Grid,
    mistakes: &[Mistake],
    advice: &str,
) -> Verdict {
    judged(name, got, want, mistakes, advice).drawn(|| both(name, got, want))
}

/// Two grids beside each other; of equal size, with their difference.
fn both(name: &str, got: &Grid, want: &Grid) -> Result<Figure> {
    let sides = |grid: &Grid| (grid.len(), grid.first().map_or(0, Vec::len));
    if sides(got) == sides(want) {
        return compared_rows(name, got, want);
    }
    let longest = |(height, width): (usize, usize)| height.max(width) as f64;
    let all = longest(sides(got)).max(longest(sides(want)));
    let row = |title: &str, grid: &Grid| -> Result<MapRow> {
        let map = Tensor::from_vec(grid.concat(), sides(grid), &Device::Cpu)?;
        // A cell is as large in one as in the other.
        let row = MapRow::new(title, &map)?.at_most(220. * longest(sides(grid)) / all);
        Ok(if all <= 6. { row.numbered() } else { row })
    };
    let rows = [row("yours", got)?, row("should be", want)?.beside()];
    Ok(maps(&rows)?.titled(name))
}

/// Compares tensors whose last two axes are height and width, and draws the maps that differ.
pub(crate) fn same_maps(name: &str, got: &Tensor, want: &Tensor, slips: &[Slip]) -> Verdict {
    same(name, got, want, slips).drawn(|| maps_compared(name, got, want))
}

/// As many of them as there is room for, each with its place in the tensor.
pub(crate) fn maps_compared(name: &str, got: &Tensor, want: &Tensor) -> Result<Figure> {
    let (height, width) = (want.dim(D::Minus2)?, want.dim(D::Minus1)?);
    let in_a_row = |maps: &Tensor| maps.reshape(((), height, width));
    let (got, want_row) = (in_a_row(got)?, in_a_row(want)?);
    let n = want_row.dim(0)?.min(16);
    if n == 1 {
        return compared(name, &got.squeeze(0)?, &want_row.squeeze(0)?);
    }
    // The last axis before height and width runs fastest.
    let inner = want.dim(D::Minus(3))?;
    let named = |title: &str, all: &Tensor| -> Result<MapRow> {
        let places = (0..n).map(|i| match want.rank() {
            3 => format!("[{i}]"),
            _ => format!("[{}, {}]", i / inner, i % inner),
        });
        Ok(MapRow::new(title, &all.narrow(0, 0, n)?)?.named(places))
    };
    let rows = [
        named("yours", &got)?,
        named("should be", &want_row)?,
        named("yours − should be", &(&got - &want_row)?)?,
    ];
    Ok(maps(&rows)?.titled(name))
}

fn judged(name: &str, got: &Grid, want: &Grid, mistakes: &[Mistake], advice: &str) -> Verdict {
    let (height, width) = (want.len(), want[0].len());
    let alike = |other: &Grid| {
        got.len() == other.len()
            && got.iter().zip(other).all(|(a, b)| {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-9)
            })
    };
    if got.len() != height || got.iter().any(|row| row.len() != width) {
        let facts = format!(
            "{name} has {}, but it should have {}.",
            size(got),
            size(want)
        );
        if let Some((diagnosis, sentence, _)) = mistakes.iter().find(|(_, _, grid)| alike(grid)) {
            return slip(diagnosis, format!("{facts} {sentence}"));
        }
        return slip("wrong-size", format!("{facts} {advice}").trim_end());
    }
    let flat = |grid: &Grid| grid.concat();
    let mut comparison = expect(name).within(1e-9);
    if !advice.is_empty() {
        comparison = comparison.advice(advice);
    }
    for (diagnosis, sentence, grid) in mistakes {
        if grid.len() == height && grid[0].len() == width && *grid != *want {
            comparison = comparison.mistake(*diagnosis, *sentence, flat(grid));
        }
    }
    let as_tensor = |grid: &Grid| Tensor::from_vec(flat(grid), (height, width), &Device::Cpu);
    comparison.tensors_close(&as_tensor(got)?, &as_tensor(want)?)
}

/// A convolution layer by dlkit.
pub(crate) fn layer(pictures: &Tensor, kernel: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    ops::conv2d(pictures, kernel, bias, &Convolution::default())
}

/// Drawn digits to train on and to test on, `(n, 1, 28, 28)`: the checks need no file and no network.
pub(crate) fn digits(train: usize, test: usize) -> Result<(Dataset, Dataset)> {
    let images = Digits::generate(train, test, Seed(2026))?;
    let shaped = |data: Dataset| Dataset::new(data.inputs().unsqueeze(1)?, data.targets().clone());
    Ok((
        shaped(images.train_dataset()?)?,
        shaped(images.test_dataset()?)?,
    ))
}

/// keras-io's net, in the checks' own hand.
pub(crate) fn keras_net() -> Sequential {
    maps_of(Sequential::new())
        .add(Dropout::new(0.5))
        .add(Dense::new(10).softmax())
}

/// The same without dropout, behind the layers that stand in `net` already.
pub(crate) fn without_dropout(net: Sequential) -> Sequential {
    maps_of(net).add(Dense::new(10).softmax())
}

/// The layers that make maps, and `Flatten`, behind those that stand in `net` already.
pub(crate) fn maps_of(net: Sequential) -> Sequential {
    net.add(Conv2D::new(32, 3).relu())
        .add(MaxPooling2D::new(2))
        .add(Conv2D::new(64, 3).relu())
        .add(MaxPooling2D::new(2))
        .add(Flatten::new())
}

pub(crate) const SEED: Seed = Seed(4);

pub(crate) fn built(net: Sequential) -> Result<Model> {
    net.build((1, 28, 28), SEED, &Device::Cpu)
}

pub(crate) fn compiled(net: Sequential) -> Result<Model> {
    let mut model = built(net)?;
    model.compile(Adam::default(), SparseCategoricalCrossEntropy, [Accuracy]);
    Ok(model)
}

/// The layers as the summary names them, with their parameters.
pub(crate) fn layers(model: &Model) -> String {
    let of: Vec<String> = model
        .variables()
        .iter()
        .map(|variable| format!("{} {:?}", variable.name(), variable.tensor().dims()))
        .collect();
    of.join(", ")
}

/// A short training without any word.
pub(crate) fn quietly<'a>(epochs: usize, batch_size: usize) -> Fit<'a> {
    Fit {
        epochs,
        batch_size,
        progress: Progress::Silent,
        ..Fit::default()
    }
}

/// The losses of each epoch.
pub(crate) fn losses(history: &History) -> Vec<f64> {
    history.get("loss").unwrap_or_default().to_vec()
}

/// Wants a net to be compiled with Adam as it comes, the sparse cross-entropy and accuracy: tried on `data` for two short epochs.
pub(crate) fn learns_with_adam(
    name: &str,
    mut model: Model,
    data: &Dataset,
    net: impl Fn() -> Sequential,
) -> Verdict {
    let trained = |optimizer: &str| -> Result<Vec<f64>> {
        let mut model = compiled(net())?;
        match optimizer {
            "RMSprop" => model.compile(RmsProp::default(), SparseCategoricalCrossEntropy, ()),
            "plain SGD" => model.compile(Sgd::default(), SparseCategoricalCrossEntropy, ()),
            _ => {}
        }
        Ok(losses(&model.fit(data, quietly(2, 16))?))
    };
    let history = called(&format!("Training {name}"), model.fit(data, quietly(2, 16)))?;
    ensure!(
        history.get("accuracy").is_some(),
        "{name} is compiled without the metric Accuracy: hand it to `compiled`."
    );
    let got = losses(&history);
    let near = |other: &[f64]| {
        got.iter()
            .zip(other)
            .all(|(a, b)| (a - b).abs() <= 1e-3 * b.abs())
    };
    if near(&trained("Adam")?) {
        return Ok(());
    }
    for other in ["RMSprop", "plain SGD"] {
        if near(&trained(other)?) {
            return slip(
                "wrong-compile",
                format!(
                    "{name} learns with {other}: its first losses {got:.4?} are exactly those. Hand it to `compiled`."
                ),
            );
        }
    }
    fail!(
        "In its first two epochs {name} should have the losses {:.4?}, but it has {got:.4?}: is it the right net, and did you hand it to \
         `compiled`?",
        trained("Adam")?
    );
}
