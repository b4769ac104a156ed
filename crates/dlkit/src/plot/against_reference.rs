//! A training run beside the runs of a reference: is this curve one of them?

use super::axes::{Axes, Axis, Entry, draw_legend, line_sample, series_line};
use super::figure::Figure;
use super::scene::{Point, Scene, Shape};
use crate::Result;
use anyhow::ensure;

/// From this ratio between the largest and the smallest value on, powers of ten are the better scale.
const WIDE: f64 = 100.;

/// Draws the values of a run over its epochs (or whatever `x` is called) on the band that the runs of a reference fill.
///
/// The band goes, at each place, from the lowest to the highest of the references; with one reference it is a line. Values that
/// are NaN or infinite leave gaps. The scale is logarithmic where all values are positive and far apart.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// let yours = [2.31, 2.30, 2.30];
/// let references = [vec![2.3, 1.1, 0.6], vec![2.3, 1.3, 0.8]];
/// let figure = dlkit::plot::against_reference("Loss", ("epoch", "loss"), &yours, &references)?;
/// assert!(figure.svg()?.contains("reference"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When neither the run nor a reference has a finite value.
pub fn against_reference(
    title: &str,
    (x_name, y_name): (&str, &str),
    yours: &[f64],
    references: &[Vec<f64>],
) -> Result<Figure> {
    let all = || yours.iter().chain(references.iter().flatten()).copied();
    let finite = || all().filter(|value| value.is_finite());
    let (low, high) = (
        finite().fold(f64::INFINITY, f64::min),
        finite().fold(f64::NEG_INFINITY, f64::max),
    );
    ensure!(
        low <= high,
        "there is nothing to draw: neither the run nor the reference has a finite value"
    );
    let longest = references
        .iter()
        .map(Vec::len)
        .chain([yours.len()])
        .max()
        .unwrap_or(0);
    let x = Axis::counted(x_name, longest);
    let y = if low > 0. && high / low > WIDE {
        Axis::log(y_name, low, high)
    } else {
        Axis::wide(y_name, low, high)
    };
    let band = Band::around(references);
    let yours = yours.to_vec();
    Ok(Figure::new(title, move |title, theme| {
        let mut scene = Scene::new(960., 600., theme, title);
        let space = scene.draw_title();
        let (own, reference) = (
            series_line(theme.wrong(), 0),
            series_line(theme.series(0), 1),
        );
        let entries = [
            Entry {
                name: "yours",
                sample: Box::new(line_sample(own)),
            },
            Entry {
                name: "the reference",
                sample: Box::new(line_sample(reference)),
            },
        ];
        let space = draw_legend(&mut scene, space, &entries);
        let axes = Axes::draw(&mut scene, space, x.clone(), y.clone());
        axes.draw_edges(&mut scene);
        let place = |i: usize, value: f64| axes.at(i as f64 + 1., value);
        for piece in &band.pieces {
            let there = piece.iter().map(|&(i, low, _)| place(i, low));
            let back = piece.iter().rev().map(|&(i, _, high)| place(i, high));
            scene.shapes.push(Shape::Polygon {
                points: there.chain(back).collect(),
                fill: theme.paper().mixed(theme.series(0), 0.25),
                outline: None,
            });
        }
        let points: Vec<Option<Point>> = yours
            .iter()
            .enumerate()
            .map(|(i, value)| value.is_finite().then(|| place(i, *value)))
            .collect();
        let pieces: Vec<Vec<Point>> = points
            .split(Option::is_none)
            .filter(|piece| !piece.is_empty())
            .map(|piece| piece.iter().copied().flatten().collect())
            .collect();
        // A single value between two gaps makes no line.
        for at in pieces.iter().filter(|piece| piece.len() == 1).flatten() {
            scene.shapes.push(Shape::Circle {
                at: *at,
                radius: 5.5,
                fill: own.color,
                outline: None,
            });
        }
        scene.lines(pieces, own);
        // On top and dashed, so that neither hides the other where they are the same.
        for piece in &band.pieces {
            let middle = piece
                .iter()
                .map(|&(i, low, high)| place(i, f64::midpoint(low, high)));
            scene.line(middle.collect(), reference);
        }
        scene
    }))
}

/// Where the references run: (place, lowest, highest), in pieces without a gap.
struct Band {
    pieces: Vec<Vec<(usize, f64, f64)>>,
}

impl Band {
    fn around(references: &[Vec<f64>]) -> Self {
        let longest = references.iter().map(Vec::len).max().unwrap_or(0);
        let places: Vec<Option<(usize, f64, f64)>> = (0..longest)
            .map(|i| {
                let values = references
                    .iter()
                    .filter_map(|run| run.get(i))
                    .filter(|value| value.is_finite());
                values.fold(None, |range, &value| match range {
                    None => Some((i, value, value)),
                    Some((_, low, high)) => Some((i, value.min(low), value.max(high))),
                })
            })
            .collect();
        let pieces = places
            .split(Option::is_none)
            .filter(|piece| !piece.is_empty())
            .map(|piece| piece.iter().copied().flatten().collect())
            .collect();
        Self { pieces }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_reaches_from_the_lowest_to_the_highest() {
        let band = Band::around(&[vec![3., 1., f64::NAN, 4.], vec![2., 2., f64::INFINITY]]);
        assert_eq!(
            band.pieces,
            [vec![(0, 2., 3.), (1, 1., 2.)], vec![(3, 4., 4.)]]
        );
    }

    #[test]
    fn a_run_that_breaks_off_is_drawn_up_to_there() {
        let figure = against_reference(
            "Loss",
            ("step", "loss"),
            &[2., f64::NAN, f64::NAN],
            &[vec![2., 1.5, 1.]],
        )
        .unwrap();
        let svg = figure.svg().unwrap();
        assert!(svg.contains("step") && !svg.contains("NaN"), "{svg}");
        assert!(figure.png().unwrap().starts_with(&[0x89, b'P', b'N', b'G']));
    }

    #[test]
    fn values_far_apart_get_powers_of_ten() {
        let svg = |low: f64| {
            against_reference("", ("x", "y"), &[1.], &[vec![1., low]])
                .unwrap()
                .svg()
                .unwrap()
        };
        assert!(svg(0.001).contains(">0.01<") && !svg(0.5).contains(">0.01<"));
    }

    #[test]
    fn nothing_finite_is_nothing_to_draw() {
        assert!(against_reference("", ("x", "y"), &[f64::NAN], &[]).is_err());
        assert!(against_reference("", ("x", "y"), &[], &[vec![1.]]).is_ok());
    }
}
