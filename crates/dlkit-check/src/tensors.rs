//! Tensors: the shape first, then the type, then the values, because that is the order in which to mend them.

use candle_core::{DType, Tensor};

use crate::expect::{Expect, expect};
use crate::failure::{Failure, Verdict};
use crate::sizes::{dimensions, size};

/// Wants exactly these dimensions.
///
/// # Errors
///
/// A sentence with both shapes.
pub fn shape(name: &str, got: &Tensor, want: &[usize]) -> Verdict {
    if got.dims() == want {
        return Ok(());
    }
    let facts = format!(
        "{name} has shape {}, but it should have {}.",
        dimensions(got.dims()),
        dimensions(want)
    );
    let (diagnosis, sentence) = misshapen(got.dims(), want);
    Err(Failure::new([facts, sentence].join(" ").trim_end()).diagnosed(diagnosis))
}

/// What happened to a shape, as far as the shape alone can tell.
fn misshapen(got: &[usize], want: &[usize]) -> (&'static str, String) {
    let (lengths, wanted) = (
        got.iter().product::<usize>(),
        want.iter().product::<usize>(),
    );
    let sorted = |dims: &[usize]| {
        let mut dims = dims.to_vec();
        dims.sort_unstable();
        dims
    };
    let without_ones =
        |dims: &[usize]| -> Vec<usize> { dims.iter().copied().filter(|n| *n != 1).collect() };
    if got.len() == want.len() && sorted(got) == sorted(want) {
        return if want.len() == 2 {
            ("transposed", "Rows and columns have changed places.".into())
        } else {
            let moved: Vec<String> = (0..got.len())
                .filter(|axis| got[*axis] != want[*axis])
                .map(|axis| axis.to_string())
                .collect();
            let sentence = format!("Axes have changed places: {}.", moved.join(", "));
            ("axes-exchanged", sentence)
        };
    }
    if without_ones(got) == without_ones(want) {
        let sentence = if got.len() > want.len() {
            "An axis of length 1 is left over: `squeeze` takes it away, and `sum`, `mean` or `max` without `_keepdim` leave none."
        } else if got.len() < want.len() {
            "An axis of length 1 is missing: `unsqueeze` adds it, and the `_keepdim` forms keep it."
        } else {
            "The axis of length 1 is at another place."
        };
        return ("wrong-shape", sentence.into());
    }
    if lengths == wanted {
        let sentence =
            "These are as many numbers, in other axes: `reshape` or `flatten` arranges them.";
        return ("wrong-shape", sentence.into());
    }
    if got.len() == want.len() {
        let wrong: Vec<usize> = (0..got.len()).filter(|k| got[*k] != want[*k]).collect();
        if let &[axis] = wrong.as_slice() {
            let off = got[axis].abs_diff(want[axis]);
            let side = if got[axis] < want[axis] {
                "few"
            } else {
                "many"
            };
            let sentence = format!("Axis {axis} has {off} too {side}.");
            let diagnosis = if off == 1 {
                "off-by-one"
            } else {
                "wrong-shape"
            };
            return (diagnosis, sentence);
        }
    }
    // An axis that was summed away, or one that should have been.
    let dropped = |long: &[usize], short: &[usize]| {
        (0..long.len()).find(|axis| {
            let rest: Vec<usize> = (0..long.len())
                .filter(|k| k != axis)
                .map(|k| long[k])
                .collect();
            rest == short
        })
    };
    if let Some(axis) = dropped(want, got) {
        let sentence = format!(
            "Axis {axis}, of {}, is gone: something was summed or picked along it.",
            size(want[axis])
        );
        return ("wrong-shape", sentence);
    }
    if let Some(axis) = dropped(got, want) {
        let sentence = format!(
            "Axis {axis}, of {}, is still there: something should be summed or picked along it.",
            size(got[axis])
        );
        return ("wrong-shape", sentence);
    }
    ("wrong-shape", String::new())
}

/// Wants exactly this element type.
///
/// # Errors
///
/// A sentence with both types.
pub fn dtype(name: &str, got: &Tensor, want: DType) -> Verdict {
    if got.dtype() == want {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{name} holds {} values, but it should hold {}. `to_dtype` converts.",
        got.dtype().as_str(),
        want.as_str()
    ))
    .diagnosed("wrong-dtype"))
}

/// Compares two tensors: shape, type, then values within 10⁻⁵, absolute or relative.
///
/// # Errors
///
/// A sentence about the first of these that differs.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use dlkit_check::prelude::*;
///
/// let want = Tensor::new(&[[1f32, 2.], [3., 4.]], &Device::Cpu)?;
/// let failure = tensors_close("W", &want.t()?, &want).unwrap_err();
/// assert_eq!(failure.diagnosis.as_deref(), Some("transposed"));
/// # Ok::<(), candle_core::Error>(())
/// ```
pub fn tensors_close(name: &str, got: &Tensor, want: &Tensor) -> Verdict {
    expect(name).within(1e-5).tensors_close(got, want)
}

/// A well-known mistake: what to say when exactly `value` comes out.
#[derive(Debug)]
pub struct Slip {
    diagnosis: &'static str,
    sentence: &'static str,
    value: Tensor,
}

impl Slip {
    /// The mistake `diagnosis` gives `value`; `sentence` says what to look at.
    #[must_use]
    pub fn new(diagnosis: &'static str, sentence: &'static str, value: Tensor) -> Self {
        Self {
            diagnosis,
            sentence,
            value,
        }
    }
}

