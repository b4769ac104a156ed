//! `Sequential`: one layer behind the other.

use super::Model;
use crate::activation::Activation;
use crate::layers::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::seed::Seed;
use anyhow::{Context, Result};
use candle_core::{Device, Shape, Tensor};

/// A net whose layers follow each other. It is a layer itself, so it can stand in another net.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// use dlkit::prelude::*;
///
/// let model = Sequential::new()
///     .add(Flatten::new())
///     .add(Dense::new(16).sigmoid())
///     .add(Dense::new(16).sigmoid())
///     .add(Dense::new(10).softmax())
///     .build((28, 28), Seed(42), &dlkit::device()?)?;
/// assert_eq!(model.parameters(), 13_002);
/// println!("{}", model.summary());
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<Box<dyn Layer>>,
}

impl Sequential {
    /// A net without layers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer at the end.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "Keras calls it add")]
    pub fn add(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Box::new(layer));
        self
    }

    /// Makes the weights for inputs of this shape, without the batch axis: `784`, `(28, 28)`.
    ///
    /// # Errors
    /// As for [`Model::new`].
    pub fn build(
        self,
        input_shape: impl Into<Shape>,
        seed: Seed,
        device: &Device,
    ) -> Result<Model> {
        Model::new(&self, input_shape, seed, device)
    }
}

impl Layer for Sequential {
    fn kind(&self) -> &'static str {
        "sequential"
    }

    fn describe(&self) -> String {
        self.layers
            .iter()
            .map(|layer| layer.describe())
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        let mut shape = input_shape.to_vec();
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let built = scope.build(layer.as_ref(), &shape)?;
            layers.push(built.layer);
            shape = built.output_shape;
        }
        let mut layers = joined(layers);
        let last = layers
            .pop()
            .context("a Sequential needs at least one layer: call `add` before `build`")?;
        Ok(Built {
            layer: Box::new(BuiltSequential {
                before: layers,
                last,
            }),
            output_shape: shape,
        })
    }
}

/// Neighbours that can run as one operation become one: a convolution and the max-pooling behind it.
fn joined(layers: Vec<Box<dyn BuiltLayer>>) -> Vec<Box<dyn BuiltLayer>> {
    let mut joined: Vec<Box<dyn BuiltLayer>> = Vec::with_capacity(layers.len());
    for layer in layers {
        match joined.last_mut() {
            Some(before) => match before.joined_with(layer.as_ref()) {
                Some(both) => *before = both,
                None => joined.push(layer),
            },
            None => joined.push(layer),
        }
    }
    joined
}

struct BuiltSequential {
    before: Vec<Box<dyn BuiltLayer>>,
    last: Box<dyn BuiltLayer>,
}

impl BuiltSequential {
    fn up_to_last(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        self.before
            .iter()
            .try_fold(input.clone(), |x, layer| layer.forward(&x, pass))
    }
}

impl BuiltLayer for BuiltSequential {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        self.last.forward(&self.up_to_last(input, pass)?, pass)
    }

    fn forward_to_logits(&self, input: &Tensor, pass: &Pass) -> Result<(Tensor, Activation)> {
        self.last
            .forward_to_logits(&self.up_to_last(input, pass)?, pass)
    }
}
