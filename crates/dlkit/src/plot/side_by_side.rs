//! Finished figures next to each other: what came out beside what should have.

use super::figure::Figure;
use super::scene::{Area, MARGIN, Point, Scene, Shape, Text};
use crate::Result;
use anyhow::ensure;

/// Puts figures next to each other, each under its own title, in one picture with a title above all.
///
/// ```
/// use dlkit::plot::{Curve, Scale, curves, side_by_side};
///
/// # fn main() -> dlkit::Result<()> {
/// let figure = |name: &str, values: [f64; 3]| -> dlkit::Result<_> {
///     Ok(curves(name, "loss", &[Curve::new("training", values)], Scale::Linear)?)
/// };
/// let both = side_by_side("Two runs", vec![figure("Yours", [2., 2., 2.])?, figure("The reference", [2., 1., 0.5])?])?;
/// assert!(both.svg()?.contains("Yours"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no figure.
pub fn side_by_side(title: &str, figures: Vec<Figure>) -> Result<Figure> {
    ensure!(
        !figures.is_empty(),
        "there are no figures to put side by side"
    );
    Ok(Figure::new(title, move |title, theme| {
        let scenes: Vec<Scene> = figures.iter().map(|figure| figure.drawn(theme)).collect();
        let width = scenes.iter().map(|scene| scene.width).sum();
        let height = scenes.iter().map(|scene| scene.height).fold(0., f64::max);
        let mut whole = Scene::new(width, height, theme, title);
        let top = whole.draw_title().y - MARGIN;
        whole.height += top;
        let mut left = 0.;
        for scene in scenes {
            let (width, shapes) = (scene.width, scene.shapes);
            let moved = shapes.into_iter().map(|shape| moved(shape, (left, top)));
            whole.shapes.extend(moved);
            left += width;
        }
        whole
    }))
}

/// The same shape further right and down.
fn moved(shape: Shape, (right, down): Point) -> Shape {
    let point = |(x, y): Point| (x + right, y + down);
    let area = |area: Area| Area {
        x: area.x + right,
        y: area.y + down,
        ..area
    };
    let points = |line: Vec<Point>| line.into_iter().map(point).collect();
    match shape {
        Shape::Rectangle(at, color) => Shape::Rectangle(area(at), color),
        Shape::Circle {
            at,
            radius,
            fill,
            outline,
        } => Shape::Circle {
            at: point(at),
            radius,
            fill,
            outline,
        },
        Shape::Polygon {
            points: corners,
            fill,
            outline,
        } => Shape::Polygon {
            points: points(corners),
            fill,
            outline,
        },
        Shape::Lines(pieces, line) => Shape::Lines(pieces.into_iter().map(points).collect(), line),
        Shape::Cells {
            area: at,
            columns,
            colors,
        } => Shape::Cells {
            area: area(at),
            columns,
            colors,
        },
        Shape::Text(text) => Shape::Text(Text {
            at: point(text.at),
            ..text
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Curve, Scale, Theme, curves};

    fn figure(name: &str) -> Figure {
        curves(name, "y", &[Curve::new("a", [1., 2.])], Scale::Linear).unwrap()
    }

    #[test]
    fn each_keeps_its_title_and_its_place() {
        let one = figure("First").scene();
        let both = side_by_side("Both", vec![figure("First"), figure("Second")]).unwrap();
        let scene = both.themed(Theme::Dark).scene();
        assert!((scene.width - 2. * one.width).abs() < 1e-9);
        assert!(scene.height > one.height);
        let at = |wanted: &str| {
            let found = scene.shapes.iter().find_map(|shape| match shape {
                Shape::Text(text) if text.text == wanted => Some(text.at),
                _ => None,
            });
            found.unwrap_or_else(|| panic!("{wanted} is not drawn"))
        };
        assert!(at("Both").1 < at("First").1);
        assert!((at("Second").0 - at("First").0 - one.width).abs() < 1e-9);
    }

    #[test]
    fn nothing_cannot_be_put_side_by_side() {
        assert!(side_by_side("Both", Vec::new()).is_err());
    }
}
