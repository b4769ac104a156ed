//! `MultiHeadAttention`: each step looks at others and takes over a mean of what it finds (Vaswani et al., 2017).
//!
//! Every step makes a query, a key and a value of itself, in each head by kernels of its own. Its result is
//!
//! `softmax(Q Kᵀ / √d) V`
//!
//! in each head: a mean of the values, weighted by how well their keys fit the query. The heads are laid side by side
//! and mixed by the output kernel. With a causal mask a step sees only itself and what came before.
//!
//! Input `(batch, steps, width)`, output the same. The variables are Keras's: `query`, `key` and `value` with kernels `(width, heads · key_dim)`
//! and biases, and `attention_output` with a kernel `(heads · key_dim, width)` and a bias: `4 · width² + 4 · width` parameters if
//! `heads · key_dim = width`. (Keras cuts the same numbers into one more axis, `(width, heads, key_dim)`.) Kernels start Glorot-uniform, biases at 0.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(MultiHeadAttention::new(4, 32).causal())
//!     .build((64, 128), Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), 4 * (128 * 128 + 128));
//! # Ok(()) }
//! ```
//!
//! From one sequence to another, and with the weights to look at:
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::layers::Scope;
//! use dlkit::prelude::*;
//!
//! let mut scope = Scope::new(Seed(42), &Device::Cpu);
//! let attention = MultiHeadAttention::new(2, 8).build_between(16, 16, &mut scope)?;
//! let french = Tensor::zeros((1, 5, 16), DType::F32, &Device::Cpu)?;
//! let english = Tensor::zeros((1, 7, 16), DType::F32, &Device::Cpu)?;
//! let (_, weights) = attention.attend_with_weights(&french, &english, &english, None, &Pass::inference())?;
//! assert_eq!(weights.dims(), [1, 2, 5, 7]); // (batch, heads, queries, keys)
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Dropout, Layer, Pass, Scope};
use crate::activation::Activation;
use crate::init::Initializer;
use crate::ops::{self, Attention};
use crate::variable::Variable;
use anyhow::{Context, Result, bail, ensure};
use candle_core::{DType, Tensor};

/// Attention with several heads, each with queries and keys of `key_dim` numbers.
#[derive(Clone, Copy, Debug)]
pub struct MultiHeadAttention {
    heads: usize,
    key_dim: usize,
    value_dim: usize,
    causal: bool,
    use_bias: bool,
    dropout: f64,
    kernel_initializer: Initializer,
}

impl MultiHeadAttention {
    /// This many heads with queries, keys and values of `key_dim` numbers each; `key_dim` is often `width / heads`.
    #[must_use]
    pub fn new(heads: usize, key_dim: usize) -> Self {
        Self {
            heads,
            key_dim,
            value_dim: key_dim,
            causal: false,
            use_bias: true,
            dropout: 0.0,
            kernel_initializer: Initializer::GlorotUniform,
        }
    }

    /// With values of this many numbers in each head.
    #[must_use]
    pub fn value_dim(self, value_dim: usize) -> Self {
        Self { value_dim, ..self }
    }

    /// No step sees those after it: what a net that predicts the next one needs.
    #[must_use]
    pub fn causal(self) -> Self {
        Self {
            causal: true,
            ..self
        }
    }

    /// Sets this share of the weights to 0 while training.
    #[must_use]
    pub fn dropout(self, rate: f64) -> Self {
        Self {
            dropout: rate,
            ..self
        }
    }

