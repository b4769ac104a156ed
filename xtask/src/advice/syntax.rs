//! Texts that cannot be read as Rust.

use crate::diagnostics::{Diagnostic, quoted};

/// Brackets that are missing or too many.
pub(super) fn bracket(error: &Diagnostic) -> Option<String> {
    let message = &error.message;
    if message.contains("unclosed delimiter") {
        let open = error.labelled("unclosed delimiter")?;
        let near =
            error
                .labelled("might not be properly closed")
                .map_or_else(String::new, |span| {
                    let line = span.line_start;
                    format!(
                        " By the indentation it is missing in the block that begins in line {line}."
                    )
                });
        let sign = closing(&open.code());
        return Some(format!("A `{sign}` is missing.{near}"));
    }
    if message.starts_with("unexpected closing delimiter") {
        let sign = quoted(message, 0)?;
        return Some(format!(
            "There is a `{sign}` too many, or the bracket that it should close is missing above it."
        ));
    }
    if message.starts_with("mismatched closing delimiter") {
        let open = error.labelled("unclosed delimiter")?;
        return Some(format!(
            "The `{}` in line {} is not closed: a `{}` is missing before the `{}`.",
            open.code(),
            open.line_start,
            closing(&open.code()),
            quoted(message, 0)?
        ));
    }
    None
}

fn closing(open: &str) -> char {
    match open.chars().next() {
        Some('(') => ')',
        Some('[') => ']',
        _ => '}',
    }
}

/// A sign that is missing between two words.
pub(super) fn missing_sign(error: &Diagnostic) -> Option<String> {
    let message = &error.message;
    if message.starts_with("expected `;`") {
        return Some("A `;` is missing at the end of this line.".to_owned());
    }
    if let Some(help) = error.child("missing `") {
        return Some(format!(
            "A `{}` is missing here.",
            quoted(&help.message, 0)?
        ));
    }
    if let Some(found) = message.strip_prefix("expected expression, found ") {
        return Some(format!("A value is missing in front of {found}."));
    }
    if message.starts_with("expected one of") {
        let (_, found) = message.rsplit_once(", found ")?;
        return Some(format!(
            "Something is missing in front of {found}: a `;` at the end of the line above, a comma, or an operator."
        ));
    }
    None
}

/// `let *x = …`.
pub(super) fn no_pattern(error: &Diagnostic) -> Option<String> {
    let found = error.message.strip_prefix("expected pattern, found ")?;
    Some(if found == "`*`" {
        "A pattern makes names and cannot begin with `*`. A new name is `let x = …`; to change what a reference points at, leave out the \
         `let`: `*x = …`."
            .to_owned()
    } else {
        format!("A name or a pattern is due here, and there is {found}.")
    })
}
