//! Calls of the student's code that may end in an error.
//!
//! Candle's errors are for people who know Candle. Those that everyone meets get a second sentence here: what they mean, and what to
//! look at.

use crate::failure::{Failure, Verdict};

/// What a helper of a check finds, or why the check ends there.
pub type Found<T> = Result<T, Failure>;

/// The verdict on a recognised mistake.
///
/// # Errors
///
/// Always: the failure with this diagnosis and this sentence.
pub fn slip(diagnosis: &str, message: impl Into<String>) -> Verdict {
    Err(Failure::new(message.into()).diagnosed(diagnosis))
}

/// What a call of the student's code gave. An error becomes a sentence that names the call and, where it is an old acquaintance,
/// what is behind it.
///
/// # Errors
///
/// When the call gave one.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use dlkit_check::prelude::*;
///
/// let x = Tensor::new(&[[1f32, 2.], [3., 4.], [5., 6.]], &Device::Cpu)?;
/// let failure = called("dense", x.matmul(&x).map_err(anyhow::Error::from)).unwrap_err();
/// assert_eq!(failure.diagnosis.as_deref(), Some("shapes-do-not-multiply"));
/// assert!(failure.message.starts_with("dense gave an error: shape mismatch in matmul"));
/// # Ok::<(), candle_core::Error>(())
/// ```
pub fn called<T>(call: &str, result: anyhow::Result<T>) -> Found<T> {
    result.map_err(|error| {
        let error = format!("{error:#}");
        // Candle adds a backtrace when RUST_BACKTRACE is set; the student's file is not in it.
        let lines: Vec<&str> = error
            .lines()
            .take_while(|line| !line.trim_start().starts_with("0: "))
            .collect();
        let error = lines.join(" ");
        let known = CAUSES.iter().find(|(words, ..)| error.contains(words));
        match known {
            Some((_, diagnosis, cause)) => {
                Failure::new(format!("{call} gave an error: {error}. {cause}"))
                    .diagnosed(*diagnosis)
            }
            None => Failure::new(format!("{call} gave an error: {error}")),
        }
    })
}

/// Words of an error of Candle or dlkit, the diagnosis that they betray, and what to look at. The more special come first.
const CAUSES: &[(&str, &str, &str)] = &[
    (
        "shape mismatch in matmul",
        "shapes-do-not-multiply",
        "In a product a·b, a row of a (lhs) needs as many entries as b (rhs) has rows.",
    ),
    (
        "different inner dimensions in broadcast matmul",
        "shapes-do-not-multiply",
        "In a product a·b, a row of a (the first shape) needs as many entries as b (the second) has rows; all axes before these two are the \
         batch.",
    ),
    (
        "shape mismatch in gather",
        "gather-needs-as-many-axes",
        "`gather` picks from each row, and wants the numbers of the columns in a tensor with as many axes as the one it picks from: \
         labels (n,) become a column (n, 1) with `unsqueeze(1)`.",
    ),
    (
        "Shape mismatch, got buffer of size",
        "counts-differ",
        "The product of a shape's sides must be how many numbers there are: `reshape` and `from_vec` lose and invent none.",
    ),
    (
        "shape mismatch in cat",
        "pieces-do-not-join",
        "`cat` sets pieces end to end along one axis, and along all other axes they must be equally long: is this the axis to join along?",
    ),
    (
        "shape mismatch in",
        "shapes-do-not-match",
        "This works entry by entry, so both sides (lhs, rhs) must have one shape. The `broadcast_…` operations repeat the smaller \
         side; if both should be equal, one of them ran along the wrong axis.",
    ),
    (
        "narrow invalid args",
        "narrow-past-the-end",
        "`narrow` takes an axis, a start and a length (not an end), and start + length must not go past the end of the axis.",
    ),
    (
        "non-contiguous",
        "not-contiguous",
        "`matmul` wants the numbers of both sides to lie in memory in the order of the axes; after `transpose` they do not. `.contiguous()` copies \
         them into that order.",
    ),
    (
        "only supports contiguous",
        "not-contiguous",
        "This operation wants numbers that lie in memory in the order of the axes; after `transpose` or `narrow` they may not. `.contiguous()` \
         copies them into that order.",
    ),
    (
        "dtype mismatch",
        "dtypes-do-not-match",
        "Both sides must hold the same type of number; `to_dtype` converts.",
    ),
    (
        "unexpected dtype",
        "number-of-another-type",
        "A value is read in the type that its tensor holds (that is the `got`), and converted then: `to_scalar::<f32>()`, and \
         `f64::from` of it.",
    ),
    (
        "call `model.compile",
        "not-compiled",
        "A net that is built but not compiled can predict, but not learn.",
    ),
    (
        "built for inputs of shape [784]",
        "missing-flatten",
        "The images come as they are: `Flatten::new()` comes first, and the net is built for `(28, 28)`.",
    ),
    (
        "one target for each prediction",
        "wrong-loss",
        CLASS_NUMBERS,
    ),
    ("class numbers are needed", "wrong-loss", CLASS_NUMBERS),
];

const CLASS_NUMBERS: &str = "The targets are the numbers of the classes, one for each sample: that is what \
    `SparseCategoricalCrossEntropy` takes, for a net that gives one row of probabilities for each sample.";

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device::Cpu, Tensor};

    fn diagnosis(result: candle_core::Result<Tensor>) -> Option<String> {
        called("f", result.map_err(anyhow::Error::from))
            .unwrap_err()
            .diagnosis
            .map(|name| name.to_string())
    }

    #[test]
    fn explains_what_candle_says() {
        let x = Tensor::zeros((3, 2), DType::F32, &Cpu).unwrap();
        let labels = Tensor::zeros(3, DType::U32, &Cpu).unwrap();
        let row = Tensor::zeros(4, DType::F32, &Cpu).unwrap();
        let batch = Tensor::zeros((2, 3, 4, 5), DType::F32, &Cpu).unwrap();
        let turned = Tensor::zeros((2, 4, 5, 3), DType::F32, &Cpu).unwrap();
        let columns = Tensor::zeros((3, 3), DType::U32, &Cpu).unwrap();
        let columns = columns.narrow(1, 1, 2).unwrap();
        for (result, name) in [
            (x.matmul(&x), "shapes-do-not-multiply"),
            (x.gather(&labels, 1), "gather-needs-as-many-axes"),
            (x.reshape((4, 2)), "counts-differ"),
            (&x + &row, "shapes-do-not-match"),
            (x.broadcast_add(&row), "shapes-do-not-match"),
            (Tensor::cat(&[&x, &x.t().unwrap()], 0), "pieces-do-not-join"),
            (x.narrow(0, 2, 2), "narrow-past-the-end"),
            (
                x.sum_all()
                    .and_then(|sum| sum.to_scalar::<f64>())
                    .map(|_| x.clone()),
                "number-of-another-type",
            ),
            (&x + x.to_dtype(DType::F64).unwrap(), "dtypes-do-not-match"),
            (
                batch.transpose(1, 2).unwrap().matmul(&turned),
                "not-contiguous",
            ),
            (x.gather(&columns, 1), "not-contiguous"),
        ] {
            assert_eq!(diagnosis(result).as_deref(), Some(name));
        }
    }

    #[test]
    fn an_unknown_error_is_said_as_it_is() {
        let failure = called::<()>("f", Err(anyhow::anyhow!("no net"))).unwrap_err();
        assert_eq!(failure.message, "f gave an error: no net");
        assert_eq!(failure.diagnosis, None);
    }
}