    /// Without the four biases.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Self {
            use_bias: false,
            ..self
        }
    }

    /// With its kernels filled by this rule.
    #[must_use]
    pub fn kernel_initializer(self, kernel_initializer: Initializer) -> Self {
        Self {
            kernel_initializer,
            ..self
        }
    }

    /// The layer with its weights, to be called with a query, a key and a value that need not be the same: queries with `query_width` numbers,
    /// keys and values with `value_width`.
    ///
    /// # Errors
    /// When a size is 0, or the dropout rate is not below 1.
    pub fn build_between(
        &self,
        query_width: usize,
        value_width: usize,
        scope: &mut Scope,
    ) -> Result<BuiltMultiHeadAttention> {
        scope.within(self.kind(), |scope| {
            self.make(query_width, value_width, scope)
        })
    }

    fn make(
        &self,
        query_width: usize,
        value_width: usize,
        scope: &mut Scope,
    ) -> Result<BuiltMultiHeadAttention> {
        ensure!(
            self.heads > 0 && self.key_dim > 0 && self.value_dim > 0,
            "attention needs at least one head and one number in each key and value, but there are {}, {} and {}",
            self.heads,
            self.key_dim,
            self.value_dim
        );
        ensure!(
            query_width > 0 && value_width > 0,
            "attention needs inputs of at least one number, but they have {query_width} and {value_width}"
        );
        let mut projection = |name: &str, inputs: usize, units: usize| -> Result<Projection> {
            let kernel = scope.variable(
                &format!("{name}/kernel"),
                &[inputs, units],
                self.kernel_initializer,
            )?;
            let bias = self
                .use_bias
                .then(|| scope.variable(&format!("{name}/bias"), &[units], Initializer::Zeros))
                .transpose()?;
            Ok(Projection { kernel, bias })
        };
        let (keys, values) = (self.heads * self.key_dim, self.heads * self.value_dim);
        let query = projection("query", query_width, keys)?;
        let key = projection("key", value_width, keys)?;
        let value = projection("value", value_width, values)?;
        let output = projection("attention_output", values, query_width)?;
        let dropout = (self.dropout != 0.0)
            .then(|| Dropout::new(self.dropout).build(&[], scope))
            .transpose()?;
        Ok(BuiltMultiHeadAttention {
            heads: self.heads,
            causal: self.causal,
            query,
            key,
            value,
            output,
            dropout: dropout.map(|built| built.layer),
        })
    }
}

impl Layer for MultiHeadAttention {
    fn kind(&self) -> &'static str {
        "multi_head_attention"
    }

    fn describe(&self) -> String {
        format!(
            "multi_head_attention(heads={}, key_dim={}, value_dim={}, causal={}, bias={}, dropout={})",
            self.heads, self.key_dim, self.value_dim, self.causal, self.use_bias, self.dropout
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        let &[_, width] = input_shape else {
            bail!(
                "attention takes a sequence (steps, width), but the input has the shape {input_shape:?}"
            );
        };
        Ok(Built {
            layer: Box::new(self.make(width, width, scope)?),
            output_shape: input_shape.to_vec(),
        })
    }
}

/// A kernel and its bias.
struct Projection {
    kernel: Variable,
    bias: Option<Variable>,
}

impl Projection {
    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let bias = self.bias.as_ref().map(Variable::tensor);
        ops::dense(x, self.kernel.tensor(), bias, Activation::Linear)
            .with_context(|| format!("{} was built for another width", self.kernel.name()))
    }

    fn units(&self) -> usize {
        self.kernel.tensor().dims().last().copied().unwrap_or(0)
    }
}

/// A [`MultiHeadAttention`] with its weights. As a layer it attends from its input to its input.
pub struct BuiltMultiHeadAttention {
    heads: usize,
    causal: bool,
    query: Projection,
    key: Projection,
    value: Projection,
    output: Projection,
    dropout: Option<Box<dyn BuiltLayer>>,
}

impl BuiltMultiHeadAttention {
    /// What the queries find: `query` `(batch, queries, width)`, `key` and `value` `(batch, keys, value width)`; gives `(batch, queries, width)`.
    ///
    /// `padding` is `(batch, keys)`: 1 for a key that counts, 0 for one that only fills up its sequence. A query that may look at
    /// nothing at all gets zeros from the heads, not NaN.
    ///
    /// # Errors
    /// When the shapes do not fit each other or the layer.
    pub fn attend(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        padding: Option<&Tensor>,
        pass: &Pass,
    ) -> Result<Tensor> {
        let settings = self.settings(query, key, padding, pass)?;
        let same = query.id() == key.id() && key.id() == value.id();
        let means = if same && self.key.units() == self.value.units() {
            ops::self_attention(&self.packed(query)?, &settings)?
        } else {
            let (query, key) = (self.query.apply(query)?, self.key.apply(key)?);
            ops::attention(&query, &key, &self.value.apply(value)?, &settings)?
        };
        self.output.apply(&means)
    }

    /// The same, with the weights `(batch, heads, queries, keys)`: each row says where its query looked, and sums to 1 (while dropout is off).
    ///
    /// # Errors
    /// As for [`Self::attend`].
    pub fn attend_with_weights(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        padding: Option<&Tensor>,
        pass: &Pass,
    ) -> Result<(Tensor, Tensor)> {
        let settings = self.settings(query, key, padding, pass)?;
        let (query, key) = (self.query.apply(query)?, self.key.apply(key)?);
        let weights = ops::attention_weights(&query, &key, &settings)?;
        let means = ops::mean_of_values(&weights, &self.value.apply(value)?)?;
        Ok((self.output.apply(&means)?, weights))
    }

