//! Intermediate results, looked at in the order in which they are computed: the first wrong one is where to look.

use crate::failure::{Failure, Verdict};

/// Starts a way through intermediate results; on the way back of a gradient that is from the loss to the weights.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let mut way = walk();
/// way.past("dL/dz", close("dL/dz", 0.5, 0.5))?;
/// way.past("dL/db", close("dL/db", 0.5, 0.5))?;
/// let failure = way.past("dL/dw", close("dL/dw", 1.7, 1.5)).unwrap_err();
/// assert!(failure.message.ends_with("What it is computed from is right: dL/dz, dL/db."));
/// # Ok::<(), Failure>(())
/// ```
#[must_use]
pub fn walk() -> Walk {
    Walk { right: Vec::new() }
}

/// The intermediate results that were right so far.
#[derive(Clone, Debug)]
pub struct Walk {
    right: Vec<String>,
}

impl Walk {
    /// Goes past the result `name`; a failure also tells which ones before it are right.
    ///
    /// # Errors
    ///
    /// The verdict's own failure.
    pub fn past(&mut self, name: impl Into<String>, verdict: Verdict) -> Verdict {
        match verdict {
            Ok(()) => {
                self.right.push(name.into());
                Ok(())
            }
            Err(failure) if self.right.is_empty() => Err(failure),
            Err(failure) => {
                let right = self.right.join(", ");
                Err(Failure {
                    message: format!(
                        "{} What it is computed from is right: {right}.",
                        failure.message
                    ),
                    ..failure
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wrong_result_is_told_as_it_is() {
        let wrong = Failure::new("z is 2.").diagnosed("sign");
        assert_eq!(walk().past("z", Err(wrong.clone())), Err(wrong));
    }

    #[test]
    fn a_later_one_keeps_its_diagnosis() {
        let mut way = walk();
        way.past("z", Ok(())).unwrap();
        let failure = way
            .past("a", Err(Failure::new("a is 2.").diagnosed("sign")))
            .unwrap_err();
        assert_eq!(failure.diagnosis.as_deref(), Some("sign"));
        assert_eq!(
            failure.message,
            "a is 2. What it is computed from is right: z."
        );
    }
}
