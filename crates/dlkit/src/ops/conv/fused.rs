//! The kernel's place in Candle's graph.

use crate::kernels::conv::{self, Passed, Shape, Wanted};
use crate::ops::custom;
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Tensor};
use std::sync::OnceLock;

/// A convolution with bias, and with relu and max-pooling where the shape says so.
pub(super) struct Fused {
    pub(super) shape: Shape,
    /// What pooling chose, for the backward pass.
    chosen: OnceLock<Vec<u8>>,
}

impl Fused {
    /// Runs the kernel on `(x, kernel, bias)`, which are as `shape` says.
    pub(super) fn apply(
        shape: Shape,
        x: &Tensor,
        kernel: &Tensor,
        bias: Option<&Tensor>,
    ) -> anyhow::Result<Tensor> {
        let bias = match bias {
            Some(bias) => bias.contiguous()?,
            None => Tensor::zeros(shape.outputs, x.dtype(), x.device())?,
        };
        let op = Self {
            shape,
            chosen: OnceLock::new(),
        };
        Ok(x.contiguous()?
            .apply_op3(&kernel.contiguous()?, &bias, op)?)
    }

    fn result_shape(&self) -> [usize; 4] {
        let shape = &self.shape;
        let (rows, columns) = shape.result_sides();
        if shape.channels_last {
            [shape.batch, rows, columns, shape.outputs]
        } else {
            [shape.batch, shape.outputs, rows, columns]
        }
    }
}

impl CustomOp3 for Fused {
    fn name(&self) -> &'static str {
        "dlkit-convolution"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        kernel: &CpuStorage,
        kernel_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, candle_core::Shape)> {
        let forward = conv::forward(
            &self.shape,
            custom::slice(x, x_layout)?,
            custom::slice(kernel, kernel_layout)?,
            custom::slice(bias, bias_layout)?,
        );
        self.chosen.get_or_init(|| forward.chosen);
        let shape = self.result_shape().to_vec().into();
        Ok((CpuStorage::F32(forward.result), shape))
    }

    fn bwd(
        &self,
        x: &Tensor,
        kernel: &Tensor,
        bias: &Tensor,
        result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let wanted = Wanted {
            x: custom::wanted(x),
            weights: custom::wanted(kernel),
        };
        let gradients = conv::backward(
            &self.shape,
            Passed {
                x: &custom::Values::of(x)?,
                kernel: &custom::Values::of(kernel)?,
                result: &custom::Values::of(result)?,
                chosen: self.chosen.get().map_or(&[][..], Vec::as_slice),
                gradient: &custom::Values::of(gradient)?,
            },
            wanted,
        );
        let x_gradient = gradients
            .x
            .map(|values| custom::tensor(values, x.shape()))
            .transpose()?;
        let kernel_gradient = if wanted.weights {
            Some(custom::tensor(gradients.kernel, kernel.shape())?)
        } else {
            None
        };
        let bias_gradient = if custom::wanted(bias) {
            Some(custom::tensor(gradients.bias, bias.shape())?)
        } else {
            None
        };
        Ok((x_gradient, kernel_gradient, bias_gradient))
    }
}
