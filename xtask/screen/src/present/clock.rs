//! How long each step has taken so far: a clock that runs for one step at a time, and can stand.

use std::time::{Duration, Instant};

/// The time spent, by step.
pub(crate) struct Clock {
    spent: Vec<Duration>,
    /// The step whose time runs, and since when.
    running: Option<(usize, Instant)>,
}

impl Clock {
    /// A clock that stands, with the seconds that the steps have had.
    pub(crate) fn new(steps: usize, seconds: &[u64]) -> Self {
        let spent =
            (0..steps).map(|step| Duration::from_secs(seconds.get(step).copied().unwrap_or(0)));
        Self {
            spent: spent.collect(),
            running: None,
        }
    }

    pub(crate) fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// From now on time is spent on this step, counted from 1.
    pub(crate) fn run(&mut self, step: usize, now: Instant) {
        self.stop(now);
        self.running = Some((step, now));
    }

    /// Stands.
    pub(crate) fn stop(&mut self, now: Instant) {
        if let Some((step, since)) = self.running.take()
            && let Some(spent) = self.spent.get_mut(step - 1)
        {
            *spent += now.saturating_duration_since(since);
        }
    }

    /// Sets a step's time to zero.
    pub(crate) fn forget(&mut self, step: usize, now: Instant) {
        if let Some(spent) = self.spent.get_mut(step - 1) {
            *spent = Duration::ZERO;
        }
        if let Some((running, since)) = &mut self.running
            && *running == step
        {
            *since = now;
        }
    }

    /// What a step has had so far.
    pub(crate) fn spent(&self, step: usize, now: Instant) -> Duration {
        let before = self.spent.get(step - 1).copied().unwrap_or_default();
        match self.running {
            Some((running, since)) if running == step => {
                before + now.saturating_duration_since(since)
            }
            _ => before,
        }
    }

    /// What all steps have had so far.
    pub(crate) fn total(&self, now: Instant) -> Duration {
        (1..=self.spent.len())
            .map(|step| self.spent(step, now))
            .sum()
    }

    /// Whole seconds, by step.
    pub(crate) fn seconds(&self, now: Instant) -> Vec<u64> {
        (1..=self.spent.len())
            .map(|step| self.spent(step, now).as_secs())
            .collect()
    }
}

/// `4:07`, `1:04:07`.
pub(crate) fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_spent_on_one_step_at_a_time_and_only_while_it_runs() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut clock = Clock::new(2, &[5]);
        assert_eq!(clock.total(at(9)).as_secs(), 5, "it stands at first");
        clock.run(1, at(10));
        clock.run(2, at(20));
        assert_eq!(clock.spent(1, at(25)).as_secs(), 15);
        assert_eq!(clock.spent(2, at(25)).as_secs(), 5);
        clock.stop(at(30));
        assert_eq!(clock.seconds(at(99)), [15, 10]);
        clock.run(2, at(100));
        clock.forget(2, at(103));
        assert_eq!(clock.spent(2, at(104)).as_secs(), 1);
    }

    #[test]
    fn time_is_shown_as_on_a_clock() {
        assert_eq!(shown(Duration::from_secs(247)), "4:07");
        assert_eq!(shown(Duration::from_secs(3847)), "1:04:07");
    }
}
