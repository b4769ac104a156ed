//! The table that `summary` shows: layers, shapes, parameter counts.

use super::Model;
use crate::variable::Variable;
use std::fmt;

/// A model's layers as a table; print it.
#[derive(Clone, Debug)]
pub struct Summary {
    rows: Vec<[String; 3]>,
    trainable: usize,
    fixed: usize,
}

impl Model {
    /// A table of the layers with their output shapes and parameter counts. `n` stands for the batch size.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let trainable = self
            .variables
            .iter()
            .filter(|variable| variable.is_trainable())
            .map(Variable::parameters)
            .sum();
        let rows = self.rows.iter().map(|row| {
            [
                format!("{} ({})", row.name, row.kind),
                batch_shape(&row.output_shape),
                grouped(row.parameters),
            ]
        });
        Summary {
            rows: rows.collect(),
            trainable,
            fixed: self.parameters() - trainable,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["Layer (kind)", "Output shape", "Parameters"].map(String::from);
        let mut widths = head.each_ref().map(String::len);
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let [a, b, c] = widths;
        let line = "─".repeat(a + b + c + 4);
        let [name, shape, count] = &head;
        writeln!(f, "{name:<a$}  {shape:<b$}  {count:>c$}")?;
        writeln!(f, "{line}")?;
        for [name, shape, count] in &self.rows {
            writeln!(f, "{name:<a$}  {shape:<b$}  {count:>c$}")?;
        }
        writeln!(f, "{line}")?;
        write!(
            f,
            "Total: {} parameters",
            grouped(self.trainable + self.fixed)
        )?;
        if self.fixed > 0 {
            write!(
                f,
                " ({} trainable, {} not)",
                grouped(self.trainable),
                grouped(self.fixed)
            )?;
        }
        Ok(())
    }
}

/// A shape with the batch axis in front: `(n, 28, 28)`.
pub(super) fn batch_shape(shape: &[usize]) -> String {
    let axes: Vec<String> = std::iter::once("n".to_string())
        .chain(shape.iter().map(usize::to_string))
        .collect();
    if axes.len() == 1 {
        "(n,)".into()
    } else {
        format!("({})", axes.join(", "))
    }
}

/// 407050 as `407,050`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_grouped() {
        let texts = [0, 999, 1000, 13_002, 407_050, 1_000_000].map(super::grouped);
        assert_eq!(
            texts,
            ["0", "999", "1,000", "13,002", "407,050", "1,000,000"]
        );
    }
}
