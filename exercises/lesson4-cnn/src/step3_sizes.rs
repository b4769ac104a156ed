//! Step 3 — Sizes: padding, stride and dilation, and what each does to the map.
//!
//! * **Padding** `p`: a frame of `p` zeros around the picture, so that the window can also look at the edge.
//! * **Stride** `s`: the window moves by `s` pixels instead of by one; the map shrinks by that factor.
//! * **Dilation** `d`: the weights of the window stand `d` pixels apart. A window of 3 with dilation 2 covers 5 pixels and looks
//!   at every other one.
//!
//! For one side of `n` pixels and a window of `k` weights, the map has
//!
//! ```text
//! ⌊(n + 2p − d·(k − 1) − 1) / s⌋ + 1
//! ```
//!
//! places: the window covers `d·(k − 1) + 1` pixels of `n + 2p`; the rest is how far it can move, in strides of `s`; and one more for
//! where it starts.

use crate::step1_cross_correlation::Grid;

/// How a window of `kernel` weights moves along a side. `Moves::new(3)` is the plain one: no padding, stride 1, dilation 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moves {
    /// How many weights the window has along this side, `k`.
    pub kernel: usize,
    /// How many zeros stand before the picture, and as many after it, `p`.
    pub padding: usize,
    /// By how many pixels the window moves, `s`, 1 or more.
    pub stride: usize,
    /// How many pixels lie from one weight to the next, `d`, 1 or more.
    pub dilation: usize,
}

impl Moves {
    /// A window of `kernel` weights without padding, with stride 1 and dilation 1.
    pub fn new(kernel: usize) -> Self {
        Self {
            kernel,
            padding: 0,
            stride: 1,
            dilation: 1,
        }
    }
}

/// How many pixels the window covers, holes included: `d·(k − 1) + 1`.
///
/// 3 weights with dilation 1 cover 3 pixels, with dilation 2 they cover 5, with dilation 4 they cover 9.
pub fn covered(moves: Moves) -> usize {
    todo!(
        "From the first weight to the last are k − 1 gaps of d pixels; count the first pixel too."
    )
}

/// How long the side of the map is, for a side of `side` pixels. The padded side is at least as long as the window covers.
///
/// 28 pixels, window 3: 26. With padding 1: 28. With padding 1 and stride 2: 14. Window 3 with dilation 2: 24.
pub fn output_size(side: usize, moves: Moves) -> usize {
    todo!("The formula at the top of the file; whole-number division rounds down by itself.")
}

/// The padding with which a map at stride 1 is as large as its picture, for an odd `kernel`: Keras's "same".
///
/// A window of 3 needs 1, a window of 5 needs 2, a window of 3 with dilation 2 needs 2.
pub fn same_padding(kernel: usize, dilation: usize) -> usize {
    todo!(
        "A window that covers c pixels loses c − 1 of them in all; half of that goes to each end."
    )
}

/// The picture with a frame of `padding` zeros around it: `(h, w)` becomes `(h + 2p, w + 2p)`.
///
/// `[[5]]` with padding 1 becomes `[[0, 0, 0], [0, 5, 0], [0, 0, 0]]`.
pub fn padded(picture: &Grid, padding: usize) -> Grid {
    todo!(
        "Make a grid of zeros that is 2 · padding higher and wider; copy each pixel to its place \
         in the middle."
    )
}

/// Cross-correlation with everything: pads the picture, moves by `stride`, and leaves `dilation − 1` pixels between the weights.
///
/// `kernel` is square, with `moves.kernel` weights a side. `0 … 8` in 3×3 with the kernel `[[1]]` and stride 2 gives its corners,
/// `[[0, 2], [6, 8]]`; with the kernel `[[1, 1], [1, 1]]` and dilation 2 it gives their sum, `[[16]]`.
///
/// Mind which side is meant: [`output_size`] takes that of the picture *before* it is padded, and adds the padding itself.
pub fn correlate(picture: &Grid, kernel: &Grid, moves: Moves) -> Grid {
    todo!(
        "The sides of the picture as it comes tell how many places there are down and across; then \
         pad it. Place (y, x) starts at (y·s, x·s), and the weight (i, j) lies on the pixel i·d \
         below and j·d right of that."
    )
}
