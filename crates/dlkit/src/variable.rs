//! A weight that training changes, with the name it has in summaries, files and errors.

use crate::regularizers::Regularizer;
use candle_core::{Tensor, Var};

/// A named tensor of a model: a kernel, a bias, a running mean.
#[derive(Clone, Debug)]
pub struct Variable {
    name: String,
    var: Var,
    trainable: bool,
    regularizer: Option<Regularizer>,
}

impl Variable {
    /// A variable that an optimiser changes. Names are paths, such as `dense_1/kernel`.
    ///
    /// ```
    /// # fn main() -> dlkit::Result<()> {
    /// use dlkit::prelude::*;
    ///
    /// let w = Var::zeros((784, 10), DType::F32, &Device::Cpu)?;
    /// let variables = [Variable::new("w", &w)]; // for a training loop of your own
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, var: &Var) -> Self {
        Self {
            name: name.into(),
            var: var.clone(),
            trainable: true,
            regularizer: None,
        }
    }

    /// A variable that is saved with the model but that no optimiser touches, such as the running mean of a normalisation.
    #[must_use]
    pub fn not_trainable(name: impl Into<String>, var: &Var) -> Self {
        Self {
            trainable: false,
            ..Self::new(name, var)
        }
    }

    /// The same variable with a price on large weights, which training adds to the loss.
    #[must_use]
    pub fn regularized(self, regularizer: Regularizer) -> Self {
        Self {
            regularizer: Some(regularizer),
            ..self
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Candle's variable; clones share the same memory.
    #[must_use]
    pub fn var(&self) -> &Var {
        &self.var
    }

    /// Its value, joined to the graph.
    #[must_use]
    pub fn tensor(&self) -> &Tensor {
        self.var.as_tensor()
    }

    /// Whether an optimiser changes it.
    #[must_use]
    pub fn is_trainable(&self) -> bool {
        self.trainable
    }

    /// What it pays for the size of its weights, if anything.
    #[must_use]
    pub fn regularizer(&self) -> Option<Regularizer> {
        self.regularizer
    }

    /// How many numbers it holds.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.var.elem_count()
    }
}
