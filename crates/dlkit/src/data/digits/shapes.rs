//! How people write the ten digits: each in several hands, as strokes of a pen.
//!
//! Points are `(x, y)` in a unit box, x to the right, y down. These are the ideal shapes; what makes two fours differ (slant,
//! wobble, a thick pen) is added in `pen`.

/// A point of the unit box.
pub(super) type Point = (f32, f32);

/// What the pen does between touching the paper and leaving it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stroke {
    /// Straight from point to point.
    Straight(&'static [Point]),
    /// A smooth curve through the points.
    Curve(&'static [Point]),
}

use Stroke::{Curve, Straight};

/// One way to write one digit.
pub(super) type Hand = &'static [Stroke];

/// `HANDS[d]` are the ways to write the digit `d`.
pub(super) const HANDS: [&[Hand]; 10] =
    [ZERO, ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE];

#[rustfmt::skip] // one stroke a line reads as the pen moves
const ZERO: &[Hand] = &[
    // An oval that closes where it began.
    &[Curve(&[(0.52, 0.0), (0.25, 0.14), (0.14, 0.5), (0.25, 0.86), (0.5, 1.0), (0.76, 0.84), (0.86, 0.5), (0.77, 0.15), (0.52, 0.0)])],
    // A narrow one.
    &[Curve(&[(0.56, 0.0), (0.34, 0.2), (0.27, 0.55), (0.34, 0.9), (0.5, 1.0), (0.67, 0.82), (0.73, 0.45), (0.67, 0.12), (0.52, 0.02)])],
    // Ends that pass each other at the top.
    &[Curve(&[(0.62, 0.08), (0.42, 0.02), (0.2, 0.25), (0.16, 0.65), (0.36, 0.97), (0.66, 0.92), (0.84, 0.6), (0.78, 0.2), (0.5, 0.06), (0.4, 0.14)])],
];

#[rustfmt::skip]
const ONE: &[Hand] = &[
    &[Straight(&[(0.5, 0.0), (0.5, 1.0)])],
    &[Curve(&[(0.53, 0.0), (0.5, 0.5), (0.5, 1.0)])],
    // With the upstroke.
    &[Straight(&[(0.32, 0.24), (0.53, 0.0), (0.53, 1.0)])],
    // With the upstroke and a foot.
    &[Straight(&[(0.34, 0.2), (0.52, 0.0), (0.52, 1.0)]), Straight(&[(0.28, 1.0), (0.76, 0.99)])],
];

#[rustfmt::skip]
const TWO: &[Hand] = &[
    // A flat foot with a corner.
    &[Curve(&[(0.2, 0.24), (0.36, 0.03), (0.66, 0.03), (0.8, 0.24), (0.68, 0.5), (0.4, 0.78), (0.16, 1.0)]), Straight(&[(0.16, 1.0), (0.86, 0.97)])],
    // A loop at the corner.
    &[Curve(&[(0.2, 0.2), (0.45, 0.0), (0.76, 0.18), (0.64, 0.56), (0.36, 0.9), (0.16, 0.96), (0.18, 0.8), (0.38, 0.82), (0.62, 0.98), (0.9, 0.9)])],
    // One sweep.
    &[Curve(&[(0.18, 0.14), (0.5, 0.0), (0.78, 0.22), (0.62, 0.58), (0.26, 0.93), (0.4, 0.97), (0.84, 0.96)])],
];

#[rustfmt::skip]
const THREE: &[Hand] = &[
    // Two bows that meet in a point.
    &[Curve(&[(0.2, 0.13), (0.48, 0.0), (0.76, 0.17), (0.66, 0.4), (0.42, 0.47)]), Curve(&[(0.42, 0.47), (0.73, 0.55), (0.82, 0.78), (0.56, 1.0), (0.17, 0.88)])],
    // A flat top.
    &[Straight(&[(0.2, 0.03), (0.78, 0.02), (0.45, 0.41)]), Curve(&[(0.45, 0.41), (0.74, 0.5), (0.8, 0.8), (0.5, 1.0), (0.17, 0.9)])],
    // A small loop in the middle.
    &[Curve(&[(0.22, 0.08), (0.52, 0.0), (0.74, 0.2), (0.58, 0.42), (0.4, 0.46), (0.47, 0.53), (0.74, 0.58), (0.78, 0.83), (0.48, 1.0), (0.2, 0.93)])],
];

#[rustfmt::skip]
const FOUR: &[Hand] = &[
    // Open, with corners.
    &[Straight(&[(0.28, 0.04), (0.17, 0.56), (0.86, 0.54)]), Straight(&[(0.7, 0.08), (0.64, 1.0)])],
    // Closed.
    &[Straight(&[(0.64, 0.0), (0.12, 0.66), (0.9, 0.64)]), Straight(&[(0.65, 0.0), (0.64, 1.0)])],
    // Open and round.
    &[Curve(&[(0.24, 0.04), (0.18, 0.36), (0.34, 0.55), (0.74, 0.46)]), Straight(&[(0.79, 0.0), (0.7, 1.0)])],
    // Without lifting the pen.
    &[Curve(&[(0.26, 0.0), (0.18, 0.3), (0.27, 0.5), (0.52, 0.46), (0.73, 0.3)]), Curve(&[(0.77, 0.08), (0.73, 0.5), (0.68, 1.0)])],
];

#[rustfmt::skip]
const FIVE: &[Hand] = &[
    // Corners at the top.
    &[Straight(&[(0.8, 0.02), (0.3, 0.02), (0.26, 0.43)]), Curve(&[(0.26, 0.43), (0.56, 0.37), (0.8, 0.6), (0.7, 0.9), (0.42, 1.0), (0.14, 0.9)])],
    // One sweep, nearly an S.
    &[Curve(&[(0.8, 0.03), (0.46, 0.05), (0.3, 0.27), (0.48, 0.43), (0.74, 0.62), (0.64, 0.92), (0.36, 1.0), (0.17, 0.93)])],
    // The roof put on last.
    &[Curve(&[(0.32, 0.07), (0.26, 0.42), (0.54, 0.42), (0.76, 0.64), (0.64, 0.94), (0.34, 1.0), (0.18, 0.92)]), Straight(&[(0.33, 0.06), (0.86, 0.0)])],
];

#[rustfmt::skip]
const SIX: &[Hand] = &[
    &[Curve(&[(0.68, 0.02), (0.4, 0.22), (0.22, 0.56), (0.24, 0.86), (0.5, 1.0), (0.76, 0.86), (0.72, 0.62), (0.48, 0.54), (0.25, 0.72)])],
    // A straight back and a small bowl.
    &[Curve(&[(0.52, 0.0), (0.34, 0.4), (0.26, 0.75), (0.36, 0.96), (0.58, 0.98), (0.72, 0.82), (0.6, 0.64), (0.4, 0.68), (0.28, 0.84)])],
    // A wide bowl.
    &[Curve(&[(0.76, 0.06), (0.48, 0.04), (0.24, 0.34), (0.16, 0.7), (0.34, 0.96), (0.66, 0.98), (0.84, 0.76), (0.68, 0.52), (0.4, 0.54), (0.2, 0.74)])],
];

#[rustfmt::skip]
const SEVEN: &[Hand] = &[
    &[Straight(&[(0.15, 0.06), (0.82, 0.04), (0.42, 1.0)])],
    // With the bar that tells it from a one.
    &[Straight(&[(0.16, 0.06), (0.82, 0.04), (0.42, 1.0)]), Straight(&[(0.32, 0.52), (0.76, 0.48)])],
    // A bent back.
    &[Straight(&[(0.16, 0.08), (0.82, 0.05)]), Curve(&[(0.82, 0.05), (0.62, 0.38), (0.5, 0.7), (0.47, 1.0)])],
    // A hook at the left, like a printed seven.
    &[Straight(&[(0.17, 0.22), (0.2, 0.05), (0.8, 0.03)]), Curve(&[(0.8, 0.03), (0.64, 0.4), (0.44, 1.0)])],
];

#[rustfmt::skip]
const EIGHT: &[Hand] = &[
    // One stroke that crosses itself.
    &[Curve(&[(0.74, 0.14), (0.5, 0.0), (0.27, 0.17), (0.44, 0.43), (0.72, 0.68), (0.7, 0.93), (0.46, 1.0), (0.24, 0.84), (0.36, 0.58), (0.63, 0.38), (0.76, 0.2), (0.7, 0.08)])],
    // Two rings.
    &[Curve(&[(0.5, 0.46), (0.28, 0.32), (0.32, 0.07), (0.54, 0.0), (0.73, 0.14), (0.68, 0.38), (0.5, 0.46)]), Curve(&[(0.5, 0.46), (0.24, 0.64), (0.26, 0.92), (0.52, 1.0), (0.78, 0.86), (0.74, 0.6), (0.5, 0.46)])],
    // Narrow, with ends that do not quite meet.
    &[Curve(&[(0.68, 0.06), (0.44, 0.06), (0.34, 0.25), (0.52, 0.48), (0.68, 0.75), (0.52, 1.0), (0.34, 0.86), (0.42, 0.6), (0.62, 0.34), (0.74, 0.1)])],
];

#[rustfmt::skip]
const NINE: &[Hand] = &[
    // A ring on a straight stem.
    &[Curve(&[(0.76, 0.18), (0.54, 0.0), (0.28, 0.14), (0.26, 0.4), (0.5, 0.5), (0.74, 0.28)]), Straight(&[(0.77, 0.1), (0.68, 1.0)])],
    // A tail that swings to the left.
    &[Curve(&[(0.74, 0.16), (0.5, 0.0), (0.24, 0.18), (0.32, 0.44), (0.58, 0.44), (0.76, 0.18)]), Curve(&[(0.76, 0.18), (0.78, 0.6), (0.62, 0.96), (0.26, 0.94)])],
    // One stroke.
    &[Curve(&[(0.72, 0.1), (0.44, 0.02), (0.24, 0.24), (0.42, 0.44), (0.68, 0.28), (0.76, 0.08), (0.72, 0.5), (0.6, 1.0)])],
];
