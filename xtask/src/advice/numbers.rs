//! Numbers of different kinds that meet.

use super::expected_found;
use crate::diagnostics::{Diagnostic, quoted};

/// `let mut z: f32 = bias;`, where all the rest is `f64`: a slip in the declaration, as a rule, not a number to be turned.
pub(super) fn declared_otherwise(error: &Diagnostic) -> Option<String> {
    let (declared, given) = expected_found(error)?;
    let says = error.labelled("expected due to this")?;
    let is_float = |of: &str| matches!(of, "f32" | "f64");
    if !is_float(declared) || !is_float(given) || says.code() != declared {
        return None;
    }
    let (before, _) = says.whole_line().rsplit_once(&format!(": {declared}"))?;
    let (_, name) = before.rsplit_once("let ")?;
    Some(format!(
        "The `let` declares {}, and what stands on the right is {}. If the rest here is `{given}`, write `let {name}: {given}`.",
        a(declared),
        a(given)
    ))
}

/// Whether the error is a `let` that declares another kind of number than it is given.
pub(crate) fn is_declared_otherwise(error: &Diagnostic) -> bool {
    error.code() == "E0308" && declared_otherwise(error).is_some()
}

/// The two kinds of numbers that meet in an error, in a fixed order.
pub(crate) fn kinds_of(error: &Diagnostic) -> Option<[String; 2]> {
    let (one, other) = match error.code() {
        "E0308" => expected_found(error)?,
        "E0277" | "E0369" if error.message.starts_with("cannot ") => {
            (quoted(&error.message, 0)?, quoted(&error.message, 1)?)
        }
        _ => return None,
    };
    let mut kinds = [one, other].map(|kind| kind.trim_start_matches('&').to_owned());
    kinds.sort();
    (kinds.iter().all(|kind| is_number(kind)) && kinds[0] != kinds[1]).then_some(kinds)
}

/// `max`, `sort` and the like: they need an order of all values, which numbers with a point do not have.
pub(super) fn no_order(error: &Diagnostic) -> Option<String> {
    let (of, bound) = super::tensors::bound(error)?;
    let of = of.trim_start_matches('&');
    if bound != "Ord" || !matches!(of, "f32" | "f64") {
        return None;
    }
    let name = error.primary()?.code();
    let instead = match name.as_str() {
        "max" => format!("`.copied().fold({of}::NEG_INFINITY, {of}::max)` finds the largest"),
        "min" => format!("`.copied().fold({of}::INFINITY, {of}::min)` finds the smallest"),
        "sort" | "sort_unstable" => format!("`.{name}_by({of}::total_cmp)` sorts them"),
        _ => "`a.total_cmp(&b)` compares two of them".to_owned(),
    };
    Some(format!(
        "An `{of}` may be `NaN`, which is neither more nor less than another number, so `{name}` finds no order. {instead}."
    ))
}

pub(super) fn number(error: &Diagnostic) -> Option<String> {
    let message = &error.message;
    if error.code() == "E0614" {
        let power = error.primary()?.whole_line().contains("**");
        return power.then(|| {
            "Rust has no `**`: a power is `x.powi(2)`, or `x.powf(0.5)` where the exponent is no whole number.".to_owned()
        });
    }
    if error.code() == "E0600" {
        let of = quoted(message, 1)?;
        return (of.starts_with('u') && is_number(of)).then(|| {
            format!(
                "A `{of}` is never negative. Make it an `f64` or an `isize` first: `-(x as f64)`."
            )
        });
    }
    if error
        .child("if you dereference the left-hand side")
        .is_some()
    {
        return Some(
            "The left side is a reference to a number. With a `*` in front it is the number itself."
                .to_owned(),
        );
    }
    if message.contains("cannot be indexed by") {
        let by = quoted(message, 1)?.trim_start_matches('&');
        let (what, how) = (a(by), "If there is one in it, take it out: `.0`");
        return Some(if is_number(by) {
            format!("An index is a `usize`, and this is {what}: `i as usize`.")
        } else {
            format!("An index is a `usize`, and this is {what}. {how}.")
        });
    }
    if error.code() == "E0606" {
        return quoted(message, 0)?.starts_with('&').then(|| {
            "This is a reference to a number. `*x` is the number: `*x as f32`.".to_owned()
        });
    }
    if error.code() == "E0308" {
        let (expected, found) = expected_found(error)?;
        if expected.starts_with("&") && found.ends_with("number")
            || expected.starts_with('&') && found == "integer"
        {
            let stars = "*".repeat(expected.chars().take_while(|c| *c == '&').count());
            return is_number(expected.trim_start_matches('&')).then(|| {
                format!(
                    "The other side is a reference to a number. `{stars}x` is the number itself."
                )
            });
        }
        return kinds(expected, found);
    }
    // cannot multiply `f64` by `usize`
    if message.starts_with("can't compare") {
        let (left, right) = (quoted(message, 0)?, quoted(message, 1)?);
        if left.trim_start_matches('&') == right.trim_start_matches('&')
            || right == "{float}"
            || right == "{integer}" && left.starts_with('&')
        {
            return Some("One side is a reference to a number, the other the number. `*x` is what the reference points at.".to_owned());
        }
        return kinds(left, right);
    }
    message
        .starts_with("cannot ")
        .then(|| kinds(quoted(message, 0)?, quoted(message, 1)?))
        .flatten()
}

/// Two kinds of numbers that meet.
fn kinds(one: &str, other: &str) -> Option<String> {
    let (one, other) = (one.trim_start_matches('&'), other.trim_start_matches('&'));
    let is_float = |of: &str| matches!(of, "f32" | "f64" | "{float}");
    let whole = |of: &str| matches!(of, "{integer}" | "integer");
    if (is_float(one) && whole(other)) || (whole(one) && is_float(other)) {
        return Some(
            "A number without a point is a whole number, and Rust does not mix them. Write it with a point: `0.0`, `2.0`."
                .to_owned(),
        );
    }
    if !is_number(one) || !is_number(other) || one == other {
        return None;
    }
    let to = if is_float(one) || !is_float(other) {
        one
    } else {
        other
    };
    let from = if to == one { other } else { one };
    let how = if (from, to) == ("f32", "f64") {
        "`f64::from(x)`".to_owned()
    } else {
        format!("`x as {to}`")
    };
    Some(format!(
        "Rust does not turn one kind of number into another by itself, and here {} meets {}. {how} makes {} of the `{from}`.",
        a(one),
        a(other),
        a(to)
    ))
}

/// `an `f64``, `a `usize``, as they are spoken.
pub(super) fn a(of: &str) -> String {
    let article = if of.starts_with(['f', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("{article} `{of}`")
}

pub(super) fn is_number(of: &str) -> bool {
    matches!(
        of,
        "f32"
            | "f64"
            | "usize"
            | "isize"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
    )
}
