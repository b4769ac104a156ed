//! Where a function of two variables is zero: marching squares (Lorensen and Cline, 1987, in two dimensions).

use super::scene::Point;
use std::collections::BTreeMap;

/// The lines along which values on a grid of `columns` × rows change their sign, in units of the grid: the point `(1.5, 0.)` lies
/// midway between the second and the third value of the first row.
///
/// Between two values the change is placed where a straight line between them is zero.
pub(super) fn zero_lines(values: &[f64], columns: usize) -> Vec<Vec<Point>> {
    let rows = values.len() / columns;
    let at = |x: usize, y: usize| values[y * columns + x];
    let mut segments = Vec::new();
    for y in 0..rows.saturating_sub(1) {
        for x in 0..columns.saturating_sub(1) {
            let crossings: Vec<Edge> = [
                Edge::across(x, y),
                Edge::down(x + 1, y),
                Edge::across(x, y + 1),
                Edge::down(x, y),
            ]
            .into_iter()
            .filter(|edge| {
                let (a, b) = edge.ends();
                (at(a.0, a.1) > 0.) != (at(b.0, b.1) > 0.)
            })
            .collect();
            match crossings[..] {
                [a, b] => segments.push((a, b)),
                // A saddle: the value in the middle says which corners belong together.
                [top, right, bottom, left] => {
                    let middle = at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1);
                    if (middle > 0.) == (at(x, y) > 0.) {
                        segments.extend([(top, right), (bottom, left)]);
                    } else {
                        segments.extend([(top, left), (bottom, right)]);
                    }
                }
                _ => {}
            }
        }
    }
    let place = |edge: &Edge| {
        let ((ax, ay), (bx, by)) = edge.ends();
        let (a, b) = (at(ax, ay), at(bx, by));
        let share = a / (a - b);
        let between = |from: usize, to: usize| from as f64 + share * (to as f64 - from as f64);
        (between(ax, bx), between(ay, by))
    };
    chained(&segments)
        .iter()
        .map(|line| line.iter().map(place).collect())
        .collect()
}

/// An edge of the grid, from one value to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    x: usize,
    y: usize,
    down: bool,
}

impl Edge {
    fn across(x: usize, y: usize) -> Self {
        Self { x, y, down: false }
    }

    fn down(x: usize, y: usize) -> Self {
        Self { x, y, down: true }
    }

    fn ends(self) -> ((usize, usize), (usize, usize)) {
        let Self { x, y, down } = self;
        let end = if down { (x, y + 1) } else { (x + 1, y) };
        ((x, y), end)
    }
}

/// Joins segments that share an end to long lines. Each edge has at most one segment on either side.
fn chained(segments: &[(Edge, Edge)]) -> Vec<Vec<Edge>> {
    let mut ends: BTreeMap<Edge, Vec<usize>> = BTreeMap::new();
    for (i, (a, b)) in segments.iter().enumerate() {
        ends.entry(*a).or_default().push(i);
        ends.entry(*b).or_default().push(i);
    }
    let mut used = vec![false; segments.len()];
    let mut lines = Vec::new();
    // Lines that end somewhere are begun at an end; what is left then are rings.
    let open = ends.iter().filter(|(_, s)| s.len() == 1).map(|(&e, _)| e);
    let any = segments.iter().map(|(a, _)| *a);
    for start in open.chain(any) {
        let mut line = vec![start];
        let mut tip = start;
        while let Some(&next) = ends[&tip].iter().find(|&&i| !used[i]) {
            used[next] = true;
            let (a, b) = segments[next];
            tip = if a == tip { b } else { a };
            line.push(tip);
        }
        if line.len() > 1 {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(n: usize, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        (0..n * n)
            .map(|i| f((i % n) as f64, (i / n) as f64))
            .collect()
    }

    #[test]
    fn a_plane_is_zero_along_one_exact_line() {
        let lines = zero_lines(&grid(5, |x, _| x - 1.25), 5);
        assert_eq!(
            lines,
            [(0..5).map(|y| (1.25, f64::from(y))).collect::<Vec<_>>()]
        );
    }

    #[test]
    fn a_circle_is_one_ring_of_its_radius() {
        let lines = zero_lines(&grid(41, |x, y| (x - 20.).hypot(y - 20.) - 12.), 41);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        for (x, y) in &lines[0] {
            assert!(((x - 20.).hypot(y - 20.) - 12.).abs() < 0.02);
        }
    }

    #[test]
    fn without_a_change_of_sign_there_is_no_line() {
        assert!(zero_lines(&grid(4, |_, _| 1.), 4).is_empty());
        assert!(zero_lines(&grid(4, |_, _| -1.), 4).is_empty());
    }

    #[test]
    fn a_saddle_gives_two_lines_that_do_not_cross() {
        let lines = zero_lines(&grid(2, |x, y| if x == y { 1. } else { -0.5 }), 2);
        assert_eq!(lines.len(), 2);
    }
}
