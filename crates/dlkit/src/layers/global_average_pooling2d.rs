//! `GlobalAveragePooling2D` and `GlobalAveragePooling1D`: one number a channel, its mean (Lin, Chen and Yan, 2014).
//!
//! Images `(batch, channels, height, width)` become `(batch, channels)`, sequences `(batch, steps, features)` become `(batch, features)`. No
//! parameters, and what follows no longer depends on the size of the image or the length of the sequence.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(Conv2D::new(16, 3).relu())
//!     .add(GlobalAveragePooling2D::new())
//!     .add(Dense::new(10).softmax())
//!     .build((1, 28, 28), Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), (16 * 9 + 16) + (16 * 10 + 10));
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// The mean of each channel of an image.
#[derive(Clone, Copy, Debug, Default)]
pub struct GlobalAveragePooling2D;

impl GlobalAveragePooling2D {
    /// The layer; it has no settings.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Layer for GlobalAveragePooling2D {
    fn kind(&self) -> &'static str {
        "global_average_pooling2d"
    }

    fn describe(&self) -> String {
        "global_average_pooling2d()".into()
    }

    fn build(&self, input_shape: &[usize], _: &mut Scope) -> Result<Built> {
        let &[channels, height, width] = input_shape else {
            anyhow::bail!("it takes images of shape (channels, height, width)");
        };
        ensure!(
            height > 0 && width > 0,
            "an image without a single point has no mean"
        );
        Ok(Built {
            layer: Box::new(*self),
            output_shape: vec![channels],
        })
    }
}

impl BuiltLayer for GlobalAveragePooling2D {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        ensure!(
            input.rank() == 4,
            "the mean of each channel is taken of images of shape (batch, channels, height, width), but this has the shape {:?}",
            input.dims()
        );
        Ok(input.flatten_from(2)?.mean(2)?)
    }
}

/// The mean of each feature over all steps of a sequence.
#[derive(Clone, Copy, Debug, Default)]
pub struct GlobalAveragePooling1D;

impl GlobalAveragePooling1D {
    /// The layer; it has no settings.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Layer for GlobalAveragePooling1D {
    fn kind(&self) -> &'static str {
        "global_average_pooling1d"
    }

    fn describe(&self) -> String {
        "global_average_pooling1d()".into()
    }

    fn build(&self, input_shape: &[usize], _: &mut Scope) -> Result<Built> {
        let &[steps, features] = input_shape else {
            anyhow::bail!("it takes sequences of shape (steps, features)");
        };
        ensure!(steps > 0, "a sequence without a single step has no mean");
        Ok(Built {
            layer: Box::new(*self),
            output_shape: vec![features],
        })
    }
}

impl BuiltLayer for GlobalAveragePooling1D {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        ensure!(
            input.rank() == 3,
            "the mean over time is taken of sequences of shape (batch, steps, features), but this has the shape {:?}",
            input.dims()
        );
        Ok(input.mean(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use candle_core::{Device, Var};

    #[test]
    fn takes_the_mean_of_each_channel_and_shares_the_gradient() {
        let values: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let images = scope
            .build(&GlobalAveragePooling2D::new(), &[3, 2, 2])
            .unwrap();
        assert_eq!(images.output_shape, [3]);
        let x = Var::from_vec(values.clone(), (2, 3, 2, 2), &Device::Cpu).unwrap();
        let y = images.layer.forward(&x, &Pass::inference()).unwrap();
        assert_eq!(
            y.to_vec2::<f32>().unwrap(),
            [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]
        );
        let gradients = y.sum_all().unwrap().backward().unwrap();
        let gradient = gradients.get(&x).unwrap().flatten_all().unwrap();
        assert_eq!(gradient.to_vec1::<f32>().unwrap(), [0.25; 24]);

        let sequences = scope
            .build(&GlobalAveragePooling1D::new(), &[4, 3])
            .unwrap();
        assert_eq!(sequences.output_shape, [3]);
        let x = Tensor::from_vec(values, (2, 4, 3), &Device::Cpu).unwrap();
        let y = sequences.layer.forward(&x, &Pass::inference()).unwrap();
        assert_eq!(
            y.to_vec2::<f32>().unwrap(),
            [[4.5, 5.5, 6.5], [16.5, 17.5, 18.5]]
        );
        assert!(images.layer.forward(&x, &Pass::inference()).is_err());
        assert!(
            scope
                .build(&GlobalAveragePooling2D::new(), &[4, 3])
                .is_err()
        );
        assert!(scope.build(&GlobalAveragePooling1D::new(), &[4]).is_err());
    }
}
