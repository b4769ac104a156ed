//! Step 6 — The receptive field: how much of the picture one number deep in the net depends on.
//!
//! A number in the first map sees 3×3 pixels. A number in the second map sees 3×3 numbers of the first, and each of these sees
//! 3×3 pixels: together 5×5. Go through the layers and keep two numbers, both counted in pixels of the picture:
//!
//! * **reach** `r`: how many pixels one number sees along a side. It starts with 1: a pixel sees itself.
//! * **jump** `j`: how far apart the fields of two neighbours lie. It starts with 1.
//!
//! A layer whose window has `k` places and moves by `s` adds `(k − 1)` neighbours that lie `j` apart, and then spreads them:
//!
//! ```text
//! r ← r + (k − 1)·j          j ← j·s
//! ```
//!
//! Mind the order: the reach grows by the jump *before* this layer.

use std::ops::Range;

/// A layer with a window: a convolution (`stride` 1 as a rule) or a pooling (`stride` as large as `window`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windowed {
    /// How many places the window has along a side, `k`.
    pub window: usize,
    /// By how many places it moves, `s`.
    pub stride: usize,
}

/// A convolution with a window of `k` × `k` that moves by 1.
pub const fn conv(k: usize) -> Windowed {
    Windowed {
        window: k,
        stride: 1,
    }
}

/// A pooling with blocks of `k` × `k` side by side.
pub const fn pool(k: usize) -> Windowed {
    Windowed {
        window: k,
        stride: k,
    }
}

/// The layers with windows of keras-io's net for MNIST: convolution 3, pooling 2, convolution 3, pooling 2.
pub const KERAS_CNN: [Windowed; 4] = [conv(3), pool(2), conv(3), pool(2)];

/// The side of the maps after each layer, for pictures of `side` pixels, without padding.
///
/// keras-io's net on 28 pixels: `[26, 13, 11, 5]`. What does not fill a window is left out: 11 gives 5.
pub fn sides(side: usize, layers: &[Windowed]) -> Vec<usize> {
    todo!(
        "Go from layer to layer with the side so far: (side − window) / stride + 1, rounded down."
    )
}

/// How many pixels of the picture, along a side, one number behind the last of `layers` sees.
///
/// One convolution of 3: 3. Two of them: 5. keras-io's four layers: 10. No layer at all: 1.
pub fn receptive_field(layers: &[Windowed]) -> usize {
    todo!(
        "Start with reach 1 and jump 1, and follow the rule at the top of the file through all \
         layers."
    )
}

/// Which pixels, along a side, the number at `place` behind the last of `layers` sees: from the first, up to but not including
/// the end of the range.
///
/// Behind keras-io's four layers the number at 0 sees the pixels 0 to 9, `0..10`; the jump is 4, so the number at 1 sees `4..14`, and
/// the last one, at 4, sees `16..26`. The pixels 26 and 27 are seen by none of the five, because a row was left out on the way.
pub fn seen(layers: &[Windowed], place: usize) -> Range<usize> {
    todo!(
        "The field of the first number starts at 0, and each further one starts a jump later. How \
         long it is, you know."
    )
}
