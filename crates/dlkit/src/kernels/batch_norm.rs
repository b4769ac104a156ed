//! Batch normalisation: statistics of each channel, the normalised values, and the gradients of both.
//!
//! Four kernels, each one pass over memory. Sums go task by task and in blocks of at most a few hundred numbers, in f64 beyond
//! that: the variance of a million numbers around 1000 is as good as that of ten around 0.

use super::buffer;
use super::parallel;

/// Numbers a task works on, more or less: they stay in the processor's own cache for a second look.
const BLOCK: usize = 1 << 14;

/// Sums that run side by side: enough for two vectors of the widest kind.
const LANES: usize = 32;

/// How the numbers lie in memory: `outer` samples of `channels` rows of `inner` numbers. Features on the last axis have `inner` 1,
/// images `height · width`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) outer: usize,
    pub(crate) channels: usize,
    pub(crate) inner: usize,
}

impl Layout {
    /// Numbers in all.
    pub(crate) fn len(self) -> usize {
        self.outer * self.channels * self.inner
    }

    /// Numbers that share a mean and a variance.
    pub(crate) fn shared(self) -> usize {
        self.outer * self.inner
    }

    /// Numbers in a task: whole samples.
    fn block(self) -> usize {
        let sample = self.channels * self.inner;
        sample * (BLOCK / sample.max(1)).max(1)
    }

    fn blocks(self) -> usize {
        self.len().div_ceil(self.block().max(1))
    }

    /// With features on the last axis a row can be as short as one number; several rows are taken as one long row then.
    fn width(self) -> usize {
        self.channels * (2 * LANES).div_ceil(self.channels)
    }

    /// What belongs to each channel, repeated to the width of a long row.
    fn repeated(self, of_channels: &[f32]) -> Vec<f32> {
        if self.inner > 1 {
            return of_channels.to_vec();
        }
        of_channels
            .iter()
            .copied()
            .cycle()
            .take(self.width())
            .collect()
    }
}

/// Mean and biased variance of each channel.
pub(crate) struct Statistics {
    pub(crate) mean: Vec<f32>,
    pub(crate) variance: Vec<f32>,
}

/// The statistics of `x`. Each block has a mean and a sum of squared distances from it; two blocks join as in Chan, Golub and
/// LeVeque (1983), in the order in which they lie.
pub(crate) fn statistics(x: &[f32], layout: Layout) -> Statistics {
    let (channels, block) = (layout.channels, layout.block());
    let mut parts = vec![0.0f64; layout.blocks() * 2 * channels];
    parallel::for_each_chunk(&mut parts, 2 * channels, |index, part| {
        let (means, squares) = part.split_at_mut(channels);
        let x = &x[index * block..x.len().min((index + 1) * block)];
        super::dispatch(BlockStatistics {
            x,
            layout,
            means,
            squares,
        });
    });
    let (mut means, mut squares) = (vec![0.0f64; channels], vec![0.0f64; channels]);
    let mut before = 0.0;
    for (index, part) in parts.chunks_exact(2 * channels).enumerate() {
        let numbers = (x.len() - index * block).min(block) / channels;
        let count = numbers as f64;
        let all = before + count;
        for c in 0..channels {
            let (mean, square) = (part[c], part[channels + c]);
            let distance = mean - means[c];
            means[c] += distance * (count / all);
            squares[c] += square + distance * distance * (before * count / all);
        }
        before = all;
    }
    Statistics {
        mean: means.iter().map(|mean| *mean as f32).collect(),
        variance: (squares.iter().map(|s| (s / layout.shared() as f64) as f32)).collect(),
    }
}

struct BlockStatistics<'a> {
    x: &'a [f32],
    layout: Layout,
    means: &'a mut [f64],
    squares: &'a mut [f64],
}

impl pulp::WithSimd for BlockStatistics<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Layout {
            channels, inner, ..
        } = self.layout;
        let count = (self.x.len() / channels) as f64;
        if inner > 1 {
            let rows = || self.x.chunks_exact(inner).enumerate();
            for (row, x) in rows() {
                self.means[row % channels] += sum(x);
            }
            for mean in self.means.iter_mut() {
                *mean /= count;
            }
            for (row, x) in rows() {
                let mean = self.means[row % channels] as f32;
                self.squares[row % channels] += sum_of_squares(x, mean);
            }
            return;
        }
        let width = self.layout.width();
        let mut sums = vec![0.0f32; width];
        for x in self.x.chunks(width) {
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += x;
            }
        }
        fold(&sums, self.means);
        for mean in self.means.iter_mut() {
            *mean /= count;
        }
        let means: Vec<f32> = (self.means.iter().map(|mean| *mean as f32))
            .cycle()
            .take(width)
            .collect();
        sums.fill(0.0);
        for x in self.x.chunks(width) {
            for ((sum, x), mean) in sums.iter_mut().zip(x).zip(&means) {
                let distance = x - mean;
                *sum += distance * distance;
            }
        }
        fold(&sums, self.squares);
    }
}

