//! Graphs of functions `y = f(x)`, such as activations and their derivatives.

use super::axes::{Axes, Axis, Entry, draw_legend, line_sample, series_line};
use super::figure::Figure;
use super::scene::{Line, Point, Scene};
use crate::Result;
use anyhow::ensure;

/// How many places each function is computed at.
const PLACES: usize = 401;

/// Draws `y = f(x)` for each function, x over `range`; the y axis is fitted to what they give.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// let sigmoid = |z: f64| 1. / (1. + (-z).exp());
/// let figure = dlkit::plot::function_plot(
///     "The sigmoid and its derivative",
///     ("z", "σ(z)"),
///     (-6., 6.),
///     &[("σ", &sigmoid), ("σ′", &|z| sigmoid(z) * (1. - sigmoid(z)))],
/// )?;
/// assert!(figure.svg()?.contains("σ(z)"));
/// # Ok(())
/// # }
/// ```
///
/// Where a function has no finite value, its curve has a gap.
///
/// # Errors
/// When the range is empty, or no function has a finite value in it.
pub fn function_plot(
    title: &str,
    (x_name, y_name): (&str, &str),
    range: (f64, f64),
    functions: &[(&str, &dyn Fn(f64) -> f64)],
) -> Result<Figure> {
    let (low, high) = range;
    ensure!(
        low < high && low.is_finite() && high.is_finite(),
        "a plot needs a range from a lower to a higher number, not from {low} to {high}"
    );
    let place = |i: usize| low + (high - low) * i as f64 / (PLACES - 1) as f64;
    let graphs: Vec<(String, Vec<Point>)> = functions
        .iter()
        .map(|(name, f)| {
            let points = (0..PLACES).map(|i| (place(i), f(place(i)))).collect();
            ((*name).to_owned(), points)
        })
        .collect();
    let values = || {
        graphs
            .iter()
            .flat_map(|(_, points)| points.iter().map(|p| p.1))
    };
    let least = values()
        .filter(|v| v.is_finite())
        .fold(f64::INFINITY, f64::min);
    let most = values()
        .filter(|v| v.is_finite())
        .fold(f64::NEG_INFINITY, f64::max);
    ensure!(
        least <= most,
        "there is nothing to draw: no function has a finite value from {low} to {high}"
    );
    let x = Axis::exact(x_name, low, high);
    let y = Axis::wide(y_name, least, most);
    Ok(Figure::new(title, move |title, theme| {
        let mut scene = Scene::new(960., 600., theme, title);
        let mut space = scene.draw_title();
        let lines: Vec<Line> = (0..graphs.len())
            .map(|i| series_line(theme.series(i), i))
            .collect();
        if graphs.len() > 1 {
            let entries: Vec<Entry<'_>> = graphs
                .iter()
                .zip(&lines)
                .map(|((name, _), line)| Entry {
                    name,
                    sample: Box::new(line_sample(*line)),
                })
                .collect();
            space = draw_legend(&mut scene, space, &entries);
        }
        let axes = Axes::draw(&mut scene, space, x.clone(), y.clone());
        draw_zero_lines(&mut scene, &axes, (low, high), (least, most));
        axes.draw_edges(&mut scene);
        for ((_, points), line) in graphs.iter().zip(lines) {
            let pieces = points
                .split(|point| !point.1.is_finite())
                .filter(|piece| piece.len() > 1)
                .map(|piece| piece.iter().map(|p| axes.at(p.0, p.1)).collect())
                .collect();
            scene.lines(pieces, line);
        }
        scene
    }))
}

/// The lines x = 0 and y = 0, where they can be seen.
fn draw_zero_lines(scene: &mut Scene, axes: &Axes, x: (f64, f64), y: (f64, f64)) {
    let line = Line::solid(scene.theme.quiet(), 1.5);
    let area = axes.area;
    if axes.shows(0., y.0) {
        let at = axes.at(0., y.0).0;
        scene.line(vec![(at, area.y), (at, area.bottom())], line);
    }
    if axes.shows(x.0, 0.) {
        let at = axes.at(x.0, 0.).1;
        scene.line(vec![(area.x, at), (area.right(), at)], line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pole_leaves_a_gap() {
        let figure = function_plot("1/x", ("x", "y"), (-1., 1.), &[("1/x", &|x| 1. / x)]);
        let svg = figure.unwrap().svg().unwrap();
        assert!(!svg.contains("inf") && !svg.contains("NaN"));
    }

    #[test]
    fn refuses_an_empty_range_and_a_function_without_values() {
        let f: &dyn Fn(f64) -> f64 = &|x| x;
        assert!(function_plot("", ("x", "y"), (1., 1.), &[("f", f)]).is_err());
        assert!(function_plot("", ("x", "y"), (0., 1.), &[("f", &|_| f64::NAN)]).is_err());
        assert!(function_plot("", ("x", "y"), (0., 1.), &[]).is_err());
    }
}
