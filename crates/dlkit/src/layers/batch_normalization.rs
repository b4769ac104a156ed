//! `BatchNormalization`: keeps what flows through the net at mean 0 and variance 1, channel by channel.
//!
//! ```text
//! y = γ (x − μ) / √(σ² + ε) + β
//! ```
//!
//! While training, μ and σ² are the mean and the (biased) variance of each channel over the batch, and two moving figures follow them:
//! `moving ← 0.99 · moving + 0.01 · of the batch`. When not training the moving figures take their place, so that the answer for
//! one sample does not depend on who else is asked. γ starts at 1 and β at 0: the net may undo the normalisation where that helps.
//!
//! A channel is a feature of `(batch, features)` and `(batch, steps, features)`, and a plane of the images
//! `(batch, channels, height, width)`. Input and output have the same shape. `4 · channels` parameters: γ and β are trained, the
//! moving mean and variance are not, but are saved with the model. Source: Ioffe and Szegedy (2015), with the settings of Keras.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(Dense::new(32).without_bias()) // β takes the place of the bias
//!     .add(BatchNormalization::new())
//!     .add(ActivationLayer(Activation::Relu))
//!     .add(Dense::new(1))
//!     .build(8, Seed(42), &Device::Cpu)?;
//! assert_eq!(model.parameters(), 8 * 32 + 4 * 32 + 33);
//! assert!(model.summary().to_string().contains("353 trainable, 64 not"));
//! # Ok(()) }
//! ```

use super::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::init::Initializer;
use crate::ops;
use crate::variable::Variable;
use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

/// Normalises each channel. Keras's defaults: momentum 0.99, ε 0.001.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormalization {
    momentum: f64,
    epsilon: f64,
}

impl BatchNormalization {
    /// A layer with Keras's settings.
    #[must_use]
    pub fn new() -> Self {
        Self {
            momentum: 0.99,
            epsilon: 1e-3,
        }
    }

    /// The share (0 to 1) of the moving figures that each training step keeps. With few steps take a smaller one, such as 0.9: after
    /// 100 steps at 0.99 the moving figures are still a third of what they started at.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// What is added to the variance, so that a channel of equal numbers is not divided by 0.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }
}

impl Default for BatchNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for BatchNormalization {
    fn kind(&self) -> &'static str {
        "batch_normalization"
    }

    fn describe(&self) -> String {
        format!(
            "batch_normalization(momentum={}, epsilon={})",
            self.momentum, self.epsilon
        )
    }

    fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
        ensure!(
            (0.0..=1.0).contains(&self.momentum),
            "the momentum of the moving figures is {}, but it must be from 0 to 1 (0.99 is usual)",
            self.momentum
        );
        ensure!(
            self.epsilon > 0.0,
            "epsilon is {}, but it must be above 0: it keeps a channel of equal numbers from being divided by 0",
            self.epsilon
        );
        // Behind the batch axis: images have their channels first, everything else has its features last.
        let axis = match input_shape.len() {
            3 => 1,
            rank => rank,
        };
        let channels = *input_shape.get(axis - 1).context(
            "batch normalisation needs an input with at least one axis besides the batch",
        )?;
        let shape = [channels];
        Ok(Built {
            layer: Box::new(BuiltBatchNormalization {
                gamma: scope.variable("gamma", &shape, Initializer::Ones)?,
                beta: scope.variable("beta", &shape, Initializer::Zeros)?,
                mean: scope.not_trainable_variable("moving_mean", &shape, Initializer::Zeros)?,
                variance: scope.not_trainable_variable(
                    "moving_variance",
                    &shape,
                    Initializer::Ones,
                )?,
                settings: *self,
                axis,
            }),
            output_shape: input_shape.to_vec(),
        })
    }
}

struct BuiltBatchNormalization {
    gamma: Variable,
    beta: Variable,
    mean: Variable,
    variance: Variable,
    settings: BatchNormalization,
    axis: usize,
}

