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
//!
//! | to compare or explain | use |
//! |---|---|
//! | numbers, rows | [`compare`], [`expect`] with the mistakes that it knows |
//! | tensors: shape, type, values | [`tensors`], with [`name_sizes`](sizes::name_sizes) for axes that have names |
//! | a gradient with the slope itself | [`gradient`] |
//! | results on the way, the first wrong one | [`walk`] |
//! | a call that may end in an error of Candle | [`calls`] |
//! | an accuracy or a loss with a mark | [`bounds`], and [`training`] to read the curve when it is missed |
//! | what is seen better than read | [`picture`] |
//!
//! Where no mistake that the check names fits, fingerprints that need no list are tried: a constant factor, a known function of the right
//! value, the right values at other places, something missing in each row. When none fits, nothing is claimed.

pub mod bounds;
pub mod calls;
mod candle_errors;
pub mod compare;
pub mod draw;
pub mod expect;
mod fingerprints;
pub mod gradient;
mod number;
pub mod picture;
pub mod samples;
pub mod sizes;
pub mod tensors;
pub mod training;
pub mod walk;

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
    pub use crate::picture::{Drawn, compared, compared_rows};
    pub use crate::samples::{numbered, scalar, wave};
    pub use crate::sizes::name_sizes;
    pub use crate::tensors::{Slip, dtype, same, shape, tensors_close};
    pub use crate::training::{Training, training};
    pub use crate::walk::walk;
    pub use crate::{checks, ensure, fail};
}
