//! A comparison that knows what usually goes wrong: its tolerance, its sample count, its typical mistakes.

use candle_core::{DType, Tensor};

use crate::failure::{Failure, Verdict};
use crate::fingerprints::{Difference, place, recognise};
use crate::number::{number, pair};

/// Starts a comparison of the quantity called `name`, in the lesson's notation: `"z"`, `"dL/dw"`.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let failure = expect("loss").over(4).close(2.0, 0.5).unwrap_err();
/// assert_eq!(failure.diagnosis.as_deref(), Some("missing-batch-mean"));
/// ```
pub fn expect(name: impl Into<String>) -> Expect {
    Expect {
        name: name.into(),
        relative: 1e-6,
        absolute: 1e-9,
        samples: None,
        mistakes: Vec::new(),
        advice: None,
    }
}

/// A comparison being set up; [`close`](Expect::close), [`close_all`](Expect::close_all) and
/// [`tensors_close`](crate::tensors) end it. Without further words two numbers are equal when they differ by at most 10⁻⁹, or
/// by a millionth of the larger one.
#[derive(Debug)]
#[must_use]
pub struct Expect {
    name: String,
    relative: f64,
    absolute: f64,
    samples: Option<usize>,
    mistakes: Vec<Mistake>,
    advice: Option<String>,
}

#[derive(Debug)]
struct Mistake {
    diagnosis: String,
    sentence: String,
    gives: Values,
}

/// A number, a row of numbers or a tensor: what a [mistake](Expect::mistake) would give.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(Vec<f64>);

impl From<f64> for Values {
    fn from(value: f64) -> Self {
        Self(vec![value])
    }
}

impl From<Vec<f64>> for Values {
    fn from(values: Vec<f64>) -> Self {
        Self(values)
    }
}

impl From<&[f64]> for Values {
    fn from(values: &[f64]) -> Self {
        Self(values.to_vec())
    }
}

impl<const N: usize> From<[f64; N]> for Values {
    fn from(values: [f64; N]) -> Self {
        Self(values.to_vec())
    }
}

impl From<&Tensor> for Values {
    /// A tensor that cannot be read becomes an empty row, which equals nothing.
    fn from(tensor: &Tensor) -> Self {
        let read = || tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>();
        Self(read().unwrap_or_default())
    }
}

impl Expect {
    /// Both the relative and the absolute difference that is still taken as equal.
    pub fn within(mut self, tolerance: f64) -> Self {
        self.relative = tolerance;
        self.absolute = tolerance;
        self
    }

    /// The two tolerances apart.
    pub(crate) fn within_relative(mut self, relative: f64, absolute: f64) -> Self {
        self.relative = relative;
        self.absolute = absolute;
        self
    }

    /// Says that the quantity is an average over this many samples, so that a missing mean can be named.
    pub fn over(mut self, samples: usize) -> Self {
        self.samples = Some(samples);
        self
    }

    /// Names a typical mistake and the value that it would give; `sentence` is said when exactly that value arrives. Where two
    /// mistakes give the same value both are said, and where more do, none: a cause that is not proved is not claimed. So let
    /// the first case that a check compares be one in which every mistake gives another value.
    pub fn mistake(
        mut self,
        diagnosis: impl Into<String>,
        sentence: impl Into<String>,
        gives: impl Into<Values>,
    ) -> Self {
        self.mistakes.push(Mistake {
            diagnosis: diagnosis.into(),
            sentence: sentence.into(),
            gives: gives.into(),
        });
        self
    }

    /// What to look at when the values differ and no mistake is recognised.
    pub fn advice(mut self, sentence: impl Into<String>) -> Self {
        self.advice = Some(sentence.into());
        self
    }

    /// Compares two numbers.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that names the quantity, both numbers and, where it is recognised, the mistake.
    pub fn close(&self, got: f64, want: f64) -> Verdict {
        if self.equal(got, want) {
            return Ok(());
        }
        let (shown_got, shown_want) = pair(got, want);
        let facts = format!(
            "{} is {shown_got}, but it should be {shown_want}.",
            self.name
        );
        Err(self.explain(facts, &[got], &[want], &[]))
    }

    /// Compares two rows of numbers: first their lengths, then each value.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that names the worst place, how many differ and, where it is recognised, the mistake.
    pub fn close_all(&self, got: &[f64], want: &[f64]) -> Verdict {
        if got.len() != want.len() {
            let facts = format!(
                "{} holds {}, but it should hold {}.",
                self.name,
                count(got.len()),
                count(want.len())
            );
            return Err(Failure::new(facts).diagnosed("wrong-length"));
        }
        self.values(got, want, &[want.len()], |place| {
            // A row of one value needs no place.
            if got.len() == 1 {
                String::new()
            } else {
                format!("[{place}]")
            }
        })
    }

    /// Compares two arrays of the shape `dims`; `written` writes a flat index the way the quantity's owner would.
    pub(crate) fn values(
        &self,
        got: &[f64],
        want: &[f64],
        dims: &[usize],
        written: impl Fn(usize) -> String,
    ) -> Verdict {
        let wrong: Vec<usize> = (0..got.len())
            .filter(|i| !self.equal(got[*i], want[*i]))
            .collect();
        // What is no number at all is worse than any distance.
        let distance = |i: &usize| {
            let d = (got[*i] - want[*i]).abs();
            if d.is_nan() { f64::INFINITY } else { d }
        };
        let Some(worst) = wrong
            .iter()
            .copied()
            .max_by(|a, b| distance(a).total_cmp(&distance(b)))
        else {
            return Ok(());
        };
        let (shown_got, shown_want) = pair(got[worst], want[worst]);
        let extent = if got.len() == 1 {
            String::new()
        } else {
            format!(" ({} of {} values differ)", wrong.len(), got.len())
        };
        let facts = format!(
            "{}{} is {shown_got}, but it should be {shown_want}{extent}.",
            self.name,
            written(worst)
        );
        Err(self.explain(facts, got, want, dims))
    }

