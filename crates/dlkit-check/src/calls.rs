//! Calls of the student's code that may end in an error.
//!
//! Candle's errors are for people who know Candle. Those that everyone meets get a second sentence here: what they mean, and what to
//! look at.

use crate::candle_errors;
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
    result.map_err(|whole| {
        let error = format!("{whole:#}");
        // Candle adds a backtrace when RUST_BACKTRACE is set; the student's file is not in it.
        let lines: Vec<&str> = error
            .lines()
            .take_while(|line| !line.trim_start().starts_with("0: "))
            .collect();
        let error = lines.join(" ");
        let cause = candle_errors::explain(&whole).or_else(|| {
            let known = CAUSES.iter().find(|(words, ..)| error.contains(words))?;
            Some((known.1, known.2.to_owned()))
        });
        match cause {
            Some((diagnosis, cause)) => {
                Failure::new(format!("{call} gave an error: {error}. {cause}")).diagnosed(diagnosis)
            }
            None => Failure::new(format!("{call} gave an error: {error}")),
        }
    })
}

/// Words of an error of dlkit, the diagnosis that they betray, and what to look at.
const CAUSES: &[(&str, &str, &str)] = &[
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

    #[test]
    fn explains_what_candle_says() {
        let x = Tensor::zeros((3, 2), DType::F32, &Cpu).unwrap();
        let failure = called("z", x.matmul(&x).map_err(anyhow::Error::from)).unwrap_err();
        assert_eq!(failure.diagnosis.as_deref(), Some("shapes-do-not-multiply"));
        assert!(
            failure.message.starts_with(
                "z gave an error: shape mismatch in matmul, lhs: [3, 2], rhs: [3, 2]. In a product"
            ),
            "{failure}"
        );
    }

    #[test]
    fn explains_what_dlkit_says() {
        let failure =
            called::<()>("f", Err(anyhow::anyhow!("call `model.compile` first"))).unwrap_err();
        assert_eq!(failure.diagnosis.as_deref(), Some("not-compiled"));
    }

    #[test]
    fn an_unknown_error_is_said_as_it_is() {
        let failure = called::<()>("f", Err(anyhow::anyhow!("no net"))).unwrap_err();
        assert_eq!(failure.message, "f gave an error: no net");
        assert_eq!(failure.diagnosis, None);
    }
}
