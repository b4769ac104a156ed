//! Points in the plane that belong to two or more classes: small enough to watch a net learn them.
//!
//! Inputs are `(n, 2)` f32. With two classes ([`two_moons`], [`circles`]) targets are `(n, 1)` f32, 0 or 1, for a net that ends
//! in one sigmoid; with any number of classes ([`spirals`], [`gaussians`]) they are labels `(n,)` u32, for a softmax.
//! Points come in a random order, as from scikit-learn, so that a part of them is a fair sample. The same seed gives the same
//! points.
//!
//! ```
//! use dlkit::data::{circles, gaussians, spirals, two_moons};
//! use dlkit::seed::Seed;
//!
//! # fn main() -> dlkit::Result<()> {
//! let seed = Seed(42);
//! let moons = two_moons(200, 0.1, seed)?;
//! assert_eq!((moons.inputs().dims(), moons.targets().dims()), (&[200, 2][..], &[200, 1][..]));
//! let rings = circles(200, 0.5, 0.05, seed)?;
//! assert_eq!(rings.targets().dims(), [200, 1]);
//! let arms = spirals(100, 3, 0.1, seed)?;
//! assert_eq!((arms.inputs().dims(), arms.targets().dims()), (&[300, 2][..], &[300][..]));
//! let clouds = gaussians(50, 4, 0.3, seed)?;
//! assert_eq!(clouds.targets().dims(), [200]);
//! # Ok(())
//! # }
//! ```

use super::Dataset;
use crate::Result;
use crate::seed::{Rng, Seed};
use anyhow::ensure;
use candle_core::{Device, Tensor};
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::{PI, TAU};

/// Two half circles that reach into each other: class 0 is `(cos t, sin t)`, class 1 is `(1 − cos t, ½ − sin t)`, with `t`
/// evenly from 0 to π. To both coordinates noise of the standard deviation `noise` is added.
///
/// `n` points, ⌈n/2⌉ of them in class 0. No line parts them; a small hidden layer can.
///
/// # Errors
/// When `n < 2`, or `noise` is negative or no number.
pub fn two_moons(n: usize, noise: f64, seed: Seed) -> Result<Dataset> {
    check("two_moons", n, noise)?;
    let upper = n.div_ceil(2);
    let mut points = Points::new(noise, seed.derive("two_moons"));
    for i in 0..n {
        if i < upper {
            let t = PI * along(i, upper);
            points.push(t.cos(), t.sin(), 0);
        } else {
            let t = PI * along(i - upper, n - upper);
            points.push(1. - t.cos(), 0.5 - t.sin(), 1);
        }
    }
    points.into_two_classes()
}

/// A ring of radius 1 (class 0) around one of radius `inner` (class 1), with noise of the standard deviation `noise`.
///
/// `n` points, ⌈n/2⌉ of them on the outer ring.
///
/// # Errors
/// When `n < 2`, `inner` does not lie between 0 and 1, or `noise` is negative or no number.
pub fn circles(n: usize, inner: f64, noise: f64, seed: Seed) -> Result<Dataset> {
    check("circles", n, noise)?;
    ensure!(
        inner > 0. && inner < 1.,
        "circles needs an inner radius between 0 and 1, the radius of the outer ring, not {inner}"
    );
    let outer = n.div_ceil(2);
    let mut points = Points::new(noise, seed.derive("circles"));
    for i in 0..n {
        let (radius, class, k, of) = if i < outer {
            (1., 0, i, outer)
        } else {
            (inner, 1, i - outer, n - outer)
        };
        let t = TAU * k as f64 / of as f64; // not quite to 2π, where the ring would meet itself
        points.push(radius * t.cos(), radius * t.sin(), class);
    }
    points.into_two_classes()
}

