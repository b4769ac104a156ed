//! Step 2 — Filters: a kernel is a small picture of what it looks for.
//!
//! The sum of pixel × weight is largest where bright pixels lie on large weights: where the picture looks like the kernel. So the
//! weights say what is looked for, and the map says where it was found. Such a kernel is also called a filter, and its map a
//! feature map.
//!
//! From here on a picture is a tensor `(height, width)` of `f32`, 0 for black and 1 for white, and dlkit moves the window.

use dlkit::ops::{self, Convolution};
use dlkit::prelude::*;

/// A digit "1" of 14 × 14 pixels, as text.
const ONE: [&str; 14] = [
    "00000000000000",
    "00000000000000",
    "00000011000000",
    "00000011000000",
    "00000011100000",
    "00000001100000",
    "00000001100000",
    "00000001100000",
    "00000001110000",
    "00000000110000",
    "00000000110000",
    "00000000110000",
    "00000000000000",
    "00000000000000",
];

/// The digit "1" of the course as a picture `(14, 14)`: a stroke two pixels wide that leans to the left at the top.
///
/// # Errors
/// When the device runs out of memory.
pub fn one() -> Result<Tensor> {
    let pixels: Vec<f32> = ONE
        .concat()
        .bytes()
        .map(|byte| f32::from(byte - b'0'))
        .collect();
    Ok(Tensor::from_vec(pixels, (14, 14), &Device::Cpu)?)
}

/// The map `(h − k + 1, w − k + 1)` of a picture `(h, w)` and a filter `(k, k)`: your step 1, done by dlkit.
///
/// # Errors
/// When the filter is larger than the picture.
pub fn response(picture: &Tensor, filter: &Tensor) -> Result<Tensor> {
    // dlkit takes many pictures of many channels and many filters: here one of each.
    let pictures = picture.unsqueeze(0)?.unsqueeze(0)?;
    let filters = filter.unsqueeze(0)?.unsqueeze(0)?;
    let maps = ops::conv2d(&pictures, &filters, None, &Convolution::default())?;
    Ok(maps.squeeze(0)?.squeeze(0)?)
}

/// The filter `(3, 3)` that looks for a vertical stroke: ones down its middle column, zeros beside it. `010 / 010 / 010`.
///
/// On the "1" its map is 12 × 12; the largest number in it is 3 and their sum is 66.
///
/// # Errors
/// When the device runs out of memory.
pub fn vertical() -> Result<Tensor> {
    todo!(
        "A tensor from three rows of three f32 numbers: draw a vertical stroke of ones through the \
         middle."
    )
}

/// The filter `(3, 3)` that looks for a horizontal stroke: ones along its middle row, zeros above and below.
///
/// # Errors
/// When the device runs out of memory.
pub fn horizontal() -> Result<Tensor> {
    todo!("The same with the stroke lying down.")
}

/// The filter `(3, 3)` that looks for a stroke from the top left to the bottom right, as `\`: ones on the diagonal.
///
/// # Errors
/// When the device runs out of memory.
pub fn diagonal() -> Result<Tensor> {
    todo!("The same with the stroke from the top left corner to the bottom right one.")
}

/// The filter with its mean taken away, so that its weights sum to 0.
///
/// On a plain patch, all black or all white, such a filter gives 0: it no longer answers to brightness, only to shape. The vertical
/// filter has the mean 1/3 and becomes `−1/3 2/3 −1/3` in each row.
///
/// # Errors
/// When the device runs out of memory.
pub fn balanced(filter: &Tensor) -> Result<Tensor> {
    todo!("Take the mean of all the weights away from each of them.")
}

/// The map of `filter` on `picture`, rectified: what is below 0 becomes 0.
///
/// A number below 0 says "the opposite of what I look for". ReLU drops that, and keeps how much of it was found.
///
/// # Errors
/// When the filter is larger than the picture.
pub fn detected(picture: &Tensor, filter: &Tensor) -> Result<Tensor> {
    todo!("Take the response of the filter on the picture, then its ReLU.")
}

/// Which of `filters` finds most in `picture`: the index of the one whose rectified map has the largest sum.
///
/// For a picture of a horizontal bar and the filters `[vertical, horizontal, diagonal]`, all balanced: 1. Of equals, the first.
///
/// # Errors
/// When there is no filter, or one is larger than the picture.
pub fn best_match(picture: &Tensor, filters: &[Tensor]) -> Result<usize> {
    todo!("For each filter add up what was detected; keep the index of the largest sum.")
}
