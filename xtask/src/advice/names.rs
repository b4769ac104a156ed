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
    if let Some(case) = replacement("importing this tuple variant") {
        let path: Vec<&str> = case
            .trim()
            .trim_end_matches(';')
            .rsplit("::")
            .take(2)
            .collect();
        return Some(format!(
            "A case is called by its family: `{}::{name}(…)`.",
            path.last()?
        ));
    }
    if let Some(near) = replacement("similar name exists") {
        return Some(format!(
            "Nothing is called `{name}` here. Did you mean `{}`?",
            near.trim()
        ));
    }
    if let Some(import) = replacement("consider importing") {
        return Some(format!(
            "`{name}` exists, but this file does not know it yet. If you mean that one, write `{}` at the top.",
            import.trim()
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
