//! What a net answers everywhere in the plane, and where it changes its mind.

use super::axes::{Axes, Axis, Entry, draw_legend};
use super::contour::zero_lines;
use super::figure::Figure;
use super::scene::{Line, Point, Scene, Shape};
use crate::Result;
use crate::data::Dataset;
use anyhow::{Context, ensure};
use candle_core::{DType, Tensor};

/// The net is asked at this many places along each axis.
const GRID: usize = 200;
/// More points than this hide each other; of a larger set evenly spaced samples are drawn.
const MOST_POINTS: usize = 1000;

/// Draws the samples of `data` (inputs `(n, 2)`) and, behind them, what `predictor` answers at every point of the plane.
///
/// The predictor is given points `(m, 2)` f32 on the device of the data and answers with probabilities: `(m, 1)` or `(m,)` for two
/// classes (the boundary is where it says 0.5), or `(m, k)` for `k` classes (the boundary is where two of them are equally and most
/// probable). The surer it is, the deeper the colour. Classes differ in the shape of their marks as well.
///
/// ```
/// use dlkit::data::two_moons;
/// use dlkit::plot::decision_boundary;
/// use dlkit::seed::Seed;
///
/// # fn main() -> dlkit::Result<()> {
/// let moons = two_moons(200, 0.1, Seed(1))?;
/// // Any predictor will do; with a model it is `|points| model.predict(points)`.
/// let figure = decision_boundary(&moons, |points| Ok(points.narrow(1, 1, 1)?.neg()?.exp()?))?;
/// assert!(figure.svg()?.len() < 300_000);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When inputs are not `(n, 2)`, targets not classes, the predictor fails, or its answer has another shape or holds NaN.
pub fn decision_boundary(
    data: &Dataset,
    predictor: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Figure> {
    ensure!(
        data.inputs().rank() == 2 && data.inputs().dims()[1] == 2 && !data.is_empty(),
        "a decision boundary is drawn for points in a plane, of the shape (n, 2), but the inputs have the shape {:?}",
        data.inputs().dims()
    );
    let points = data.inputs().to_dtype(DType::F32)?.to_vec2::<f32>()?;
    let classes = classes(data)?;
    let x = Range::around(points.iter().map(|p| f64::from(p[0])))?;
    let y = Range::around(points.iter().map(|p| f64::from(p[1])))?;
    let answers = ask(predictor, data, x, y)?;
    let most = classes.iter().copied().max().unwrap_or(0) + 1;
    ensure!(
        most <= answers.classes,
        "the data have the classes 0 to {}, but the predictor answers for {} only",
        most - 1,
        answers.classes
    );
    let drawn = points.len().div_ceil(MOST_POINTS);
    let points: Vec<(Point, usize)> = points
        .iter()
        .zip(classes)
        .step_by(drawn)
        .map(|(p, class)| ((f64::from(p[0]), f64::from(p[1])), class))
        .collect();
    // The four points of a truth table should not have to be searched for.
    let radius = if points.len() <= 40 { 12. } else { 6. };
    let boundaries = answers.boundaries();

    Ok(Figure::new("Decision boundary", move |title, theme| {
        let mut scene = Scene::new(860., 820., theme, title);
        let space = scene.draw_title();
        let names: Vec<String> = (0..answers.classes).map(|c| format!("class {c}")).collect();
        let entries: Vec<Entry<'_>> = names
            .iter()
            .enumerate()
            .map(|(class, name)| Entry {
                name,
                sample: Box::new(move |scene, at| draw_mark(scene, at, class, 9.)),
            })
            .collect();
        let space = draw_legend(&mut scene, space, &entries);
        let (x_axis, y_axis) = (
            Axis::exact("x₁", x.low, x.high),
            Axis::exact("x₂", y.low, y.high),
        );
        let axes = Axes::draw(&mut scene, space, x_axis, y_axis);
        let paper = theme.paper();
        let colors =
            answers.cells(|class, sure| paper.mixed(theme.series(class), 0.12 + 0.38 * sure));
        scene.shapes.push(Shape::Cells {
            area: axes.area,
            columns: GRID,
            colors,
        });
        let area = axes.area;
        let cell = (area.width / GRID as f64, area.height / GRID as f64);
        let lines = boundaries
            .iter()
            .map(|line| {
                let place =
                    |p: &Point| (area.x + (p.0 + 0.5) * cell.0, area.y + (p.1 + 0.5) * cell.1);
                line.iter().map(place).collect()
            })
            .collect();
        scene.lines(lines, Line::solid(theme.ink(), 3.5));
        for &((px, py), class) in &points {
            draw_mark(&mut scene, axes.at(px, py), class, radius);
        }
        axes.draw_edges(&mut scene);
        scene
    }))
}

/// The class of each sample, from targets `(n, 1)` of 0 and 1 or labels `(n,)`.
fn classes(data: &Dataset) -> Result<Vec<usize>> {
    let targets = data.targets();
    ensure!(
        targets.elem_count() == data.len(),
        "the targets must be one class a point, (n, 1) or (n,), but they have the shape {:?}",
        targets.dims()
    );
    let numbers = targets
        .flatten_all()?
        .to_dtype(DType::F64)?
        .to_vec1::<f64>()?;
    numbers
        .into_iter()
        .map(|class| {
            ensure!(
                class >= 0. && class.fract() == 0. && class < 1000.,
                "a target that is no class number: {class}; they go 0, 1, 2, …"
            );
            Ok(class as usize)
        })
        .collect()
}

/// Values of one coordinate, with some space around the samples.
#[derive(Clone, Copy, Debug)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn around(values: impl Iterator<Item = f64> + Clone) -> Result<Self> {
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.clone().fold(f64::NEG_INFINITY, f64::max);
        ensure!(
            low.is_finite() && high.is_finite() && values.into_iter().all(f64::is_finite),
            "the points to draw must be finite, but some are NaN or infinite"
        );
        let space = (0.15 * (high - low)).max(0.25);
        Ok(Self {
            low: low - space,
            high: high + space,
        })
    }

    /// The middle of the `i`-th of `GRID` cells.
    fn cell(self, i: usize) -> f64 {
        self.low + (self.high - self.low) * (i as f64 + 0.5) / GRID as f64
    }
}

