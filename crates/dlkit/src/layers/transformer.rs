//! The blocks of a transformer (Vaswani et al., 2017): attention between the steps, then two dense layers on each step, both as a residual.
//!
//! A residual `x + f(x)` lets `f` say only what is to change; the gradient reaches the lowest block undiminished by the sum.
//! Where the normalisation stands is a choice:
//!
//! * behind the sum, as in the paper, `norm(x + f(x))`: KerasHub's default, and ours;
//! * in front, `x + f(norm(x))`, with [`TransformerEncoderBlock::normalize_first`]: as in GPT-2, trains deep stacks without a warm-up.
//!
//! | block | is made of |
//! |---|---|
//! | [`TransformerEncoderBlock`] | self-attention, dense layers |
//! | [`TransformerDecoderBlock`] | causal self-attention, dense layers; with an encoder's output, attention to that in between |
//!
//! Input and output `(batch, steps, width)`; each head has `width / heads` numbers. With `r = mlp_ratio` the dense layers go up to
//! `r · width` numbers and back. Parameters: attention `4 · width² + 4 · width` (twice with an encoder), dense layers
//! `2r · width² + (r + 1) · width`, and `2 · width` for each normalisation.
//!
//! A small GPT:
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let block = TransformerDecoderBlock::new(4).normalize_first().activation(Activation::GeluTanh);
//! let model = Sequential::new()
//!     .add(TokenAndPositionEmbedding::new(65, 128))
//!     .add(block)
//!     .add(block)
//!     .add(Dense::new(65).softmax())
//!     .build(64, Seed(42), &Device::Cpu)?;
//! let block = 4 * (128 * 128 + 128) + 2 * 4 * 128 * 128 + 5 * 128 + 2 * 256;
//! assert_eq!(model.parameters(), (65 + 64) * 128 + 2 * block + 128 * 65 + 65);
//! # Ok(()) }
//! ```

use super::layer_normalization::BuiltLayerNormalization;
use super::{
    Built, BuiltLayer, BuiltMultiHeadAttention, Dense, Dropout, Layer, LayerNormalization,
    MultiHeadAttention, Pass, Scope,
};
use crate::activation::Activation;
use anyhow::{Context, Result, bail, ensure};
use candle_core::Tensor;

/// What both blocks can be set to.
#[derive(Clone, Copy, Debug)]
struct Settings {
    heads: usize,
    mlp_ratio: usize,
    activation: Activation,
    dropout: f64,
    normalize_first: bool,
    epsilon: f64,
}

impl Settings {
    fn new(heads: usize) -> Self {
        Self {
            heads,
            mlp_ratio: 4,
            activation: Activation::Relu,
            dropout: 0.0,
            normalize_first: false,
            epsilon: 1e-5,
        }
    }

    fn describe(&self, kind: &str) -> String {
        format!(
            "{kind}(heads={}, mlp_ratio={}, activation={}, dropout={}, normalize_first={}, epsilon={})",
            self.heads,
            self.mlp_ratio,
            self.activation.describe(),
            self.dropout,
            self.normalize_first,
            self.epsilon
        )
    }

    /// The width of the input, when the heads can share it out.
    fn width(&self, input_shape: &[usize]) -> Result<usize> {
        let &[_, width] = input_shape else {
            bail!(
                "a transformer block takes a sequence (steps, width), but the input has the shape {input_shape:?}"
            );
        };
        ensure!(
            self.heads > 0 && width > 0 && width % self.heads == 0,
            "a block with {} heads shares its width out among them, but the input has {width} numbers, which is not a multiple",
            self.heads
        );
        ensure!(
            self.mlp_ratio > 0,
            "the mlp_ratio must be at least 1: the dense layers of a block have that many times its width"
        );
        Ok(width)
    }

    fn attention(
        &self,
        width: usize,
        memory_width: usize,
        causal: bool,
        scope: &mut Scope,
    ) -> Result<Sublayer<BuiltMultiHeadAttention>> {
        let layer = MultiHeadAttention::new(self.heads, width / self.heads).dropout(self.dropout);
        let layer = if causal { layer.causal() } else { layer };
        self.sublayer(width, scope, |scope| {
            layer.build_between(width, memory_width, scope)
        })
    }

