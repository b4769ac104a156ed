//! Softmax and cross-entropy at a class number as one node of the graph.

use super::{custom, log_softmax};
use crate::kernels::softmax_cross_entropy::mean_loss_and_gradient;
use anyhow::Result;
use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};
use std::sync::OnceLock;

/// The mean over the rows of `−ln softmax(z)[class]`, for logits `(rows, classes)` and as many class numbers (`u32`, each below `classes`).
///
/// Its gradient is `(softmax(z) − one-hot) / rows`: what is subtracted in the formula is subtracted there too, so nothing is lost
/// to rounding, and no table of probabilities is kept.
pub(crate) fn sparse_cross_entropy(logits: &Tensor, classes: &Tensor) -> Result<Tensor> {
    if !custom::fused(&[logits]) {
        return sparse_cross_entropy_composed(logits, classes);
    }
    let op = SoftmaxCrossEntropy {
        labels: classes.to_vec1::<u32>()?,
        gradient: OnceLock::new(),
    };
    Ok(logits.contiguous()?.apply_op1(op)?)
}

pub(crate) fn sparse_cross_entropy_composed(logits: &Tensor, classes: &Tensor) -> Result<Tensor> {
    let chosen = log_softmax(logits)?.gather(&classes.unsqueeze(1)?, 1)?;
    Ok(chosen.mean_all()?.neg()?)
}

struct SoftmaxCrossEntropy {
    labels: Vec<u32>,
    /// Computed with the loss, which needs the same exponentials.
    gradient: OnceLock<Vec<f32>>,
}

impl CustomOp1 for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        "softmax_cross_entropy"
    }

    fn cpu_fwd(
        &self,
        logits: &CpuStorage,
        layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let (_, classes) = layout.shape().dims2()?;
        let logits = custom::slice(logits, layout)?;
        let (loss, gradient) = mean_loss_and_gradient(logits, &self.labels, classes);
        let _ = self.gradient.set(gradient);
        Ok((CpuStorage::F32(vec![loss]), Shape::from(())))
    }

    fn bwd(
        &self,
        logits: &Tensor,
        _: &Tensor,
        upstream: &Tensor,
    ) -> candle_core::Result<Option<Tensor>> {
        let Some(gradient) = self.gradient.get() else {
            candle_core::bail!("the cross-entropy's backward pass ran before its forward pass");
        };
        let gradient = custom::tensor(gradient.clone(), logits.shape())?;
        let upstream = f64::from(upstream.to_scalar::<f32>()?);
        // The last node of a graph has the gradient 1.
        if upstream == 1.0 {
            return Ok(Some(gradient));
        }
        Ok(Some(gradient.affine(upstream, 0.0)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::finite_differences::assert_gradient;
    use crate::seed::Seed;
    use candle_core::{DType, Device, Var};
    use rand::Rng as _;

    #[test]
    fn kernel_and_composed_form_agree_with_the_exact_gradient() {
        for (rows, classes) in [(1, 1), (1, 2), (3, 7), (128, 10), (65, 65), (2000, 17)] {
            let mut rng = Seed(rows as u64).rng();
            let logits: Vec<f32> = (0..rows * classes)
                .map(|_| rng.random_range(-9.0..9.0))
                .collect();
            let labels: Vec<u32> = (0..rows)
                .map(|_| rng.random_range(0..classes as u32))
                .collect();
            let labels = Tensor::new(labels, &Device::Cpu).unwrap();
            let logits = Tensor::from_vec(logits, (rows, classes), &Device::Cpu).unwrap();
            let run = |form: fn(&Tensor, &Tensor) -> Result<Tensor>, dtype| {
                let z = Var::from_tensor(&logits.to_dtype(dtype).unwrap()).unwrap();
                let loss = (form(&z, &labels).unwrap() * 3.0).unwrap();
                let gradient = loss
                    .backward()
                    .unwrap()
                    .get(&z)
                    .unwrap()
                    .to_dtype(DType::F64)
                    .unwrap();
                let loss = loss
                    .to_dtype(DType::F64)
                    .unwrap()
                    .to_scalar::<f64>()
                    .unwrap();
                (
                    loss,
                    gradient.flatten_all().unwrap().to_vec1::<f64>().unwrap(),
                )
            };
            let exact = run(sparse_cross_entropy_composed, DType::F64);
            for found in [
                run(sparse_cross_entropy, DType::F32),
                run(sparse_cross_entropy_composed, DType::F32),
            ] {
                assert!(
                    (found.0 - exact.0).abs() < 3e-6 * exact.0.max(1.0),
                    "{} {}",
                    found.0,
                    exact.0
                );
                for (a, b) in found.1.iter().zip(&exact.1) {
                    assert!(
                        (a - b).abs() < 2e-6 * 3.0 / rows as f64,
                        "{rows}×{classes}: {a} {b}"
                    );
                }
            }
        }
    }

    #[test]
    fn composed_form_agrees_with_finite_differences() {
        let labels = Tensor::new(&[2u32, 0], &Device::Cpu).unwrap();
        let logits = [0.3, -1.2, 2.0, 40.0, 39.0, -40.0];
        assert_gradient("sparse cross-entropy", &logits, &[2, 3], |z| {
            sparse_cross_entropy_composed(z, &labels)
        });
    }
}
