//! Gelu, the smooth relu of transformers: exactly, and by a tanh that is close to it.

use super::custom::{self, Values};
use crate::kernels::gelu::{self as kernel, Pointwise};
use crate::kernels::buffer;
use anyhow::Result;
use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};

/// `x · Φ(x)` with the normal distribution function Φ (Hendrycks and Gimpel, 2016): the exact form, Keras's default.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    if custom::fused(&[x]) {
        return Ok(x.contiguous()?.apply_op1(Gelu(kernel::Erf, "gelu"))?);
    }
    gelu_composed(x)
}

/// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`: the same to about 0.0005 (Hendrycks and Gimpel, 2016), Keras's
/// `gelu(approximate=True)`. GPT-2 and its kin use it.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use candle_core::{Device, Tensor};
///
/// let y = dlkit::ops::gelu_tanh(&Tensor::new(&[-1.0f32, 0.0, 2.0], &Device::Cpu)?)?.to_vec1::<f32>()?;
/// assert!((y[0] + 0.158_8).abs() < 1e-4 && y[1] == 0.0 && (y[2] - 1.954_6).abs() < 1e-4);
/// # Ok(()) }
/// ```
pub fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    if custom::fused(&[x]) {
        return Ok(x.contiguous()?.apply_op1(Gelu(kernel::Tanh, "gelu_tanh"))?);
    }
    gelu_tanh_composed(x)
}

pub(crate) fn gelu_composed(x: &Tensor) -> Result<Tensor> {
    Ok(x.gelu_erf()?)
}

pub(crate) fn gelu_tanh_composed(x: &Tensor) -> Result<Tensor> {
    let root = (2.0 / std::f64::consts::PI).sqrt();
    let cubic = ((x.sqr()? * (0.044_715 * root))? + root)?;
    let t = (x * cubic)?.tanh()?;
    let half = (x * 0.5)?;
    Ok((&half + (&half * t)?)?)
}

/// The kernel in Candle's graph.
struct Gelu<F>(F, &'static str);

impl<F: Pointwise> CustomOp1 for Gelu<F> {
    fn name(&self) -> &'static str {
        self.1
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let x = custom::slice(x, layout)?;
        let mut out = buffer::uninit(x.len());
        kernel::forward(self.0, x, &mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !custom::wanted(x) {
            return Ok(None);
        }
        let (values, gradient) = (Values::of(x)?, Values::of(dy)?);
        let mut dx = buffer::uninit(values.len());
        kernel::backward(self.0, &values, &gradient, &mut dx);
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
            assert_agreement(
                "gelu_tanh",
                &[shape],
                |x| gelu_tanh(&x[0]),
                |x| gelu_tanh_composed(&x[0]),
            );
        }
    }

    /// From `reference/attention.py`: `torch.nn.functional.gelu` at −3, −1, −0.25, 0, 0.5, 2, 4.
    #[test]
    fn values_are_those_of_pytorch() {
        let x = Tensor::new(&[-3f32, -1.0, -0.25, 0.0, 0.5, 2.0, 4.0], &candle_core::Device::Cpu)
            .unwrap();
        for (found, wanted) in [
            (gelu(&x).unwrap(), GELU),
            (gelu_tanh(&x).unwrap(), GELU_TANH),
        ] {
            for (found, wanted) in found.to_vec1::<f32>().unwrap().into_iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
            }
        }
    }

    const GELU: [f32; 7] = [-0.004050, -0.158655, -0.100323, 0.0, 0.345731, 1.954500, 3.999873];
    const GELU_TANH: [f32; 7] = [-0.003637, -0.158808, -0.100325, 0.0, 0.345714, 1.954598, 3.999930];
}