    fn dense(&self, width: usize, scope: &mut Scope) -> Result<Sublayer<[Box<dyn BuiltLayer>; 2]>> {
        let inner = self.mlp_ratio * width;
        let up = Dense::new(inner).activation(self.activation);
        let down = Dense::new(width);
        self.sublayer(width, scope, |scope| {
            let up = scope.within(up.kind(), |scope| up.build(&[width], scope))?;
            let down = scope.within(down.kind(), |scope| down.build(&[inner], scope))?;
            Ok([up.layer, down.layer])
        })
    }

    fn sublayer<F>(
        &self,
        width: usize,
        scope: &mut Scope,
        build: impl FnOnce(&mut Scope) -> Result<F>,
    ) -> Result<Sublayer<F>> {
        let norm = LayerNormalization::new().epsilon(self.epsilon);
        let norm = scope.within(norm.kind(), |scope| norm.of_width(width, scope))?;
        let function = build(scope)?;
        let dropout = Dropout::new(self.dropout);
        let dropout = scope.within(dropout.kind(), |scope| dropout.build(&[width], scope))?;
        Ok(Sublayer {
            norm,
            function,
            dropout: dropout.layer,
            normalize_first: self.normalize_first,
        })
    }
}

macro_rules! settings {
    ($block:ident) => {
        impl $block {
            /// A block with this many heads, as in the paper: normalisation behind each sum, relu, dense layers of four times the width, no dropout.
            #[must_use]
            pub fn new(heads: usize) -> Self {
                Self(Settings::new(heads))
            }

            /// With dense layers that go up to this many times the width and back.
            #[must_use]
            pub fn mlp_ratio(self, mlp_ratio: usize) -> Self {
                Self(Settings {
                    mlp_ratio,
                    ..self.0
                })
            }

            /// With this activation between the two dense layers.
            #[must_use]
            pub fn activation(self, activation: Activation) -> Self {
                Self(Settings {
                    activation,
                    ..self.0
                })
            }

            /// Sets this share of the attention's weights, and of what each residual adds, to 0 while training.
            #[must_use]
            pub fn dropout(self, dropout: f64) -> Self {
                Self(Settings { dropout, ..self.0 })
            }

            /// With the normalisation in front of attention and dense layers: `x + f(norm(x))`.
            #[must_use]
            pub fn normalize_first(self) -> Self {
                Self(Settings {
                    normalize_first: true,
                    ..self.0
                })
            }

            /// With this epsilon in the normalisations; 1e-5 otherwise.
            #[must_use]
            pub fn epsilon(self, epsilon: f64) -> Self {
                Self(Settings { epsilon, ..self.0 })
            }
        }
    };
}

/// Self-attention and two dense layers: every step sees every other.
#[derive(Clone, Copy, Debug)]
pub struct TransformerEncoderBlock(Settings);

/// Causal self-attention and two dense layers: no step sees those after it. With an encoder's output, each step also looks at all of that.
#[derive(Clone, Copy, Debug)]
pub struct TransformerDecoderBlock(Settings);

settings!(TransformerEncoderBlock);
settings!(TransformerDecoderBlock);

impl TransformerEncoderBlock {
    /// The block with its weights, to be called with a padding mask: see [`BuiltTransformerEncoderBlock::encode`].
    ///
    /// # Errors
    /// When the heads cannot share the width, or a setting is out of its range.
    pub fn build_block(
        &self,
        input_shape: &[usize],
        scope: &mut Scope,
    ) -> Result<BuiltTransformerEncoderBlock> {
        scope.within(self.kind(), |scope| self.make(input_shape, scope))
    }

    fn make(
        &self,
        input_shape: &[usize],
        scope: &mut Scope,
    ) -> Result<BuiltTransformerEncoderBlock> {
        let width = self.0.width(input_shape)?;
        Ok(BuiltTransformerEncoderBlock {
            attention: self.0.attention(width, width, false, scope)?,
            dense: self.0.dense(width, scope)?,
        })
    }
}

impl Layer for TransformerEncoderBlock {
    fn kind(&self) -> &'static str {
        "transformer_encoder_block"
    }

    fn describe(&self) -> String {
        self.0.describe(self.kind())
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        Ok(Built {
            layer: Box::new(self.make(input_shape, scope)?),
            output_shape: input_shape.to_vec(),
        })
    }
}

