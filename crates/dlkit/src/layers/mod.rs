//! Layers: what a net is made of. One file each, with Keras's name.
//!
//! A layer is written down first and built later: `Dense::new(10)` only says what is wanted; how large its kernel must be is
//! known once the shape of its input is. [`Layer::build`] then makes the variables and gives a [`BuiltLayer`], which can run.

mod activation;
mod average_pooling2d;
mod batch_normalization;
mod bidirectional;
mod conv1d;
mod conv2d;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod gaussian_noise;
mod global_average_pooling2d;
mod gru;
mod layer_normalization;
mod lstm;
mod max_pooling2d;
mod multi_head_attention;
mod positional;
mod recurrent;
mod residual;
mod simple_rnn;
mod transformer;

pub use activation::ActivationLayer;
pub use average_pooling2d::AveragePooling2D;
pub use batch_normalization::BatchNormalization;
pub use bidirectional::{Bidirectional, Merge};
pub use conv1d::Conv1D;
pub use conv2d::Conv2D;
pub use dense::Dense;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use gaussian_noise::GaussianNoise;
pub use global_average_pooling2d::{GlobalAveragePooling1D, GlobalAveragePooling2D};
pub use gru::GRU;
pub use layer_normalization::LayerNormalization;
pub use lstm::LSTM;
pub use max_pooling2d::MaxPooling2D;
pub use multi_head_attention::{BuiltMultiHeadAttention, MultiHeadAttention};
pub use positional::{PositionEmbedding, SinePositionEncoding, TokenAndPositionEmbedding};
pub use recurrent::{BuiltRecurrent, RecurrentLayer, RecurrentSettings};
pub use residual::Residual;
pub use simple_rnn::SimpleRNN;
pub use transformer::{
    BuiltTransformerDecoderBlock, BuiltTransformerEncoderBlock, TransformerDecoderBlock,
    TransformerEncoderBlock,
};

use crate::activation::Activation;
use crate::init::Initializer;
use crate::ops::Pooling;
use crate::regularizers::Regularizer;
use crate::seed::Seed;
use crate::variable::Variable;
use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use std::collections::HashMap;

/// A layer as it is written down: settings without weights.
pub trait Layer: Send + Sync {
    /// Its kind in small letters, such as `"dense"`. Variables of the second one are called `dense_1/…`.
    fn kind(&self) -> &'static str;

    /// All settings in one line, such as `dense(units=10, activation=softmax, bias=true)`. A saved file carries this, so that
    /// weights are never loaded into another architecture.
    fn describe(&self) -> String;

    /// Makes the weights for inputs of this shape (without the batch axis).
    ///
    /// # Errors
    /// When the layer cannot take an input of this shape.
    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built>;
}

/// A layer with its weights, ready to run.
pub trait BuiltLayer: Send + Sync {
    /// The output for a batch of inputs: the batch axis comes first, then the layer's own shape.
    ///
    /// # Errors
    /// When the input has another shape than the layer was built for.
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor>;

    /// The output before the layer's activation, and that activation. The loss takes these: see [`crate::losses`].
    ///
    /// # Errors
    /// As for [`BuiltLayer::forward`].
    fn forward_to_logits(&self, input: &Tensor, pass: &Pass) -> Result<(Tensor, Activation)> {
        Ok((self.forward(input, pass)?, Activation::Linear))
    }

    /// This layer and the next in one, where one faster operation does the work of both: [`crate::model::Sequential`] asks every layer once it
    /// is built. Values and gradients stay what they were; names, summary and saved files are made before and do not change.
    fn joined_with(&self, _next: &dyn BuiltLayer) -> Option<Box<dyn BuiltLayer>> {
        None
    }

    /// The window, for a layer that does nothing but take the maximum of each.
    fn max_pooling(&self) -> Option<Pooling> {
        None
    }
}

/// What [`Layer::build`] gives.
pub struct Built {
    /// The layer with its weights.
    pub layer: Box<dyn BuiltLayer>,
    /// The shape of one output, without the batch axis.
    pub output_shape: Vec<usize>,
}

/// One run through the net: is it training, and with which random numbers?
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    training: Option<Seed>,
}

impl Pass {
    /// Prediction or evaluation: dropout and noise are off.
    #[must_use]
    pub fn inference() -> Self {
        Self { training: None }
    }

    /// One training step, with the seed of this step.
    #[must_use]
    pub fn training(seed: Seed) -> Self {
        Self {
            training: Some(seed),
        }
    }

    /// The seed of this training step; `None` when not training.
    #[must_use]
    pub fn training_seed(&self) -> Option<Seed> {
        self.training
    }
}

