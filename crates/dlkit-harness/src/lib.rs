//! Runs a lesson's checks and tells what came of each.
//!
//! A lesson lists its checks, each an ordinary function, and gets a `main` that runs them:
//!
//! ```
//! mod step1_neuron {
//!     use dlkit_harness::{Verdict, ensure};
//!
//!     pub fn adds_the_bias() -> Verdict {
//!         let z = 1.0 + 0.5;
//!         ensure!(z == 1.5, "z is {z}, but 1.5 was due");
//!         Ok(())
//!     }
//! }
//!
//! dlkit_harness::checks! {
//!     step1_neuron: adds_the_bias;
//! }
//! ```
//!
//! Lessons do not name this crate: `dlkit-check` passes all of it on. It stands apart from the comparisons because it needs
//! no tensors: the runner's own tests build it in a moment.

pub mod failure;
mod familiar;
pub mod harness;
mod panics;
pub mod protocol;

pub use failure::{Failure, Verdict};

/// Lists a lesson's checks, step by step, and defines the `main` that runs them.
///
/// `step1_neuron: adds_the_bias, squashes;` names two functions of the module `step1_neuron`, each of the type
/// `fn() -> Verdict`. A step's module is named as the step's file, so the runner can tell which file to point at.
#[macro_export]
macro_rules! checks {
    ($($step:ident : $($check:ident),+ $(,)?);* $(;)?) => {
        /// Runs this lesson's checks.
        pub fn main() -> ::std::process::ExitCode {
            $crate::harness::main(&[$($(
                $crate::harness::Check {
                    name: concat!(stringify!($step), "::", stringify!($check)),
                    run: $step::$check,
                },
            )+)*])
        }
    };
}
