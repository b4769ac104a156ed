//! One plain sentence for the compiler's errors that people meet in this course, by the compiler's code and its own structured words.
//! Where nothing fits, nothing is said: the compiler's words stand below in any case.

mod names;
mod numbers;
mod syntax;
mod tensors;

use crate::diagnostics::{Diagnostic, quoted};
use numbers::{a, is_number, number};
pub(crate) use numbers::{is_declared_otherwise, kinds_of};

/// What there is to say about an error, in the order in which it is tried.
type Advice = fn(&Diagnostic) -> Option<String>;

/// The compiler's codes, and what to say; no code is a text that cannot be read as Rust.
const TABLE: &[(&[&str], Advice)] = &[
    (&[""], syntax::bracket),
    (&[""], syntax::no_pattern),
    (&[""], syntax::missing_sign),
    (&["E0277"], numbers::no_order),
    (&["E0308"], numbers::declared_otherwise),
    (&["E0277"], tensors::operand),
    (&["E0061", "E0277", "E0608"], tensors::shape),
    (
        &["E0277", "E0282", "E0283", "E0284", "E0308"],
        tensors::number_inside,
    ),
    (&["E0425", "E0599"], tensors::name),
    (&["E0308"], pattern),
    (
        &["E0425", "E0412", "E0433", "E0432", "E0405", "E0531"],
        names::unknown,
    ),
    (&["E0615", "E0616"], not_called),
    (&["E0599", "E0609", "E0610", "E0689"], method),
    (&["E0308", "E0277", "E0369", "E0271"], result),
    (&["E0308", "E0317"], no_value),
    (
        &[
            "E0308", "E0277", "E0368", "E0369", "E0606", "E0614", "E0600",
        ],
        number,
    ),
    (&["E0308", "E0277", "E0369"], collection),
    (&["E0308"], brackets),
    (&["E0308"], lent),
    (&["E0004", "E0005", "E0435"], said_otherwise),
    (&["E0282", "E0283", "E0284"], which_type),
    (&["E0382"], moved),
    (&["E0499", "E0502", "E0505", "E0506"], still_lent),
    (&["E0507", "E0508"], not_yours),
    (&["E0384", "E0596", "E0594"], not_mutable),
    (&["E0515", "E0597", "E0716"], gone),
];

/// What the compiler says well enough for those who know its words.
fn said_otherwise(error: &Diagnostic) -> Option<String> {
    if error.code() == "E0435" {
        return Some(
            "The length of an array must be known before the program runs. A vector may be as long as you like: `vec![0.0; n]`."
                .to_owned(),
        );
    }
    if error.code() == "E0005" {
        let missing = quoted(error.label(), 0)?;
        return Some(format!(
            "A `let` must fit in every case, and this one does not fit `{missing}`. `match`, or `let … else`, says what happens then."
        ));
    }
    let (_, missing) = error.message.split_once(": ")?;
    let Some(missing) = missing.strip_suffix(" not covered") else {
        return Some(
            "A `match` must say what happens in every case, and this one has no arm.".to_owned(),
        );
    };
    Some(format!(
        "A `match` must say what happens in every case. There is no arm for {missing} yet."
    ))
}

/// The error in plain words, where there are any.
pub(crate) fn sentence(error: &Diagnostic) -> Option<String> {
    TABLE
        .iter()
        .filter(|(codes, _)| codes.contains(&error.code()))
        .find_map(|(_, advice)| advice(error))
}

fn method(error: &Diagnostic) -> Option<String> {
    let name = quoted(&error.message, 0)?;
    if error.code() == "E0689" {
        return Some(
            "The compiler cannot tell which kind of number this is. Say it where the number is made: `2.0_f64`, or `let x: f64 = …`."
                .to_owned(),
        );
    }
    let on = quoted(&error.message, 1).unwrap_or_default();
    if is_result(on) {
        return Some(format!(
            "What stands in front of `.{name}` can fail, so it is a `Result`. A `?` takes the value out: `…?.{name}`."
        ));
    }
    if is(on, "Option") {
        return Some(format!(
            "What stands in front of `.{name}` may be missing, so it is an `Option`. Take the value out first, with `match`, `if let` or \
             `.unwrap_or(…)`."
        ));
    }
    if let Some(help) = error.child("with a similar name") {
        return Some(format!(
            "There is no method `{name}` here. Did you mean `{}`?",
            quoted(&help.message, 0)?
        ));
    }
    let of_iterators = ["map", "zip", "fold", "sum", "enumerate", "filter", "rev"];
    if of_iterators.contains(&name) && (on.contains("Vec<") || on.contains('[')) {
        return Some(format!(
            "`{name}` is for iterators. `.iter()` makes one of a vector: `….iter().{name}(…)`."
        ));
    }
    None
}

