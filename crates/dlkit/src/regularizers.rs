//! Regularisers: a price on large weights.
//!
//! A net that fits noise needs large weights for it. A regulariser adds a penalty to the training loss that grows with the
//! weights of one variable, so that a weight stays large only where it pays:
//!
//! ```text
//! L1    λ Σ |w|      pulls each weight by λ towards 0: many become 0
//! L2    λ Σ w²       pulls each weight by 2 λ w: all become smaller, hardly any 0
//! L1L2  λ₁ Σ |w| + λ₂ Σ w²
//! ```
//!
//! Source: Keras `regularizers/regularizers.py`; note that its L2 has no ½. As in Keras the penalty is part of the loss that
//! `fit` and `evaluate` report, and variables that are not trainable pay nothing.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(Dense::new(16).relu().kernel_regularizer(Regularizer::L2(0.01)))
//!     .add(Dense::new(1))
//!     .build(4, Seed(42), &Device::Cpu)?;
//! // `fit` adds it to the loss; a training loop of your own does it with:
//! let penalty = model.penalty()?.context("no variable has a regulariser")?;
//! assert!(penalty.to_scalar::<f32>()? > 0.0);
//! # Ok(()) }
//! ```

use crate::variable::Variable;
use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

/// What a variable pays for the size of its weights. Keras's own λ is 0.01 for each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Regularizer {
    /// `λ Σ |w|`.
    L1(f64),
    /// `λ Σ w²`.
    L2(f64),
    /// `λ₁ Σ |w| + λ₂ Σ w²`.
    L1L2(f64, f64),
}

impl Regularizer {
    /// The penalty for weights of any shape: a scalar joined to their graph.
    ///
    /// ```
    /// # fn main() -> dlkit::Result<()> {
    /// use dlkit::prelude::*;
    ///
    /// let w = Tensor::new(&[3.0f32, -4.0], &Device::Cpu)?;
    /// assert_eq!(Regularizer::L1(0.5).penalty(&w)?.to_scalar::<f32>()?, 3.5);
    /// assert_eq!(Regularizer::L2(0.5).penalty(&w)?.to_scalar::<f32>()?, 12.5);
    /// # Ok(()) }
    /// ```
    pub fn penalty(self, weights: &Tensor) -> Result<Tensor> {
        // Candle's `abs` has the slope +1 at 0; a weight of exactly 0 must stay there.
        let absolute = |w: &Tensor| (w * w.detach().sign()?)?.sum_all();
        Ok(match self {
            Self::L1(l1) => (absolute(weights)? * l1)?,
            Self::L2(l2) => (weights.sqr()?.sum_all()? * l2)?,
            Self::L1L2(l1, l2) => ((absolute(weights)? * l1)? + (weights.sqr()?.sum_all()? * l2)?)?,
        })
    }

    /// Its name with its settings, such as `l2(0.01)`.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::L1(l1) => format!("l1({l1})"),
            Self::L2(l2) => format!("l2({l2})"),
            Self::L1L2(l1, l2) => format!("l1l2({l1}, {l2})"),
        }
    }

    /// Refuses a factor that would reward large weights, or that is not a number.
    pub(crate) fn check(self) -> Result<()> {
        let (l1, l2) = match self {
            Self::L1(l1) => (l1, 0.0),
            Self::L2(l2) => (0.0, l2),
            Self::L1L2(l1, l2) => (l1, l2),
        };
        for factor in [l1, l2] {
            ensure!(
                factor >= 0.0 && factor.is_finite(),
                "the factor of the regulariser {} is {factor}, but it must be 0 or more (0.01 is Keras's): a negative one would \
                 reward large weights",
                self.describe()
            );
        }
        Ok(())
    }
}

