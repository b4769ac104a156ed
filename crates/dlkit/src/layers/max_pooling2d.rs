//! `MaxPooling2D`: keeps the largest number of each window.
//!
//! A window of `k × k` moves over every channel in steps of `s` (as far as it is wide, unless told otherwise). Input
//! `(batch, channels, height, width)`; a side of `n` becomes `⌊(n − k) / s⌋ + 1` with padding valid, `⌈n / s⌉` with same. No parameters. In the
//! backward pass only the place of the maximum gets a gradient: of equals, the first.
//!
//! Behind a [`super::Conv2D`] with relu or no activation a `Sequential` makes one operation of both.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(MaxPooling2D::new(2))
//!     .build((3, 27, 28), Seed(42), &Device::Cpu)?;
//! let x = Tensor::zeros((5, 3, 27, 28), DType::F32, &Device::Cpu)?;
//! assert_eq!(model.predict(&x)?.dims(), [5, 3, 13, 14]);
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::ops::{self, Padding, Pair, Pooling};
use anyhow::Result;
use candle_core::Tensor;

/// The maximum of each window of each channel.
#[derive(Clone, Copy, Debug)]
pub struct MaxPooling2D {
    pooling: Pooling,
}

impl MaxPooling2D {
    /// Windows of this size (one number, or `(height, width)`), side by side.
    #[must_use]
    pub fn new(pool_size: impl Into<Pair>) -> Self {
        Self {
            pooling: Pooling::new(pool_size),
        }
    }

    /// With this many places from one window to the next.
    #[must_use]
    pub fn strides(mut self, strides: impl Into<Pair>) -> Self {
        self.pooling.strides = strides.into().into();
        self
    }

    /// With windows that may reach over the edge ([`Padding::Same`]), or not.
    #[must_use]
    pub fn padding(mut self, padding: Padding) -> Self {
        self.pooling.padding = padding;
        self
    }
}

impl Layer for MaxPooling2D {
    fn kind(&self) -> &'static str {
        "max_pooling2d"
    }

    fn describe(&self) -> String {
        format!("max_pooling2d({})", self.pooling.describe())
    }

    fn build(&self, input_shape: &[usize], _: &mut Scope) -> Result<Built> {
        Ok(Built {
            layer: Box::new(*self),
            output_shape: self.pooling.output_shape(input_shape)?,
        })
    }
}

impl BuiltLayer for MaxPooling2D {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        ops::max_pool2d(input, &self.pooling)
    }

    fn max_pooling(&self) -> Option<Pooling> {
        Some(self.pooling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use candle_core::{DType, Device};

    #[test]
    fn shapes_are_those_of_keras() {
        for (layer, output) in [
            (MaxPooling2D::new(2), [3, 5, 4]),
            (MaxPooling2D::new(2).padding(Padding::Same), [3, 6, 5]),
            (MaxPooling2D::new((3, 2)).strides((1, 2)), [3, 9, 4]),
            (MaxPooling2D::new(3).strides(2), [3, 5, 4]),
        ] {
            let mut scope = Scope::new(Seed(1), &Device::Cpu);
            let built = scope.build(&layer, &[3, 11, 9]).unwrap();
            assert_eq!(built.output_shape, output, "{layer:?}");
            assert!(scope.variables().is_empty());
            let x = Tensor::zeros((2, 3, 11, 9), DType::F32, &Device::Cpu).unwrap();
            let y = built.layer.forward(&x, &Pass::inference()).unwrap();
            assert_eq!(y.dims()[1..], output, "{layer:?}");
        }
    }

    #[test]
    fn a_window_larger_than_the_image_is_refused() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        for shape in [&[3, 1, 9][..], &[9, 9]] {
            assert!(
                scope.build(&MaxPooling2D::new(2), shape).is_err(),
                "{shape:?}"
            );
        }
    }
}
