//! Learning-rate schedules: large steps first, small ones to settle.

/// The learning rate as a function of time. Time is counted in training steps or in epochs: see
/// [`LearningRateScheduler`](crate::model::LearningRateScheduler).
pub trait Schedule {
    /// The learning rate at this time, from 0.
    fn at(&self, time: usize) -> f64;
}

/// Any function of the time is a schedule.
impl<F: Fn(usize) -> f64> Schedule for F {
    fn at(&self, time: usize) -> f64 {
        self(time)
    }
}

/// Always the same.
#[derive(Clone, Copy, Debug)]
pub struct Constant(pub f64);

impl Schedule for Constant {
    fn at(&self, _: usize) -> f64 {
        self.0
    }
}

/// `initial · factorᵏ` after `k · every` steps or epochs.
#[derive(Clone, Copy, Debug)]
pub struct StepDecay {
    /// The learning rate at the start.
    pub initial: f64,
    /// What it is multiplied by, for example 0.5.
    pub factor: f64,
    /// How long it stays the same.
    pub every: usize,
}

impl Schedule for StepDecay {
    fn at(&self, time: usize) -> f64 {
        self.initial * self.factor.powi((time / self.every.max(1)) as i32)
    }
}

/// A straight rise from 0 to `peak` over `warm_up`, then half a cosine down to `last` at `total`, and flat from there
/// (Loshchilov and Hutter, 2017, without restarts).
///
/// ```
/// use dlkit::schedules::{CosineWithWarmUp, Schedule};
///
/// let schedule = CosineWithWarmUp { peak: 0.1, last: 0.0, warm_up: 10, total: 110 };
/// assert_eq!(schedule.at(5), 0.05);
/// assert_eq!(schedule.at(10), 0.1);
/// assert!((schedule.at(60) - 0.05).abs() < 1e-12); // half-way down
/// assert_eq!(schedule.at(200), 0.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CosineWithWarmUp {
    /// The largest learning rate, reached after the warm-up.
    pub peak: f64,
    /// The learning rate at the end.
    pub last: f64,
    /// How long the rise takes; 0 for none.
    pub warm_up: usize,
    /// When `last` is reached, counted from the start.
    pub total: usize,
}

impl Schedule for CosineWithWarmUp {
    fn at(&self, time: usize) -> f64 {
        if time < self.warm_up {
            return self.peak * time as f64 / self.warm_up as f64;
        }
        let length = self.total.saturating_sub(self.warm_up).max(1);
        let progress = ((time - self.warm_up) as f64 / length as f64).min(1.0);
        self.last + (self.peak - self.last) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_decay_halves_on_time() {
        let schedule = StepDecay {
            initial: 0.8,
            factor: 0.5,
            every: 10,
        };
        assert_eq!(
            [0, 9, 10, 29, 30].map(|t| schedule.at(t)),
            [0.8, 0.8, 0.4, 0.2, 0.1]
        );
    }

    #[test]
    fn cosine_never_leaves_its_range() {
        for warm_up in [0, 7] {
            let schedule = CosineWithWarmUp {
                peak: 0.1,
                last: 0.01,
                warm_up,
                total: 50,
            };
            assert!((warm_up..200).all(|t| (0.01..=0.1).contains(&schedule.at(t))));
            assert_eq!(schedule.at(warm_up), 0.1);
            assert!((schedule.at(50) - 0.01).abs() < 1e-12);
        }
        assert_eq!(Constant(0.3).at(1000), 0.3);
    }
}
