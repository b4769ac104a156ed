//! How a kernel is joined to Candle's graph: what the custom operations here have in common.

use crate::kernels;
use candle_core::{CpuStorage, DType, Device, Layout, Result, Shape, Storage, Tensor};
use std::ops::{Deref, Range};

/// Whether an operation on these tensors takes its kernel: all in `f32` and on the CPU. Otherwise it is composed of Candle's
/// own operations, which run on every device and in `f64`.
pub(crate) fn fused(tensors: &[&Tensor]) -> bool {
    kernels::enabled()
        && tensors
            .iter()
            .all(|tensor| tensor.dtype() == DType::F32 && tensor.device().is_cpu())
}

/// Whether anybody asks for the gradient of `tensor`. An operation that computes one for a plain input wastes its time;
/// one that gives none for an intermediate result makes Candle panic.
pub(crate) fn wanted(tensor: &Tensor) -> bool {
    tensor.track_op()
}

/// The numbers of an input in a custom operation's forward pass.
///
/// # Errors
/// When it is not `f32` or not contiguous: the operation's caller sees to both.
pub(crate) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values = storage.as_slice::<f32>()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => candle_core::bail!("a kernel was given a tensor that is not contiguous"),
    }
}

/// The same, to be changed in place.
///
/// # Errors
/// As for [`slice`].
pub(crate) fn slice_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&mut values[start..end]),
        _ => candle_core::bail!("a kernel can only change contiguous numbers of type f32"),
    }
}

/// The numbers of a tensor, for a backward pass. Derefs to a slice in the order of the axes.
pub(crate) enum Values<'a> {
    /// Where they are. The guard's own type belongs to a crate that is not needed otherwise.
    There(Box<dyn Deref<Target = Storage> + 'a>, Range<usize>),
    /// A copy, for a tensor that is not contiguous.
    Copy(Vec<f32>),
}

impl<'a> Values<'a> {
    /// # Errors
    /// When the tensor is not `f32` or not on the CPU.
    pub(crate) fn of(tensor: &'a Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        match (&*storage, layout.contiguous_offsets()) {
            (Storage::Cpu(CpuStorage::F32(_)), Some((start, end))) => {
                Ok(Self::There(Box::new(storage), start..end))
            }
            _ => {
                drop(storage);
                Ok(Self::Copy(tensor.flatten_all()?.to_vec1::<f32>()?))
            }
        }
    }
}

impl Deref for Values<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::There(storage, range) => match &***storage {
                Storage::Cpu(CpuStorage::F32(values)) => &values[range.clone()],
                _ => &[],
            },
            Self::Copy(values) => values,
        }
    }
}

/// A tensor on the CPU that takes over these numbers.
pub(crate) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Result<Tensor> {
    Tensor::from_vec(values, shape.into(), &Device::Cpu)
}