impl TransformerDecoderBlock {
    /// The block with its weights and an attention to an encoder's output `(batch, keys, width)` of the same width: see
    /// [`BuiltTransformerDecoderBlock::decode`].
    ///
    /// ```
    /// # fn main() -> dlkit::Result<()> {
    /// use dlkit::layers::Scope;
    /// use dlkit::prelude::*;
    ///
    /// let mut scope = Scope::new(Seed(42), &Device::Cpu);
    /// let encoder = TransformerEncoderBlock::new(2).build_block(&[7, 16], &mut scope)?;
    /// let decoder = TransformerDecoderBlock::new(2).build_with_encoder(&[5, 16], &mut scope)?;
    /// let english = Tensor::zeros((1, 7, 16), DType::F32, &Device::Cpu)?;
    /// let french = Tensor::zeros((1, 5, 16), DType::F32, &Device::Cpu)?;
    /// let encoded = encoder.encode(&english, None, &Pass::inference())?;
    /// let decoded = decoder.decode(&french, &encoded, None, &Pass::inference())?;
    /// assert_eq!(decoded.dims(), [1, 5, 16]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the heads cannot share the width, or a setting is out of its range.
    pub fn build_with_encoder(
        &self,
        input_shape: &[usize],
        scope: &mut Scope,
    ) -> Result<BuiltTransformerDecoderBlock> {
        scope.within(self.kind(), |scope| self.make(input_shape, true, scope))
    }

    fn make(
        &self,
        input_shape: &[usize],
        with_encoder: bool,
        scope: &mut Scope,
    ) -> Result<BuiltTransformerDecoderBlock> {
        let width = self.0.width(input_shape)?;
        let attention = self.0.attention(width, width, true, scope)?;
        let to_encoder = with_encoder
            .then(|| self.0.attention(width, width, false, scope))
            .transpose()?;
        Ok(BuiltTransformerDecoderBlock {
            attention,
            to_encoder,
            dense: self.0.dense(width, scope)?,
        })
    }
}

impl Layer for TransformerDecoderBlock {
    fn kind(&self) -> &'static str {
        "transformer_decoder_block"
    }

    fn describe(&self) -> String {
        self.0.describe(self.kind())
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        Ok(Built {
            layer: Box::new(self.make(input_shape, false, scope)?),
            output_shape: input_shape.to_vec(),
        })
    }
}

/// A function with its normalisation, as a residual.
struct Sublayer<F> {
    norm: BuiltLayerNormalization,
    function: F,
    dropout: Box<dyn BuiltLayer>,
    normalize_first: bool,
}

impl<F> Sublayer<F> {
    /// `x + f(norm(x))` or `norm(x + f(x))`.
    fn run(
        &self,
        x: &Tensor,
        pass: &Pass,
        function: impl FnOnce(&F, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let input = if self.normalize_first {
            self.norm.forward(x, pass)?
        } else {
            x.clone()
        };
        let change = self
            .dropout
            .forward(&function(&self.function, &input)?, pass)?;
        let sum = (x + change)?;
        if self.normalize_first {
            Ok(sum)
        } else {
            self.norm.forward(&sum, pass)
        }
    }
}

impl Sublayer<[Box<dyn BuiltLayer>; 2]> {
    fn run_dense(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        self.run(x, pass, |[up, down], x| {
            down.forward(&up.forward(x, pass)?, pass)
        })
    }
}

/// A [`TransformerEncoderBlock`] with its weights.
pub struct BuiltTransformerEncoderBlock {
    attention: Sublayer<BuiltMultiHeadAttention>,
    dense: Sublayer<[Box<dyn BuiltLayer>; 2]>,
}

impl BuiltTransformerEncoderBlock {
    /// `(batch, steps, width)` to the same shape. `padding` is `(batch, steps)`: 1 for a step that counts, 0 for one that only fills up
    /// its sequence and is seen by nobody.
    ///
    /// # Errors
    /// When the shapes do not fit the block.
    pub fn encode(&self, input: &Tensor, padding: Option<&Tensor>, pass: &Pass) -> Result<Tensor> {
        let x = self.attention.run(input, pass, |attention, x| {
            attention.attend(x, x, x, padding, pass)
        })?;
        self.dense.run_dense(&x, pass)
    }
}

impl BuiltLayer for BuiltTransformerEncoderBlock {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        self.encode(input, None, pass)
    }
}

/// A [`TransformerDecoderBlock`] with its weights.
pub struct BuiltTransformerDecoderBlock {
    attention: Sublayer<BuiltMultiHeadAttention>,
    to_encoder: Option<Sublayer<BuiltMultiHeadAttention>>,
    dense: Sublayer<[Box<dyn BuiltLayer>; 2]>,
}

