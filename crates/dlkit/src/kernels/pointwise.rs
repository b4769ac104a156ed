//! Activation functions, for the kernels that apply one to what they have just computed.

use super::buffer::uninit;
use super::{math, parallel};
use pulp::{Simd, WithSimd};

/// A function of one number, with its derivative.
pub(crate) trait Function: Copy + Send + Sync {
    /// `g(z)`.
    fn value<S: Simd>(self, simd: S, z: S::f32s) -> S::f32s;

    /// `g′(z)`, from `z` where [`Pointwise::slope_needs_input`] says so, else from `g(z)`.
    fn slope<S: Simd>(self, simd: S, z_or_value: S::f32s) -> S::f32s;
}

/// Which function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pointwise {
    Linear,
    Relu,
    Sigmoid,
    Tanh,
    /// `z/2 · (1 + tanh(√(2/π) (z + 0.044715 z³)))`.
    GeluTanh,
}

impl Pointwise {
    /// Whether the backward pass needs the sums before the function.
    pub(crate) fn slope_needs_input(self) -> bool {
        self == Self::GeluTanh
    }
}

/// Numbers for a task.
const NUMBERS: usize = 1 << 13;

/// `g(z)` for each number.
pub(crate) fn apply(function: Pointwise, z: &[f32]) -> Vec<f32> {
    let mut out = uninit(z.len());
    parallel::for_each_chunk(&mut out, NUMBERS, |index, out| {
        let z = &z[index * NUMBERS..][..out.len()];
        with_function!(function, function => super::dispatch(Apply { function, z, out }));
    });
    out
}

/// `gradient · g′(z)` for each number, from `z` or `g(z)`, as [`Pointwise::slope_needs_input`] says.
pub(crate) fn gradient(function: Pointwise, kept: &[f32], gradient: &[f32]) -> Vec<f32> {
    let mut out = uninit(kept.len());
    parallel::for_each_chunk(&mut out, NUMBERS, |index, out| {
        let range = index * NUMBERS..index * NUMBERS + out.len();
        let (kept, gradient) = (&kept[range.clone()], &gradient[range]);
        with_function!(function, function => super::dispatch(Gradient { function, kept, gradient, out }));
    });
    out
}

struct Apply<'a, F> {
    function: F,
    z: &'a [f32],
    out: &'a mut [f32],
}

impl<F: Function> WithSimd for Apply<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (out, out_end) = S::as_mut_simd_f32s(self.out);
        let (z, z_end) = S::as_simd_f32s(self.z);
        for (out, z) in out.iter_mut().zip(z) {
            *out = self.function.value(simd, *z);
        }
        if !out_end.is_empty() {
            let last = self.function.value(simd, simd.partial_load_f32s(z_end));
            simd.partial_store_f32s(out_end, last);
        }
    }
}

/// `gradient · g′` for some numbers.
pub(super) struct Gradient<'a, F> {
    pub(super) function: F,
    pub(super) kept: &'a [f32],
    pub(super) gradient: &'a [f32],
    pub(super) out: &'a mut [f32],
}

impl<F: Function> WithSimd for Gradient<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (out, out_end) = S::as_mut_simd_f32s(self.out);
        let (kept, kept_end) = S::as_simd_f32s(self.kept);
        let (gradient, gradient_end) = S::as_simd_f32s(self.gradient);
        for ((out, kept), gradient) in out.iter_mut().zip(kept).zip(gradient) {
            *out = simd.mul_f32s(*gradient, self.function.slope(simd, *kept));
        }
        if !out_end.is_empty() {
            let slope = self.function.slope(simd, simd.partial_load_f32s(kept_end));
            let last = simd.mul_f32s(simd.partial_load_f32s(gradient_end), slope);
            simd.partial_store_f32s(out_end, last);
        }
    }
}

