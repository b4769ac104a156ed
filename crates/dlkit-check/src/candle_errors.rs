//! What Candle's errors mean, and what would make the shapes fit.
//!
//! Candle says which operation got which shapes. Whoever is new to it wants to know which axes should have been equal, and which
//! of the usual operations (`t`, `unsqueeze`, the `broadcast_` ones) brings the two sides together: that can be computed.

use candle_core::{DType, Error};

use crate::sizes::{dimensions, size};

/// The short name of the mistake, and what to say of it.
pub(crate) type Cause = (&'static str, String);

/// The cause of an error of Candle, wherever in the chain it stands.
pub(crate) fn explain(error: &anyhow::Error) -> Option<Cause> {
    error
        .chain()
        .filter_map(|error| error.downcast_ref::<Error>())
        .find_map(|error| of(error))
}

fn of(error: &Error) -> Option<Cause> {
    match error {
        Error::WithBacktrace { inner, .. }
        | Error::WithPath { inner, .. }
        | Error::Context { inner, .. } => of(inner),
        Error::ShapeMismatchBinaryOp { lhs, rhs, op } => Some(match *op {
            "matmul" | "broadcast_matmul" | "mv" | "dot" => product(lhs.dims(), rhs.dims()),
            "cmp" => compared(lhs.dims(), rhs.dims()),
            "where_cond" => (
                "shapes-do-not-match",
                format!(
                    "The mask and both sides of `where_cond` must have one shape, and here are {} and {}: nothing is repeated by itself,                      `broadcast_as` does it.",
                    dimensions(lhs.dims()),
                    dimensions(rhs.dims())
                ),
            ),
            "set" => (
                "shapes-do-not-match",
                format!(
                    "A parameter keeps its shape, {}, and what it should be set to has {}: was the gradient or the step repeated or summed?",
                    dimensions(lhs.dims()),
                    dimensions(rhs.dims())
                ),
            ),
            "gather" | "scatter" | "scatter-add" => gathering(op, lhs.dims(), rhs.dims()),
            "index-select" | "index-add" => (
                "shapes-do-not-match",
                "The numbers to select by belong in a tensor with a single axis.".into(),
            ),
            _ => entry_by_entry(op, lhs.dims(), rhs.dims()),
        }),
        Error::BroadcastIncompatibleShapes {
            src_shape,
            dst_shape,
        } => Some((
            "shapes-do-not-match",
            format!(
                "To be repeated to {}, each axis of {}, counted from the right, must be equally long or 1.",
                dimensions(dst_shape.dims()),
                dimensions(src_shape.dims())
            ),
        )),
        Error::ShapeMismatch { buffer_size, shape } => {
            let n = shape.elem_count();
            Some((
                "counts-differ",
                format!(
                    "There are {buffer_size} numbers, and a tensor {} has {n}: `reshape` and `from_vec` lose and invent none.",
                    dimensions(shape.dims())
                ),
            ))
        }
        Error::ShapeMismatchCat {
            dim,
            first_shape,
            nth_shape,
            ..
        } => Some((
            "pieces-do-not-join",
            joining(*dim, first_shape.dims(), nth_shape.dims()),
        )),
        Error::NarrowInvalidArgs {
            shape,
            dim,
            start,
            len,
            ..
        } => Some(("narrow-past-the-end", past_the_end(shape.dims(), *dim, *start, *len))),
        Error::UnexpectedNumberOfDims {
            expected,
            got,
            shape,
        } => Some(("wrong-rank", rank(*expected, *got, shape.dims()))),
        Error::DimOutOfRange { shape, dim, .. } => Some((
            "no-such-axis",
            format!(
                "Axes are counted from 0, and a tensor {} has {}: there is no axis {dim}.",
                dimensions(shape.dims()),
                axes(shape.rank())
            ),
        )),
        Error::UnexpectedDType { got, .. } => Some((
            "number-of-another-type",
            format!(
                "A value is read in the type that its tensor holds, and converted then: `to_scalar::<{0}>()` or `to_vec1::<{0}>()`, and \
                 `f64::from` of it.",
                got.as_str()
            ),
        )),
        Error::DTypeMismatchBinaryOp { lhs, rhs, .. } => {
            Some(("dtypes-do-not-match", types(*lhs, *rhs)))
        }
        Error::UnsupportedDTypeForOp(dtype, op) => Some((
            "dtype-not-supported",
            format!(
                "`{op}` does not take {} values; `to_dtype(DType::F32)` converts them.",
                dtype.as_str()
            ),
        )),
        Error::InvalidIndex { index, size: n, .. } => Some((
            "index-past-the-end",
            format!(
                "The places are counted from 0 to {}, and {index} is none of them. Are the numbers counted from 1, or meant for \
                 another axis?",
                n.saturating_sub(1)
            ),
        )),
        Error::RequiresContiguous { .. } => Some((
            "not-contiguous",
            "This operation wants numbers that lie in memory in the order of the axes; after `transpose` or `narrow` they may not. \
             `.contiguous()` copies them into that order."
                .into(),
        )),
        Error::MatMulUnexpectedStriding(_) => Some((
            "not-contiguous",
            "`matmul` wants the numbers of both sides to lie in memory in the order of the axes; after `transpose` they do not. \
             `.contiguous()` copies them into that order."
                .into(),
        )),
        Error::OpRequiresAtLeastOneTensor { op } => Some((
            "empty",
            format!("`{op}` got no tensor at all: is the list empty because a loop did not run once?"),
        )),
        Error::DuplicateDimIndex { .. } => Some((
            "axis-named-twice",
            "Each axis can be named once only.".into(),
        )),
        Error::BackwardNotSupported { op } => Some((
            "no-slope",
            format!("`{op}` has no derivative: on the way from the weights to the loss it cannot stand."),
        )),
        Error::CannotSetVar { .. } => Some((
            "parameter-set-to-itself",
            "A parameter is set to a new tensor, computed from the old value and the gradient; here it is the old one.".into(),
        )),
        Error::EmptyTensor { op } => Some((
            "empty",
            format!("`{op}` of nothing has no value: which tensor has an axis of length 0?"),
        )),
        Error::Msg(words) => of_words(words),
        _ => None,
    }
}

/// Errors that Candle gives as words only.
fn of_words(words: &str) -> Option<Cause> {
    if words.starts_with("different inner dimensions in broadcast matmul") {
        return Some((
            "shapes-do-not-multiply",
            "In a product a·b, a row of a (the first shape) needs as many entries as b (the second) has rows; all axes before these \
             two are the batch."
                .into(),
        ));
    }
    if words.starts_with("cannot reshape tensor") {
        return Some((
            "counts-differ",
            "The product of a shape's sides must be how many numbers there are: `reshape` loses and invents none.".into(),
        ));
    }
    if words.starts_with("only 2d matrixes are supported") {
        return Some((
            "shapes-do-not-multiply",
            "A product needs at least two axes on each side: `unsqueeze(0)` makes a row of a vector, `unsqueeze(1)` a column.".into(),
        ));
    }
    if words.starts_with("in_channel mismatch") {
        return Some((
            "channels-do-not-match",
            "Pictures are (batch, channels, height, width), and axis 1 of the kernel counts the same channels. Does the channel stand last,              or is its axis missing?"
                .into(),
        ));
    }
    if words.starts_with("dimension mismatch in permute") {
        return Some((
            "permute-names-each-axis",
            "`permute` wants every axis once: for each new place, the number of the old axis that goes there.".into(),
        ));
    }
    if words.contains("is larger than the input size") {
        return Some((
            "kernel-larger-than-input",
            "A window cannot be larger than what it moves over: which layer before it made the picture so small?".into(),
        ));
    }
    None
}

/// `a·b` that does not fit.
fn product(a: &[usize], b: &[usize]) -> Cause {
    let rule = "In a product a·b, a row of a (lhs) needs as many entries as b (rhs) has rows.";
    let sentence = match (a, b) {
        ([.., k], [k2, _]) if a.len() == 2 => {
            let ways = ways_to_multiply(a, b);
            let facts = format!(
                "{rule} Here a is {} and b is {}: {} against {}.",
                dimensions(a),
                dimensions(b),
                size(*k),
                size(*k2)
            );
            if ways.is_empty() {
                format!(
                    "{facts} Neither a transpose nor another order makes these two fit: one of them is not what it should be."
                )
            } else {
                let question = if ways.len() > 1 {
                    "which of them is meant?"
                } else {
                    "is that what is meant?"
                };
                format!("{facts} {} would fit: {question}", ways.join(" or "))
            }
        }
        _ if a.len() != b.len() => format!(
            "{rule} Both need equally many axes, but lhs has {} and rhs {}: `unsqueeze` adds one of length 1, and `broadcast_matmul` repeats \
             one side for a whole batch.",
            axes(a.len()),
            axes(b.len())
        ),
        _ => {
            let (inner_a, inner_b) = (a[a.len() - 1], b[b.len().saturating_sub(2)]);
            if inner_a == inner_b {
                format!(
                    "{rule} Here it has; but the axes before these two are the batch and must agree. `broadcast_matmul` repeats an axis of length 1."
                )
            } else {
                format!(
                    "{rule} All axes before the last two are the batch. Here they are {} against {}.{}",
                    size(inner_a),
                    size(inner_b),
                    if a[..a.len().saturating_sub(2)] != b[..b.len().saturating_sub(2)] {
                        " The batches differ, too: were other axes moved than the last two?"
                    } else if b.last() == Some(&inner_a) {
                        " With the last two axes of rhs exchanged, `.transpose(D::Minus2, D::Minus1)`, they would fit."
                    } else {
                        ""
                    }
                )
            }
        }
    };
    ("shapes-do-not-multiply", sentence)
}

/// Which transposes and orders of two matrices can be multiplied.
fn ways_to_multiply(a: &[usize], b: &[usize]) -> Vec<String> {
    let (a_turned, b_turned) = ([a[1], a[0]], [b[1], b[0]]);
    let mut ways = Vec::new();
    for (left, right, written) in [
        (a, &b_turned[..], "a·bᵀ (`b.t()`)"),
        (&a_turned, b, "aᵀ·b (`a.t()`)"),
        (b, a, "b·a"),
    ] {
        if left[1] == right[0] {
            ways.push(format!(
                "{written}, with the result {},",
                dimensions(&[left[0], right[1]])
            ));
        }
    }
    ways
}

/// `eq`, `lt` and the like. Their broadcasting forms compare all pairs, which is hardly ever meant.
fn compared(a: &[usize], b: &[usize]) -> Cause {
    let facts = format!(
        "A comparison (`eq`, `lt`, `ge` …) goes entry by entry, and one side is {}, the other {}.",
        dimensions(a),
        dimensions(b)
    );
    let ones = |dims: &[usize]| {
        dims.iter()
            .filter(|n| **n != 1)
            .copied()
            .collect::<Vec<_>>()
    };
    let cure = if ones(a) == ones(b) {
        " They hold equally many values: `squeeze` takes away the axis of length 1 that only one of them has."
    } else {
        ""
    };
    ("shapes-do-not-match", facts + cure)
}

/// Addition and the like.
fn entry_by_entry(op: &str, a: &[usize], b: &[usize]) -> Cause {
    let plain = op.trim_start_matches("broadcast_");
    let facts = format!(
        "This works entry by entry, and one side is {}, the other {}.",
        dimensions(a),
        dimensions(b)
    );
    let name = if ["add", "sub", "mul", "div", "maximum", "minimum"].contains(&plain) {
        format!("`broadcast_{plain}`")
    } else {
        "The `broadcast_…` form of the operation".into()
    };
    let cure = if let Some(way) = way_to_squeeze(a, b) {
        way
    } else if repeats(a, b) {
        let smaller = if a.len() < b.len() || a.iter().product::<usize>() < b.iter().product() {
            a
        } else {
            b
        };
        format!(
            "{name} repeats the smaller one, {}, along the axes that it lacks.",
            dimensions(smaller)
        )
    } else if let Some(way) = way_to_repeat(a, b) {
        format!("{way} {name} could repeat it then.")
    } else {
        let (i, j, axis) = first_difference(a, b);
        format!(
            "Counted from the right, axis {axis} has {} on one side and {} on the other, and nothing repeats these: one of the two is not what \
             it should be, or something ran along the wrong axis.",
            size(i),
            size(j)
        )
    };
    ("shapes-do-not-match", format!("{facts} {cure}"))
}

/// Whether broadcasting brings two shapes together: from the right, equal or 1.
fn repeats(a: &[usize], b: &[usize]) -> bool {
    a.iter()
        .rev()
        .zip(b.iter().rev())
        .all(|(i, j)| i == j || *i == 1 || *j == 1)
}

/// An axis of length 1 that one side has behind its first axis, and the other has not: repeated, each would meet each.
fn way_to_squeeze(a: &[usize], b: &[usize]) -> Option<String> {
    let (small, large) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let axis = (1..large.len()).find(|axis| {
        let mut without = large.to_vec();
        without.remove(*axis) == 1 && without == small
    })?;
    Some(format!(
        "Without the axis of length 1 both are {}: `squeeze({axis})` takes it away.",
        dimensions(small)
    ))
}

/// An axis of length 1, or a transpose, that would make one side repeatable.
fn way_to_repeat(a: &[usize], b: &[usize]) -> Option<String> {
    let (small, large) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if small.len() < large.len() {
        for axis in 1..=small.len() {
            let mut with = small.to_vec();
            with.insert(axis, 1);
            if repeats(&with, large) {
                return Some(format!(
                    "With an axis of length 1, `unsqueeze({axis})`, the side {} becomes {}.",
                    dimensions(small),
                    dimensions(&with)
                ));
            }
        }
    }
    if small.len() == 2 && large.len() == 2 && repeats(&[small[1], small[0]], large) {
        return Some("Turned round, `.t()`, one side would fit the other.".into());
    }
    None
}

/// The first pair of sides, from the right, that differ and cannot be repeated, and its number from the right.
fn first_difference(a: &[usize], b: &[usize]) -> (usize, usize, usize) {
    let pairs = a.iter().rev().zip(b.iter().rev()).enumerate();
    pairs
        .filter(|(_, (i, j))| i != j && **i != 1 && **j != 1)
        .map(|(k, (i, j))| (*i, *j, k + 1))
        .next()
        .unwrap_or((a.len(), b.len(), 1))
}

fn gathering(op: &str, from: &[usize], numbers: &[usize]) -> Cause {
    let mut sentence = format!(
        "`{op}` picks from each row, and wants the numbers of the places in a tensor with as many axes as the one it picks from."
    );
    if numbers.len() + 1 == from.len() {
        sentence += &format!(
            " {} becomes a column with `unsqueeze({})`.",
            dimensions(numbers),
            numbers.len()
        );
    }
    ("gather-needs-as-many-axes", sentence)
}

/// `dim` is the axis along which the pieces differ and should not; Candle does not say along which they are joined.
fn joining(dim: usize, first: &[usize], other: &[usize]) -> String {
    let rule = "`cat` sets pieces end to end along one axis, and along all other axes they must be equally long.";
    if first.len() != other.len() {
        return format!(
            "{rule} One piece has {}, another {}.",
            axes(first.len()),
            axes(other.len())
        );
    }
    let sides = [first, other].map(|dims| dims.get(dim).map_or_else(String::new, |n| size(*n)));
    let facts = format!(
        "{rule} {} and {} differ along axis {dim}: {} against {}.",
        dimensions(first),
        dimensions(other),
        sides[0],
        sides[1]
    );
    let only = (0..first.len()).all(|k| k == dim || first[k] == other[k]);
    let alone = |k: usize| k != dim && first[k] == 1 && other[k] == 1;
    // `stack` gives each piece a new axis of length 1 and then joins them with `cat`: the error is `cat`'s, whoever was called.
    let question = match (only, (0..first.len()).any(alone)) {
        (true, true) => {
            " Are they to be joined along that one? If it was `stack` that was called: it adds an axis, and wants all pieces of one shape."
        }
        (true, false) => " Are they to be joined along that one?",
        (false, _) => " They fit along none.",
    };
    facts + question
}

fn past_the_end(dims: &[usize], dim: usize, start: usize, len: usize) -> String {
    let rule = "`narrow` takes an axis, a start and a length (not an end).";
    match dims.get(dim) {
        Some(n) => {
            let past = (start + len).saturating_sub(*n);
            let question = if len <= *n && start < len {
                format!(
                    "is {len} meant as the end (then the length is {}), or",
                    len - start
                )
            } else {
                "where does it begin, and".to_owned()
            };
            format!(
                "{rule} Axis {dim} has {n} entries, and {start} + {len} goes {past} past them: {question} should the axis be longer?"
            )
        }
        None => format!("{rule} A tensor {} has no axis {dim}.", dimensions(dims)),
    }
}

fn rank(expected: usize, got: usize, dims: &[usize]) -> String {
    let facts = format!(
        "A tensor with {} was wanted, and this one, {}, has {}.",
        axes(expected),
        dimensions(dims),
        axes(got)
    );
    let ones = dims.iter().filter(|n| **n == 1).count();
    let cure = if expected == 0 {
        " A single number comes from a sum or a mean over everything: `sum_all`, `mean_all`."
    } else if got > expected && ones >= got - expected {
        " `squeeze` takes away an axis of length 1."
    } else if got > expected && expected == 1 {
        " `flatten_all` lays all numbers in one row; `to_vec2` reads two axes, `to_vec3` three."
    } else if got > expected {
        " `flatten` joins axes; an index, `get` or `i`, takes one of them."
    } else {
        " `unsqueeze` adds an axis of length 1, `reshape` cuts one up."
    };
    facts + cure
}

fn types(lhs: DType, rhs: DType) -> String {
    let hint = if lhs.is_int() != rhs.is_int() {
        " Whole numbers and fractions do not mix by themselves."
    } else {
        ""
    };
    format!(
        "Both sides must hold the same type of number, and these hold {} and {}.{hint} `to_dtype` converts.",
        lhs.as_str(),
        rhs.as_str()
    )
}

fn axes(n: usize) -> String {
    match n {
        0 => "no axis".into(),
        1 => "1 axis".into(),
        n => format!("{n} axes"),
    }
}

#[cfg(test)]
mod tests;
