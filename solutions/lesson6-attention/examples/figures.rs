//! Draws the figures of the lesson's README.
//!
//! `cargo build -p lesson6-attention-solution -p xtask --example figures-lesson6-attention-solution`, then
//! `target/debug/examples/figures-lesson6-attention-solution`

use dlkit::data::dates::{Dates, iso_text};
use dlkit::data::names::Names;
use dlkit::data::text::marked_lines;
use dlkit::ops;
use dlkit::plot::{Figure, heat_map};
use dlkit::prelude::*;
use lesson6_solution::step1_weighted_sum::{ENGLISH, FRENCH, WEIGHTS};
use lesson6_solution::step8_dates::{self, DateReader, Settings};
use lesson6_solution::{step3_query_key_value, step4_masks, step6_positions, step9_names};
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
    next_letters()
}

/// A small GPT on invented names, and how likely it takes each letter to be next in a name that it has not learned.
fn next_letters() -> Result<()> {
    let names = Names::invent(4_500, 500, Seed(2022));
    let vocabulary = names.vocabulary();
    let length = names.longest() + 1;
    let rows = marked_lines(&names.train, &vocabulary, length)?;
    let size = step9_names::Size {
        vocabulary: vocabulary.size(),
        length,
        width: 64,
        heads: 4,
        blocks: 3,
    };
    let net = step9_names::build(size, Seed(42))?;
    let settings = step9_names::Settings {
        steps: 700,
        learning_rate: 4e-3,
    };
    let batch = |step: usize| -> Result<Tensor> {
        let (epoch, batch) = ((step - 1) / 70, (step - 1) % 70);
        let order = Seed(42).derive("order").at(epoch as u64).permutation(4_500);
        let which: Vec<u32> = order[batch * 64..][..64]
            .iter()
            .map(|&name| name as u32)
            .collect();
        Ok(rows.index_select(&Tensor::new(which, &Device::Cpu)?, 0)?)
    };
    step9_names::train(&net, settings, batch, |_, _| Ok(()))?;
    let held_back = marked_lines(&names.validation, &vocabulary, length)?;
    println!(
        "names held back: {:.4}",
        step9_names::measure(&net, &held_back)?
    );

    let name = names.validation.iter().find(|name| name.len() == 6);
    let name = name.context("no name of six letters was held back")?;
    let row = marked_lines(std::slice::from_ref(name), &vocabulary, length)?;
    let inputs = row.narrow(1, 0, length)?.contiguous()?;
    let likely = ops::softmax(&net.forward(&inputs, &Pass::inference())?)?.get(0)?;
    let likely = likely
        .narrow(0, 0, name.len() + 1)?
        .narrow(1, 1, vocabulary.size() - 1)?;
    let so_far: Vec<&str> = (0..=name.len()).map(|letters| &name[..letters]).collect();
    let next: Vec<String> = vocabulary
        .characters()
        .iter()
        .map(char::to_string)
        .collect();
    let figure = heat_map(
        &table(&likely)?,
        ("written so far", &so_far),
        ("next", &next),
    )?;
    write(
        "names-next",
        &figure.titled(format!("How likely each letter is next: {name}")),
    )
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
