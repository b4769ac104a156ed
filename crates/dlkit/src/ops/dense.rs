//! `g(x · W + b)`: the operation of a dense layer, as one node of the graph.

use super::custom::{self, Values, wanted};
use crate::activation::Activation;
use crate::kernels::dense::{self, Shape as Sizes, Wanted};
use crate::kernels::pointwise::Pointwise;
use anyhow::{Context, Result, ensure};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Shape, Tensor};
use std::sync::OnceLock;

/// `g(x · W + b)` for `x` `(…, inputs)`, `W` `(inputs, units)` and `b` `(units,)`; gives `(…, units)`.
///
/// On the CPU the bias and the common activations are applied to each tile of the product while it is in the cache, and no
/// gradient is computed for an `x` that needs none.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let x = Tensor::new(&[[1.0f32, 2.0], [3.0, -4.0]], &Device::Cpu)?;
/// let kernel = Tensor::new(&[[1.0f32], [1.0]], &Device::Cpu)?;
/// let bias = Tensor::new(&[0.5f32], &Device::Cpu)?;
/// let y = dlkit::ops::dense(&x, &kernel, Some(&bias), Activation::Relu)?;
/// assert_eq!(y.to_vec2::<f32>()?, [[3.5], [0.0]]);
/// # Ok(()) }
/// ```
///
/// # Errors
/// When the shapes do not fit each other.
pub fn dense(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    activation: Activation,
) -> Result<Tensor> {
    let (inputs, units) = kernel
        .dims2()
        .context("the kernel of a dense layer is a matrix (inputs, units)")?;
    ensure!(
        x.rank() >= 1 && x.dims()[x.rank() - 1] == inputs,
        "the kernel {:?} takes inputs with {inputs} numbers each, but x has the shape {:?}",
        kernel.dims(),
        x.dims()
    );
    if let Some(bias) = bias {
        ensure!(
            bias.dims() == [units],
            "the bias of {units} units has the shape [{units}], not {:?}",
            bias.dims()
        );
    }
    let all = [Some(x), Some(kernel), bias];
    let all: Vec<&Tensor> = all.into_iter().flatten().collect();
    if !custom::fused(&all) {
        return activation.apply(&weighted_sums(x, kernel, bias)?);
    }
    let pointwise = activation.pointwise();
    let op = Dense {
        activation: pointwise.unwrap_or(Pointwise::Linear),
        sums: OnceLock::new(),
    };
    let (x, kernel) = (x.contiguous()?, kernel.contiguous()?);
    let y = match bias {
        Some(bias) => x.apply_op3(&kernel, &bias.contiguous()?, op)?,
        None => x.apply_op2(&kernel, op)?,
    };
    match pointwise {
        Some(_) => Ok(y),
        None => activation.apply(&y),
    }
}

/// `x · W + b`, composed.
pub(crate) fn weighted_sums(x: &Tensor, kernel: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (inputs, units) = kernel.dims2()?;
    let mut shape = x.dims().to_vec();
    let rows = x.elem_count() / inputs.max(1);
    let sums = x.reshape((rows, inputs))?.matmul(kernel)?;
    let sums = match bias {
        Some(bias) => sums.broadcast_add(bias)?,
        None => sums,
    };
    if let Some(last) = shape.last_mut() {
        *last = units;
    }
    Ok(sums.reshape(shape)?)
}

struct Dense {
    activation: Pointwise,
    /// `x · W + b`, kept from the forward pass where the slope of the activation needs it.
    sums: OnceLock<Vec<f32>>,
}

impl Dense {
    fn forward(
        &self,
        (x, x_layout): (&CpuStorage, &Layout),
        (kernel, kernel_layout): (&CpuStorage, &Layout),
        bias: Option<(&CpuStorage, &Layout)>,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let (inputs, units) = kernel_layout.shape().dims2()?;
        let mut shape = x_layout.dims().to_vec();
        let sizes = Sizes {
            rows: x_layout.shape().elem_count() / inputs.max(1),
            inputs,
            units,
        };
        let bias = match bias {
            Some((bias, layout)) => Some(custom::slice(bias, layout)?),
            None => None,
        };
        let result = dense::forward(
            sizes,
            custom::slice(x, x_layout)?,
            custom::slice(kernel, kernel_layout)?,
            bias,
            self.activation,
        );
        if let Some(sums) = result.sums {
            let _ = self.sums.set(sums);
        }
        if let Some(last) = shape.last_mut() {
            *last = units;
        }
        Ok((CpuStorage::F32(result.outputs), shape.into()))
    }

    fn backward(
        &self,
        x: &Tensor,
        kernel: &Tensor,
        bias: Option<&Tensor>,
        y: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (inputs, units) = kernel.dims2()?;
        let sizes = Sizes {
            rows: x.elem_count() / inputs.max(1),
            inputs,
            units,
        };
        let y_values = Values::of(y)?;
        let kept = match self.sums.get() {
            Some(sums) => sums,
            None => &*y_values,
        };
        let gradients = dense::backward(
            sizes,
            &Values::of(x)?,
            &Values::of(kernel)?,
            kept,
            &Values::of(gradient)?,
            self.activation,
            Wanted {
                x: wanted(x),
                kernel: wanted(kernel),
                bias: bias.is_some_and(wanted),
            },
        );
        let tensor = |values: Option<Vec<f32>>, like: &Tensor| {
            values
                .map(|values| custom::tensor(values, like.shape()))
                .transpose()
        };
        Ok((
            tensor(gradients.x, x)?,
            tensor(gradients.kernel, kernel)?,
            match bias {
                Some(bias) => tensor(gradients.bias, bias)?,
                None => None,
            },
        ))
    }
}