impl BuiltTransformerDecoderBlock {
    /// `(batch, steps, width)` to the same shape, looking also at an encoder's output `(batch, keys, width)`. `padding` is `(batch, keys)`: 1 for
    /// a step of the encoder that counts, 0 for one that only fills up.
    ///
    /// # Errors
    /// When the shapes do not fit the block, or it was built without an encoder.
    pub fn decode(
        &self,
        input: &Tensor,
        encoded: &Tensor,
        padding: Option<&Tensor>,
        pass: &Pass,
    ) -> Result<Tensor> {
        let to_encoder = self.to_encoder()?;
        let x = self.attend_to_itself(input, pass)?;
        let x = to_encoder.run(&x, pass, |attention, x| {
            attention.attend(x, encoded, encoded, padding, pass)
        })?;
        self.dense.run_dense(&x, pass)
    }

    /// The same, with the weights of the attention to the encoder, `(batch, heads, steps, keys)`: where each step of the decoder looked. For
    /// a look at a trained net; training wants [`Self::decode`], which is faster.
    ///
    /// # Errors
    /// As for [`Self::decode`].
    pub fn decode_with_weights(
        &self,
        input: &Tensor,
        encoded: &Tensor,
        padding: Option<&Tensor>,
        pass: &Pass,
    ) -> Result<(Tensor, Tensor)> {
        let to_encoder = self.to_encoder()?;
        let x = self.attend_to_itself(input, pass)?;
        let mut weights = None;
        let x = to_encoder.run(&x, pass, |attention, x| {
            let (y, found) = attention.attend_with_weights(x, encoded, encoded, padding, pass)?;
            weights = Some(found);
            Ok(y)
        })?;
        let weights = weights.context("the attention to the encoder was not run")?;
        Ok((self.dense.run_dense(&x, pass)?, weights))
    }

    fn to_encoder(&self) -> Result<&Sublayer<BuiltMultiHeadAttention>> {
        self.to_encoder.as_ref().context(
            "this decoder block has no attention to an encoder: build it with `build_with_encoder`",
        )
    }

    fn attend_to_itself(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        self.attention.run(input, pass, |attention, x| {
            attention.attend(x, x, x, None, pass)
        })
    }
}

impl BuiltLayer for BuiltTransformerDecoderBlock {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        ensure!(
            self.to_encoder.is_none(),
            "this decoder block looks at an encoder's output: give it one with `decode`"
        );
        self.dense
            .run_dense(&self.attend_to_itself(input, pass)?, pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::variable::Variable;
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
        for (found, wanted) in numbers(found).iter().zip(wanted) {
            assert!((found - wanted).abs() < 5e-6, "{found}, not {wanted}");
        }
    }

    /// Sets attention and dense layers to the waves of the reference.
    fn set_to_waves(variables: &[Variable]) {
        let steps = [
            ("query/kernel", 0.31),
            ("query/bias", 0.53),
            ("key/kernel", 0.37),
            ("key/bias", 0.59),
            ("/value/kernel", 0.41),
            ("/value/bias", 0.61),
            ("output/kernel", 0.43),
            ("output/bias", 0.67),
            ("dense/kernel", 0.29),
            ("dense_1/kernel", 0.23),
        ];
        for variable in variables {
            if let Some((_, step)) = steps
                .iter()
                .find(|(name, _)| variable.name().ends_with(name))
            {
                let value = wave(variable.tensor().dims(), *step);
                variable.var().set(&value).unwrap();
            }
        }
    }

    #[test]
    fn values_are_those_of_pytorch() {
        let x = wave(&[1, 3, 4], 0.7);
        let decoder = TransformerDecoderBlock::new(2)
            .mlp_ratio(2)
            .epsilon(1e-3)
            .activation(Activation::GeluTanh)
            .normalize_first();
        let encoder = TransformerEncoderBlock::new(2).mlp_ratio(2).epsilon(1e-3);
        let pre = [
            3.705_591, 4.161_309, 3.313_74, 1.361_651, -1.509_237, -1.338_032, -0.907_104,
            -0.251_253, 2.594_549, 3.225_911, 2.820_063, 1.364_297,
        ];
        let post = [
            -0.476_603, 1.120_587, 0.751_73, -1.395_714, 1.580_342, 0.139_421, -0.843_794,
            -0.875_97, -1.374_968, 0.756_533, 1.128_325, -0.509_89,
        ];
        for (layer, wanted) in [(&decoder as &dyn Layer, pre), (&encoder, post)] {
            let mut scope = Scope::new(Seed(1), &Device::Cpu);
            let built = scope.build(layer, &[3, 4]).unwrap();
            assert_eq!(built.output_shape, [3, 4]);
            set_to_waves(scope.variables());
            let y = built.layer.forward(&x, &Pass::inference()).unwrap();
            assert_close(&y, &wanted);
        }
    }

