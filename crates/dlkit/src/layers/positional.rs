//! Where in the sequence? Attention treats its keys as a set: without these layers a sentence and its words in another order are the
//! same to it.
//!
//! * [`SinePositionEncoding`] adds fixed waves (Vaswani et al., 2017), no parameters:
//!   `p(t, 2i) = sin(t / 10000^(2i/width))` and `p(t, 2i+1) = cos(t / 10000^(2i/width))`. Each pair turns like the hand of a clock, the
//!   first fast and the last slowly, and a shift by k steps is the same rotation everywhere.
//! * [`PositionEmbedding`] adds a learned row for each step: `steps · width` parameters.
//! * [`TokenAndPositionEmbedding`] is how a GPT begins: the learned row of the token plus the learned row of the step,
//!   `(vocabulary + steps) · width` parameters. Input `(batch, steps)` of integers, output `(batch, steps, width)`.
//!
//! The first two take `(batch, steps, width)` and give the same shape. A sequence may be shorter than those that the layer was built for.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(TokenAndPositionEmbedding::new(65, 128))
//!     .build(64, Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), (65 + 64) * 128);
//! # Ok(()) }
//! ```

use super::embedding::{UNIFORM, layer_name};
use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::init::Initializer;
use crate::ops;
use crate::variable::Variable;
use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};

/// Adds waves of different lengths, so that each step looks different.
#[derive(Clone, Copy, Debug)]
pub struct SinePositionEncoding {
    max_wavelength: f64,
}

impl Default for SinePositionEncoding {
    fn default() -> Self {
        Self {
            max_wavelength: 10_000.0,
        }
    }
}

impl SinePositionEncoding {
    /// With the longest wave of the paper, about 10,000 · 2π steps.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this number in place of 10,000.
    #[must_use]
    pub fn max_wavelength(self, max_wavelength: f64) -> Self {
        Self { max_wavelength }
    }

    /// The waves themselves, `(steps, width)`: to look at, or for a layer of your own.
    ///
    /// # Errors
    /// When the device has no room.
    pub fn encoding(self, steps: usize, width: usize, device: &Device) -> Result<Tensor> {
        let values = (0..steps * width).map(|at| {
            let (step, i) = (at / width, at % width);
            let pair = (i - i % 2) as f64 / width as f64;
            let angle = step as f64 / self.max_wavelength.powf(pair);
            (if i % 2 == 0 { angle.sin() } else { angle.cos() }) as f32
        });
        Ok(Tensor::from_iter(values, device)?.reshape((steps, width))?)
    }
}

impl Layer for SinePositionEncoding {
    fn kind(&self) -> &'static str {
        "sine_position_encoding"
    }

    fn describe(&self) -> String {
        format!(
            "sine_position_encoding(max_wavelength={})",
            self.max_wavelength
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        let (steps, width) = steps_and_width(input_shape)?;
        ensure!(
            self.max_wavelength > 0.0,
            "the longest wave must be longer than 0, but max_wavelength is {}",
            self.max_wavelength
        );
        Ok(Built {
            layer: Box::new(BuiltPositions {
                rows: Rows::Fixed(self.encoding(steps, width, &scope.device)?),
                name: scope.full_name("").trim_end_matches('/').to_string(),
            }),
            output_shape: input_shape.to_vec(),
        })
    }
}

/// Adds a learned row for each step. Starts Glorot-uniform, as in KerasHub.
#[derive(Clone, Copy, Debug)]
pub struct PositionEmbedding {
    initializer: Initializer,
}

impl Default for PositionEmbedding {
    fn default() -> Self {
        Self {
            initializer: Initializer::GlorotUniform,
        }
    }
}

impl PositionEmbedding {
    /// A row for each step of the input that it is built for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With its rows filled by this rule.
    #[must_use]
    pub fn initializer(self, initializer: Initializer) -> Self {
        Self { initializer }
    }
}