/// Arms that wind around the origin, one a class: radius `r` evenly from 0 to 1, angle `4r + 2π·class/classes`, to which noise
/// of the standard deviation `noise` (in radians) is added. After the spirals of the CS231n notes.
///
/// # Errors
/// When there are fewer than 2 points in a class or fewer than 2 classes, or `noise` is negative or no number.
pub fn spirals(n_per_class: usize, classes: usize, noise: f64, seed: Seed) -> Result<Dataset> {
    check("spirals", n_per_class, noise)?;
    check_classes("spirals", classes)?;
    let mut rng = seed.derive("spirals").rng();
    let mut points = Points::new(0., seed);
    for class in 0..classes {
        for i in 0..n_per_class {
            let radius = along(i, n_per_class);
            let angle =
                4. * radius + TAU * class as f64 / classes as f64 + noise * normal(&mut rng);
            points.push(radius * angle.sin(), radius * angle.cos(), class as u32);
        }
    }
    points.into_labels()
}

/// A round cloud a class, with its centre on the circle of radius 1 at the angle `2π·class/classes` and the standard deviation
/// `spread` along each axis. Softmax regression does as well here as anything can.
///
/// # Errors
/// As [`spirals`].
pub fn gaussians(n_per_class: usize, classes: usize, spread: f64, seed: Seed) -> Result<Dataset> {
    check("gaussians", n_per_class, spread)?;
    check_classes("gaussians", classes)?;
    let mut points = Points::new(spread, seed.derive("gaussians"));
    for class in 0..classes {
        let angle = TAU * class as f64 / classes as f64;
        for _ in 0..n_per_class {
            points.push(angle.cos(), angle.sin(), class as u32);
        }
    }
    points.into_labels()
}

fn check(name: &str, n: usize, noise: f64) -> Result<()> {
    ensure!(n >= 2, "{name} needs at least 2 points, not {n}");
    ensure!(
        noise >= 0. && noise.is_finite(),
        "{name} needs a noise of 0 or more, not {noise}"
    );
    Ok(())
}

fn check_classes(name: &str, classes: usize) -> Result<()> {
    ensure!(
        classes >= 2,
        "{name} needs at least 2 classes to tell apart, not {classes}"
    );
    Ok(())
}

/// `n` values evenly from 0 to 1, both included.
fn along(i: usize, n: usize) -> f64 {
    i as f64 / (n.max(2) - 1) as f64
}

