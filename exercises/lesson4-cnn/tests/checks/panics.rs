//! What a panic of the student's code means where windows move over grids.
//!
//! "the len is 4 but the index is 4" says little: of what is 4 the length? Here it becomes the row or the column that is not there, and
//! the place in the student's file goes with it.

use dlkit_check::prelude::*;
use lesson4::step1_cross_correlation::Grid;
use std::any::Any;
use std::panic::{self, AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

/// A grid that the code reads or writes: how it is called, its height and its width.
pub(crate) type Extent = (&'static str, usize, usize);

pub(crate) fn extent(name: &'static str, grid: &Grid) -> Extent {
    (name, grid.len(), grid.first().map_or(0, Vec::len))
}

/// What `call` gives. When it panics on an index, the grids tell whose row or column is not there, and `explain` may know why, from
/// what else the code does. A function that is not written yet goes on panicking.
pub(crate) fn tried<T>(
    what: &str,
    grids: &[Extent],
    call: impl FnOnce() -> T,
    explain: impl FnOnce() -> Option<(&'static str, String)>,
) -> Found<T> {
    let (payload, place) = match caught(call) {
        Ok(value) => return Ok(value),
        Err(panicked) => panicked,
    };
    let words = words(&*payload);
    if words.starts_with("not yet implemented") || words.starts_with("not implemented") {
        resume_unwind(payload);
    }
    let facts = beyond(&words, grids);
    let cause = explain();
    let diagnosis = [&cause, &facts]
        .into_iter()
        .flatten()
        .map(|(name, _)| *name)
        .next();
    let mut sentences = vec![format!("{what} panicked: {words}.")];
    sentences.extend(
        [facts, cause]
            .into_iter()
            .flatten()
            .map(|(_, sentence)| sentence),
    );
    let mut failure = Failure::new(sentences.join(" "));
    if let Some(diagnosis) = diagnosis {
        failure = failure.diagnosed(diagnosis);
    }
    if let Some(place) = place {
        failure = failure.at(place);
    }
    Err(failure)
}

/// Nothing more is known than what the panic says.
pub(crate) fn no_cause() -> Option<(&'static str, String)> {
    None
}

/// Whether `call` comes back without a panic.
pub(crate) fn runs<T>(call: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_ok()
}

/// A panic, and its place as `file:line`.
type Panicked = (Box<dyn Any + Send>, Option<String>);

/// Only a hook is told where a panic happens: while `call` runs, one stands before the hook that was there.
fn caught<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    let place = Arc::new(Mutex::new(None));
    let before = Arc::new(panic::take_hook());
    let (noted, next) = (Arc::clone(&place), Arc::clone(&before));
    panic::set_hook(Box::new(move |info| {
        if let (Some(at), Ok(mut noted)) = (info.location(), noted.lock()) {
            *noted = Some(format!("{}:{}", at.file(), at.line()));
        }
        next(info);
    }));
    let result = catch_unwind(AssertUnwindSafe(call));
    panic::set_hook(Box::new(move |info| before(info)));
    result.map_err(|payload| {
        (
            payload,
            place.lock().ok().and_then(|mut place| place.take()),
        )
    })
}

fn words(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default()
}

/// What an index, or a number below 0, is about.
fn beyond(words: &str, grids: &[Extent]) -> Option<(&'static str, String)> {
    if words.contains("subtract with overflow") {
        return Some((
            "below-zero",
            "More was taken away there than there is, and a `usize` cannot go below 0.".into(),
        ));
    }
    let numbers: Vec<usize> = words
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    let (len, index) = match *numbers {
        [len, index] if words.starts_with("index out of bounds") => (len, index),
        [index, len] if words.starts_with("range ") => (len, index),
        _ => return None,
    };
    if len == 0 {
        return Some((
            "nothing-there-yet",
            "A new `Vec` is empty and has no place to write to: `vec![0.; n]` makes one of n zeros, and `push` puts a number behind the last.".into(),
        ));
    }
    let sides = grids.iter().flat_map(|(name, height, width)| {
        [("row", height), ("column", width)]
            .into_iter()
            .filter(|(_, size)| **size == len)
            .map(move |(line, _)| format!("the {line}s of the {name}"))
    });
    let sides: Vec<String> = sides.collect();
    let (numbered, last) = ("places are counted from 0", len - 1);
    let sentence = if sides.is_empty() {
        format!(
            "With {numbered} the last of {len} is {last}. No side of what is handed in is {len} long: has something that you made the size that it needs?"
        )
    } else {
        format!(
            "{len} is the number of {}; {numbered}, so the last of them is {last}.",
            sides.join(", and of ")
        )
    };
    Some(("outside-the-picture", sentence))
}
