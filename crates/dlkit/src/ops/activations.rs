//! Element-wise activation functions: each takes a tensor of any shape and gives one of the same shape.

use super::custom::{self, Values};
use crate::kernels::pointwise::{self, Pointwise};
use anyhow::Result;
use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};

/// `x` where `x > 0`, else 0. The derivative at 0 is 0, as in PyTorch and Keras (Candle's own has 1 there).
pub fn relu(x: &Tensor) -> Result<Tensor> {
    fused_or(x, Pointwise::Relu, |x| leaky_relu(x, 0.0))
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
    fused_or(x, Pointwise::Sigmoid, |x| Ok(candle_nn::ops::sigmoid(x)?))
}

/// The hyperbolic tangent, in (−1, 1).
pub fn tanh(x: &Tensor) -> Result<Tensor> {
    fused_or(x, Pointwise::Tanh, |x| Ok(x.tanh()?))
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

/// `x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`: gelu by way of tanh, within 0.0005 of the exact form (Hendrycks and Gimpel, 2016).
pub fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    fused_or(x, Pointwise::GeluTanh, |x| {
        let root = (2.0 / std::f64::consts::PI).sqrt();
        let factor = (x.sqr()? * (0.044_715 * root))?.affine(1.0, root)?;
        let half = (x * 0.5)?;
        Ok(((&half * (x * factor)?.tanh()?)? + half)?)
    })
}

/// The kernel where the tensor allows it, else the function composed of Candle's own operations.
fn fused_or(
    x: &Tensor,
    function: Pointwise,
    composed: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    if custom::fused(&[x]) {
        Ok(x.contiguous()?.apply_op1(Apply(function))?)
    } else {
        composed(x)
    }
}

struct Apply(Pointwise);

impl CustomOp1 for Apply {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let values = pointwise::apply(self.0, custom::slice(x, layout)?);
        Ok((CpuStorage::F32(values), layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<Option<Tensor>> {
        let kept = if self.0.slope_needs_input() { x } else { y };
        let values = pointwise::gradient(self.0, &Values::of(kept)?, &Values::of(gradient)?);
        Ok(Some(custom::tensor(values, x.shape())?))
    }
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
    use crate::ops::gelu;

    /// Name, dlkit's form, and the formula as written in a textbook, in f64.
    type Case = (&'static str, fn(&Tensor) -> Result<Tensor>, fn(f64) -> f64);

    const CASES: [Case; 10] = [
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
        ("gelu_tanh", gelu_tanh, |x| {
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            0.5 * x * (1.0 + u.tanh())
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
    fn kernels_agree_with_the_exact_values_and_slopes() {
        for count in [1, 7, 16, 33, 40_000] {
            let points: Vec<f32> = (0..count)
                .map(|i| ((i * 7919 % 2003) as f32 - 1001.0) / 150.0)
                .collect();
            for (name, ours, _) in CASES {
                let result = |dtype| {
                    let x = Tensor::new(points.as_slice(), &candle_core::Device::Cpu).unwrap();
                    let x = candle_core::Var::from_tensor(&x.to_dtype(dtype).unwrap()).unwrap();
                    let y = ours(x.as_tensor()).unwrap();
                    let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
                    let slope = gradients.get(&x).unwrap().clone();
                    let both = [y.detach(), slope];
                    both.map(|t| {
                        t.to_dtype(candle_core::DType::F64)
                            .unwrap()
                            .to_vec1::<f64>()
                            .unwrap()
                    })
                };
                let (single, double) = (
                    result(candle_core::DType::F32),
                    result(candle_core::DType::F64),
                );
                for (single, double) in single.iter().zip(&double) {
                    for ((found, wanted), x) in single.iter().zip(double).zip(&points) {
                        // Candle's own single-precision error function is good to 1e-6 only.
                        assert!(
                            (found - wanted).abs() < 4e-6 * (1.0 + wanted.abs()),
                            "{name} at {x}: {found}, wanted {wanted}"
                        );
                    }
                }
            }
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
