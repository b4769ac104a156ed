//! Values over time: a record, and what was forecast beside what came.

use super::axes::{Axes, Axis, Entry, draw_legend, line_sample, series_line};
use super::curves::Curve;
use super::figure::Figure;
use super::scene::{Area, Line, MARGIN, Point, Scene};
use crate::Result;
use anyhow::ensure;

/// Some curves over time that share an axis: one strip of [`time_series`].
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// What the axis is called, with its unit.
    pub name: String,
    /// The values at each time. A value that is NaN leaves a gap.
    pub curves: Vec<Curve>,
}

impl Strip {
    /// Curves under the name of their axis.
    #[must_use]
    pub fn new(name: impl Into<String>, curves: impl Into<Vec<Curve>>) -> Self {
        Self {
            name: name.into(),
            curves: curves.into(),
        }
    }
}

/// Strips of curves, one below the other, over the same times; `times` are in the unit that `time_name` says.
///
/// ```
/// use dlkit::plot::{Curve, Strip, time_series};
///
/// # fn main() -> dlkit::Result<()> {
/// let days = [0., 0.5, 1., 1.5];
/// let strips = [
///     Strip::new("°C", [Curve::new("temperature", [3., 9., 4., 11.])]),
///     Strip::new("mbar", [Curve::new("pressure", [990., 989., 985., 979.])]),
/// ];
/// let svg = time_series("Two days", "day", &days, &strips)?.svg()?;
/// assert!(svg.contains("pressure") && svg.contains("°C"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no strip, fewer than two times, times that do not increase, a curve of another length, or a strip without a
/// finite value.
pub fn time_series(
    title: &str,
    time_name: &str,
    times: &[f64],
    strips: &[Strip],
) -> Result<Figure> {
    ensure!(
        times.len() > 1 && times.windows(2).all(|pair| pair[0] < pair[1]),
        "a drawing over time needs at least two times, each later than the one before"
    );
    ensure!(
        !strips.is_empty(),
        "there is nothing to draw: there is no strip"
    );
    let mut axes = Vec::new();
    for strip in strips {
        for curve in &strip.curves {
            ensure!(
                curve.values.len() == times.len(),
                "the curve \"{}\" has {} values for {} times",
                curve.name,
                curve.values.len(),
                times.len()
            );
        }
        let values = || {
            let all = strip.curves.iter().flat_map(|curve| curve.values.iter());
            all.copied().filter(|value| value.is_finite())
        };
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        ensure!(
            low <= high,
            "there is nothing to draw for {}: no curve has a finite value",
            strip.name
        );
        axes.push(Axis::wide(&strip.name, low, high));
    }
    let (times, strips) = (times.to_vec(), strips.to_vec());
    let x = Axis::exact(time_name, times[0], times[times.len() - 1]);
    let height = if strips.len() == 1 { 540. } else { 330. };
    Ok(Figure::new(title, move |title, theme| {
        let mut scene = Scene::new(
            1200.,
            strips.len() as f64 * height + 70. + MARGIN,
            theme,
            title,
        );
        let space = scene.draw_title();
        let each = space.height / strips.len() as f64;
        // All strips begin at the same place, so that one can look down from one to the next.
        let widest = axes.iter().map(Axis::widest_tick).fold(0., f64::max);
        for (i, (strip, y)) in strips.iter().zip(&axes).enumerate() {
            let last = i + 1 == strips.len();
            let indent = widest - y.widest_tick();
            let part = Area {
                x: space.x + indent,
                y: space.y + i as f64 * each,
                width: space.width - indent,
                height: each - if last { 0. } else { 12. },
            };
            let mut x = x.clone();
            if !last {
                x.name.clear();
            }
            draw_strip(&mut scene, part, strip, &times, (&x, y));
        }
        scene
    }))
}

