//! Numbers as a person reads them.

/// Six significant digits, and a name for what is no number.
pub(crate) fn number(x: f64) -> String {
    if x.is_nan() {
        return "NaN (not a number)".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "+infinity" } else { "−infinity" }.into();
    }
    digits(x, 6)
}

/// Two different numbers, with as many digits as it takes to see that they differ.
pub(crate) fn pair(a: f64, b: f64) -> (String, String) {
    for precision in [6, 9, 12] {
        let (shown_a, shown_b) = (digits(a, precision), digits(b, precision));
        if shown_a != shown_b && a.is_finite() && b.is_finite() {
            return (shown_a, shown_b);
        }
    }
    (number(a), number(b))
}

fn digits(x: f64, significant: usize) -> String {
    if x == 0.0 {
        return "0".into();
    }
    let magnitude = x.abs().log10().floor();
    if !(-5.0..9.0).contains(&magnitude) {
        return format!("{x:.*e}", significant - 1);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and not negative"
    )]
    let decimals = (significant as f64 - 1.0 - magnitude).max(0.0) as usize;
    let text = format!("{x:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_a_person_would_write() {
        assert_eq!(number(0.5), "0.5");
        assert_eq!(number(-3.0), "-3");
        assert_eq!(number(0.047_425_873), "0.0474259");
        assert_eq!(number(12_345.678_9), "12345.7");
        assert_eq!(number(1e-9), "1.00000e-9");
        assert_eq!(number(f64::NAN), "NaN (not a number)");
    }

    #[test]
    fn two_different_numbers_never_look_alike() {
        let (a, b) = pair(1.000_000_1, 1.000_000_2);
        assert_ne!(a, b);
    }
}