/// `.collect::<Vec<f64>>` without the brackets that call it.
fn not_called(error: &Diagnostic) -> Option<String> {
    let name = quoted(&error.message, 0)?;
    if error.code() == "E0616" && error.child("call it with parentheses").is_none() {
        return None;
    }
    let line = error.primary()?.whole_line();
    let types = if line.contains(&format!("{name}::<")) {
        "::<…>"
    } else {
        ""
    };
    Some(format!(
        "`{name}` is a method, and without brackets nobody calls it: `.{name}{types}()`."
    ))
}

/// A tuple where a list is due, or the other way round.
fn brackets(error: &Diagnostic) -> Option<String> {
    let (expected, found) = expected_found(error)?;
    let is_tuple = |of: &str| of.starts_with('(') && of.contains(',');
    if expected.starts_with('[') && is_tuple(found) {
        return Some(
            "Round brackets make a tuple, and a list is due. That stands in square ones: `[a, b]`."
                .to_owned(),
        );
    }
    (is_tuple(expected) && found.starts_with('[')).then(|| {
        "Square brackets make a list, and a tuple is due. That stands in round ones: `(a, b)`."
            .to_owned()
    })
}

/// `let (n, m) = …`, where there are three; `if a = b`.
fn pattern(error: &Diagnostic) -> Option<String> {
    if error.child("compare for equality").is_some() {
        return Some("`=` gives a name its value. To compare, write `==`.".to_owned());
    }
    let (wanted, given) = error
        .label()
        .strip_prefix("expected a tuple with ")?
        .split_once(", found one with ")?;
    Some(format!(
        "The right side gives {}, and the pattern takes {}. Every value needs a name, or a `_`.",
        wanted.replace("element", "value"),
        given.replace(" elements", "").replace(" element", "")
    ))
}

fn result(error: &Diagnostic) -> Option<String> {
    let message = &error.message;
    if message.starts_with("the `?` operator can only be used in") {
        return Some(if message.contains("in a closure") {
            "`?` ends the closure, not the function around it. Let the closure give a `Result` and collect those: \
             `.collect::<Result<Vec<_>>>()?`; or use a `for` loop."
                .to_owned()
        } else {
            "`?` hands an error on to the caller, but this function gives back no `Result`. Leave its first line as it was, and work \
             without `?` here."
                .to_owned()
        });
    }
    if let Some((expected, found)) = expected_found(error) {
        // `let (n, m) = x.dims2();`: the pattern is right, what stands behind it lacks something.
        let behind = error.labelled("this expression has type");
        if behind.is_some() && is_result(expected) && !is_result(found) {
            return Some(
                "What stands on the right can fail, so it is a `Result`. A `?` at its end takes the value out: `let (a, b) = …?;`."
                    .to_owned(),
            );
        }
        if is(expected, "Error") && is(found, "Error") {
            return Some(
                "The error inside is of another kind: Candle's own, as a rule. `?` turns it into the right one, so take the value out and \
                 wrap it anew: `Ok(…?)`."
                    .to_owned(),
            );
        }
        return match (is_result(expected), is_result(found)) {
            (false, true) => Some(
                "This can fail, so it is a `Result`. A `?` behind it takes the value out and hands an error on.".to_owned(),
            ),
            (true, false) if found == "()" => None,
            (true, false) => Some(
                "A `Result` is due here, and this is the bare value. Wrap it: `Ok(…)`.".to_owned(),
            ),
            (true, true) => Some(
                "Both are a `Result`, but with different contents or errors. `Ok(…?)` takes the value out and wraps it anew."
                    .to_owned(),
            ),
            (false, false) => None,
        };
    }
    let of_operator = message.starts_with("cannot ") || message.starts_with("binary operation");
    let operands = (0..4).filter_map(|number| quoted(message, number));
    (of_operator && operands.clone().any(is_result)).then(|| {
        "One side of this can fail, so it is a `Result`. Take the value out with `?` first: `(a + b)? + c`."
            .to_owned()
    })
}

