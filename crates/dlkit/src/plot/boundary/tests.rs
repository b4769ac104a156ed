//! The boundary that is drawn is the predictor's.

use super::*;
use crate::data::{gaussians, two_moons};
use crate::seed::Seed;
use candle_core::{D, Device};

fn moons() -> Dataset {
    two_moons(40, 0.1, Seed(1)).unwrap()
}

fn answers(predictor: impl FnOnce(&Tensor) -> Result<Tensor>) -> Answers {
    let range = Range { low: -1., high: 1. };
    ask(predictor, &moons(), range, range).unwrap()
}

/// A predictor that is 0.5 where x₁ + x₂ is.
fn diagonal(points: &Tensor) -> Result<Tensor> {
    Ok(((points.sum_keepdim(D::Minus1)? * 0.25)? + 0.375)?)
}

#[test]
fn the_contour_runs_where_the_predictor_says_one_half() {
    let lines = answers(diagonal).boundaries();
    assert_eq!(lines.len(), 1);
    for (column, row) in &lines[0] {
        let x = -1. + 2. * (column + 0.5) / GRID as f64;
        let y = 1. - 2. * (row + 0.5) / GRID as f64; // the top row first
        assert!((x + y - 0.5).abs() < 1e-3, "({x}, {y})");
    }
}

#[test]
fn one_column_of_probabilities_and_two_give_the_same_picture() {
    let two = |points: &Tensor| {
        let p = diagonal(points)?;
        Ok(Tensor::cat(&[&(1. - &p)?, &p], 1)?)
    };
    let one = decision_boundary(&moons(), diagonal).unwrap();
    let both = decision_boundary(&moons(), two).unwrap();
    assert_eq!(one.svg().unwrap(), both.svg().unwrap());
}

#[test]
fn the_colour_is_that_of_the_more_probable_class() {
    let right_half = |points: &Tensor| Ok(points.narrow(1, 0, 1)?.gt(0.)?.to_dtype(DType::F32)?);
    let classes = answers(right_half).cells(|class, _| class);
    assert_eq!(classes[0], 0);
    assert_eq!(classes[GRID - 1], 1);
}

#[test]
fn three_classes_meet_in_lines() {
    let data = gaussians(20, 3, 0.2, Seed(1)).unwrap();
    let device = &Device::Cpu;
    let angles = [0f32, 1., 2.].map(|k| k * std::f32::consts::TAU / 3.);
    let centres = Tensor::new(&[angles.map(f32::cos), angles.map(f32::sin)], device).unwrap();
    let softmax = |points: &Tensor| {
        Ok(candle_nn::ops::softmax(
            &(points.matmul(&centres)? * 4.)?,
            1,
        )?)
    };
    let figure = decision_boundary(&data, softmax).unwrap();
    let svg = figure.svg().unwrap();
    assert!(
        svg.contains("class 2") && svg.len() < 300_000,
        "{}",
        svg.len()
    );
    // On the ray between the first two centres both are equally probable.
    let lead = answers(|points| Ok(points.matmul(&centres)?.exp()?)).boundaries();
    assert!(lead.iter().flatten().any(|(column, row)| {
        let (x, y) = (
            -1. + 2. * (column + 0.5) / GRID as f64,
            1. - 2. * (row + 0.5) / GRID as f64,
        );
        (y - x * 3f64.sqrt()).abs() < 0.02 && x > 0.3
    }));
}

#[test]
fn a_large_set_still_gives_a_small_file() {
    let data = two_moons(20_000, 0.1, Seed(1)).unwrap();
    let svg = decision_boundary(&data, diagonal).unwrap().svg().unwrap();
    assert!(svg.len() < 300_000, "{} bytes", svg.len());
}

#[test]
fn refuses_what_is_no_answer() {
    let refusal = |f: fn(&Tensor) -> Result<Tensor>| {
        format!("{:#}", decision_boundary(&moons(), f).unwrap_err())
    };
    assert!(refusal(|p| Ok(p.t()?)).contains("[2, 40000]"));
    assert!(refusal(|p| Ok((p.narrow(1, 0, 1)? / 0.)?)).contains("diverge"));
    assert!(refusal(|_| anyhow::bail!("no such model")).contains("no such model"));
}

#[test]
fn refuses_points_that_do_not_lie_in_a_plane() {
    let inputs = Tensor::zeros((4, 3), DType::F32, &Device::Cpu).unwrap();
    let targets = Tensor::zeros((4, 1), DType::F32, &Device::Cpu).unwrap();
    let data = Dataset::new(inputs, targets).unwrap();
    let message = decision_boundary(&data, diagonal).unwrap_err().to_string();
    assert!(message.contains("[4, 3]"), "{message}");
}
