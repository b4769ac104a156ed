//! Gates: a number that must reach a mark, or stay below one.

use crate::failure::{Failure, Verdict};
use crate::number::{number, pair};

/// Wants `got ≥ want`; `advice` is a sentence that says what to look at.
///
/// # Errors
///
/// A sentence with both numbers and the advice. NaN reaches no mark.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let failure = at_least("accuracy", 0.75, 0.99, "Is the learning rate too small?").unwrap_err();
/// assert_eq!(failure.message, "accuracy is 0.75, but it should be at least 0.99. Is the learning rate too small?");
/// ```
pub fn at_least(name: &str, got: f64, want: f64, advice: &str) -> Verdict {
    bound(name, got, want, "at least", got >= want, advice)
}

/// Wants `got ≤ want`; `advice` is a sentence that says what to look at.
///
/// # Errors
///
/// A sentence with both numbers and the advice. NaN is below no mark.
pub fn at_most(name: &str, got: f64, want: f64, advice: &str) -> Verdict {
    bound(name, got, want, "at most", got <= want, advice)
}

fn bound(name: &str, got: f64, want: f64, side: &str, holds: bool, advice: &str) -> Verdict {
    if holds {
        return Ok(());
    }
    if got.is_nan() {
        let message = format!(
            "{name} is NaN (not a number), but it should be {side} {}. {advice}",
            number(want)
        );
        return Err(Failure::new(message).diagnosed("not-a-number"));
    }
    let (got, want) = pair(got, want);
    Err(Failure::new(format!(
        "{name} is {got}, but it should be {side} {want}. {advice}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_itself_is_enough() {
        assert!(at_least("accuracy", 0.9, 0.9, "").is_ok());
        assert!(at_most("loss", 0.1, 0.1, "").is_ok());
        assert!(at_most("loss", 0.2, 0.1, "").is_err());
    }

    #[test]
    fn nan_passes_no_gate() {
        for verdict in [
            at_least("a", f64::NAN, 0.0, ""),
            at_most("a", f64::NAN, 0.0, ""),
        ] {
            assert_eq!(
                verdict.unwrap_err().diagnosis.as_deref(),
                Some("not-a-number")
            );
        }
    }
}
