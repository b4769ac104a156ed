//! What a check has to say when it does not pass.

use std::fmt;
use std::path::PathBuf;

/// What a check gives back: nothing to say, or the reason why it does not pass.
pub type Verdict = Result<(), Failure>;

/// The reason why a check does not pass, as a sentence for the person whose code it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong and what to look at.
    pub message: String,
    /// The short name of the recognised mistake, such as `"sign"`; `None` when the difference betrays no cause.
    pub diagnosis: Option<String>,
    /// The place to look at, as `file:line`; `None` stands for the step's file.
    pub location: Option<String>,
    /// A picture that shows it, where one says it better.
    pub picture: Option<PathBuf>,
}

impl Failure {
    /// A failure without a recognised cause.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            diagnosis: None,
            location: None,
            picture: None,
        }
    }

    /// The same failure with the name of the mistake that causes it.
    #[must_use]
    pub fn diagnosed(mut self, diagnosis: impl Into<String>) -> Self {
        self.diagnosis = Some(diagnosis.into());
        self
    }

    /// The same failure with the place to look at, as `file:line`.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// The same failure with a picture that shows it.
    #[must_use]
    pub fn pictured(mut self, picture: impl Into<PathBuf>) -> Self {
        self.picture = Some(picture.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

// One impl for every error that `?` may meet in a check: `anyhow::Error`, Candle's, a parse error. It is allowed because
// `Failure` itself is no `std::error::Error`.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(format!("{:#}", error.into()))
    }
}

/// Ends the check with a [`Failure`]: `fail!("the loss rose from {first} to {last}")`.
#[macro_export]
macro_rules! fail {
    ($($sentence:tt)+) => {
        return ::core::result::Result::Err($crate::failure::Failure::new(::std::format!($($sentence)+)))
    };
}

/// Ends the check with a [`Failure`] unless the condition holds: `ensure!(loss > 0.0, "a loss of {loss}?")`.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        let holds: bool = $condition;
        if !holds {
            $crate::fail!($($sentence)+);
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_context() {
        let error = anyhow::anyhow!("shape mismatch").context("your `forward` gave an error");
        assert_eq!(
            Failure::from(error).message,
            "your `forward` gave an error: shape mismatch"
        );
    }

    #[test]
    fn ensure_speaks_only_when_the_condition_fails() {
        let check = |loss: f64| -> Verdict {
            ensure!(loss > 0.0, "a loss of {loss}?");
            Ok(())
        };
        assert_eq!(check(1.0), Ok(()));
        assert_eq!(check(-1.0).unwrap_err().message, "a loss of -1?");
    }
}
