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
/// what else the code does. Where neither knows anything the panic goes on, as does that of a function that is not written yet.
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
    if facts.is_none() && cause.is_none() {
        resume_unwind(payload);
    }
    let (diagnosis, cause) = cause.unzip();
    let sentences = [Some(format!("{what} panicked: {words}.")), facts, cause];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    let failure =
        Failure::new(sentences.join(" ")).diagnosed(diagnosis.unwrap_or("outside-the-picture"));
    Err(match place {
        Some(place) => failure.at(place),
        None => failure,
    })
}

/// Nothing more is known than what the panic and the grids say.
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

/// Whose index it is, where the length of a side tells.
fn beyond(words: &str, grids: &[Extent]) -> Option<String> {
    let numbers: Vec<usize> = words
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    let len = match *numbers {
        [len, _] if words.starts_with("index out of bounds") => len,
        [_, len] if words.starts_with("range ") => len,
        _ => return None,
    };
    let sides: Vec<String> = grids
        .iter()
        .filter_map(
            |(name, height, width)| match (*height == len, *width == len) {
                (true, true) => Some(format!("the {name} has {len} rows and {len} columns")),
                (true, false) => Some(format!("the {name} has {len} rows")),
                (false, true) => Some(format!("the {name} has {len} columns")),
                (false, false) => None,
            },
        )
        .collect();
    (len > 0 && !sides.is_empty()).then(|| {
        format!(
            "Here {}; places are counted from 0, so the last is {}.",
            sides.join(", and "),
            len - 1
        )
    })
}
