//! Step 2 — From bytes to what a net can learn from: flatten the images, scale the pixels.
//!
//! A data file holds `u8` pixels from 0 (black, the background) to 255 (white, the stroke) in images `(n, 28, 28)`. A dense layer
//! multiplies a matrix of `f32` with one row per image, and it learns well when the numbers in it are about as large as 1.

use candle_core::{DType, Tensor};
use dlkit::Result;

/// Lays each image out as one row, line after line: `(n, h, w)` to `(n, h · w)`. The dtype stays.
///
/// `[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]`, two images, becomes `[[1, 2, 3, 4], [5, 6, 7, 8]]`, two rows.
///
/// # Errors
/// When `images` does not have three axes.
pub fn flatten(images: &Tensor) -> Result<Tensor> {
    todo!("Keep the first axis, which counts the images; join the two others.")
}

/// Turns `u8` pixels from 0 to 255 into `f32` numbers from 0 to 1. The shape stays.
///
/// 0 becomes 0.0, 51 becomes 0.2, 255 becomes 1.0.
///
/// # Errors
/// When the device runs out of memory.
pub fn scale(pixels: &Tensor) -> Result<Tensor> {
    todo!("First change the type to f32 (a u8 cannot hold 0.2), then divide.")
}

/// Both at once: `u8` images `(n, 28, 28)` to the `f32` rows `(n, 784)` that the nets of this lesson read.
///
/// # Errors
/// Those of [`flatten`] and [`scale`].
pub fn preprocess(images: &Tensor) -> Result<Tensor> {
    scale(&flatten(images)?)
}
