//! Four small nets that between them have every kind of layer, each with a data set to train on.

use dlkit::prelude::*;

/// A net by name, ready to be trained on its data.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) model: Model,
    pub(crate) data: Dataset,
    /// The kinds of layers in it.
    kinds: Vec<&'static str>,
}

/// Every kind of layer that dlkit has; a new one belongs into one of the nets below.
const KINDS: &[&str] = &[
    "activation",
    "average_pooling2d",
    "batch_normalization",
    "bidirectional",
    "conv1d",
    "conv2d",
    "dense",
    "dropout",
    "embedding",
    "flatten",
    "gaussian_noise",
    "global_average_pooling1d",
    "global_average_pooling2d",
    "gru",
    "layer_normalization",
    "lstm",
    "max_pooling2d",
    "multi_head_attention",
    "position_embedding",
    "random_flip",
    "random_rotation",
    "random_translation",
    "random_zoom",
    "residual",
    "simple_rnn",
    "sine_position_encoding",
    "token_and_position_embedding",
    "transformer_decoder_block",
    "transformer_encoder_block",
];

const SAMPLES: usize = 70;

/// A net under construction that remembers the kinds of its layers.
struct Stack {
    net: Sequential,
    kinds: Vec<&'static str>,
}

impl Stack {
    fn new() -> Self {
        Self {
            net: Sequential::new(),
            kinds: Vec::new(),
        }
    }

    fn add(mut self, layer: impl Layer + 'static) -> Self {
        self.kinds.push(layer.kind());
        self.net = self.net.add(layer);
        self
    }

    fn case(self, name: &'static str, shape: &[usize], inputs: Tensor) -> Result<Case> {
        let mut model = self.net.build(shape, Seed(7), &Device::Cpu)?;
        model.compile(Adam::new(0.003), SparseCategoricalCrossEntropy, [Accuracy]);
        let classes = Tensor::from_iter((0..SAMPLES as u32).map(|i| i * i % 3), &Device::Cpu)?;
        Ok(Case {
            name,
            model,
            data: Dataset::new(inputs, classes)?,
            kinds: self.kinds,
        })
    }
}

fn numbers(shape: &[usize]) -> Result<Tensor> {
    let shape: Vec<usize> = [SAMPLES].iter().chain(shape).copied().collect();
    Initializer::Uniform(1.0).tensor(&shape, Seed(1).derive("inputs"), &Device::Cpu)
}

fn words(steps: usize) -> Result<Tensor> {
    let ids = (0..(SAMPLES * steps) as u32).map(|i| i * i % 11);
    Ok(Tensor::from_iter(ids, &Device::Cpu)?.reshape((SAMPLES, steps))?)
}

/// All nets.
pub(crate) fn all() -> Result<Vec<Case>> {
    let images = Stack::new()
        .add(RandomFlip::horizontal())
        .add(RandomTranslation::new(0.1, 0.1))
        .add(RandomRotation::new(0.1))
        .add(RandomZoom::new(0.1))
        .add(Conv2D::new(8, 3).relu())
        .add(MaxPooling2D::new(2))
        // Without a bias: the normalisation behind it would take it away again, and its gradient would be 0.
        .add(
            Conv2D::new(17, 3)
                .padding(Padding::Same)
                .strides(2)
                .without_bias(),
        )
        .add(BatchNormalization::new())
        .add(ActivationLayer(Activation::Relu))
        .add(AveragePooling2D::new(2))
        .add(Conv2D::new(6, 2).padding(Padding::Same).tanh())
        .add(GlobalAveragePooling2D::new())
        .add(Dense::new(3).softmax())
        .case("images", &[1, 23, 19], numbers(&[1, 23, 19])?)?;
    let sequences = Stack::new()
        .add(GaussianNoise::new(0.05))
        .add(Conv1D::new(9, 3).relu())
        .add(Bidirectional::new(LSTM::new(5).return_sequences()))
        .add(LayerNormalization::new())
        .add(Dropout::new(0.2))
        .add(GRU::new(7).return_sequences())
        .add(LSTM::new(6).return_sequences())
        .add(SimpleRNN::new(4))
        .add(Residual::new(Dense::new(4).tanh()))
        .add(Dense::new(3).softmax())
        .case("sequences", &[13, 5], numbers(&[13, 5])?)?;
    let text = Stack::new()
        .add(TokenAndPositionEmbedding::new(11, 12))
        .add(TransformerEncoderBlock::new(3))
        .add(
            TransformerDecoderBlock::new(2)
                .normalize_first()
                .activation(Activation::GeluTanh)
                .dropout(0.1),
        )
        .add(GlobalAveragePooling1D::new())
        .add(Dense::new(3).softmax())
        .case("text", &[9], words(9)?)?;
    let positions = Stack::new()
        .add(Embedding::new(11, 8))
        .add(SinePositionEncoding::new())
        .add(PositionEmbedding::new())
        .add(MultiHeadAttention::new(2, 4).causal())
        .add(Flatten::new())
        .add(Dense::new(300).sigmoid())
        .add(Dense::new(3).softmax())
        .case("positions", &[10], words(10)?)?;
    let all = vec![images, sequences, text, positions];
    let mut kinds: Vec<&str> = all.iter().flat_map(|case| case.kinds.clone()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, KINDS);
    Ok(all)
}
