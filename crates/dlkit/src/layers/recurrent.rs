//! What `SimpleRNN`, `LSTM` and `GRU` have in common: their settings, and walking along a sequence with a state.

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::init::Initializer;
use crate::ops::{self, Cell, Direction, RecurrentState, RecurrentWeights};
use crate::variable::Variable;
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// A layer that walks along a sequence: [`SimpleRNN`](super::SimpleRNN), [`LSTM`](super::LSTM) or [`GRU`](super::GRU).
pub trait RecurrentLayer: Layer {
    /// What was set.
    fn settings(&self) -> &RecurrentSettings;

    /// As [`Layer::build`], but gives the layer as what it is, so that it can run on from a state: for writing text
    /// letter by letter, or for long sequences cut into pieces.
    ///
    /// # Errors
    /// As for [`Layer::build`].
    ///
    /// ```
    /// # fn main() -> dlkit::Result<()> {
    /// use dlkit::layers::{BuiltLayer, RecurrentLayer, Scope};
    /// use dlkit::prelude::*;
    ///
    /// let mut scope = Scope::new(Seed(42), &Device::Cpu);
    /// let lstm = LSTM::new(16).build_with_state(&[5, 3], &mut scope)?;
    /// let sequence = Tensor::ones((2, 10, 3), DType::F32, &Device::Cpu)?;
    /// let (first, second) = (sequence.narrow(1, 0, 5)?, sequence.narrow(1, 5, 5)?);
    /// let (_, state) = lstm.forward_with_state(&first, None)?;
    /// let (in_two_pieces, _) = lstm.forward_with_state(&second, Some(&state))?;
    /// let at_once = lstm.forward(&sequence, &Pass::inference())?;
    /// assert_eq!(in_two_pieces.to_vec2::<f32>()?, at_once.to_vec2::<f32>()?);
    /// # Ok(()) }
    /// ```
    fn build_with_state(&self, input_shape: &[usize], scope: &mut Scope) -> Result<BuiltRecurrent> {
        self.settings().build(input_shape, scope)
    }
}

/// The settings of a recurrent layer.
#[derive(Clone, Debug)]
pub struct RecurrentSettings {
    pub(super) cell: Cell,
    pub(super) units: usize,
    pub(super) return_sequences: bool,
    pub(super) go_backwards: bool,
    pub(super) use_bias: bool,
    pub(super) unit_forget_bias: bool,
    pub(super) kernel_initializer: Initializer,
    pub(super) recurrent_initializer: Initializer,
}

impl RecurrentSettings {
    /// Keras's defaults.
    pub(super) fn new(cell: Cell, units: usize) -> Self {
        Self {
            cell,
            units,
            return_sequences: false,
            go_backwards: false,
            use_bias: true,
            unit_forget_bias: cell == Cell::Lstm,
            kernel_initializer: Initializer::GlorotUniform,
            recurrent_initializer: Initializer::Orthogonal,
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.cell {
            Cell::SimpleRnn => "simple_rnn",
            Cell::Lstm => "lstm",
            Cell::Gru => "gru",
        }
    }

    pub(super) fn describe(&self) -> String {
        format!(
            "{}(units={}, return_sequences={}, go_backwards={}, bias={})",
            self.kind(),
            self.units,
            self.return_sequences,
            self.go_backwards,
            self.use_bias
        )
    }

    /// The shape of one output.
    pub(super) fn output_shape(&self, input_shape: &[usize]) -> Vec<usize> {
        if self.return_sequences {
            vec![input_shape[0], self.units]
        } else {
            vec![self.units]
        }
    }

    pub(super) fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<BuiltRecurrent> {
        let kind = self.kind();
        ensure!(self.units > 0, "a layer {kind} needs at least one unit");
        let &[_, features] = input_shape else {
            anyhow::bail!(
                "a layer {kind} takes sequences of the shape (steps, features), but its input has the shape {input_shape:?}{}",
                if input_shape.len() == 1 {
                    " (does the recurrent layer before it need `.return_sequences()`?)"
                } else {
                    ""
                }
            );
        };
        ensure!(
            features > 0,
            "a layer {kind} needs at least one feature a step"
        );
        let columns = self.cell.gates() * self.units;
        let kernel = scope.variable("kernel", &[features, columns], self.kernel_initializer)?;
        let recurrent_kernel = scope.variable(
            "recurrent_kernel",
            &[self.units, columns],
            self.recurrent_initializer,
        )?;
        let bias = if self.use_bias {
            let shape = match self.cell.bias_rows() {
                1 => vec![columns],
                rows => vec![rows, columns],
            };
            let bias = scope.variable("bias", &shape, Initializer::Zeros)?;
            if self.unit_forget_bias {
                let ones = bias.tensor().narrow(0, 0, self.units)?.ones_like()?;
                bias.var().slice_set(&ones, 0, self.units)?;
            }
            Some(bias)
        } else {
            None
        };
        Ok(BuiltRecurrent {
            settings: self.clone(),
            in_place: false,
            kernel,
            recurrent_kernel,
            bias,
        })
    }

    /// As a layer among others.
    pub(super) fn build_layer(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        Ok(Built {
            layer: Box::new(self.build(input_shape, scope)?),
            output_shape: self.output_shape(input_shape),
        })
    }
}

/// A recurrent layer with its weights.
pub struct BuiltRecurrent {
    settings: RecurrentSettings,
    /// Going backwards, each state stands where its element does.
    in_place: bool,
    kernel: Variable,
    recurrent_kernel: Variable,
    bias: Option<Variable>,
}

impl BuiltRecurrent {
    /// Runs on from a state (from zeros without one) and gives the output and the state after the last step. A state carries its
    /// history with it: [`RecurrentState::detach`] cuts it off.
    ///
    /// # Errors
    /// When the input has another shape than the layer was built for, or the state another batch size.
    pub fn forward_with_state(
        &self,
        input: &Tensor,
        state: Option<&RecurrentState>,
    ) -> Result<(Tensor, RecurrentState)> {
        self.check(input)?;
        ops::recurrent_with_state(
            self.settings.cell,
            input,
            self.weights(),
            state,
            self.direction(),
        )
    }