fn no_value(error: &Diagnostic) -> Option<String> {
    if error.code() == "E0317" {
        return Some(
            "An `if` that gives a value needs an `else`, which gives the value in the other case."
                .to_owned(),
        );
    }
    let (expected, found) = expected_found(error)?;
    if error.child("remove this semicolon").is_some() {
        return Some(
            "The last line ends with a `;`, which throws its value away. Without the `;` it is what the function gives back."
                .to_owned(),
        );
    }
    if found == "()" {
        return Some(if expected.contains("Result<()") {
            "The function must say that all went well: its last line is `Ok(())`.".to_owned()
        } else if is_result(expected) {
            "The function ends without giving its value: the last line is `Ok(…)`, with no `;` behind it."
                .to_owned()
        } else {
            format!(
                "A value is missing: here the code must give a `{}`, and gives nothing.",
                short(expected)
            )
        });
    }
    if expected == "()" && error.child("`;`").is_some() {
        return Some(
            "Nobody takes this value. Put a `;` behind it, or `return` in front of it.".to_owned(),
        );
    }
    None
}

fn collection(error: &Diagnostic) -> Option<String> {
    let message = &error.message;
    if message.contains("cannot be built from an iterator over elements of type") {
        let of = message
            .rsplit_once("elements of type ")?
            .1
            .trim_matches('`');
        return if is_result(of) {
            Some(
                "Each element is a `Result`. Collect them into one and take that apart: `.collect::<Result<Vec<_>>>()?`."
                    .to_owned(),
            )
        } else {
            of.starts_with('&').then(|| {
                "The iterator gives references. `.copied()` (or `.cloned()`) in front of `.collect()` makes values of them.".to_owned()
            })
        };
    }
    if message.ends_with("is not an iterator") {
        let of = quoted(message, 0)?;
        return is_number(of)
            .then(|| format!("A `for` needs a range or a collection. To count: `for i in 0..n`, not `for i in n` ({}).", a(of)));
    }
    if let Some((expected, found)) = expected_found(error) {
        let iterates = [
            "Map<",
            "Filter<",
            "Zip<",
            "Iter<",
            "Rev<",
            "Enumerate<",
            "Chain<",
            "Cloned<",
            "Copied<",
        ];
        if expected.starts_with("Vec<") && iterates.iter().any(|kind| found.starts_with(kind)) {
            return Some(
                "This is still an iterator, which has not done anything yet. `.collect()` at its end makes the vector."
                    .to_owned(),
            );
        }
        return (expected.starts_with("Vec<") && found.starts_with("&[")).then(|| {
            "A vector is due, and this is a slice that was lent. `.to_vec()` makes a vector of it.".to_owned()
        });
    }
    let vector =
        |number| quoted(message, number).is_some_and(|of| of.contains("Vec<") || of.contains('['));
    (message.starts_with("cannot ") && !message.contains("index") && (vector(0) || vector(1))).then(|| {
        "Rust does not calculate with whole vectors. Go through the numbers, in pairs with `a.iter().zip(&b)`."
            .to_owned()
    })
}

fn lent(error: &Diagnostic) -> Option<String> {
    let (expected, found) = expected_found(error)?;
    if expected
        .strip_prefix('&')
        .map(|of| of.trim_start_matches("mut "))
        == Some(found)
    {
        let sign = if expected.starts_with("&mut ") {
            "&mut "
        } else {
            "&"
        };
        return Some(format!(
            "Here it only has to be lent, not given away: put a `{sign}` in front."
        ));
    }
    if found.strip_prefix('&') == Some(expected) {
        return Some(if is_number(expected) {
            format!("This is a reference to a number. `*x` is the `{expected}` itself.")
        } else {
            format!(
                "This was only lent (`{}`). A copy of your own is `.clone()`.",
                short(found)
            )
        });
    }
    None
}