impl CustomOp3 for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        kernel: &CpuStorage,
        kernel_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.forward(
            (x, x_layout),
            (kernel, kernel_layout),
            Some((bias, bias_layout)),
        )
    }

    fn bwd(
        &self,
        x: &Tensor,
        kernel: &Tensor,
        bias: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        self.backward(x, kernel, Some(bias), y, gradient)
    }
}

impl CustomOp2 for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        kernel: &CpuStorage,
        kernel_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.forward((x, x_layout), (kernel, kernel_layout), None)
    }

    fn bwd(
        &self,
        x: &Tensor,
        kernel: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        let (x, kernel, _) = self.backward(x, kernel, None, y, gradient)?;
        Ok((x, kernel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::finite_differences::assert_gradient;
    use crate::seed::Seed;
    use candle_core::{DType, Device, Var};
    use rand::Rng as _;

    const ACTIVATIONS: [Activation; 6] = [
        Activation::Linear,
        Activation::Relu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::GeluTanh,
        Activation::Softplus, // has no kernel: the product's kernel, then the activation
    ];

    /// Output and gradients (of x, kernel and bias) of a random case, in this type: `f32` takes the kernel, `f64` does not.
    fn run(
        sizes: [usize; 3],
        has_bias: bool,
        activation: Activation,
        dtype: DType,
    ) -> Vec<Vec<f64>> {
        let [rows, inputs, units] = sizes;
        let mut rng = Seed((rows + 31 * inputs + 97 * units) as u64).rng();
        let mut var = |shape: &[usize]| {
            let count = shape.iter().product::<usize>();
            let values: Vec<f32> = (0..count).map(|_| rng.random_range(-1.0..1.0)).collect();
            let values = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
            Var::from_tensor(&values.to_dtype(dtype).unwrap()).unwrap()
        };
        let (x, kernel, bias) = (var(&[rows, inputs]), var(&[inputs, units]), var(&[units]));
        let weights = var(&[rows, units]);
        let y = dense(
            &x,
            &kernel,
            has_bias.then_some(bias.as_tensor()),
            activation,
        )
        .unwrap();
        let loss = (&y * weights.as_detached_tensor())
            .unwrap()
            .sum_all()
            .unwrap();
        let gradients = loss.backward().unwrap();
        let mut tensors = vec![
            y,
            gradients.get(&x).unwrap().clone(),
            gradients.get(&kernel).unwrap().clone(),
        ];
        tensors.extend(gradients.get(&bias).cloned());
        assert_eq!(tensors.len(), 3 + usize::from(has_bias));
        tensors
            .iter()
            .map(|t| {
                t.to_dtype(DType::F64)
                    .unwrap()
                    .flatten_all()
                    .unwrap()
                    .to_vec1()
                    .unwrap()
            })
            .collect()
    }

    #[test]
    fn kernel_and_composed_form_agree() {
        for sizes in [
            [1, 1, 1],
            [3, 5, 7],
            [128, 784, 10],
            [17, 33, 130],
            [300, 65, 257],
            [2, 1, 1000],
        ] {
            for activation in ACTIVATIONS {
                for has_bias in [true, false] {
                    let single = run(sizes, has_bias, activation, DType::F32);
                    let double = run(sizes, has_bias, activation, DType::F64);
                    for (which, (single, double)) in single.iter().zip(&double).enumerate() {
                        let largest = double.iter().fold(1.0, |a: f64, b| a.max(b.abs()));
                        for (a, b) in single.iter().zip(double) {
                            assert!(
                                (a - b).abs() < 1e-5 * largest,
                                "{sizes:?} {activation:?} {which}: {a}, composed {b}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn composed_form_agrees_with_finite_differences() {
        let point: Vec<f64> = (0..22).map(|i| (f64::from(i) * 0.7).sin()).collect();
        for activation in ACTIVATIONS {
            assert_gradient("dense", &point, &[22], |all| {
                let x = all.narrow(0, 0, 6)?.reshape((2, 3))?;
                let kernel = all.narrow(0, 6, 12)?.reshape((3, 4))?;
                dense(&x, &kernel, Some(&all.narrow(0, 18, 4)?), activation)
            });
        }
    }

    #[test]
    fn takes_strided_inputs_and_more_axes() {
        let x = Tensor::arange(0f32, 24.0, &Device::Cpu)
            .unwrap()
            .reshape((4, 3, 2))
            .unwrap();
        let kernel = Tensor::arange(0f32, 12.0, &Device::Cpu)
            .unwrap()
            .reshape((4, 3))
            .unwrap();
        let (turned, kernel) = (x.transpose(0, 2).unwrap(), kernel.t().unwrap().t().unwrap());
        let y = dense(&turned, &kernel, None, Activation::Linear).unwrap();
        assert_eq!(y.dims(), [2, 3, 3]);
        let wanted = turned
            .contiguous()
            .unwrap()
            .reshape((6, 4))
            .unwrap()
            .matmul(&kernel)
            .unwrap();
        let y = y.reshape((6, 3)).unwrap();
        assert_eq!(
            y.to_vec2::<f32>().unwrap(),
            wanted.to_vec2::<f32>().unwrap()
        );
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        let message = dense(
            &zeros(&[2, 28, 28]),
            &zeros(&[784, 10]),
            None,
            Activation::Relu,
        )
        .unwrap_err()
        .to_string();
        assert!(
            message.contains("784") && message.contains("[2, 28, 28]"),
            "{message}"
        );
        let message = dense(
            &zeros(&[2, 3]),
            &zeros(&[3, 4]),
            Some(&zeros(&[3])),
            Activation::Relu,
        )
        .unwrap_err()
        .to_string();
        assert!(message.contains("[4]"), "{message}");
    }
}