    #[test]
    fn names_count_and_gradients() {
        for layer in [
            &TransformerEncoderBlock::new(2) as &dyn Layer,
            &TransformerDecoderBlock::new(2)
                .normalize_first()
                .dropout(0.1),
        ] {
            let mut scope = Scope::new(Seed(1), &Device::Cpu);
            let built = scope.build(layer, &[5, 8]).unwrap();
            let names: Vec<String> = scope
                .variables()
                .iter()
                .map(|v| v.name().trim_start_matches(layer.kind()).to_string())
                .collect();
            let wanted = [
                "/layer_normalization/gamma",
                "/layer_normalization/beta",
                "/multi_head_attention/query/kernel",
                "/multi_head_attention/query/bias",
                "/multi_head_attention/key/kernel",
                "/multi_head_attention/key/bias",
                "/multi_head_attention/value/kernel",
                "/multi_head_attention/value/bias",
                "/multi_head_attention/attention_output/kernel",
                "/multi_head_attention/attention_output/bias",
                "/layer_normalization_1/gamma",
                "/layer_normalization_1/beta",
                "/dense/kernel",
                "/dense/bias",
                "/dense_1/kernel",
                "/dense_1/bias",
            ];
            assert_eq!(names, wanted);
            let parameters: usize = scope.variables().iter().map(Variable::parameters).sum();
            assert_eq!(parameters, 4 * (64 + 8) + 8 * 64 + 5 * 8 + 2 * 16);
            let x = wave(&[2, 5, 8], 0.7);
            let y = built.layer.forward(&x, &Pass::training(Seed(3))).unwrap();
            let gradients = (y * wave(&[2, 5, 8], 1.3))
                .unwrap()
                .sum_all()
                .unwrap()
                .backward()
                .unwrap();
            for variable in scope.variables() {
                assert!(
                    gradients.get(variable.var()).is_some(),
                    "{}",
                    variable.name()
                );
            }
        }
    }

    #[test]
    fn a_decoder_does_not_see_the_future_and_an_encoder_does() {
        let (x, other) = (wave(&[2, 9, 8], 0.7), wave(&[2, 9, 8], 1.9));
        let parts = [x.narrow(1, 0, 4), other.narrow(1, 4, 5)].map(|part| part.unwrap());
        let changed = Tensor::cat(&parts, 1).unwrap();
        let unchanged = |layer: &dyn Layer| {
            let mut scope = Scope::new(Seed(1), &Device::Cpu);
            let built = scope.build(layer, &[9, 8]).unwrap();
            let first = |x: &Tensor| {
                let y = built.layer.forward(x, &Pass::inference()).unwrap();
                let known = numbers(&y.narrow(1, 0, 4).unwrap());
                known.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            };
            first(&x) == first(&changed)
        };
        assert!(unchanged(&TransformerDecoderBlock::new(2)));
        assert!(unchanged(
            &TransformerDecoderBlock::new(4).normalize_first()
        ));
        assert!(!unchanged(&TransformerEncoderBlock::new(2)));
    }

