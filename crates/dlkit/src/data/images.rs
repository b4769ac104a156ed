//! Sets of small grey images with a class each, and where they came from.
//!
//! ```
//! use dlkit::data::Digits;
//! use dlkit::seed::Seed;
//!
//! # fn main() -> dlkit::Result<()> {
//! let images = Digits::generate(1000, 200, Seed(1))?;
//! let train = images.train_dataset()?; // inputs (1000, 28, 28) f32 from 0 to 1, targets (1000,) u32
//! assert_eq!(train.inputs().dims(), [1000, 28, 28]);
//! println!("{}", images.source); // Digits, the embedded stand-in for MNIST (1,000 + 200)
//! # Ok(())
//! # }
//! ```

use super::{Dataset, Source};
use crate::Result;
use anyhow::ensure;
use candle_core::{DType, Device, Tensor};

/// The ten digits, by class number.
pub const DIGIT_NAMES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// The ten kinds of clothing of Fashion-MNIST, by class number.
pub const FASHION_NAMES: [&str; 10] = [
    "T-shirt",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Images to train on and images to test on. The tensors lie on the CPU.
#[derive(Clone, Debug)]
pub struct Images {
    /// `(n, 28, 28)` u8, 0 is black and 255 white.
    pub train_images: Tensor,
    /// `(n,)` u32, the class of each training image.
    pub train_labels: Tensor,
    /// `(m, 28, 28)` u8. Look at them only once the net is trained.
    pub test_images: Tensor,
    /// `(m,)` u32.
    pub test_labels: Tensor,
    /// Where they came from; print it, so that a figure is never taken for one on other data.
    pub source: Source,
    /// What each class is called.
    pub class_names: [&'static str; 10],
}

impl Images {
    /// The training images as f32 from 0 to 1, `(n, 28, 28)`, with their labels `(n,)` u32.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn train_dataset(&self) -> Result<Dataset> {
        Dataset::new(scaled(&self.train_images)?, self.train_labels.clone())
    }

    /// The test images as f32 from 0 to 1, `(m, 28, 28)`, with their labels `(m,)` u32.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn test_dataset(&self) -> Result<Dataset> {
        Dataset::new(scaled(&self.test_images)?, self.test_labels.clone())
    }

    /// The same images on another device.
    ///
    /// # Errors
    /// When the device has no room for them.
    pub fn to_device(&self, device: &Device) -> Result<Self> {
        Ok(Self {
            train_images: self.train_images.to_device(device)?,
            train_labels: self.train_labels.to_device(device)?,
            test_images: self.test_images.to_device(device)?,
            test_labels: self.test_labels.to_device(device)?,
            source: self.source.clone(),
            class_names: self.class_names,
        })
    }

    /// How many training images each class has.
    ///
    /// # Errors
    /// When a label names no class.
    pub fn train_class_counts(&self) -> Result<[usize; 10]> {
        class_counts(&self.train_labels)
    }

    /// How many test images each class has.
    ///
    /// # Errors
    /// When a label names no class.
    pub fn test_class_counts(&self) -> Result<[usize; 10]> {
        class_counts(&self.test_labels)
    }
}

fn scaled(images: &Tensor) -> Result<Tensor> {
    Ok((images.to_dtype(DType::F32)? / 255.)?)
}

fn class_counts(labels: &Tensor) -> Result<[usize; 10]> {
    let mut counts = [0; 10];
    for (i, label) in labels.to_vec1::<u32>()?.into_iter().enumerate() {
        ensure!(
            label < 10,
            "label {i} is {label}, but there are only the classes 0 to 9"
        );
        counts[label as usize] += 1;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Digits;
    use crate::seed::Seed;

    #[test]
    fn scales_bytes_to_the_range_from_0_to_1() {
        let images = Digits::generate(20, 10, Seed(5)).unwrap();
        let data = images.train_dataset().unwrap();
        assert_eq!(data.inputs().dtype(), DType::F32);
        let bytes: Vec<u8> = images
            .train_images
            .flatten_all()
            .unwrap()
            .to_vec1()
            .unwrap();
        let floats: Vec<f32> = data.inputs().flatten_all().unwrap().to_vec1().unwrap();
        for (byte, float) in bytes.iter().zip(floats) {
            assert!((float * 255. - f32::from(*byte)).abs() < 1e-3);
        }
    }
}