/// Adds the repeated channels of a long row to the sums of the channels.
#[inline(always)]
fn fold(row: &[f32], sums: &mut [f64]) {
    for part in row.chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(part) {
            *sum += f64::from(*value);
        }
    }
}

/// At most this many numbers are added in f32 in each lane.
const STRETCH: usize = 256 * LANES;

/// Sums a row in [`LANES`] sums side by side: the value of `term` for each number.
#[inline(always)]
fn lanes(x: &[f32], term: impl Fn(f32) -> f32) -> f64 {
    let mut total = 0.0;
    for x in x.chunks(STRETCH) {
        let mut sums = [0.0f32; LANES];
        let (rows, rest) = x.as_chunks::<LANES>();
        for row in rows {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += term(*x);
            }
        }
        for (sum, x) in sums.iter_mut().zip(rest) {
            *sum += term(*x);
        }
        total += sums.iter().map(|sum| f64::from(*sum)).sum::<f64>();
    }
    total
}

#[inline(always)]
fn sum(x: &[f32]) -> f64 {
    lanes(x, |x| x)
}

#[inline(always)]
fn sum_of_squares(x: &[f32], mean: f32) -> f64 {
    lanes(x, |x| (x - mean) * (x - mean))
}

/// `Σ dy` and `Σ dy · (x − mean)` of one row.
#[inline(always)]
fn gradient_sums(x: &[f32], dy: &[f32], mean: f32) -> (f64, f64) {
    let (mut total, mut total_along) = (0.0, 0.0);
    for (x, dy) in x.chunks(STRETCH).zip(dy.chunks(STRETCH)) {
        let (mut sums, mut along) = ([0.0f32; LANES], [0.0f32; LANES]);
        let (x_rows, x_rest) = x.as_chunks::<LANES>();
        let (dy_rows, dy_rest) = dy.as_chunks::<LANES>();
        for (x, dy) in x_rows.iter().zip(dy_rows) {
            for lane in 0..LANES {
                sums[lane] += dy[lane];
                along[lane] += dy[lane] * (x[lane] - mean);
            }
        }
        for (lane, (x, dy)) in x_rest.iter().zip(dy_rest).enumerate() {
            sums[lane] += dy;
            along[lane] += dy * (x - mean);
        }
        total += sums.iter().map(|sum| f64::from(*sum)).sum::<f64>();
        total_along += along.iter().map(|sum| f64::from(*sum)).sum::<f64>();
    }
    (total, total_along)
}

/// `y = (x − mean) · scale + shift`, all three of each channel.
pub(crate) fn normalise(
    x: &[f32],
    layout: Layout,
    mean: &[f32],
    scale: &[f32],
    shift: &[f32],
) -> Vec<f32> {
    let [mean, scale, shift] = [mean, scale, shift].map(|values| layout.repeated(values));
    let mut y = buffer::uninit(layout.len());
    let block = layout.block();
    parallel::for_each_chunk(&mut y, block, |index, y| {
        super::dispatch(Normalise {
            x: &x[index * block..index * block + y.len()],
            y,
            layout,
            mean: &mean,
            scale: &scale,
            shift: &shift,
        });
    });
    y
}

struct Normalise<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    layout: Layout,
    mean: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
}

impl pulp::WithSimd for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Layout {
            channels, inner, ..
        } = self.layout;
        if inner > 1 {
            let rows = self
                .x
                .chunks_exact(inner)
                .zip(self.y.chunks_exact_mut(inner));
            for (row, (x, y)) in rows.enumerate() {
                let c = row % channels;
                let (mean, scale, shift) = (self.mean[c], self.scale[c], self.shift[c]);
                for (y, x) in y.iter_mut().zip(x) {
                    *y = (x - mean) * scale + shift;
                }
            }
            return;
        }
        let width = self.layout.width();
        for (x, y) in self.x.chunks(width).zip(self.y.chunks_mut(width)) {
            let constants = self.mean.iter().zip(self.scale).zip(self.shift);
            for ((y, x), ((mean, scale), shift)) in y.iter_mut().zip(x).zip(constants) {
                *y = (x - mean) * scale + shift;
            }
        }
    }
}