    fn settings(
        &self,
        query: &Tensor,
        key: &Tensor,
        padding: Option<&Tensor>,
        pass: &Pass,
    ) -> Result<Attention> {
        let sequences = "attention takes sequences (batch, steps, width)";
        let (batch, queries, _) = query.dims3().context(sequences)?;
        let (_, keys, _) = key.dims3().context(sequences)?;
        let dropout = match (&self.dropout, pass.training_seed()) {
            (Some(dropout), Some(_)) => {
                let shape = (batch, self.heads, queries, keys);
                let ones = Tensor::ones(shape, DType::F32, query.device())?;
                Some(dropout.forward(&ones, pass)?)
            }
            _ => None,
        };
        Ok(Attention::new(self.heads)
            .causal(self.causal)
            .padding(padding)
            .dropout(dropout.as_ref()))
    }

    /// Query, key and value of a sequence that attends to itself, by one product instead of three.
    fn packed(&self, x: &Tensor) -> Result<Tensor> {
        let parts = [&self.query, &self.key, &self.value];
        let kernel = Tensor::cat(&parts.map(|part| part.kernel.tensor()), 1)?;
        let biases: Option<Vec<&Tensor>> = parts
            .iter()
            .map(|part| part.bias.as_ref().map(Variable::tensor))
            .collect();
        let bias = biases.map(|biases| Tensor::cat(&biases, 0)).transpose()?;
        ops::dense(x, &kernel, bias.as_ref(), Activation::Linear)
            .with_context(|| format!("{} was built for another width", self.query.kernel.name()))
    }
}

