//! Random zeros and random noise. Both are hashes of a seed and a position: one seed, one result, on any number of threads.

use super::custom::{self, Values};
use crate::kernels::dropout::Mask;
use crate::kernels::{buffer, dropout as kernel, random};
use crate::seed::Seed;
use anyhow::{Result, ensure};
use candle_core::{CpuStorage, CustomOp1, Device, Layout, Shape, Tensor};

/// Sets each number to 0 with probability `rate` (0 to below 1) and divides the others by `1 − rate`. Any shape. What is dropped
/// gets no gradient.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let x = Tensor::ones(1000, DType::F32, &Device::Cpu)?;
/// let y = dlkit::ops::dropout(&x, 0.2, Seed(42))?.to_vec1::<f32>()?;
/// let dropped = y.iter().filter(|v| **v == 0.0).count();
/// assert!((150..250).contains(&dropped));
/// assert!(y.iter().all(|v| *v == 0.0 || *v == 1.25));
/// # Ok(()) }
/// ```
pub fn dropout(x: &Tensor, rate: f64, seed: Seed) -> Result<Tensor> {
    ensure!(
        (0.0..1.0).contains(&rate),
        "the dropout rate is {rate}, but it must be at least 0 and below 1 (0.2 drops a fifth)"
    );
    let mask = Mask::new(rate, seed.0);
    if custom::fused(&[x]) {
        return Ok(x.contiguous()?.apply_op1(Dropout { mask })?);
    }
    dropout_composed(x, mask)
}

fn dropout_composed(x: &Tensor, mask: Mask) -> Result<Tensor> {
    let factors = Tensor::from_vec(mask.factors(x.elem_count()), x.shape(), &Device::Cpu)?;
    Ok((x * factors.to_device(x.device())?.to_dtype(x.dtype())?)?)
}

struct Dropout {
    mask: Mask,
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let x = custom::slice(storage, layout)?;
        let mut y = buffer::uninit(x.len());
        kernel::dropout(x, &mut y, self.mask);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !custom::wanted(x) {
            return Ok(None);
        }
        let dy = Values::of(dy)?;
        let mut dx = buffer::uninit(dy.len());
        kernel::dropout(&dy, &mut dx, self.mask);
        Ok(Some(custom::tensor(dx, x.shape())?))
    }
}

/// Adds normal noise with this standard deviation to each number. Any shape; the gradient passes unchanged.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let x = Tensor::zeros((100, 100), DType::F32, &Device::Cpu)?;
/// let y = dlkit::ops::gaussian_noise(&x, 0.5, Seed(42))?;
/// let variance = y.sqr()?.mean_all()?.to_scalar::<f32>()?;
/// assert!((variance - 0.25).abs() < 0.02);
/// # Ok(()) }
/// ```
pub fn gaussian_noise(x: &Tensor, stddev: f64, seed: Seed) -> Result<Tensor> {
    ensure!(
        stddev >= 0.0 && stddev.is_finite(),
        "the standard deviation of the noise is {stddev}, but it must be 0 or more"
    );
    let noise = Noise {
        stddev: stddev as f32,
        key: seed.0,
    };
    if custom::fused(&[x]) {
        return Ok(x.contiguous()?.apply_op1(noise)?);
    }
    noise.composed(x)
}

struct Noise {
    stddev: f32,
    key: u64,
}

impl Noise {
    fn composed(&self, x: &Tensor) -> Result<Tensor> {
        let zeros = vec![0.0; x.elem_count()];
        let mut noise = buffer::uninit(zeros.len());
        random::add_noise(&zeros, &mut noise, self.stddev, self.key);
        let noise = Tensor::from_vec(noise, x.shape(), &Device::Cpu)?;
        Ok((x + noise.to_device(x.device())?.to_dtype(x.dtype())?)?)
    }
}

