//! The frame that curves and points stand in: scales, ticks, grid, names of the axes, and a legend outside of it.

use super::font;
use super::scene::{Anchor, Area, LABEL_SIZE, Line, Point, Scene, TICK_SIZE};
use super::theme::Color;

/// How values are laid out along the y axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal differences.
    #[default]
    Linear,
    /// Equal steps are equal ratios: for a loss that falls by powers of ten. Values must be above 0.
    Log,
}

/// One direction of a plot: which values it shows, and where its ticks are.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) name: String,
    low: f64,
    high: f64,
    scale: Scale,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From `low` to `high`, widened to the next ticks.
    pub(super) fn wide(name: &str, low: f64, high: f64) -> Self {
        // A curve that never changes still needs a scale around it.
        let (low, high) = if high > low {
            (low, high)
        } else {
            let around = if low == 0. { 1. } else { low.abs() * 0.1 };
            (low - around, low + around)
        };
        let step = step(high - low, 5.);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self::linear(name, low, high, step)
    }

    /// Exactly from `low` to `high`.
    pub(super) fn exact(name: &str, low: f64, high: f64) -> Self {
        Self::linear(name, low, high, step(high - low, 5.))
    }

    /// Whole numbers from 1 to `last`, such as epochs.
    pub(super) fn counted(name: &str, last: usize) -> Self {
        if last <= 1 {
            let mut axis = Self::linear(name, 0.5, 1.5, 1.);
            axis.ticks = vec![(1., "1".to_owned())];
            return axis;
        }
        let high = last as f64;
        let step = step(high - 1., 8.).max(1.);
        let mut axis = Self::linear(name, 1., high, step);
        if axis
            .ticks
            .first()
            .is_none_or(|(at, _)| *at - 1. > step * 0.6)
        {
            axis.ticks.insert(0, (1., "1".to_owned()));
        }
        axis
    }

    /// Powers of ten around positive values.
    pub(super) fn log(name: &str, low: f64, high: f64) -> Self {
        let (low_power, mut high_power) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        high_power = high_power.max(low_power + 1);
        let decades = high_power - low_power;
        let mut ticks = Vec::new();
        for power in low_power..=high_power {
            let every = 1 + decades / 8;
            if (power - low_power) % every == 0 {
                ticks.push((10f64.powi(power), power_label(power)));
            }
            if decades <= 2 && power < high_power {
                for factor in [2., 5.] {
                    let value = factor * 10f64.powi(power);
                    let decimals = usize::try_from(-power).unwrap_or(0);
                    ticks.push((value, format!("{value:.decimals$}")));
                }
            }
        }
        Self {
            name: name.to_owned(),
            low: 10f64.powi(low_power),
            high: 10f64.powi(high_power),
            scale: Scale::Log,
            ticks,
        }
    }

    fn linear(name: &str, low: f64, high: f64, step: f64) -> Self {
        let first = (low / step - 1e-6).ceil() as i64;
        let last = (high / step + 1e-6).floor() as i64;
        let decimals = usize::try_from(-(step.log10() + 1e-9).floor() as i64).unwrap_or(0);
        let ticks = (first..=last)
            .map(|i| {
                let value = i as f64 * step;
                (value, label(value, decimals))
            })
            .collect();
        Self {
            name: name.to_owned(),
            low,
            high,
            scale: Scale::Linear,
            ticks,
        }
    }

    /// Where a value lies between the ends, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    /// The width of its widest tick's text: what a y axis needs at its left.
    pub(super) fn widest_tick(&self) -> f64 {
        self.ticks
            .iter()
            .map(|(_, text)| font::width(text, TICK_SIZE, false))
            .fold(0., f64::max)
    }
}

/// A step of 1, 2 or 5 times a power of ten that makes about `count` of the whole.
fn step(whole: f64, count: f64) -> f64 {
    let rough = whole / count;
    let power = 10f64.powf(rough.log10().floor());
    [1., 2., 5.]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= rough * 0.999)
        .unwrap_or(10. * power)
}

