//! Draws one handwritten digit: bends the ideal strokes as a hand would, then inks them onto 28×28 pixels.

use super::shapes::{HANDS, Point, Stroke};
use crate::seed::Rng;
use rand::Rng as _;
use rand_distr::{Distribution, StandardNormal};

/// Pixels along each side of an image.
pub(super) const SIDE: usize = 28;

/// How many straight pieces stand for the curve between two of its points: at this size more cannot be seen.
const PIECES: usize = 5;

/// A piece of a stroke, in pixels.
type Segment = (Point, Point);

/// Draws `digit` into `image`, [`SIDE`] × [`SIDE`] pixels, row by row, white (255) on black (0).
pub(super) fn draw(digit: usize, rng: &mut Rng, image: &mut [u8]) {
    let hands = HANDS[digit];
    let hand = hands[rng.random_range(0..hands.len())];
    let wobble = 0.045 * (0.5 + rng.random::<f32>());
    let strokes: Vec<Vec<Point>> = hand
        .iter()
        .map(|stroke| flatten(stroke, wobble, rng))
        .collect();
    let mut segments = place(&strokes, rng);
    if rng.random_bool(STRAY) {
        segments.push(stray_mark(rng));
    }
    let mut ink = [0f32; SIDE * SIDE];
    let pen = Pen::pick_up(rng);
    for &segment in &segments {
        pen.ink(segment, &mut ink);
    }
    if rng.random_bool(GAP) {
        wear_off(&segments, rng, &mut ink);
    }
    let grain = 0.12 * rng.random::<f32>();
    for (pixel, ink) in image.iter_mut().zip(ink) {
        *pixel = if ink > 0. {
            (255. * ink * (1. - grain * rng.random::<f32>())).round() as u8
        } else {
            0
        };
    }
}

/// How often a mark that belongs to no digit stands beside it.
const STRAY: f64 = 0.12;
/// How often the pen fails for a moment.
const GAP: f64 = 0.15;

fn normal(rng: &mut Rng) -> f32 {
    StandardNormal.sample(rng)
}

/// The stroke as a row of points, each of its own points moved a little: in units of the box.
fn flatten(stroke: &Stroke, wobble: f32, rng: &mut Rng) -> Vec<Point> {
    let (points, smooth) = match stroke {
        Stroke::Straight(points) => (points, false),
        Stroke::Curve(points) => (points, true),
    };
    let moved: Vec<Point> = points
        .iter()
        .map(|&(x, y)| (x + wobble * normal(rng), y + wobble * normal(rng)))
        .collect();
    if smooth { through(&moved) } else { moved }
}

/// A Catmull-Rom spline through all `points` (Catmull and Rom, 1974), as a row of points close together.
fn through(points: &[Point]) -> Vec<Point> {
    let last = points.len() - 1;
    let mut row = vec![points[0]];
    for i in 0..last {
        let (a, b) = (points[i], points[i + 1]);
        let before = points[i.saturating_sub(1)];
        let after = points[(i + 2).min(last)];
        for piece in 1..=PIECES {
            let t = piece as f32 / PIECES as f32;
            row.push((
                spline(before.0, a.0, b.0, after.0, t),
                spline(before.1, a.1, b.1, after.1, t),
            ));
        }
    }
    row
}

/// Between `a` (t = 0) and `b` (t = 1), leaving and arriving along the lines that join their neighbours.
fn spline(before: f32, a: f32, b: f32, after: f32, t: f32) -> f32 {
    let (leave, arrive) = ((b - before) / 2., (after - a) / 2.);
    let (t2, t3) = (t * t, t * t * t);
    (2. * t3 - 3. * t2 + 1.) * a
        + (t3 - 2. * t2 + t) * leave
        + (3. * t2 - 2. * t3) * b
        + (t3 - t2) * arrive
}