/// Compares two tensors within 10⁻⁴, and names the slip that explains the difference. A slip may have another shape than the right
/// result: then it also explains that.
///
/// # Errors
///
/// A sentence about the shape, the type or the values.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let x = wave(&[2, 3], 0.)?;
/// let slips = [Slip::new("summed-the-batch", "The mean runs along the images.", x.mean(0)?)];
/// let failure = same("mean", &x.mean(0)?, &x.mean(1)?, &slips).unwrap_err();
/// assert_eq!(failure.diagnosis.as_deref(), Some("summed-the-batch"));
/// # Ok::<(), candle_core::Error>(())
/// ```
pub fn same(name: &str, got: &Tensor, want: &Tensor, slips: &[Slip]) -> Verdict {
    let mut comparison = expect(name).within(1e-4);
    for Slip {
        diagnosis,
        sentence,
        value,
    } in slips
    {
        let value = value.to_dtype(want.dtype())?;
        let of_the_slip_s_shape =
            got.dims() != want.dims() && got.dims() == value.dims() && got.dtype() == want.dtype();
        if of_the_slip_s_shape && expect(name).within(1e-4).tensors_close(got, &value).is_ok() {
            let facts = format!(
                "{name} has the shape {}, but it should have {}.",
                dimensions(got.dims()),
                dimensions(want.dims())
            );
            return Err(Failure::new(format!("{facts} {sentence}")).diagnosed(*diagnosis));
        }
        if value.dims() == want.dims() {
            comparison = comparison.mistake(*diagnosis, *sentence, &value);
        }
    }
    comparison.tensors_close(got, want)
}

impl Expect {
    /// Compares two tensors: shape, type, then values.
    ///
    /// # Errors
    ///
    /// A sentence about the first of these that differs.
    pub fn tensors_close(&self, got: &Tensor, want: &Tensor) -> Verdict {
        shape(self.name(), got, want.dims())?;
        dtype(self.name(), got, want.dtype())?;
        let (got_values, want_values) = (values(got)?, values(want)?);
        let dims = want.dims();
        self.values(&got_values, &want_values, dims, |i| place(i, dims))
    }
}

fn values(tensor: &Tensor) -> Result<Vec<f64>, Failure> {
    Ok(tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
}

/// A flat index as the owner of the tensor would write it: `[1, 3]`.
fn place(mut index: usize, dims: &[usize]) -> String {
    let mut coordinates = vec![0; dims.len()];
    for axis in (0..dims.len()).rev() {
        coordinates[axis] = index % dims[axis];
        index /= dims[axis];
    }
    if coordinates.is_empty() {
        String::new()
    } else {
        format!("{coordinates:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device::Cpu;

    #[test]
    fn the_shape_is_looked_at_before_the_values() {
        let got = Tensor::zeros((2, 3), DType::F32, &Cpu).unwrap();
        let want = Tensor::ones((3, 2), DType::F32, &Cpu).unwrap();
        let failure = tensors_close("W", &got, &want).unwrap_err();
        assert!(
            failure
                .message
                .starts_with("W has shape (2, 3), but it should have (3, 2)."),
            "{failure}"
        );
        assert_eq!(failure.diagnosis.as_deref(), Some("transposed"));
        assert_eq!(
            shape("y", &got, &[6]).unwrap_err().diagnosis.as_deref(),
            Some("wrong-shape")
        );
    }

    #[test]
    fn the_type_is_looked_at_before_the_values() {
        let got = Tensor::zeros(2, DType::U8, &Cpu).unwrap();
        let want = Tensor::ones(2, DType::F32, &Cpu).unwrap();
        assert_eq!(
            tensors_close("x", &got, &want)
                .unwrap_err()
                .diagnosis
                .as_deref(),
            Some("wrong-dtype")
        );
    }

    #[test]
    fn the_worst_element_is_named_by_its_coordinates() {
        let want = Tensor::new(&[[1f32, 2., 3.], [4., 5., 6.]], &Cpu).unwrap();
        let got = Tensor::new(&[[1f32, 2., 3.], [4., 5.5, 6.]], &Cpu).unwrap();
        let failure = tensors_close("x", &got, &want).unwrap_err();
        assert_eq!(
            failure.message,
            "x[1, 1] is 5.5, but it should be 5 (1 of 6 values differ)."
        );
    }

    #[test]
    fn nan_is_called_by_its_name() {
        let want = Tensor::new(&[1f32, 2.], &Cpu).unwrap();
        let got = Tensor::new(&[1f32, f32::NAN], &Cpu).unwrap();
        let failure = tensors_close("x", &got, &want).unwrap_err();
        assert_eq!(failure.diagnosis.as_deref(), Some("not-a-number"));
    }

    #[test]
    fn a_scalar_and_an_empty_tensor_can_be_compared() {
        let one = Tensor::new(1f32, &Cpu).unwrap();
        let two = Tensor::new(2f32, &Cpu).unwrap();
        assert!(tensors_close("loss", &one, &one).is_ok());
        assert!(tensors_close("loss", &one, &two).is_err());
        let empty = Tensor::zeros((0, 2), DType::F32, &Cpu).unwrap();
        assert!(tensors_close("x", &empty, &empty).is_ok());
    }

    #[test]
    fn rounding_in_single_precision_is_forgiven() {
        let want = Tensor::new(&[1f32, 1000.], &Cpu).unwrap();
        let got = Tensor::new(&[1f32 + 2e-6, 1000.002], &Cpu).unwrap();
        assert!(tensors_close("x", &got, &want).is_ok());
    }
}
