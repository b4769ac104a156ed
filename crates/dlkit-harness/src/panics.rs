//! Remembers where a panic happened and what it said, instead of printing it.

use std::any::Any;
use std::panic::{self, PanicHookInfo};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

/// What is known of one panic.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    thread: ThreadId,
    /// The words of the panic.
    pub(crate) message: String,
    /// `file:line`, as the compiler was given the file's name: relative to the workspace for the lesson's own code.
    pub(crate) location: Option<String>,
}

impl Panic {
    /// Whether it happened in a library: Cargo gives the compiler the workspace's files by relative paths, all others by absolute ones.
    pub(crate) fn is_foreign(&self) -> bool {
        self.location
            .as_ref()
            .is_some_and(|place| Path::new(place).is_absolute())
    }
}

/// All panics since the check began, on whatever thread.
static PANICS: Mutex<Vec<Panic>> = Mutex::new(Vec::new());

/// A program that panics in a loop shall not fill the memory with the record of it.
const KEPT: usize = 100;

/// Keeps panics for [`take`], in place of Rust's own message on standard error.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let panic = Panic {
            thread: thread::current().id(),
            message: words(info),
            location: info
                .location()
                .map(|place| format!("{}:{}", tidy(place.file()), place.line())),
        };
        let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
        if panics.len() < KEPT {
            panics.push(panic);
        }
    }));
}

/// Forgets the panics of the check before.
pub(crate) fn forget() {
    PANICS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clear();
}

/// The panic that ended the check on this thread.
///
/// When a worker thread panicked and this thread only passed the panic on (as rayon does) or stumbled over it
/// (`join().unwrap()`), the worker's panic is the one worth telling.
pub(crate) fn take(payload: &(dyn Any + Send)) -> Panic {
    let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
    let here = thread::current().id();
    let own = panics.iter().rev().find(|panic| panic.thread == here);
    let other = panics.iter().find(|panic| panic.thread != here);
    match (own, other) {
        (Some(own), Some(other)) if own.message.contains("Err` value: Any") => other.clone(),
        (Some(own), _) => own.clone(),
        (None, Some(other)) => other.clone(),
        (None, None) => Panic {
            thread: here,
            message: text(payload).unwrap_or("(no message)").to_owned(),
            location: None,
        },
    }
}

fn words(info: &PanicHookInfo<'_>) -> String {
    text(info.payload()).unwrap_or("(no message)").to_owned()
}

fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// `solutions/x/tests/../../../exercises/x/tests/checks.rs` → `exercises/x/tests/checks.rs`: the solution's checks are the
/// exercise's, reached by a `#[path]`.
fn tidy(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." if parts
                .last()
                .is_some_and(|last| *last != ".." && !last.is_empty()) =>
            {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{Panic, tidy};

    #[test]
    fn a_panic_in_a_library_is_not_the_students() {
        let at = |place: &str| Panic {
            thread: std::thread::current().id(),
            message: "not yet implemented: no unary function for u32".into(),
            location: Some(place.into()),
        };
        let library = std::env::temp_dir().join("registry/op.rs:488");
        assert!(at(&library.display().to_string()).is_foreign());
        assert!(!at("exercises/lesson1/src/step1.rs:5").is_foreign());
    }

    #[test]
    fn a_path_is_told_without_detours() {
        let detour = "solutions/lesson1/tests/../../../exercises/lesson1/tests/checks.rs";
        assert_eq!(tidy(detour), "exercises/lesson1/tests/checks.rs");
        assert_eq!(
            tidy(r"exercises\lesson1\src\a.rs"),
            "exercises/lesson1/src/a.rs"
        );
        assert_eq!(tidy("/rust/library/core/a.rs"), "/rust/library/core/a.rs");
        assert_eq!(tidy("../a.rs"), "../a.rs");
    }
}
