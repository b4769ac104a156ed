//! `Residual`: what a few layers compute is added to what they were given.
//!
//! `y = x + f(x)`, where `f` are the inner layers. They only have to learn what to change; and the gradient `1 + f′(x)` reaches the
//! layers before through the 1, however many such blocks there are: this is what made nets of a hundred layers trainable.
//!
//! Input and output have the same shape, so `f` must keep it. Where it does not (more channels, half the size), a projection `g`
//! brings the input into the new shape: `y = g(x) + f(x)`, with a `Dense` or a convolution of size 1 as `g`. The number of
//! parameters is that of `f` and `g`. Source: He et al., *Deep Residual Learning for Image Recognition* (2016).
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let block = || Sequential::new().add(Dense::new(32).relu()).add(Dense::new(32));
//! let model = Sequential::new()
//!     .add(Dense::new(32).relu())
//!     .add(Residual::new(block()))
//!     .add(Residual::new(block()))
//!     .add(Dense::new(1))
//!     .build(8, Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), (8 * 32 + 32) + 4 * (32 * 32 + 32) + 33);
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// Adds its input to what its inner layers make of it.
pub struct Residual {
    inner: Box<dyn Layer>,
    projection: Option<Box<dyn Layer>>,
}

impl Residual {
    /// `x + f(x)` with this layer, or a `Sequential` of several, as `f`.
    #[must_use]
    pub fn new(inner: impl Layer + 'static) -> Self {
        Self {
            inner: Box::new(inner),
            projection: None,
        }
    }

    /// With the input brought into the shape of `f(x)` by this layer: `g(x) + f(x)`.
    #[must_use]
    pub fn projection(self, projection: impl Layer + 'static) -> Self {
        Self {
            projection: Some(Box::new(projection)),
            ..self
        }
    }
}

impl Layer for Residual {
    fn kind(&self) -> &'static str {
        "residual"
    }

    fn describe(&self) -> String {
        let inner = self.inner.describe().replace('\n', " → ");
        match &self.projection {
            Some(projection) => format!(
                "residual({inner}, projection={})",
                projection.describe().replace('\n', " → ")
            ),
            None => format!("residual({inner})"),
        }
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        let inner = self.inner.build(input_shape, scope)?;
        let projection = match &self.projection {
            Some(projection) => Some(scope.build(projection.as_ref(), input_shape)?),
            None => None,
        };
        let shortcut = match &projection {
            Some(projection) => projection.output_shape.as_slice(),
            None => input_shape,
        };
        ensure!(
            inner.output_shape == shortcut,
            "a residual adds what its inner layers give, of shape {:?}, to {}, of shape {shortcut:?}: the shapes must be equal. \
             Let the inner layers end in the input's shape, or bring the input into theirs with `.projection(…)`",
            inner.output_shape,
            if projection.is_some() {
                "the projection of its input"
            } else {
                "its input"
            },
        );
        Ok(Built {
            output_shape: inner.output_shape,
            layer: Box::new(BuiltResidual {
                inner: inner.layer,
                projection: projection.map(|projection| projection.layer),
            }),
        })
    }
}

struct BuiltResidual {
    inner: Box<dyn BuiltLayer>,
    projection: Option<Box<dyn BuiltLayer>>,
}

impl BuiltLayer for BuiltResidual {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        let change = self.inner.forward(input, pass)?;
        let shortcut = match &self.projection {
            Some(projection) => projection.forward(input, pass)?,
            None => input.clone(),
        };
        ensure!(
            change.dims() == shortcut.dims(),
            "a residual adds f(x) of shape {:?} to x of shape {:?}: this batch has another shape than the layer was built for",
            change.dims(),
            shortcut.dims()
        );
        Ok((shortcut + change)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn input() -> Tensor {
        let values: Vec<f32> = (0..6).map(|i| (i as f32 * 0.9).sin()).collect();
        Tensor::from_vec(values, (2, 3), &Device::Cpu).unwrap()
    }

    fn bits(t: &Tensor) -> Vec<Vec<f32>> {
        t.to_vec2().unwrap()
    }

    #[test]
    fn adds_its_input() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope
            .build(&Residual::new(Dense::new(3).tanh()), &[3])
            .unwrap();
        assert_eq!(built.output_shape, [3]);
        let x = input();
        let kernel = scope.variables()[0].tensor();
        let wanted = (&x + x.matmul(kernel).unwrap().tanh().unwrap()).unwrap();
        let found = built.layer.forward(&x, &Pass::inference()).unwrap();
        for (found, wanted) in bits(&found).concat().iter().zip(bits(&wanted).concat()) {
            assert!((found - wanted).abs() < 1e-6, "{found} and {wanted}");
        }
    }

    #[test]
    fn the_gradient_passes_beside_the_inner_layers() {
        // Inner kernel 0: the block is the identity, and its slope is the 1 of the shortcut.
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let inner = Dense::new(3).kernel_initializer(Initializer::Zeros);
        let built = scope.build(&Residual::new(inner), &[3]).unwrap();
        let x = Var::from_tensor(&input()).unwrap();
        let y = built
            .layer
            .forward(x.as_tensor(), &Pass::inference())
            .unwrap();
        assert_eq!(bits(&y), bits(&x));
        let gradients = y.sum_all().unwrap().backward().unwrap();
        assert_eq!(bits(gradients.get(&x).unwrap()), vec![vec![1.0; 3]; 2]);
        for variable in scope.variables() {
            assert!(
                gradients.get(variable.var()).is_some(),
                "{}",
                variable.name()
            );
        }
    }

    #[test]
    fn a_projection_makes_another_shape_possible() {
        let model = Sequential::new()
            .add(
                Residual::new(
                    Sequential::new()
                        .add(Dense::new(8).relu())
                        .add(Dense::new(5)),
                )
                .projection(Dense::new(5).without_bias()),
            )
            .build(3, Seed(1), &Device::Cpu)
            .unwrap();
        let names: Vec<&str> = model.variables().iter().map(Variable::name).collect();
        assert_eq!(
            names,
            [
                "residual/dense/kernel",
                "residual/dense/bias",
                "residual/dense_1/kernel",
                "residual/dense_1/bias",
                "residual/dense_2/kernel"
            ]
        );
        assert_eq!(model.parameters(), (3 * 8 + 8) + (8 * 5 + 5) + 3 * 5);
        let y = model.forward(&input(), &Pass::inference()).unwrap();
        assert_eq!(y.dims(), [2, 5]);
    }

    #[test]
    fn shapes_that_differ_are_both_named() {
        let message = Sequential::new()
            .add(Residual::new(Dense::new(5)))
            .build(3, Seed(1), &Device::Cpu)
            .err()
            .map(|error| format!("{error:#}"))
            .unwrap();
        for part in ["[5]", "[3]", "projection", "residual"] {
            assert!(message.contains(part), "{part} is missing: {message}");
        }
    }

    #[test]
    fn is_saved_and_loaded_with_its_inner_layers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("residual.safetensors");
        let net = |units: usize, seed| {
            Sequential::new()
                .add(Residual::new(
                    Sequential::new()
                        .add(Dense::new(units).relu())
                        .add(Dense::new(3)),
                ))
                .build(3, Seed(seed), &Device::Cpu)
                .unwrap()
        };
        net(4, 1).save(&path).unwrap();
        net(4, 2).load(&path).unwrap();
        let message = format!("{:#}", net(5, 2).load(&path).unwrap_err());
        assert!(
            message.contains("units=4") && message.contains("units=5"),
            "{message}"
        );
    }
}
