//! Tensors to try a function on: no luck hides in them, and they are the same every time.

use candle_core::{DType, Device, Result, Tensor};

/// A `U8` tensor of this shape in which (up to 251 entries) every number comes once.
///
/// # Errors
///
/// When memory runs out.
pub fn numbered(shape: &[usize]) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let numbers: Vec<u8> = (0..count).map(|i| (i % 251) as u8).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu)
}

/// An `F32` tensor of this shape with values between -1 and 1, of both signs, and no pattern that a mistake could hide in. Another `phase`
/// gives other values.
///
/// # Errors
///
/// When memory runs out.
pub fn wave(shape: &[usize], phase: f64) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|i| (1.7 * i as f64 + 0.13 * (i * i) as f64 + phase).sin() as f32)
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu)
}

/// The number in a tensor without axes.
///
/// # Errors
///
/// When it has an axis.
pub fn scalar(tensor: &Tensor) -> Result<f64> {
    tensor.to_dtype(DType::F64)?.to_scalar()
}
