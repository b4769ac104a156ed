//! `Embedding`: a word is a number, and the number stands for a row of a table that is learned.
//!
//! Row `id` of the table `(vocabulary, width)` for each id: words that are used alike get rows that are alike. It is the
//! product of a one-hot row with a kernel, without the zeros.
//!
//! Input `(batch, steps)` of integers from 0 to `vocabulary − 1`, output `(batch, steps, width)`. `vocabulary · width` parameters,
//! which start uniform in ±0.05 as in Keras.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new().add(Embedding::new(1000, 16)).build(7, Seed(42), &Device::Cpu)?;
//! let sentences = Tensor::zeros((2, 7), DType::U32, &Device::Cpu)?;
//! assert_eq!(model.predict(&sentences)?.dims(), [2, 7, 16]);
//! assert_eq!(model.parameters(), 16_000);
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::init::Initializer;
use crate::ops;
use crate::variable::Variable;
use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

/// Keras's `"uniform"`, with which embeddings start.
pub(super) const UNIFORM: Initializer = Initializer::Uniform(0.05);

/// Gives each number below `vocabulary` a learned row of `width` numbers.
#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    vocabulary: usize,
    width: usize,
    initializer: Initializer,
}

impl Embedding {
    /// A table for ids from 0 to `vocabulary − 1`, with rows of `width` numbers.
    #[must_use]
    pub fn new(vocabulary: usize, width: usize) -> Self {
        Self {
            vocabulary,
            width,
            initializer: UNIFORM,
        }
    }

    /// With its table filled by this rule.
    #[must_use]
    pub fn embeddings_initializer(self, initializer: Initializer) -> Self {
        Self {
            initializer,
            ..self
        }
    }
}

impl Layer for Embedding {
    fn kind(&self) -> &'static str {
        "embedding"
    }

    fn describe(&self) -> String {
        format!(
            "embedding(vocabulary={}, width={})",
            self.vocabulary, self.width
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        ensure!(
            self.vocabulary > 0 && self.width > 0,
            "an embedding needs a vocabulary and a width of at least 1, but they are {} and {}",
            self.vocabulary,
            self.width
        );
        let shape = [self.vocabulary, self.width];
        let table = scope.variable("embeddings", &shape, self.initializer)?;
        Ok(Built {
            layer: Box::new(BuiltEmbedding { table }),
            output_shape: input_shape.iter().copied().chain([self.width]).collect(),
        })
    }
}

struct BuiltEmbedding {
    table: Variable,
}

impl BuiltLayer for BuiltEmbedding {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        ops::embedding(input, self.table.tensor()).with_context(|| {
            format!(
                "{} cannot look these numbers up",
                layer_name(&self.table, "/embeddings")
            )
        })
    }
}

/// The name of the layer whose variable this is.
pub(super) fn layer_name<'a>(variable: &'a Variable, ending: &str) -> &'a str {
    variable.name().trim_end_matches(ending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use candle_core::{DType, Device};

    #[test]
    fn starts_small_gives_rows_and_learns_only_what_it_used() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&Embedding::new(9, 40), &[3]).unwrap();
        assert_eq!(built.output_shape, [3, 40]);
        let table = &scope.variables()[0];
        assert_eq!(
            (table.name(), table.parameters()),
            ("embedding/embeddings", 360)
        );
        let start = table.tensor().to_vec2::<f32>().unwrap();
        let largest = start.iter().flatten().fold(0f32, |m, w| m.max(w.abs()));
        assert!((0.045..=0.05).contains(&largest), "{largest}");

        let ids = Tensor::new(&[[8u8, 2, 8]], &Device::Cpu).unwrap();
        let rows = built.layer.forward(&ids, &Pass::inference()).unwrap();
        assert_eq!(
            rows.squeeze(0).unwrap().to_vec2::<f32>().unwrap(),
            [start[8].clone(), start[2].clone(), start[8].clone()]
        );
        let gradients = rows.sum_all().unwrap().backward().unwrap();
        let gradient = gradients.get(table.var()).unwrap().sum(1).unwrap();
        assert_eq!(
            gradient.to_vec1::<f32>().unwrap(),
            [0.0, 0.0, 40.0, 0.0, 0.0, 0.0, 0.0, 0.0, 80.0]
        );
    }

    #[test]
    fn a_word_outside_of_the_vocabulary_is_named() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&Embedding::new(9, 4), &[3]).unwrap();
        let ids = Tensor::new(&[[1u32, 9, 0]], &Device::Cpu).unwrap();
        let error = built.layer.forward(&ids, &Pass::inference()).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains("embedding cannot"), "{message}");
        assert!(message.contains("the id 9"), "{message}");
        let floats = Tensor::zeros((1, 3), DType::F32, &Device::Cpu).unwrap();
        assert!(built.layer.forward(&floats, &Pass::inference()).is_err());
    }
}
