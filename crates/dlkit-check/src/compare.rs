//! Numbers and rows of numbers, compared in one call. [`expect`] is the long form, for tolerances and typical mistakes.

use crate::expect::expect;
use crate::failure::Verdict;

/// Compares two numbers; they may differ by 10⁻⁹ or by a millionth of the larger one.
///
/// # Errors
///
/// A sentence that names the quantity and both numbers.
pub fn close(name: &str, got: f64, want: f64) -> Verdict {
    expect(name).close(got, want)
}

/// Compares two numbers that may differ by `tolerance`, absolute or relative.
///
/// # Errors
///
/// A sentence that names the quantity and both numbers.
pub fn close_within(name: &str, got: f64, want: f64, tolerance: f64) -> Verdict {
    expect(name).within(tolerance).close(got, want)
}

/// Compares two rows: their lengths first, then each value.
///
/// # Errors
///
/// A sentence that names the quantity, the worst place and how many values differ.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let failure = close_all("a", &[0.5, 0.9, 0.1], &[0.5, 0.8, 0.1]).unwrap_err();
/// assert_eq!(failure.message, "a[1] is 0.9, but it should be 0.8 (1 of 3 values differ).");
/// ```
pub fn close_all(name: &str, got: &[f64], want: &[f64]) -> Verdict {
    expect(name).close_all(got, want)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_forgiven_and_a_difference_is_not() {
        assert!(close("z", 0.1 + 0.2, 0.3).is_ok());
        assert!(close("z", 0.0, 1e-10).is_ok());
        assert!(close("z", 1e9 + 1.0, 1e9).is_ok());
        assert!(close("z", 0.3001, 0.3).is_err());
        assert!(close_within("z", 0.3001, 0.3, 1e-3).is_ok());
    }

    #[test]
    fn what_is_no_number_never_equals_a_number() {
        let failure = close("z", f64::NAN, 1.0).unwrap_err();
        assert_eq!(failure.diagnosis.as_deref(), Some("not-a-number"));
        assert!(close("z", f64::INFINITY, 1e300).is_err());
    }

    #[test]
    fn the_length_is_looked_at_first() {
        let failure = close_all("a", &[1.0], &[2.0, 3.0]).unwrap_err();
        assert_eq!(
            failure.message,
            "a holds 1 value, but it should hold 2 values."
        );
        assert!(close_all("a", &[], &[]).is_ok());
    }

    #[test]
    fn the_worst_place_is_named() {
        let failure = close_all("a", &[1.1, f64::NAN, 9.0], &[1.0, 2.0, 3.0]).unwrap_err();
        assert!(failure.message.starts_with("a[1] is NaN"), "{failure}");
        assert!(failure.message.contains("3 of 3"), "{failure}");
    }
}
