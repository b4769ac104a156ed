//! The plain recurrent cell (Elman, 1990): `h = tanh(x · W + h · U + b)`.

use super::Cell;
use crate::kernels::math::tanh;
use pulp::Simd;

/// One column, the sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimpleRnn;

impl Cell<1, 1> for SimpleRnn {
    const RECURRENT_FROM: usize = 0;
    const INPUT_GATES: [usize; 1] = [0];
    const STATES: usize = 1;
    const BIAS_ROWS: usize = 1;

    #[inline(always)]
    fn forward<S: Simd>(
        simd: S,
        [sum]: [S::f32s; 1],
        [_, none]: [S::f32s; 2],
    ) -> ([S::f32s; 1], [S::f32s; 2]) {
        let hidden = tanh(simd, sum);
        ([hidden], [hidden, none])
    }

    #[inline(always)]
    fn backward<S: Simd>(
        simd: S,
        [hidden]: [S::f32s; 1],
        _: [S::f32s; 2],
        _: [S::f32s; 2],
        [d_hidden, none]: [S::f32s; 2],
    ) -> ([S::f32s; 1], [S::f32s; 2]) {
        let sum = simd.negate_mul_add_e_f32s(simd.mul_f32s(d_hidden, hidden), hidden, d_hidden);
        ([sum], [simd.splat_f32s(0.0), none])
    }
}
