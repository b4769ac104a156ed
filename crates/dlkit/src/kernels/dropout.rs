//! Dropout in one pass: the mask is computed where it is used and never stored.

use super::random;

/// Numbers a task works on.
const CHUNK: usize = 1 << 14;

/// Which numbers are dropped, and what the others are multiplied by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask {
    key: u64,
    threshold: u32,
    scale: f32,
}

impl Mask {
    /// Drops each number with probability `rate` (0 to below 1).
    pub(crate) fn new(rate: f64, key: u64) -> Self {
        Self {
            key,
            threshold: (rate * f64::from(u32::MAX)) as u32,
            scale: (1.0 / (1.0 - rate)) as f32,
        }
    }

    /// The first `count` factors: 0 or `1 / (1 − rate)`.
    pub(crate) fn factors(self, count: usize) -> Vec<f32> {
        let mut factors = vec![1.0; count];
        super::parallel::for_each_chunk(&mut factors, CHUNK, |index, factors| {
            for (offset, factor) in factors.iter_mut().enumerate() {
                *factor = self.apply((index * CHUNK + offset) as u32, 1.0);
            }
        });
        factors
    }

    /// Where something is dropped there is a 0 afterwards, also for an infinite number.
    #[inline(always)]
    fn apply(self, position: u32, x: f32) -> f32 {
        if random::bits(position, self.key) < self.threshold {
            0.0
        } else {
            x * self.scale
        }
    }
}

/// `y = x · mask`: the forward pass, and with gradients for `x` and `y` the backward pass too.
pub(crate) fn dropout(x: &[f32], y: &mut [f32], mask: Mask) {
    assert_eq!(x.len(), y.len());
    super::parallel::for_each_chunk(y, CHUNK, |index, y| {
        let first = index * CHUNK;
        super::dispatch(Dropout {
            x: &x[first..first + y.len()],
            y,
            first: first as u32,
            mask,
        });
    });
}

struct Dropout<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    first: u32,
    mask: Mask,
}

impl pulp::WithSimd for Dropout<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        for ((y, x), position) in self.y.iter_mut().zip(self.x).zip(self.first..) {
            *y = self.mask.apply(position, *x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplies_by_the_factors_at_any_length() {
        for length in [0, 1, 7, 17, CHUNK - 1, CHUNK + 1, 3 * CHUNK + 5] {
            let x: Vec<f32> = (0..length).map(|i| (i as f32 * 0.37).sin()).collect();
            for rate in [0.0, 0.2, 0.5, 0.95] {
                let mask = Mask::new(rate, 0xfeed_0123_4567_89ab);
                let mut y = vec![f32::NAN; length];
                dropout(&x, &mut y, mask);
                for (i, factor) in mask.factors(length).into_iter().enumerate() {
                    assert_eq!(y[i], x[i] * factor, "number {i} of {length}");
                }
            }
        }
    }

    #[test]
    fn the_mask_of_a_key_is_the_same_in_every_version() {
        // The first 32 factors of one key, so that a seed keeps meaning the same run.
        let kept: String = Mask::new(0.5, 0x0123_4567_89ab_cdef)
            .factors(32)
            .into_iter()
            .map(|factor| if factor == 0.0 { '.' } else { '#' })
            .collect();
        assert_eq!(kept, "#.#..#.###..###.##.####.##.#...#");
    }

    #[test]
    fn what_is_dropped_is_zero_even_where_it_was_infinite() {
        let x = vec![f32::INFINITY; 100];
        let mut y = vec![0.0; 100];
        dropout(&x, &mut y, Mask::new(0.5, 1));
        assert!(y.iter().all(|v| *v == 0.0 || *v == f32::INFINITY));
        assert!(y.contains(&0.0) && y.contains(&f32::INFINITY));
    }
}