impl CustomOp1 for Noise {
    fn name(&self) -> &'static str {
        "gaussian_noise"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let x = custom::slice(storage, layout)?;
        let mut y = buffer::uninit(x.len());
        random::add_noise(x, &mut y, self.stddev, self.key);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> candle_core::Result<Option<Tensor>> {
        Ok(custom::wanted(x).then(|| dy.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::finite_differences::assert_gradient;
    use candle_core::Var;

    fn numbers(shape: &[usize]) -> Tensor {
        let count = shape.iter().product::<usize>();
        let values: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin()).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    /// The result for `x` and the gradient of `Σ result · weights`, with unequal weights.
    fn with_gradient(x: &Tensor, f: impl Fn(&Tensor) -> Result<Tensor>) -> [Vec<f32>; 2] {
        let x = Var::from_tensor(x).unwrap();
        let y = f(x.as_tensor()).unwrap();
        let weights = numbers(y.dims()).affine(0.7, 0.4).unwrap();
        let gradients = (&y * weights)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        let gradient = gradients.get(&x).unwrap();
        assert_eq!(gradient.dims(), x.dims());
        [&y, gradient].map(|t| t.flatten_all().unwrap().to_vec1().unwrap())
    }

    #[test]
    fn kernel_and_composed_form_agree_to_the_bit() {
        for shape in [vec![1], vec![7, 13], vec![3, 5, 7, 11], vec![33_000]] {
            let x = numbers(&shape);
            for (rate, seed) in [(0.0, 1), (0.25, 2), (0.9, u64::MAX)] {
                let mask = Mask::new(rate, seed);
                assert_eq!(
                    with_gradient(&x, |x| dropout(x, rate, Seed(seed))),
                    with_gradient(&x, |x| dropout_composed(x, mask)),
                );
                let noise = Noise {
                    stddev: rate as f32,
                    key: seed,
                };
                assert_eq!(
                    with_gradient(&x, |x| gaussian_noise(x, rate, Seed(seed))),
                    with_gradient(&x, |x| noise.composed(x)),
                );
            }
        }
    }

    #[test]
    fn strides_do_not_change_which_place_is_dropped() {
        let turned = numbers(&[5, 9]).t().unwrap();
        let straight = turned.contiguous().unwrap();
        let f = |x: &Tensor| dropout(x, 0.5, Seed(3));
        assert_eq!(with_gradient(&turned, f), with_gradient(&straight, f));
        let g = |x: &Tensor| gaussian_noise(x, 0.5, Seed(3));
        assert_eq!(with_gradient(&turned, g), with_gradient(&straight, g));
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let point: Vec<f64> = (0..24).map(|i| (f64::from(i) * 0.7).sin()).collect();
        assert_gradient("dropout", &point, &[4, 6], |x| dropout(x, 0.3, Seed(5)));
        assert_gradient("gaussian_noise", &point, &[4, 6], |x| {
            gaussian_noise(x, 0.3, Seed(5))
        });
    }

    #[test]
    fn a_plain_input_needs_no_gradient_and_a_graph_goes_through() {
        let x = numbers(&[4, 3]);
        let w = Var::from_tensor(&numbers(&[3, 2])).unwrap();
        let y = dropout(&x, 0.5, Seed(1)).unwrap().matmul(&w).unwrap();
        let y = gaussian_noise(&dropout(&y, 0.5, Seed(2)).unwrap(), 0.1, Seed(3)).unwrap();
        let gradients = y.sum_all().unwrap().backward().unwrap();
        assert!(gradients.get(&w).is_some());
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let x = numbers(&[3]);
        for rate in [-0.1, 1.0, f64::NAN] {
            assert!(dropout(&x, rate, Seed(1)).is_err());
        }
        for stddev in [-0.1, f64::INFINITY, f64::NAN] {
            let message = gaussian_noise(&x, stddev, Seed(1)).unwrap_err().to_string();
            assert!(message.contains("standard deviation"), "{message}");
        }
    }
}