fn label(value: f64, decimals: usize) -> String {
    let text = if value.abs() >= 1e6 {
        format!("{value:.1e}")
    } else {
        format!("{value:.decimals$}")
    };
    // A true minus is as wide as a plus; and there is no −0.
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().any(|c| c.is_ascii_digit() && c != '0') => {
            format!("−{digits}")
        }
        Some(digits) => digits.to_owned(),
        None => text,
    }
}

fn power_label(power: i32) -> String {
    match power {
        0..=4 => format!("{}", 10i64.pow(power.unsigned_abs())),
        -4..0 => format!("{:.*}", power.unsigned_abs() as usize, 10f64.powi(power)),
        _ => format!("1e{power}").replace('-', "−"),
    }
}

/// Two axes and the rectangle between them.
#[derive(Clone, Debug)]
pub(super) struct Axes {
    pub(super) area: Area,
    x: Axis,
    y: Axis,
}

impl Axes {
    /// Draws axes that fill `space`, names and ticks included.
    pub(super) fn draw(scene: &mut Scene, space: Area, x: Axis, y: Axis) -> Self {
        let left = y.widest_tick() + LABEL_SIZE + 30.;
        let bottom = TICK_SIZE + LABEL_SIZE + 36.;
        // Half of the last tick's text stands out at the right.
        let right = x
            .ticks
            .last()
            .map_or(0., |(_, text)| font::width(text, TICK_SIZE, false) / 2.);
        let area = Area {
            x: space.x + left,
            y: space.y + TICK_SIZE / 2.,
            width: space.width - left - right,
            height: space.height - bottom - TICK_SIZE / 2.,
        };
        let axes = Self { area, x, y };
        axes.draw_frame(scene, space);
        axes
    }

    fn draw_frame(&self, scene: &mut Scene, space: Area) {
        let (grid, ink) = (scene.theme.grid(), scene.theme.ink());
        let area = self.area;
        let mut lines = Vec::new();
        for (value, text) in &self.x.ticks {
            let x = self.at(*value, self.y.low).0;
            lines.push(vec![(x, area.y), (x, area.bottom())]);
            let at = (x, area.bottom() + TICK_SIZE + 10.);
            scene.text(text, at, TICK_SIZE, ink, Anchor::Middle);
        }
        for (value, text) in &self.y.ticks {
            let y = self.at(self.x.low, *value).1;
            lines.push(vec![(area.x, y), (area.right(), y)]);
            let at = (area.x - 10., y + font::half_height(TICK_SIZE));
            scene.text(text, at, TICK_SIZE, ink, Anchor::End);
        }
        scene.lines(lines, Line::solid(grid, 1.));
        let (middle_x, middle_y) = area.middle();
        scene.text(
            &self.x.name,
            (middle_x, space.bottom() - 8.),
            LABEL_SIZE,
            ink,
            Anchor::Middle,
        );
        scene.upward(
            &self.y.name,
            (space.x + LABEL_SIZE / 2., middle_y),
            LABEL_SIZE,
            ink,
        );
    }

    /// The lines at the left and at the bottom.
    pub(super) fn draw_edges(&self, scene: &mut Scene) {
        let area = self.area;
        let corners = vec![
            (area.x, area.y),
            (area.x, area.bottom()),
            (area.right(), area.bottom()),
        ];
        let line = Line::solid(scene.theme.ink(), 2.);
        scene.line(corners, line);
    }

    /// Where a pair of values is drawn.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        (
            self.area.x + self.area.width * self.x.share(x),
            self.area.bottom() - self.area.height * self.y.share(y),
        )
    }

    /// True for values that the axes show.
    pub(super) fn shows(&self, x: f64, y: f64) -> bool {
        let inside = |share: f64| (-1e-9..=1. + 1e-9).contains(&share);
        inside(self.x.share(x)) && inside(self.y.share(y))
    }
}