/// Slants, turns, stretches and moves the strokes from the unit box to the pixels.
///
/// As in MNIST the writing is brought to about the same height and its centre to about the middle of the image; a person's
/// hand and eye leave the rest.
fn place(strokes: &[Vec<Point>], rng: &mut Rng) -> Vec<Segment> {
    let slant = (0.12 + 0.22 * normal(rng)).clamp(-0.6, 0.8);
    let (sin, cos) = (0.1 * normal(rng)).clamp(-0.4, 0.4).sin_cos();
    let height = (18.5 + 1.8 * normal(rng)).clamp(12., 23.);
    let width = height * (0.82 + 0.14 * normal(rng)).clamp(0.45, 1.2);
    // A slow bend of the whole digit, as paper lies or a wrist turns.
    let (bend_x, bend_y) = (0.07 * normal(rng), 0.05 * normal(rng));
    let bent = |(x, y): Point| {
        let (x, y) = (x - 0.5, y - 0.5);
        (
            x + bend_x * (3. * y).sin() - slant * y * height / width,
            y + bend_y * (3. * x).sin(),
        )
    };
    let turned = |point: Point| {
        let (x, y) = bent(point);
        let (x, y) = (x * width, y * height);
        (x * cos - y * sin, x * sin + y * cos)
    };
    let mut segments: Vec<Segment> = strokes
        .iter()
        .flat_map(|row| row.windows(2))
        .map(|pair| (turned(pair[0]), turned(pair[1])))
        .collect();

    let (centre_x, centre_y) = centre(&segments);
    let middle = (SIDE as f32 - 1.) / 2.;
    let shift = (
        middle - centre_x + SHIFT * normal(rng),
        middle - centre_y + SHIFT * normal(rng),
    );
    for (from, to) in &mut segments {
        for point in [from, to] {
            point.0 += shift.0;
            point.1 += shift.1;
        }
    }
    segments
}

/// How far, in pixels, a digit's centre lies from the middle of the image (standard deviation along each axis).
const SHIFT: f32 = 0.8;

/// The centre of the line that is drawn: each piece counts by its length.
fn centre(segments: &[Segment]) -> Point {
    let (mut x, mut y, mut total) = (0., 0., 1e-6);
    for ((x0, y0), (x1, y1)) in segments {
        let length = (x1 - x0).hypot(y1 - y0);
        x += length * (x0 + x1) / 2.;
        y += length * (y0 + y1) / 2.;
        total += length;
    }
    (x / total, y / total)
}

/// A short mark somewhere: part of a neighbour, a slip of the pen.
fn stray_mark(rng: &mut Rng) -> Segment {
    let side = SIDE as f32;
    let from = (side * rng.random::<f32>(), side * rng.random::<f32>());
    let to = (from.0 + 2.5 * normal(rng), from.1 + 2.5 * normal(rng));
    (from, to)
}

/// What writes.
struct Pen {
    /// Half the width of a line, in pixels.
    radius: f32,
    /// Over how many pixels its edge fades from full ink to none.
    edge: f32,
    /// Ink at the middle of a line, up to 1.
    strength: f32,
}

impl Pen {
    fn pick_up(rng: &mut Rng) -> Self {
        Self {
            radius: (1.2 + 0.35 * normal(rng)).clamp(0.75, 2.2),
            edge: 0.8 + 0.9 * rng.random::<f32>(),
            strength: 1. - 0.25 * rng.random::<f32>().powi(2),
        }
    }

    /// Puts the ink of one piece of line on the pixels near it. Ink does not add up where lines cross.
    fn ink(&self, segment: Segment, ink: &mut [f32]) {
        let reach = self.radius + self.edge / 2.;
        let ((x0, y0), (x1, y1)) = segment;
        let pixels = |a: f32, b: f32| {
            let first = (a.min(b) - reach).ceil().max(0.) as usize;
            let last = (a.max(b) + reach).floor().min(SIDE as f32 - 1.);
            first..(last + 1.).max(0.) as usize
        };
        for y in pixels(y0, y1) {
            for x in pixels(x0, x1) {
                let distance = distance((x as f32, y as f32), segment);
                let shade = ((reach - distance) / self.edge).clamp(0., 1.) * self.strength;
                let pixel = &mut ink[y * SIDE + x];
                *pixel = pixel.max(shade);
            }
        }
    }
}

/// From a point to the nearest point of the segment.
fn distance((x, y): Point, ((x0, y0), (x1, y1)): Segment) -> f32 {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy).max(1e-12);
    let along = along.clamp(0., 1.);
    (x - x0 - along * dx).hypot(y - y0 - along * dy)
}

/// Thins the ink around one place of the line.
fn wear_off(segments: &[Segment], rng: &mut Rng, ink: &mut [f32]) {
    let ((x, y), _) = segments[rng.random_range(0..segments.len())];
    let radius = 1. + 1.5 * rng.random::<f32>();
    for (i, ink) in ink.iter_mut().enumerate() {
        let away = ((i % SIDE) as f32 - x).hypot((i / SIDE) as f32 - y);
        *ink *= (away / radius - 0.3).clamp(0.3, 1.);
    }
}
