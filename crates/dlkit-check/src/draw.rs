//! Numbers to try a student's code on: many and odd ones, and the same at every run, so that a verdict can be repeated.

/// A row of repeatable random numbers.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let mut draw = Draw::new(1);
/// let weights = draw.numbers(3, -2.0, 2.0);
/// assert_eq!(weights, Draw::new(1).numbers(3, -2.0, 2.0));
/// ```
#[derive(Clone, Debug)]
pub struct Draw {
    state: u64,
}

impl Draw {
    /// A row of its own for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A number from `low` (included) to `high` (excluded), all equally likely.
    pub fn number(&mut self, low: f64, high: f64) -> f64 {
        // The upper 53 bits fill the precision of an f64.
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        low + unit * (high - low)
    }

    /// `n` such numbers.
    pub fn numbers(&mut self, n: usize, low: f64, high: f64) -> Vec<f64> {
        (0..n).map(|_| self.number(low, high)).collect()
    }

    /// `rows` rows of `columns` such numbers.
    pub fn rows(&mut self, rows: usize, columns: usize, low: f64, high: f64) -> Vec<Vec<f64>> {
        (0..rows)
            .map(|_| self.numbers(columns, low, high))
            .collect()
    }

    /// 0 or 1, as a number.
    pub fn bit(&mut self) -> f64 {
        (self.next() >> 63) as f64
    }

    /// `n` zeros and ones.
    pub fn bits(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.bit()).collect()
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_its_range_and_fills_it() {
        let numbers = Draw::new(3).numbers(10_000, -1.0, 3.0);
        assert!(numbers.iter().all(|x| (-1.0..3.0).contains(x)));
        let mean = numbers.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
    }

    #[test]
    fn bits_are_zeros_and_ones_in_about_equal_number() {
        let bits = Draw::new(4).bits(1000);
        assert!(bits.iter().all(|b| *b == 0.0 || *b == 1.0));
        assert!((400.0..600.0).contains(&bits.iter().sum::<f64>()));
    }
}
