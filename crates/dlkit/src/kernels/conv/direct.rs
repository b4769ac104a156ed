//! The innermost loops of a convolution.
//!
//! An image lies with its channels innermost ("channels last") and its padding around it, in a buffer that the cache holds. Then the weights of a kernel
//! that lie in one row meet one contiguous run of numbers, and all runs of a window lie at the same offsets (`taps`) from its corner. A
//! block computes a few places × a few vectors of outputs in registers: each number of the image is read once for all these outputs, each
//! weight once for all these places.

use pulp::{Simd, WithSimd};

/// Vectors of outputs in a block: with their sums and weights they fill the registers.
const fn most_vectors<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 4 } else { 2 }
}

/// Places in a block.
const PLACES: usize = 6;

/// Places of a pooling window that are computed at once. The list of a window's places is filled up to a multiple of it.
pub(super) const TOGETHER: usize = 4;

/// How weights are cut for the vectors in use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes {
    /// Numbers in a vector.
    pub(super) lanes: usize,
    /// Vectors in a block of outputs; the last block may have fewer.
    pub(super) most: usize,
}

impl Lanes {
    pub(super) fn here() -> Self {
        struct Ask;
        impl WithSimd for Ask {
            type Output = Lanes;
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> Lanes {
                Lanes {
                    lanes: S::F32_LANES,
                    most: most_vectors::<S>(),
                }
            }
        }
        crate::kernels::dispatch(Ask)
    }

    /// This many columns, filled up to whole vectors.
    pub(super) fn padded(self, columns: usize) -> usize {
        columns.next_multiple_of(self.lanes)
    }

    /// A matrix `(rows, columns)` in panels: for each block of columns all its rows, one behind the other. Missing columns are zeros.
    pub(super) fn pack(
        self,
        rows: usize,
        columns: usize,
        value: impl Fn(usize, usize) -> f32,
    ) -> Vec<f32> {
        let padded = self.padded(columns);
        let mut panels = vec![0.0; rows * padded];
        let mut first = 0;
        while first < padded {
            let width = (self.most * self.lanes).min(padded - first);
            let panel = &mut panels[first * rows..(first + width) * rows];
            for column in first..(first + width).min(columns) {
                for row in 0..rows {
                    panel[row * width + column - first] = value(row, column);
                }
            }
            first += width;
        }
        panels
    }
}

/// What both forward loops need.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// The padded image, channels last.
    pub(super) frame: &'a [f32],
    /// Where the window of each place starts in it.
    pub(super) starts: &'a [usize],
    /// Where the runs of a window lie from its start.
    pub(super) taps: &'a [usize],
    /// The length of a run.
    pub(super) run: usize,
    /// The weights, `(taps · run, columns)`, by [`Lanes::pack`].
    pub(super) panels: &'a [f32],
    /// One for each column.
    pub(super) bias: &'a [f32],
    /// Outputs, filled up to whole vectors.
    pub(super) columns: usize,
    pub(super) relu: bool,
}

