//! `exp`, `tanh` and `sigmoid` of many numbers at once.
//!
//! The processor has no instruction for them, and a call into the system's library for each number would stop the vectors. Each is
//! a short polynomial without branches, good to about 2 units in the last place of `f32`. The coefficients are least-squares fits at
//! Chebyshev points; the tests compare with `f64`.

use pulp::Simd;

/// A polynomial by Horner's rule, lowest coefficient first.
#[inline(always)]
pub(crate) fn polynomial<S: Simd, const N: usize>(
    simd: S,
    coefficients: [f32; N],
    x: S::f32s,
) -> S::f32s {
    let mut sum = simd.splat_f32s(coefficients[N - 1]);
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = simd.mul_add_e_f32s(sum, x, simd.splat_f32s(coefficients[i]));
    }
    sum
}

/// `eˣ`; 0 below −87.3 (where the result would no longer be a normal number), ∞ above 88.7, NaN for NaN.
///
/// `eˣ = 2ⁿ · eʳ` with `n` the nearest integer to `x / ln 2` and `|r| ≤ ln 2 / 2`.
#[inline(always)]
pub(crate) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    const LOWEST: f32 = -87.336_54;
    const HIGHEST: f32 = 88.722_84;
    /// Added to a small number, it leaves its nearest integer in the lowest bits of the sum.
    const ROUNDER: f32 = 12_582_912.0; // 1.5 · 2²³
    // ln 2 in two parts: n · LN_2_HIGH is exact for every n that occurs.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const COEFFICIENTS: [f32; 5] = [
        0.5,
        0.166_665_24,
        0.041_666_325,
        0.008_368_411,
        0.001_394_296_7,
    ];
    let splat = |value| simd.splat_f32s(value);
    // By selection, not by `min` and `max`, so that a NaN stays one.
    let inside = simd.select_f32s(simd.less_than_f32s(x, splat(LOWEST)), splat(LOWEST), x);
    let above = simd.greater_than_f32s(x, splat(HIGHEST));
    let inside = simd.select_f32s(above, splat(0.0), inside);

    let shifted = simd.mul_add_e_f32s(inside, splat(std::f32::consts::LOG2_E), splat(ROUNDER));
    let n = simd.sub_f32s(shifted, splat(ROUNDER));
    let r = simd.mul_add_e_f32s(n, splat(-LN_2_HIGH), inside);
    let r = simd.mul_add_e_f32s(n, splat(-LN_2_LOW), r);
    let tail = simd.mul_f32s(simd.mul_f32s(r, r), polynomial(simd, COEFFICIENTS, r));
    let power = simd.add_f32s(simd.add_f32s(tail, r), splat(1.0));
    // Times 2ⁿ: n is added to the exponent's bits.
    let exponent = simd.wrapping_dyn_shl_u32s(
        simd.transmute_u32s_f32s(shifted),
        simd.splat_u32s(f32::MANTISSA_DIGITS - 1),
    );
    let scaled = simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(power), exponent));

    let scaled = simd.select_f32s(simd.less_than_f32s(x, splat(LOWEST)), splat(0.0), scaled);
    simd.select_f32s(above, splat(f32::INFINITY), scaled)
}

/// `1 / (1 + e⁻ˣ)`, in \[0, 1\].
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    simd.div_f32s(one, simd.add_f32s(one, exp(simd, simd.neg_f32s(x))))
}

/// The hyperbolic tangent, in \[−1, 1\]: `1 − 2 / (e²ˣ + 1)`, and near zero, where that would cancel, an odd polynomial.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    const NEAR: f32 = 0.625;
    const COEFFICIENTS: [f32; 5] = [
        -0.333_333_06,
        0.133_319_64,
        -0.053_776_67,
        0.020_744_928,
        -0.005_811_147_6,
    ];
    let splat = |value| simd.splat_f32s(value);
    let square = simd.mul_f32s(x, x);
    let near = simd.mul_add_e_f32s(
        simd.mul_f32s(square, x),
        polynomial(simd, COEFFICIENTS, square),
        x,
    );
    let power = exp(simd, simd.add_f32s(x, x));
    let far = simd.sub_f32s(
        splat(1.0),
        simd.div_f32s(splat(2.0), simd.add_f32s(power, splat(1.0))),
    );
    let is_near = simd.less_than_f32s(simd.abs_f32s(x), splat(NEAR));
    simd.select_f32s(is_near, near, far)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::dispatch;
    use pulp::WithSimd;

    struct Each<'a> {
        function: Function,
        values: &'a mut [f32],
    }

    #[derive(Clone, Copy, Debug)]
    enum Function {
        Exp,
        Sigmoid,
        Tanh,
    }

    impl WithSimd for Each<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for part in self.values.chunks_mut(S::F32_LANES) {
                let x = simd.partial_load_f32s(part);
                let y = match self.function {
                    Function::Exp => exp(simd, x),
                    Function::Sigmoid => sigmoid(simd, x),
                    Function::Tanh => tanh(simd, x),
                };
                simd.partial_store_f32s(part, y);
            }
        }
    }

    fn apply(function: Function, x: &[f32]) -> Vec<f32> {
        let mut values = x.to_vec();
        dispatch(Each {
            function,
            values: &mut values,
        });
        values
    }

    #[test]
    fn agree_with_f64_to_a_few_units_in_the_last_place() {
        let x: Vec<f32> = (-80_000..=80_000).map(|i| i as f32 * 1.09e-3).collect();
        for (function, exact) in [
            (Function::Exp, f64::exp as fn(f64) -> f64),
            (Function::Sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
            (Function::Tanh, f64::tanh),
        ] {
            for (x, found) in x.iter().zip(apply(function, &x)) {
                let wanted = exact(f64::from(*x));
                let error = (f64::from(found) - wanted).abs();
                assert!(
                    error <= 3.5e-7 * wanted.abs() + 1e-37,
                    "{function:?}({x}) is {found}, wanted {wanted}"
                );
            }
        }
    }

    #[test]
    fn the_ends_are_right() {
        let x = [
            f32::NEG_INFINITY,
            -1e4,
            -88.0,
            0.0,
            88.0,
            1e4,
            f32::INFINITY,
        ];
        let largest = apply(Function::Exp, &[88.0])[0];
        assert_eq!(
            apply(Function::Exp, &x),
            [0.0, 0.0, 0.0, 1.0, largest, f32::INFINITY, f32::INFINITY]
        );
        assert_eq!(apply(Function::Sigmoid, &x)[..2], [0.0, 0.0]);
        assert_eq!(apply(Function::Sigmoid, &x)[3..], [0.5, 1.0, 1.0, 1.0]);
        assert_eq!(
            apply(Function::Tanh, &x),
            [-1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 1.0]
        );
        for function in [Function::Exp, Function::Sigmoid, Function::Tanh] {
            assert!(
                apply(function, &[f32::NAN])[0].is_nan(),
                "{function:?} hides a NaN"
            );
        }
    }
}
