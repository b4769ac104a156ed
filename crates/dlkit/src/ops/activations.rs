//! Element-wise activation functions: each takes a tensor of any shape and gives one of the same shape.

use anyhow::Result;
use candle_core::Tensor;

/// `x` where `x > 0`, else 0. The derivative at 0 is 0, as in PyTorch and Keras (Candle's own has 1 there).
pub fn relu(x: &Tensor) -> Result<Tensor> {
    leaky_relu(x, 0.0)
}

/// `x` where `x > 0`, else `slope · x`. Keras's slope is 0.3 in the old layer, 0.2 in the activation function.
pub fn leaky_relu(x: &Tensor, slope: f64) -> Result<Tensor> {
    let negative = if slope == 0.0 {
        x.zeros_like()?
    } else {
        (x * slope)?
    };
    Ok(not_positive(x)?.where_cond(&negative, x)?)
}

/// The logistic function `1 / (1 + e⁻ˣ)`, in (0, 1).
pub fn sigmoid(x: &Tensor) -> Result<Tensor> {
    Ok(candle_nn::ops::sigmoid(x)?)
}

/// The hyperbolic tangent, in (−1, 1).
pub fn tanh(x: &Tensor) -> Result<Tensor> {
    Ok(x.tanh()?)
}

/// `ln(1 + eˣ)`: a smooth relu, whose derivative is the sigmoid. Computed as `max(x, 0) + ln(1 + e^−|x|)`, which
/// neither overflows nor loses the small end.
pub fn softplus(x: &Tensor) -> Result<Tensor> {
    let not_positive = not_positive(x)?;
    let minus_magnitude = not_positive.where_cond(x, &x.neg()?)?;
    let tail = (minus_magnitude.exp()? + 1.0)?.log()?;
    Ok((not_positive.where_cond(&x.zeros_like()?, x)? + tail)?)
}

/// `x / (1 + |x|)`, in (−1, 1).
pub fn softsign(x: &Tensor) -> Result<Tensor> {
    let magnitude = not_positive(x)?.where_cond(&x.neg()?, x)?;
    Ok((x / (magnitude + 1.0)?)?)
}

/// `x` where `x > 0`, else `alpha · (eˣ − 1)` (Clevert, Unterthiner and Hochreiter, 2016). Keras's alpha is 1.
pub fn elu(x: &Tensor, alpha: f64) -> Result<Tensor> {
    let not_positive = not_positive(x)?;
    // The exponential sees no positive number: where the other branch is taken its derivative must be 0, not 0 · ∞.
    let at_most_zero = not_positive.where_cond(x, &x.zeros_like()?)?;
    let negative = ((at_most_zero.exp()? - 1.0)? * alpha)?;
    Ok(not_positive.where_cond(&negative, x)?)
}

/// `scale · elu(x, alpha)` with the two constants of Klambauer et al. (2017) that keep mean 0 and variance 1.
pub fn selu(x: &Tensor) -> Result<Tensor> {
    const ALPHA: f64 = 1.673_263_242_354_377_2;
    const SCALE: f64 = 1.050_700_987_355_480_5;
    Ok((elu(x, ALPHA)? * SCALE)?)
}

/// `x · Φ(x)` with the normal distribution function Φ (Hendrycks and Gimpel, 2016): the exact form, Keras's default.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    Ok(x.gelu_erf()?)
}