/// What the trainable variables pay together, a scalar joined to their graph; `None` when none of them has a regulariser.
///
/// # Errors
/// When the variables are on several devices or of several dtypes.
pub fn penalty(variables: &[Variable]) -> Result<Option<Tensor>> {
    let mut total: Option<Tensor> = None;
    for variable in variables.iter().filter(|variable| variable.is_trainable()) {
        if let Some(regularizer) = variable.regularizer() {
            let own = regularizer
                .penalty(variable.tensor())
                .with_context(|| format!("the penalty of {} is not known", variable.name()))?;
            total = Some(match total {
                Some(sum) => (sum + own)?,
                None => own,
            });
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::finite_differences::assert_gradient;
    use crate::prelude::*;

    const ALL: [Regularizer; 3] = [
        Regularizer::L1(0.3),
        Regularizer::L2(0.7),
        Regularizer::L1L2(0.2, 0.5),
    ];

    fn value(tensor: &Tensor) -> f64 {
        f64::from(tensor.to_scalar::<f32>().unwrap())
    }

    #[test]
    fn penalties_are_those_of_keras() {
        // keras.regularizers.L1(0.3)(w), L2(0.7)(w), L1L2(0.2, 0.5)(w) from reference/training_tools.py.
        let w = Tensor::new(&[[1.0f32, -2.0], [0.5, 0.0], [3.0, -0.25]], &Device::Cpu).unwrap();
        for (regularizer, wanted) in ALL.into_iter().zip([2.025, 10.01875, 8.50625]) {
            let found = value(&regularizer.penalty(&w).unwrap());
            assert!(
                (found - wanted).abs() < 1e-5,
                "{regularizer:?}: {found} instead of {wanted}"
            );
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let point = [0.5, -1.5, 2.0, -0.25, 3.0, -4.0];
        for regularizer in ALL {
            assert_gradient(&regularizer.describe(), &point, &[2, 3], |w| {
                regularizer.penalty(w)
            });
        }
    }

    #[test]
    fn a_weight_of_zero_is_not_moved() {
        for regularizer in ALL {
            let w = Var::new(&[0.0f32, 1.0], &Device::Cpu).unwrap();
            let gradients = regularizer.penalty(w.as_tensor()).unwrap().backward();
            let gradient = gradients.unwrap().get(&w).unwrap().to_vec1::<f32>();
            assert_eq!(gradient.unwrap()[0], 0.0, "{regularizer:?}");
        }
    }

    fn model(regularizer: Regularizer) -> Model {
        let mut model = Sequential::new()
            .add(
                Dense::new(3)
                    .tanh()
                    .kernel_regularizer(regularizer)
                    .bias_regularizer(regularizer)
                    .bias_initializer(Initializer::Constant(0.5)),
            )
            .add(Dense::new(1).sigmoid())
            .build(2, Seed(1), &Device::Cpu)
            .unwrap();
        model.compile(Sgd::new(0.0), BinaryCrossEntropy, ());
        model
    }

    #[test]
    fn training_and_evaluation_report_the_loss_with_the_penalty() {
        let data = crate::data::xor().unwrap();
        let plain = model(Regularizer::L2(0.0)).evaluate(&data).unwrap().loss();
        for regularizer in ALL {
            let mut model = model(regularizer);
            let penalty = value(&model.penalty().unwrap().unwrap());
            assert!(penalty > 0.1, "{penalty}");
            let settings = Fit {
                progress: Progress::Silent,
                ..Fit::default()
            };
            // The learning rate is 0, so that both see the same weights.
            let trained = model.fit(&data, settings).unwrap().last("loss").unwrap();
            let measured = model.evaluate(&data).unwrap().loss();
            for found in [trained, measured] {
                assert!(
                    (found - plain - penalty).abs() < 1e-6,
                    "{found} instead of {plain} + {penalty}"
                );
            }
        }
    }

    #[test]
    fn training_follows_the_gradient_of_the_penalty_too() {
        // With a loss that does not ask for anything (the targets are the outputs), L2 alone shrinks w by 1 − 2 η λ each step.
        let mut model = Sequential::new()
            .add(
                Dense::new(1)
                    .without_bias()
                    .kernel_initializer(Initializer::Ones)
                    .kernel_regularizer(Regularizer::L2(0.1)),
            )
            .build(1, Seed(1), &Device::Cpu)
            .unwrap();
        model.compile(Sgd::new(0.5), MeanSquaredError, ());
        let zeros = Tensor::zeros((4, 1), DType::F32, &Device::Cpu).unwrap();
        let data = Dataset::new(zeros.clone(), zeros).unwrap();
        let settings = Fit {
            epochs: 3,
            progress: Progress::Silent,
            ..Fit::default()
        };
        model.fit(&data, settings).unwrap();
        let kernel = model.variable("dense/kernel").unwrap().tensor();
        let w = f64::from(kernel.to_vec2::<f32>().unwrap()[0][0]);
        assert!((w - 0.9f64.powi(3)).abs() < 1e-6, "{w}");
    }

    #[test]
    fn who_has_no_regulariser_or_is_not_trained_pays_nothing() {
        let w = Var::new(&[1.0f32], &Device::Cpu).unwrap();
        let free = Variable::new("free", &w);
        assert!(penalty(std::slice::from_ref(&free)).unwrap().is_none());
        let fixed = Variable::not_trainable("fixed", &w).regularized(Regularizer::L2(1.0));
        assert!(penalty(&[free, fixed]).unwrap().is_none());
    }

    #[test]
    fn a_negative_factor_is_refused() {
        let layer = Dense::new(1).kernel_regularizer(Regularizer::L1L2(0.1, -0.5));
        let message = Sequential::new()
            .add(layer)
            .build(2, Seed(1), &Device::Cpu)
            .err()
            .map(|error| format!("{error:#}"))
            .unwrap();
        assert!(
            message.contains("-0.5") && message.contains("l1l2"),
            "{message}"
        );
    }
}