impl Source<'_> {
    /// Proves once for all that no window leaves the frame and no panel its weights; the loops then need no check for each number.
    fn check<S: Simd>(&self) {
        let last = |offsets: &[usize]| offsets.iter().copied().max().unwrap_or(0);
        assert!(last(self.starts) + last(self.taps) + self.run <= self.frame.len());
        assert!(self.columns.is_multiple_of(S::F32_LANES) && self.bias.len() == self.columns);
        assert_eq!(self.panels.len(), self.taps.len() * self.run * self.columns);
    }

    /// `bias + Σ x · w` for `P` places and `V` vectors of outputs.
    ///
    /// # Safety
    /// [`Source::check`] must have passed, `starts` be elements of `self.starts`, and the panel of width `V` at `first` lie within the columns.
    #[inline(always)]
    #[allow(unsafe_code)]
    unsafe fn sums<S: Simd, const P: usize, const V: usize>(
        &self,
        simd: S,
        starts: [usize; P],
        first: usize,
    ) -> [[S::f32s; V]; P] {
        let rows = self.taps.len() * self.run;
        let bias = &S::as_simd_f32s(self.bias).0[first / S::F32_LANES..][..V];
        let mut start = [simd.splat_f32s(0.0); V];
        start.copy_from_slice(bias);
        let mut sums = [start; P];
        let mut panel = self.panels[first * rows..(first + V * S::F32_LANES) * rows]
            .as_ptr()
            .cast::<S::f32s>();
        let frame = self.frame.as_ptr();
        for &tap in self.taps {
            let mut at = [frame; P];
            for place in 0..P {
                // SAFETY: start + tap + run is within the frame, by `check`.
                at[place] = unsafe { frame.add(starts[place] + tap) };
            }
            for offset in 0..self.run {
                let mut weights = [simd.splat_f32s(0.0); V];
                for vector in 0..V {
                    // SAFETY: the panel has taps · run rows of V vectors, and this is the next row of it.
                    weights[vector] = unsafe { panel.add(vector).read_unaligned() };
                }
                // SAFETY: one past the last row at most.
                panel = unsafe { panel.add(V) };
                for place in 0..P {
                    // SAFETY: offset < run, see above.
                    let x = simd.splat_f32s(unsafe { *at[place].add(offset) });
                    for vector in 0..V {
                        sums[place][vector] =
                            simd.mul_add_e_f32s(x, weights[vector], sums[place][vector]);
                    }
                }
            }
        }
        sums
    }
}

/// Calls `$body` with the constant `$vectors` for each block of columns and its first column `$first`.
macro_rules! for_each_block {
    ($S:ty, $columns:expr, $first:ident, $run:ident($($argument:expr),*)) => {
        let mut $first = 0;
        while $first < $columns {
            let vectors = (($columns - $first) / <$S>::F32_LANES).min(most_vectors::<$S>());
            match vectors {
                1 => $run::<$S, 1>($($argument),*),
                2 => $run::<$S, 2>($($argument),*),
                // `const`: blocks of more vectors are not compiled where they do not occur.
                _ if const { most_vectors::<$S>() <= 2 } => unreachable!("more than the most"),
                3 => $run::<$S, 3>($($argument),*),
                _ => $run::<$S, 4>($($argument),*),
            }
            $first += vectors * <$S>::F32_LANES;
        }
    };
}

/// The whole map: `out[place] = g(bias + Σ x · w)`, `(places, columns)`.
pub(super) struct Map<'a> {
    pub(super) source: Source<'a>,
    pub(super) out: &'a mut [f32],
}

impl WithSimd for Map<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { source, out } = self;
        source.check::<S>();
        assert_eq!(out.len(), source.starts.len() * source.columns);
        for_each_block!(
            S,
            source.columns,
            first,
            map_block(simd, &source, first, out)
        );
    }
}

#[inline(always)]
#[allow(unsafe_code)]
fn map_block<S: Simd, const V: usize>(simd: S, source: &Source<'_>, first: usize, out: &mut [f32]) {
    let zero = simd.splat_f32s(0.0);
    let mut place = 0;
    while place < source.starts.len() {
        // The last block repeats the last place to be full.
        let count = PLACES.min(source.starts.len() - place);
        let mut starts = [source.starts[place + count - 1]; PLACES];
        starts[..count].copy_from_slice(&source.starts[place..place + count]);
        // SAFETY: `Map::with_simd` has checked the source, and `for_each_block` keeps the panel within the columns.
        let sums = unsafe { source.sums::<S, PLACES, V>(simd, starts, first) };
        for (i, sums) in sums.iter().enumerate().take(count) {
            let row = &mut out[(place + i) * source.columns + first..][..V * S::F32_LANES];
            let row = S::as_mut_simd_f32s(row).0;
            for vector in 0..V {
                let z = sums[vector];
                row[vector] = if source.relu { relu(simd, z, zero) } else { z };
            }
        }
        place += count;
    }
}

/// `max(z, 0)` that lets NaN through.
#[inline(always)]
fn relu<S: Simd>(simd: S, z: S::f32s, zero: S::f32s) -> S::f32s {
    simd.select_f32s(simd.less_than_or_equal_f32s(z, zero), zero, z)
}

