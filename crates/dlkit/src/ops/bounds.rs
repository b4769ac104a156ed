//! Bounds on every number of a tensor.
//!
//! Candle's `maximum`, `minimum` and `clamp` are generic: whoever calls them compiles them for all of its nine types of
//! numbers, on one thread and on several. Their broadcasting forms are the same operations, compiled with Candle.

use anyhow::Result;
use candle_core::{Device, Tensor};

/// `max(x, low)`.
pub(crate) fn at_least(x: &Tensor, low: f64) -> Result<Tensor> {
    Ok(x.broadcast_maximum(&bound(x, low)?)?)
}

/// `min(max(x, low), high)`.
pub(crate) fn clamp(x: &Tensor, low: f64, high: f64) -> Result<Tensor> {
    Ok(at_least(x, low)?.broadcast_minimum(&bound(x, high)?)?)
}

fn bound(x: &Tensor, value: f64) -> Result<Tensor> {
    Ok(Tensor::new(value, &Device::Cpu)?
        .to_dtype(x.dtype())?
        .to_device(x.device())?)
}