    /// Adds to the facts the mistake that explains them, if one does.
    fn explain(&self, facts: String, got: &[f64], want: &[f64], dims: &[usize]) -> Failure {
        let mut fitting: Vec<&Mistake> = Vec::new();
        for mistake in &self.mistakes {
            let gives = &mistake.gives.0;
            let fits =
                gives.len() == got.len() && gives.iter().zip(got).all(|(m, g)| self.equal(*m, *g));
            if fits && fitting.iter().all(|m| m.diagnosis != mistake.diagnosis) {
                fitting.push(mistake);
            }
        }
        let candidates: Vec<(&str, &str)> = fitting
            .iter()
            .map(|mistake| (mistake.diagnosis.as_str(), mistake.sentence.as_str()))
            .collect();
        let difference = Difference {
            got,
            want,
            dims,
            samples: self.samples,
            tolerance: self.relative,
        };
        if candidates.len() > 2 {
            return self.unexplained(&facts, &difference);
        }
        if let Some(failure) = named(&facts, &candidates) {
            return failure;
        }
        let patterns = recognise(&difference);
        let candidates: Vec<(&str, &str)> = patterns
            .iter()
            .map(|pattern| (pattern.diagnosis, pattern.sentence.as_str()))
            .collect();
        named(&facts, &candidates).unwrap_or_else(|| self.unexplained(&facts, &difference))
    }

    /// No cause is proved: what can be seen, and where to look.
    fn unexplained(&self, facts: &str, difference: &Difference<'_>) -> Failure {
        let seen = place(difference);
        let words = [Some(facts), seen.as_deref(), self.advice.as_deref()];
        Failure::new(words.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    /// Two infinities of one sign are equal, and so are two NaN: a mistake may well give one.
    fn equal(&self, a: f64, b: f64) -> bool {
        if a.is_nan() || b.is_nan() {
            return a.is_nan() && b.is_nan();
        }
        if a.is_infinite() || b.is_infinite() {
            return a == b;
        }
        (a - b).abs() <= self.absolute.max(self.relative * a.abs().max(b.abs()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// One cause is named, two are named side by side; more prove none of them and would only confuse.
fn named(facts: &str, candidates: &[(&str, &str)]) -> Option<Failure> {
    match candidates {
        [(diagnosis, sentence)] => {
            Some(Failure::new(format!("{facts} {sentence}")).diagnosed(*diagnosis))
        }
        [(one, first), (other, second)] => Some(
            Failure::new(format!(
                "{facts} Two mistakes give exactly this. The first: {first} The other: {second}"
            ))
            .diagnosed(format!("{one} or {other}")),
        ),
        _ => None,
    }
}

fn count(n: usize) -> String {
    if n == 1 {
        "1 value".into()
    } else {
        format!("{} values", number(n as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_mistake_is_recognised_by_its_value() {
        let check = |got: f64| {
            expect("z")
                .mistake("forgotten-bias", "Add the bias.", 2.0)
                .close(got, 1.0)
        };
        assert_eq!(check(1.0), Ok(()));
        let failure = check(2.0).unwrap_err();
        assert_eq!(failure.message, "z is 2, but it should be 1. Add the bias.");
        assert_eq!(failure.diagnosis.as_deref(), Some("forgotten-bias"));
        assert_eq!(check(7.0).unwrap_err().diagnosis, None);
    }

    #[test]
    fn a_value_that_several_mistakes_give_proves_none_of_them() {
        let one = expect("z")
            .mistake("sign", "The sign.", 2.0)
            .advice("Look.");
        let two = one.mistake("factor", "The factor.", 2.0);
        let failure = two.close(2.0, 1.0).unwrap_err();
        assert!(
            failure
                .message
                .ends_with("The first: The sign. The other: The factor."),
            "{failure}"
        );
        assert_eq!(failure.diagnosis.as_deref(), Some("sign or factor"));
        let failure = two
            .mistake("bias", "The bias.", 2.0)
            .close(2.0, 1.0)
            .unwrap_err();
        assert_eq!(failure.message, "z is 2, but it should be 1. Look.");
        assert_eq!(failure.diagnosis, None);
    }

    #[test]
    fn a_named_mistake_may_be_a_value_that_is_no_number() {
        let failure = expect("loss")
            .mistake("log-of-zero", "ln 0 = −∞.", f64::INFINITY)
            .close(f64::INFINITY, 3.0)
            .unwrap_err();
        assert_eq!(failure.diagnosis.as_deref(), Some("log-of-zero"));
    }

    #[test]
    fn a_tensor_can_say_what_a_mistake_gives() {
        let tensor = Tensor::new(&[[1.0_f32, 2.0]], &candle_core::Device::Cpu).unwrap();
        assert_eq!(Values::from(&tensor), Values::from([1.0, 2.0]));
    }

    #[test]
    fn advice_is_for_what_no_mistake_explains() {
        let check = |got: f64| expect("z").advice("Look again.").close(got, 1.0);
        assert!(check(7.0).unwrap_err().message.ends_with("Look again."));
        assert!(!check(-1.0).unwrap_err().message.contains("Look again."));
    }

    #[test]
    fn the_wanted_tolerance_is_used() {
        assert!(expect("p").within(0.01).close(0.999, 1.0).is_ok());
        assert!(expect("p").within(1e-4).close(0.999, 1.0).is_err());
    }
}
