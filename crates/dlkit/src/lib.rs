//! A teaching library for deep learning on [Candle](https://github.com/huggingface/candle), with Keras's names.

pub mod data;
pub mod plot;
pub mod seed;

pub use anyhow::Result;