/// Draws a legend's sample with its middle at a point.
type Sample<'a> = dyn Fn(&mut Scene, Point) + 'a;

/// One entry of a legend.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) sample: Box<Sample<'a>>,
}

/// Width of a sample, and the space between it and its name, between two entries, and between rows.
const SAMPLE: f64 = 44.;
const GAP: f64 = 10.;
const BETWEEN: f64 = 30.;
const ROW: f64 = 34.;

/// Writes a legend above the plot, where it can hide nothing, in as many rows as it needs; what is left is free.
pub(super) fn draw_legend(scene: &mut Scene, space: Area, entries: &[Entry<'_>]) -> Area {
    let ink = scene.theme.ink();
    let width = |entry: &Entry<'_>| SAMPLE + GAP + font::width(entry.name, TICK_SIZE, false);
    let mut rows: Vec<(f64, Vec<&Entry<'_>>)> = Vec::new();
    for entry in entries {
        let own = width(entry);
        match rows.last_mut() {
            Some((used, row)) if *used + BETWEEN + own <= space.width => {
                *used += BETWEEN + own;
                row.push(entry);
            }
            _ => rows.push((own, vec![entry])),
        }
    }
    for (i, (used, row)) in rows.iter().enumerate() {
        let mut x = space.x + (space.width - used) / 2.;
        let y = space.y + ROW * (i as f64 + 0.5);
        for entry in row {
            (entry.sample)(scene, (x + SAMPLE / 2., y));
            let at = (x + SAMPLE + GAP, y + font::half_height(TICK_SIZE));
            scene.text(entry.name, at, TICK_SIZE, ink, Anchor::Start);
            x += width(entry) + BETWEEN;
        }
    }
    let used = ROW * rows.len() as f64 + 8.;
    Area {
        y: space.y + used,
        height: space.height - used,
        ..space
    }
}

/// A legend's sample of a line.
pub(super) fn line_sample(line: Line) -> impl Fn(&mut Scene, Point) {
    move |scene, (x, y)| {
        let half = SAMPLE / 2.;
        scene.line(vec![(x - half, y), (x + half, y)], line);
    }
}

/// How the `i`-th series is drawn: the second time through the colours also with dashes.
pub(super) fn series_line(color: Color, i: usize) -> Line {
    let dashes = [None, Some((14., 7.)), Some((4., 6.)), Some((20., 5.))];
    Line {
        color,
        width: 4.,
        dash: dashes[i % dashes.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(
            texts(&Axis::wide("", 0.13, 0.92)),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            texts(&Axis::exact("", -1., 1.)),
            ["−1.0", "−0.5", "0.0", "0.5", "1.0"]
        );
    }

    #[test]
    fn a_constant_curve_has_an_axis_too() {
        for value in [0., 5., -3.] {
            let axis = Axis::wide("", value, value);
            assert!((0. ..=1.).contains(&axis.share(value)));
            assert!(axis.ticks.len() >= 2);
        }
    }

    #[test]
    fn epochs_are_whole_numbers_from_one() {
        assert_eq!(texts(&Axis::counted("", 1)), ["1"]);
        assert_eq!(texts(&Axis::counted("", 5)), ["1", "2", "3", "4", "5"]);
        let many = Axis::counted("", 100);
        assert_eq!(texts(&many)[..3], ["1", "20", "40"]);
        assert_eq!(many.share(1.), 0.);
    }

    #[test]
    fn a_log_axis_spans_whole_decades() {
        let axis = Axis::log("", 0.003, 0.8);
        assert_eq!(texts(&axis), ["0.001", "0.01", "0.1", "1"]);
        assert!((axis.share(0.1) - 2. / 3.).abs() < 1e-9);
        assert!(texts(&Axis::log("", 0.2, 0.9)).contains(&"0.5"));
    }
}
