//! Draws the figures of the lesson's README.
//!
//! `cargo build -p lesson6-attention-solution -p xtask --example figures-lesson6-attention-solution`, then
//! `target/debug/examples/figures-lesson6-attention-solution`

use dlkit::data::dates::{Dates, iso_text};
use dlkit::plot::{Figure, heat_map};
use dlkit::prelude::*;
use lesson6_solution::step1_weighted_sum::{ENGLISH, FRENCH, WEIGHTS};
use lesson6_solution::step8_dates::{self, DateReader, Settings};
use lesson6_solution::{step3_query_key_value, step4_masks, step6_positions};
use std::path::Path;

const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../exercises/lesson6-attention/figures"
);

fn main() -> Result<()> {
    let weights = WEIGHTS.map(|row| row.to_vec());
    let figure = heat_map(&weights, ("French", &FRENCH), ("English", &ENGLISH))?;
    write("french", &figure.titled("Which word looks at which"))?;

    let scores = step3_query_key_value::scores(
        &Tensor::ones((1, 5, 4), DType::F32, &Device::Cpu)?,
        &Tensor::ones((1, 5, 4), DType::F32, &Device::Cpu)?,
    )?;
    let weights = step4_masks::masked_weights(&scores, &step4_masks::causal_mask(5)?)?;
    let steps = ["the", "cat", "sat", "on", "the"];
    let figure = heat_map(
        &table(&weights.get(0)?)?,
        ("looks", &steps),
        ("is looked at", &steps),
    )?;
    write("causal", &figure.titled("Equal scores under a causal mask"))?;

    let positions = step6_positions::position_table(32, 48)?;
    let every = |n: usize, step: usize| -> Vec<String> {
        (0..n)
            .map(|i| {
                if i % step == 0 {
                    i.to_string()
                } else {
                    String::new()
                }
            })
            .collect()
    };
    let figure = heat_map(
        &table(&positions)?,
        ("step", &every(32, 8)),
        ("number", &every(48, 8)),
    )?;
    write(
        "positions",
        &figure.titled("The position table, 32 steps of width 48"),
    )?;

    for d in [4, 16, 64, 256] {
        let (a, b) = step3_query_key_value::random_pairs(d, 10_000, Seed(42))?;
        let variance = step3_query_key_value::dot_product_variance(&a, &b)?;
        println!("variance of 10,000 dot products, d = {d}: {variance:.1}");
    }

    let dates = Dates::generate(30_000, 1_000, Seed(42))?;
    let (written, answers) = dates.tensors(&dates.train)?;
    let net = DateReader::new(dates.vocabulary.size(), 64, Seed(42))?;
    let settings = Settings {
        steps: 1_000,
        batch_size: 64,
        learning_rate: 2e-3,
        seed: Seed(42),
    };
    step8_dates::train(
        &net,
        &Dataset::new(written, answers)?,
        settings,
        |step, loss| {
            if step.is_multiple_of(100) || step == 1 {
                println!("step {step}: loss {loss:.4}");
            }
            Ok(())
        },
    )?;
    let (test, truth) = dates.tensors(&dates.test)?;
    let exact = step8_dates::exact_match(&step8_dates::greedy(&net, &test)?, &truth)?;
    println!("exact on 1,000 held-out dates: {exact:.4}");
    for (name, text) in [
        ("alignment-weekday", "Thursday, May 3rd 1979"),
        ("alignment-slashes", "05/03/79"),
        ("alignment-dots", "3.5.1979"),
    ] {
        let ids = dates.read(&[text])?;
        let answer = step8_dates::greedy(&net, &ids)?;
        let weights = net
            .alignment(&ids, &answer)?
            .get(0)?
            .narrow(1, 0, text.len())?;
        let said = iso_text(&answer.to_vec2::<u32>()?[0]);
        let figure = heat_map(
            &table(&weights)?,
            ("answer", &letters(&said)),
            ("written", &letters(text)),
        )?;
        write(name, &figure.titled(format!("{text} → {said}")))?;
    }
    Ok(())
}

fn table(x: &Tensor) -> Result<Vec<Vec<f64>>> {
    Ok(x.to_dtype(DType::F64)?.to_vec2()?)
}

/// Each character by itself, a blank so that it can be seen.
fn letters(text: &str) -> Vec<String> {
    text.chars()
        .map(|c| if c == ' ' { '␣' } else { c }.to_string())
        .collect()
}

/// Writes the SVG, which the README shows; with a folder as the program's argument also the PNG, into that.
fn write(name: &str, figure: &Figure) -> Result<()> {
    std::fs::create_dir_all(FOLDER)?;
    std::fs::write(Path::new(FOLDER).join(format!("{name}.svg")), figure.svg()?)?;
    if let Some(folder) = std::env::args().nth(1) {
        std::fs::write(
            Path::new(&folder).join(format!("{name}.png")),
            figure.png()?,
        )?;
    }
    println!("wrote {name}.svg");
    Ok(())
}
