//! The figures as tables: aligned for a terminal, or in Markdown for the README.

use std::fmt::Write as _;

use super::figures::{Figure, ratio};
use crate::style::{self, FAINT, paint};

/// A title, the columns' names, and rows whose first cell is a name.
struct Table {
    title: &'static str,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// dlkit alone: its quantities side by side. Else times, accuracies where there are any, and memory; then the facts.
pub(super) fn tables(figures: &[Figure], markdown: bool, facts: &str) -> String {
    let mut text = String::new();
    let all = if figures.iter().all(Figure::is_ours) {
        vec![alone(figures)]
    } else {
        vec![times(figures), accuracies(figures), memory(figures)]
    };
    for table in all.iter().flatten() {
        if markdown {
            table.markdown(&mut text);
        } else {
            table.aligned(&mut text);
        }
        text.push('\n');
    }
    if markdown {
        text + facts
    } else {
        text + &paint(FAINT, &style::wrap(facts, 0))
    }
}

/// One framework: a column for each quantity.
fn alone(figures: &[Figure]) -> Option<Table> {
    type Quantity = (&'static str, fn(&Figure) -> Option<String>);
    let quantities: [Quantity; 5] = [
        ("ms a step", |figure| figure.ms_per_step.map(significant)),
        ("fastest step", |figure| figure.fastest_ms.map(significant)),
        ("seconds", |figure| figure.seconds.map(significant)),
        ("test accuracy, %", accuracy),
        ("peak MiB", peak),
    ];
    let told: Vec<&Quantity> = quantities
        .iter()
        .filter(|(_, cell)| figures.iter().any(|figure| cell(figure).is_some()))
        .collect();
    let rows = figures.iter().map(|figure| {
        let cells = told
            .iter()
            .map(|(_, cell)| cell(figure).unwrap_or_else(|| "–".to_owned()));
        [figure.workload.clone()].into_iter().chain(cells).collect()
    });
    Some(Table {
        title: "dlkit",
        head: ["workload"]
            .into_iter()
            .chain(told.iter().map(|(name, _)| *name))
            .map(String::from)
            .collect(),
        rows: rows.collect(),
    })
}

fn times(figures: &[Figure]) -> Option<Table> {
    let title = if figures.iter().any(|figure| figure.seconds.is_some()) {
        "Seconds of `fit`, 5 epochs"
    } else {
        "Milliseconds a training step"
    };
    let mut table = Table::of(title, figures, |figure| figure.time().map(significant))?;
    if figures.iter().any(|figure| !figure.is_ours()) {
        table.head.push("dlkit ÷ fastest peer".to_owned());
        for row in &mut table.rows {
            let of_row: Vec<Figure> = figures
                .iter()
                .filter(|figure| figure.workload == row[0])
                .cloned()
                .collect();
            row.push(ratio(&of_row).map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}")));
        }
    }
    Some(table)
}

fn accuracies(figures: &[Figure]) -> Option<Table> {
    Table::of("Test accuracy, %", figures, accuracy)
}

fn memory(figures: &[Figure]) -> Option<Table> {
    Table::of("Peak memory of the process, MiB", figures, peak)
}

/// Three digits that mean something.
fn significant(time: f64) -> String {
    match time {
        ..10.0 => format!("{time:.2}"),
        10.0..100.0 => format!("{time:.1}"),
        _ => format!("{time:.0}"),
    }
}

fn accuracy(figure: &Figure) -> Option<String> {
    Some(format!("{:.2}", figure.test_accuracy? * 100.0))
}

fn peak(figure: &Figure) -> Option<String> {
    Some(format!("{:.0}", figure.peak_mib?))
}

impl Table {
    /// A row for each workload and a column for each framework; none where no figure has such a cell.
    fn of(
        title: &'static str,
        figures: &[Figure],
        cell: impl Fn(&Figure) -> Option<String>,
    ) -> Option<Self> {
        let mut frameworks: Vec<&str> = Vec::new();
        let mut workloads: Vec<&str> = Vec::new();
        for figure in figures {
            if !frameworks.contains(&figure.framework.as_str()) {
                frameworks.push(&figure.framework);
            }
            if !workloads.contains(&figure.workload.as_str()) {
                workloads.push(&figure.workload);
            }
        }
        let mut any = false;
        let mut rows = Vec::new();
        for workload in workloads {
            let mut row = vec![workload.to_owned()];
            for framework in &frameworks {
                let found = figures
                    .iter()
                    .find(|figure| figure.workload == workload && figure.framework == *framework)
                    .and_then(&cell);
                any |= found.is_some();
                row.push(found.unwrap_or_else(|| "–".to_owned()));
            }
            rows.push(row);
        }
        let head = ["workload"].iter().chain(&frameworks);
        any.then(|| Self {
            title,
            head: head.map(ToString::to_string).collect(),
            rows,
        })
    }

    fn aligned(&self, text: &mut String) {
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                let cells = self.rows.iter().map(|row| &row[column]);
                let cells = cells.chain([&self.head[column]]);
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let _ = writeln!(text, "{}", self.title);
        for row in [&self.head].into_iter().chain(&self.rows) {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column == 0 {
                    let _ = write!(line, "{cell:<width$}");
                } else {
                    let _ = write!(line, "   {cell:>width$}");
                }
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }

    fn markdown(&self, text: &mut String) {
        let _ = writeln!(text, "{}:\n", self.title);
        let _ = writeln!(text, "| {} |", self.head.join(" | "));
        let _ = writeln!(text, "|---|{}", "--:|".repeat(self.head.len() - 1));
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::lines;
    use super::*;

    fn figures() -> Vec<Figure> {
        let line = |framework: &str, workload: &str, milliseconds: f64, peak: f64| serde_json::json!({"framework": framework, "workload": workload, "ms_per_step": milliseconds, "peak_mib": peak});
        let mut figures = Figure::of_rounds(&lines(&[
            line("dlkit", "mlp", 1.2345, 99.6),
            line("torch", "mlp", 3.0, 705.7),
            line("keras", "mlp", 2.469, 532.7),
        ]));
        figures.extend(Figure::of_rounds(&lines(&[
            line("dlkit", "attn", 57.04, 140.0),
            line("torch", "attn", 114.08, 800.0),
            line("keras", "attn", 127.6, 700.0),
        ])));
        figures
    }

    #[test]
    fn a_table_for_people_is_aligned() {
        let text =
            anstream::adapter::strip_str(&tables(&figures(), false, "The facts.")).to_string();
        let wanted = "\
Milliseconds a training step
workload   dlkit   torch   keras   dlkit ÷ fastest peer
mlp         1.23    3.00    2.47                   0.50
attn        57.0     114     128                   0.50

Peak memory of the process, MiB
workload   dlkit   torch   keras
mlp          100     706     533
attn         140     800     700

The facts.";
        assert_eq!(text, wanted);
    }

    #[test]
    fn the_table_of_the_readme_is_markdown() {
        let text = tables(&figures(), true, "The facts.");
        for line in [
            "Milliseconds a training step:",
            "| workload | dlkit | torch | keras | dlkit ÷ fastest peer |",
            "|---|--:|--:|--:|--:|",
            "| mlp | 1.23 | 3.00 | 2.47 | 0.50 |",
            "| attn | 140 | 800 | 700 |",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn a_fit_tells_seconds_and_accuracy_and_a_lone_figure_no_ratio() {
        let fit = Figure::of_rounds(&lines(&[serde_json::json!({
            "framework": "dlkit", "workload": "fit-cnn", "seconds": 12.3, "test_accuracy": 0.9912
        })]));
        let text = anstream::adapter::strip_str(&tables(&fit, false, "")).to_string();
        let wanted = "\
dlkit
workload   seconds   test accuracy, %
fit-cnn       12.3              99.12";
        assert_eq!(text.trim_end(), wanted);
    }
}
