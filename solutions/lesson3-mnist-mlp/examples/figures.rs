//! Draws the figures of the lesson's README, all from data that dlkit draws itself, so that they can be drawn again anywhere.
//!
//! `cargo run -p lesson3-mnist-mlp-solution --example figures-lesson3-mnist-mlp-solution`

use dlkit::data::Digits;
use dlkit::plot::{Figure, confusion, digit_sheet, kernel_columns, loss_curves, network_diagram};
use dlkit::prelude::*;
use lesson3_solution::{step7_with_dlkit, step8_evaluation};
use std::path::Path;

const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../exercises/lesson3-mnist-mlp/figures"
);

fn main() -> Result<()> {
    let digits = Digits::generate(12_000, 2_000, Seed(42))?;
    let first = |tensor: &Tensor| tensor.narrow(0, 0, 40);
    let sheet = digit_sheet(
        &first(&digits.train_images)?,
        &first(&digits.train_labels)?,
        None,
    )?;
    write("digits", &sheet.titled("Digits with their labels"))?;

    let layers = [
        ("pixels", 784),
        ("sigmoid", 16),
        ("sigmoid", 16),
        ("softmax", 10),
    ];
    write(
        "network",
        &network_diagram(&layers)?.titled("The net as drawn: 784-16-16-10"),
    )?;

    let mut model = step7_with_dlkit::build(Seed(42), &Device::Cpu)?;
    let settings = Fit {
        epochs: 15,
        batch_size: 64,
        validation: Validation::Split(0.25),
        ..Fit::default()
    };
    let history = model.fit(&digits.train_dataset()?, settings)?;
    let curves = loss_curves(history.curves())?;
    write(
        "curves",
        &curves.titled("784-64-10 on 9,000 digits; 3,000 held back"),
    )?;

    let test = digits.test_dataset()?;
    let said = step8_evaluation::predicted_digits(&model.predict(test.inputs())?)?;
    let truth: Vec<u32> = test.targets().to_vec1()?;
    let matrix = step8_evaluation::confusion_matrix(&truth, &said, 10);
    let accuracy = 100. * step8_evaluation::accuracy(&matrix);
    let figure = confusion(&matrix, &digits.class_names)?;
    write(
        "confusion",
        &figure.titled(format!(
            "784-64-10 on 2,000 unseen digits: {accuracy:.1} % right"
        )),
    )?;

    let kernel = model.variable("dense/kernel")?.tensor().detach();
    let some = kernel.narrow(1, 0, 16)?.contiguous()?;
    let figure = kernel_columns(&some, (28, 28))?;
    write(
        "weights",
        &figure.titled("The weights of 16 of the 64 neurons"),
    )
}

/// Writes the SVG alone: that is what the README shows.
fn write(name: &str, figure: &Figure) -> Result<()> {
    std::fs::create_dir_all(FOLDER)?;
    let path = Path::new(FOLDER).join(format!("{name}.svg"));
    std::fs::write(&path, figure.svg()?)?;
    println!("wrote {name}.svg");
    Ok(())
}
