//! What several steps need.

use dlkit::prelude::*;
use dlkit_check::prelude::*;

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

/// [`same`], with a picture of both where they differ: the last two axes are a map, and all axes before them lay maps in a row.
pub(crate) fn same_map(name: &str, got: &Tensor, want: &Tensor, slips: &[Slip]) -> Verdict {
    same(name, got, want, slips).drawn(|| compared(name, &maps(got)?, &maps(want)?))
}

/// A picture of the attention weights goes with a verdict on what was computed from them, when it is they that are wrong.
pub(crate) fn with_weights(verdict: Verdict, got: &Tensor, want: &Tensor) -> Verdict {
    verdict.drawn(|| {
        anyhow::ensure!(
            got.dims() == want.dims() && distance(got, want)? > 1e-4,
            "the weights are right"
        );
        compared(
            "Who (row) looks at whom (column)",
            &maps(got)?,
            &maps(want)?,
        )
    })
}

fn maps(x: &Tensor) -> Result<Tensor> {
    Ok(match *x.dims() {
        [.., height, width] if x.elem_count() == height * width => x.reshape((height, width))?,
        [.., height, width] => x.reshape(((), height, width))?,
        _ => x.unsqueeze(0)?,
    })
}

/// The largest distance between two tensors of one shape.
pub(crate) fn distance(a: &Tensor, b: &Tensor) -> Result<f64> {
    let largest = (a - b)?.abs()?.flatten_all()?.max(0)?;
    Ok(largest.to_dtype(DType::F64)?.to_scalar()?)
}
