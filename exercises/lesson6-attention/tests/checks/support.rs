//! What several steps need.

use dlkit::prelude::*;

/// The softmax along an axis of a tensor, as it should be.
pub(crate) fn softmax(x: &Tensor, axis: usize) -> Result<Tensor> {
    let exponentials = x.broadcast_sub(&x.max_keepdim(axis)?)?.exp()?;
    Ok(exponentials.broadcast_div(&exponentials.sum_keepdim(axis)?)?)
}

/// A tensor on the CPU.
pub(crate) fn tensor<A: candle_core::NdArray>(values: A) -> Result<Tensor> {
    Ok(Tensor::new(values, &Device::Cpu)?)
}

/// The keys turned for a product: `(…, k, d)` to `(…, d, k)`.
pub(crate) fn turned(x: &Tensor) -> Result<Tensor> {
    Ok(x.transpose(D::Minus2, D::Minus1)?.contiguous()?)
}

/// The largest distance between two tensors of one shape.
pub(crate) fn distance(a: &Tensor, b: &Tensor) -> Result<f64> {
    let largest = (a - b)?.abs()?.flatten_all()?.max(0)?;
    Ok(largest.to_dtype(DType::F64)?.to_scalar()?)
}
