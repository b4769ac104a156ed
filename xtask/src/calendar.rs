//! The date and the time of day, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment as a calendar and a clock in UTC name it.
#[derive(Debug, PartialEq, Eq)]
pub struct Moment {
    /// All four digits.
    pub year: u64,
    /// 1 to 12.
    pub month: u64,
    /// 1 to 31.
    pub day: u64,
    /// 0 to 23.
    pub hour: u64,
    /// 0 to 59.
    pub minute: u64,
    /// 0 to 59.
    pub second: u64,
}

impl Moment {
    /// This one.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self::at(since.map_or(0, |since| since.as_secs()))
    }

    /// So many seconds after the first of January 1970. The days are counted as in Howard Hinnant's "chrono-compatible low-level
    /// date algorithms".
    pub(crate) fn at(seconds: u64) -> Self {
        let (days, of_day) = (seconds / 86_400, seconds % 86_400);
        let shifted = days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        Self {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month,
            day: of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }

    /// `2026-03-01`.
    #[must_use]
    pub fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn days_become_dates() {
        for (days, wanted) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (364, "1970-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (19_782, "2024-02-29"),
            (20_453, "2025-12-31"),
            (20_778, "2026-11-21"),
        ] {
            assert_eq!(Moment::at(days * 86_400).date(), wanted);
        }
    }

    #[test]
    fn seconds_become_times_of_day() {
        let moment = Moment::at(951_782_399);
        assert_eq!(moment.date(), "2000-02-28");
        assert_eq!((moment.hour, moment.minute, moment.second), (23, 59, 59));
        let next = Moment::at(951_782_400);
        assert_eq!(next.date(), "2000-02-29");
        assert_eq!((next.hour, next.minute, next.second), (0, 0, 0));
    }
}
