//! Step 1 — Cross-correlation by hand: a small window moves over a picture, and at each place gives one number.
//!
//! At a place the window covers as many pixels as it has weights. Multiply each pixel by the weight on it, add it all up: that is
//! the number. Then move on by one.
//!
//! ```text
//! picture      kernel      map
//! 0 1 2        0 1         19 25        19 = 0·0 + 1·1 + 3·2 + 4·3
//! 3 4 5        2 3         37 43        25 = 1·0 + 2·1 + 4·2 + 5·3
//! 6 7 8
//! ```
//!
//! It is the weighted sum of a neuron (lesson 1), the same neuron at every place. Everyone in deep learning calls it a
//! convolution; mathematicians turn the kernel by half a turn first, and you will do that too, once.

/// Numbers in rows and columns: `grid[row][column]`. A picture, a kernel, and a map are all of this kind.
pub type Grid = Vec<Vec<f64>>;

/// At how many places a window of `window` pixels fits along a side of `side` pixels, when it moves by one.
///
/// A window of 3 along a side of 5 stands at 0, 1 and 2: three places. So 3×3 on 5×5 has 3 · 3 = 9 places. `window` is at least 1
/// and at most `side`.
pub fn places(side: usize, window: usize) -> usize {
    todo!(
        "Where does the first pixel of the window stand at first, and where at last? Count both \
         ends."
    )
}

/// The one number that `kernel` gives where its top left weight lies on `picture[row][column]`: the sum of pixel × weight.
///
/// With the picture and the kernel above, the place (1, 0) covers `3 4 / 6 7`: 3·0 + 4·1 + 6·2 + 7·3 = 37.
pub fn at_place(picture: &Grid, kernel: &Grid, row: usize, column: usize) -> f64 {
    todo!(
        "For each weight, kernel[i][j], take the pixel i rows below and j columns right of (row, \
         column); multiply, and add up."
    )
}

/// The map: what `kernel` gives at every place, in rows and columns as the places lie.
///
/// The picture 0 … 8 and the kernel 0 … 3 above give `[[19, 25], [37, 43]]`. Neither has to be square: a kernel of 1×2 on a
/// picture of 3×4 gives a map of 3×3.
pub fn cross_correlate(picture: &Grid, kernel: &Grid) -> Grid {
    todo!(
        "Count the places down and across, from the heights and from the widths; at each, ask \
         at_place."
    )
}

/// The kernel turned by half a turn: the last row becomes the first, and in each row the last number the first.
///
/// `[[0, 1], [2, 3]]` becomes `[[3, 2], [1, 0]]`. Mind that this is not the transpose.
pub fn turned(kernel: &Grid) -> Grid {
    todo!(
        "Go through the rows from the last to the first, and through each of them from its end to \
         its start."
    )
}

/// The convolution of the mathematicians: the cross-correlation with the turned kernel.
///
/// With the picture 0 … 8 and the kernel 0 … 3 it is `[[5, 11], [23, 29]]`: 0·3 + 1·2 + 3·1 + 4·0 = 5.
pub fn convolve(picture: &Grid, kernel: &Grid) -> Grid {
    todo!("Turn the kernel, then do what you have done before.")
}
