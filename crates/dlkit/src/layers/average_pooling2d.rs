//! `AveragePooling2D`: the mean of each window.
//!
//! A window of `k × k` moves over every channel in steps of `s` (as far as it is wide, unless told otherwise). Input
//! `(batch, channels, height, width)`; a side of `n` becomes `⌊(n − k) / s⌋ + 1` with padding valid, `⌈n / s⌉` with same, where only what lies inside
//! the image counts. No parameters.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(AveragePooling2D::new(2))
//!     .build((1, 2, 2), Seed(42), &Device::Cpu)?;
//! let x = Tensor::new(&[[[[1.0f32, 2.0], [3.0, 6.0]]]], &Device::Cpu)?;
//! assert_eq!(model.predict(&x)?.flatten_all()?.to_vec1::<f32>()?, [3.0]);
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::ops::{self, Padding, Pair, Pooling};
use anyhow::Result;
use candle_core::Tensor;

/// The mean of each window of each channel.
#[derive(Clone, Copy, Debug)]
pub struct AveragePooling2D {
    pooling: Pooling,
}

impl AveragePooling2D {
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

impl Layer for AveragePooling2D {
    fn kind(&self) -> &'static str {
        "average_pooling2d"
    }

    fn describe(&self) -> String {
        format!("average_pooling2d({})", self.pooling.describe())
    }

    fn build(&self, input_shape: &[usize], _: &mut Scope) -> Result<Built> {
        Ok(Built {
            layer: Box::new(*self),
            output_shape: self.pooling.output_shape(input_shape)?,
        })
    }
}

impl BuiltLayer for AveragePooling2D {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        ops::avg_pool2d(input, &self.pooling)
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
            (AveragePooling2D::new(2), [3, 5, 4]),
            (AveragePooling2D::new(2).padding(Padding::Same), [3, 6, 5]),
            (AveragePooling2D::new((3, 2)).strides((1, 2)), [3, 9, 4]),
            (AveragePooling2D::new(3).strides(2), [3, 5, 4]),
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
                scope.build(&AveragePooling2D::new(2), shape).is_err(),
                "{shape:?}"
            );
        }
    }
}