fn normal(rng: &mut Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Points as they are collected, each coordinate with its noise.
struct Points {
    noise: f64,
    seed: Seed,
    rng: Rng,
    inputs: Vec<f32>,
    classes: Vec<u32>,
}

impl Points {
    fn new(noise: f64, seed: Seed) -> Self {
        Self {
            noise,
            seed,
            rng: seed.rng(),
            inputs: Vec::new(),
            classes: Vec::new(),
        }
    }

    fn push(&mut self, x: f64, y: f64, class: u32) {
        for coordinate in [x, y] {
            let noisy = coordinate + self.noise * normal(&mut self.rng);
            self.inputs.push(noisy as f32);
        }
        self.classes.push(class);
    }

    fn into_two_classes(self) -> Result<Dataset> {
        let n = self.classes.len();
        let targets: Vec<f32> = self.classes.iter().map(|&class| class as f32).collect();
        let targets = Tensor::from_vec(targets, (n, 1), &Device::Cpu)?;
        self.in_random_order(targets)
    }

    fn into_labels(mut self) -> Result<Dataset> {
        let classes = std::mem::take(&mut self.classes);
        let n = classes.len();
        self.in_random_order(Tensor::from_vec(classes, n, &Device::Cpu)?)
    }

    fn in_random_order(self, targets: Tensor) -> Result<Dataset> {
        let inputs = Tensor::from_vec(self.inputs, (targets.dim(0)?, 2), &Device::Cpu)?;
        Dataset::new(inputs, targets)?.shuffled(self.seed.derive("order"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(data: &Dataset) -> Vec<Vec<f32>> {
        data.inputs().to_vec2().unwrap()
    }

    fn labels(data: &Dataset) -> Vec<u32> {
        let flat = data.targets().flatten_all().unwrap();
        flat.to_dtype(candle_core::DType::U32)
            .unwrap()
            .to_vec1()
            .unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_points() {
        let make: [fn(Seed) -> Result<Dataset>; 4] = [
            |seed| two_moons(20, 0.1, seed),
            |seed| circles(20, 0.5, 0.1, seed),
            |seed| spirals(20, 3, 0.1, seed),
            |seed| gaussians(20, 3, 0.1, seed),
        ];
        for make in make {
            let draw = |seed| points(&make(Seed(seed)).unwrap());
            assert_eq!(draw(1), draw(1));
            assert_ne!(draw(1), draw(2));
        }
    }

    #[test]
    fn moons_without_noise_lie_on_their_half_circles() {
        let data = two_moons(11, 0., Seed(1)).unwrap();
        assert_eq!(labels(&data).iter().sum::<u32>(), 5);
        for (p, class) in points(&data).iter().zip(labels(&data)) {
            let (cx, cy, side) = if class == 0 {
                (0., 0., 1.)
            } else {
                (1., 0.5, -1.)
            };
            assert!(((p[0] - cx).hypot(p[1] - cy) - 1.).abs() < 1e-5);
            assert!(side * (p[1] - cy) > -1e-5);
        }
    }

    #[test]
    fn rings_without_noise_have_their_radii() {
        let data = circles(9, 0.4, 0., Seed(1)).unwrap();
        for (p, class) in points(&data).iter().zip(labels(&data)) {
            let radius = if class == 0 { 1. } else { 0.4 };
            assert!((p[0].hypot(p[1]) - radius).abs() < 1e-5);
        }
    }

    #[test]
    fn spiral_arms_are_turned_copies_of_each_other() {
        let data = spirals(5, 2, 0., Seed(1)).unwrap();
        let (points, labels) = (points(&data), labels(&data));
        for (p, class) in points.iter().zip(&labels) {
            // Half a turn apart: the opposite point is on the other arm.
            assert!(points.iter().zip(&labels).any(|(q, other)| {
                class != other && (p[0] + q[0]).abs() < 1e-5 && (p[1] + q[1]).abs() < 1e-5
            }));
        }
    }

    #[test]
    fn clouds_have_the_centre_and_the_spread_that_was_asked_for() {
        let data = gaussians(2000, 2, 0.25, Seed(1)).unwrap();
        let second = points(&data)
            .into_iter()
            .zip(labels(&data))
            .filter(|(_, class)| *class == 1);
        let xs: Vec<f64> = second.map(|(p, _)| f64::from(p[0])).collect();
        assert_eq!(xs.len(), 2000);
        let mean = xs.iter().sum::<f64>() / 2000.;
        let variance = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2000.;
        assert!((mean + 1.).abs() < 0.03, "{mean}");
        assert!((variance.sqrt() - 0.25).abs() < 0.02, "{variance}");
    }

    #[test]
    fn every_part_is_a_fair_sample() {
        let data = two_moons(400, 0.1, Seed(1)).unwrap();
        let first = labels(&data.take(100).unwrap()).iter().sum::<u32>();
        assert!(
            (35..65).contains(&first),
            "{first} of the first 100 are of class 1"
        );
    }

    #[test]
    fn refuses_what_cannot_be_drawn() {
        assert!(two_moons(1, 0.1, Seed(1)).is_err());
        assert!(two_moons(10, -0.1, Seed(1)).is_err());
        assert!(two_moons(10, f64::NAN, Seed(1)).is_err());
        assert!(circles(10, 1., 0.1, Seed(1)).is_err());
        assert!(spirals(10, 1, 0.1, Seed(1)).is_err());
        assert!(gaussians(10, 1, 0.1, Seed(1)).is_err());
    }
}
