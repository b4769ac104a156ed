//! Step 1 — Tensors: rank, shape and dtype; building one, cutting a piece out of one, turning its axes.
//!
//! Everything a net reads, holds and answers is a tensor: a block of numbers of one type. A layer is nothing but an operation
//! that takes tensors and gives a tensor.
//!
//! | data | shape | rank |
//! |---|---|---|
//! | one number: a loss | `()` | 0, a scalar |
//! | the labels of 128 images | `(128,)` | 1, a vector |
//! | 10,000 people with age, postcode and income | `(10000, 3)` | 2, a matrix |
//! | 10,000 tweets of 280 characters out of 128 | `(10000, 280, 128)` | 3 |
//! | 128 colour photographs of 256 × 256 pixels | `(128, 256, 256, 3)` | 4 |
//!
//! The first axis counts the samples, always.

use candle_core::{DType, Device, Tensor};
use dlkit::Result;

/// The three things that one must know of a tensor before its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// How many axes it has: 0 for a scalar, 1 for a vector, 2 for a matrix.
    pub rank: usize,
    /// How many entries lie along each axis.
    pub shape: Vec<usize>,
    /// The type of every one of its numbers, such as `DType::U8` or `DType::F32`.
    pub dtype: DType,
}

/// Says the rank, the shape and the dtype of `tensor`.
///
/// The digits of a data file, shape `(60000, 28, 28)` with one byte for a pixel: rank 3, dtype `U8`.
pub fn describe(tensor: &Tensor) -> Description {
    todo!("Ask the tensor for its rank, its shape (as a Vec) and its dtype.")
}

/// How many bytes of memory a tensor of this shape and dtype fills: the number of its entries × the bytes of one entry.
///
/// A scalar has one entry. One MNIST image `(28, 28)` has 784: 784 bytes as `U8`, 3,136 as `F32`.
pub fn bytes(shape: &[usize], dtype: DType) -> usize {
    todo!("Multiply the lengths of all axes; then multiply by the size of one entry of this dtype.")
}

/// Builds the batch `(n, height, width)`, dtype `U8`, from `n` pictures, each a row of `height · width` pixels.
///
/// The pixels of a picture run as one reads: the top row from left to right, then the next row.
/// The pictures `[1, 2, 3, 4, 5, 6]` and `[7, 8, 9, 10, 11, 12]`, 2 high and 3 wide, give
/// `[[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]`.
///
/// # Errors
/// When the pictures do not hold `n · height · width` pixels together.
pub fn batch_of(pictures: &[Vec<u8>], height: usize, width: usize) -> Result<Tensor> {
    todo!(
        "Put all pixels in one row, picture after picture, and make a tensor of three axes from \
         it."
    )
}

/// Cuts the bottom right quarter out of every image: `(n, h, w)` to `(n, h / 2, w / 2)`, for even `h` and `w`.
///
/// In Python this is `images[:, h // 2:, w // 2:]`. From the image `[[1, 2], [3, 4]]` the 4 remains, as `[[4]]`.
///
/// # Errors
/// When `images` does not have three axes.
pub fn bottom_right(images: &Tensor) -> Result<Tensor> {
    todo!("All images; of each the rows from h / 2 on and the columns from w / 2 on.")
}

/// Turns images as Keras keeps them, `(n, height, width, channels)`, into images as Candle wants them,
/// `(n, channels, height, width)`.
///
/// Every value keeps its image, its row, its column and its channel; only the order of the axes changes. What stood at
/// `[i, y, x, c]` stands at `[i, c, y, x]`. MNIST is `(128, 28, 28, 1)` there and `(128, 1, 28, 28)` here, for 128 images.
///
/// # Errors
/// When `images` does not have four axes.
pub fn channels_first(images: &Tensor) -> Result<Tensor> {
    todo!(
        "Bring the last axis to the second place by exchanging axes, not by cutting the same row \
         of numbers in another way."
    )
}