    #[test]
    fn a_decoder_looks_at_the_encoder_and_every_variable_learns() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let encoder = TransformerEncoderBlock::new(2)
            .build_block(&[7, 8], &mut scope)
            .unwrap();
        let decoder = TransformerDecoderBlock::new(2)
            .build_with_encoder(&[5, 8], &mut scope)
            .unwrap();
        let pass = Pass::inference();
        let (source, target) = (wave(&[2, 7, 8], 0.7), wave(&[2, 5, 8], 1.1));
        let padding = Tensor::new(&[[1u8, 1, 1, 1, 0, 0, 0], [1; 7]], &Device::Cpu).unwrap();
        let run = |source: &Tensor| {
            let encoded = encoder.encode(source, Some(&padding), &pass).unwrap();
            decoder
                .decode(&target, &encoded, Some(&padding), &pass)
                .unwrap()
        };
        let y = run(&source);
        assert_eq!(y.dims(), [2, 5, 8]);
        let gradients = (&y * wave(&[2, 5, 8], 1.3))
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        for variable in scope.variables() {
            assert!(
                gradients.get(variable.var()).is_some(),
                "{}",
                variable.name()
            );
        }
        // Asked for its weights, it says the same, and they are a share of each step that counts.
        let encoded = encoder.encode(&source, Some(&padding), &pass).unwrap();
        let (again, weights) = decoder
            .decode_with_weights(&target, &encoded, Some(&padding), &pass)
            .unwrap();
        assert_eq!(weights.dims(), [2, 2, 5, 7]);
        for (found, wanted) in numbers(&again).iter().zip(numbers(&y)) {
            assert!((found - wanted).abs() < 1e-5, "{found}, not {wanted}");
        }
        assert!(
            numbers(&weights.sum(3).unwrap())
                .iter()
                .all(|sum| (sum - 1.0).abs() < 1e-6)
        );
        let of_padding = weights.get(0).unwrap().narrow(2, 4, 3).unwrap();
        assert!(numbers(&of_padding).iter().all(|weight| *weight == 0.0));

        // Steps 4 to 6 of the first sample only fill it up.
        let end = wave(&[2, 3, 8], 2.3);
        let changed = Tensor::cat(&[source.narrow(1, 0, 4).unwrap(), end], 1).unwrap();
        let changed = run(&changed);
        let sample = |y: &Tensor, i: usize| numbers(&y.get(i).unwrap());
        assert_eq!(sample(&y, 0), sample(&changed, 0));
        assert!(sample(&y, 1) != sample(&changed, 1));

        let message = decoder.forward(&target, &pass).unwrap_err().to_string();
        assert!(message.contains("decode"), "{message}");
    }

    /// The last token repeats the first: whoever does not look back over the random ones between cannot know it.
    #[test]
    fn a_small_gpt_learns_to_look_back() {
        use crate::prelude::*;
        use rand::Rng as _;
        const STEPS: usize = 6;
        let mut rng = Seed(4).rng();
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        for _ in 0..128 {
            let tokens: [u32; STEPS] = std::array::from_fn(|_| rng.random_range(0..4));
            inputs.extend(tokens);
            targets.extend([tokens[0]; STEPS]);
        }
        let tensor = |values: Vec<u32>| Tensor::from_vec(values, (128, STEPS), &Device::Cpu);
        let data = Dataset::new(tensor(inputs).unwrap(), tensor(targets).unwrap()).unwrap();
        let block = TransformerDecoderBlock::new(2)
            .normalize_first()
            .activation(Activation::GeluTanh);
        let mut model = Sequential::new()
            .add(TokenAndPositionEmbedding::new(4, 16))
            .add(block)
            .add(Dense::new(4).softmax())
            .build(STEPS, Seed(42), &Device::Cpu)
            .unwrap();
        model.compile(Adam::new(0.01), SparseCategoricalCrossEntropy, [Accuracy]);
        let settings = Fit {
            epochs: 40,
            progress: Progress::Silent,
            ..Fit::default()
        };
        model.fit(&data, settings).unwrap();
        let accuracy = model.evaluate(&data).unwrap().accuracy().unwrap();
        assert!(accuracy > 0.99, "{accuracy}");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let mut refused = |layer: &dyn Layer, shape: &[usize], named: &str| {
            let message = format!("{:#}", scope.build(layer, shape).err().unwrap());
            assert!(message.contains(named), "{message}");
        };
        refused(&TransformerEncoderBlock::new(3), &[5, 8], "3 heads");
        refused(&TransformerDecoderBlock::new(2), &[8], "(steps, width)");
        refused(
            &TransformerDecoderBlock::new(2).mlp_ratio(0),
            &[5, 8],
            "mlp_ratio",
        );
        refused(
            &TransformerDecoderBlock::new(2).dropout(1.0),
            &[5, 8],
            "dropout",
        );
        let alone = TransformerDecoderBlock::new(2)
            .make(&[5, 8], false, &mut scope)
            .unwrap();
        let x = wave(&[1, 5, 8], 0.7);
        let message = alone
            .decode(&x, &x, None, &Pass::inference())
            .unwrap_err()
            .to_string();
        assert!(message.contains("build_with_encoder"), "{message}");
    }
}
