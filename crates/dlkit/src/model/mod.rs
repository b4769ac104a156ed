//! A net that can be trained: `Sequential`, `compile`, `fit`, `evaluate`, `predict`, `summary`, save and load.

mod callbacks;
mod evaluate;
mod fit;
mod history;
mod progress;
mod saving;
mod sequential;
mod summary;

pub use callbacks::{
    Callback, EarlyStopping, LearningRateScheduler, ModelCheckpoint, OnEpochEnd, ScheduleUnit,
    Training,
};
pub use evaluate::Scores;
pub use fit::{Fit, Validation};
pub use history::History;
pub use progress::Progress;
pub use sequential::Sequential;
pub use summary::Summary;
pub(crate) use summary::grouped;

use crate::layers::{BuiltLayer, Layer, LayerRow, Pass, Scope};
use crate::losses::Loss;
use crate::metrics::Metric;
use crate::optimizers::Optimizer;
use crate::regularizers;
use crate::seed::Seed;
use crate::variable::Variable;
use anyhow::{Context, Result, ensure};
use candle_core::{Device, Shape, Tensor};

/// A built net with its weights and, once compiled, its loss, optimiser and metrics.
pub struct Model {
    layer: Box<dyn BuiltLayer>,
    architecture: String,
    input_shape: Vec<usize>,
    variables: Vec<Variable>,
    rows: Vec<LayerRow>,
    seed: Seed,
    device: Device,
    compiled: Option<Compiled>,
    /// Epochs of all calls of `fit` so far: a second call goes on with new shuffles, not with the first ones again.
    epochs_trained: u64,
}

struct Compiled {
    optimizer: Box<dyn Optimizer>,
    loss: Box<dyn Loss>,
    metrics: Vec<Box<dyn Metric>>,
}

impl Model {
    /// Builds a net for inputs of this shape, without the batch axis: `784`, `(28, 28)`.
    ///
    /// # Errors
    /// When a layer cannot take what the one before it gives; the message names the layer and the shape.
    pub fn new(
        net: &dyn Layer,
        input_shape: impl Into<Shape>,
        seed: Seed,
        device: &Device,
    ) -> Result<Self> {
        let input_shape = input_shape.into().into_dims();
        let mut scope = Scope::new(seed, device);
        let built = net.build(&input_shape, &mut scope)?;
        let (variables, rows) = scope.into_parts();
        Ok(Self {
            layer: built.layer,
            architecture: format!("input{input_shape:?}\n{}", net.describe()),
            input_shape,
            variables,
            rows,
            seed,
            device: device.clone(),
            compiled: None,
            epochs_trained: 0,
        })
    }

    /// Says how to train: which optimiser makes which loss small, and which metrics to watch. Metrics are `()`, an array such
    /// as `[Accuracy]`, or a tuple such as `(Accuracy, MeanAbsoluteError)`.
    pub fn compile(
        &mut self,
        optimizer: impl Optimizer + 'static,
        loss: impl Loss + 'static,
        metrics: impl IntoMetrics,
    ) {
        self.compiled = Some(Compiled {
            optimizer: Box::new(optimizer),
            loss: Box::new(loss),
            metrics: metrics.into_metrics(),
        });
    }

    /// The outputs for a batch of inputs `(n, …)`, joined to the graph: for a training loop of your own. Dropout is on when
    /// `pass` is a training pass.
    ///
    /// # Errors
    /// When the inputs do not have the shape the net was built for.
    pub fn forward(&self, inputs: &Tensor, pass: &Pass) -> Result<Tensor> {
        self.check_inputs(inputs)?;
        self.layer.forward(inputs, pass)
    }

    /// The seed that every random number of this model comes from.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The device its weights are on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// All variables in the order of the layers; clones share memory with the model.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The variable with this name, such as `dense/kernel`.
    ///
    /// # Errors
    /// When there is none; the message lists the names there are.
    pub fn variable(&self, name: &str) -> Result<&Variable> {
        self.variables
            .iter()
            .find(|variable| variable.name() == name)
            .with_context(|| {
                let names: Vec<&str> = self.variables.iter().map(Variable::name).collect();
                format!(
                    "the model has no variable \"{name}\"; it has {}",
                    names.join(", ")
                )
            })
    }

    /// How many numbers the net holds.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.variables.iter().map(Variable::parameters).sum()
    }

    /// What the weights cost by the layers' [regularisers](crate::regularizers), a scalar joined to their graph, or `None` when
    /// no layer has one. `fit` adds it to the loss; a training loop of your own has to.
    ///
    /// # Errors
    /// When the variables are on several devices.
    pub fn penalty(&self) -> Result<Option<Tensor>> {
        regularizers::penalty(&self.variables)
    }

    fn compiled(&self) -> Result<&Compiled> {
        self.compiled.as_ref().context(
            "the model has no loss yet: call `model.compile(optimizer, loss, metrics)` before fit or evaluate",
        )
    }

    fn check_inputs(&self, inputs: &Tensor) -> Result<()> {
        let shape = inputs.dims().get(1..).unwrap_or_default();
        ensure!(
            shape == self.input_shape,
            "the model was built for inputs of shape {:?}, so a batch has the shape {}; this one has {:?}",
            self.input_shape,
            summary::batch_shape(&self.input_shape),
            inputs.dims()
        );
        Ok(())
    }
}

/// What [`Model::compile`] takes as its metrics.
pub trait IntoMetrics {
    /// The metrics in the order in which they are shown.
    fn into_metrics(self) -> Vec<Box<dyn Metric>>;
}

impl IntoMetrics for () {
    fn into_metrics(self) -> Vec<Box<dyn Metric>> {
        Vec::new()
    }
}

impl IntoMetrics for Vec<Box<dyn Metric>> {
    fn into_metrics(self) -> Vec<Box<dyn Metric>> {
        self
    }
}

impl<M: Metric + 'static, const N: usize> IntoMetrics for [M; N] {
    fn into_metrics(self) -> Vec<Box<dyn Metric>> {
        self.into_iter()
            .map(|metric| Box::new(metric) as Box<dyn Metric>)
            .collect()
    }
}

macro_rules! metrics_of_tuple {
    ($($name:ident),+) => {
        impl<$($name: Metric + 'static),+> IntoMetrics for ($($name,)+) {
            fn into_metrics(self) -> Vec<Box<dyn Metric>> {
                #[expect(non_snake_case, reason = "each value is called as its type is")]
                let ($($name,)+) = self;
                vec![$(Box::new($name)),+]
            }
        }
    };
}
metrics_of_tuple!(A);
metrics_of_tuple!(A, B);
metrics_of_tuple!(A, B, C);
metrics_of_tuple!(A, B, C, D);

#[cfg(test)]
mod tests;