/// Where a layer makes its variables: it gives each a name and a seed of its own and keeps the list of all.
pub struct Scope {
    seed: Seed,
    device: Device,
    path: Vec<String>,
    used: HashMap<String, usize>,
    variables: Vec<Variable>,
    rows: Vec<LayerRow>,
}

/// A line of a model's summary.
#[derive(Clone, Debug)]
pub(crate) struct LayerRow {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) output_shape: Vec<usize>,
    pub(crate) parameters: usize,
}

impl Scope {
    /// An empty scope, for a layer that is built outside of a model.
    #[must_use]
    pub fn new(seed: Seed, device: &Device) -> Self {
        Self {
            seed,
            device: device.clone(),
            path: Vec::new(),
            used: HashMap::new(),
            variables: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Builds a layer in a scope of its own name: `dense`, then `dense_1`, and so on.
    ///
    /// # Errors
    /// Those of the layer, with its name in front.
    pub fn build(&mut self, layer: &dyn Layer, input_shape: &[usize]) -> Result<Built> {
        let name = self.enter(layer.kind());
        let before = self.variables.len();
        let built = layer.build(input_shape, self).map_err(|error| {
            error.context(format!(
                "layer {name} cannot be built on an input of shape {input_shape:?}"
            ))
        });
        self.path.pop();
        let built = built?;
        let parameters = self.variables[before..]
            .iter()
            .map(Variable::parameters)
            .sum();
        self.rows.push(LayerRow {
            name,
            kind: layer.kind(),
            output_shape: built.output_shape.clone(),
            parameters,
        });
        Ok(built)
    }

    /// Runs `build` in a scope of its own name, for a part of a layer. Unlike [`Scope::build`] it makes no line in the model's summary.
    pub(crate) fn within<T>(
        &mut self,
        kind: &str,
        build: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.enter(kind);
        let built = build(self);
        self.path.pop();
        built
    }

    /// A new trainable variable of this layer, filled by the initialiser.
    ///
    /// # Errors
    /// When the device has no room for it, or the initialiser cannot fill this shape.
    pub fn variable(
        &mut self,
        name: &str,
        shape: &[usize],
        initializer: Initializer,
    ) -> Result<Variable> {
        let (name, var) = self.filled(name, shape, initializer)?;
        Ok(self.keep(Variable::new(name, &var)))
    }

    /// The same, with a price on large weights where there is one: what a layer's `kernel_regularizer` asks for.
    ///
    /// # Errors
    /// As for [`Scope::variable`], and when a factor of the regulariser is negative.
    pub fn regularized_variable(
        &mut self,
        name: &str,
        shape: &[usize],
        initializer: Initializer,
        regularizer: Option<Regularizer>,
    ) -> Result<Variable> {
        let (name, var) = self.filled(name, shape, initializer)?;
        let variable = Variable::new(name, &var);
        Ok(match regularizer {
            Some(regularizer) => {
                regularizer.check()?;
                self.keep(variable.regularized(regularizer))
            }
            None => self.keep(variable),
        })
    }

    /// A new variable that is saved with the model but that no optimiser touches, such as the running mean of a normalisation.
    ///
    /// # Errors
    /// As for [`Scope::variable`].
    pub fn not_trainable_variable(
        &mut self,
        name: &str,
        shape: &[usize],
        initializer: Initializer,
    ) -> Result<Variable> {
        let (name, var) = self.filled(name, shape, initializer)?;
        Ok(self.keep(Variable::not_trainable(name, &var)))
    }

    fn filled(
        &self,
        name: &str,
        shape: &[usize],
        initializer: Initializer,
    ) -> Result<(String, Var)> {
        let name = self.full_name(name);
        let seed = self.seed.derive("init").derive(&name);
        let var = Var::from_tensor(&initializer.tensor(shape, seed, &self.device)?)?;
        Ok((name, var))
    }

    fn keep(&mut self, variable: Variable) -> Variable {
        self.variables.push(variable.clone());
        variable
    }

    /// The full name of a thing in the layer that is being built, such as `dense_1/kernel`.
    #[must_use]
    pub fn full_name(&self, name: &str) -> String {
        self.path
            .iter()
            .map(String::as_str)
            .chain([name])
            .collect::<Vec<_>>()
            .join("/")
    }

    /// All variables made so far, in the order in which they were made.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    pub(crate) fn into_parts(self) -> (Vec<Variable>, Vec<LayerRow>) {
        (self.variables, self.rows)
    }

    fn enter(&mut self, kind: &str) -> String {
        let full = self.full_name(kind);
        let count = self.used.entry(full).or_insert(0);
        let name = if *count == 0 {
            kind.to_string()
        } else {
            format!("{kind}_{count}")
        };
        *count += 1;
        self.path.push(name);
        self.path.join("/")
    }
}
