//! How long somebody worked on a step.

use std::time::{Duration, Instant};

/// Who does nothing for longer than this is not at work: at lunch, or asleep.
const AWAY: Duration = Duration::from_secs(10 * 60);

/// Counts the time between one sign of life and the next.
pub(crate) struct Clock {
    last: Instant,
    worked: Duration,
}

impl Clock {
    /// Starts to count.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            last: now,
            worked: Duration::ZERO,
        }
    }

    /// Somebody has done something: pressed a key, saved a file.
    pub(crate) fn moved(&mut self, now: Instant) {
        self.worked += self.waited(now);
        self.last = now;
    }

    /// The whole seconds since the last call; the rest goes on counting.
    pub(crate) fn take(&mut self) -> u64 {
        let seconds = self.worked.as_secs();
        self.worked -= Duration::from_secs(seconds);
        seconds
    }

    /// The whole minutes that were not taken yet.
    pub(crate) fn minutes(&self, now: Instant) -> u64 {
        (self.worked + self.waited(now)).as_secs() / 60
    }

    fn waited(&self, now: Instant) -> Duration {
        let since = now.saturating_duration_since(self.last);
        if since > AWAY { Duration::ZERO } else { since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_does_not_count() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut clock = Clock::new(start);
        clock.moved(at(90));
        assert_eq!(clock.minutes(at(150)), 2);
        clock.moved(at(8 * 3600));
        assert_eq!(clock.take(), 90);
        clock.moved(at(8 * 3600 + 30));
        assert_eq!(clock.minutes(at(20 * 3600)), 0);
        assert_eq!(clock.take(), 30);
        assert_eq!(clock.take(), 0);
    }
}
