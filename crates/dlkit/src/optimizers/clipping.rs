//! Gradient clipping: no step may be larger than it should, however steep the loss is.
//!
//! Behind a long row of steps, as in a recurrent net, a gradient can suddenly be a thousand times larger than usual; one such step
//! throws away what was learned. Clipping makes such a gradient smaller before the optimiser sees it.
//!
//! ```text
//! Value(c)        each number g becomes min(max(g, −c), c)                        Keras: clipvalue
//! Norm(c)         the gradient of each variable becomes g · min(1, c / ‖g‖)       Keras: clipnorm
//! GlobalNorm(c)   the same with the norm of all gradients together                Keras: global_clipnorm
//! ```
//!
//! The two norms keep the direction of what they shrink: one variable's gradient, or the whole. Source: Pascanu et al., *On the
//! difficulty of training recurrent neural networks* (2013); Keras `optimizers/base_optimizer.py`.
//!
//! A gradient that is NaN or infinite has no direction. Keras lets it pass, and every weight becomes NaN; here it is an error that
//! names the variable, and nothing is changed.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let w = Var::new(&[30.0f32, -40.0], &Device::Cpu)?;
//! let loss = (w.as_tensor().sqr()?.sum_all()? * 0.5)?; // its gradient is w, which has the norm 50
//! let mut optimizer = Clipped::new(Sgd::new(1.0), Clip::GlobalNorm(5.0));
//! optimizer.step(&[Variable::new("w", &w)], &loss.backward()?)?;
//! assert_eq!(w.to_vec1::<f32>()?, [27.0, -36.0]); // a step of length 5
//! # Ok(()) }
//! ```

use super::{Optimizer, Rule, trainable};
use crate::ops;
use crate::variable::Variable;
use anyhow::{Result, ensure};
use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, DType, Device, Storage, Tensor};

/// What is kept small, and how small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clip {
    /// Every single number of a gradient: between minus and plus this.
    Value(f64),
    /// The length of each variable's gradient.
    Norm(f64),
    /// The length of all gradients taken together as one long vector. Often 1.0.
    GlobalNorm(f64),
}

/// An optimiser that sees clipped gradients: any one, in a wrapper.
#[derive(Debug)]
pub struct Clipped<O> {
    optimizer: O,
    clip: Clip,
}

impl<O: Optimizer> Clipped<O> {
    /// Clips what this optimiser is given: `Clipped::new(Adam::new(1e-3), Clip::GlobalNorm(1.0))`.
    #[must_use]
    pub fn new(optimizer: O, clip: Clip) -> Self {
        Self { optimizer, clip }
    }
}

impl<O: Optimizer> Optimizer for Clipped<O> {
    fn name(&self) -> &'static str {
        self.optimizer.name()
    }

    fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.optimizer.set_learning_rate(learning_rate);
    }

    fn begin_step(&mut self) {
        self.optimizer.begin_step();
    }

    fn update(&mut self, position: usize, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        self.optimizer.update(position, weight, gradient)
    }

    fn rule(&mut self, position: usize, size: usize) -> Result<Option<Rule<'_>>> {
        self.optimizer.rule(position, size)
    }

    /// One step with clipped gradients.
    ///
    /// # Errors
    /// Those of the optimiser; and when a gradient has a number that is NaN or infinite, or the limit is not above 0. Nothing is
    /// changed then.
    fn step(&mut self, variables: &[Variable], gradients: &GradStore) -> Result<()> {
        self.optimizer
            .step(variables, &self.clip.apply(variables, gradients)?)
    }
}

