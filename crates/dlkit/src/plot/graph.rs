//! A computation as a graph: a box for each operation, the value of the forward pass above each arrow and its gradient below.

use super::figure::Figure;
use super::font;
use super::scene::{Area, Line, MARGIN, Point, Scene, Shape, TICK_SIZE, TITLE_SIZE};
use super::theme::Theme;
use crate::Result;
use anyhow::ensure;

/// Distances between columns and rows of nodes, and half the size of a box.
const COLUMN: f64 = 170.;
const ROW: f64 = 108.;
const HALF: (f64, f64) = (38., 26.);

/// One node of a [`computation_graph`].
#[derive(Clone, Debug, PartialEq)]
pub struct GraphNode {
    /// What stands in the box: the name of an input, or an operation such as `×`.
    pub label: String,
    /// What it gives, on the way forward.
    pub value: f64,
    /// The slope of the output along it, on the way backward.
    pub gradient: f64,
    /// The nodes that it reads, by their places in the list; none for an input.
    pub reads: Vec<usize>,
}

impl GraphNode {
    /// A node that reads these earlier nodes of the list.
    #[must_use]
    pub fn new(
        label: impl Into<String>,
        value: f64,
        gradient: f64,
        reads: impl Into<Vec<usize>>,
    ) -> Self {
        Self {
            label: label.into(),
            value,
            gradient,
            reads: reads.into(),
        }
    }
}

/// Draws nodes from left to right, each one column behind the last that it reads. Beside each node its value is written above the
/// arrow that leaves it, and the gradient that comes back along it below.
///
/// ```
/// use dlkit::plot::{GraphNode, computation_graph};
///
/// # fn main() -> dlkit::Result<()> {
/// let nodes = [
///     GraphNode::new("x", 2.0, 3.0, []),
///     GraphNode::new("w", 3.0, 2.0, []),
///     GraphNode::new("×", 6.0, 1.0, [0, 1]),
/// ];
/// assert!(computation_graph("x · w", &nodes)?.svg()?.contains("×"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there are no nodes, or one reads itself or a later one.
pub fn computation_graph(title: &str, nodes: &[GraphNode]) -> Result<Figure> {
    ensure!(!nodes.is_empty(), "a graph needs at least one node");
    for (i, node) in nodes.iter().enumerate() {
        ensure!(
            node.reads.iter().all(|&read| read < i),
            "node {i} of a graph may read earlier nodes only, but \"{}\" reads {:?}",
            node.label,
            node.reads
        );
    }
    let nodes = nodes.to_vec();
    let columns = columns(&nodes);
    Ok(Figure::new(title, move |title, theme| {
        draw(&nodes, &columns, title, theme)
    }))
}

/// The column of each node: one behind the last that it reads. An input stands just before the first node that reads it, so
/// that its arrow is short.
fn columns(nodes: &[GraphNode]) -> Vec<usize> {
    let mut columns = vec![0; nodes.len()];
    for (i, node) in nodes.iter().enumerate() {
        columns[i] = node
            .reads
            .iter()
            .map(|&read| columns[read] + 1)
            .max()
            .unwrap_or(0);
    }
    for i in 0..nodes.len() {
        if nodes[i].reads.is_empty() {
            let first = (0..nodes.len())
                .filter(|&j| nodes[j].reads.contains(&i))
                .map(|j| columns[j])
                .min();
            columns[i] = first.map_or(0, |column| column - 1);
        }
    }
    columns
}

/// Where the middle of each node is, in rows: an operation halfway between those it reads, moved down where the place is taken.
fn rows(nodes: &[GraphNode], columns: &[usize]) -> Vec<f64> {
    let mut rows = vec![0.; nodes.len()];
    let mut next_input = 0.;
    for i in 0..nodes.len() {
        rows[i] = if nodes[i].reads.is_empty() {
            next_input += 1.;
            next_input - 1.
        } else {
            let sum: f64 = nodes[i].reads.iter().map(|&read| rows[read]).sum();
            sum / nodes[i].reads.len() as f64
        };
        let taken = |row: f64, rows: &[f64]| {
            (0..i).any(|j| columns[j] == columns[i] && (rows[j] - row).abs() < 0.95)
        };
        while taken(rows[i], &rows) {
            rows[i] += 0.5;
        }
    }
    rows
}

/// A value as short as it can be told: whole numbers without a point, others with up to three decimals.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        _ => text.replace('-', "−"),
    }
}

