//! What the gates of a recurrent cell do along a sequence: a band of colours for each, a row for every unit.

use super::axes::{Axes, Axis};
use super::curves::Curve;
use super::figure::Figure;
use super::scene::{Anchor, Area, LABEL_SIZE, Line, MARGIN, Scene, Shape, TICK_SIZE};
use super::theme::{Color, Theme};
use crate::Result;
use anyhow::{Context, ensure};
use candle_core::{DType, Tensor};

/// Draws a row of values over time and below it, for each `(name, values)` of `bands`, a band of colours: `values` is `(steps,
/// units)`; a column is a step, a row a unit. Values from 0 to 1, as gates are, go from the paper's colour to blue; a band with
/// values below 0 goes from −1, blue, by 0, the paper's colour, to 1, vermillion.
///
/// ```
/// use dlkit::plot::{Curve, gates};
/// use dlkit::prelude::*;
///
/// # fn main() -> dlkit::Result<()> {
/// let forget = Tensor::full(0.9f32, (24, 16), &Device::Cpu)?;
/// let temperature = Curve::new("temperature, °C", vec![7.; 24]);
/// let figure = gates("A day in an LSTM", &temperature, &[("forget gate", &forget)])?;
/// assert!(figure.svg()?.contains("forget gate"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no band or a band has another number of steps than the curve has values, and when a value is NaN or infinite.
pub fn gates(title: &str, above: &Curve, bands: &[(&str, &Tensor)]) -> Result<Figure> {
    let steps = above.values.len();
    ensure!(
        steps > 1 && !bands.is_empty(),
        "gates are drawn along a sequence of at least two steps, with at least one band"
    );
    ensure!(
        above.values.iter().all(|value| value.is_finite()),
        "the values of {} are not all finite",
        above.name
    );
    let mut read = Vec::new();
    for (name, values) in bands {
        let (rows, units) = values
            .dims2()
            .with_context(|| format!("{name} needs the shape (steps, units)"))?;
        ensure!(
            rows == steps && units > 0,
            "{name} has the shape {:?}, but the curve above has {steps} steps",
            values.dims()
        );
        // A row of the picture is a unit.
        let values: Vec<f64> = values.t()?.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
        ensure!(
            values.iter().all(|value| value.is_finite()),
            "{name} holds a value that is NaN or infinite: did the training diverge?"
        );
        read.push(((*name).to_owned(), values));
    }
    let above = above.clone();
    let (low, high) = above
        .values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| {
            (low.min(value), high.max(value))
        });
    Ok(Figure::new(title, move |title, theme| {
        let band_height = 150.;
        let below = read.len() as f64 * (band_height + 44.) + 50.;
        let mut scene = Scene::new(1200., 70. + 260. + below + MARGIN, theme, title);
        let space = scene.draw_title();
        let x = Axis::exact("hour", 0., (steps - 1) as f64);
        let y = Axis::wide(&above.name, low, high);
        let top = Area {
            height: 260.,
            ..space
        };
        let axes = Axes::draw(&mut scene, top, x, y);
        axes.draw_edges(&mut scene);
        let points = above.values.iter().enumerate();
        let points = points.map(|(i, &value)| axes.at(i as f64, value)).collect();
        scene.line(points, Line::solid(theme.series(0), 3.));

        for (i, (name, values)) in read.iter().enumerate() {
            let area = Area {
                x: axes.area.x,
                width: axes.area.width,
                y: top.bottom() + 34. + i as f64 * (band_height + 44.),
                height: band_height,
            };
            let signed = values.iter().any(|value| *value < 0.);
            scene.text(
                name,
                (area.x, area.y - 8.),
                LABEL_SIZE,
                theme.ink(),
                Anchor::Start,
            );
            scene.shapes.push(Shape::Cells {
                area,
                columns: steps,
                colors: values.iter().map(|&v| shade(theme, v, signed)).collect(),
            });
            scene.frame(area, Line::solid(theme.quiet(), 1.));
        }
        let y = space.bottom() - 26.;
        draw_scale(&mut scene, (axes.area.x, y), "gates", false);
        if read
            .iter()
            .any(|(_, values)| values.iter().any(|v| *v < 0.))
        {
            draw_scale(&mut scene, (axes.area.middle().0, y), "states", true);
        }
        scene
    }))
}

fn shade(theme: Theme, value: f64, signed: bool) -> Color {
    if signed {
        theme.diverging(value)
    } else {
        theme.paper().mixed(theme.series(0), value)
    }
}

/// What the colours mean, beginning at a point.
fn draw_scale(scene: &mut Scene, (x, y): (f64, f64), name: &str, signed: bool) {
    let theme = scene.theme;
    let low = if signed { -1. } else { 0. };
    let area = Area {
        x: x + 130.,
        y,
        width: 240.,
        height: 20.,
    };
    let colors = (0..=60)
        .map(|i| shade(theme, low + (1. - low) * f64::from(i) / 60., signed))
        .collect();
    scene.shapes.push(Shape::Cells {
        area,
        columns: 61,
        colors,
    });
    scene.frame(area, Line::solid(theme.quiet(), 1.));
    let line = y + 17.;
    let (ink, size) = (theme.ink(), TICK_SIZE);
    let start = if signed { "−1" } else { "0" };
    scene.text(name, (x, line), size, ink, Anchor::Start);
    scene.text(start, (area.x - 8., line), size, ink, Anchor::End);
    scene.text("1", (area.right() + 8., line), size, ink, Anchor::Start);
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn band(value: f32, steps: usize) -> Tensor {
        Tensor::full(value, (steps, 3), &Device::Cpu).unwrap()
    }

    #[test]
    fn each_band_has_its_name_and_its_picture() {
        let above = Curve::new("°C", [1., 2., 3., 4.]);
        let (forget, cell) = (band(0.5, 4), band(-0.5, 4));
        let bands = [("forget", &forget), ("cell", &cell)];
        let svg = gates("t", &above, &bands).unwrap().svg().unwrap();
        assert!(svg.contains(">forget<") && svg.contains(">cell<"));
        // Two bands and the two scales.
        assert_eq!(svg.matches("<image").count(), 4);
    }

    #[test]
    fn refuses_other_lengths_and_nan() {
        let above = Curve::new("°C", [1., 2., 3., 4.]);
        assert!(gates("t", &above, &[("f", &band(0.5, 3))]).is_err());
        assert!(gates("t", &above, &[]).is_err());
        assert!(gates("t", &above, &[("f", &band(f32::NAN, 4))]).is_err());
        let gap = Curve::new("°C", [1., f64::NAN, 3., 4.]);
        assert!(gates("t", &gap, &[("f", &band(0.5, 4))]).is_err());
    }
}