impl BuiltLayer for BuiltBatchNormalization {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        let (gamma, beta) = (self.gamma.tensor(), self.beta.tensor());
        let epsilon = self.settings.epsilon;
        if pass.training_seed().is_none() {
            let (mean, variance) = (self.mean.tensor(), self.variance.tensor());
            return ops::batch_norm_by(input, gamma, beta, mean, variance, epsilon, self.axis);
        }
        let batch = ops::batch_norm(input, gamma, beta, epsilon, self.axis)?;
        self.follow(&batch.mean, &batch.variance)?;
        Ok(batch.output)
    }
}

impl BuiltBatchNormalization {
    /// Moves the moving figures towards those of a batch. One that is not a number is left out: the loss is not a number either then,
    /// training stops, and the model must stay as good as it was.
    fn follow(&self, mean: &Tensor, variance: &Tensor) -> Result<()> {
        let sum = (mean.sum_all()? + variance.sum_all()?)?.to_scalar::<f32>()?;
        if !sum.is_finite() {
            return Ok(());
        }
        let momentum = self.settings.momentum;
        for (moving, of_batch) in [(&self.mean, mean), (&self.variance, variance)] {
            let kept = (moving.tensor().detach() * momentum)?;
            moving
                .var()
                .set(&(kept + (of_batch * (1.0 - momentum))?)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    /// The numbers of `reference/batch_norm.py`, `(4, 2)`.
    fn batch(seed: f64) -> Tensor {
        let values: Vec<f32> = (0..8)
            .map(|i| ((0.7 * f64::from(i) + seed).sin() + 0.1 * f64::from(i % 5)) as f32)
            .collect();
        Tensor::from_vec(values, (4, 2), &Device::Cpu).unwrap()
    }

    fn assert_close(found: &Tensor, wanted: &[f32]) {
        let found: Vec<f32> = found.flatten_all().unwrap().to_vec1().unwrap();
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 2e-6, "{found} instead of {wanted}");
        }
    }

    #[test]
    fn moving_figures_and_outputs_are_those_of_keras() {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(&BatchNormalization::new(), &[2]).unwrap();
        let steps: [[f32; 4]; 3] = [
            [0.002_420_1, 0.001_294_9, 0.995_445_3, 0.996_409_7],
            [0.003_570_7, 0.001_591_0, 0.989_496_6, 0.991_099_6],
            [0.003_993_2, 0.001_993_1, 0.982_175_2, 0.985_591_5],
        ];
        let mut output = None;
        for (step, wanted) in steps.iter().enumerate() {
            let pass = Pass::training(Seed(9));
            output = Some(
                built
                    .layer
                    .forward(&batch(0.5 + step as f64), &pass)
                    .unwrap(),
            );
            let moving = Tensor::cat(
                &[scope.variables()[2].tensor(), scope.variables()[3].tensor()],
                0,
            );
            assert_close(&moving.unwrap(), wanted);
        }
        assert_close(
            &output.unwrap(),
            &[
                1.087_284, -0.000_272, -1.049_782, -1.107_176, -0.940_593, -0.483_55, 0.903_091,
                1.590_999,
            ],
        );
        assert_close(
            &built
                .layer
                .forward(&batch(2.5), &Pass::inference())
                .unwrap(),
            &[
                0.599_544, 0.039_901, -0.495_949, -0.700_396, -0.439_978, -0.283_314, 0.505_124,
                1.104_142,
            ],
        );
    }

    #[test]
    fn features_sequences_and_images_have_their_channels_where_they_belong() {
        for (shape, channels) in [
            (vec![7], 7),
            (vec![5, 3], 3),
            (vec![4, 6, 6], 4),
            (vec![2, 2, 2, 9], 9),
        ] {
            let mut scope = Scope::new(Seed(1), &Device::Cpu);
            let built = scope.build(&BatchNormalization::new(), &shape).unwrap();
            assert_eq!(built.output_shape, shape);
            let names: Vec<(&str, usize, bool)> = scope
                .variables()
                .iter()
                .map(|v| (v.name(), v.parameters(), v.is_trainable()))
                .collect();
            assert_eq!(
                names,
                [
                    ("batch_normalization/gamma", channels, true),
                    ("batch_normalization/beta", channels, true),
                    ("batch_normalization/moving_mean", channels, false),
                    ("batch_normalization/moving_variance", channels, false),
                ]
            );
            let whole: Vec<usize> = [vec![3], shape].concat();
            let x = Initializer::Normal(2.0)
                .tensor(&whole, Seed(2), &Device::Cpu)
                .unwrap();
            let y = built.layer.forward(&x, &Pass::training(Seed(1))).unwrap();
            assert_eq!(y.dims(), whole);
            let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            for variable in scope.variables().iter().filter(|v| v.is_trainable()) {
                assert!(
                    gradients.get(variable.var()).is_some(),
                    "{}",
                    variable.name()
                );
            }
        }
    }

    fn net() -> Sequential {
        Sequential::new()
            .add(Dense::new(8))
            .add(BatchNormalization::new().momentum(0.8))
            .add(Dense::new(1).sigmoid())
    }

    fn compiled(seed: u64) -> Model {
        let mut model = net().build(2, Seed(seed), &Device::Cpu).unwrap();
        model.compile(Adam::new(0.05), BinaryCrossEntropy, [Accuracy]);
        model
    }

    fn quietly(epochs: usize) -> Fit<'static> {
        Fit {
            epochs,
            progress: Progress::Silent,
            ..Fit::default()
        }
    }

