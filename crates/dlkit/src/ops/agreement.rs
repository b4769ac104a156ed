//! The proof that a fused operation is the composed one: values and gradients, against each other and against finite differences.

use super::finite_differences::assert_gradient;
use crate::seed::Seed;
use anyhow::Result;
use candle_core::{DType, Device, Tensor, Var};
use rand::Rng as _;

/// Values of the operation and gradients of all inputs.
type Outcome = Vec<Vec<f64>>;

/// Runs both forms on random inputs of these shapes: in f32, from contiguous and from turned memory, and the composed form also in f64,
/// which is held against finite differences first. All must agree to 1e-5 of the largest number.
pub(crate) fn assert_agreement(
    name: &str,
    shapes: &[&[usize]],
    fused: impl Fn(&[Tensor]) -> Result<Tensor>,
    composed: impl Fn(&[Tensor]) -> Result<Tensor>,
) {
    let name = &format!("{name} on {shapes:?}");
    let mut rng = Seed(shapes.len() as u64).derive(name).rng();
    let points: Vec<Vec<f64>> = shapes
        .iter()
        .map(|shape| {
            let count = shape.iter().product();
            (0..count).map(|_| rng.random_range(-1.5..1.5)).collect()
        })
        .collect();
    if points.iter().map(Vec::len).sum::<usize>() <= 400 {
        let joined = points.concat();
        assert_gradient(name, &joined, &[joined.len()], |all| {
            let mut at = 0;
            let parts: Result<Vec<Tensor>> = shapes
                .iter()
                .map(|shape| {
                    let count = shape.iter().product();
                    at += count;
                    Ok(all.narrow(0, at - count, count)?.reshape(*shape)?)
                })
                .collect();
            composed(&parts?)
        });
    }
    let exact = outcome(shapes, &points, DType::F64, false, &composed);
    for (form, turned, found) in [
        (
            "composed",
            false,
            outcome(shapes, &points, DType::F32, false, &composed),
        ),
        (
            "fused",
            false,
            outcome(shapes, &points, DType::F32, false, &fused),
        ),
        (
            "fused",
            true,
            outcome(shapes, &points, DType::F32, true, &fused),
        ),
    ] {
        for (part, (found, wanted)) in found.iter().zip(&exact).enumerate() {
            let what = match part {
                0 => "the result".to_string(),
                input => format!("the gradient of input {}", input - 1),
            };
            let largest = wanted.iter().fold(0.1f64, |m, w| m.max(w.abs()));
            assert_eq!(found.len(), wanted.len());
            for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                assert!(
                    (found - wanted).abs() <= 1e-5 * largest,
                    "{name}, {form} (turned: {turned}): number {i} of {what} is {found}, not {wanted}"
                );
            }
        }
    }
}

fn outcome(
    shapes: &[&[usize]],
    points: &[Vec<f64>],
    dtype: DType,
    turned: bool,
    operation: &impl Fn(&[Tensor]) -> Result<Tensor>,
) -> Outcome {
    let variables: Vec<Var> = shapes
        .iter()
        .zip(points)
        .map(|(shape, point)| {
            let value = Tensor::from_slice(point, *shape, &Device::Cpu).unwrap();
            let value = value.to_dtype(dtype).unwrap();
            Var::from_tensor(&if turned { turn(&value) } else { value }).unwrap()
        })
        .collect();
    let inputs: Vec<Tensor> = variables
        .iter()
        .map(|variable| {
            let tensor = variable.as_tensor();
            if turned { turn(tensor) } else { tensor.clone() }
        })
        .collect();
    let result = operation(&inputs).unwrap();
    let flat = result.flatten_all().unwrap();
    let weights: Vec<f64> = (0..flat.elem_count())
        .map(|i| (1.7 * i as f64 + 0.3).sin() + 0.2)
        .collect();
    let weights = Tensor::new(weights, &Device::Cpu)
        .unwrap()
        .to_dtype(dtype)
        .unwrap();
    let gradients = (&flat * weights)
        .unwrap()
        .sum_all()
        .unwrap()
        .backward()
        .unwrap();
    let numbers = |t: &Tensor| -> Vec<f64> {
        let t = t.flatten_all().unwrap().to_dtype(DType::F64).unwrap();
        t.to_vec1().unwrap()
    };
    let mut outcome = vec![numbers(&flat)];
    for variable in &variables {
        let gradient = gradients.get(variable).expect("the graph is cut");
        outcome.push(numbers(&if turned {
            turn(gradient)
        } else {
            gradient.clone()
        }));
    }
    outcome
}

/// The last two axes exchanged: the numbers of a row are then not beside each other.
fn turn(tensor: &Tensor) -> Tensor {
    let rank = tensor.rank();
    if rank < 2 {
        return tensor.clone();
    }
    tensor.transpose(rank - 2, rank - 1).unwrap()
}
