//! Ways down a landscape: the contour lines of a function of two variables with the paths of descents on them, and the same for a
//! function of one variable.

use super::axes::{Axes, Axis, Entry, draw_legend, line_sample, series_line};
use super::contour::zero_lines;
use super::figure::Figure;
use super::scene::{Line, Point, Scene, Shape};
use super::theme::Theme;
use crate::Result;
use anyhow::ensure;

/// The function is computed at this many places along each axis.
const GRID: usize = 121;
/// How many contour lines are drawn.
const LEVELS: usize = 14;
/// How many places a curve is computed at.
const PLACES: usize = 301;
/// After this many steps the places of a path are no longer marked one by one.
const MARKED: usize = 60;

/// The places that a descent stood at, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// What the legend calls it.
    pub name: String,
    /// The places, the start first.
    pub places: Vec<(f64, f64)>,
}

impl Path {
    /// A path over the plane, from places such as `[x, y]`. Of longer rows only the first two numbers are drawn.
    ///
    /// # Panics
    /// When a place has fewer than two numbers.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        places: impl IntoIterator<Item = impl AsRef<[f64]>>,
    ) -> Self {
        let place = |place: &[f64]| (place[0], place[1]);
        Self {
            name: name.into(),
            places: places.into_iter().map(|p| place(p.as_ref())).collect(),
        }
    }
}