/// The maxima of the windows of a map that is never written down: `starts` holds `places` places for each window, `out` and
/// `chosen` are `(windows, columns)`. `chosen` tells which of the places has the maximum: of equals the first.
pub(super) struct PooledMap<'a> {
    pub(super) source: Source<'a>,
    pub(super) places: usize,
    pub(super) out: &'a mut [f32],
    pub(super) chosen: &'a mut [u32],
}

impl WithSimd for PooledMap<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            source,
            places,
            out,
            chosen,
        } = self;
        source.check::<S>();
        assert!(
            places > 0
                && places.is_multiple_of(TOGETHER)
                && source.starts.len().is_multiple_of(places)
        );
        assert_eq!(out.len(), source.starts.len() / places * source.columns);
        assert_eq!(chosen.len(), out.len());
        for_each_block!(
            S,
            source.columns,
            first,
            pooled_block(simd, &source, places, first, out, chosen)
        );
    }
}

#[inline(always)]
#[allow(unsafe_code)]
fn pooled_block<S: Simd, const V: usize>(
    simd: S,
    source: &Source<'_>,
    places: usize,
    first: usize,
    out: &mut [f32],
    chosen: &mut [u32],
) {
    let zero = simd.splat_f32s(0.0);
    for (window, all) in source.starts.chunks_exact(places).enumerate() {
        let mut best = [zero; V];
        let mut best_place = [simd.splat_u32s(0); V];
        for (part, starts) in all.chunks_exact(TOGETHER).enumerate() {
            let starts = [starts[0], starts[1], starts[2], starts[3]];
            // SAFETY: `PooledMap::with_simd` has checked the source, and `for_each_block` keeps the panel within the columns.
            let sums = unsafe { source.sums::<S, TOGETHER, V>(simd, starts, first) };
            for i in 0..TOGETHER {
                let place = simd.splat_u32s((part * TOGETHER + i) as u32);
                for vector in 0..V {
                    let z = sums[i][vector];
                    if part == 0 && i == 0 {
                        best[vector] = z;
                        continue;
                    }
                    // Larger than the best, or NaN, which then stays: nothing is larger than NaN.
                    let number = simd.equal_f32s(z, z);
                    let larger = simd.greater_than_f32s(z, best[vector]);
                    let taken = simd.select_f32s(larger, z, best[vector]);
                    best[vector] = simd.select_f32s(number, taken, z);
                    let kept = simd.select_u32s(larger, place, best_place[vector]);
                    best_place[vector] = simd.select_u32s(number, kept, place);
                }
            }
        }
        let range =
            window * source.columns + first..window * source.columns + first + V * S::F32_LANES;
        let row = S::as_mut_simd_f32s(&mut out[range.clone()]).0;
        let row_chosen = S::as_mut_simd_u32s(&mut chosen[range]).0;
        for vector in 0..V {
            row[vector] = if source.relu {
                relu(simd, best[vector], zero)
            } else {
                best[vector]
            };
            row_chosen[vector] = best_place[vector];
        }
    }
}

/// The gradients that one filter gets through a few places of the map, given as the starts of their windows and ∂L/∂z there.
pub(super) struct Places<'a> {
    pub(super) frame: &'a [f32],
    pub(super) starts: &'a [usize],
    pub(super) slopes: &'a [f32],
    pub(super) taps: &'a [usize],
    pub(super) run: usize,
    /// ∂L/∂w of this filter, `taps · run` numbers: `+= Σ slope · x`.
    pub(super) kernel_gradient: &'a mut [f32],
    /// The filter's weights and ∂L/∂x, a frame like `frame`: `+= slope · w`.
    pub(super) image: Option<(&'a [f32], &'a mut [f32])>,
}

impl WithSimd for Places<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(unsafe_code)]
    fn with_simd<S: Simd>(self, simd: S) {
        let last = |offsets: &[usize]| offsets.iter().copied().max().unwrap_or(0);
        let reach = last(self.starts) + last(self.taps) + self.run;
        assert!(reach <= self.frame.len() && self.starts.len() == self.slopes.len());
        assert_eq!(self.kernel_gradient.len(), self.taps.len() * self.run);
        for (index, &tap) in self.taps.iter().enumerate() {
            let weights = index * self.run..(index + 1) * self.run;
            let sums = &mut self.kernel_gradient[weights];
            // SAFETY: every start + tap + run is within the frame by the assertion above.
            unsafe { add_patches(simd, self.frame, self.starts, self.slopes, tap, sums) };
        }
        if let Some((weights, gradient)) = self.image {
            assert!(reach <= gradient.len() && weights.len() == self.taps.len() * self.run);
            for (index, &tap) in self.taps.iter().enumerate() {
                let weights = &weights[index * self.run..][..self.run];
                // SAFETY: every start + tap + run is within the gradient by the assertion above.
                unsafe { spread(simd, weights, self.starts, self.slopes, tap, gradient) };
            }
        }
    }
}