impl BuiltLayer for BuiltMultiHeadAttention {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        self.attend(input, input, input, None, pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use candle_core::Device;

    /// sin(step), sin(2 step), …: the numbers that `reference/attention.py` uses.
    fn wave(shape: &[usize], step: f64) -> Tensor {
        let count: usize = shape.iter().product();
        Tensor::from_iter(
            (1..=count).map(|i| (step * i as f64).sin() as f32),
            &Device::Cpu,
        )
        .unwrap()
        .reshape(shape)
        .unwrap()
    }

    fn numbers(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }

    fn assert_close(found: &Tensor, wanted: &[f32]) {
        let found = numbers(found);
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 2e-6, "{found}, not {wanted}");
        }
    }

    const X: (&[usize], f64) = (&[1, 3, 4], 0.7);

    /// Width 4, two heads, causal, with the waves of the reference as weights.
    fn of_waves() -> BuiltMultiHeadAttention {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let layer = MultiHeadAttention::new(2, 2).causal();
        let built = layer.build_between(4, 4, &mut scope).unwrap();
        let steps = [0.31, 0.53, 0.37, 0.59, 0.41, 0.61, 0.43, 0.67];
        for (variable, step) in scope.variables().iter().zip(steps) {
            let value = wave(variable.tensor().dims(), step);
            variable.var().set(&value).unwrap();
        }
        built
    }

    #[test]
    fn values_and_weights_are_those_of_pytorch() {
        let x = wave(X.0, X.1);
        let layer = of_waves();
        let y = layer.forward(&x, &Pass::inference()).unwrap();
        let pass = Pass::inference();
        let (again, weights) = layer.attend_with_weights(&x, &x, &x, None, &pass).unwrap();
        let separate = layer
            .attend(&x, &x.copy().unwrap(), &x, None, &pass)
            .unwrap();
        for y in [y, again, separate] {
            assert_close(
                &y,
                &[
                    1.107_538, 1.357_748, 1.117_103, 0.446_535, 0.507_156, 0.810_609, 0.722_824,
                    0.276_903, 0.836_989, 1.111_304, 0.939_634, 0.370_352,
                ],
            );
        }
        assert_close(
            &weights,
            &[
                1.0, 0.0, 0.0, 0.473_274, 0.526_726, 0.0, 0.559_563, 0.287_483, 0.152_954, 1.0,
                0.0, 0.0, 0.309_776, 0.690_224, 0.0, 0.361_357, 0.371_231, 0.267_412,
            ],
        );
    }

    #[test]
    fn variables_are_those_of_keras() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let layer = MultiHeadAttention::new(4, 3).value_dim(5);
        let built = scope.build(&layer, &[7, 10]).unwrap();
        assert_eq!(built.output_shape, [7, 10]);
        let found: Vec<(&str, &[usize])> = scope
            .variables()
            .iter()
            .map(|v| (v.name(), v.tensor().dims()))
            .collect();
        let wanted: [(&str, &[usize]); 8] = [
            ("multi_head_attention/query/kernel", &[10, 12]),
            ("multi_head_attention/query/bias", &[12]),
            ("multi_head_attention/key/kernel", &[10, 12]),
            ("multi_head_attention/key/bias", &[12]),
            ("multi_head_attention/value/kernel", &[10, 20]),
            ("multi_head_attention/value/bias", &[20]),
            ("multi_head_attention/attention_output/kernel", &[20, 10]),
            ("multi_head_attention/attention_output/bias", &[10]),
        ];
        assert_eq!(found, wanted);
        for (variable, (_, shape)) in scope.variables().iter().zip(wanted) {
            let largest = numbers(variable.tensor())
                .iter()
                .fold(0f32, |m, w| m.max(w.abs()));
            let limit = match shape {
                [inputs, outputs] => (6.0 / (inputs + outputs) as f32).sqrt(),
                _ => 0.0,
            };
            assert!(
                largest <= limit && largest >= 0.8 * limit,
                "{}",
                variable.name()
            );
        }
        let x = wave(&[2, 7, 10], 0.7);
        let y = built.layer.forward(&x, &Pass::inference()).unwrap();
        assert_eq!(y.dims(), [2, 7, 10]);
        let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        for variable in scope.variables() {
            assert!(
                gradients.get(variable.var()).is_some(),
                "{}",
                variable.name()
            );
        }

        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        scope.build(&layer.without_bias(), &[7, 10]).unwrap();
        assert_eq!(scope.variables().len(), 4);
    }

    #[test]
    fn the_future_changes_not_a_bit() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let layer = scope
            .build(&MultiHeadAttention::new(4, 8).causal(), &[33, 32])
            .unwrap();
        let (x, other) = (wave(&[2, 33, 32], 0.7), wave(&[2, 33, 32], 1.9));
        for known in [1, 16, 32] {
            let parts = [x.narrow(1, 0, known), other.narrow(1, known, 33 - known)];
            let changed = Tensor::cat(&parts.map(Result::unwrap), 1).unwrap();
            let first = |x: &Tensor| {
                let y = layer.layer.forward(x, &Pass::inference()).unwrap();
                let known = numbers(&y.narrow(1, 0, known).unwrap());
                known.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            };
            assert_eq!(first(&x), first(&changed), "{known} steps");
        }
    }

    #[test]
    fn what_fills_up_a_sequence_is_not_seen() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let layer = MultiHeadAttention::new(2, 4)
            .build_between(6, 8, &mut scope)
            .unwrap();
        let (query, memory) = (wave(&[1, 3, 6], 0.7), wave(&[1, 5, 8], 1.1));
        let padding = Tensor::new(&[[1u8, 1, 1, 0, 0]], &Device::Cpu).unwrap();
        let pass = Pass::inference();
        let padded = layer
            .attend(&query, &memory, &memory, Some(&padding), &pass)
            .unwrap();
        let cut = memory.narrow(1, 0, 3).unwrap();
        let cut = layer.attend(&query, &cut, &cut, None, &pass).unwrap();
        assert_close(&padded, &numbers(&cut));
    }

    #[test]
    fn dropout_changes_the_weights_only_while_training() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let layer = MultiHeadAttention::new(2, 4)
            .dropout(0.5)
            .build_between(8, 8, &mut scope)
            .unwrap();
        let x = wave(&[2, 12, 8], 0.7);
        let weights = |pass: Pass| {
            let (y, weights) = layer.attend_with_weights(&x, &x, &x, None, &pass).unwrap();
            let direct = layer.forward(&x, &pass).unwrap();
            assert_close(&direct, &numbers(&y));
            numbers(&weights)
        };
        assert!(weights(Pass::inference()).iter().all(|w| *w > 0.0));
        let training = weights(Pass::training(Seed(5)));
        let dropped = training.iter().filter(|w| **w == 0.0).count();
        assert!((240..336).contains(&dropped), "{dropped} of 576");
        assert!(training != weights(Pass::training(Seed(6))));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let error = scope
            .build(&MultiHeadAttention::new(2, 4), &[8])
            .err()
            .unwrap();
        assert!(format!("{error:#}").contains("(steps, width)"));
        assert!(
            scope
                .build(&MultiHeadAttention::new(0, 4), &[3, 8])
                .is_err()
        );
        assert!(
            scope
                .build(&MultiHeadAttention::new(2, 4).dropout(1.0), &[3, 8])
                .is_err()
        );
        let built = scope
            .build(&MultiHeadAttention::new(2, 4), &[3, 8])
            .unwrap();
        let x = wave(&[1, 3, 7], 0.7);
        let error = built.layer.forward(&x, &Pass::inference()).unwrap_err();
        assert!(
            format!("{error:#}").contains("query/kernel was built"),
            "{error:#}"
        );
    }
}
