//! The layers of a net as a diagram: a circle for each neuron, a line for each weight.

use super::figure::Figure;
use super::font;
use super::scene::{Line, MARGIN, Point, Scene, Shape, TICK_SIZE, TITLE_SIZE};
use super::theme::Theme;
use crate::Result;
use anyhow::ensure;

/// A layer with more neurons than this is drawn with a gap in the middle.
const MOST: usize = 8;
/// The distance between the middles of two neurons above each other, and half the width of one.
const STEP: f64 = 58.;
const RADIUS: f64 = 20.;

/// Draws layers from left to right, each with a name and its number of neurons: `("hidden, relu", 512)`.
///
/// A layer of more than 8 neurons shows the first and the last few.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// let figure = dlkit::plot::network_diagram(&[("input", 784), ("hidden, sigmoid", 16), ("output, softmax", 10)])?;
/// assert!(figure.svg()?.contains("784"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no layer, or one without neurons.
pub fn network_diagram(layers: &[(&str, usize)]) -> Result<Figure> {
    ensure!(
        !layers.is_empty() && layers.iter().all(|&(_, size)| size > 0),
        "a diagram needs at least one layer, and each layer at least one neuron: {layers:?}"
    );
    let layers: Vec<(String, usize)> = layers
        .iter()
        .map(|&(name, size)| (name.to_owned(), size))
        .collect();
    Ok(Figure::new("Network", move |title, theme| {
        draw(&layers, title, theme)
    }))
}

/// One place in a column: a neuron, or the dots that stand for those left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Neuron,
    Dots,
}

fn slots(size: usize) -> Vec<Slot> {
    if size <= MOST {
        return vec![Slot::Neuron; size];
    }
    let mut slots = vec![Slot::Neuron; MOST];
    slots[MOST / 2] = Slot::Dots;
    slots
}

fn draw(layers: &[(String, usize)], title: &str, theme: Theme) -> Scene {
    let widest = layers
        .iter()
        .map(|(name, _)| font::width(name, TICK_SIZE, false))
        .fold(0., f64::max);
    let column = (widest + 30.).max(200.);
    let tallest = layers
        .iter()
        .map(|&(_, size)| size.min(MOST))
        .max()
        .unwrap_or(1);
    let body = tallest as f64 * STEP;
    let needed = column * layers.len() as f64;
    let width = needed.max(font::width(title, TITLE_SIZE, true)) + 2. * MARGIN;
    let height = 66. + body + 2. * TICK_SIZE + 44.;
    let mut scene = Scene::new(width, height, theme, title);
    let space = scene.draw_title();
    let left = (scene.width - needed) / 2.;

    let columns: Vec<Vec<(Slot, Point)>> = layers
        .iter()
        .enumerate()
        .map(|(i, &(_, size))| {
            let slots = slots(size);
            let x = left + column * (i as f64 + 0.5);
            let top = space.y + (body - slots.len() as f64 * STEP) / 2.;
            let place = |(j, &slot): (usize, &Slot)| (slot, (x, top + (j as f64 + 0.5) * STEP));
            slots.iter().enumerate().map(place).collect()
        })
        .collect();
    draw_weights(&mut scene, &columns);
    for (i, ((name, size), column)) in layers.iter().zip(&columns).enumerate() {
        for &(slot, at) in column {
            match slot {
                Slot::Neuron => scene.shapes.push(Shape::Circle {
                    at,
                    radius: RADIUS,
                    fill: theme.paper().mixed(theme.series(i), 0.35),
                    outline: Some(Line::solid(theme.series(i), 3.)),
                }),
                Slot::Dots => draw_dots(&mut scene, at),
            }
        }
        let x = column[0].1.0;
        let y = space.y + body + 8. + TICK_SIZE / 2.;
        scene.centred(name, (x, y), TICK_SIZE, theme.ink());
        let neurons = size.to_string();
        scene.centred(&neurons, (x, y + TICK_SIZE + 10.), TICK_SIZE, theme.quiet());
    }
    scene
}

fn draw_weights(scene: &mut Scene, columns: &[Vec<(Slot, Point)>]) {
    let mut lines = Vec::new();
    let neurons = |column: &[(Slot, Point)]| -> Vec<Point> {
        let neuron = |&(slot, at): &(Slot, Point)| (slot == Slot::Neuron).then_some(at);
        column.iter().filter_map(neuron).collect()
    };
    for pair in columns.windows(2) {
        for from in neurons(&pair[0]) {
            for to in neurons(&pair[1]) {
                lines.push(vec![from, to]);
            }
        }
    }
    let color = scene.theme.paper().mixed(scene.theme.ink(), 0.38);
    scene.lines(lines, Line::solid(color, 1.2));
}

fn draw_dots(scene: &mut Scene, (x, y): Point) {
    let fill = scene.theme.ink();
    for offset in [-13., 0., 13.] {
        scene.shapes.push(Shape::Circle {
            at: (x, y + offset),
            radius: 3.5,
            fill,
            outline: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_net_shows_every_neuron_and_every_weight() {
        let svg = network_diagram(&[("x", 2), ("h", 4), ("y", 1)])
            .unwrap()
            .svg()
            .unwrap();
        assert_eq!(svg.matches("<circle").count(), 7);
        let weights = svg.lines().find(|line| line.contains("<path")).unwrap();
        assert_eq!(weights.matches('M').count(), 2 * 4 + 4);
    }

    #[test]
    fn a_large_layer_is_shortened_but_its_size_is_told() {
        let svg = network_diagram(&[("input", 784)]).unwrap().svg().unwrap();
        assert_eq!(svg.matches("<circle").count(), MOST - 1 + 3);
        assert!(svg.contains(">784<"));
    }

    #[test]
    fn refuses_an_empty_layer() {
        assert!(network_diagram(&[]).is_err());
        assert!(network_diagram(&[("input", 2), ("hidden", 0)]).is_err());
    }
}