    #[test]
    fn a_net_learns_with_it_and_is_saved_with_its_moving_figures() {
        let data = crate::data::two_moons(200, 0.1, Seed(5)).unwrap();
        let mut model = compiled(1);
        let start = model.evaluate(&data).unwrap().loss();
        model.fit(&data, quietly(20)).unwrap();
        let trained = model.evaluate(&data).unwrap();
        assert!(
            trained.loss() < start / 2.0,
            "from {start} to {}",
            trained.loss()
        );

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        model.save(&path).unwrap();
        let mut other = compiled(2);
        other.load(&path).unwrap();
        assert_eq!(other.evaluate(&data).unwrap(), trained);
    }

    #[test]
    fn a_batch_of_one_number_gives_no_nan() {
        let mut model = Sequential::new()
            .add(BatchNormalization::new())
            .add(Dense::new(1))
            .build(1, Seed(1), &Device::Cpu)
            .unwrap();
        model.compile(Sgd::new(0.1), MeanSquaredError, ());
        let one = Tensor::new(&[[3.0f32]], &Device::Cpu).unwrap();
        let data = Dataset::new(one.clone(), one.clone()).unwrap();
        let history = model.fit(&data, quietly(3)).unwrap();
        assert!(history.last("loss").unwrap().is_finite());
        for variable in model.variables() {
            let values = variable
                .tensor()
                .flatten_all()
                .unwrap()
                .to_vec1::<f32>()
                .unwrap();
            assert!(values.iter().all(|v| v.is_finite()), "{}", variable.name());
        }
    }

    #[test]
    fn a_batch_that_is_not_a_number_leaves_the_moving_figures_alone() {
        let mut model = compiled(1);
        let figures = |model: &Model| -> Vec<f32> {
            let of = |name: &str| {
                model
                    .variable(name)
                    .unwrap()
                    .tensor()
                    .to_vec1::<f32>()
                    .unwrap()
            };
            [
                of("batch_normalization/moving_mean"),
                of("batch_normalization/moving_variance"),
            ]
            .concat()
        };
        let before = figures(&model);
        let inputs = Tensor::new(&[[f32::NAN, 0.0]], &Device::Cpu).unwrap();
        let targets = Tensor::ones((1, 1), DType::F32, &Device::Cpu).unwrap();
        let data = Dataset::new(inputs, targets).unwrap();
        assert!(model.fit(&data, quietly(1)).is_err());
        assert_eq!(figures(&model), before);
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        let message = |layer: BatchNormalization, shape: &[usize]| {
            let error = Scope::new(Seed(1), &Device::Cpu).build(&layer, shape).err();
            error.map(|error| format!("{error:#}")).unwrap()
        };
        let new = BatchNormalization::new();
        assert!(message(new.momentum(1.5), &[2]).contains("1.5"));
        assert!(message(new.epsilon(0.0), &[2]).contains("above 0"));
        assert!(message(new, &[]).contains("at least one axis"));
    }
}