/// Calls a generic function with the type for a [`Pointwise`]: the choice is made once, not for each number.
macro_rules! with_function {
    ($pointwise:expr, $name:ident => $call:expr) => {
        match $pointwise {
            $crate::kernels::pointwise::Pointwise::Linear => {
                let $name = $crate::kernels::pointwise::Linear;
                $call
            }
            $crate::kernels::pointwise::Pointwise::Relu => {
                let $name = $crate::kernels::pointwise::Relu;
                $call
            }
            $crate::kernels::pointwise::Pointwise::Sigmoid => {
                let $name = $crate::kernels::pointwise::Sigmoid;
                $call
            }
            $crate::kernels::pointwise::Pointwise::Tanh => {
                let $name = $crate::kernels::pointwise::Tanh;
                $call
            }
            $crate::kernels::pointwise::Pointwise::GeluTanh => {
                let $name = $crate::kernels::pointwise::GeluTanh;
                $call
            }
        }
    };
}
pub(crate) use with_function;

#[derive(Clone, Copy)]
pub(crate) struct Linear;

impl Function for Linear {
    #[inline(always)]
    fn value<S: Simd>(self, _: S, z: S::f32s) -> S::f32s {
        z
    }

    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, _: S::f32s) -> S::f32s {
        simd.splat_f32s(1.0)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Relu;

impl Function for Relu {
    /// Asked this way round, NaN stays NaN.
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, z: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        simd.select_f32s(simd.less_than_or_equal_f32s(z, zero), zero, z)
    }

    /// 0 at 0, as in PyTorch and Keras.
    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, value: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        let off = simd.less_than_or_equal_f32s(value, zero);
        simd.select_f32s(off, zero, simd.splat_f32s(1.0))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Sigmoid;

impl Function for Sigmoid {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, z: S::f32s) -> S::f32s {
        math::sigmoid(simd, z)
    }

    /// `σ (1 − σ)`.
    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, value: S::f32s) -> S::f32s {
        simd.mul_f32s(value, simd.sub_f32s(simd.splat_f32s(1.0), value))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Tanh;

impl Function for Tanh {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, z: S::f32s) -> S::f32s {
        math::tanh(simd, z)
    }

    /// `1 − tanh²`.
    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, value: S::f32s) -> S::f32s {
        simd.negate_mul_add_e_f32s(value, value, simd.splat_f32s(1.0))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct GeluTanh;

impl GeluTanh {
    const ROOT: f32 = 0.797_884_6; // √(2/π)
    const CUBE: f32 = 0.044_715;

    /// `tanh(u)` and `z²`, with `u = √(2/π) (z + 0.044715 z³)`.
    #[inline(always)]
    fn parts<S: Simd>(simd: S, z: S::f32s) -> (S::f32s, S::f32s) {
        let square = simd.mul_f32s(z, z);
        let factor = simd.mul_add_e_f32s(
            square,
            simd.splat_f32s(Self::ROOT * Self::CUBE),
            simd.splat_f32s(Self::ROOT),
        );
        (math::tanh(simd, simd.mul_f32s(factor, z)), square)
    }
}

impl Function for GeluTanh {
    #[inline(always)]
    fn value<S: Simd>(self, simd: S, z: S::f32s) -> S::f32s {
        let (tanh, _) = Self::parts(simd, z);
        let half = simd.mul_f32s(z, simd.splat_f32s(0.5));
        simd.mul_add_e_f32s(half, tanh, half)
    }

    /// `(1 + t)/2 + z/2 (1 − t²) u′` with `t = tanh u`.
    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, z: S::f32s) -> S::f32s {
        let (tanh, square) = Self::parts(simd, z);
        let half = simd.splat_f32s(0.5);
        let inner = simd.mul_add_e_f32s(
            square,
            simd.splat_f32s(3.0 * Self::ROOT * Self::CUBE),
            simd.splat_f32s(Self::ROOT),
        );
        let bend = simd.mul_f32s(
            simd.negate_mul_add_e_f32s(tanh, tanh, simd.splat_f32s(1.0)),
            simd.mul_f32s(inner, z),
        );
        simd.mul_f32s(
            half,
            simd.add_f32s(simd.add_f32s(simd.splat_f32s(1.0), tanh), bend),
        )
    }
}
