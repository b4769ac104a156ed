//! Rows of several lengths, scaled by factors that no other operation could stand for.

use dlkit_check::prelude::*;
use @lesson@::@module@::*;

fn one_row(values: &[f64], factor: f64) -> Verdict {
    let want: Vec<f64> = values.iter().map(|value| value * factor).collect();
    expect(format!("{values:?} scaled by {factor}"))
        // What a typical mistake would give: when exactly that arrives, its sentence is said.
        .mistake(
            "added-instead-of-multiplied",
            "The factor was added to each value; each value is multiplied by it.",
            values
                .iter()
                .map(|value| value + factor)
                .collect::<Vec<f64>>(),
        )
        .advice("Each value times the factor, in the order of the values.")
        .close_all(&scaled(values, factor), &want)
}

pub(super) fn multiplies_every_value() -> Verdict {
    one_row(&[1.0, 2.0, 4.0], 3.0)?;
    one_row(&[0.5, -1.5], -2.5)
}

pub(super) fn gives_nothing_for_nothing() -> Verdict {
    one_row(&[], 3.0)
}
