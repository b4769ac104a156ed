//! Random numbers from a counter: number `i` is a hash of `i` and a key.
//!
//! A generator with a state has to be run from its start; here each thread and each lane of a vector computes its own numbers, and the
//! result is the same however the work is cut.

/// 32 random bits for this position. Two rounds of a multiply–xorshift hash (Wellons' `lowbias32`) turn position and key into
/// bits; the loop around it has no state to carry, so the compiler vectorises it.
#[inline(always)]
pub(crate) fn bits(position: u32, key: u64) -> u32 {
    let (low, high) = (key as u32, (key >> 32) as u32);
    scramble(scramble(position ^ low).wrapping_add(high))
}

#[inline(always)]
fn scramble(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Half of the normal numbers that are made together: a long enough loop for the compiler to vectorise it.
const HALF: usize = 256;

/// The standard normal numbers at the positions `first` to `first + 2 · HALF − 1`, by Box and Muller (1958): from two uniform numbers `u`
/// and `v` come two normal ones, `√(−2 ln u) cos 2πv` and `√(−2 ln u) sin 2πv`. The largest possible is 5.9.
#[inline(always)]
fn normals(first: u32, key: u64) -> [[f32; HALF]; 2] {
    let (mut cosines, mut sines) = ([0.0; HALF], [0.0; HALF]);
    for lane in 0..HALF {
        let position = first.wrapping_add(lane as u32);
        let length = bits(position, key);
        let turn = bits(position.wrapping_add(HALF as u32), key);
        let radius = (-2.0 * ln(length)).sqrt() * std::f32::consts::FRAC_1_SQRT_2;
        // The angle in the first quarter, between −45° and 45° from its middle; two more bits choose the quarter.
        let share = (turn >> 8) as f32 * (1.0 / (1 << 24) as f32);
        let angle = (share - 0.5) * std::f32::consts::FRAC_PI_2;
        let square = angle * angle;
        let sine = angle
            * (1.0 + square * (-1.0 / 6.0 + square * (1.0 / 120.0 - square * (1.0 / 5040.0))));
        let cosine = 1.0
            + square * (-0.5 + square * (1.0 / 24.0 + square * (square / 40320.0 - 1.0 / 720.0)));
        let signs = [turn << 31, (turn << 30) & (1 << 31)];
        cosines[lane] = f32::from_bits((radius * (cosine - sine)).to_bits() ^ signs[0]);
        sines[lane] = f32::from_bits((radius * (cosine + sine)).to_bits() ^ signs[1]);
    }
    [cosines, sines]
}

/// `ln u` for a uniform number `0 < u < 1` made of these bits.
#[inline(always)]
fn ln(bits: u32) -> f32 {
    let u = ((bits >> 8) as f32 + 0.5) * (1.0 / (1 << 24) as f32);
    // u = m · 2ᵉ with √½ ≤ m < √2, then ln m = 2 artanh((m − 1) / (m + 1)) by its series.
    let shifted = u.to_bits() - 0x3f35_04f3;
    let exponent = ((shifted as i32) >> 23) as f32;
    let m = f32::from_bits((shifted & 0x007f_ffff) + 0x3f35_04f3);
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let series =
        1.0 + square * (1.0 / 3.0 + square * (0.2 + square * (1.0 / 7.0 + square * (1.0 / 9.0))));
    exponent * std::f32::consts::LN_2 + 2.0 * s * series
}

/// `x + deviation · normal number`, each at its position.
pub(crate) fn add_noise(x: &[f32], y: &mut [f32], deviation: f32, key: u64) {
    const CHUNK: usize = 1 << 13;
    super::parallel::for_each_chunk(y, CHUNK, |index, y| {
        let first = index * CHUNK;
        super::dispatch_always(AddNoise {
            x: &x[first..first + y.len()],
            y,
            first: first as u32,
            deviation,
            key,
        });
    });
}

struct AddNoise<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    first: u32,
    deviation: f32,
    key: u64,
}

impl pulp::WithSimd for AddNoise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let pairs = self.x.chunks(2 * HALF).zip(self.y.chunks_mut(2 * HALF));
        for (pair, (x, y)) in pairs.enumerate() {
            let first = self.first.wrapping_add((pair * 2 * HALF) as u32);
            let halves = x.chunks(HALF).zip(y.chunks_mut(HALF));
            for ((x, y), noise) in halves.zip(normals(first, self.key)) {
                for ((y, x), noise) in y.iter_mut().zip(x).zip(noise) {
                    *y = x + self.deviation * noise;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_right_from_the_smallest_to_the_largest() {
        for i in 0..=4096u32 {
            let bits = i.wrapping_mul(0x000f_ffff).max(i);
            let u = (f64::from(bits >> 8) + 0.5) / f64::from(1 << 24);
            let error = (f64::from(ln(bits)) - u.ln()).abs();
            assert!(error < 2e-6 * u.ln().abs().max(1.0), "ln {u}: {}", ln(bits));
        }
        assert!(ln(0) < -17.0 && ln(u32::MAX) <= 0.0);
    }

    /// Mean, variance, skewness and kurtosis of a million numbers, and their correlation with the next ones.
    #[test]
    fn normal_numbers_have_the_moments_of_the_normal_distribution() {
        let count = 1 << 20;
        let zeros = vec![0.0; count];
        let mut noise = vec![0.0; count];
        add_noise(&zeros, &mut noise, 1.0, 0x0123_4567_89ab_cdef);
        let moment = |power: i32| {
            noise.iter().map(|v| f64::from(*v).powi(power)).sum::<f64>() / count as f64
        };
        // Within four standard errors: √(1, 2, 15, 96) / √n.
        for (power, wanted, spread) in [
            (1, 0.0, 1.0f64),
            (2, 1.0, 2.0),
            (3, 0.0, 15.0),
            (4, 3.0, 96.0),
        ] {
            let error = (moment(power) - wanted).abs();
            assert!(
                error < 4.0 * (spread / count as f64).sqrt(),
                "moment {power} is {}",
                moment(power)
            );
        }
        let within =
            |limit: f32| noise.iter().filter(|v| v.abs() < limit).count() as f64 / count as f64;
        for (limit, share) in [
            (0.5, 0.382_925),
            (1.0, 0.682_689),
            (2.0, 0.954_5),
            (3.0, 0.997_3),
        ] {
            assert!(
                (within(limit) - share).abs() < 0.002,
                "{} within {limit}",
                within(limit)
            );
        }
        for lag in [1, HALF, 2 * HALF, 1000] {
            let product: f64 = (noise.iter().zip(&noise[lag..]))
                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                .sum();
            let correlation = product / (count - lag) as f64;
            assert!(
                correlation.abs() < 4.0 / (count as f64).sqrt(),
                "{correlation} at {lag}"
            );
        }
    }

    #[test]
    fn a_number_depends_on_its_position_and_not_on_the_length() {
        let x = vec![1.0; 20_001];
        let mut long = vec![0.0; x.len()];
        add_noise(&x, &mut long, 0.5, 7);
        for length in [1, 15, 33, 8191, 8193] {
            let mut short = vec![0.0; length];
            add_noise(&x[..length], &mut short, 0.5, 7);
            assert_eq!(short, long[..length]);
        }
        let mut other = vec![0.0; x.len()];
        add_noise(&x, &mut other, 0.5, 8);
        assert!(long.iter().zip(&other).filter(|(a, b)| a == b).count() < 20);
    }
}
