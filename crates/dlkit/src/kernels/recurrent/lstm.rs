//! The long short-term memory (Hochreiter and Schmidhuber, 1997), with the forget gate of Gers et al. (2000).

use super::Cell;
use crate::kernels::math::{sigmoid, tanh};
use pulp::Simd;

/// Columns and gates: input gate i, forget gate f, candidate g, output gate o, as in Keras.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lstm;

impl Cell<4, 4> for Lstm {
    const RECURRENT_FROM: usize = 0;
    const INPUT_GATES: [usize; 4] = [0, 1, 2, 3];
    const STATES: usize = 2;
    const BIAS_ROWS: usize = 1;

    #[inline(always)]
    fn forward<S: Simd>(
        simd: S,
        [i, f, g, o]: [S::f32s; 4],
        [_, cell]: [S::f32s; 2],
    ) -> ([S::f32s; 4], [S::f32s; 2]) {
        let (i, f) = (sigmoid(simd, i), sigmoid(simd, f));
        let (g, o) = (tanh(simd, g), sigmoid(simd, o));
        let cell = simd.mul_add_e_f32s(f, cell, simd.mul_f32s(i, g));
        let hidden = simd.mul_f32s(o, tanh(simd, cell));
        ([i, f, g, o], [hidden, cell])
    }

    #[inline(always)]
    fn backward<S: Simd>(
        simd: S,
        [i, f, g, o]: [S::f32s; 4],
        [_, cell_before]: [S::f32s; 2],
        [_, cell]: [S::f32s; 2],
        [d_hidden, d_cell]: [S::f32s; 2],
    ) -> ([S::f32s; 4], [S::f32s; 2]) {
        let one = simd.splat_f32s(1.0);
        // d − d·a²: back through tanh, and d·a·(1 − a): back through the sigmoid.
        let through_tanh = |d, a| simd.negate_mul_add_e_f32s(simd.mul_f32s(d, a), a, d);
        let through_sigmoid = |d, a| simd.mul_f32s(simd.mul_f32s(d, a), simd.sub_f32s(one, a));
        let squashed = tanh(simd, cell);
        let d_o = simd.mul_f32s(d_hidden, squashed);
        let d_cell = simd.add_f32s(d_cell, through_tanh(simd.mul_f32s(d_hidden, o), squashed));
        let sums = [
            through_sigmoid(simd.mul_f32s(d_cell, g), i),
            through_sigmoid(simd.mul_f32s(d_cell, cell_before), f),
            through_tanh(simd.mul_f32s(d_cell, i), g),
            through_sigmoid(d_o, o),
        ];
        (sums, [simd.splat_f32s(0.0), simd.mul_f32s(d_cell, f)])
    }
}