/// `sums += Σ slope · frame[start + tap ..]`, four vectors of sums in registers at a time.
///
/// # Safety
/// Every `start + tap + sums.len()` must be within the frame.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn add_patches<S: Simd>(
    simd: S,
    frame: &[f32],
    starts: &[usize],
    slopes: &[f32],
    tap: usize,
    sums: &mut [f32],
) {
    let frame = frame.as_ptr();
    let (vectors, rest) = S::as_mut_simd_f32s(sums);
    let mut from = tap;
    let mut parts = vectors.chunks_exact_mut(4);
    for part in &mut parts {
        let mut sum = [part[0], part[1], part[2], part[3]];
        for (start, slope) in starts.iter().zip(slopes) {
            let slope = simd.splat_f32s(*slope);
            // SAFETY: these four vectors are within start + tap + len, see the contract.
            let at = unsafe { frame.add(start + from) }.cast::<S::f32s>();
            for vector in 0..4 {
                // SAFETY: as above.
                let x = unsafe { at.add(vector).read_unaligned() };
                sum[vector] = simd.mul_add_e_f32s(slope, x, sum[vector]);
            }
        }
        part.copy_from_slice(&sum);
        from += 4 * S::F32_LANES;
    }
    for part in parts.into_remainder() {
        // Two sums, so that one product need not wait for the one before.
        let (mut even, mut odd) = (*part, simd.splat_f32s(0.0));
        let (pairs, last) = starts.as_chunks::<2>();
        for (pair, slopes) in pairs.iter().zip(slopes.chunks_exact(2)) {
            // SAFETY: these vectors are within start + tap + len, see the contract.
            let x = unsafe { frame.add(pair[0] + from).cast::<S::f32s>().read_unaligned() };
            even = simd.mul_add_e_f32s(simd.splat_f32s(slopes[0]), x, even);
            // SAFETY: as above.
            let x = unsafe { frame.add(pair[1] + from).cast::<S::f32s>().read_unaligned() };
            odd = simd.mul_add_e_f32s(simd.splat_f32s(slopes[1]), x, odd);
        }
        if let (Some(start), Some(slope)) = (last.first(), slopes.last()) {
            // SAFETY: as above.
            let x = unsafe { frame.add(start + from).cast::<S::f32s>().read_unaligned() };
            even = simd.mul_add_e_f32s(simd.splat_f32s(*slope), x, even);
        }
        *part = simd.add_f32s(even, odd);
        from += S::F32_LANES;
    }
    for (offset, sum) in rest.iter_mut().enumerate() {
        for (start, slope) in starts.iter().zip(slopes) {
            // SAFETY: within start + tap + len, see the contract.
            *sum += slope * unsafe { *frame.add(start + from + offset) };
        }
    }
}

