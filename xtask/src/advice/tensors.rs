//! What people run into with Candle's tensors.

use super::{a, expected_found, is, is_number, is_result};
use crate::diagnostics::{Diagnostic, quoted};

/// A number of the wrong kind beside a tensor, or something that is no tensor at all.
pub(super) fn operand(error: &Diagnostic) -> Option<String> {
    let (of, bound) = bound(error)?;
    if !["Borrow<", "AsRef<"]
        .iter()
        .any(|name| bound.starts_with(name))
        || !bound.contains("Tensor")
    {
        return None;
    }
    if is_result(of) {
        return Some(
            "This is a `Result` yet, and a tensor is due. Put a `?` behind what made it; in a loop, behind each one.".to_owned(),
        );
    }
    Some(match of {
        "{integer}" => {
            "Beside a tensor stands an `f64`: write the number with a point, `2.0`.".to_owned()
        }
        "f32" => {
            "Beside a tensor stands an `f64`, whatever the tensor holds: `f64::from(x)`.".to_owned()
        }
        of if is_number(of) => {
            format!(
                "Beside a tensor stands an `f64`, and this is {}: `n as f64`.",
                a(of)
            )
        }
        _ => return None,
    })
}

/// Shapes are tuples, in brackets of their own.
pub(super) fn shape(error: &Diagnostic) -> Option<String> {
    if error.code() == "E0608" && error.message.contains("Shape`") {
        return Some("A shape cannot be indexed: `x.dims()[0]`, or `x.dim(0)?`.".to_owned());
    }
    if error.code() == "E0061" {
        if error.message.contains("takes 1 argument but") && error.primary()?.code() == "reshape" {
            return Some(
                "The shape is one argument, a tuple in brackets of its own: `reshape((n, 784))`."
                    .to_owned(),
            );
        }
        if error.message.contains("takes 2 arguments but") && error.primary()?.code() == "transpose"
        {
            return Some(
                "`transpose` swaps two dimensions and wants to know which: `x.transpose(0, 1)?`; for a matrix also `x.t()?`."
                    .to_owned(),
            );
        }
        let lacks_device = error
            .spans
            .iter()
            .filter_map(|span| span.label.as_deref())
            .any(|label| label.contains("Device` is missing"));
        return lacks_device.then(|| {
            "A new tensor must know where it lives: the device is the last argument, `x.device()` of a tensor that you have.".to_owned()
        });
    }
    let (of, bound) = bound(error)?;
    let from_list = (of.starts_with('[') && bound.contains("Shape>"))
        || (is(of, "Shape") && bound.starts_with("From<["));
    from_list.then(|| "A shape is a tuple, in round brackets: `(n, 784)`.".to_owned())
}

/// One number in a tensor is still a tensor, and somebody must say of which kind the number is.
pub(super) fn number_inside(error: &Diagnostic) -> Option<String> {
    if let Some((expected, found)) = expected_found(error) {
        return (is(found, "Tensor") && is_number(expected)).then(|| {
            format!("This is a tensor, even if it holds a single number. `.to_scalar::<{expected}>()?` takes the number out.")
        });
    }
    let reads = ["to_scalar", "to_vec0", "to_vec1", "to_vec2", "to_vec3"];
    let name = error
        .spans
        .iter()
        .map(crate::diagnostics::Span::code)
        .find(|code| reads.contains(&code.as_str()))?;
    let is_open =
        matches!(error.code(), "E0282" | "E0283" | "E0284") || error.message.contains("WithDType`");
    is_open.then(|| {
        format!(
            "The compiler cannot tell which kind of number you want. Say it: `.{name}::<f32>()?`."
        )
    })
}

/// What tensors have no method for, and the names of their types of numbers.
pub(super) fn name(error: &Diagnostic) -> Option<String> {
    let name = quoted(&error.message, 0)?;
    if error.code() == "E0425" {
        return ["F32", "F64", "U8", "U32", "I64"].contains(&name).then(|| {
            format!("The types of a tensor's numbers are called by their family: `DType::{name}`.")
        });
    }
    let on = quoted(&error.message, 1)?;
    let near = error.child("similar name").is_some();
    (error.message.starts_with("no method") && is(on, "Tensor") && !near).then(|| {
        format!("A tensor has no method `{name}`. If that is a function, the tensor goes into the brackets: `{name}(&x)`.")
    })
}

/// `the trait bound `X: Y` is not satisfied`.
pub(super) fn bound(error: &Diagnostic) -> Option<(&str, &str)> {
    if !error.message.starts_with("the trait bound `") {
        return None;
    }
    // `std::result::Result<…>: AsRef<…>`: a colon with a blank behind it.
    quoted(&error.message, 0)?.split_once(": ")
}
