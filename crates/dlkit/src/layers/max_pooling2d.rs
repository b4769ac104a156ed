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
