//! `Flatten`: an image becomes a row of numbers. Input `(batch, a, b, …)`, output `(batch, a · b · …)`; no parameters.

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use anyhow::Result;
use candle_core::Tensor;

/// Lays all axes but the batch end to end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flatten;

impl Flatten {
    /// The layer; it has no settings.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Layer for Flatten {
    fn kind(&self) -> &'static str {
        "flatten"
    }

    fn describe(&self) -> String {
        "flatten()".into()
    }

    fn build(&self, input_shape: &[usize], _: &mut Scope) -> Result<Built> {
        Ok(Built {
            layer: Box::new(*self),
            output_shape: vec![input_shape.iter().product()],
        })
    }
}

impl BuiltLayer for Flatten {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        let batch = input.dim(0)?;
        Ok(input.reshape((batch, input.elem_count() / batch.max(1)))?)
    }
}
