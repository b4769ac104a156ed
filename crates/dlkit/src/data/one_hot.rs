//! Class numbers written as rows with a single one.

use crate::Result;
use anyhow::{Context, ensure};
use candle_core::{DType, Tensor};

/// Turns labels `(n,)`, whole numbers below `classes`, into rows `(n, classes)` of f32: 1 at the label, 0 elsewhere.
///
/// Keras calls it `to_categorical`.
///
/// ```
/// # use candle_core::{Device, Tensor};
/// # fn main() -> dlkit::Result<()> {
/// let labels = Tensor::new(&[2u32, 0], &Device::Cpu)?;
/// let rows = dlkit::data::one_hot(&labels, 3)?;
/// assert_eq!(rows.to_vec2::<f32>()?, [[0., 0., 1.], [1., 0., 0.]]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the labels are not a vector of integers, or one of them names no class.
pub fn one_hot(labels: &Tensor, classes: usize) -> Result<Tensor> {
    ensure!(
        labels.rank() == 1,
        "one_hot wants labels of the shape (n,), but these have the shape {:?}",
        labels.dims()
    );
    ensure!(
        labels.dtype().is_int(),
        "one_hot wants labels that are whole numbers (u8, u32 or i64), but these are {:?}",
        labels.dtype()
    );
    let numbers = labels.to_dtype(DType::I64)?.to_vec1::<i64>()?;
    let mut rows = vec![0f32; numbers.len() * classes];
    for (i, &label) in numbers.iter().enumerate() {
        let class = usize::try_from(label)
            .ok()
            .filter(|&class| class < classes)
            .with_context(|| {
                format!(
                    "label {i} is {label}, but with {classes} classes a label lies in 0..{classes}"
                )
            })?;
        rows[i * classes + class] = 1.;
    }
    Ok(Tensor::from_vec(
        rows,
        (numbers.len(), classes),
        labels.device(),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn each_row_has_its_one_at_the_label() {
        let labels = Tensor::new(&[1u8, 3, 0], &Device::Cpu).unwrap();
        let rows = one_hot(&labels, 4).unwrap();
        assert_eq!(rows.dtype(), DType::F32);
        let back = rows.argmax(1).unwrap().to_vec1::<u32>().unwrap();
        assert_eq!(back, [1, 3, 0]);
        assert_eq!(rows.sum_all().unwrap().to_scalar::<f32>().unwrap(), 3.);
    }

    #[test]
    fn refuses_a_label_outside_the_classes() {
        let labels = Tensor::new(&[0u32, 3], &Device::Cpu).unwrap();
        let message = one_hot(&labels, 3).unwrap_err().to_string();
        assert!(message.contains("label 1 is 3"), "{message}");
        let negative = Tensor::new(&[-1i64], &Device::Cpu).unwrap();
        assert!(one_hot(&negative, 3).is_err());
    }

    #[test]
    fn refuses_fractions_and_matrices() {
        let device = &Device::Cpu;
        assert!(one_hot(&Tensor::new(&[0.5f32], device).unwrap(), 3).is_err());
        assert!(one_hot(&Tensor::new(&[[1u32]], device).unwrap(), 3).is_err());
    }
}
