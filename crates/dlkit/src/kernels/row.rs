//! Sums over a row. The compiler may not reorder the additions of a plain loop, so it cannot vectorise one; here each lane
//! adds numbers of its own. The order depends on the width of the instructions, never on the threads.

use pulp::Simd;

/// How many numbers make a task of an operation that works row by row.
const NUMBERS_IN_A_TASK: usize = 1 << 14;

/// How many rows of this width make a task.
pub(crate) fn rows_in_a_task(width: usize) -> usize {
    (NUMBERS_IN_A_TASK / width.max(1)).max(1)
}

/// The largest number, −∞ for an empty row. Numbers that are NaN may be passed over.
#[inline(always)]
pub(crate) fn largest<S: Simd>(simd: S, row: &[f32]) -> f32 {
    let (head, tail) = S::as_simd_f32s(row);
    let mut largest = simd.splat_f32s(f32::NEG_INFINITY);
    for x in head {
        largest = simd.max_f32s(*x, largest);
    }
    let mut result = simd.reduce_max_f32s(largest);
    for x in tail {
        result = result.max(*x);
    }
    result
}

/// `Σ xᵢ`.
#[inline(always)]
pub(crate) fn sum<S: Simd>(simd: S, row: &[f32]) -> f32 {
    let (head, tail) = S::as_simd_f32s(row);
    let (mut even, mut odd) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
    let (pairs, rest) = head.as_chunks::<2>();
    for [x, y] in pairs {
        even = simd.add_f32s(even, *x);
        odd = simd.add_f32s(odd, *y);
    }
    for x in rest {
        even = simd.add_f32s(even, *x);
    }
    let mut result = simd.reduce_sum_f32s(simd.add_f32s(even, odd));
    for x in tail {
        result += x;
    }
    result
}

/// `Σ aᵢ bᵢ`.
#[inline(always)]
pub(crate) fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_tail), (b, b_tail)) = (S::as_simd_f32s(a), S::as_simd_f32s(b));
    let (mut even, mut odd) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
    let ((a_pairs, a_rest), (b_pairs, b_rest)) = (a.as_chunks::<2>(), b.as_chunks::<2>());
    for ([a0, a1], [b0, b1]) in a_pairs.iter().zip(b_pairs) {
        even = simd.mul_add_f32s(*a0, *b0, even);
        odd = simd.mul_add_f32s(*a1, *b1, odd);
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        even = simd.mul_add_f32s(*a, *b, even);
    }
    let mut result = simd.reduce_sum_f32s(simd.add_f32s(even, odd));
    for (a, b) in a_tail.iter().zip(b_tail) {
        result += a * b;
    }
    result
}

/// `Σ (xᵢ − center)²`.
#[inline(always)]
pub(crate) fn squares_around<S: Simd>(simd: S, row: &[f32], center: f32) -> f32 {
    let (head, tail) = S::as_simd_f32s(row);
    let at = simd.splat_f32s(center);
    let (mut even, mut odd) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
    let (pairs, rest) = head.as_chunks::<2>();
    for [x, y] in pairs {
        let (x, y) = (simd.sub_f32s(*x, at), simd.sub_f32s(*y, at));
        even = simd.mul_add_f32s(x, x, even);
        odd = simd.mul_add_f32s(y, y, odd);
    }
    for x in rest {
        let x = simd.sub_f32s(*x, at);
        even = simd.mul_add_f32s(x, x, even);
    }
    let mut result = simd.reduce_sum_f32s(simd.add_f32s(even, odd));
    for x in tail {
        result += (x - center) * (x - center);
    }
    result
}
