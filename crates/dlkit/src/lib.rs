//! A teaching library for deep learning on [Candle](https://github.com/huggingface/candle), with Keras's names.
//!
//! A net is written down, built for an input shape, compiled, trained and measured:
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let points = dlkit::data::xor()?;
//! let mut model = Sequential::new()
//!     .add(Dense::new(8).tanh())
//!     .add(Dense::new(1).sigmoid())
//!     .build(2, Seed(42), &dlkit::device()?)?;
//! model.compile(Adam::new(0.1), BinaryCrossEntropy, [Accuracy]);
//! let history = model.fit(&points, Fit { epochs: 100, progress: Progress::Silent, ..Fit::default() })?;
//! assert_eq!(history.epochs(), 100);
//! assert_eq!(model.evaluate(&points)?.accuracy()?, 1.0);
//! # Ok(()) }
//! ```
//!
//! The rooms, from the ground up; each uses only those below it:
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | [`device`](mod@device), [`seed`], [`files`], [`live`] |
//! | 1 | `kernels`: the arithmetic on slices; [`ops`]: differentiable operations on tensors |
//! | 2 | [`activation`], [`init`], [`layers`], [`losses`], [`metrics`], [`optimizers`], [`regularizers`], [`schedules`], [`data`] |
//! | 3 | [`model`]: `Sequential`, `compile`, `fit`, `evaluate`, `predict`; [`plot`]: figures |
//! | 4 | [`run`]: which nets a lesson's program trains, and the figures it keeps |
//! | 5 | [`prelude`]: what a lesson imports |
//!
//! Every random number comes from one explicit [`Seed`](seed::Seed): same seed, same machine, same bits, whatever the number of
//! threads. A gradient is never lost in silence: a training step names any variable that none reaches.

pub mod activation;
pub mod data;
pub mod device;
pub mod files;
pub mod init;
mod kernels;
pub mod layers;
pub mod live;
pub mod losses;
pub mod metrics;
pub mod model;
pub mod ops;
pub mod optimizers;
pub mod plot;
pub mod prelude;
pub mod regularizers;
pub mod run;
pub mod schedules;
pub mod seed;
pub mod variable;

pub use anyhow::Result;
pub use device::device;
pub use kernels::instructions;