impl Clip {
    /// The gradients of the trainable variables, clipped. One that is missing stays missing: the optimiser names it.
    fn apply(self, variables: &[Variable], gradients: &GradStore) -> Result<GradStore> {
        let (Self::Value(limit) | Self::Norm(limit) | Self::GlobalNorm(limit)) = self;
        ensure!(
            limit > 0.0,
            "gradients cannot be clipped to {limit}: the limit must be above 0, such as {:?}",
            Self::GlobalNorm(1.0)
        );
        let mut found = Vec::with_capacity(variables.len());
        // Always in the order of the variables, so that the sum has the same bits in every run.
        let mut total = 0.0;
        for variable in trainable(variables) {
            if let Some(gradient) = gradients.get(variable.var()) {
                let squares = sum_of_squares(gradient)?;
                ensure!(
                    squares.is_finite(),
                    "the gradient of {} has a number that is NaN or infinite, so clipping cannot say where to go; nothing was \
                     changed. Look for a division by zero, a root or logarithm at 0, or an overflow in the loss",
                    variable.name()
                );
                total += squares;
                found.push((variable, gradient, squares.sqrt()));
            }
        }
        let mut clipped = GradStore::default();
        for (variable, gradient, norm) in found {
            let gradient = match self {
                Self::Value(limit) => ops::bounds::clamp(gradient, -limit, limit)?,
                Self::Norm(limit) => shrunk(gradient, norm, limit)?,
                Self::GlobalNorm(limit) => shrunk(gradient, total.sqrt(), limit)?,
            };
            clipped.insert(variable.var(), gradient);
        }
        Ok(clipped)
    }
}

fn shrunk(gradient: &Tensor, norm: f64, limit: f64) -> Result<Tensor> {
    Ok(if norm > limit {
        (gradient * (limit / norm))?
    } else {
        gradient.clone()
    })
}

/// `Σ g²` in f64, so that no f32 gradient overflows.
fn sum_of_squares(gradient: &Tensor) -> Result<f64> {
    if !matches!(gradient.device(), Device::Cpu) {
        return Ok(f64::from(
            gradient
                .sqr()?
                .sum_all()?
                .to_dtype(DType::F32)?
                .to_scalar::<f32>()?,
        ));
    }
    let gradient = gradient.contiguous()?;
    {
        let (storage, layout) = gradient.storage_and_layout();
        if let (Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) =
            (&*storage, layout.contiguous_offsets())
        {
            return Ok(squares(&values[start..end]));
        }
    }
    Ok(gradient
        .to_dtype(DType::F64)?
        .sqr()?
        .sum_all()?
        .to_scalar::<f64>()?)
}