fn which_type(error: &Diagnostic) -> Option<String> {
    let name = error.primary()?.code();
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.is_empty();
    Some(if is_name && error.child("explicit type").is_some() {
        format!(
            "The compiler cannot tell what `{name}` is. Say it: `let {name}: f64 = …`, or `let {name}: Vec<f64> = …`."
        )
    } else {
        "The compiler cannot tell the type here. Say it: `.sum::<f64>()`, `.collect::<Vec<f64>>()`, or `let name: f64 = …`."
            .to_owned()
    })
}

fn moved(error: &Diagnostic) -> Option<String> {
    let name = quoted(&error.message, 0)?;
    let cheap = if error.labelled("has type `Tensor`").is_some() {
        ", which is cheap: the two share their numbers"
    } else {
        ""
    };
    if error.labelled("previous iteration of loop").is_some() {
        return Some(format!(
            "The first round of the loop gives `{name}` away, and the next has it no more. Lend it with `&{name}`, or give away a copy, \
             `{name}.clone()`{cheap}."
        ));
    }
    if let Some(walked) = error.labelled("`.into_iter()`") {
        return Some(format!(
            "The loop in line {} uses `{name}` up. Let it only look: `in &{name}`.",
            walked.line_start
        ));
    }
    let line = error.labelled("moved")?.line_start;
    Some(format!(
        "`{name}` was given away in line {line} and is used again here. Lend it there with `&{name}`, or give away a copy, \
         `{name}.clone()`{cheap}."
    ))
}

fn still_lent(error: &Diagnostic) -> Option<String> {
    let name = quoted(&error.message, 0)?;
    Some(format!(
        "`{name}` is still being read or changed elsewhere while this line wants to change it. Take out what you need first (into a `let`), \
         and change it afterwards."
    ))
}

fn not_yours(error: &Diagnostic) -> Option<String> {
    let name = error.primary()?.code();
    let name = name.trim_start_matches('*');
    Some(format!(
        "`{name}` was only lent to you, so it cannot be given away. Lend it on with `&{name}`, or take a copy, `{name}.clone()`."
    ))
}

fn not_mutable(error: &Diagnostic) -> Option<String> {
    let name = quoted(&error.message, 0)?;
    if error
        .labelled("this iterator yields `&` references")
        .is_some()
    {
        return Some(
            "`.iter()` lends the elements for reading. To change them, walk over `.iter_mut()`."
                .to_owned(),
        );
    }
    if error.message.contains("`&` reference") {
        let name = name.trim_start_matches('*');
        return Some(format!(
            "`{name}` was lent for reading only. Make a copy of your own and change that: `let mut copy = ….clone();` (`.to_vec()` for a \
             slice)."
        ));
    }
    // cannot assign to `x[_]`, as `x` is not declared as mutable
    let name = quoted(&error.message, 1)
        .filter(|name| *name != "&")
        .unwrap_or(name);
    Some(format!(
        "What is to change later must be declared so: `let mut {name}`, or `mut {name}` in the parameters."
    ))
}

fn gone(error: &Diagnostic) -> Option<String> {
    (error.code() == "E0515").then(|| {
        "What a function makes is gone when it ends, so nobody can be given a reference to it. Give back the value itself, without `&`."
            .to_owned()
    })
}

/// `expected …, found …` of the compiler's label, without the backticks.
fn expected_found(error: &Diagnostic) -> Option<(&str, &str)> {
    let (expected, found) = error
        .label()
        .strip_prefix("expected ")?
        .split_once(", found ")?;
    Some((expected.trim_matches('`'), found.trim_matches('`')))
}

fn is_result(of: &str) -> bool {
    is(of, "Result")
}

/// Whether this is the type, perhaps lent or with its whole path.
fn is(of: &str, name: &str) -> bool {
    let of = of.trim_start_matches('&').trim_start_matches("mut ");
    of.split('<')
        .next()
        .is_some_and(|head| head.rsplit("::").next() == Some(name))
}

/// `std::result::Result<Tensor, Error>` is read as `Result<Tensor, Error>`.
fn short(of: &str) -> &str {
    let head = of.find('<').unwrap_or(of.len());
    of[..head].rfind("::").map_or(of, |at| &of[at + 2..])
}

#[cfg(test)]
mod tests;