/// For each channel `Σ dy` and `Σ dy · (x − mean)`: the gradients of shift and, up to a factor, of scale.
pub(crate) fn sums(x: &[f32], dy: &[f32], layout: Layout, mean: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let (channels, block) = (layout.channels, layout.block());
    let mean = layout.repeated(mean);
    let mut parts = vec![0.0f64; layout.blocks() * 2 * channels];
    parallel::for_each_chunk(&mut parts, 2 * channels, |index, part| {
        let (sums, along) = part.split_at_mut(channels);
        let range = index * block..x.len().min((index + 1) * block);
        super::dispatch(BlockSums {
            x: &x[range.clone()],
            dy: &dy[range],
            layout,
            mean: &mean,
            sums,
            along,
        });
    });
    let mut total = vec![0.0; 2 * channels];
    for part in parts.chunks_exact(2 * channels) {
        for (total, value) in total.iter_mut().zip(part) {
            *total += value;
        }
    }
    let along = total.split_off(channels);
    (total, along)
}

struct BlockSums<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    layout: Layout,
    mean: &'a [f32],
    sums: &'a mut [f64],
    along: &'a mut [f64],
}

impl pulp::WithSimd for BlockSums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Layout {
            channels, inner, ..
        } = self.layout;
        if inner > 1 {
            let rows = self.x.chunks_exact(inner).zip(self.dy.chunks_exact(inner));
            for (row, (x, dy)) in rows.enumerate() {
                let c = row % channels;
                let (sum, along) = gradient_sums(x, dy, self.mean[c]);
                self.sums[c] += sum;
                self.along[c] += along;
            }
            return;
        }
        let width = self.layout.width();
        let (mut sums, mut along) = (vec![0.0f32; width], vec![0.0f32; width]);
        for (x, dy) in self.x.chunks(width).zip(self.dy.chunks(width)) {
            let inputs = x.iter().zip(dy).zip(self.mean);
            for ((sum, along), ((x, dy), mean)) in sums.iter_mut().zip(&mut along).zip(inputs) {
                *sum += dy;
                *along += dy * (x - mean);
            }
        }
        fold(&sums, self.sums);
        fold(&along, self.along);
    }
}

/// `dx = dy · scale − (x − mean) · slope − offset`, all four of each channel.
pub(crate) fn input_gradient(
    x: &[f32],
    dy: &[f32],
    layout: Layout,
    mean: &[f32],
    [scale, slope, offset]: [&[f32]; 3],
) -> Vec<f32> {
    let constants = [mean, scale, slope, offset].map(|values| layout.repeated(values));
    let mut dx = buffer::uninit(layout.len());
    let block = layout.block();
    parallel::for_each_chunk(&mut dx, block, |index, dx| {
        let range = index * block..index * block + dx.len();
        super::dispatch(InputGradient {
            x: &x[range.clone()],
            dy: &dy[range],
            dx,
            layout,
            constants: &constants,
        });
    });
    dx
}

struct InputGradient<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    layout: Layout,
    constants: &'a [Vec<f32>; 4],
}