/// Sixteen sums side by side, which the compiler turns into vectors, in an order that depends on nothing but the length.
fn squares(values: &[f32]) -> f64 {
    let mut sums = [0.0f64; 16];
    let (rows, rest) = values.as_chunks::<16>();
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(*value) * f64::from(*value);
        }
    }
    let rest: f64 = rest.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    const GRADIENTS: [&[f32]; 2] = [&[0.3, -4.0, 2.0], &[0.05, -0.01]];

    /// One step of plain gradient descent with the rate 1 from weights of 0: minus the gradient that the optimiser saw.
    fn seen(clip: Clip, gradients: [&[f32]; 2]) -> Result<[Vec<f32>; 2]> {
        let mut variables = Vec::new();
        let mut store = GradStore::default();
        for (name, gradient) in ["a", "b"].iter().zip(gradients) {
            let var = Var::zeros(gradient.len(), DType::F32, &Device::Cpu)?;
            store.insert(&var, Tensor::new(gradient, &Device::Cpu)?);
            variables.push(Variable::new(*name, &var));
        }
        let result = Clipped::new(Sgd::new(1.0), clip).step(&variables, &store);
        let weights = |i: usize| -> Result<Vec<f32>> {
            let values: Vec<f32> = variables[i].tensor().to_vec1()?;
            Ok(values.into_iter().map(|w| -w).collect())
        };
        let weights = [weights(0)?, weights(1)?];
        if let Err(error) = result {
            assert_eq!(
                weights.concat(),
                vec![0.0; 5],
                "nothing may be changed by a step that fails"
            );
            return Err(error);
        }
        Ok(weights)
    }

    #[test]
    fn clips_as_keras_does() {
        // From reference/training_tools.py: keras.optimizers.SGD(1.0, clipvalue=1.5), then clipnorm=1.5, then global_clipnorm=1.5.
        let cases: [(Clip, [&[f32]; 2]); 3] = [
            (Clip::Value(1.5), [&[0.3, -1.5, 1.5], &[0.05, -0.01]]),
            (
                Clip::Norm(1.5),
                [&[0.100_397_42, -1.338_632_3, 0.669_316_2], &[0.05, -0.01]],
            ),
            (
                Clip::GlobalNorm(1.5),
                [
                    &[0.100_390_92, -1.338_545_6, 0.669_272_8],
                    &[0.016_731_82, -0.003_346_363_8],
                ],
            ),
        ];
        for (clip, wanted) in cases {
            let found = seen(clip, GRADIENTS).unwrap();
            for (found, wanted) in found.concat().iter().zip(wanted.concat()) {
                assert!(
                    (found - wanted).abs() < 1e-6,
                    "{clip:?}: {found} instead of {wanted}"
                );
            }
        }
    }

    #[test]
    fn a_gradient_below_the_limit_keeps_its_bits() {
        for clip in [Clip::Value(4.0), Clip::Norm(4.6), Clip::GlobalNorm(4.6)] {
            assert_eq!(
                seen(clip, GRADIENTS).unwrap(),
                GRADIENTS.map(<[f32]>::to_vec)
            );
        }
    }

    #[test]
    fn a_gradient_whose_square_overflows_is_clipped_all_the_same() {
        let found = seen(Clip::GlobalNorm(5.0), [&[3e30, -4e30, 0.0], &[0.0, 0.0]]).unwrap();
        for (found, wanted) in found[0].iter().zip([3.0f32, -4.0, 0.0]) {
            assert!((found - wanted).abs() < 1e-5, "{found}");
        }
    }

    #[test]
    fn a_gradient_that_is_not_a_number_is_named_and_nothing_is_changed() {
        for bad in [f32::NAN, f32::INFINITY] {
            for clip in [Clip::Value(1.0), Clip::Norm(1.0), Clip::GlobalNorm(1.0)] {
                let error = seen(clip, [&[1.0, 2.0, 3.0], &[bad, 0.0]]).unwrap_err();
                let message = error.to_string();
                assert!(
                    message.contains("gradient of b ") && message.contains("NaN"),
                    "{message}"
                );
            }
        }
    }

    #[test]
    fn a_limit_that_is_not_above_zero_is_refused() {
        for limit in [0.0, -1.0, f64::NAN] {
            let message = seen(Clip::Norm(limit), GRADIENTS).unwrap_err().to_string();
            assert!(message.contains("above 0"), "{message}");
        }
    }

    #[test]
    fn sums_every_length_and_every_stride() {
        for n in [1usize, 15, 16, 17, 1000] {
            let values: Vec<f32> = (0..2 * n).map(|i| (i as f32 * 0.37).sin()).collect();
            let t = Tensor::from_slice(&values, (n, 2), &Device::Cpu).unwrap();
            let column = t.narrow(1, 1, 1).unwrap();
            for t in [t, column] {
                let wanted: f64 = (t.flatten_all().unwrap().to_vec1::<f32>().unwrap().iter())
                    .map(|v| f64::from(*v).powi(2))
                    .sum();
                let found = sum_of_squares(&t).unwrap();
                assert!((found - wanted).abs() < 1e-12 * wanted.max(1.0), "{found}");
                let double = sum_of_squares(&t.to_dtype(DType::F64).unwrap()).unwrap();
                assert!((double - wanted).abs() < 1e-12 * wanted.max(1.0));
            }
        }
    }

    #[test]
    fn a_model_trains_with_it_and_a_missing_gradient_is_still_named() {
        let mut model = Sequential::new()
            .add(Dense::new(8).tanh())
            .add(Dense::new(1).sigmoid())
            .build(2, Seed(3), &Device::Cpu)
            .unwrap();
        let optimizer = Clipped::new(Adam::new(0.1), Clip::GlobalNorm(1.0));
        assert_eq!(optimizer.name(), "adam");
        model.compile(optimizer, BinaryCrossEntropy, [Accuracy]);
        let settings = Fit {
            epochs: 100,
            progress: Progress::Silent,
            ..Fit::default()
        };
        let data = crate::data::xor().unwrap();
        model.fit(&data, settings).unwrap();
        assert_eq!(model.evaluate(&data).unwrap().accuracy().unwrap(), 1.0);

        let w = Var::new(&[1.0f32], &Device::Cpu).unwrap();
        let error = Clipped::new(Sgd::default(), Clip::Value(1.0))
            .step(&[Variable::new("lost", &w)], &GradStore::default())
            .unwrap_err();
        assert!(error.to_string().contains("no gradient reaches lost"));
    }
}
