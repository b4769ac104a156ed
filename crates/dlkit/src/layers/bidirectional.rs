//! `Bidirectional`: reads a sequence from both ends (Schuster and Paliwal, 1997).
//!
//! Two copies of a recurrent layer with weights of their own; one goes forwards, the other backwards. Their outputs are set side by side,
//! `(batch, 2 · units)`, or added, multiplied or averaged. With `return_sequences` the states of both stand at their
//! element: at each step the output knows what came before and what comes after. Twice the parameters.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(Bidirectional::new(LSTM::new(16).return_sequences()))
//!     .add(Bidirectional::new(GRU::new(8)).merge_mode(Merge::Sum))
//!     .add(Dense::new(1))
//!     .build((120, 14), Seed(42), &Device::Cpu)?;
//! let one_way = 4 * 16 * (14 + 16 + 1);
//! assert_eq!(model.parameters(), 2 * one_way + 2 * 3 * 8 * (32 + 8 + 2) + 9);
//! # Ok(()) }
//! ```

use super::recurrent::BuiltRecurrent;
use super::{Built, BuiltLayer, Layer, Pass, RecurrentLayer, Scope};
use anyhow::{Result, ensure};
use candle_core::{D, Tensor};

/// How the outputs of the two directions are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Merge {
    /// Side by side: twice as many units.
    #[default]
    Concat,
    /// Added.
    Sum,
    /// Multiplied.
    Mul,
    /// Averaged.
    Ave,
}

impl Merge {
    fn name(self) -> &'static str {
        match self {
            Self::Concat => "concat",
            Self::Sum => "sum",
            Self::Mul => "mul",
            Self::Ave => "ave",
        }
    }
}

/// A recurrent layer in both directions.
#[derive(Clone, Debug)]
pub struct Bidirectional<L> {
    layer: L,
    merge: Merge,
}

impl<L: RecurrentLayer> Bidirectional<L> {
    /// This layer, forwards and backwards, the outputs side by side.
    #[must_use]
    pub fn new(layer: L) -> Self {
        Self {
            layer,
            merge: Merge::Concat,
        }
    }

    /// With the outputs put together in this way.
    #[must_use]
    pub fn merge_mode(self, merge: Merge) -> Self {
        Self { merge, ..self }
    }
}

impl<L: RecurrentLayer> Layer for Bidirectional<L> {
    fn kind(&self) -> &'static str {
        "bidirectional"
    }

    fn describe(&self) -> String {
        format!(
            "bidirectional({}, merge_mode={})",
            self.layer.describe(),
            self.merge.name()
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        let settings = self.layer.settings();
        ensure!(
            !settings.go_backwards,
            "the layer in a Bidirectional goes forwards by itself: leave out `.go_backwards()`, its copy does that"
        );
        let mut one_way = |direction: &str, go_backwards| -> Result<BuiltRecurrent> {
            let mut settings = settings.clone();
            settings.go_backwards = go_backwards;
            scope.enter(&format!("{direction}_{}", settings.kind()));
            let built = settings.build(input_shape, scope);
            scope.path.pop();
            Ok(built?.in_place())
        };
        let forwards = one_way("forward", false)?;
        let backwards = one_way("backward", true)?;
        let mut output_shape = settings.output_shape(input_shape);
        if let (Merge::Concat, Some(units)) = (self.merge, output_shape.last_mut()) {
            *units *= 2;
        }
        Ok(Built {
            layer: Box::new(BuiltBidirectional {
                forwards,
                backwards,
                merge: self.merge,
            }),
            output_shape,
        })
    }
}

struct BuiltBidirectional {
    forwards: BuiltRecurrent,
    backwards: BuiltRecurrent,
    merge: Merge,
}

impl BuiltLayer for BuiltBidirectional {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        let forwards = self.forwards.forward(input, pass)?;
        let backwards = self.backwards.forward(input, pass)?;
        Ok(match self.merge {
            Merge::Concat => Tensor::cat(&[forwards, backwards], D::Minus1)?,
            Merge::Sum => (forwards + backwards)?,
            Merge::Mul => (forwards * backwards)?,
            Merge::Ave => ((forwards + backwards)? * 0.5)?,
        })
    }
}