impl pulp::WithSimd for InputGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Layout {
            channels, inner, ..
        } = self.layout;
        let [mean, scale, slope, offset] = self.constants.each_ref().map(Vec::as_slice);
        if inner > 1 {
            let rows = self.x.chunks_exact(inner).zip(self.dy.chunks_exact(inner));
            for (row, ((x, dy), dx)) in rows.zip(self.dx.chunks_exact_mut(inner)).enumerate() {
                let c = row % channels;
                let (mean, scale, slope, offset) = (mean[c], scale[c], slope[c], offset[c]);
                for ((dx, x), dy) in dx.iter_mut().zip(x).zip(dy) {
                    *dx = dy * scale - (x - mean) * slope - offset;
                }
            }
            return;
        }
        let width = self.layout.width();
        let rows = self.x.chunks(width).zip(self.dy.chunks(width));
        for ((x, dy), dx) in rows.zip(self.dx.chunks_mut(width)) {
            let constants = mean.iter().zip(scale).zip(slope.iter().zip(offset));
            let inputs = dx.iter_mut().zip(x).zip(dy);
            for (((dx, x), dy), ((mean, scale), (slope, offset))) in inputs.zip(constants) {
                *dx = dy * scale - (x - mean) * slope - offset;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUTS: [[usize; 3]; 13] = [
        [1, 1, 1],
        [5, 1, 1],
        [7, 3, 1],
        [300, 17, 1],
        [9000, 2, 1],
        [2, 20_000, 1],
        [1, 2, 3],
        [4, 3, 49],
        [3, 5, 64],
        [2, 1, 20_001],
        [17, 8, 169],
        [70, 3, 2],
        [1, 65, 33],
    ];

    fn numbers(layout: Layout, seed: f32) -> Vec<f32> {
        (0..layout.len())
            .map(|i| (i as f32 * 0.37 + seed).sin() + 0.01 * ((i % 13) as f32))
            .collect()
    }

    /// The channel of each number, for the plain loops below.
    fn channels(layout: Layout) -> impl Iterator<Item = (usize, usize)> {
        (0..layout.len()).map(move |i| (i, i / layout.inner % layout.channels))
    }

    fn close(found: &[f32], wanted: &[f64], what: &str, layout: Layout) {
        assert_eq!(found.len(), wanted.len());
        let largest = wanted.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
        for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            assert!(
                (f64::from(*found) - wanted).abs() < 2e-6 * largest,
                "{what} {i} is {found} instead of {wanted} for {layout:?}"
            );
        }
    }

    fn plain_statistics(x: &[f32], layout: Layout) -> (Vec<f64>, Vec<f64>) {
        let n = layout.shared() as f64;
        let mut mean = vec![0.0; layout.channels];
        for (i, c) in channels(layout) {
            mean[c] += f64::from(x[i]) / n;
        }
        let mut variance = vec![0.0; layout.channels];
        for (i, c) in channels(layout) {
            variance[c] += (f64::from(x[i]) - mean[c]).powi(2) / n;
        }
        (mean, variance)
    }

    #[test]
    fn all_four_agree_with_plain_loops_in_f64() {
        for [outer, channels_, inner] in LAYOUTS {
            let layout = Layout {
                outer,
                channels: channels_,
                inner,
            };
            let (x, dy) = (numbers(layout, 0.3), numbers(layout, 1.9));
            let (mean, variance) = plain_statistics(&x, layout);
            let found = statistics(&x, layout);
            close(&found.mean, &mean, "mean", layout);
            close(&found.variance, &variance, "variance", layout);

            let constants: Vec<Vec<f32>> = (0..3)
                .map(|k| {
                    (0..channels_)
                        .map(|c| ((c + k) as f32 * 0.71).cos())
                        .collect()
                })
                .collect();
            let [a, b, d] = [&constants[0], &constants[1], &constants[2]];
            let y = normalise(&x, layout, &found.mean, a, b);
            let dx = input_gradient(&x, &dy, layout, &found.mean, [a, b, d]);
            let (mut y_plain, mut dx_plain) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            let (mut sum, mut along) = (vec![0.0; channels_], vec![0.0; channels_]);
            for (i, c) in channels(layout) {
                let distance = f64::from(x[i]) - f64::from(found.mean[c]);
                let (g, a, b, d) = (
                    f64::from(dy[i]),
                    f64::from(a[c]),
                    f64::from(b[c]),
                    f64::from(d[c]),
                );
                y_plain[i] = distance * a + b;
                dx_plain[i] = g * a - distance * b - d;
                sum[c] += g;
                along[c] += g * distance;
            }
            close(&y, &y_plain, "y", layout);
            close(&dx, &dx_plain, "dx", layout);
            let (found_sum, found_along) = sums(&x, &dy, layout, &found.mean);
            // A sum is as exact as its terms are large.
            let scale = layout.shared() as f64;
            for (found, wanted) in [(found_sum, sum), (found_along, along)] {
                let shares: Vec<f32> = found.iter().map(|v| (v / scale) as f32).collect();
                let wanted: Vec<f64> = wanted.iter().map(|v| v / scale).collect();
                for (found, wanted) in shares.iter().zip(&wanted) {
                    assert!(
                        (f64::from(*found) - wanted).abs() < 1e-6,
                        "{found} instead of {wanted} for {layout:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_small_variance_far_from_zero_is_not_lost() {
        for [outer, channels_, inner] in [[10_000, 3, 1], [40, 2, 1000]] {
            let layout = Layout {
                outer,
                channels: channels_,
                inner,
            };
            let x: Vec<f32> = numbers(layout, 0.1).iter().map(|v| 1000.0 + v).collect();
            let (mean, variance) = plain_statistics(&x, layout);
            let found = statistics(&x, layout);
            for c in 0..channels_ {
                assert!((f64::from(found.mean[c]) / mean[c] - 1.0).abs() < 1e-6);
                assert!((f64::from(found.variance[c]) / variance[c] - 1.0).abs() < 1e-5);
            }
        }
    }
}