impl Layer for PositionEmbedding {
    fn kind(&self) -> &'static str {
        "position_embedding"
    }

    fn describe(&self) -> String {
        "position_embedding()".into()
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        let (steps, width) = steps_and_width(input_shape)?;
        let rows = scope.variable("embeddings", &[steps, width], self.initializer)?;
        Ok(Built {
            layer: Box::new(BuiltPositions {
                name: layer_name(&rows, "/embeddings").to_string(),
                rows: Rows::Learned(rows),
            }),
            output_shape: input_shape.to_vec(),
        })
    }
}

fn steps_and_width(shape: &[usize]) -> Result<(usize, usize)> {
    match *shape {
        [steps, width] if steps > 0 && width > 0 => Ok((steps, width)),
        _ => anyhow::bail!(
            "positions are added to a sequence (steps, width), but the input has the shape {shape:?}: put an Embedding in front?"
        ),
    }
}

struct BuiltPositions {
    rows: Rows,
    name: String,
}

enum Rows {
    Fixed(Tensor),
    Learned(Variable),
}

impl BuiltLayer for BuiltPositions {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        let rows = match &self.rows {
            Rows::Fixed(rows) => rows,
            Rows::Learned(rows) => rows.tensor(),
        };
        let (length, width) = rows.dims2()?;
        let fits = matches!(*input.dims(), [_, steps, w] if w == width && steps <= length);
        ensure!(
            fits,
            "{} adds positions to sequences (batch, up to {length} steps, {width}), but this batch has the shape {:?}",
            self.name,
            input.dims()
        );
        Ok(input.broadcast_add(&rows.narrow(0, 0, input.dim(1)?)?)?)
    }
}

/// The beginning of a GPT: what the token is, plus where it stands. Both tables start uniform in ±0.05.
#[derive(Clone, Copy, Debug)]
pub struct TokenAndPositionEmbedding {
    vocabulary: usize,
    width: usize,
    initializer: Initializer,
}

impl TokenAndPositionEmbedding {
    /// Rows of `width` numbers for ids from 0 to `vocabulary − 1`, and for each step of the input that it is built for.
    #[must_use]
    pub fn new(vocabulary: usize, width: usize) -> Self {
        Self {
            vocabulary,
            width,
            initializer: UNIFORM,
        }
    }

    /// With both tables filled by this rule.
    #[must_use]
    pub fn embeddings_initializer(self, initializer: Initializer) -> Self {
        Self {
            initializer,
            ..self
        }
    }
}

impl Layer for TokenAndPositionEmbedding {
    fn kind(&self) -> &'static str {
        "token_and_position_embedding"
    }

    fn describe(&self) -> String {
        format!(
            "token_and_position_embedding(vocabulary={}, width={})",
            self.vocabulary, self.width
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        let &[steps] = input_shape else {
            anyhow::bail!(
                "tokens come as (steps,) numbers for each sample, but the input has the shape {input_shape:?}"
            );
        };
        ensure!(
            self.vocabulary > 0 && self.width > 0 && steps > 0,
            "an embedding needs at least one token, one number for each and one step, but there are {}, {} and {steps}",
            self.vocabulary,
            self.width
        );
        let mut table =
            |name: &str, rows: usize| scope.variable(name, &[rows, self.width], self.initializer);
        Ok(Built {
            layer: Box::new(BuiltTokenAndPosition {
                tokens: table("token_embedding/embeddings", self.vocabulary)?,
                positions: table("position_embedding/embeddings", steps)?,
            }),
            output_shape: vec![steps, self.width],
        })
    }
}

struct BuiltTokenAndPosition {
    tokens: Variable,
    positions: Variable,
}

