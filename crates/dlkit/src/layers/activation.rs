//! `ActivationLayer`: an activation as a layer of its own, for example behind a normalisation. No parameters.

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::activation::Activation;
use anyhow::Result;
use candle_core::Tensor;

/// Applies an [`Activation`]; Keras's `Activation` layer.
#[derive(Clone, Copy, Debug)]
pub struct ActivationLayer(pub Activation);

impl Layer for ActivationLayer {
    fn kind(&self) -> &'static str {
        "activation"
    }

    fn describe(&self) -> String {
        format!("activation({})", self.0.describe())
    }

    fn build(&self, input_shape: &[usize], _: &mut Scope) -> Result<Built> {
        Ok(Built {
            layer: Box::new(*self),
            output_shape: input_shape.to_vec(),
        })
    }
}

impl BuiltLayer for ActivationLayer {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        self.0.apply(input)
    }

    fn forward_to_logits(&self, input: &Tensor, _: &Pass) -> Result<(Tensor, Activation)> {
        Ok((input.clone(), self.0))
    }
}