/// Draws `f(x, y)` over the plane as contour lines, and `paths` on it: a disc at the start of each, a dot at each step.
///
/// The contour lines lie closer at the bottom, where the paths end: their heights grow as squares do, so that for a bowl they are
/// evenly spaced. What leaves `x` or `y` is cut off.
///
/// ```
/// use dlkit::plot::{Path, descent_paths};
///
/// # fn main() -> dlkit::Result<()> {
/// let path = Path::new("straight down", [[-2.0, 1.0], [-1.0, 0.5], [0.0, 0.0]]);
/// let figure = descent_paths("A bowl", |x, y| x * x + 4. * y * y, (-3., 3.), (-2., 2.), &[path])?;
/// assert!(figure.svg()?.contains("straight down"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When a range is empty, or the function has no two different finite values there.
pub fn descent_paths(
    title: &str,
    f: impl Fn(f64, f64) -> f64,
    x: (f64, f64),
    y: (f64, f64),
    paths: &[Path],
) -> Result<Figure> {
    range(x)?;
    range(y)?;
    let along =
        |(low, high): (f64, f64), i: usize| low + (high - low) * i as f64 / (GRID - 1) as f64;
    // The top row first, as it is drawn.
    let heights: Vec<f64> = (0..GRID * GRID)
        .map(|i| f(along(x, i % GRID), along(y, GRID - 1 - i / GRID)))
        .collect();
    let finite = || heights.iter().copied().filter(|h| h.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    ensure!(
        low < high,
        "contour lines need a function with different heights, but this one gives {low} and nothing else"
    );
    let level = |i: usize| low + (high - low) * (i as f64 / LEVELS as f64).powi(2);
    let contours: Vec<Vec<Vec<Point>>> = (1..LEVELS)
        .map(|i| {
            // A place without a height counts as high: no line runs to it.
            let above: Vec<f64> = heights
                .iter()
                .map(|h| {
                    if h.is_finite() {
                        h - level(i)
                    } else {
                        high - low
                    }
                })
                .collect();
            zero_lines(&above, GRID)
        })
        .collect();
    let shades: Vec<f64> = heights
        .iter()
        .map(|h| {
            let share = ((h - low) / (high - low)).sqrt() * LEVELS as f64;
            if share.is_finite() {
                share.floor() / LEVELS as f64
            } else {
                1.
            }
        })
        .collect();
    let paths = paths.to_vec();

    Ok(Figure::new(title, move |title, theme| {
        let mut scene = Scene::new(960., 700., theme, title);
        let space = scene.draw_title();
        let space = legend(&mut scene, space, &paths);
        let axes = Axes::draw(
            &mut scene,
            space,
            Axis::exact("w₁", x.0, x.1),
            Axis::exact("w₂", y.0, y.1),
        );
        let area = axes.area;
        let paper = theme.paper();
        let colors = shades
            .iter()
            .map(|share| paper.mixed(theme.ink(), 0.03 + 0.17 * share))
            .collect();
        scene.shapes.push(Shape::Cells {
            area,
            columns: GRID,
            colors,
        });
        let cell = (
            area.width / (GRID - 1) as f64,
            area.height / (GRID - 1) as f64,
        );
        for lines in &contours {
            let lines = lines
                .iter()
                .map(|line| {
                    thinned(
                        line.iter()
                            .map(|p| (area.x + p.0 * cell.0, area.y + p.1 * cell.1)),
                    )
                })
                .collect();
            scene.lines(lines, Line::solid(paper.mixed(theme.ink(), 0.35), 1.2));
        }
        draw_paths(&mut scene, &axes, &paths);
        axes.draw_edges(&mut scene);
        scene
    }))
}

/// Draws the curve `f` over `range`, and on it the places of each descent, joined in their order: `("η = 0.1", places)`.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// let walks = [("η = 0.25".to_owned(), vec![1.0, 0.5, 0.25, 0.125])];
/// let figure = dlkit::plot::descent_curve("A bowl", |w| w * w, (-1.5, 1.5), &walks)?;
/// assert!(figure.svg()?.contains("η = 0.25"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the range is empty, or the function has no finite value in it.
pub fn descent_curve(
    title: &str,
    f: impl Fn(f64) -> f64,
    (low, high): (f64, f64),
    walks: &[(String, Vec<f64>)],
) -> Result<Figure> {
    range((low, high))?;
    let place = |i: usize| low + (high - low) * i as f64 / (PLACES - 1) as f64;
    let curve: Vec<Point> = (0..PLACES)
        .map(|i| (place(i), f(place(i))))
        .filter(|p| p.1.is_finite())
        .collect();
    ensure!(
        !curve.is_empty(),
        "the function has no finite value from {low} to {high}"
    );
    let least = curve.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let most = curve.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let paths: Vec<Path> = walks
        .iter()
        .map(|(name, places)| Path {
            name: name.clone(),
            places: places.iter().map(|&w| (w, f(w))).collect(),
        })
        .collect();
    Ok(Figure::new(title, move |title, theme| {
        let mut scene = Scene::new(960., 600., theme, title);
        let space = scene.draw_title();
        let space = legend(&mut scene, space, &paths);
        let axes = Axes::draw(
            &mut scene,
            space,
            Axis::exact("w", low, high),
            Axis::wide("loss", least, most),
        );
        axes.draw_edges(&mut scene);
        let line = thinned(curve.iter().map(|p| axes.at(p.0, p.1)));
        scene.line(line, Line::solid(theme.quiet(), 3.));
        draw_paths(&mut scene, &axes, &paths);
        scene
    }))
}

fn range((low, high): (f64, f64)) -> Result<()> {
    ensure!(
        low < high && low.is_finite() && high.is_finite(),
        "a plot needs a range from a lower to a higher number, not from {low} to {high}"
    );
    Ok(())
}

fn line(theme: Theme, i: usize) -> Line {
    Line {
        width: 2.5,
        ..series_line(theme.series(i), i)
    }
}

fn legend(scene: &mut Scene, space: super::scene::Area, paths: &[Path]) -> super::scene::Area {
    if paths.is_empty() {
        return space;
    }
    let theme = scene.theme;
    let entries: Vec<Entry<'_>> = paths
        .iter()
        .enumerate()
        .map(|(i, path)| Entry {
            name: &path.name,
            sample: Box::new(line_sample(line(theme, i))),
        })
        .collect();
    draw_legend(scene, space, &entries)
}

/// Lines through the places that the axes show, a dot at each and a disc at the start.
fn draw_paths(scene: &mut Scene, axes: &Axes, paths: &[Path]) {
    let theme = scene.theme;
    for (i, path) in paths.iter().enumerate() {
        let pieces: Vec<Vec<Point>> = path
            .places
            .split(|p| !axes.shows(p.0, p.1))
            .filter(|piece| piece.len() > 1)
            .map(|piece| thinned(piece.iter().map(|p| axes.at(p.0, p.1))))
            .collect();
        scene.lines(pieces, line(theme, i));
        for (step, &(x, y)) in path.places.iter().enumerate() {
            if step > MARKED || !axes.shows(x, y) {
                continue;
            }
            scene.shapes.push(Shape::Circle {
                at: axes.at(x, y),
                radius: if step == 0 { 9. } else { 4. },
                fill: theme.series(i),
                outline: Some(Line::solid(theme.paper(), 1.)),
            });
        }
    }
}

/// The same line without points that lie closer than a pixel to the one before: they cannot be seen and make a file large.
fn thinned(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    let mut last = None;
    for point in points {
        last = Some(point);
        if kept
            .last()
            .is_none_or(|k: &Point| (k.0 - point.0).hypot(k.1 - point.1) >= 1.)
        {
            kept.push(point);
        }
    }
    if let (Some(last), Some(end)) = (last, kept.last())
        && *end != last
    {
        kept.push(last);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bowl(x: f64, y: f64) -> f64 {
        x * x + y * y
    }

    fn circles(figure: &Figure) -> usize {
        let is_circle = |shape: &&Shape| matches!(shape, Shape::Circle { .. });
        figure.scene().shapes.iter().filter(is_circle).count()
    }

    #[test]
    fn every_place_inside_is_marked_and_none_outside() {
        let path = Path::new("p", [[0.5, 0.5], [0.2, 0.1], [9., 9.], [0., 0.]]);
        let figure = descent_paths("", bowl, (-1., 1.), (-1., 1.), &[path]).unwrap();
        assert_eq!(circles(&figure), 3);
    }

    #[test]
    fn a_path_that_leaves_is_cut_in_two() {
        let path = Path::new("p", [[0., 0.], [0.5, 0.], [5., 0.], [0., 0.5], [0., 0.]]);
        let figure = descent_paths("", bowl, (-1., 1.), (-1., 1.), &[path]).unwrap();
        let scene = figure.scene();
        let Some(Shape::Lines(pieces, _)) = scene
            .shapes
            .iter()
            .rfind(|s| matches!(s, Shape::Lines(pieces, _) if pieces.len() == 2))
        else {
            panic!("no line of two pieces")
        };
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn a_bowl_has_evenly_spaced_rings() {
        let figure = descent_paths("", bowl, (-1., 1.), (-1., 1.), &[]).unwrap();
        let scene = figure.scene();
        let area = scene
            .shapes
            .iter()
            .find_map(|s| match s {
                Shape::Cells { area, .. } => Some(*area),
                _ => None,
            })
            .unwrap();
        // Where each closed line crosses the half axis to the right, as a share of it. The corners are at the height 2.
        let middle = area.middle();
        let mut radii: Vec<f64> = scene
            .shapes
            .iter()
            .filter_map(|s| match s {
                Shape::Lines(lines, _)
                    if lines.len() == 1 && lines[0].first() == lines[0].last() =>
                {
                    lines[0]
                        .iter()
                        .map(|p| (p.0 - middle.0) / (area.width / 2.))
                        .max_by(f64::total_cmp)
                }
                _ => None,
            })
            .collect();
        radii.sort_by(f64::total_cmp);
        assert!(radii.len() >= 8, "{radii:?}");
        for (i, radius) in radii.iter().enumerate() {
            let want = 2f64.sqrt() * (i + 1) as f64 / LEVELS as f64;
            assert!((radius - want).abs() < 0.02, "{radii:?}");
        }
    }

    #[test]
    fn a_descent_stands_on_its_curve() {
        let walks = [("down".to_owned(), vec![1., 0.5, 7.])];
        let figure = descent_curve("", |w| w * w, (-1., 1.), &walks).unwrap();
        assert_eq!(circles(&figure), 2);
    }

    #[test]
    fn a_diverging_path_does_no_harm_and_files_stay_small() {
        let places: Vec<[f64; 2]> = (0..5000)
            .map(|i| {
                [
                    0.9 * (f64::from(i) * 0.01).cos(),
                    if i % 700 == 699 { f64::NAN } else { 0.9 },
                ]
            })
            .collect();
        let figure =
            descent_paths("", bowl, (-1., 1.), (-1., 1.), &[Path::new("p", places)]).unwrap();
        let svg = figure.svg().unwrap();
        assert!(svg.len() < 150_000 && !svg.contains("NaN"), "{}", svg.len());
    }

    #[test]
    fn refuses_what_has_no_landscape() {
        assert!(descent_paths("", |_, _| 1., (-1., 1.), (-1., 1.), &[]).is_err());
        assert!(descent_paths("", bowl, (1., 1.), (-1., 1.), &[]).is_err());
        assert!(descent_curve("", |_| f64::NAN, (0., 1.), &[]).is_err());
    }
}
