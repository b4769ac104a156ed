//! Layer normalisation: every row of numbers gets mean 0 and spread 1, then a scale and a shift that are learned.

use super::custom::{self, Values};
use crate::kernels::buffer;
use crate::kernels::layer_norm as kernel;
use anyhow::{Result, ensure};
use candle_core::{CpuStorage, CustomOp3, D, Layout, Shape, Tensor};

/// `yᵢ = gammaᵢ · (xᵢ − mean) / √(variance + epsilon) + betaᵢ` over the last axis (Ba, Kiros and Hinton, 2016), the variance being
/// the mean of the squares. Shape `(…, k)` to `(…, k)`; `gamma` and `beta` are `(k,)`.
///
/// Candle's `layer_norm` has no backward pass; this one has.
///
/// # Errors
/// When `gamma` or `beta` is not one number for each number of a row.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use candle_core::{DType, Device, Tensor};
///
/// let x = Tensor::new(&[[1.0f32, 2.0, 3.0]], &Device::Cpu)?;
/// let (gamma, beta) = (Tensor::ones(3, DType::F32, &Device::Cpu)?, Tensor::zeros(3, DType::F32, &Device::Cpu)?);
/// let y = dlkit::ops::layer_norm(&x, &gamma, &beta, 0.0)?.to_vec2::<f32>()?;
/// assert!((y[0][2] - 1.5f32.sqrt()).abs() < 1e-6 && y[0][1].abs() < 1e-6);
/// # Ok(()) }
/// ```
pub fn layer_norm(x: &Tensor, gamma: &Tensor, beta: &Tensor, epsilon: f64) -> Result<Tensor> {
    let width = x.dim(D::Minus1)?;
    for (name, tensor) in [("gamma", gamma), ("beta", beta)] {
        ensure!(
            tensor.dims() == [width],
            "layer_norm on the shape {:?} needs a {name} of the shape [{width}], but it has {:?}",
            x.dims(),
            tensor.dims()
        );
    }
    if custom::fused(&[x, gamma, beta]) && x.elem_count() > 0 {
        let operation = LayerNorm(epsilon as f32);
        let (gamma, beta) = (gamma.contiguous()?, beta.contiguous()?);
        return Ok(x.contiguous()?.apply_op3(&gamma, &beta, operation)?);
    }
    layer_norm_composed(x, gamma, beta, epsilon)
}

pub(crate) fn layer_norm_composed(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: f64,
) -> Result<Tensor> {
    let centered = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centered.sqr()?.mean_keepdim(D::Minus1)?;
    let normal = centered.broadcast_div(&(variance + epsilon)?.sqrt()?)?;
    Ok(normal.broadcast_mul(gamma)?.broadcast_add(beta)?)
}

/// The kernel in Candle's graph, with its epsilon.
struct LayerNorm(f32);

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
        gamma: &CpuStorage,
        gamma_layout: &Layout,
        beta: &CpuStorage,
        beta_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let x = custom::slice(x, layout)?;
        let gamma = custom::slice(gamma, gamma_layout)?;
        let beta = custom::slice(beta, beta_layout)?;
        let mut out = buffer::uninit(x.len());
        kernel::forward(x, gamma, beta, self.0, &mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gamma: &Tensor,
        beta: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (values, factors, gradient) = (Values::of(x)?, Values::of(gamma)?, Values::of(dy)?);
        let width = factors.len();
        let mut dx = buffer::uninit(values.len());
        let (mut dgamma, mut dbeta) = (buffer::uninit(width), buffer::uninit(width));
        kernel::backward(
            &values,
            &factors,
            self.0,
            &gradient,
            &mut dx,
            &mut dgamma,
            &mut dbeta,
        );
        let given = |of: &Tensor, values: Vec<f32>| {
            custom::wanted(of)
                .then(|| custom::tensor(values, of.shape()))
                .transpose()
        };
        Ok((given(x, dx)?, given(gamma, dgamma)?, given(beta, dbeta)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::agreement::assert_agreement;
    use candle_core::Device;

    #[test]
    fn kernel_composed_form_and_finite_differences_agree() {
        for shape in [&[2usize, 3][..], &[5], &[3, 4, 7], &[2, 33], &[300, 70]] {
            let width = &shape[shape.len() - 1..];
            assert_agreement(
                "layer_norm",
                &[shape, width, width],
                |x| layer_norm(&x[0], &x[1], &x[2], 1e-3),
                |x| layer_norm_composed(&x[0], &x[1], &x[2], 1e-3),
            );
        }
    }

    /// The numbers that `reference/attention.py` prints.
    #[test]
    fn values_and_gradients_are_those_of_pytorch() {
        let wave = |step: f64| {
            Tensor::from_iter(
                (1..=6).map(|i| (step * f64::from(i)).sin() as f32),
                &Device::Cpu,
            )
            .unwrap()
            .reshape((2, 3))
            .unwrap()
        };
        let x = candle_core::Var::from_tensor(&wave(0.7)).unwrap();
        let gamma = candle_core::Var::new(&[0.5f32, 1.0, 2.0], &Device::Cpu).unwrap();
        let beta = candle_core::Var::new(&[0.1f32, 0.0, -0.1], &Device::Cpu).unwrap();
        let y = layer_norm(&x, &gamma, &beta, 1e-3).unwrap();
        let loss = (&y * wave(1.3)).unwrap().sum_all().unwrap();
        let gradients = loss.backward().unwrap();
        let wanted: [&[f32]; 4] = [
            &[
                -0.545_448, 1.067_956, 0.345_878, 0.736_994, -0.111_070, -2.425_837,
            ],
            &[
                3.077_467, 5.365_445, -8.442_912, 0.411_008, -0.975_002, 0.563_994,
            ],
            &[-2.369_363, 0.526_639, -1.314_555],
            &[0.080_104, 0.730_621, 0.310_777],
        ];
        let found = [
            &y,
            gradients.get(&x).unwrap(),
            gradients.get(&gamma).unwrap(),
            gradients.get(&beta).unwrap(),
        ];
        for (found, wanted) in found.into_iter().zip(wanted) {
            let found = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-5, "{found}, not {wanted}");
            }
        }
    }

    #[test]
    fn a_large_mean_does_not_swallow_the_spread() {
        let x = Tensor::new(&[[10_000f32, 10_001.0, 10_002.0, 10_003.0]], &Device::Cpu).unwrap();
        let (gamma, beta) = (x.ones_like().unwrap(), x.zeros_like().unwrap());
        let (gamma, beta) = (gamma.squeeze(0).unwrap(), beta.squeeze(0).unwrap());
        let y = layer_norm(&x, &gamma, &beta, 0.0).unwrap();
        let wanted = [-1.341_640_8f32, -0.447_213_6, 0.447_213_6, 1.341_640_8];
        for (found, wanted) in y.to_vec2::<f32>().unwrap()[0].iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-5, "{found}, not {wanted}");
        }
    }

    #[test]
    fn a_scale_of_another_width_is_refused() {
        let x = Tensor::zeros((2, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
        let four = Tensor::zeros(4, candle_core::DType::F32, &Device::Cpu).unwrap();
        let message = layer_norm(&x, &four, &four, 1e-3).unwrap_err().to_string();
        assert!(
            message.contains("gamma") && message.contains("[3]"),
            "{message}"
        );
    }
}
