//! Values over epochs: how loss and metrics went during training.

use super::axes::{Axes, Axis, Entry, Scale, draw_legend, line_sample, series_line};
use super::figure::Figure;
use super::scene::{Area, LABEL_SIZE, Line, MARGIN, Scene, Shape};
use crate::Result;
use anyhow::ensure;

/// A named row of values, one for each epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What the legend calls it.
    pub name: String,
    /// The value after each epoch, beginning with the first.
    pub values: Vec<f64>,
}

impl Curve {
    /// A curve from its values, the first of which is epoch 1.
    #[must_use]
    pub fn new(name: impl Into<String>, values: impl Into<Vec<f64>>) -> Self {
        Self {
            name: name.into(),
            values: values.into(),
        }
    }
}

/// Curves over the epochs 1, 2, 3, …; `y` names the axis (with its unit, if it has one). See [`Figure`] for an example.
///
/// A value that is NaN or infinite leaves a gap in its curve.
///
/// # Errors
/// When there is no curve or no finite value, or a value is not above 0 and the scale is [`Scale::Log`].
pub fn curves(title: &str, y: &str, curves: &[Curve], scale: Scale) -> Result<Figure> {
    let panel = Panel::new(y, curves.to_vec(), scale)?;
    Ok(Figure::new(title, move |title, theme| {
        let mut scene = Scene::new(960., 600., theme, title);
        let space = scene.draw_title();
        panel.draw(&mut scene, space);
        scene
    }))
}

/// The curves of a training run, `history.curves()`: a panel for each metric, with training and validation (`val_…`) together.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// let history = [
///     ("loss".to_owned(), vec![0.9, 0.5, 0.3]),
///     ("val_loss".to_owned(), vec![0.8, 0.6, 0.6]),
/// ];
/// let svg = dlkit::plot::loss_curves(&history)?.svg()?;
/// assert!(svg.contains("validation"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no curve, or one of them has no finite value.
pub fn loss_curves(history: &[(String, Vec<f64>)]) -> Result<Figure> {
    loss_curves_scaled(history, Scale::Linear)
}