impl BuiltLayer for BuiltTokenAndPosition {
    fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
        let (tokens, positions) = (self.tokens.tensor(), self.positions.tensor());
        ops::embedding_with_positions(input, tokens, positions).with_context(|| {
            let name = layer_name(&self.tokens, "/token_embedding/embeddings");
            format!("{name} cannot look these tokens up")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use candle_core::DType;

    fn zeros(shape: &[usize]) -> Tensor {
        Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap()
    }

    #[test]
    fn the_waves_are_those_of_the_paper() {
        let waves = SinePositionEncoding::new()
            .encoding(3, 4, &Device::Cpu)
            .unwrap();
        // Wave 0 turns by 1 a step, wave 1 by 1/100.
        let wanted = [
            [0.0, 1.0, 0.0, 1.0],
            [0.841_471, 0.540_302, 0.01, 0.999_95],
            [0.909_297, -0.416_147, 0.019_999, 0.999_8],
        ];
        for (found, wanted) in waves.to_vec2::<f32>().unwrap().iter().zip(wanted) {
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
            }
        }
    }

    #[test]
    fn the_same_rows_are_added_to_every_sample_also_to_shorter_ones() {
        for layer in [
            &SinePositionEncoding::new() as &dyn Layer,
            &PositionEmbedding::new(),
        ] {
            let mut scope = Scope::new(Seed(1), &Device::Cpu);
            let built = scope.build(layer, &[5, 4]).unwrap();
            assert_eq!(built.output_shape, [5, 4]);
            let run = |x: &Tensor| built.layer.forward(x, &Pass::inference());
            let all = run(&zeros(&[2, 5, 4])).unwrap().to_vec3::<f32>().unwrap();
            let few = run(&zeros(&[1, 3, 4])).unwrap().to_vec3::<f32>().unwrap();
            assert_eq!(all[0], all[1]);
            assert_eq!(all[0][..3], few[0]);
            assert!(all[0][0] != all[0][1]);
            for wrong in [&[1usize, 6, 4][..], &[1, 5, 3], &[5, 4]] {
                let message = run(&zeros(wrong)).unwrap_err().to_string();
                assert!(
                    message.contains(layer.kind()) && message.contains("up to 5"),
                    "{message}"
                );
            }
        }
    }

    #[test]
    fn learned_positions_get_a_gradient() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&PositionEmbedding::new(), &[3, 2]).unwrap();
        let y = built.layer.forward(&zeros(&[4, 2, 2]), &Pass::inference());
        let gradients = y.unwrap().sum_all().unwrap().backward().unwrap();
        let gradient = gradients.get(scope.variables()[0].var()).unwrap();
        assert_eq!(
            gradient.to_vec2::<f32>().unwrap(),
            [[4.0; 2], [4.0; 2], [0.0; 2]]
        );
    }

    #[test]
    fn token_and_position_add_and_both_learn() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let layer = TokenAndPositionEmbedding::new(7, 4);
        let built = scope.build(&layer, &[3]).unwrap();
        assert_eq!(built.output_shape, [3, 4]);
        let names: Vec<&str> = scope.variables().iter().map(Variable::name).collect();
        assert_eq!(
            names,
            [
                "token_and_position_embedding/token_embedding/embeddings",
                "token_and_position_embedding/position_embedding/embeddings"
            ]
        );
        let [tokens, positions] = [0, 1].map(|i| scope.variables()[i].var().clone());
        let ids = Tensor::new(&[[6u32, 0, 6]], &Device::Cpu).unwrap();
        let y = built.layer.forward(&ids, &Pass::inference()).unwrap();
        let wanted = tokens.index_select(&ids.squeeze(0).unwrap(), 0).unwrap();
        let wanted = (wanted + positions.as_tensor())
            .unwrap()
            .to_vec2::<f32>()
            .unwrap();
        assert_eq!(y.squeeze(0).unwrap().to_vec2::<f32>().unwrap(), wanted);
        let gradients = y.sum_all().unwrap().backward().unwrap();
        assert!(gradients.get(&tokens).is_some() && gradients.get(&positions).is_some());

        let floats = built.layer.forward(&zeros(&[1, 3]), &Pass::inference());
        let message = format!("{:#}", floats.unwrap_err());
        assert!(
            message.contains("token_and_position_embedding cannot"),
            "{message}"
        );
    }

    #[test]
    fn an_image_is_no_sequence() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let refused = |layer: &dyn Layer, shape: &[usize], scope: &mut Scope| {
            let error = scope.build(layer, shape).err().unwrap();
            let message = format!("{error:#}");
            assert!(message.contains(&format!("{shape:?}")), "{message}");
        };
        refused(&SinePositionEncoding::new(), &[1, 2, 3], &mut scope);
        refused(&PositionEmbedding::new(), &[7], &mut scope);
        refused(&TokenAndPositionEmbedding::new(5, 5), &[7, 2], &mut scope);
    }
}
