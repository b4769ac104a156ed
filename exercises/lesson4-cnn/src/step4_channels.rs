//! Step 4 — Channels: from one grey picture and one filter to many colours and many filters.
//!
//! A colour picture has three channels: red, green, blue. A filter then has three planes of weights, one for each, and still
//! gives **one** map: the three sums are added. A layer has many filters, and each gives a map of its own; so the maps are the channels
//! of the next layer.
//!
//! | tensor | shape | MNIST's first layer | its second |
//! |---|---|---|---|
//! | pictures | `(n, channels, height, width)` | `(128, 1, 28, 28)` | `(128, 32, 13, 13)` |
//! | kernel | `(filters, channels, k, k)` | `(32, 1, 3, 3)` | `(64, 32, 3, 3)` |
//! | bias | `(filters,)` | `(32,)` | `(64,)` |
//! | maps | `(n, filters, height − k + 1, width − k + 1)` | `(128, 32, 26, 26)` | `(128, 64, 11, 11)` |

use candle_core::Tensor;
use dlkit::Result;

/// How many weights and biases a convolution layer has: every filter has `k·k` weights for each channel, and one bias.
///
/// 32 filters of 3×3 on 1 channel: 32 · (9 + 1) = 320. 64 filters of 3×3 on 32 channels: 64 · (288 + 1) = 18,496. The size
/// of the pictures does not come in.
pub fn conv_parameters(filters: usize, channels: usize, kernel: usize) -> usize {
    todo!("Weights of one filter, and its bias; times the filters.")
}

/// How many weights and biases a dense layer has that turns `inputs` numbers into `outputs`.
///
/// One that gave the same 32 maps of 26×26 from 28×28 pixels: 784 · 21,632 + 21,632 = 16,981,120.
pub fn dense_parameters(inputs: usize, outputs: usize) -> usize {
    todo!("Each output has a weight for every input, and a bias.")
}

/// A convolution layer without activation: pictures `(n, c, h, w)`, `kernel` `(o, c, k, k)`, `bias` `(o,)` to maps
/// `(n, o, h − k + 1, w − k + 1)`.
///
/// `maps[n, o, y, x] = bias[o] + Σ_c Σ_i Σ_j pictures[n, c, y + i, x + j] · kernel[o, c, i, j]`
///
/// Loops over every number would take minutes for a batch. Turn them round: for each of the `k·k` places `(i, j)` **in the
/// kernel**, the weights there are a matrix `(o, c)`, and what they are laid on is the part of the pictures that starts at `(i, j)`
/// and is as large as the map. That is one matrix product with all pixels of that part at once; add up the `k·k` products.
///
/// With one picture of two pixels side by side and two channels, `[[[[1, 2]], [[3, 4]]]]`, one filter of 1×1 with the weights 10 and
/// 100, and the bias 5: `[[[[5 + 10·1 + 100·3, 5 + 10·2 + 100·4]]]] = [[[[315, 425]]]]`.
///
/// # Errors
/// When the shapes do not fit.
pub fn conv_layer(pictures: &Tensor, kernel: &Tensor, bias: &Tensor) -> Result<Tensor> {
    todo!(
        "For each (i, j) of the kernel: cut the part (n, c, h', w') out of the pictures and lay \
         each map out as a row, (n, c, h'·w'); multiply the weights (o, c) with it; add to the sum \
         so far. At the end give the sum its shape and add one bias to each map."
    )
}

/// Makes a kernel for grey pictures, `(o, 1, k, k)`, into one for pictures of three channels, `(o, 3, k, k)`.
///
/// A grey picture shown on a colour screen has the same grey in all three channels. For such a picture the new kernel must give the
/// maps that the old one gave for the grey one: so each of the three planes gets a third of the weight. `[[[[6]]]]`
/// becomes `[[[[2]], [[2]], [[2]]]]`.
///
/// # Errors
/// When the kernel does not have four axes.
pub fn grey_to_rgb(kernel: &Tensor) -> Result<Tensor> {
    todo!("A third of the weights, three times along the axis of the channels.")
}