/// As [`loss_curves`], with a scale for the losses (metrics are shares and stay linear).
///
/// # Errors
/// As [`loss_curves`]; also when a loss is not above 0 and the scale is [`Scale::Log`].
pub fn loss_curves_scaled(history: &[(String, Vec<f64>)], scale: Scale) -> Result<Figure> {
    ensure!(
        !history.is_empty(),
        "there are no curves to draw: the history is empty; train first"
    );
    let mut metrics: Vec<&str> = Vec::new();
    for (name, _) in history {
        let metric = name.strip_prefix("val_").unwrap_or(name);
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    let panels: Vec<Panel> = metrics
        .into_iter()
        .map(|metric| {
            let both = history
                .iter()
                .filter_map(|(name, values)| match name.strip_prefix("val_") {
                    Some(rest) => {
                        (rest == metric).then(|| Curve::new("validation", values.clone()))
                    }
                    None => (name == metric).then(|| Curve::new("training", values.clone())),
                })
                .collect();
            let scale = if metric.ends_with("loss") {
                scale
            } else {
                Scale::Linear
            };
            Panel::new(&metric.replace('_', " "), both, scale)
        })
        .collect::<Result<_>>()?;
    let columns = panels.len().min(2);
    let rows = panels.len().div_ceil(columns);
    Ok(Figure::new("Training", move |title, theme| {
        let (width, height) = if columns == 1 {
            (960., 540.)
        } else {
            (660., 480.)
        };
        let full = (
            columns as f64 * width + MARGIN * 2.,
            rows as f64 * height + 90.,
        );
        let mut scene = Scene::new(full.0, full.1, theme, title);
        let space = scene.draw_title();
        let cell = (space.width / columns as f64, space.height / rows as f64);
        for (i, panel) in panels.iter().enumerate() {
            let (column, row) = ((i % columns) as f64, (i / columns) as f64);
            let gap = if columns > 1 { 12. } else { 0. };
            let part = Area {
                x: space.x + column * cell.0 + gap * column,
                y: space.y + row * cell.1,
                width: cell.0 - gap,
                height: cell.1 - if row + 1. < rows as f64 { 16. } else { 0. },
            };
            panel.draw(&mut scene, part);
        }
        scene
    }))
}

/// One pair of axes with its curves and legend.
#[derive(Clone, Debug)]
struct Panel {
    curves: Vec<Curve>,
    x: Axis,
    y: Axis,
}

impl Panel {
    fn new(name: &str, curves: Vec<Curve>, scale: Scale) -> Result<Self> {
        let all = || curves.iter().flat_map(|curve| curve.values.iter().copied());
        let low = all()
            .filter(|v| v.is_finite())
            .fold(f64::INFINITY, f64::min);
        let high = all()
            .filter(|v| v.is_finite())
            .fold(f64::NEG_INFINITY, f64::max);
        ensure!(
            low <= high,
            "there is nothing to draw for {name}: no curve has a finite value"
        );
        let y = match scale {
            Scale::Linear => Axis::wide(name, low, high),
            Scale::Log => {
                ensure!(
                    low > 0.,
                    "a logarithmic scale has no place for {low}, a value of {name}: use Scale::Linear"
                );
                Axis::log(name, low, high)
            }
        };
        let epochs = curves
            .iter()
            .map(|curve| curve.values.len())
            .max()
            .unwrap_or(0);
        Ok(Self {
            x: Axis::counted("epoch", epochs),
            y,
            curves,
        })
    }

    fn draw(&self, scene: &mut Scene, space: Area) {
        let theme = scene.theme;
        let lines: Vec<Line> = (0..self.curves.len())
            .map(|i| series_line(theme.series(i), i))
            .collect();
        let entries: Vec<Entry<'_>> = self
            .curves
            .iter()
            .zip(&lines)
            .map(|(curve, line)| Entry {
                name: &curve.name,
                sample: Box::new(line_sample(*line)),
            })
            .collect();
        let space = draw_legend(scene, space, &entries);
        debug_assert!(space.height > LABEL_SIZE);
        let axes = Axes::draw(scene, space, self.x.clone(), self.y.clone());
        axes.draw_edges(scene);
        for (curve, line) in self.curves.iter().zip(lines) {
            let mut pieces = vec![Vec::new()];
            for (i, &value) in curve.values.iter().enumerate() {
                if value.is_finite() {
                    let at = axes.at(i as f64 + 1., value);
                    pieces.last_mut().expect("never empty").push(at);
                } else {
                    pieces.push(Vec::new());
                }
            }
            if curve.values.len() <= 30 {
                // Few enough to show which values were measured and which the line makes up.
                for &at in pieces.iter().flatten() {
                    scene.shapes.push(Shape::Circle {
                        at,
                        radius: 5.5,
                        fill: line.color,
                        outline: None,
                    });
                }
            }
            pieces.retain(|piece| piece.len() > 1);
            scene.lines(pieces, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validation_shares_the_panel_of_its_metric() {
        let history = [
            ("loss".to_owned(), vec![0.9, 0.5]),
            ("accuracy".to_owned(), vec![0.7, 0.8]),
            ("val_loss".to_owned(), vec![0.8, 0.6]),
            ("val_accuracy".to_owned(), vec![0.6, 0.7]),
        ];
        let svg = loss_curves(&history).unwrap().svg().unwrap();
        assert_eq!(svg.matches(">training<").count(), 2);
        assert_eq!(svg.matches(">validation<").count(), 2);
        assert_eq!(svg.matches(">loss<").count(), 1);
        assert_eq!(svg.matches(">accuracy<").count(), 1);
    }

    #[test]
    fn a_value_that_is_no_number_leaves_a_gap() {
        let gap = Curve::new("loss", [1., 0.8, f64::NAN, 0.5, 0.4]);
        let svg = curves("t", "loss", &[gap], Scale::Linear)
            .unwrap()
            .svg()
            .unwrap();
        assert!(!svg.contains("NaN"));
        let curve = svg
            .lines()
            .find(|l| l.contains("#0072b2") && l.matches('M').count() == 2);
        assert!(curve.is_some(), "{svg}");
    }

    #[test]
    fn refuses_to_draw_nothing() {
        assert!(loss_curves(&[]).is_err());
        assert!(curves("t", "y", &[Curve::new("a", [])], Scale::Linear).is_err());
        assert!(curves("t", "y", &[Curve::new("a", [f64::NAN])], Scale::Linear).is_err());
    }

    #[test]
    fn a_log_scale_refuses_zero() {
        let zero = [Curve::new("a", [1., 0.])];
        assert!(curves("t", "y", &zero, Scale::Linear).is_ok());
        let message = curves("t", "y", &zero, Scale::Log).unwrap_err().to_string();
        assert!(message.contains("Scale::Linear"), "{message}");
    }
}
