//! The measure for every gradient in dlkit: the central difference `(f(x+h) − f(x−h)) / 2h` in f64.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};

/// Checks the gradient that Candle's graph gives for `f` at `point`, with respect to every element.
///
/// The result of `f`, whatever its shape, is weighted by fixed unequal numbers and summed, so that a gradient that is
/// wrong in one place cannot cancel against another (plain softmax sums to 1 and has the gradient 0).
pub(crate) fn assert_gradient(
    name: &str,
    point: &[f64],
    shape: &[usize],
    f: impl Fn(&Tensor) -> Result<Tensor>,
) {
    let weighted = |x: &Tensor| -> Result<Tensor> {
        let y = f(x)?.flatten_all()?;
        let weights: Vec<f64> = (0..y.elem_count())
            .map(|i| (1.7 * i as f64 + 0.3).sin() + 0.2)
            .collect();
        Ok((y * Tensor::new(weights, &Device::Cpu)?)?.sum_all()?)
    };
    let at = |values: &[f64]| Tensor::from_slice(values, shape, &Device::Cpu).unwrap();

    let variable = Var::from_tensor(&at(point)).unwrap();
    let gradients = weighted(variable.as_tensor()).unwrap().backward().unwrap();
    let gradient = gradients
        .get(&variable)
        .unwrap_or_else(|| panic!("{name}: the graph is cut, no gradient at all"));
    let gradient = gradient.flatten_all().unwrap().to_vec1::<f64>().unwrap();

    for i in 0..point.len() {
        let h = 1e-5 * point[i].abs().max(1.0);
        let value = |shift: f64| {
            let mut moved = point.to_vec();
            moved[i] += shift;
            weighted(&at(&moved)).unwrap().to_scalar::<f64>().unwrap()
        };
        let difference = (value(h) - value(-h)) / (2.0 * h);
        let error =
            (gradient[i] - difference).abs() / gradient[i].abs().max(difference.abs()).max(1.0);
        assert!(
            error < 1e-6,
            "{name}: element {i} has the gradient {}, the difference quotient is {difference}",
            gradient[i]
        );
    }
}
