//! The vocabulary in which a lesson's checks are written.
//!
//! A check compares what a student's code gives with what it should give, and when the two differ it says so in a sentence:
//! which quantity, at which place, how far off, and, where the difference betrays it, *which mistake makes exactly that
//! difference*.
//!
//! ```
//! use dlkit_check::prelude::*;
//!
//! let failure = close_all("dL/dw", &[-0.5, 1.0], &[0.5, -1.0]).unwrap_err();
//! assert_eq!(failure.diagnosis.as_deref(), Some("sign"));
//!
//! // A check may name the mistakes that it expects, with the value each of them would give.
//! let verdict = expect("z")
//!     .mistake("forgotten-bias", "The weighted sum is right, but the bias was not added.", 2.0)
//!     .close(2.0, 1.0);
//! assert_eq!(verdict.unwrap_err().diagnosis.as_deref(), Some("forgotten-bias"));
//! ```

pub mod bounds;
pub mod calls;
pub mod compare;
pub mod draw;
pub mod expect;
pub mod gradient;
mod number;
mod patterns;
pub mod samples;
pub mod tensors;

pub use dlkit_harness::{checks, ensure, fail, failure, harness};

/// What a lesson's `tests/checks.rs` imports.
pub mod prelude {
    pub use crate::bounds::{at_least, at_most};
    pub use crate::calls::{Found, called, slip};
    pub use crate::compare::{close, close_all, close_within};
    pub use crate::draw::Draw;
    pub use crate::expect::{Expect, expect};
    pub use crate::failure::{Failure, Verdict};
    pub use crate::gradient::gradient;
    pub use crate::samples::{numbered, scalar, wave};
    pub use crate::tensors::{Slip, dtype, same, shape, tensors_close};
    pub use crate::{checks, ensure, fail};
}
