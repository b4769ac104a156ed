//! A training curve, in Braille dots.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Borders, Chart, Dataset, GraphType};

use crate::text::{BOLD, FAINT};

/// From so few rows on, a curve can be read.
pub(crate) const ROWS: u16 = 8;

/// The colours of several curves, in turn.
const COLOURS: [Color; 3] = [Color::Cyan, Color::Magenta, Color::Yellow];

/// Draws the losses so far, with the last one in words, under the name of what is trained. What is no number leaves a gap.
pub(crate) fn draw(frame: &mut Frame<'_>, name: &str, values: &[f64], area: Rect) {
    let points: Vec<(f64, f64)> = values
        .iter()
        .enumerate()
        .map(|(index, value)| (index as f64 + 1., *value))
        .collect();
    let curves: Vec<&[(f64, f64)]> = points
        .split(|(_, value)| !value.is_finite())
        .filter(|curve| !curve.is_empty())
        .collect();
    let Some((_, last)) = curves.last().and_then(|curve| curve.last()) else {
        return;
    };
    let extreme = |pick: fn(f64, f64) -> f64| {
        let points = curves.iter().copied().flatten();
        points.map(|point| point.1).reduce(pick)
    };
    // Zero belongs to a loss, unless it goes below.
    let low = extreme(f64::min).unwrap_or(0.).min(0.);
    let high = extreme(f64::max).unwrap_or(1.);
    let high = if high > low { high } else { low + 1. };
    let end = values.len().max(2) as f64;
    let data = curves.iter().zip(COLOURS.into_iter().cycle());
    let data = data.map(|(curve, colour)| {
        Dataset::default()
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(Style::new().fg(colour))
            .data(curve)
    });
    let title = Line::from(vec![
        " loss ".into(),
        Span::styled(format!("{} ", number(*last)), BOLD),
        Span::styled(name.to_owned(), FAINT),
        " ".into(),
    ]);
    let block = Block::new()
        .borders(Borders::TOP)
        .border_style(FAINT)
        .title(title);
    let chart = Chart::new(data.collect())
        .block(block)
        // Time; how much of it is nothing to read a number for.
        .x_axis(Axis::default().style(FAINT).bounds([1., end]))
        .y_axis(
            Axis::default()
                .style(FAINT)
                .bounds([low, high])
                .labels([number(low), number(high)]),
        );
    frame.render_widget(chart, area);
}

/// Three significant digits, in as few signs as that takes.
fn number(value: f64) -> String {
    match value.abs() {
        0. => "0".to_owned(),
        size if !(1e-3..1e5).contains(&size) => format!("{value:.1e}"),
        size if size >= 100. => format!("{value:.0}"),
        size if size >= 1. => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn drawn(values: &[f64], width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
        terminal
            .draw(|frame| draw(frame, "learns", values, frame.area()))
            .expect("a frame");
        terminal.backend().to_string()
    }

    #[test]
    fn shows_the_curve_its_range_and_the_last_value() {
        let text = drawn(&[2.5, 1.25, 0.5], 40, 10);
        for part in ["loss 0.5000 learns ", "2.50", "0 "] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert!(
            text.chars()
                .any(|sign| ('\u{2801}'..='\u{28ff}').contains(&sign))
        );
    }

    #[test]
    fn two_trainings_are_two_curves() {
        let dots = |values: &[f64]| {
            let text = drawn(values, 40, 12);
            let dots = text
                .chars()
                .filter(|sign| ('\u{2801}'..='\u{28ff}').contains(sign));
            dots.count()
        };
        let first = [0.; 20];
        let second = [2.; 20];
        let apart = [&first[..], &[f64::NAN], &second].concat();
        let joined = [&first[..], &second].concat();
        assert!(
            dots(&apart) + 5 < dots(&joined),
            "no line from one to the other"
        );
    }

    #[test]
    fn draws_whatever_it_is_given_wherever_it_is() {
        let odd: [&[f64]; 6] = [
            &[],
            &[1.],
            &[f64::NAN, f64::INFINITY],
            &[3., 3., 3.],
            &[-1., f64::NAN, -2.],
            &[1e300, -1e300, 5e-324],
        ];
        for values in odd {
            for (width, height) in [(80, 24), (10, 3), (1, 1)] {
                drawn(values, width, height);
            }
        }
    }
}
