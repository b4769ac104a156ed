//! Whether a student's functions still look from outside as the exercise has them: the checks, and later steps, call them.

use crate::blame::{Function, functions};

/// A function that differs from what the exercise asks for.
pub(crate) struct Changed {
    /// Its line in the student's file; 1 when it is gone.
    pub(crate) line: usize,
    /// Its name.
    pub(crate) name: String,
    /// How it begins in the student's file; nothing when it is gone.
    pub(crate) yours: Option<String>,
    /// How it must begin.
    pub(crate) asked: String,
}

/// The public functions of `asked` that `yours` lacks or declares differently. Parameters may have any name.
pub(crate) fn changed(yours: &str, asked: &str) -> Vec<Changed> {
    functions(asked)
        .filter_map(|function| {
            let declared = declaration(asked, &function);
            if !declared.starts_with("pub ") {
                return None;
            }
            let here = functions(yours).find(|here| here.is(&function));
            let mine = here.map(|here| declaration(yours, &here));
            let same = mine
                .as_deref()
                .is_some_and(|mine| types(mine) == types(&declared));
            (!same).then(|| Changed {
                line: here.map_or(1, |here| here.line),
                name: function.name.to_owned(),
                yours: mine,
                asked: declared,
            })
        })
        .collect()
}

/// From `pub` to the bracket that opens the body, in one line.
fn declaration(text: &str, function: &Function<'_>) -> String {
    let lines: Vec<&str> = text.lines().skip(function.line - 1).collect();
    let text = lines.join(" ");
    let mut depth = 0;
    let end = text.find(|c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        c == '{' || (c == ';' && depth == 0)
    });
    let end = end.unwrap_or(text.len());
    let words: Vec<&str> = text[..end].split_whitespace().collect();
    words
        .join(" ")
        .replace("( ", "(")
        .replace(", )", ")")
        .replace(",)", ")")
}

/// The declaration without the names of its parameters, and without spaces.
fn types(declaration: &str) -> String {
    let mut kept = String::new();
    let mut word = String::new();
    let mut in_parameters = false;
    let mut depth = 0;
    for c in declaration.chars() {
        match c {
            '(' if !in_parameters => {
                in_parameters = true;
                kept += &std::mem::take(&mut word);
            }
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' => depth -= 1,
            // `name: Type`, but not `path::Type`.
            ':' if in_parameters && depth == 0 && !word.ends_with(':') => {
                word = ":".to_owned();
                continue;
            }
            _ => {}
        }
        if c == ',' && in_parameters && depth == 0 {
            kept += word.trim_start_matches(':');
            word.clear();
        }
        if !c.is_whitespace() {
            word.push(c);
        }
    }
    kept + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "pub fn sum(a: f64, b: &[f64]) -> f64 {\n    a\n}\n\npub fn long(\n    one: usize,\n    two: impl Fn(f64) -> f64,\n\
        ) -> Result<[f64; 2]> {\n}\n\nfn helper() {\n}\n\nimpl Net {\n    pub fn new(n: usize) -> Self {\n    }\n}\n";

    fn found(yours: &str) -> Vec<(usize, String, bool)> {
        changed(yours, ASKED)
            .into_iter()
            .map(|found| (found.line, found.name, found.yours.is_some()))
            .collect()
    }

    #[test]
    fn names_and_layout_may_differ() {
        assert!(found(ASKED).is_empty());
        let other = "pub fn sum(\n    x: f64,\n    mut _ys: &[f64],\n) -> f64 {\n    x\n}\n\npub fn long(one: usize, f: impl Fn(f64) -> f64) \
            -> Result<[f64; 2]> {}\n\nimpl Net {\n    pub fn new(size: usize) -> Self {}\n}\n";
        assert!(found(other).is_empty(), "{:?}", found(other));
    }

    #[test]
    fn types_numbers_of_parameters_and_lost_functions_are_noticed() {
        for (from, to, name) in [
            ("a: f64", "a: f32", "sum"),
            ("b: &[f64]", "b: Vec<f64>", "sum"),
            (", b: &[f64]", "", "sum"),
            ("-> f64 {\n    a", "{\n    a", "sum"),
            ("pub fn sum", "fn sum", "sum"),
            ("[f64; 2]>", "[f64; 3]>", "long"),
            ("n: usize", "n: usize, m: usize", "new"),
        ] {
            let found = found(&ASKED.replace(from, to));
            assert_eq!(found.len(), 1, "{from} → {to}");
            assert_eq!((found[0].1.as_str(), found[0].2), (name, true));
        }
        let lost = found(&ASKED.replace("fn long", "fn longer"));
        assert_eq!(lost, [(1, "long".to_owned(), false)]);
    }
}
