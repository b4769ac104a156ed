//! Gelu, the smooth relu of transformers, in its exact form.

use super::custom::{self, Values};
use crate::kernels::buffer;
use crate::kernels::gelu as kernel;
use anyhow::Result;
use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};

/// `x · Φ(x)` with the normal distribution function Φ (Hendrycks and Gimpel, 2016): the exact form, Keras's default.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    if custom::fused(&[x]) {
        return Ok(x.contiguous()?.apply_op1(Gelu)?);
    }
    gelu_composed(x)
}

pub(crate) fn gelu_composed(x: &Tensor) -> Result<Tensor> {
    Ok(x.gelu_erf()?)
}

/// The kernel in Candle's graph.
struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let x = custom::slice(x, layout)?;
        let mut out = buffer::uninit(x.len());
        kernel::forward(x, &mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !custom::wanted(x) {
            return Ok(None);
        }
        let (values, gradient) = (Values::of(x)?, Values::of(dy)?);
        let mut dx = buffer::uninit(values.len());
        kernel::backward(&values, &gradient, &mut dx);
        Ok(Some(custom::tensor(dx, x.shape())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::agreement::assert_agreement;

    #[test]
    fn kernel_composed_form_and_finite_differences_agree() {
        for shape in [&[1usize][..], &[7], &[3, 5], &[2, 3, 33], &[90, 200]] {
            assert_agreement("gelu", &[shape], |x| gelu(&x[0]), |x| gelu_composed(&x[0]));
        }
    }

    /// From `reference/attention.py`: `torch.nn.functional.gelu` at −3, −1, −0.25, 0, 0.5, 2, 4.
    #[test]
    fn values_are_those_of_pytorch() {
        let x = Tensor::new(
            &[-3f32, -1.0, -0.25, 0.0, 0.5, 2.0, 4.0],
            &candle_core::Device::Cpu,
        )
        .unwrap();
        for (found, wanted) in gelu(&x).unwrap().to_vec1::<f32>().unwrap().iter().zip(GELU) {
            assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
        }
    }

    const GELU: [f32; 7] = [
        -0.004_050, -0.158_655, -0.100_323, 0.0, 0.345_731, 1.954_5, 3.999_873,
    ];
}