    /// For [`super::Bidirectional`]: states stand where their elements do.
    pub(super) fn in_place(self) -> Self {
        Self {
            in_place: true,
            ..self
        }
    }

    fn check(&self, input: &Tensor) -> Result<()> {
        let features = self.kernel.tensor().dim(0)?;
        ensure!(
            input.rank() == 3 && input.dims()[2] == features,
            "{} takes sequences of the shape (batch, steps, {features}), but this batch has the shape {:?}",
            self.kernel.name().trim_end_matches("/kernel"),
            input.dims()
        );
        Ok(())
    }

    fn weights(&self) -> RecurrentWeights<'_> {
        RecurrentWeights {
            kernel: self.kernel.tensor(),
            recurrent_kernel: self.recurrent_kernel.tensor(),
            bias: self.bias.as_ref().map(Variable::tensor),
        }
    }

    fn direction(&self) -> Direction {
        Direction {
            return_sequences: self.settings.return_sequences,
            go_backwards: self.settings.go_backwards,
            in_place: self.in_place,
        }
    }
}

impl BuiltLayer for BuiltRecurrent {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        self.check(input)?;
        ops::recurrent(
            self.settings.cell,
            input,
            self.weights(),
            None,
            self.direction(),
        )
    }
}

/// The settings that all three layers have, and their two traits.
macro_rules! recurrent_layer {
    ($layer:ident) => {
        impl $layer {
            /// Gives the hidden states of all steps, `(batch, steps, units)`, not only the last one. A recurrent layer that
            /// another one follows needs this.
            #[must_use]
            pub fn return_sequences(mut self) -> Self {
                self.settings.return_sequences = true;
                self
            }

            /// Reads the sequence from its end. With [`Self::return_sequences`] the states come in the order of reading.
            #[must_use]
            pub fn go_backwards(mut self) -> Self {
                self.settings.go_backwards = true;
                self
            }

            /// Without a bias.
            #[must_use]
            pub fn without_bias(mut self) -> Self {
                self.settings.use_bias = false;
                self
            }

            /// With the kernel of its input filled by this rule.
            #[must_use]
            pub fn kernel_initializer(mut self, initializer: Initializer) -> Self {
                self.settings.kernel_initializer = initializer;
                self
            }

            /// With the kernel of its hidden state filled by this rule.
            #[must_use]
            pub fn recurrent_initializer(mut self, initializer: Initializer) -> Self {
                self.settings.recurrent_initializer = initializer;
                self
            }
        }

        impl Layer for $layer {
            fn kind(&self) -> &'static str {
                self.settings.kind()
            }

            fn describe(&self) -> String {
                self.settings.describe()
            }

            fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
                self.settings.build_layer(input_shape, scope)
            }
        }

        impl RecurrentLayer for $layer {
            fn settings(&self) -> &RecurrentSettings {
                &self.settings
            }
        }
    };
}
pub(super) use recurrent_layer;

#[cfg(test)]
mod tests;
