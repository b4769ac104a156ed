//! Brings features to a common scale: how is learned from the training data alone.
//!
//! A scaler is fitted once, on what the net may see, and then used on everything. Fitted on the test set as well it would tell
//! the net about data that are supposed to be unknown, and the test would flatter.
//!
//! Inputs are `(n, …, features)`; statistics are taken over all but the last dimension, one for each feature.
//!
//! ```
//! use candle_core::{Device, Tensor};
//! use dlkit::data::StandardScaler;
//!
//! # fn main() -> dlkit::Result<()> {
//! let train = Tensor::new(&[[1f32, 100.], [3., 300.]], &Device::Cpu)?;
//! let test = Tensor::new(&[[2f32, 400.]], &Device::Cpu)?;
//! let scaler = StandardScaler::fit(&train)?;
//! assert_eq!(scaler.transform(&train)?.to_vec2::<f32>()?, [[-1., -1.], [1., 1.]]);
//! assert_eq!(scaler.transform(&test)?.to_vec2::<f32>()?, [[0., 2.]]); // with the training data's mean and deviation
//! # Ok(())
//! # }
//! ```

use crate::Result;
use anyhow::ensure;
use candle_core::{D, Tensor};

/// `(x − mean) / std` for each feature. Where a feature never varies the division is left out: it becomes 0, not NaN.
///
/// The deviation is that of the data at hand (divided by `n`, not `n − 1`), as in scikit-learn and NumPy.
#[derive(Clone, Debug)]
pub struct StandardScaler {
    mean: Tensor,
    std: Tensor,
}

impl StandardScaler {
    /// Learns mean and standard deviation of each feature of `inputs` `(n, …, features)`, floating point.
    ///
    /// # Errors
    /// When there is no sample, no dimension of features, or a type that is not floating point.
    pub fn fit(inputs: &Tensor) -> Result<Self> {
        let rows = rows(inputs)?;
        let mean = rows.mean(0)?;
        let variance = rows.broadcast_sub(&mean)?.sqr()?.mean(0)?;
        Ok(Self {
            std: one_where_zero(&variance.sqrt()?)?,
            mean,
        })
    }

    /// The mean of each feature, `(features,)`.
    #[must_use]
    pub fn mean(&self) -> &Tensor {
        &self.mean
    }

    /// What each feature is divided by, `(features,)`: its standard deviation, or 1 where that is 0.
    #[must_use]
    pub fn std(&self) -> &Tensor {
        &self.std
    }

    /// Scales inputs `(…, features)`.
    ///
    /// # Errors
    /// When the last dimension is not the one that was fitted.
    pub fn transform(&self, inputs: &Tensor) -> Result<Tensor> {
        same_features(inputs, &self.mean)?;
        Ok(inputs.broadcast_sub(&self.mean)?.broadcast_div(&self.std)?)
    }

    /// Undoes [`transform`](Self::transform): predictions in the units of the data.
    ///
    /// # Errors
    /// As [`transform`](Self::transform).
    pub fn inverse_transform(&self, scaled: &Tensor) -> Result<Tensor> {
        same_features(scaled, &self.mean)?;
        Ok(scaled.broadcast_mul(&self.std)?.broadcast_add(&self.mean)?)
    }
}

/// `(x − min) / (max − min)` for each feature: from 0 to 1 on the training data, and beyond for what lies outside of those.
/// Where a feature never varies the division is left out: it becomes 0, not NaN.
#[derive(Clone, Debug)]
pub struct MinMaxScaler {
    min: Tensor,
    range: Tensor,
}

impl MinMaxScaler {
    /// Learns least and greatest value of each feature of `inputs` `(n, …, features)`, floating point.
    ///
    /// # Errors
    /// As [`StandardScaler::fit`].
    pub fn fit(inputs: &Tensor) -> Result<Self> {
        let rows = rows(inputs)?;
        let min = rows.min(0)?;
        let range = (rows.max(0)? - &min)?;
        Ok(Self {
            range: one_where_zero(&range)?,
            min,
        })
    }

    /// The least value of each feature, `(features,)`.
    #[must_use]
    pub fn min(&self) -> &Tensor {
        &self.min
    }

    /// What each feature is divided by, `(features,)`: greatest less least value, or 1 where that is 0.
    #[must_use]
    pub fn range(&self) -> &Tensor {
        &self.range
    }

    /// Scales inputs `(…, features)`.
    ///
    /// # Errors
    /// When the last dimension is not the one that was fitted.
    pub fn transform(&self, inputs: &Tensor) -> Result<Tensor> {
        same_features(inputs, &self.min)?;
        Ok(inputs
            .broadcast_sub(&self.min)?
            .broadcast_div(&self.range)?)
    }

    /// Undoes [`transform`](Self::transform).
    ///
    /// # Errors
    /// As [`transform`](Self::transform).
    pub fn inverse_transform(&self, scaled: &Tensor) -> Result<Tensor> {
        same_features(scaled, &self.min)?;
        Ok(scaled
            .broadcast_mul(&self.range)?
            .broadcast_add(&self.min)?)
    }
}

