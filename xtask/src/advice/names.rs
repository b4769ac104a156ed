//! Names that the compiler does not find.

use crate::diagnostics::{Diagnostic, quoted};

/// Names that nobody knows here.
pub(super) fn unknown(error: &Diagnostic) -> Option<String> {
    let name = quoted(&error.message, 0)?;
    let replacement = |words| {
        let span = error.child(words)?.spans.iter();
        span.filter_map(|span| span.suggested_replacement.as_deref())
            .next()
    };
    if error.child("available field").is_some() {
        return Some(format!(
            "`{name}` is a field of the value itself: `self.{name}`."
        ));
    }
    if error.child("method on `Self`").is_some() {
        return Some(format!("`{name}` is a method: `self.{name}(…)`."));
    }
    if error.child("to call the method").is_some() || ["max", "min"].contains(&name) {
        return Some(format!("Numbers have this as a method: `x.{name}(…)`."));
    }
    let path = |import: &str| {
        let path = import
            .trim()
            .trim_end_matches(';')
            .trim_start_matches("use ");
        path.to_owned()
    };
    // What is called exactly so comes before what is called nearly so.
    let import = replacement("consider importing")
        .filter(|import| path(import).rsplit("::").next() == Some(name));
    if let Some(import) = import {
        let is_case = |words| error.child(words).is_some();
        if is_case("tuple variant") || is_case("unit variant") {
            let path = path(import);
            let family = path.rsplit("::").nth(1)?;
            let held = if is_case("tuple variant") {
                "(…)"
            } else {
                ""
            };
            return Some(format!(
                "A case is called by its family: `{family}::{name}{held}`."
            ));
        }
        return Some(format!(
            "`{name}` exists, but this file does not know it yet. If you mean that one, write `{}` at the top.",
            import.trim()
        ));
    }
    if let Some(near) = replacement("similar name exists") {
        return Some(format!(
            "Nothing is called `{name}` here. Did you mean `{}`?",
            near.trim()
        ));
    }
    Some(if error.message.contains("cannot find value") {
        format!(
            "Nothing is called `{name}` here. Is it spelled as where it was made, and was it made in this block (`let {name} = …`)?"
        )
    } else if error.message.contains("cannot find function") {
        format!(
            "No function is called `{name}` here. Is it spelled right? A method needs a value in front of it: `value.{name}(…)`."
        )
    } else {
        format!(
            "Nothing is called `{name}` here. Is it spelled right, and does a `use` at the top of the file bring it in?"
        )
    })
}