/// `frame[start + tap ..] += slope · weights` for each place, four vectors of weights in registers at a time.
///
/// # Safety
/// Every `start + tap + weights.len()` must be within the frame.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn spread<S: Simd>(
    simd: S,
    weights: &[f32],
    starts: &[usize],
    slopes: &[f32],
    tap: usize,
    frame: &mut [f32],
) {
    let frame = frame.as_mut_ptr();
    let (vectors, rest) = S::as_simd_f32s(weights);
    let (fours, single) = vectors.as_chunks::<4>();
    let mut from = tap;
    for part in fours {
        for (start, slope) in starts.iter().zip(slopes) {
            let slope = simd.splat_f32s(*slope);
            // SAFETY: these four vectors are within start + tap + len, see the contract.
            let at = unsafe { frame.add(start + from) }.cast::<S::f32s>();
            for vector in 0..4 {
                // SAFETY: as above; each is read and written in turn, because places may overlap.
                unsafe {
                    let old = at.add(vector).read_unaligned();
                    at.add(vector)
                        .write_unaligned(simd.mul_add_e_f32s(slope, part[vector], old));
                }
            }
        }
        from += 4 * S::F32_LANES;
    }
    for part in single {
        for (start, slope) in starts.iter().zip(slopes) {
            // SAFETY: this vector is within start + tap + len, see the contract.
            unsafe {
                let at = frame.add(start + from).cast::<S::f32s>();
                let new = simd.mul_add_e_f32s(simd.splat_f32s(*slope), *part, at.read_unaligned());
                at.write_unaligned(new);
            }
        }
        from += S::F32_LANES;
    }
    for (offset, weight) in rest.iter().enumerate() {
        for (start, slope) in starts.iter().zip(slopes) {
            // SAFETY: within start + tap + len, see the contract.
            unsafe { *frame.add(start + from + offset) += slope * weight };
        }
    }
}

/// The gradient of all weights through a whole map: `kernel_gradient[k] += Σ_place x[start + offset of k] · slopes[place]`.
pub(super) struct Weights<'a> {
    pub(super) frame: &'a [f32],
    /// Where the window of each place starts in `frame`.
    pub(super) starts: &'a [usize],
    /// Where in a window each weight lies.
    pub(super) offsets: &'a [usize],
    /// ∂L/∂z, channels last: `columns` numbers for each place, at `slope_starts`.
    pub(super) slopes: &'a [f32],
    pub(super) slope_starts: &'a [usize],
    pub(super) columns: usize,
    /// `(offsets, columns)`.
    pub(super) kernel_gradient: &'a mut [f32],
}

impl WithSimd for Weights<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let last = |offsets: &[usize]| offsets.iter().copied().max().unwrap_or(0);
        assert!(last(self.starts) + last(self.offsets) < self.frame.len());
        assert!(last(self.slope_starts) + self.columns <= self.slopes.len());
        assert_eq!(self.starts.len(), self.slope_starts.len());
        assert!(self.columns.is_multiple_of(S::F32_LANES));
        assert_eq!(
            self.kernel_gradient.len(),
            self.offsets.len() * self.columns
        );
        let columns = self.columns;
        for_each_block!(S, columns, first, weights_block(simd, &mut self, first));
    }
}

#[inline(always)]
#[allow(unsafe_code)]
fn weights_block<S: Simd, const V: usize>(simd: S, all: &mut Weights<'_>, first: usize) {
    let (frame, slopes) = (all.frame.as_ptr(), all.slopes.as_ptr());
    let mut row = 0;
    while row < all.offsets.len() {
        // The last block repeats the last weight to be full.
        let count = PLACES.min(all.offsets.len() - row);
        let mut offsets = [all.offsets[row + count - 1]; PLACES];
        offsets[..count].copy_from_slice(&all.offsets[row..row + count]);
        let mut sums = [[simd.splat_f32s(0.0); V]; PLACES];
        for (start, slope_start) in all.starts.iter().zip(all.slope_starts) {
            // SAFETY: slope_start + columns is within the slopes, by the assertions of `with_simd`.
            let at = unsafe { slopes.add(slope_start + first) }.cast::<S::f32s>();
            let mut slope = [simd.splat_f32s(0.0); V];
            for vector in 0..V {
                // SAFETY: first + V vectors are within the columns.
                slope[vector] = unsafe { at.add(vector).read_unaligned() };
            }
            for i in 0..PLACES {
                // SAFETY: every start + offset is within the frame, by the assertions of `with_simd`.
                let x = simd.splat_f32s(unsafe { *frame.add(start + offsets[i]) });
                for vector in 0..V {
                    sums[i][vector] = simd.mul_add_e_f32s(x, slope[vector], sums[i][vector]);
                }
            }
        }
        for (i, sums) in sums.iter().enumerate().take(count) {
            let target =
                &mut all.kernel_gradient[(row + i) * all.columns + first..][..V * S::F32_LANES];
            let target = S::as_mut_simd_f32s(target).0;
            for vector in 0..V {
                target[vector] = simd.add_f32s(target[vector], sums[vector]);
            }
        }
        row += count;
    }
}