fn draw(nodes: &[GraphNode], columns: &[usize], title: &str, theme: Theme) -> Scene {
    let rows = rows(nodes, columns);
    let last = columns.iter().copied().max().unwrap_or(0);
    let lowest = rows.iter().copied().fold(0., f64::max);
    let needed = (last + 1) as f64 * COLUMN + 20.;
    let key = "above: forward, the value · below: backward, the slope";
    let widest = font::width(title, TITLE_SIZE, true).max(font::width(key, TICK_SIZE, false));
    let width = needed.max(widest) + 2. * MARGIN;
    let height = 76. + (lowest + 1.) * ROW + TICK_SIZE + 30.;
    let mut scene = Scene::new(width, height, theme, title);
    let space = scene.draw_title();
    let left = (scene.width - needed) / 2.;
    let at = |i: usize| -> Point {
        (
            left + 50. + COLUMN * columns[i] as f64,
            space.y + 10. + ROW * (rows[i] + 0.5),
        )
    };
    let arrow = Line::solid(theme.quiet(), 2.);
    for (i, node) in nodes.iter().enumerate() {
        let to = at(i);
        for &read in &node.reads {
            let from = at(read);
            let end = end_of_arrow(nodes, i, read, to);
            let start = (from.0 + HALF.0, from.1);
            scene.line(vec![start, end], arrow);
            draw_head(&mut scene, start, end);
        }
    }
    for (i, node) in nodes.iter().enumerate() {
        let (x, y) = at(i);
        let area = Area {
            x: x - HALF.0,
            y: y - HALF.1,
            width: 2. * HALF.0,
            height: 2. * HALF.1,
        };
        let (share, series) = if node.reads.is_empty() {
            (0.1, 0)
        } else {
            (0.16, 1)
        };
        scene.rectangle(area, theme.paper().mixed(theme.series(series), share));
        scene.frame(area, Line::solid(theme.series(series), 2.));
        let size = font::fitting(&node.label, TICK_SIZE + 4., 2. * HALF.0 - 8., false);
        scene.centred(&node.label, (x, y), size, theme.ink());
        // The numbers stand on either side of the first arrow that leaves the node.
        let reader = nodes.iter().position(|n| n.reads.contains(&i));
        let rise = match reader {
            Some(reader) => {
                let end = end_of_arrow(nodes, reader, i, at(reader));
                (end.1 - y) / (end.0 - x - HALF.0)
            }
            None => {
                scene.line(vec![(x + HALF.0, y), (x + HALF.0 + 72., y)], arrow);
                0.
            }
        };
        let beside = (x + HALF.0 + 36., y + 36. * rise);
        let apart = 22. + 8. * rise.abs();
        for (text, offset, color) in [
            (number(node.value), -apart, theme.right()),
            (number(node.gradient), apart, theme.wrong()),
        ] {
            let place = (beside.0, beside.1 + offset);
            // A scrap of paper behind it, so that no other arrow runs through the digits.
            let half = font::width(&text, TICK_SIZE, false) / 2. + 2.;
            let scrap = Area {
                x: place.0 - half,
                y: place.1 - 9.,
                width: 2. * half,
                height: 18.,
            };
            scene.rectangle(scrap, theme.paper());
            scene.centred(&text, place, TICK_SIZE, color);
        }
    }
    let bottom = (scene.width / 2., scene.height - MARGIN - 4.);
    scene.centred(key, bottom, TICK_SIZE, theme.quiet());
    scene
}

/// Where the arrow from `read` meets the left edge of the node that reads it: those of one node end apart.
fn end_of_arrow(nodes: &[GraphNode], reader: usize, read: usize, middle: Point) -> Point {
    let reads = &nodes[reader].reads;
    let place = reads.iter().position(|&r| r == read).unwrap_or(0) as f64;
    let spread = (place - (reads.len() - 1) as f64 / 2.) * 20.;
    (middle.0 - HALF.0, middle.1 + spread)
}

/// The head of an arrow.
fn draw_head(scene: &mut Scene, from: Point, to: Point) {
    let length = (to.0 - from.0).hypot(to.1 - from.1).max(1.);
    let (dx, dy) = ((to.0 - from.0) / length, (to.1 - from.1) / length);
    let (back, side) = (13., 6.);
    let points = vec![
        to,
        (to.0 - back * dx - side * dy, to.1 - back * dy + side * dx),
        (to.0 - back * dx + side * dy, to.1 - back * dy - side * dx),
    ];
    scene.shapes.push(Shape::Polygon {
        points,
        fill: scene.theme.quiet(),
        outline: None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Vec<GraphNode> {
        vec![
            GraphNode::new("x", 2., 3., []),
            GraphNode::new("w", 3., 2., []),
            GraphNode::new("b", 1., 1., []),
            GraphNode::new("×", 6., 1., [0, 1]),
            GraphNode::new("+", 7., 1., [3, 2]),
        ]
    }

    #[test]
    fn a_node_stands_behind_all_that_it_reads() {
        let nodes = line();
        let columns = columns(&nodes);
        // b is read in column 2, so it stands in column 1 and not at the far left.
        assert_eq!(columns, [0, 0, 1, 1, 2]);
    }

    #[test]
    fn no_two_nodes_share_a_place() {
        let nodes = line();
        let columns = columns(&nodes);
        let rows = rows(&nodes, &columns);
        for i in 0..nodes.len() {
            for j in 0..i {
                assert!(columns[i] != columns[j] || (rows[i] - rows[j]).abs() >= 0.95);
            }
        }
    }

    #[test]
    fn every_value_and_every_gradient_is_told() {
        let nodes = [
            GraphNode::new("a", -2.5, 0.125, []),
            GraphNode::new("σ", 7., -0., [0]),
        ];
        let svg = computation_graph("", &nodes).unwrap().svg().unwrap();
        for text in [">−2.5<", ">0.125<", ">7<", ">0<", ">σ<"] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn refuses_circles_and_nothing() {
        assert!(computation_graph("", &[]).is_err());
        assert!(computation_graph("", &[GraphNode::new("a", 1., 1., [0])]).is_err());
    }
}