/// What came, and what was said about it beforehand, hour by hour: `forecasts` are drawn over the truth, which is the first line.
/// The axis counts days.
///
/// ```
/// use dlkit::plot::{Curve, forecast};
///
/// # fn main() -> dlkit::Result<()> {
/// let said = [Curve::new("common sense", [7., 8., 9.])];
/// let figure = forecast("Tomorrow", "°C", &[0., 1., 2.], &[6., 9., 10.], &said)?;
/// assert!(figure.svg()?.contains("common sense"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`time_series`].
pub fn forecast(
    title: &str,
    unit: &str,
    hours: &[f64],
    truth: &[f64],
    forecasts: &[Curve],
) -> Result<Figure> {
    let mut curves = vec![Curve::new("what came", truth)];
    curves.extend_from_slice(forecasts);
    let days: Vec<f64> = hours.iter().map(|hour| hour / 24.).collect();
    time_series(title, "day", &days, &[Strip::new(unit, curves)])
}

fn draw_strip(
    scene: &mut Scene,
    space: Area,
    strip: &Strip,
    times: &[f64],
    (x, y): (&Axis, &Axis),
) {
    let theme = scene.theme;
    let lines: Vec<Line> = (0..strip.curves.len())
        .map(|i| {
            let line = series_line(theme.series(i), i);
            Line { width: 3., ..line }
        })
        .collect();
    let entries: Vec<Entry<'_>> = strip
        .curves
        .iter()
        .zip(&lines)
        .map(|(curve, line)| Entry {
            name: &curve.name,
            sample: Box::new(line_sample(*line)),
        })
        .collect();
    let space = match strip.curves.as_slice() {
        // A single curve is named by its axis.
        [only] if only.name == strip.name => space,
        _ => draw_legend(scene, space, &entries),
    };
    let axes = Axes::draw(scene, space, x.clone(), y.clone());
    axes.draw_edges(scene);
    for (curve, line) in strip.curves.iter().zip(lines) {
        let points: Vec<(f64, f64)> = times
            .iter()
            .copied()
            .zip(curve.values.iter().copied())
            .collect();
        let pieces: Vec<Vec<Point>> = points
            .split(|(_, value)| !value.is_finite())
            .filter(|piece| piece.len() > 1)
            .map(|piece| {
                piece
                    .iter()
                    .map(|(time, value)| axes.at(*time, *value))
                    .collect()
            })
            .collect();
        scene.lines(pieces, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_for_each_unit_and_a_name_for_each_curve() {
        let strips = [
            Strip::new(
                "°C",
                [Curve::new("a", [1., 2.]), Curve::new("b", [2., f64::NAN])],
            ),
            Strip::new("mbar", [Curve::new("c", [990., 991.])]),
            Strip::new("%", [Curve::new("%", [90., 80.])]),
        ];
        let svg = time_series("t", "hour", &[0., 1.], &strips)
            .unwrap()
            .svg()
            .unwrap();
        for name in [">a<", ">b<", ">c<", ">°C<", ">mbar<", ">%<"] {
            assert_eq!(svg.matches(name).count(), 1, "{name}");
        }
        assert_eq!(svg.matches(">hour<").count(), 1, "below the last strip");
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn what_came_is_the_first_line() {
        let said = [Curve::new("LSTM", [3., 4.])];
        let svg = forecast("t", "°C", &[0., 1.], &[1., 2.], &said)
            .unwrap()
            .svg()
            .unwrap();
        assert!(svg.find(">what came<").unwrap() < svg.find(">LSTM<").unwrap());
    }

    #[test]
    fn refuses_what_does_not_fit_together() {
        let strip = |values: &[f64]| [Strip::new("y", [Curve::new("a", values)])];
        assert!(time_series("t", "h", &[0., 1.], &[]).is_err());
        assert!(time_series("t", "h", &[0.], &strip(&[1.])).is_err());
        assert!(time_series("t", "h", &[1., 1.], &strip(&[1., 2.])).is_err());
        assert!(time_series("t", "h", &[0., 1.], &strip(&[f64::NAN, f64::NAN])).is_err());
        let error = time_series("t", "h", &[0., 1., 2.], &strip(&[1., 2.])).unwrap_err();
        assert!(
            error.to_string().contains("2 values for 3 times"),
            "{error}"
        );
    }
}
