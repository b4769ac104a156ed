//! The gated recurrent unit (Cho et al., 2014), as in Keras: the reset gate acts after the recurrent product.

use super::Cell;
use crate::kernels::math::{sigmoid, tanh};
use pulp::Simd;

/// Columns: the candidate's sum over the input; update gate z; reset gate r; the candidate's sum over the hidden state, which r
/// multiplies. Keras's gates are z, r, h: the input's go to the columns 1, 2, 0, the recurrent ones to 1, 2, 3.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gru;

impl Cell<4, 3> for Gru {
    const RECURRENT_FROM: usize = 1;
    const INPUT_GATES: [usize; 3] = [2, 0, 1];
    const STATES: usize = 1;
    const BIAS_ROWS: usize = 2;

    #[inline(always)]
    fn forward<S: Simd>(
        simd: S,
        [from_input, z, r, from_hidden]: [S::f32s; 4],
        [hidden, none]: [S::f32s; 2],
    ) -> ([S::f32s; 4], [S::f32s; 2]) {
        let (z, r) = (sigmoid(simd, z), sigmoid(simd, r));
        let candidate = tanh(simd, simd.mul_add_e_f32s(r, from_hidden, from_input));
        // z · hidden + (1 − z) · candidate
        let hidden = simd.mul_add_e_f32s(z, simd.sub_f32s(hidden, candidate), candidate);
        ([candidate, z, r, from_hidden], [hidden, none])
    }

    #[inline(always)]
    fn backward<S: Simd>(
        simd: S,
        [candidate, z, r, from_hidden]: [S::f32s; 4],
        [hidden_before, _]: [S::f32s; 2],
        _: [S::f32s; 2],
        [d_hidden, none]: [S::f32s; 2],
    ) -> ([S::f32s; 4], [S::f32s; 2]) {
        let one = simd.splat_f32s(1.0);
        let through_sigmoid = |d, a| simd.mul_f32s(simd.mul_f32s(d, a), simd.sub_f32s(one, a));
        let kept = simd.mul_f32s(d_hidden, z);
        let d_candidate = simd.sub_f32s(d_hidden, kept);
        let d_input = simd.negate_mul_add_e_f32s(
            simd.mul_f32s(d_candidate, candidate),
            candidate,
            d_candidate,
        );
        let d_z = simd.mul_f32s(d_hidden, simd.sub_f32s(hidden_before, candidate));
        let sums = [
            d_input,
            through_sigmoid(d_z, z),
            through_sigmoid(simd.mul_f32s(d_input, from_hidden), r),
            simd.mul_f32s(d_input, r),
        ];
        (sums, [kept, none])
    }
}