/// All samples as rows of features.
fn rows(inputs: &Tensor) -> Result<Tensor> {
    ensure!(
        inputs.rank() >= 2 && inputs.elem_count() > 0,
        "a scaler is fitted on samples of the shape (n, …, features), at least one of them, but these have the shape {:?}",
        inputs.dims()
    );
    ensure!(
        inputs.dtype().is_float(),
        "a scaler is fitted on floating-point values, but these are {:?}; convert them with `.to_dtype(DType::F32)?`",
        inputs.dtype()
    );
    let features = inputs.dim(D::Minus1)?;
    Ok(inputs.reshape(((), features))?)
}

fn one_where_zero(divisor: &Tensor) -> Result<Tensor> {
    let ones = divisor.ones_like()?;
    Ok(divisor.eq(0.)?.where_cond(&ones, divisor)?)
}

fn same_features(inputs: &Tensor, fitted: &Tensor) -> Result<()> {
    let features = fitted.dim(0)?;
    ensure!(
        inputs.dims().last() == Some(&features),
        "this scaler was fitted on {features} features, but the inputs have the shape {:?}: the last dimension must be the same",
        inputs.dims()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    /// A feature around 10, one that is always 5, one from −1 to 1.
    fn train() -> Tensor {
        Tensor::new(
            &[[8f64, 5., -1.], [10., 5., 0.5], [12., 5., 1.]],
            &Device::Cpu,
        )
        .unwrap()
    }

    fn close(a: &Tensor, b: &Tensor) {
        let difference = (a - b).unwrap().abs().unwrap().max_all().unwrap();
        assert!(difference.to_scalar::<f64>().unwrap() < 1e-12, "{a} {b}");
    }

    #[test]
    fn each_feature_gets_mean_0_and_deviation_1() {
        let scaled = StandardScaler::fit(&train())
            .unwrap()
            .transform(&train())
            .unwrap();
        let mean = scaled.mean(0).unwrap();
        close(&mean, &mean.zeros_like().unwrap());
        let variance = scaled.sqr().unwrap().mean(0).unwrap();
        close(
            &variance,
            &Tensor::new(&[1., 0., 1.], &Device::Cpu).unwrap(),
        );
    }

    #[test]
    fn each_feature_runs_from_0_to_1() {
        let scaled = MinMaxScaler::fit(&train())
            .unwrap()
            .transform(&train())
            .unwrap();
        close(
            &scaled.min(0).unwrap(),
            &Tensor::zeros(3, scaled.dtype(), &Device::Cpu).unwrap(),
        );
        close(
            &scaled.max(0).unwrap(),
            &Tensor::new(&[1., 0., 1.], &Device::Cpu).unwrap(),
        );
    }

    #[test]
    fn other_data_are_scaled_by_what_the_training_data_taught() {
        let test = Tensor::new(&[[14., 6., 3.]], &Device::Cpu).unwrap();
        let scaled = MinMaxScaler::fit(&train())
            .unwrap()
            .transform(&test)
            .unwrap();
        close(
            &scaled,
            &Tensor::new(&[[1.5, 1., 2.]], &Device::Cpu).unwrap(),
        );
    }

    #[test]
    fn inverse_transform_undoes_transform() {
        let test = Tensor::new(&[[14., 6., 3.], [-1., 5., 0.]], &Device::Cpu).unwrap();
        let standard = StandardScaler::fit(&train()).unwrap();
        close(
            &standard
                .inverse_transform(&standard.transform(&test).unwrap())
                .unwrap(),
            &test,
        );
        let min_max = MinMaxScaler::fit(&train()).unwrap();
        close(
            &min_max
                .inverse_transform(&min_max.transform(&test).unwrap())
                .unwrap(),
            &test,
        );
    }

    #[test]
    fn windows_of_a_series_share_the_statistics_of_their_features() {
        let windows = train().reshape((1, 3, 3)).unwrap();
        let scaler = StandardScaler::fit(&windows).unwrap();
        close(scaler.mean(), StandardScaler::fit(&train()).unwrap().mean());
        assert_eq!(scaler.transform(&windows).unwrap().dims(), [1, 3, 3]);
    }

    #[test]
    fn refuses_other_features_integers_and_nothing() {
        let scaler = StandardScaler::fit(&train()).unwrap();
        let narrow = train().narrow(1, 0, 2).unwrap();
        assert!(
            scaler
                .transform(&narrow)
                .unwrap_err()
                .to_string()
                .contains("3 features")
        );
        assert!(StandardScaler::fit(&Tensor::new(&[[1u32]], &Device::Cpu).unwrap()).is_err());
        assert!(MinMaxScaler::fit(&Tensor::new(&[1f32], &Device::Cpu).unwrap()).is_err());
        assert!(MinMaxScaler::fit(&narrow.narrow(0, 0, 0).unwrap()).is_err());
    }
}
