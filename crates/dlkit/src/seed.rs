//! One seed, from which every random number of a run comes.
//!
//! Candle cannot seed its CPU generator, so nothing in dlkit draws from it. A [`Seed`] is a plain value that is passed along:
//! there is no hidden global generator whose state depends on who drew before. Each use takes a seed of its own by name and
//! number, so that a new layer, a second thread or one more epoch never shifts the numbers that another part sees.
//!
//! ```
//! use dlkit::seed::Seed;
//!
//! let seed = Seed(42);
//! let first_epoch = seed.derive("shuffle").at(0);
//! assert_eq!(first_epoch, Seed(42).derive("shuffle").at(0)); // the same every time
//! assert_ne!(first_epoch, seed.derive("shuffle").at(1)); // another epoch, another order
//! assert_ne!(first_epoch, seed.derive("dropout").at(0)); // another use, other numbers
//! ```

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The generator that a [`Seed`] starts: ChaCha with 8 rounds, the same numbers on every platform.
pub type Rng = ChaCha8Rng;

/// Where a run's randomness starts. Any number will do; the same number gives the same run, bit for bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed for one purpose, such as `"shuffle"` or `"dense/kernel"`.
    #[must_use]
    pub fn derive(self, purpose: &str) -> Self {
        // FNV-1a (Fowler, Noll, Vo) over the name; `mix` then spreads what little a short name changes.
        let name = purpose
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Self(mix(self.0 ^ mix(name)))
    }

    /// A seed for one item of a numbered row: an epoch, a step, an image.
    #[must_use]
    pub fn at(self, index: u64) -> Self {
        Self(mix(self.0.wrapping_add(mix(index.wrapping_add(1)))))
    }

    /// A generator that starts here.
    #[must_use]
    pub fn rng(self) -> Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }

    /// The numbers `0..n` in a random order.
    #[must_use]
    pub fn permutation(self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut self.rng());
        order
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): each input bit changes about half of the output bits.
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn gives_the_same_numbers_again() {
        let draw = || Seed(7).derive("init").rng().random::<[u64; 4]>();
        assert_eq!(draw(), draw());
    }

    #[test]
    fn tells_purposes_and_indices_apart() {
        let mut seen = std::collections::HashSet::new();
        for purpose in ["init", "shuffle", "dropout", "a", "b", ""] {
            for index in 0..1000 {
                assert!(seen.insert(Seed(1).derive(purpose).at(index)));
            }
        }
    }

    #[test]
    fn a_permutation_holds_every_number_once() {
        let mut order = Seed(3).permutation(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
        assert!(Seed(3).permutation(0).is_empty());
    }
}