/// The probability of every class at every place of the grid, the top row first.
struct Answers {
    classes: usize,
    probabilities: Vec<f64>,
}

fn ask(
    predictor: impl FnOnce(&Tensor) -> Result<Tensor>,
    data: &Dataset,
    x: Range,
    y: Range,
) -> Result<Answers> {
    let mut places = Vec::with_capacity(GRID * GRID * 2);
    for row in (0..GRID).rev() {
        for column in 0..GRID {
            places.extend([x.cell(column) as f32, y.cell(row) as f32]);
        }
    }
    let n = GRID * GRID;
    let places = Tensor::from_vec(places, (n, 2), data.inputs().device())?;
    let answer = predictor(&places).context("asking the predictor for its decision boundary")?;
    let outputs = match *answer.dims() {
        [m] if m == n => 1,
        [m, k] if m == n && k > 0 => k,
        _ => anyhow::bail!(
            "the predictor was given points of the shape ({n}, 2) and should answer with ({n}, 1) or ({n}, k), but its answer has \
             the shape {:?}",
            answer.dims()
        ),
    };
    let values = answer
        .flatten_all()?
        .to_dtype(DType::F64)?
        .to_vec1::<f64>()?;
    ensure!(
        values.iter().all(|v| v.is_finite()),
        "the predictor's answer holds NaN or infinite values: did training diverge?"
    );
    Ok(if outputs == 1 {
        Answers {
            classes: 2,
            probabilities: values.iter().flat_map(|&p| [1. - p, p]).collect(),
        }
    } else {
        Answers {
            classes: outputs,
            probabilities: values,
        }
    })
}

impl Answers {
    /// A colour for each place, from the most probable class and how sure the net is of it, from 0 (guessing) to 1.
    fn cells<T>(&self, color: impl Fn(usize, f64) -> T) -> Vec<T> {
        let guessing = 1. / self.classes as f64;
        self.probabilities
            .chunks(self.classes)
            .map(|p| {
                let best = (0..p.len()).fold(0, |best, c| if p[c] > p[best] { c } else { best });
                let sure = ((p[best] - guessing) / (1. - guessing)).clamp(0., 1.);
                // A few steps are enough to see and make the file small.
                color(best, (sure * 8.).round() / 8.)
            })
            .collect()
    }

    /// Where the most probable class changes, in units of the grid.
    fn boundaries(&self) -> Vec<Vec<Point>> {
        let last = if self.classes == 2 { 1 } else { self.classes };
        (0..last)
            .flat_map(|class| {
                let lead: Vec<f64> = self
                    .probabilities
                    .chunks(self.classes)
                    .map(|p| {
                        let others = (0..p.len()).filter(|&c| c != class).map(|c| p[c]);
                        p[class] - others.fold(f64::NEG_INFINITY, f64::max)
                    })
                    .collect();
                zero_lines(&lead, GRID)
            })
            .collect()
    }
}

/// A mark for a sample of a class: disc, square, triangle, diamond and again.
fn draw_mark(scene: &mut Scene, (x, y): Point, class: usize, radius: f64) {
    let theme = scene.theme;
    let fill = theme.series(class);
    let outline = Some(Line::solid(theme.paper(), 1.5));
    let corners: &[Point] = match class % 4 {
        0 => {
            scene.shapes.push(Shape::Circle {
                at: (x, y),
                radius,
                fill,
                outline,
            });
            return;
        }
        1 => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        2 => &[(0., -1.2), (1.1, 0.8), (-1.1, 0.8)],
        _ => &[(0., -1.25), (1.25, 0.), (0., 1.25), (-1.25, 0.)],
    };
    let points = corners
        .iter()
        .map(|(dx, dy)| (x + radius * dx, y + radius * dy))
        .collect();
    scene.shapes.push(Shape::Polygon {
        points,
        fill,
        outline,
    });
}

#[cfg(test)]
mod tests;