/// Asked this way round so that NaN, which compares with nothing, takes the branch that keeps it: a relu that turned NaN into 0
/// would hide a broken input from everyone.
fn not_positive(x: &Tensor) -> Result<Tensor> {
    Ok(x.le(0.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::finite_differences::assert_gradient;

    /// Name, dlkit's form, and the formula as written in a textbook, in f64.
    type Case = (&'static str, fn(&Tensor) -> Result<Tensor>, fn(f64) -> f64);

    const CASES: [Case; 9] = [
        ("relu", relu, |x| x.max(0.0)),
        (
            "leaky_relu",
            |x| leaky_relu(x, 0.2),
            |x| if x > 0.0 { x } else { 0.2 * x },
        ),
        ("sigmoid", sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
        ("tanh", tanh, f64::tanh),
        ("softplus", softplus, |x| {
            x.max(0.0) + (-x.abs()).exp().ln_1p()
        }),
        ("softsign", softsign, |x| x / (1.0 + x.abs())),
        (
            "elu",
            |x| elu(x, 1.0),
            |x| if x > 0.0 { x } else { x.exp_m1() },
        ),
        ("selu", selu, |x| {
            1.050_700_987_355_480_5
                * if x > 0.0 {
                    x
                } else {
                    1.673_263_242_354_377_2 * x.exp_m1()
                }
        }),
        ("gelu", gelu, |x| {
            x * 0.5 * libm_erfc(-x / std::f64::consts::SQRT_2)
        }),
    ];

    /// erfc by the continued series for the test alone (Abramowitz and Stegun 7.1.5), good to 1e-12 for |x| < 4.
    fn libm_erfc(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        1.0 - sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    #[test]
    fn values_are_those_of_the_formulas() {
        let points: Vec<f64> = (-12..=12).map(|i| f64::from(i) / 3.0).collect();
        let x = Tensor::new(points.as_slice(), &candle_core::Device::Cpu).unwrap();
        for (name, ours, formula) in CASES {
            let values = ours(&x).unwrap().to_vec1::<f64>().unwrap();
            for (value, point) in values.iter().zip(&points) {
                let wanted = formula(*point);
                assert!(
                    (value - wanted).abs() < 1e-7,
                    "{name}({point}) is {value}, wanted {wanted}"
                );
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        // No zero here: relu and its kin have a kink there, which a difference quotient would straddle.
        let points = [-30.0, -3.0, -1.0, -0.25, 0.1, 0.5, 1.0, 2.5, 30.0];
        for (name, ours, _) in CASES {
            assert_gradient(name, &points, &[9], ours);
        }
    }

    #[test]
    fn far_out_nothing_is_infinite_or_nan() {
        for (name, ours, _) in CASES {
            let x = candle_core::Var::new(
                &[-1e4f32, -100.0, 0.0, 100.0, 1e4],
                &candle_core::Device::Cpu,
            )
            .unwrap();
            let y = ours(x.as_tensor()).unwrap();
            let gradient = y
                .sum_all()
                .unwrap()
                .backward()
                .unwrap()
                .get(&x)
                .unwrap()
                .to_vec1::<f32>()
                .unwrap();
            assert!(
                y.to_vec1::<f32>().unwrap().iter().all(|v| v.is_finite()),
                "{name}: {y}"
            );
            assert!(
                gradient.iter().all(|v| v.is_finite()),
                "{name}: {gradient:?}"
            );
        }
    }

    #[test]
    fn nan_stays_nan() {
        let x = Tensor::new(&[f32::NAN], &candle_core::Device::Cpu).unwrap();
        for (name, ours, _) in CASES {
            assert!(
                ours(&x).unwrap().to_vec1::<f32>().unwrap()[0].is_nan(),
                "{name} hides a NaN"
            );
        }
    }

    #[test]
    fn at_zero_the_derivative_is_that_of_keras() {
        let wanted = [
            0.0,
            0.2,
            0.25,
            1.0,
            0.5,
            1.0,
            1.0,
            1.758_099_340_847_376_6,
            0.5,
        ];
        for ((name, ours, _), wanted) in CASES.into_iter().zip(wanted) {
            let x = candle_core::Var::new(&[0f64], &candle_core::Device::Cpu).unwrap();
            let gradient = ours(x.as_tensor()).unwrap().backward().unwrap();
            let gradient = gradient.get(&x).unwrap().to_vec1::<f64>().unwrap()[0];
            assert!(
                (gradient - wanted).abs() < 1e-9,
                "{name}'(0) is {gradient}, wanted {wanted}"
            );
        }
    }
}
